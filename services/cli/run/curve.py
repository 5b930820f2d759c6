"""Draw a curve in braille dots, or in ASCII where the terminal has no braille"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

Points = Sequence[tuple[float, float]]
#: The bit of each dot of a braille character, by row and column (Unicode 2800).
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BLANK = 0x2800


def draw(points: Points, *, span: tuple[float, float], width: int, height: int, braille: bool = True) -> list[str]:
    """Return `height` lines of `width` characters, the largest value in the first line.

    `span` is the first and last x that the width stands for, so a curve that is still growing keeps its place.
    """
    across, down = (2, 4) if braille else (1, 1)
    columns = _means(points, span, width * across)
    dots = set(_dots(columns, height * down))
    return [
        "".join(_cell(dots, column * across, row * down, braille=braille) for column in range(width)).rstrip()
        for row in range(height)
    ]


def labelled(points: Points, *, span: tuple[float, float], width: int, height: int, braille: bool = True) -> list[str]:
    """Return the curve with its largest and smallest value at the left; nothing while there are no points."""
    if not points:
        return []
    values = [y for _, y in points]
    marks = [f"{max(values):.2f}", *[""] * (height - 2), f"{min(values):.2f}"] if height > 1 else [f"{max(values):.2f}"]
    room = max(map(len, marks))
    bar = "│" if braille else "|"
    lines = draw(points, span=span, width=max(1, width - room - 2), height=height, braille=braille)
    return [f"{mark:>{room}} {bar}{line}" for mark, line in zip(marks, lines, strict=True)]


def _means(points: Points, span: tuple[float, float], columns: int) -> dict[int, float]:
    first, last = span
    scale = (columns - 1) / (last - first) if last > first else 0
    found: defaultdict[int, list[float]] = defaultdict(list)
    for x, y in points:
        found[min(columns - 1, max(0, round((x - first) * scale)))].append(y)
    return {column: sum(values) / len(values) for column, values in sorted(found.items())}


def _dots(columns: dict[int, float], rows: int) -> Iterator[tuple[int, int]]:
    if not columns:
        return
    high, low = max(columns.values()), min(columns.values())
    scale = (rows - 1) / (high - low) if high > low else 0
    before: tuple[int, int] | None = None
    for column, value in columns.items():
        here = column, round((high - value) * scale)
        yield from _line(before or here, here)
        before = here


def _line(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    (x, y), (to_x, to_y) = start, end
    steps = max(abs(to_x - x), abs(to_y - y), 1)
    for step in range(steps + 1):
        yield round(x + (to_x - x) * step / steps), round(y + (to_y - y) * step / steps)


def _cell(dots: set[tuple[int, int]], x: int, y: int, *, braille: bool) -> str:
    if not braille:
        return "*" if (x, y) in dots else " "
    bits = sum(bit for dy, row in enumerate(_BITS) for dx, bit in enumerate(row) if (x + dx, y + dy) in dots)
    return chr(_BLANK + bits) if bits else " "
