"""The weights of a model: one number for each feature and token seen together, and a bias for each token."""

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from services.trainer.engines.numpy_engine.features import WordTable
from services.trainer.engines.numpy_engine.hashing import Hashes
from services.trainer.engines.numpy_engine.sorting import sorted_unique

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Weights:
    """A log-linear model in compressed rows: feature i owns `columns[rows[i]:rows[i + 1]]` and the same of `values`.

    `tokens` are the ids that it has met, sorted; column j means `tokens[j]`. `bias` has one number for each and, last,
    one that every other id of the encoding shares. All zero is the uniform distribution: ln(vocabulary) nats a token.
    """

    encoding: str
    vocabulary: int
    tokens: npt.NDArray[np.int64]
    bias: npt.NDArray[np.float64]
    features: Hashes
    rows: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    words: WordTable

    @classmethod
    def empty(cls, encoding: str, vocabulary: int) -> "Weights":
        return cls(
            encoding, vocabulary, np.zeros(0, np.int64), np.zeros(1), np.zeros(0, np.uint64),
            np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32), WordTable.empty(),
        )  # fmt: skip

    @property
    def unmet(self) -> int:
        """How many ids of the encoding share the last bias."""
        return self.vocabulary - len(self.tokens)

    def column_of(self, tokens: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the column of each token; `len(self.tokens)` for one never met."""
        at = np.searchsorted(self.tokens, tokens)
        met = at < len(self.tokens)
        met[met] = self.tokens[at[met]] == tokens[met]
        return np.where(met, at, len(self.tokens))

    def grown(self, features: Hashes, tokens: npt.NDArray[np.int64], words: WordTable) -> "Weights":
        """Return the same model with a zero weight for each pair (`features[i]`, `tokens[i]`) that it lacks."""
        met = sorted_unique(np.concatenate([self.tokens, tokens]))
        bias = np.full(len(met) + 1, self.bias[-1])
        bias[np.searchsorted(met, self.tokens)] = self.bias[:-1]
        own_features = np.repeat(self.features, np.diff(self.rows))
        own_columns = np.searchsorted(met, self.tokens)[self.columns]
        names = sorted_unique(np.concatenate([self.features, features]))
        own = np.searchsorted(names, own_features) * len(met) + own_columns
        asked = np.searchsorted(names, features) * len(met) + np.searchsorted(met, tokens)
        pairs = sorted_unique(np.concatenate([own, asked]))
        values = np.zeros(len(pairs), np.float32)
        values[np.searchsorted(pairs, own)] = self.values
        rows = np.searchsorted(pairs, np.arange(len(names) + 1) * len(met))
        columns = (pairs % max(len(met), 1)).astype(np.int32)
        return Weights(self.encoding, self.vocabulary, met, bias, names, rows, columns, values, words)

    def with_numbers(self, values: npt.NDArray[np.float32], bias: npt.NDArray[np.float64]) -> "Weights":
        """Return the same pairs with other numbers."""
        return replace(self, values=values, bias=bias)

    def save(self, path: Path) -> None:
        """Write an .npz; the same weights are the same bytes."""
        head = {"format": FORMAT, "encoding": self.encoding, "vocabulary": self.vocabulary}
        head["questions"] = self.words.questions
        data = io.BytesIO()
        np.savez(
            data, head=np.frombuffer(json.dumps(head).encode(), np.uint8),
            tokens=self.tokens, bias=self.bias, features=self.features, rows=self.rows, columns=self.columns,
            values=self.values, word_hashes=self.words.hashes, word_counts=self.words.counts,
            word_shares=self.words.shares,
        )  # fmt: skip
        write_whole(path, data.getvalue())

    @classmethod
    def read(cls, path: Path) -> "Weights":
        """Read what `save` wrote; raises ValueError for another format."""
        # From memory: of a damaged file on disk, numpy would leave the handle open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            head = json.loads(file["head"].tobytes())
            if head["format"] != FORMAT:
                raise ValueError(f"{path}: weights of format {head['format']}; this engine reads {FORMAT}. Tune anew.")
            hashes, counts = file["word_hashes"], file["word_counts"]
            # Weights from before there were bases know no shares; all their words are their data's.
            shares = file["word_shares"] if "word_shares" in file else np.ones(len(hashes))
            words = WordTable(hashes, counts, shares, head["questions"])
            arrays = {name: file[name] for name in ("tokens", "bias", "features", "rows", "columns", "values")}
            return cls(encoding=head["encoding"], vocabulary=head["vocabulary"], words=words, **arrays)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is either absent or complete."""
    aside = path.with_name(path.name + ".part")
    aside.write_bytes(data)
    aside.replace(path)
