"""What is told of an endpoint that could not be reached: by the project's other endpoints"""

from services.notifier.messages import wording
from services.notifier.messages.happening import Happening
from services.notifier.messages.links import Links
from services.notifier.messages.message import Message, Tone, code, facts

#: What waited is dropped, and what happened afterwards was never made a delivery: neither is recovered unasked.
_RECOVER = (
    "Correct what the reason names, enable the endpoint (`tuneyard webhooks resume {id}`), and have it sent what it "
    "missed: `tuneyard webhooks recover {id} --since TIME --include failed --include dropped --include missed`."
)
_RESUME = (
    "Correct what the reason names, then enable the endpoint: `tuneyard webhooks resume {id}`. What was kept is sent."
)


def disabled(event: Happening, links: Links) -> Message:
    """Tell that nothing more is sent to an endpoint."""
    return _stopped(event, links, "switched off", "Nothing more is sent to it.", _RECOVER)


def paused(event: Happening, links: Links) -> Message:
    """Tell that an endpoint's deliveries are kept until somebody has mended it."""
    return _stopped(event, links, "paused", "What happens meanwhile is kept until it is enabled again.", _RESUME)


def failing(event: Happening, links: Links) -> Message:
    """Warn that an endpoint has done nothing but fail, before it is switched off."""
    percent = event.number("percent")
    since = wording.duration(event.created_at - since) if (since := event.number("failing_since")) else None
    share = f" {percent:.0f} % of the time after which it is switched off has passed." if percent else ""
    return Message(
        event.id,
        event.type,
        title=f"Endpoint failing: {_name(event)}",
        tone=Tone.WARNING,
        summary=f"It has taken nothing for {since or 'a long time'}.{share}",
        facts=facts(("Channel", event.text("channel")), ("Goes to", _where(event)), code("Endpoint", event.text("id"))),
        cause=event.text("last_error") or event.text("status_reason"),
        cure="See to its receiver, or pause the endpoint. What it missed can be sent again at any time.",
        links=links.endpoint(event.text("id")),
        test=event.test,
    )


def _stopped(event: Happening, links: Links, how: str, what_follows: str, cure: str) -> Message:
    return Message(
        event.id,
        event.type,
        title=f"Endpoint {how}: {_name(event)}",
        tone=Tone.BAD,
        summary=what_follows,
        facts=facts(("Channel", event.text("channel")), ("Goes to", _where(event)), code("Endpoint", event.text("id"))),
        cause=event.text("status_reason"),
        cure=cure.format(id=event.text("id")),
        links=links.endpoint(event.text("id")),
        test=event.test,
    )


def _name(event: Happening) -> str:
    return event.text("name") or event.text("id") or "an endpoint"


def _where(event: Happening) -> str | None:
    """Return where it leads without what may be a secret of the path or the query."""
    to = event.value("target", "to")
    place = wording.listed(to) if isinstance(to, list) else event.text("target", "channel")
    url = event.text("url") or ""
    return place or event.text("target", "service") or url.partition("://")[2].partition("/")[0] or None
