"""Show what a notice looks like, with sample data: as Slack's blocks, as a mail's HTML or text"""

import json
from dataclasses import dataclass

from services.notifier import picture
from services.notifier.mail.letter import subject
from services.notifier.mail.page import as_html
from services.notifier.mail.words import as_text
from services.notifier.messages.happening import Happening
from services.notifier.messages.links import Links
from services.notifier.messages.message import Message
from services.notifier.messages.samples import sample, types
from services.notifier.messages.writers import write
from services.notifier.slack import render
from services.notifier.templates import Templates
from shared.settings import NoticeSettings

_CURVE = "curve"


@dataclass(frozen=True)
class Preview:
    """One notice, by the operator's templates where there are any; a broken one raises what is wrong with it."""

    event: Happening
    message: Message
    templates: Templates

    @classmethod
    def of(cls, event_type: str, settings: NoticeSettings) -> "Preview":
        """Return the preview of an event type. Raises KeyError for one that nobody is told."""
        event = sample(event_type)
        return cls(event, write(event, Links(settings.public_url)), Templates(settings.templates))

    def slack(self) -> str:
        """Return the payload for Slack's Block Kit Builder."""
        written = self.templates.attempt("slack", self.event, self.message)
        payload = render.whole(self.message) if written is None else render.custom(self.message, written)
        return json.dumps(payload, ensure_ascii=False, indent=2)

    def html(self) -> str:
        """Return the page of the mail; its picture, which a mail has inside, stands in the page."""
        cid = _CURVE if self.message.curve.told else None
        page = self.templates.attempt("html", self.event, self.message, curve_cid=cid) or as_html(self.message, cid)
        return page.replace(f"cid:{_CURVE}", picture.as_data(self.message.curve)) if cid else page

    def text(self) -> str:
        """Return subject and text of the mail."""
        title = self.templates.attempt("subject", self.event, self.message) or self.message.title
        body = self.templates.attempt("text", self.event, self.message) or as_text(self.message)
        return f"Subject: {subject(title, test=self.message.test)}\n\n{body}"


def event_types() -> list[str]:
    """Return what can be shown."""
    return types()
