"""Turn sampled tokens into text: piece by piece, up to a stop sequence, never half a character."""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import tiktoken

from services.trainer.engines.engine import Handle, Sampling
from services.trainer.examples import Turn


@dataclass(slots=True)
class Reply:
    """One answer as it grows; complete once `pieces` has ended."""

    text: str = ""
    tokens: int = 0
    finish: Literal["stop", "length"] = "length"


def pieces(
    handle: Handle,
    encoding: tiktoken.Encoding,
    turns: Sequence[Turn],
    sampling: Sampling,
    stops: Sequence[str],
    into: Reply,
) -> Iterator[str]:
    """Yield the text of an answer as soon as it is certain, and count it in `into`.

    What could be the beginning of a stop sequence is held back; the sequence itself is never yielded.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    held = ""
    for token in handle.sample(turns, sampling):
        if token == handle.end:
            into.finish = "stop"
            break
        into.tokens += 1
        held += decoder.decode(encoding.decode_single_token_bytes(token))
        at = min((found for stop in stops if (found := held.find(stop)) >= 0), default=-1)
        if at >= 0:
            into.finish = "stop"
            yield from _said(held[:at], into)
            return
        safe = len(held) - _beginning(held, stops)
        yield from _said(held[:safe], into)
        held = held[safe:]
    yield from _said(held + decoder.decode(b"", final=True), into)


def _said(text: str, into: Reply) -> Iterator[str]:
    if text:
        into.text += text
        yield text


def _beginning(text: str, stops: Sequence[str]) -> int:
    """Return the length of the longest end of `text` with which a stop sequence begins."""
    lengths = [n for stop in stops for n in range(1, min(len(stop), len(text) + 1)) if text.endswith(stop[:n])]
    return max(lengths, default=0)
