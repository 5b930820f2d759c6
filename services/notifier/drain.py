"""Send what is due: claim a batch, send it at once within the slots, hand each end to the recorder."""

import asyncio
import os
import socket
import time
from collections.abc import Mapping, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifier.deliver import deliver, interrupted
from services.notifier.doorbell import Doorbell
from services.notifier.recorder import Recorder
from services.notifier.sender import Sender
from services.notifier.slots import Slots
from shared import log
from shared.endpoints.deliveries import Claimed, claim_due
from shared.endpoints.policy import Delivered, Dropped, Paused

_log = log.get(__name__)
#: Claimed in one statement: first tries, and retries, of which a storm may be due. A few at a time leave the process
#: free for what is new: each costs it a quarter of a millisecond.
BATCH = 100
RETRIES = 10
#: A dead process's deliveries are taken over after this. Longer than a send may take (30 s), with room to record it.
LEASE_SECONDS = 45.0


class Drain:
    """The sends under way in this process."""

    def __init__(self, senders: Mapping[str, Sender], recorder: Recorder, bell: Doorbell) -> None:
        self.slots = Slots()
        self.senders = senders
        self._recorder = recorder
        self._bell = bell
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._sends: set[asyncio.Task[None]] = set()

    async def claim(self, session: AsyncSession) -> list[Claimed]:
        """Lease what is due and has a slot, in the caller's transaction; nothing while the recorder lags."""
        if self._recorder.is_behind or self._recorder.is_late:
            return []
        room = self.slots.room(BATCH, RETRIES)
        if room.limit + room.retry_limit <= 0:
            return []
        return await claim_due(session, owner=self._owner, lease_seconds=LEASE_SECONDS, room=room)

    def start(self, claimed: Sequence[Claimed]) -> None:
        """Begin to send what was leased, now that this is committed."""
        for delivery in claimed:
            self._begin(delivery)

    async def finish(self, seconds: float) -> None:
        """Let what is under way end; what takes longer is cut off, so that another process may have it at once."""
        if self._sends:
            _, late = await asyncio.wait(self._sends, timeout=seconds)
            for send in late:
                send.cancel()
            if late:
                await asyncio.wait(late)

    def _begin(self, delivery: Claimed) -> None:
        self.slots.take(delivery)
        send = asyncio.create_task(self._send(delivery))
        self._sends.add(send)
        send.add_done_callback(self._sends.discard)

    async def _send(self, delivery: Claimed) -> None:
        started = time.monotonic()
        failed: bool | None = True
        try:
            ended = await deliver(self.senders, delivery)
            failed = None if isinstance(ended.outcome, Dropped | Paused) else not isinstance(ended.outcome, Delivered)
            self._recorder.add(ended)
        except asyncio.CancelledError:
            self._recorder.add(interrupted(delivery, time.monotonic() - started))
        except Exception:  # noqa: BLE001 (see below)
            # A defect of ours: its lease ends and it is tried again. Its slot is not lost, or a few would stop us.
            _log.exception("delivery.has_no_end", delivery_id=delivery.id, endpoint_id=delivery.endpoint_id)
        finally:
            if self.slots.give_back(delivery, failed=failed):
                self._bell.ring()
