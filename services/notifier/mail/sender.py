"""The channel `email`: write the message, hand it over for each address that has none yet, say how that ended"""

import time
from dataclasses import dataclass

from services.notifier.composer import Composer
from services.notifier.mail.letter import Envelope, Writer
from services.notifier.mail.outcome import SETTLED, settled, verdict
from services.notifier.mail.post import Post
from services.notifier.mail.refusals import Fate, Handed, Stage
from services.notifier.messages.happening import Happening
from services.notifier.messages.message import Message
from services.notifier.webhook import kept
from services.notifier.writing import in_a_thread
from shared import clock, log
from shared.db.database import Database
from shared.endpoints import recipients
from shared.endpoints.deliveries import Claimed
from shared.endpoints.policy import Answer

_log = log.get(__name__)
#: No further address is begun after this; with one that takes its whole time the lease still holds.
_ENOUGH_SECONDS = 10.0


class MailSender:
    """One message for each recipient, each once."""

    def __init__(self, post: Post, writer: Writer, composer: Composer, database: Database) -> None:
        self._post = post
        self._writer = writer
        self._composer = composer
        self._database = database

    async def send(self, delivery: Claimed) -> Answer:
        """Try once for each address that is not settled, and return how that ended."""
        at, started = clock.now(), time.monotonic()
        event, message = await self._composer.compose(delivery)
        async with self._database.begin() as session:
            known = await recipients.standing(session, delivery.id, delivery.endpoint_id)
        ends: dict[str, _End] = {}
        for address in delivery.target.get("to", ()):
            ends[address] = (
                _already(delivery, address, known)
                or (_NOT_BEGUN if time.monotonic() - started > _ENOUGH_SECONDS else None)
                or await self._deliver(delivery, address, known.fates.get(address), event, message)
            )
        fates = {address: end.fate for address, end in ends.items()}
        told = "\n".join(f"{address}: {end.told}" for address, end in ends.items())
        return Answer(
            at,
            time.monotonic() - started,
            error=None if Fate.ACCEPTED in fates.values() else "not_accepted",
            body=kept(told.encode()),
            verdict=verdict(fates, delivery.attempt),
            reached=Fate.ACCEPTED in fates.values(),
        )

    async def _deliver(
        self, delivery: Claimed, address: str, before: str | None, event: Happening, message: Message
    ) -> "_End":
        handed = await self._hand_over(delivery, address, event, message)
        end = _End(settled(handed.fate, before, delivery.attempt), str(handed))
        async with self._database.begin() as session:
            await recipients.note(session, delivery.id, address, fate=end.fate, answer=end.told)
            if end.fate == Fate.NO_MAILBOX:
                await recipients.suppress(session, delivery.endpoint_id, address, end.told)
                _log.warning("mail.suppressed", endpoint_id=delivery.endpoint_id, answer=end.told)
        return end

    async def _hand_over(self, delivery: Claimed, address: str, event: Happening, message: Message) -> Handed:
        envelope = Envelope(delivery.id, delivery.endpoint_id, address, delivery.target.get("reply_to"))
        try:
            # With a picture it takes 60 ms, in which webhooks want to be sent.
            written = await in_a_thread(self._writer.write, event, message, envelope)
        except ValueError as exc:
            # An address that was taken and is none: the rules were others once.
            return Handed(Stage.RECIPIENT, 553, f"5.1.3 not written: {exc}")
        handed = await self._post.hand_over(self._writer.bounces_to, address, written)
        if handed.fate == Fate.REFUSED:
            _log.error("mail.refused_content", stage=handed.stage, answer=str(handed), endpoint_id=delivery.endpoint_id)
        return handed


@dataclass(frozen=True)
class _End:
    """What became of one address, and how the log tells it."""

    fate: Fate
    told: str


_NOT_BEGUN = _End(Fate.LATER, "not yet begun")


def _already(delivery: Claimed, address: str, known: recipients.Standing) -> _End | None:
    """Return how it ended before; None where it is to be tried. Who asks for a message once more gets it once more."""
    if reason := known.suppressed.get(address):
        return _End(Fate.NO_MAILBOX, f"not sent, for it was refused before: {reason}")
    before = known.fates.get(address)
    if before in SETTLED and not delivery.once:
        return _End(Fate(before), f"{before} by an earlier try")
    return None
