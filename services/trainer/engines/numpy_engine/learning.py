"""Gradient descent on one batch after another (Adagrad), and scoring without learning."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from services.trainer.engines.numpy_engine.features import Known, features
from services.trainer.engines.numpy_engine.softmax import Cells, Floats, Ints, gradient, score
from services.trainer.engines.numpy_engine.sorting import sorted_unique
from services.trainer.engines.numpy_engine.spans import Span
from services.trainer.engines.numpy_engine.weights import Weights, write_whole

#: Size of a first step, in logits for a feature of value 1; the multiplier of the job scales it.
LEARNING_RATE = 1.0
#: Share of it for the bias of a token: how frequent a token is must not outweigh where it stands.
BIAS_RATE = 0.3
#: Adagrad's memory before the first gradient: a pair first met by a tiny gradient takes a tiny step.
FIRST_SQUARE = 0.1
#: Places of all examples whose cells are kept between epochs, about 2 kB each; beyond, they are looked up anew.
MAX_KEPT_PLACES = 100_000


@dataclass(slots=True)
class Totals:
    """Sums over places, from which means are made."""

    nats: float = 0.0
    hits: float = 0.0
    weight: float = 0.0

    def add(self, nats: Floats, hit: npt.NDArray[np.bool_], weight: Floats) -> None:
        self.nats += float(nats @ weight)
        self.hits += float(hit @ weight)
        self.weight += float(weight.sum())

    @property
    def means(self) -> tuple[float, float]:
        """Return nats and hits per token."""
        return self.nats / self.weight, self.hits / self.weight


@dataclass(frozen=True, slots=True)
class Lesson:
    """A span looked up in the weights."""

    cells: Cells
    params: npt.NDArray[np.int32]  #: The weights that it touches, each once.
    targets: Ints
    weight: Floats


#: What overflows is found by `finite` and by the losses, and told once: numpy's warnings would only be noise.
_silently = np.errstate(over="ignore", invalid="ignore", divide="ignore")


class Learner:
    """Weights in the course of training, with the optimiser's memory."""

    def __init__(self, weights: Weights, learning_rate: float) -> None:
        self._shape = weights
        self._rate = learning_rate
        self._values = weights.values.copy()
        self._bias = weights.bias.copy()
        self._squares = np.full(len(self._values), FIRST_SQUARE, np.float32)
        self._bias_squares = np.full(len(self._bias), FIRST_SQUARE)
        self._gradient = np.zeros(len(self._values))
        self._touched: npt.NDArray[np.int32] | None = None
        self._kept: dict[int, Lesson] = {}
        self._kept_places = 0

    @property
    def weights(self) -> Weights:
        return self._shape.with_numbers(self._values, self._bias)

    @property
    def finite(self) -> bool:
        """Whether the weights that the last step moved are numbers still."""
        moved = self._values if self._touched is None else self._values[self._touched]
        return bool(np.isfinite(moved).all() and np.isfinite(self._bias).all())

    @_silently
    def learn(self, spans: Iterable[Span]) -> tuple[float, float]:
        """Take one step on the spans of a batch; return loss and accuracy as they were before it."""
        totals, touched = Totals(), []
        by_bias = np.zeros(len(self._bias))
        for span in spans:
            lesson = self._lesson(span)
            by_bias += self._differentiate(lesson, totals)
            touched.append(lesson.params)
        self._touched = touched[0] if len(touched) == 1 else sorted_unique(np.concatenate(touched))
        self._step(self._touched, by_bias)
        return totals.means

    @_silently
    def evaluate(self, spans: Iterable[Span]) -> tuple[float, float]:
        """Return loss and accuracy on spans, which teach nothing."""
        totals = Totals()
        for span in spans:
            lesson = self._lesson(span)
            scores = score(lesson.cells, lesson.targets, self._values, self._bias, self._shape.unmet)
            totals.add(scores.nats, scores.hit, lesson.weight)
        return totals.means

    def save_state(self, path: Path) -> None:
        """Write the optimiser's memory."""
        write_whole(path, self._squares.tobytes() + self._bias_squares.tobytes())

    def read_state(self, path: Path) -> None:
        """Take up the memory that `save_state` wrote for weights of the same pairs; ValueError for others."""
        data = path.read_bytes()
        if len(data) != self._squares.nbytes + self._bias_squares.nbytes:
            raise ValueError(f"{path}: {len(data):,} bytes of optimiser state do not fit these weights.")
        cut = self._squares.nbytes
        self._squares = np.frombuffer(data[:cut], np.float32).copy()
        self._bias_squares = np.frombuffer(data[cut:], np.float64).copy()

    def _differentiate(self, lesson: Lesson, totals: Totals) -> Floats:
        cells, unmet = lesson.cells, self._shape.unmet
        scores = score(cells, lesson.targets, self._values, self._bias, unmet)
        totals.add(scores.nats, scores.hit, lesson.weight)
        by_cell, by_bias = gradient(cells, lesson.targets, scores, self._bias, unmet, lesson.weight)
        np.add.at(self._gradient, cells.params, by_cell[cells.cell] * cells.scale)
        return by_bias

    def _step(self, touched: npt.NDArray[np.int32], by_bias: Floats) -> None:
        slope = self._gradient[touched].astype(np.float32)
        self._gradient[touched] = 0.0
        self._squares[touched] += slope**2
        self._values[touched] -= np.float32(self._rate) * slope / np.sqrt(self._squares[touched])
        self._bias_squares += by_bias**2
        step = self._rate * by_bias / np.sqrt(self._bias_squares)
        step[:-1] *= BIAS_RATE
        self._bias -= step

    def _lesson(self, span: Span) -> Lesson:
        if kept := self._kept.get(id(span)):
            return kept
        lesson = self._look_up(span)
        if self._kept_places + len(span.tokens) <= MAX_KEPT_PLACES:
            self._kept[id(span)] = lesson
            self._kept_places += len(span.tokens)
        return lesson

    def _look_up(self, span: Span) -> Lesson:
        hashes, values = features(Known.of(span.prompt, self._shape.words), span.tokens[:-1])
        weight = np.full(len(span.tokens), span.weight)
        cells = Cells.of(self._shape, hashes, values)
        return Lesson(cells, sorted_unique(cells.params), self._shape.column_of(span.tokens), weight)
