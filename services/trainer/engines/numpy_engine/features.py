"""Turn a place in an answer into weighted features: the tokens before it, crossed with the question's words."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from services.trainer.engines.numpy_engine.hashing import Hashes, begun, joined, one
from services.trainer.engines.numpy_engine.sorting import sorted_unique
from services.trainer.engines.numpy_engine.spans import Prompt

#: How much each kind of feature counts; found by trying on the benchmark's data (benchmarks/trainer.py).
NGRAMS = (0.6, 0.6, 0.6, 0.6)
WORDS_BY_TOKENS, WORDS_BY_PLACE = 2.5, 1.5
QUESTION_BY_TOKENS, QUESTION_BY_PLACE = 1.0, 1.0
SYSTEM_BY_TOKENS, HISTORY_BY_PLACE = 0.3, 0.5
#: The rarest words of a question decide; more would cost time and say little.
MAX_WORDS = 12
#: What the weight of a base's word is worth beside a word of the data: "please", rare in the base's text, must not
#: decide as much as "Spain", and where the data knows no word of a question the base's words decide alone.
BASE_SHARE = 0.05
#: Tell apart what would else be hashed alike: places from tokens, a system text from a word of the question.
_PLACE, _TOKENS, _SYSTEM, _HISTORY = 1, 2, 3, 4
#: Stands for "before the first token".
_START = 2**63


@dataclass(frozen=True, slots=True)
class WordTable:
    """In how many questions each word stood, sorted by the word's hash, and the share of its weight that it keeps."""

    hashes: Hashes
    counts: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float64]
    questions: int

    @classmethod
    def empty(cls) -> "WordTable":
        return cls(np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0), 0)

    def grown(self, prompts: Iterable[Prompt]) -> "WordTable":
        """Return the table with the words of more questions in it, at their full weight."""
        counts = Counter(dict(zip(self.hashes.tolist(), self.counts.tolist(), strict=True)))
        shares = dict(zip(self.hashes.tolist(), self.shares.tolist(), strict=True))
        questions = self.questions
        for prompt in prompts:
            counts.update(set(prompt.words))
            shares.update(dict.fromkeys(prompt.words, 1.0))
            questions += 1
        names = sorted(counts)
        numbers = np.array([counts[name] for name in names], dtype=np.int64)
        kept = np.array([shares[name] for name in names])
        return WordTable(np.array(names, dtype=np.uint64), numbers, kept, questions)

    def receded(self) -> "WordTable":
        """Return the table with all words behind those that come later; among themselves they weigh as before."""
        return replace(self, shares=np.full(len(self.hashes), BASE_SHARE))

    def weighed(self, prompt: Prompt) -> tuple[Hashes, npt.NDArray[np.float32]]:
        """Return the question's rarest known words and their weights, which sum to 1 (idf, smoothed, by share)."""
        asked = sorted_unique(np.array(prompt.words, dtype=np.uint64))
        at = np.searchsorted(self.hashes, asked)
        at[at == len(self.hashes)] = 0
        known = self.hashes[at] == asked if len(self.hashes) else np.zeros(len(asked), bool)
        asked, at = asked[known], at[known]
        idf_squares = np.log((self.questions + 1) / self.counts[at]) ** 2 * self.shares[at]
        rarest = np.argsort(-idf_squares, kind="stable")[:MAX_WORDS]
        weights = idf_squares[rarest]
        return asked[rarest], (weights / max(weights.sum(), 1e-9)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Known:
    """A prompt with its words looked up once, for all places of its answer."""

    prompt: Prompt
    words: Hashes
    weights: npt.NDArray[np.float32]

    @classmethod
    def of(cls, prompt: Prompt, table: WordTable) -> "Known":
        return cls(prompt, *table.weighed(prompt))


def features(known: Known, tokens: npt.NDArray[np.int64], first: int = 0) -> tuple[Hashes, npt.NDArray[np.float32]]:
    """Return, for places `first` to `len(tokens)` of an answer, their features: hashes and values, both (places, k).

    Place i sees tokens before i only; the place after the last token is included.
    """
    places = np.arange(first, len(tokens) + 1)
    padded = np.concatenate([np.full(4, _START, np.uint64), tokens.astype(np.uint64)])
    prompt = known.prompt
    place = begun(_PLACE, places[:, None])
    back1 = begun(_TOKENS, padded[places + 3, None])
    back2 = joined(back1, padded[places + 2, None])
    back3 = joined(back2, padded[places + 1, None])
    columns: list[tuple[Hashes, Any]] = [
        (back1, NGRAMS[0]),
        (back2, NGRAMS[1]),
        (back3, NGRAMS[2]),
        (joined(back3, padded[places, None]), NGRAMS[3]),
        (joined(back2, known.words[None, :]), WORDS_BY_TOKENS * known.weights),
        (joined(place, known.words[None, :]), WORDS_BY_PLACE * known.weights),
        (joined(back3, one(prompt.question)), QUESTION_BY_TOKENS),
        (joined(place, one(prompt.question)), QUESTION_BY_PLACE),
        (joined(back2, one(prompt.system ^ _SYSTEM)), SYSTEM_BY_TOKENS),
        (joined(place, one(prompt.history ^ _HISTORY)), HISTORY_BY_PLACE),
    ]
    hashes = np.concatenate([column for column, _ in columns], axis=1)
    row = np.concatenate([np.broadcast_to(np.asarray(value), column.shape[1]) for column, value in columns])
    return hashes, np.broadcast_to(row.astype(np.float32), hashes.shape)
