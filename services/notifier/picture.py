"""A loss curve as a small PNG, for mail and for Slack's bot"""

from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from math import floor, log10

from PIL import Image, ImageDraw, ImageFont

from services.notifier.curve import Points
from services.notifier.messages.message import Curve

#: As it is shown; drawn twice as large for dense screens, and twice again to be made smooth.
WIDTH, HEIGHT = 560, 200
DENSITY = 2
_SMOOTH = 2
_SCALE = DENSITY * _SMOOTH
_LEFT, _TOP, _RIGHT, _BOTTOM = 44, 28, 14, 24
_PAPER, _INK, _GRID = "#ffffff", "#5a6270", "#e3e6ea"
#: Told apart without colour too: what is held out has dots.
_TRAIN, _VALID = "#0b57d0", "#a34700"
_COLOURS = 32
_MOST_LINES = 4
#: The recipients of one message have one picture.
_REMEMBERED = 32


@dataclass(frozen=True)
class _Frame:
    """Where a step and a loss stand on the paper."""

    first: int
    last: int
    low: float
    high: float

    def place(self, step: float, loss: float) -> tuple[float, float]:
        across = (step - self.first) / max(self.last - self.first, 1)
        up = (loss - self.low) / (self.high - self.low)
        return (
            (_LEFT + across * (WIDTH - _LEFT - _RIGHT)) * _SCALE,
            (HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM)) * _SCALE,
        )


@lru_cache(_REMEMBERED)
def draw(curve: Curve) -> bytes:
    """Return the PNG, about ten kilobytes. The curve must be `told`. It takes 50 ms: draw in a thread."""
    frame = _frame(curve)
    paper = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), _PAPER)
    ink = ImageDraw.Draw(paper)
    _axes(ink, frame)
    _series(ink, frame, curve.train, _TRAIN, dots=False)
    _series(ink, frame, curve.valid, _VALID, dots=True)
    _legend(ink, curve)
    small = paper.resize((WIDTH * DENSITY, HEIGHT * DENSITY), Image.Resampling.LANCZOS)
    written = BytesIO()
    small.quantize(_COLOURS).save(written, "PNG", optimize=True)
    return written.getvalue()


def as_data(curve: Curve) -> str:
    """Return the picture as a URL that holds it."""
    return f"data:image/png;base64,{b64encode(draw(curve)).decode()}"


def described(curve: Curve) -> str:
    """Return the picture in words, for those who do not see it."""
    train = curve.train
    text = f"Training loss from {train[0][1]:.3f} to {train[-1][1]:.3f} in {train[-1][0]:,} steps"
    if len(curve.valid) > 1:
        text += f"; validation loss from {curve.valid[0][1]:.3f} to {curve.valid[-1][1]:.3f}"
    return f"{text}."


def _frame(curve: Curve) -> _Frame:
    points = (*curve.train, *curve.valid)
    low, high = min(loss for _, loss in points), max(loss for _, loss in points)
    # Losses are read from zero, unless they all lie far above it.
    bottom = 0.0 if 0 <= low < high / 2 else low - (high - low) * 0.1
    # A level line has paper above and below it too.
    margin = max((high - bottom) * 0.05, abs(high) * 1e-3, 1e-6)
    first, last = min(step for step, _ in points), max(step for step, _ in points)
    return _Frame(first, last, bottom - margin if low == high else bottom, high + margin)


def _axes(ink: ImageDraw.ImageDraw, frame: _Frame) -> None:
    font = _font(11)
    step = _round_step(frame.high - frame.low)
    digits = max(0, -floor(log10(step)))
    mark = step * (floor(frame.low / step) + (frame.low > 0))
    while mark <= frame.high:
        x, y = frame.place(frame.first, mark)
        ink.line((x, y, frame.place(frame.last, mark)[0], y), fill=_GRID, width=_SCALE)
        ink.text((x - 6 * _SCALE, y), f"{mark:.{digits}f}", fill=_INK, font=font, anchor="rm")
        mark += step
    for at, anchor in ((frame.first, "lt"), (frame.last, "rt")):
        x, y = frame.place(at, frame.low)
        ink.text((x, y + 7 * _SCALE), f"step {at:,}", fill=_INK, font=font, anchor=anchor)


def _series(ink: ImageDraw.ImageDraw, frame: _Frame, points: Points, colour: str, *, dots: bool) -> None:
    if len(points) > 1:
        ink.line([frame.place(*point) for point in points], fill=colour, width=2 * _SCALE, joint="curve")
    if dots and len(points) <= WIDTH // 10:
        radius = 3 * _SCALE
        for point in points:
            x, y = frame.place(*point)
            ink.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _legend(ink: ImageDraw.ImageDraw, curve: Curve) -> None:
    x, y = _LEFT * _SCALE, 13 * _SCALE
    font = _font(12)
    for text, colour, points in (("training loss", _TRAIN, curve.train), ("validation loss", _VALID, curve.valid)):
        if len(points) > 1:
            ink.line((x, y, x + 16 * _SCALE, y), fill=colour, width=2 * _SCALE)
            ink.text((x + 22 * _SCALE, y), text, fill=_INK, font=font, anchor="lm")
            x += 38 * _SCALE + int(ink.textlength(text, font=font))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * _SCALE)


def _round_step(span: float) -> float:
    """Return a step of 1, 2 or 5 times a power of ten that draws at most a handful of lines."""
    rough = span / _MOST_LINES
    power = 10.0 ** floor(log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
