"""A loss curve in a line of text, for channels that show no picture"""

from collections.abc import Sequence

from services.notifier.messages.message import Curve

Points = Sequence[tuple[int, float]]
_BARS = "▁▂▃▄▅▆▇█"


def sparkline(curve: Curve, width: int = 32) -> str:
    """Return one line for each series on one scale, or nothing where there is no curve.

    For a fixed-width font: `train  █▆▄▂▁  2.310 → 0.412`.
    """
    if not curve.told:
        return ""
    series = [("train", curve.train), ("valid", curve.valid)]
    values = [loss for _, points in series for _, loss in points]
    low, high = min(values), max(values)
    first, last = curve.train[0][0], max(points[-1][0] for _, points in series if points)
    lines = []
    for label, points in series:
        if len(points) > 1:
            drawn = "".join(_bar(mean, low, high) for mean in resampled(points, (first, last), width))
            lines.append(f"{label}  {drawn}  {points[0][1]:.3f} → {points[-1][1]:.3f}")
    return "\n".join(lines)


def resampled(points: Points, span: tuple[int, int], count: int) -> list[float]:
    """Return the mean loss of each of `count` equal parts of the span; a part without a point has its neighbour's."""
    first, last = span
    parts: list[list[float]] = [[] for _ in range(count)]
    for step, loss in points:
        parts[min(count - 1, max(0, (step - first) * count // max(last - first + 1, 1)))].append(loss)
    means: list[float] = []
    for part in parts:
        before = means[-1] if means else points[0][1]
        means.append(sum(part) / len(part) if part else before)
    return means


def _bar(value: float, low: float, high: float) -> str:
    share = (value - low) / (high - low) if high > low else 0
    return _BARS[min(len(_BARS) - 1, int(share * len(_BARS)))]
