"""Go over a file once: read, hash, unpack, cut; look at the blocks here or have it done; add up"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from shared.datasets.checks import Finding
from shared.datasets.formats import Format
from shared.datasets.reading import Block, Blocks, Packing, Plain, Unpackable, UnpackLimits, open_plain
from shared.datasets.reading.plain import chunks
from shared.datasets.scan.crew import Crew
from shared.datasets.scan.examiner import Examiner
from shared.datasets.scan.plan import Plan
from shared.datasets.scan.tally import Tally
from shared.datasets.scan.team import Team

#: What a file of this size costs is less than what it costs to have it done.
ALONE_BYTES = 512 * 1024


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """A file gone over. `bytes` and `sha256` are those of the file as it was handed in, packed or not."""

    tally: Tally
    bytes: int
    sha256: str
    packing: Packing | None
    plain_bytes: int
    lines: int
    fault: Unpackable | None  #: Why the file could not be unpacked to its end.


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Who hears of a pass under way: of bytes and lines done, of findings as they are listed, and that it still goes.

    `pulse` is called at least once a second; whatever it raises ends the pass.
    """

    on_progress: Callable[[int, int], None] | None = None
    on_findings: Callable[[list[Finding]], None] | None = None
    pulse: Callable[[], None] | None = None


def scan(
    stream: BinaryIO | Iterable[bytes],
    plan: Plan,
    *,
    kind: Format | None = None,
    crew: Crew | None = None,
    limits: UnpackLimits | None = None,
    heard: Heard | None = None,
) -> Scanned:
    """Go over a file to its end. What comes out is the same whoever looks at it, and however many they are.

    With a crew, its processes look at all but the beginning. Nothing that the file may hold is raised; ProcessDied is,
    when one of them was killed.
    """
    source = _Hashed(chunks(stream))
    plain = open_plain(source, limits=limits)
    blocks = Blocks(plain, max_line=plan.max_line)
    heard = heard or Heard()
    going = _Pass(plan, Tally(plan, kind), plain, heard)
    fault = None
    with Team(crew, plan, going.add, heard.pulse) as team:
        try:
            for block in blocks:
                going.look(block, blocks.count, team)
        except Unpackable as exc:
            fault = exc
        team.finish()
    for _ in source:
        going.beat()  # Size and hash are those of the whole file, also of one that breaks in the middle.
    return Scanned(
        tally=going.tally,
        bytes=source.bytes,
        sha256=source.sha256,
        packing=plain.packing,
        plain_bytes=plain.given,
        lines=blocks.count,
        fault=fault,
    )


class _Pass:
    """A pass under way: who looks at a block, and what they have come to so far."""

    def __init__(self, plan: Plan, tally: Tally, plain: Plain, heard: Heard) -> None:
        self.tally = tally
        self._plan = plan
        self._plain = plain
        self._heard = heard
        self._examiner: Examiner | None = None

    def look(self, block: Block, lines: int, team: Team) -> None:
        """Have a block looked at; what is hopeless is only read."""
        self.beat()
        done = (self._plain.taken, lines)
        if self.tally.format is None or self.tally.examples == 0:
            # What the first example is decides how all others are read: until it is known, one after the other.
            team.finish()
        if self.tally.hopeless:
            self._tell(done)
            return
        kind, opening = self.tally.format, self.tally.examples == 0
        if not self._is_for_others(block, team) or not team.give(block, kind, opening=opening, done=done):
            self._examiner = self._examiner or Examiner(self._plan)
            team.settle(self._examiner.examine(block, kind, opening=opening), done)

    def add(self, part: Tally, done: tuple[int, int]) -> None:
        """Add what the next block in the file's order came to."""
        listed = self.tally.extend(part)
        if listed and self._heard.on_findings is not None:
            self._heard.on_findings(listed)
        self._tell(done)

    def beat(self) -> None:
        if self._heard.pulse is not None:
            self._heard.pulse()

    def _is_for_others(self, block: Block, team: Team) -> bool:
        return team.has_others and block.data is not None and self._plain.given > ALONE_BYTES

    def _tell(self, done: tuple[int, int]) -> None:
        if self._heard.on_progress is not None:
            self._heard.on_progress(*done)


class _Hashed:
    """Iterate for the chunks of a stream; what has gone by is counted and hashed. May be gone on with after a break."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self.bytes = 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._source)
        self._digest.update(chunk)
        self.bytes += len(chunk)
        return chunk
