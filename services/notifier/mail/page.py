"""A message as an HTML page for mail: tables and inline styles, nothing from elsewhere, readable light and dark"""

from dataclasses import dataclass, replace
from functools import cache
from html import escape
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.notifier import picture
from services.notifier.messages.message import Fact, Message, Tone

#: Bytes of each part as it stands in the page. Gmail cuts a page off at 102 kB: all together cannot reach that.
_MOST = {"title": 600, "summary": 2000, "cause": 6000, "cure": 3000, "snippet": 3000}
_MOST_VALUE, _MOST_FACTS = 800, 30
_MOST_ITEM, _MOST_ITEMS = 600, 40
#: Bar and word of each tone: 5.7:1 and more on white.
_COLOURS = {Tone.GOOD: "#0a6b2b", Tone.BAD: "#b3261e", Tone.WARNING: "#6b5300", Tone.NEUTRAL: "#0b57d0"}


def as_html(message: Message, curve_cid: str | None) -> str:
    """Return the page. `curve_cid` names the part of the mail that holds the curve."""
    shown = _bounded(message)
    return _template().render(
        message=shown,
        colour=_COLOURS[message.tone],
        curve=f"cid:{curve_cid}" if curve_cid else None,
        curve_alt=picture.described(message.curve) if curve_cid else "",
        curve_width=picture.WIDTH,
        curve_height=picture.HEIGHT,
    )


def _bounded(message: Message) -> Message:
    texts = {name: _cut(getattr(message, name), most) for name, most in _MOST.items()}
    items = tuple(_cut(item, _MOST_ITEM) or "" for item in message.items[:_MOST_ITEMS])
    return replace(
        message,
        **texts,  # type: ignore[arg-type]
        facts=tuple(
            Fact(fact.label, _cut(fact.value, _MOST_VALUE) or "", fact.code) for fact in message.facts[:_MOST_FACTS]
        ),
        items=items,
        more=message.more + len(message.items) - len(items),
    )


def _cut(text: str | None, most: int) -> str | None:
    """Return as much of the text as has so many bytes when it is escaped."""
    if text is None:
        return None
    room = most
    for number, character in enumerate(text):
        room -= len(escape(character).encode())
        if room < 0:
            return text[:number].rstrip() + "…"
    return text


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["spoken"] = _spoken
    return environment.get_template("page.html.j2")


@dataclass(frozen=True)
class _Words:
    text: str
    code: bool


def _spoken(text: str) -> list[_Words]:
    """Return a sentence in pieces: what stands between backticks is for a terminal."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return [_Words(text, code=False)]
    return [_Words(piece, code=bool(number % 2)) for number, piece in enumerate(pieces) if piece]
