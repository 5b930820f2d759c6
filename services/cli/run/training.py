"""What the events of a job tell of its training: the series, the step, the time left"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_Series = list[tuple[float, float]]


@dataclass
class Training:
    """Filled by events as they come; losses are in nats per token, accuracies between 0 and 1."""

    train: _Series = field(default_factory=list)
    valid: _Series = field(default_factory=list)
    #: Measured over the whole validation file, at the end of each epoch.
    full_valid: _Series = field(default_factory=list)
    accuracy: float | None = None
    step: int = 0
    total_steps: int = 0
    _first: tuple[int, int] | None = None
    _last: tuple[int, int] | None = None

    def take(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Learn from events, oldest first; those without metrics change nothing."""
        for event in events:
            data = event.get("data")
            if event.get("type") == "metrics" and isinstance(data, Mapping) and isinstance(data.get("step"), int):
                self._take(data, int(event.get("created_at") or 0))

    def _take(self, data: Mapping[str, Any], at: int) -> None:
        step = data["step"]
        self.step = max(self.step, step)
        self.total_steps = max(self.total_steps, data.get("total_steps") or 0)
        for name, series in (
            ("train_loss", self.train),
            ("valid_loss", self.valid),
            ("full_valid_loss", self.full_valid),
        ):
            if isinstance(value := data.get(name), int | float):
                series.append((step, float(value)))
        if isinstance(accuracy := data.get("train_mean_token_accuracy"), int | float):
            self.accuracy = float(accuracy)
        self._first = self._first or (step, at)
        self._last = (step, at)

    @property
    def span(self) -> tuple[float, float]:
        """The first and last step, as far as is known."""
        return (1, max(self.total_steps, self.step, 2))

    @property
    def validation(self) -> _Series:
        """The batches' losses, and at the end of an epoch the whole file's, which is the steadier."""
        return sorted({**dict(self.valid), **dict(self.full_valid)}.items())

    def seconds_left(self) -> float | None:
        """Return the rest at the pace so far; None while there is no pace."""
        if self._first is None or self._last is None or self._last[0] <= self._first[0]:
            return None
        pace = (self._last[1] - self._first[1]) / (self._last[0] - self._first[0])
        return pace * max(0, self.total_steps - self.step)
