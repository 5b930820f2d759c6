"""The interface of an engine: prepare, train under an observer, load, sample."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from services.trainer.examples import Example, Form, Turn


@dataclass(frozen=True, slots=True)
class TrainSpec:
    """What a job asks for. None in a hyperparameter is OpenAI's "auto"."""

    encoding: str
    tokens_per_example: int
    seed: int
    n_epochs: int | None = None
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The numbers that training will use, and what it will bill."""

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    total_steps: int
    trained_tokens: int
    dropped: tuple[int, ...]  #: Examples (from 1) with no token left to train on.


@dataclass(frozen=True, slots=True)
class Step:
    """One update. Losses are nats per trained token, accuracies shares of them, both before the update."""

    step: int
    total_steps: int
    train_loss: float
    train_mean_token_accuracy: float
    valid_loss: float | None = None
    valid_mean_token_accuracy: float | None = None
    full_valid_loss: float | None = None
    full_valid_mean_token_accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """Weights at the end of an epoch, with the numbers of their step."""

    epoch: int
    step: Step
    weights: Path
    state: Path  #: What a resumed run needs besides: the optimiser.


@dataclass(frozen=True, slots=True)
class Start:
    """Where training begins: from a base's or a tuned model's weights, or within this job after `epoch` epochs.

    Without weights it begins from none: that is how a base is made.
    """

    weights: Path | None = None
    state: Path | None = None
    epoch: int = 0


class Diverged(Exception):
    """A loss or the weights are no longer finite: nothing that comes after `step` would mean anything."""

    def __init__(self, step: int, total_steps: int, what: str) -> None:
        super().__init__(f"{what} not finite at step {step} of {total_steps}")
        self.step = step
        self.total_steps = total_steps
        self.what = what  #: "training loss", "validation loss" or "weights".


class Observer(Protocol):
    """Told of each thing as it happens; an exception of its ends the training."""

    def planned(self, resolved: Resolved) -> None: ...
    def stepped(self, step: Step) -> None: ...
    def saved(self, saved: Saved) -> None: ...


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to choose tokens. Temperature None or 0 takes the likeliest each time."""

    max_tokens: int = 1024
    temperature: float | None = None
    top_p: float = 1.0
    seed: int | None = None


class Handle(Protocol):
    """A loaded model; safe to sample from several threads at once."""

    def sample(self, turns: Sequence[Turn], sampling: Sampling) -> Iterator[int]:
        """Yield token ids until the model ends its turn or `max_tokens` is reached (then nothing marks the end)."""

    @property
    def end(self) -> int:
        """The token that ends a turn; it is yielded last when the model ends by itself."""


class Engine(Protocol):
    """Mathematics in one process: it never forks, logs, or opens a socket."""

    name: str

    def train(
        self,
        spec: TrainSpec,
        training: Sequence[Example],
        validation: Sequence[Example],
        *,
        start: Start,
        folder: Path,
        on: Observer,
    ) -> Path:
        """Train, tell `on`, and return the file of the final weights, in `folder`.

        Raises ExampleRefused if no example leaves a token to train on, and Diverged at the first step whose losses or
        weights are not finite: that step is not told, and no weights of it are written.
        """

    def base(self, encoding: str, form: Form, folder: Path) -> Path:
        """Return the file of an untuned base's weights, which are made in `folder` on first use.

        The same for every base of the encoding and form. Two processes may ask at once; a damaged file is made anew.
        """

    def tidy(self, folder: Path) -> None:
        """Remove what a process that was killed left unfinished in the bases' `folder`; while nobody makes a base."""

    def load(self, encoding: str, weights: Path) -> Handle:
        """Return a model that answers with the weights, tuned or a base's."""
