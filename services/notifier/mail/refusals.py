"""What a mail server's answer means: for the recipient, for this message, for us, or only for now"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

#: Waits between tries: 22 hours in all, which an outage over a night fits into. A server that we hand mail to answers
#: in seconds or has trouble, so the first is a minute and not the half hour that RFC 5321 asks of relays.
SCHEDULE = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
)
#: A mailbox that is full stays so for days: so many tries and no more.
TRIES_WHEN_FULL = 3
#: Why there is no answer, where it is the operator's to mend.
TLS_FAILED, NO_STARTTLS, NO_AUTH = "tls_failed", "starttls_not_offered", "auth_not_offered"
#: Not asked again for a while, because of one of these or of a refusal of ours.
HELD = "not sent: the mail server has refused this service, and is not asked again yet"
#: The enhanced code of RFC 3463, where the server has them.
_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")


class Stage(StrEnum):
    """How far the dialogue got."""

    CONNECT = "connect"  #: Connection, greeting, TLS.
    LOGIN = "login"
    SENDER = "sender"  #: MAIL FROM.
    RECIPIENT = "recipient"  #: RCPT TO.
    DATA = "data"  #: The message: whether the server has it is not known before it answers.


class Fate(StrEnum):
    """What becomes of a message to one recipient."""

    ACCEPTED = "accepted"  #: The server has it.
    LATER = "later"  #: It may work in a while.
    FULL = "full"  #: The mailbox is full: as later, but not for long.
    UNCLEAR = "unclear"  #: The connection broke after the message and before the answer.
    NO_MAILBOX = "no_mailbox"  #: Nobody is there. Nothing is sent there again.
    REFUSED = "refused"  #: Of its content or by a policy: this message is not taken, the next may be.
    OURS = "ours"  #: The server does not take our credentials, our sender or our TLS: the operator must act.


@dataclass(frozen=True)
class Handed:
    """How handing over one message ended."""

    stage: Stage
    code: int | None
    text: str

    @property
    def fate(self) -> Fate:
        """What it means."""
        return fate(self.stage, self.code, self.text)

    def __str__(self) -> str:
        return f"{self.code} {self.text}" if self.code else self.text


def fate(stage: Stage, code: int | None, text: str) -> Fate:
    """Return what an answer means; no code is no answer."""
    if code is None:
        return _unanswered(stage, text)
    if 200 <= code < 300:
        return Fate.ACCEPTED
    enhanced = _ENHANCED.match(text)
    subject, detail = (int(enhanced[2]), int(enhanced[3])) if enhanced else (0, 0)
    if code in (530, 534, 535, 538) or (subject, detail) in ((7, 8), (7, 9)):
        return Fate.OURS
    if (code == 552 and subject in (0, 2) and detail != 3) or (subject, detail) == (2, 2):
        return Fate.FULL
    if code < 500:
        return Fate.LATER
    return _permanent(stage, code, subject)


def _unanswered(stage: Stage, text: str) -> Fate:
    if text in (TLS_FAILED, NO_STARTTLS, NO_AUTH, HELD):
        return Fate.OURS
    return Fate.UNCLEAR if stage == Stage.DATA else Fate.LATER


def _permanent(stage: Stage, code: int, subject: int) -> Fate:
    if stage == Stage.CONNECT:
        # "No service here" of a server that is being restarted is 554 as well.
        return Fate.LATER
    if stage in (Stage.LOGIN, Stage.SENDER):
        return Fate.OURS
    if subject == 2:
        # 5.2.1, the mailbox is switched off; 5.2.3, the message is too large for it: neither will pass.
        return Fate.REFUSED
    by_code = stage == Stage.RECIPIENT and subject == 0 and code in (550, 551, 553)
    return Fate.NO_MAILBOX if subject == 1 or by_code else Fate.REFUSED
