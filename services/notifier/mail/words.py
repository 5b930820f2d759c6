"""A message as plain text: the mail's first part, and what Apprise is given"""

from collections.abc import Iterator

from services.notifier.curve import sparkline
from services.notifier.messages.message import Message

#: RFC 5322 wants 78 and takes 998; a value may be longer than a line, and is not broken.
_LABEL_WIDTH = 18


def as_text(message: Message) -> str:
    """Return all there is to tell, a paragraph each, a fact a line."""
    return "\n\n".join(part for part in _paragraphs(message) if part) + "\n"


def _paragraphs(message: Message) -> Iterator[str]:
    if message.test:
        yield "This is a test: what it tells of never happened."
    yield message.title
    yield message.summary
    if message.cause:
        yield f"Cause: {message.cause}"
    if message.items:
        more = [f"… and {message.more:,} more"] if message.more else []
        yield "\n".join([*(f"* {item}" for item in message.items), *more])
    if message.cure:
        yield f"What to do: {message.cure}"
    yield "\n".join(f"{fact.label + ':':<{_LABEL_WIDTH}}{fact.value}" for fact in message.facts)
    yield sparkline(message.curve)
    if message.snippet:
        yield f"Try it:\n    {message.snippet}"
    yield "\n".join(f"{link.label}: {link.url}" for link in message.links)
