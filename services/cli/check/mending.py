"""`--fix`: write the corrected copy beside the file, or in its place when that was asked for"""

from pathlib import Path

from services.cli.inputs import CannotRead, Input
from services.cli.results import CannotWrite, beside, refuse_source, written
from shared.datasets.fix import Fixes, Fixing
from shared.datasets.reading import Packing
from shared.datasets.reading.packing import MAGIC_BYTES, packing_of
from shared.errors import Refused


def mended(given: Input, output: str | None, *, in_place: bool, force: bool) -> tuple[Input, Fixes]:
    """Return the corrected copy and what was done to it; where nothing was to be done, the file itself."""
    assert given.path is not None
    place = str(given.path) if in_place else output or beside(given.path, "fixed.jsonl")
    if not in_place:
        refuse_source(place, given)
    if in_place and (packing := _packing(given)) is not None:
        raise CannotWrite(f"{given.name} is packed ({packing}), and the copy is plain. Write it with --output FILE.")
    fixing = _look(given)
    if not fixing.fixes.counts:
        return given, fixing.fixes
    with given.open() as stream, written(place, force=force or in_place) as copy:
        copy.writelines(Fixing(stream))
    return Input(place, Path(place)), fixing.fixes


def _look(given: Input) -> Fixing:
    """Go over the file without writing: a copy that would equal it is not made."""
    with given.open() as stream:
        fixing = Fixing(stream)
        try:
            for _ in fixing:
                pass
        except Refused as exc:
            raise CannotRead(f"{given.name}: {exc}") from exc
    return fixing


def _packing(given: Input) -> Packing | None:
    with given.open() as stream:
        return packing_of(stream.read(MAGIC_BYTES).ljust(MAGIC_BYTES, b"\0"))
