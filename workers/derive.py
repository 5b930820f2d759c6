"""Make a file of another: a side of a split, or a conversion."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import BinaryIO

from sqlmodel import select

from shared import log
from shared.datasets import lifecycle
from shared.datasets.derive import Making, making
from shared.datasets.reading import UnpackLimits
from shared.datasets.reading.opener import unpacking
from shared.datasets.states import UNCHECKED, DatasetState
from shared.datasets.tables import Dataset
from shared.errors import Refused, TuneyardError
from shared.runtime import Runtime
from shared.storage.store import Stored
from shared.wire.storable import made_storable
from shared.work.claim import Lease
from shared.work.outcomes import Again, Done, GaveUp, Outcome

_log = log.get(__name__)
#: Not the event loop's own threads: those look up the names of providers. They are made when they are first needed.
_THREADS = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="derive")
_PIECE = 1024 * 1024
#: A file that is being checked is split afterwards.
_WAIT_SECONDS = 1.0
#: A reason quotes what it found, and libraries quote without an end.
_MOST_WHY = 2000


async def run(runtime: Runtime, lease: Lease) -> Outcome:
    """Write the bytes and hand the file on to its check, or end it with why it cannot be made.

    The bytes depend on the source and on what was asked alone: a second try writes the same under the same name.
    """
    async with runtime.begin() as session:
        dataset = await session.get_one(Dataset, lease.subject_id)
        source = await session.get_one(Dataset, dataset.derived_from or "")
    if dataset.state != DatasetState.MAKING:
        return Done()
    if source.state == DatasetState.MAKING or (source.state in UNCHECKED and _is_split(dataset)):
        return Again(_WAIT_SECONDS, "the file it is made of is being made or checked")
    if why := _refusal(dataset, source):
        await _fail(runtime, lease, why)
        return Done()
    try:
        stored, result = await _made(runtime, dataset, source)
    except Refused as exc:
        await _fail(runtime, lease, str(exc))
        return Done()
    await _end(runtime, lease, dataset, stored, result)
    return Done()


async def give_up(runtime: Runtime, lease: Lease, outcome: GaveUp) -> None:
    """End the file with the reason."""
    await _fail(runtime, lease, f"The file could not be made: {outcome.reason}")


def _is_split(dataset: Dataset) -> bool:
    return dataset.derivation is not None and dataset.derivation["operation"] == "split"


def _refusal(dataset: Dataset, source: Dataset) -> str | None:
    if source.state == DatasetState.DELETED:
        return f"The file {source.id}, of which it was to be made, was deleted."
    if source.state == DatasetState.ERROR and _is_split(dataset):
        return f"The file {source.id} has errors and cannot be split: {source.status_details}"
    return None


async def _made(runtime: Runtime, dataset: Dataset, source: Dataset) -> tuple[Stored, dict[str, object]]:
    stop, broken = Event(), list[TuneyardError]()

    def open_() -> BinaryIO:
        return runtime.storage.open(source.stored_as, stopped=stop.is_set)

    limits = UnpackLimits(bytes=runtime.settings.max_file_bytes)
    made: Making = making(dataset.derivation or {}, unpacking(open_, limits))
    try:
        pieces = _pieces(iter(made), broken, runtime.settings.max_file_bytes)
        stored = await runtime.storage.put(dataset.stored_as, pieces)
    except TuneyardError as exc:
        # The storage tells an error of the stream in words of its own.
        raise broken[0] if broken else exc from exc
    finally:
        stop.set()
    return stored, made.result()


async def _pieces(lines: Iterator[bytes], broken: list[TuneyardError], most: int) -> AsyncIterator[bytes]:
    loop, size = asyncio.get_running_loop(), 0
    try:
        while piece := await loop.run_in_executor(_THREADS, _piece, lines):
            size += len(piece)
            if size > most:
                raise Refused(f"The file would be larger than {most:,} bytes, the limit of a file. Make it of less.")
            yield piece
    except TuneyardError as exc:
        broken.append(exc)
        raise


def _piece(lines: Iterator[bytes]) -> bytes:
    held, size = [], 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= _PIECE:
            break
    return b"".join(held)


async def _end(runtime: Runtime, lease: Lease, dataset: Dataset, stored: Stored, result: dict[str, object]) -> None:
    async with runtime.begin() as session:
        await lease.fence(session)
        row = (await session.exec(select(Dataset).where(Dataset.id == dataset.id).with_for_update())).one()
        gone = row.state != DatasetState.MAKING
        if not gone:
            await lifecycle.advance(
                session,
                dataset.id,
                DatasetState.UPLOADED,
                bytes=stored.bytes,
                sha256=stored.sha256,
                derivation={**(dataset.derivation or {}), "result": result},
            )
    if gone:
        # Deleted while it was being made: its bytes came after those that were erased.
        await runtime.storage.delete(dataset.stored_as)
    _log.info("dataset.made", bytes=stored.bytes, kept=not gone)


async def _fail(runtime: Runtime, lease: Lease, why: str) -> None:
    async with runtime.begin() as session:
        await lease.fence(session)
        details = made_storable(why)[:_MOST_WHY]
        await lifecycle.advance(session, lease.subject_id, DatasetState.ERROR, status_details=details)
