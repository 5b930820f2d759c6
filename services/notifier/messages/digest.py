"""What is told of many events at once: how many of which kind, and a line for each"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.notifier.messages.happening import Happening, of
from services.notifier.messages.links import Links
from services.notifier.messages.message import Message, Tone, code, facts

#: No event of the catalogue: many of them, collected for an endpoint that wants them together.
DIGEST = "digest"
Write = Callable[[Happening, Links], Message]
_SIGNS = {Tone.GOOD: "✅", Tone.BAD: "❌", Tone.WARNING: "⚠️", Tone.NEUTRAL: "🔹"}
#: The worst of them gives the digest its tone.
_WORST_FIRST = (Tone.BAD, Tone.WARNING, Tone.GOOD, Tone.NEUTRAL)
_KINDS = {
    Tone.BAD: "went wrong",
    Tone.WARNING: "worth a look",
    Tone.GOOD: "went well",
    Tone.NEUTRAL: "for information",
}


def digest(event: Happening, links: Links, write: Write) -> Message:
    """Tell of the events that were collected, what went wrong first."""
    told = event.value("events")
    events = [of(each) for each in told if _is_event(each)] if isinstance(told, list) else []
    messages = sorted((write(each, links) for each in events), key=lambda each: _WORST_FIRST.index(each.tone))
    tones = Counter(message.tone for message in messages)
    for kind, rest in _untold(event, events).items():
        tones[write(Happening("", kind, 0, 0, {}), links).tone] += rest
    count = int(event.number("count") or len(messages))
    return Message(
        event.id,
        event.type,
        title=f"{count:,} notices" + (f", {tones[Tone.BAD]:,} {_KINDS[Tone.BAD]}" if tones[Tone.BAD] else ""),
        tone=next((tone for tone in _WORST_FIRST if tones[tone]), Tone.NEUTRAL),
        summary=", ".join(f"{tones[tone]:,} {_KINDS[tone]}" for tone in _WORST_FIRST if tones[tone]) + ".",
        items=tuple(_line(message) for message in messages),
        more=(more := max(count - len(messages), 0)),
        facts=facts(code("All of them", _command(event.text("id"))) if more else None),
        links=links.endpoint(event.text("id")),
        test=event.test,
    )


def _untold(event: Happening, told: Sequence[Happening]) -> Counter[str]:
    """Return how many of each type the digest counts and does not list."""
    counted = event.value("types")
    pairs = counted.items() if isinstance(counted, Mapping) else ()
    counts = Counter({kind: number for kind, number in pairs if isinstance(kind, str) and isinstance(number, int)})
    return counts - Counter(each.type for each in told)


def _command(endpoint_id: str | None) -> str | None:
    return f"tuneyard webhooks deliveries {endpoint_id} --state merged" if endpoint_id else None


def _is_event(told: Any) -> bool:
    """Say whether an envelope stands there."""
    kinds: tuple[tuple[str, type], ...] = (("id", str), ("type", str), ("created_at", int))
    return isinstance(told, dict) and all(isinstance(told.get(name), kind) for name, kind in kinds)


def _line(message: Message) -> str:
    why = message.cause or (message.items[0] if message.items else None)
    return f"{_SIGNS[message.tone]} {message.title}" + (f": {why}" if why and message.tone == Tone.BAD else "")
