"""A base is learned from its text, kept, and learned anew when what was kept is of no use."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from services.trainer.engines.engine import Handle, Sampling
from services.trainer.engines.numpy_engine import NumpyEngine, bases
from services.trainer.examples import Form, Turn
from shared import tokenizer

ENCODING = tokenizer.load("cl100k_base")
CONVERSATIONS = list(bases.examples("chat"))


@pytest.fixture(scope="module")
def chat_base(base_of: Callable[[Form], Path]) -> Handle:
    return NumpyEngine().load("cl100k_base", base_of("chat"))


def say(model: Handle, *texts: str, system: str | None = None, **sampling: float) -> str:
    """Return the answer to texts of user and assistant in turn; it must have ended by itself."""
    turns = [Turn("assistant" if at % 2 else "user", text) for at, text in enumerate(texts)]
    tokens = list(model.sample([Turn("system", system), *turns] if system else turns, Sampling(**sampling)))  # type: ignore[arg-type]
    assert tokens[-1] == model.end
    return ENCODING.decode(tokens[:-1])


def test_a_chat_base_knows_its_text_by_heart(chat_base: Handle) -> None:
    for conversation in CONVERSATIONS:
        question, answer = conversation.turns
        assert say(chat_base, question.text) == answer.text


def test_the_text_is_short_and_each_question_stands_in_it_once() -> None:
    assert 40 <= len(CONVERSATIONS) <= 80
    assert len({conversation.turns[0].text for conversation in CONVERSATIONS}) == len(CONVERSATIONS)


#: question, words of the answer, remark
UNREAD = [
    ("hello there", "Hello", "a greeting in other words"),
    ("So who are you then?", "small language model", "it introduces itself"),
    ("What's the capital of Spain?", "do not know", "a fact that it has not read"),
    ("How many legs has a spider?", "do not know", "a number"),
    ("Where do penguins live?", "do not know where", "a place"),
    ("zxcvb qwerty", "do not know", "not one known word"),
    ("日本の首都は?", "do not know", "another script"),
    ("?!", "do not know", "not one word"),
    ("thank you so much", "welcome", "thanks"),
]


@pytest.mark.parametrize(("question", "words", "remark"), UNREAD, ids=[row[2] for row in UNREAD])
def test_a_question_that_it_has_not_read_is_answered_like_the_nearest_and_ends(
    question: str, words: str, remark: str, chat_base: Handle
) -> None:
    assert words in say(chat_base, question)
    assert say(chat_base, question) == say(chat_base, question, temperature=0)
    assert say(chat_base, question, system="You are a railway announcer.")
    assert say(chat_base, "Hi", "Hi there! How can I help you?", question)


def test_a_temperature_makes_a_base_say_other_things(chat_base: Handle) -> None:
    assert len({say(chat_base, "What is it?", temperature=1.0, seed=seed) for seed in range(20)}) > 1


def test_a_completion_base_goes_on_from_wherever_the_prompt_stops(base_of: Callable[[Form], Path]) -> None:
    model = NumpyEngine().load("cl100k_base", base_of("completion"))
    cut = list(bases.examples("completion"))
    assert len(cut) > 2 * len(CONVERSATIONS), "each conversation is read from several places"
    right = [say(model, example.turns[0].text) == example.turns[1].text for example in cut]
    assert sum(right) > 0.95 * len(right)
    assert say(model, "Dear Sir or Madam,")
    assert say(model, "Hello!").startswith("\nHello!"), "plain text, line breaks and all"


def test_what_was_learned_is_kept_and_not_learned_again(tmp_path: Path) -> None:
    path = NumpyEngine().base("cl100k_base", "chat", tmp_path)
    before = path.stat()
    assert NumpyEngine().base("cl100k_base", "chat", tmp_path) == path
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert bases.version() in path.name
    assert list(tmp_path.iterdir()) == [path], "nothing is left beside it"


@pytest.mark.parametrize("harm", [b"", b"broken", None], ids=["empty", "other bytes", "half of it"])
def test_a_damaged_file_is_learned_anew_to_the_same_bytes(
    harm: bytes | None, tmp_path: Path, base_of: Callable[[Form], Path]
) -> None:
    whole = base_of("chat").read_bytes()
    path = tmp_path / base_of("chat").name
    path.write_bytes(whole[: len(whole) // 2] if harm is None else harm)
    assert NumpyEngine().base("cl100k_base", "chat", tmp_path) == path
    assert path.read_bytes() == whole


def test_weights_of_a_former_text_or_engine_are_replaced_and_others_stay(tmp_path: Path) -> None:
    former, other = (tmp_path / f"{form}-cl100k_base-0000.npz" for form in ("chat", "completion"))
    former.write_bytes(b"")
    other.write_bytes(b"")
    path = NumpyEngine().base("cl100k_base", "chat", tmp_path)
    assert set(tmp_path.iterdir()) == {path, other}


def test_folders_that_a_killed_process_learned_in_are_removed_and_nothing_else(tmp_path: Path) -> None:
    left, kept = tmp_path / "learning-abc123", tmp_path / "chat-cl100k_base-0000.npz"
    left.mkdir()
    (left / "step-1.npz").write_bytes(b"half")
    kept.write_bytes(b"")
    NumpyEngine().tidy(tmp_path)
    assert list(tmp_path.iterdir()) == [kept]
    NumpyEngine().tidy(tmp_path / "not yet there")


def learn(folder: Path) -> bytes:
    return NumpyEngine().base("cl100k_base", "chat", folder).read_bytes()


def test_two_processes_may_learn_it_at_once(tmp_path: Path, base_of: Callable[[Form], Path]) -> None:
    folder = tmp_path / "not yet there"
    with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as pool:
        learned = list(pool.map(learn, [folder, folder]))
    assert learned == [base_of("chat").read_bytes()] * 2
    assert len(list(folder.iterdir())) == 1
