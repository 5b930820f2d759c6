"""A message as a mail to one recipient: headers that nothing can be added to, text, HTML and the curve inside"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import quote

from services.notifier import picture
from services.notifier.mail.page import as_html
from services.notifier.mail.words import as_text
from services.notifier.messages.happening import Happening
from services.notifier.messages.message import Message
from services.notifier.templates import Templates
from shared import clock
from shared.settings import SmtpSettings

MOST_SUBJECT = 200
#: Line ends and other control characters, and those that turn the direction of what follows.
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_POLICY = policy.SMTP.clone(max_line_length=78)


@dataclass(frozen=True)
class Envelope:
    """Of which delivery of which endpoint to whom; what stays the same on each try."""

    delivery_id: str
    endpoint_id: str
    recipient: str
    reply_to: str | None = None


@dataclass(frozen=True)
class Writer:
    """Writes mails as the operator's settings and templates say."""

    smtp: SmtpSettings
    templates: Templates

    @property
    def address(self) -> str:
        """The bare address in From."""
        return parseaddr(self.smtp.sender)[1]

    @property
    def domain(self) -> str:
        """What ids are made under, and how we introduce ourselves."""
        return self.address.rpartition("@")[2]

    @property
    def bounces_to(self) -> str:
        """The envelope's sender."""
        return self.smtp.bounces_to or self.address

    def write(self, event: Happening, message: Message, envelope: Envelope) -> bytes:
        """Return the bytes to hand over."""
        mail = EmailMessage(policy=_POLICY)
        self._head(mail, event, message, envelope)
        mail.set_content(self.templates.render("text", event, message) or as_text(message), cte="quoted-printable")
        cid = f"curve.{_short(envelope.delivery_id)}@{self.domain}" if message.curve.told else None
        html = self.templates.render("html", event, message, curve_cid=cid) or as_html(message, cid)
        mail.add_alternative(html, subtype="html", cte="quoted-printable")
        if cid is not None and f"cid:{cid}" in html:
            page = mail.get_payload()[1]  # type: ignore[index]
            page.add_related(  # type: ignore[union-attr]
                picture.draw(message.curve), "image", "png", cid=f"<{cid}>", filename="loss.png", disposition="inline"
            )
        return mail.as_bytes()

    def _head(self, mail: EmailMessage, event: Happening, message: Message, envelope: Envelope) -> None:
        name, address = parseaddr(self.smtp.sender)
        mail["From"] = Address(display_name=one_line(name), addr_spec=address)
        mail["To"] = Address(addr_spec=envelope.recipient)
        if envelope.reply_to:
            mail["Reply-To"] = Address(addr_spec=envelope.reply_to)
        written = self.templates.render("subject", event, message)
        mail["Subject"] = subject(written or message.title, test=message.test)
        mail["Date"] = format_datetime(clock.now())
        mail["Message-ID"] = f"<{envelope.delivery_id}.{_short(envelope.recipient)}@{self.domain}>"
        if message.thread:
            # No message has this id: the mails of one job meet in it, whichever of them a reader was sent.
            root = f"<{_short(message.thread)}.job@{self.domain}>"
            mail["In-Reply-To"], mail["References"] = root, root
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail["List-Id"] = f"<{_short(envelope.endpoint_id)}.{self.domain}>"
        for header, value in self._unsubscribe(envelope):
            mail[header] = value

    def _unsubscribe(self, envelope: Envelope) -> Iterable[tuple[str, str]]:
        if self.smtp.unsubscribe_url is None:
            return
        filled = self.smtp.unsubscribe_url.replace("{endpoint_id}", quote(envelope.endpoint_id, safe=""))
        yield "List-Unsubscribe", f"<{filled.replace('{address}', quote(envelope.recipient, safe=''))}>"
        if filled.startswith("https://"):
            yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def subject(title: str, *, test: bool) -> str:
    """Return a title in one line that fits a list of mails."""
    line = one_line(f"[Test] {title}" if test else title) or "A notice"
    return line if len(line) <= MOST_SUBJECT else line[: MOST_SUBJECT - 1].rstrip() + "…"


def one_line(text: str) -> str:
    """Return text without anything that could end a header or hide in it."""
    return " ".join(_NO_TEXT.sub(" ", text).split())


def _short(text: str) -> str:
    """Return what may stand in a Message-ID, whatever the text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
