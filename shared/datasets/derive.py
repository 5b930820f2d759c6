"""Make one file of another: a side of a split, or a conversion; the same bytes whenever it is asked."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from shared.datasets.convert import Conversion, Options
from shared.datasets.convert.conversion import named_source, named_target
from shared.datasets.convert.mapping import check_mapping
from shared.datasets.convert.rows import CannotConvert
from shared.datasets.reading.opener import Opener
from shared.datasets.split import Side, plan
from shared.wire.storable import made_storable

#: Skipped rows told of in a file's `derivation`; it stands in every list of files.
_TOLD = 20
_KEY = 100


class Making(Protocol):
    """A file in the making: iterate once for its lines; `result` then tells what came of it."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the lines; raise Refused when the file cannot be made."""

    def result(self) -> dict[str, Any]:
        """Return what is worth keeping beside the file."""


def making(derivation: Mapping[str, Any], open_: Opener) -> Making:
    """Return the file that a derivation asks for."""
    return _Side(derivation, open_) if derivation["operation"] == "split" else _Converted(derivation, open_)


def options(asked: Mapping[str, Any]) -> Options:
    """Return the options of a conversion as they were asked for by name; raise CannotConvert for a wrong name."""
    container, shape = named_source(asked.get("from"))
    return Options(
        to=named_target(asked.get("to") or "chat"),
        container=container,
        shape=shape,
        mapping=check_mapping(asked["map"]) if asked.get("map") else {},
        system=asked.get("system"),
        separator=asked.get("separator"),
        stop=asked.get("stop"),
    )


class _Side:
    """One side of a split. The plan is made anew for each: it depends on nothing but the file and what was asked."""

    def __init__(self, derivation: Mapping[str, Any], open_: Opener) -> None:
        self._asked = derivation
        self._open = open_
        self._result: dict[str, Any] = {}

    def __iter__(self) -> Iterator[bytes]:
        asked = self._asked
        with self._open() as stream:
            found = plan(stream, fraction=asked["test_fraction"], count=asked["test_count"], seed=asked["seed"])
        self._result = {"train": found.train, "test": found.test, "questions": found.groups}
        with self._open() as stream:
            yield from found.lines(stream, Side(asked["part"]))

    def result(self) -> dict[str, Any]:
        return self._result


class _Converted:
    """A conversion; where rows may not be skipped, the first that would be ends it."""

    def __init__(self, derivation: Mapping[str, Any], open_: Opener) -> None:
        self._may_skip = bool(derivation.get("skip"))
        self._conversion = Conversion(open_, options(derivation))

    def __iter__(self) -> Iterator[bytes]:
        tally = self._conversion.tally
        for line in self._conversion:
            if tally.skipped and not self._may_skip:
                break
            yield line
        if tally.skipped and not (self._may_skip and tally.written):
            first = tally.listed[0]
            cure = "" if self._may_skip else " Correct it, or leave out what cannot be converted with skip: true."
            raise CannotConvert(f"Row {first.row} cannot be converted: {first.why}{cure}")

    def result(self) -> dict[str, Any]:
        tally = self._conversion.tally.as_dict()
        # Keys are the file's own: they may be as many, as long and as odd as it likes.
        left_out = [(made_storable(key[:_KEY]), count) for key, count in tally["left_out"].items()]
        rows = [{**row, "message": made_storable(row["message"])} for row in tally["skipped_rows"][:_TOLD]]
        return {**tally, "skipped_rows": rows, "left_out": dict(left_out[:_TOLD])}
