"""Cut a long text where its tokens are cut anyway, so that the pieces have the tokens of the whole"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import regex
import tiktoken

#: A piece has this many characters, or up to twice as many. tiktoken takes 50 bytes of memory for each of a long run,
#: and a run of a million blanks exceeds the stack of its regular expressions, which then panic with a BaseException.
SIZE = 200_000
#: Here every vocabulary begins a new word, whatever stands around: at a blank or a digit behind a letter, and at a
#: letter or digit in a new line. Nothing that stands before a match has a say in it: the patterns do not look back.
_CUT = regex.compile(r"(?<=[A-Za-z])(?=[0-9]| [A-Za-z])|(?<=\S\n)(?=[A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class Run:
    """One word for the tokenizer, perhaps longer than a piece may be: a million of the same letter, say."""

    text: str


def pieces(text: str, encoding: Callable[[], tiktoken.Encoding], size: int = SIZE) -> Iterator[str | Run]:
    """Yield a text in pieces that together have exactly its tokens."""
    start = 0
    while len(text) - start > 2 * size:
        if cut := _CUT.search(text, start + size, start + 2 * size):
            yield text[start : cut.start()]
            start = cut.start()
            continue
        # CJK without blanks, one character again and again: the words are looked for one by one.
        for piece in _by_words(text, start, _words(encoding()), size):
            yield piece
            start += len(piece.text if isinstance(piece, Run) else piece)
    if start < len(text):
        yield text[start:]


def _by_words(text: str, start: int, words: "regex.Pattern[str]", size: int) -> Iterator[str | Run]:
    """Yield a piece, or what stands before an overlong word and that word."""
    end, blanks = start, list[Run]()
    for word in words.finditer(text, start):
        if word.end() - word.start() > size:
            if end > start:
                yield text[start:end]
            yield from (*blanks, Run(word[0]))
            return
        if word[0][-1].isspace():
            # How many blanks one word takes depends on what follows them. So they end no piece.
            blanks.append(Run(word[0]))
            continue
        end, blanks = word.end(), []
        if end - start >= size:
            break
    yield text[start:end] if end - start >= size else text[start:]


@cache
def _words(encoding: tiktoken.Encoding) -> "regex.Pattern[str]":
    return regex.compile(encoding._pat_str)  # noqa: SLF001 (there is no public name for it)
