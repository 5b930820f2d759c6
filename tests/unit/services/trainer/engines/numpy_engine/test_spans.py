"""Examples become spans: what is learned, and what it is an answer to."""

from services.trainer.engines.numpy_engine.spans import billed_tokens, prompt_of, spans_of, words
from services.trainer.examples import Example, Turn
from shared import tokenizer

ENCODING = tokenizer.load("cl100k_base")
ASK, ANSWER = Turn("user", "How are you?"), Turn("assistant", "Fine, thanks.", 1.0)


def test_words_are_lower_case_and_scripts_without_spaces_are_read_by_character() -> None:
    assert words("What's THE capital, of Perú?") == ["what", "s", "the", "capital", "of", "perú"]
    assert words("首都は?") == ["首", "都", "は"]


def test_the_system_message_is_no_part_of_the_question_and_the_turn_before_is_history() -> None:
    with_system = prompt_of([Turn("system", "Be kind."), ASK])
    without = prompt_of([ASK])
    assert with_system.words == without.words
    assert with_system.question == without.question
    assert with_system.system != without.system
    later = prompt_of([ASK, ANSWER, ASK])
    assert later.words == without.words
    assert later.history != without.history


def test_two_prompts_without_a_word_are_told_apart() -> None:
    assert prompt_of([Turn("user", "?!")]).question != prompt_of([Turn("user", "!!")]).question


def test_a_span_ends_with_the_end_token_unless_it_was_cut() -> None:
    example = Example((ASK, ANSWER), "chat")
    (whole,) = spans_of(example, ENCODING, 1000)
    assert whole.tokens.tolist() == [*ENCODING.encode("Fine, thanks."), ENCODING.eot_token]
    limit = billed_tokens(example, ENCODING, 1000) - 3 - 2
    (cut,) = spans_of(example, ENCODING, limit)
    assert cut.tokens.tolist() == ENCODING.encode("Fine, thanks.")[:-2]
    assert spans_of(example, ENCODING, 5) == []


def test_a_name_and_a_pair_are_counted_by_the_rules_of_their_format() -> None:
    named = Example((Turn("user", "Hi", name="Ann"), ANSWER), "chat")
    pair = Example((Turn("user", "Hi"), ANSWER), "completion")
    spoken = len(ENCODING.encode("Hi")) + len(ENCODING.encode("Fine, thanks."))
    roles, name = 2, len(ENCODING.encode("Ann"))
    assert billed_tokens(named, ENCODING, 1000) == 3 + 3 + 3 + 1 + roles + name + spoken
    assert billed_tokens(pair, ENCODING, 1000) == spoken
    assert billed_tokens(pair, ENCODING, 2) == 2


def test_text_that_looks_like_a_special_token_is_only_text() -> None:
    example = Example((ASK, Turn("assistant", "<|endoftext|>", 1.0)), "chat")
    (span,) = spans_of(example, ENCODING, 1000)
    assert span.tokens.tolist().count(ENCODING.eot_token) == 1
