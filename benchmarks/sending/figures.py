"""Figures, how large a measurement is, and how both are told"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    deliveries: int
    events: int
    seconds: float
    storm: int
    old: int
    due: int


SHORT = Size(deliveries=10_000, events=4_000, seconds=5, storm=2_000, old=100_000, due=20_000)
#: As the issue has it: half a minute at 3,000 a second, a storm of 10,000, a million old rows.
LONG = Size(deliveries=150_000, events=90_000, seconds=20, storm=10_000, old=1_000_000, due=100_000)


@dataclass(frozen=True)
class Figure:
    """One line: what, how much, whether that is the aim, and whether less would be a defect on any machine."""

    what: str
    told: str
    met: bool | None = None
    must: bool = True

    def line(self) -> str:
        verdict = {True: "met", False: "missed", None: ""}[self.met]
        return f"{self.what:38} {self.told:66} {verdict}".rstrip()


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that so large a share does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def milliseconds(values: Sequence[float]) -> str:
    """Return median and 99th percentile of seconds, in words."""
    return f"p50 {percentile(values, 0.5) * 1000:.1f} ms, p99 {percentile(values, 0.99) * 1000:.1f} ms"
