"""Claim a row, run its step under a time limit with the lease kept alive, settle what it returned."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import bound_contextvars

from shared import log
from shared.clock import backoff
from shared.datasets.reading import UnpackLimits
from shared.datasets.scan import ProcessDied
from shared.db.trouble import TROUBLE, passes
from shared.errors import Fenced, IllegalMove, ProviderBusy, ProviderRefused, TuneyardError
from shared.runtime import Runtime
from shared.wire.storable import made_storable
from shared.work.claim import Lease, claim, settle
from shared.work.outcomes import Again, Done, GaveUp, Outcome, Retry
from workers.checking import CHECKS, Checks
from workers.slots import LongSlots

_log = log.get(__name__)
#: Codes whose message is written by us, at the border.
_OUR_SENTENCES = frozenset({"provider_key_refused", "provider_unclear"})
#: An error's text is cut to so many characters; a driver's may hold a whole statement.
_MOST_WHY = 2000


@dataclass(frozen=True)
class StepSpec:
    """How one kind of work is done, and how its subject ends when no further try can help."""

    run: Callable[[Runtime, Lease], Awaitable[Outcome]]
    give_up: Callable[[Runtime, Lease, GaveUp], Awaitable[None]]
    #: Seconds after which a step counts as hung. Its lease is renewed all the while.
    limit_seconds: float = 600
    #: What it is at, in a sentence for whoever waits for its subject.
    in_words: str = "working on it"
    #: It may take as long as its file is big: of a worker's slots such steps hold half at most.
    long: bool = False


class _Raised(Retry):
    """A defect whose words are a program's: for the log and for `last_error`, not for a caller."""


class _Died(Retry):
    """A process that did the work died. By chance it passes; a file that takes all memory would end them for ever."""


