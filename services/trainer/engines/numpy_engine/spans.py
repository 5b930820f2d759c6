"""Cut examples into spans: an assistant's turn as token ids, and the words before it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tiktoken

from services.trainer.engines.numpy_engine import hashing
from services.trainer.examples import Example, Turn

#: Tokens that the chat format adds to a message, to a name and to an example (openai-api-facts 5.7, point 2).
PER_MESSAGE, PER_NAME, PER_EXAMPLE = 3, 1, 3
#: Scripts without spaces are read character by character.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What an answer is given to, as hashes: the question's words in order, the system text, the turn before."""

    words: tuple[int, ...]
    question: int
    system: int
    history: int


@dataclass(frozen=True, slots=True)
class Span:
    """The tokens of one trained turn, its end token included unless it was cut off."""

    prompt: Prompt
    tokens: npt.NDArray[np.int64]
    weight: float


def words(text: str) -> list[str]:
    """Return the lower-cased words of a text."""
    return [word.lower() for word in _WORD.findall(text)]


def prompt_of(turns: Sequence[Turn]) -> Prompt:
    """Return the prompt that `turns` make for the turn after them.

    The question is everything since the assistant last spoke; the system text counts only as a whole.
    """
    last = max((i for i, turn in enumerate(turns) if turn.role == "assistant"), default=-1)
    asked = [turn.text for turn in turns[last + 1 :] if turn.role not in ("system", "developer")]
    asked_words = tuple(hashing.of_text(word) for word in words(" ".join(asked)))
    system = "\n".join(turn.text for turn in turns if turn.role in ("system", "developer"))
    before = turns[last].text if last >= 0 else ""
    # A question without a word ("?!") is still told apart, by its bytes.
    question = hashing.of_text(repr(asked_words) if asked_words else "\n".join(asked))
    return Prompt(asked_words, question, hashing.of_text(system), hashing.of_text(before))


def spans_of(example: Example, encoding: tiktoken.Encoding, limit: int) -> list[Span]:
    """Return the trained turns that begin within the first `limit` tokens, cut there."""
    found, used = [], 0
    for index, turn in enumerate(example.turns):
        used += _overhead(turn, example, encoding)
        tokens = encoding.encode_ordinary(turn.text)
        if turn.weight > 0 and used < limit:
            kept = [*tokens, encoding.eot_token][: limit - used]
            found.append(Span(prompt_of(example.turns[:index]), np.array(kept, dtype=np.int64), turn.weight))
        used += len(tokens)
    return found


def billed_tokens(example: Example, encoding: tiktoken.Encoding, limit: int) -> int:
    """Return the tokens of an example that count for the bill: all of them, prompt included, up to the limit."""
    counted = sum(_overhead(t, example, encoding) + len(encoding.encode_ordinary(t.text)) for t in example.turns)
    return min(limit, counted + (PER_EXAMPLE if example.form == "chat" else 0))


def _overhead(turn: Turn, example: Example, encoding: tiktoken.Encoding) -> int:
    if example.form == "completion":
        return 0
    name = PER_NAME + len(encoding.encode_ordinary(turn.name)) if turn.name else 0
    return PER_MESSAGE + len(encoding.encode_ordinary(turn.role)) + name
