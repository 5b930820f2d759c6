"""What a process of a check does: take a block from the slot, look at it, answer"""

import signal
import traceback
from collections.abc import Sequence
from contextlib import suppress
from ctypes import Array, c_char
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from shared.datasets.formats import Format
from shared.datasets.reading import Block
from shared.datasets.scan.examiner import Examiner
from shared.datasets.scan.plan import Plan

#: Shared memory: a block does not go through a pipe. It is what a block may have, and the end of a line more.
SLOT_BYTES = 2560 * 1024
READY, TAKEN = "ready", "taken"
#: Where memory runs out, the system first ends whoever has the most of this: us, and not the service.
_OOM_SCORE = (Path("/proc/self/oom_score_adj"), "600")


@dataclass(frozen=True, slots=True)
class Order:
    """So many bytes of a block lie in the slot. With the last of them comes what they are."""

    size: int
    block: Block | None = None  #: Without its data.
    kind: Format | None = None
    opening: bool = False
    plan: Plan | None = None  #: When it is another than that of the order before.


def work(orders: Connection, slot: "Array[c_char]", copied: Sequence[Connection]) -> None:
    """Do what is ordered until nobody is there who orders."""
    # Both may be sent to all processes of a service at once. They are for who ordered; they end us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(OSError):
        _OOM_SCORE[0].write_text(_OOM_SCORE[1], "ascii")
    for end in copied:
        end.close()
    with suppress(EOFError, OSError):
        _obey(orders, memoryview(slot).cast("B"))


def _obey(orders: Connection, slot: memoryview) -> None:
    examiner: Examiner | None = None
    pieces: list[bytes] = []
    orders.send(READY)
    while True:
        order: Order = orders.recv()
        pieces.append(bytes(slot[: order.size]))
        orders.send(TAKEN)
        if order.block is None:
            continue
        data, pieces = b"".join(pieces), []
        try:
            examiner = Examiner(order.plan) if order.plan is not None else examiner
            assert examiner is not None
            block = Block(order.block.first, order.block.last, data)
            answer: object = examiner.examine(block, order.kind, opening=order.opening)
        except BaseException:  # noqa: BLE001 (also what the tokenizer panics with: whoever waits must hear of it)
            answer = traceback.format_exc(limit=-3)
        orders.send(answer)