class Runner:
    """Runs work rows. Any number of these, in any number of processes, may be given the same row at once."""

    def __init__(self, runtime: Runtime, steps: dict[str, StepSpec]) -> None:
        self.runtime = runtime
        self.steps = steps
        self.owner = f"{socket.gethostname()}:{os.getpid()}"
        limits = UnpackLimits(bytes=runtime.settings.max_file_bytes)
        self.checks = Checks(runtime.settings.check_processes, limits)
        self._slots = asyncio.Semaphore(runtime.settings.pipeline.concurrency)
        self._long = LongSlots(max(1, runtime.settings.pipeline.concurrency // 2))
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._seen_database: float | None = None

    def saw_database(self) -> None:
        """Note that the database has just answered a sweep."""
        self._seen_database = time.monotonic()

    def is_well(self) -> bool:
        """Say whether this worker can do work: the database answered within the last few sweeps."""
        patience = 10 * self.runtime.settings.pipeline.sweep_seconds + 5
        return self._seen_database is not None and time.monotonic() - self._seen_database < patience

    async def run(self, item_id: int) -> None:
        """Do one row if it is due and free. A caller that is cancelled, as arq's may be, leaves the step running."""
        if not self._stopping:
            await asyncio.shield(self.begin(item_id))

    def begin(self, item_id: int) -> asyncio.Task[None]:
        """Do one row without being waited for."""
        task = asyncio.create_task(self._run(item_id))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def free(self) -> int:
        """Return how many more rows could be run at once."""
        return 0 if self._stopping else self.runtime.settings.pipeline.concurrency - len(self._running)

    def kinds(self) -> list[str]:
        """Return the kinds that could be begun now: no long ones while their slots are held."""
        return [kind for kind, spec in self.steps.items() if self._long.is_free() or not spec.long]

    async def drain(self, grace_seconds: float) -> None:
        """Begin nothing more; let running steps end within the grace, then hand their rows back."""
        self._stopping = True
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self.checks.close()

    async def _run(self, item_id: int) -> None:
        async with self._slots:
            if self._stopping:
                return
            # What kind of row it is turns out when it is claimed: until then it may be a long one.
            kinds, holds = self.kinds(), self._long.take()
            try:
                lease = await self._claim(item_id, kinds)
                if lease is None and len(kinds) < len(self.steps):
                    self._long.wait(item_id)
                if holds and (lease is None or not self.steps[lease.kind].long):
                    holds = False
                    self._give_back()
                if lease is not None:
                    with bound_contextvars(request_id=lease.request_id, step=lease.kind, subject_id=lease.subject_id):
                        await self._finish(lease, await self._perform(lease))
            finally:
                if holds:
                    self._give_back()

    def _give_back(self) -> None:
        waiting = self._long.give_back()
        if waiting is not None and not self._stopping:
            self.begin(waiting)

    async def _claim(self, item_id: int, kinds: list[str]) -> Lease | None:
        seconds = self.runtime.settings.pipeline.lease_seconds
        try:
            return await claim(self.runtime.database, item_id, kinds, owner=self.owner, lease_seconds=seconds)
        except TROUBLE as exc:
            _log.warning("claim.failed", item_id=item_id, error=str(exc))
            return None

    async def _perform(self, lease: Lease) -> Outcome | None:
        spec = self.steps[lease.kind]
        if lease.attempt > self.runtime.settings.pipeline.attempts:
            return GaveUp(f"Given up: in {lease.attempt - 1} attempts no worker came to the end of {lease.kind}.")
        limit = asyncio.timeout(spec.limit_seconds)
        CHECKS.set(self.checks)
        try:
            async with limit, _kept(self.runtime, lease):
                return await spec.run(self.runtime, lease)
        except asyncio.CancelledError:
            # The process is told to stop: hand the row back so that a peer goes on at once.
            await asyncio.shield(self._finish(lease, Again(0, "the worker stopped")))
            raise
        except Exception as exc:  # noqa: BLE001 (a step may meet anything; what it means is decided below)
            if limit.expired():
                return Retry(f"{lease.kind} hung: it did not end within {spec.limit_seconds:g} s.", defect=True)
            return _meaning(exc)

    async def _finish(self, lease: Lease, outcome: Outcome | None) -> None:
        if outcome is None:
            return
        # What was done is written down even if the process is told to stop just now.
        writing = asyncio.create_task(self._write(lease, outcome))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await writing
            raise

    async def _write(self, lease: Lease, outcome: Outcome) -> None:
        try:
            await self._settle(lease, outcome)
        except Fenced as exc:
            _log.warning("step.fenced", error=str(exc))
        except TROUBLE as exc:
            # The lease runs out by itself, and the step is written to be run twice.
            _log.warning("settle.failed", error=str(exc))
        except Exception:  # noqa: BLE001 (the row is taken again when the lease has run out)
            _log.exception("settle.raised")

    async def _settle(self, lease: Lease, outcome: Outcome) -> None:
        pipeline = self.runtime.settings.pipeline
        match outcome:
            case Done() | Again():
                await settle(self.runtime.database, lease, outcome)
            case _Died(why=why) if lease.deaths + 1 >= pipeline.deaths:
                await self._settle(lease, GaveUp(f"Given up after {lease.deaths + 1} tries: {why}"))
            case Retry(why=why, defect=True) if lease.attempt >= pipeline.attempts:
                reason = f"Given up after {lease.attempt} attempts: {why}"
                if isinstance(outcome, _Raised):
                    _log.error("step.raised_to_the_last", reason=reason)
                    reason = _for_the_caller(lease, self.steps[lease.kind])
                await self._settle(lease, GaveUp(reason))
            case Retry(why=why, after=after, defect=defect):
                wait = backoff(lease.attempt, pipeline.retry_first_seconds, pipeline.retry_most_seconds)
                # Asked to come back at once, a crowd would come back at once for ever.
                wait = wait if after is None else max(after, pipeline.retry_first_seconds)
                _log.warning("step.postponed", why=why, attempt=lease.attempt, after=round(wait, 2))
                # A long outage must not use up the attempts that a defect of ours has after it.
                attempts = lease.attempt if defect else min(lease.attempt, pipeline.attempts // 2)
                deaths = lease.deaths + isinstance(outcome, _Died)
                await settle(self.runtime.database, lease, Again(wait), error=why, attempts=attempts, deaths=deaths)
            case GaveUp(reason=reason):
                _log.error("step.given_up", reason=reason, attempt=lease.attempt)
                # Who ended meanwhile, by a delete say, is not to be ended.
                with suppress(IllegalMove):
                    await self.steps[lease.kind].give_up(self.runtime, lease, outcome)
                await settle(self.runtime.database, lease, Done())


def _meaning(exc: Exception) -> Outcome | None:
    match exc:
        case Fenced():
            _log.warning("step.fenced", error=str(exc))
            return None
        case IllegalMove():
            # The subject ended while the step ran, by a cancel say: there is nothing left to do.
            _log.info("step.overtaken", why=str(exc))
            return Done()
        case ProviderBusy(retry_after=after):
            return Retry(_said(exc), after=after)
        case ProviderRefused():
            return given_up(exc)
        case TuneyardError(retryable=True) | OSError() | TimeoutError():
            return _Died(str(exc)) if isinstance(exc, ProcessDied) else Retry(_said(exc))
    outside = isinstance(exc, SQLAlchemyError) and passes(exc)
    if not outside:
        _log.error("step.raised", exc_info=exc)
    return _Raised(_said(exc), defect=not outside)


def _for_the_caller(lease: Lease, spec: StepSpec) -> str:
    logged = lease.request_id or lease.subject_id
    return f"Something went wrong in Tuneyard while {spec.in_words}; it is logged under {logged}."


def given_up(exc: ProviderRefused, advice: str = "") -> GaveUp:
    """Return the end that a refusal for good makes: the provider's words, or ours where it must not be quoted."""
    said = str(exc) if exc.code in _OUR_SENTENCES else f"The provider refused: {exc}"
    return GaveUp(said + advice, code=exc.code or "provider_refused", param=exc.param)


def _said(exc: Exception) -> str:
    return made_storable(f"{type(exc).__name__}: {exc}")[:_MOST_WHY]


@asynccontextmanager
async def _kept(runtime: Runtime, lease: Lease) -> AsyncIterator[None]:
    """Renew the lease at a third of its time; end the step when it was lost, or could not be renewed in time."""
    step = asyncio.current_task()
    lost: list[str] = []

    async def beat() -> None:
        while True:
            await asyncio.sleep(lease.seconds / 3)
            try:
                await lease.renew(runtime.database)
            except Exception as exc:  # noqa: BLE001 (whatever the reason, what counts is the time that is left)
                if isinstance(exc, Fenced) or lease.left() < lease.seconds / 4:
                    lost.append(str(exc))
                    assert step is not None
                    step.cancel()
                    return

    heart = asyncio.create_task(beat())
    try:
        yield
    except asyncio.CancelledError:
        if lost:
            raise Fenced(lost[0]) from None
        raise
    finally:
        heart.cancel()
