"""One conversion: tell what the source is, turn record after record, check what came out, count what did not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import Any

import msgspec

from shared.datasets.checks import Findings, Place
from shared.datasets.checks.example import check_example
from shared.datasets.checks.syntax import read_object
from shared.datasets.convert import mapping as maps
from shared.datasets.convert import shapes, sources
from shared.datasets.convert.markers import Markers, Recognition
from shared.datasets.convert.rows import CannotConvert, Row, Unfit
from shared.datasets.convert.shapes import Shape, chat, preference
from shared.datasets.convert.sources import Container
from shared.datasets.convert.tally import Tally
from shared.datasets.formats import Format
from shared.datasets.reading.opener import Opener, unpacking


class Target(StrEnum):
    """What is written: one JSON object a line."""

    CHAT = "chat"  #: Chat examples.
    PREFERENCE = "preference"  #: Preference pairs.
    LINES = "lines"  #: The records as they are.


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the caller knows of the source, and wants of the result; what is None is found out."""

    to: Target = Target.CHAT
    container: Container | None = None
    shape: Shape | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    system: str | None = None  #: For the examples that have none of their own.
    separator: str | None = None
    stop: str | None = None


def named_target(name: str) -> Target:
    """Return the target of this name; raise CannotConvert for another."""
    if name not in tuple(Target):
        raise CannotConvert(f"There is no conversion to {name!r}; there are {', '.join(Target)}.", param="to")
    return Target(name)


def named_source(name: str | None) -> tuple[Container | None, Shape | None]:
    """Return container and shape of a source called `csv`, `sharegpt` or `csv+alpaca`; None for what it leaves open."""
    container, shape = None, None
    for part in (name or "").split("+") if name else []:
        if part in tuple(Container):
            container = Container(part)
        elif part in tuple(Shape):
            shape = Shape(part)
        else:
            known = ", ".join((*Container, *Shape))
            raise CannotConvert(f"There is no source called {part!r}; there are {known}.", param="from")
    return container, shape


class Conversion:
    """Iterate once for the lines of the result; `tally` tells of what was read so far. Memory stays flat."""

    def __init__(self, open_: Opener, options: Options) -> None:
        self.tally = Tally()
        self._open = unpacking(open_)
        self._options = options
        self._shape = options.shape
        self._markers = Markers()
        self._own_prompts = 0  # Examples that keep their system prompt, though the caller gave one.

    def __iter__(self) -> Iterator[bytes]:
        container = self._options.container or sources.detect(self._open)
        self.tally.source = container.value
        rows = self._prepared(container)
        for row in rows:
            self.tally.read += 1
            try:
                line = _ended(self._line(row))
            except Unfit as exc:
                self.tally.skip(row.number, str(exc))
                continue
            self.tally.written += 1
            yield line
        if self._own_prompts:
            had = "example has" if self._own_prompts == 1 else "examples have"
            said = f"{self._own_prompts:,} {had} a system prompt already, which stays; the one given was not put there."
            self.tally.notes.append(said)
        if not self.tally.read:
            raise CannotConvert("The file has no rows below its header." if "sv" in container else "The file is empty.")

    def _prepared(self, container: Container) -> Iterator[Row]:
        """Look at the first record, and over all of them where that is needed; return the rows from the beginning."""
        rows = sources.rows(self._open, container)
        seen: list[Row] = []
        for row in rows:
            seen.append(row)
            if row.record is not None:
                self._decide(row.record)
                break
        if self._shape is Shape.PAIRS:
            self._recognise(container)
        elif self._options.separator or self._options.stop:
            self.tally.notes.append("Only legacy pairs have a separator and a stop suffix: none was looked for.")
        return chain(seen, rows)

    def _decide(self, record: dict[str, Any]) -> None:
        options = self._options
        if options.to is Target.LINES:
            self.tally.shape = "any"
            return
        if options.mapping:
            maps.check_columns(options.mapping, record)
            self._shape = Shape.COLUMNS
        self._shape = self._shape or shapes.detect(record)
        if self._shape is None or (self._shape is Shape.COLUMNS and not options.mapping):
            said = f"What the records are cannot be told from their keys: {maps.named(record)}."
            raise CannotConvert(f"{said} Say which is which by a mapping.", option="--map user=…,assistant=…")
        self.tally.shape = self._shape.value
        prefers = self._shape is Shape.PREFERENCE or "chosen" in options.mapping
        if prefers is not (options.to is Target.PREFERENCE):
            other = Target.PREFERENCE if prefers else Target.CHAT
            found = "preference pairs" if prefers else f"{self._shape}, one answer each"
            raise CannotConvert(f"The records are {found}: they can be converted to {other}, not to {options.to}.")

    def _recognise(self, container: Container) -> None:
        recognition = Recognition(self._options.separator, self._options.stop)
        recognition.look(row.record for row in sources.rows(self._open, container) if row.record is not None)
        self._markers, self.tally.notes = recognition.markers()

    def _line(self, row: Row) -> bytes:
        if row.record is None:
            raise Unfit(row.why)
        return row.line() if self._options.to is Target.LINES else msgspec.json.encode(self._example(row.record))

    def _example(self, record: dict[str, Any]) -> dict[str, Any]:
        turned = self._turned(record)
        example = _with_system(turned, self._options.system) if self._options.system else turned
        _check(example, Format.PREFERENCE if self._options.to is Target.PREFERENCE else Format.CHAT)
        self._own_prompts += bool(self._options.system) and example is turned
        return example

    def _turned(self, record: dict[str, Any]) -> dict[str, Any]:
        left_out, mapping = self.tally.left_out, self._options.mapping
        match self._shape, self._options.to:
            case Shape.PREFERENCE, _:
                example = preference.of_preference(record, left_out)
            case Shape.COLUMNS, Target.PREFERENCE:
                example = preference.of_columns(record, mapping, left_out)
            case Shape.COLUMNS, _:
                example = chat.of_columns(record, mapping, left_out)
            case Shape.PAIRS, _:
                example = chat.of_pair(record, self._markers, left_out)
            case Shape.SHAREGPT, _:
                example = chat.of_sharegpt(record, left_out)
            case Shape.ALPACA, _:
                example = chat.of_alpaca(record, left_out)
            case _:
                example = chat.of_chat(record, left_out)
        return example


def _ended(line: bytes) -> bytes:
    # Six characters may also spell it out: then the reader finds nothing.
    if b"\\u0000" in line and "nul_character" in _found(line):
        raise Unfit("a text holds the character NUL (U+0000), which no provider takes. Remove it.")
    return line + b"\n"


def _found(line: bytes) -> frozenset[str]:
    findings = Findings()
    read_object(line, Place(findings, 1))
    return frozenset(findings.by_code)


def _with_system(example: dict[str, Any], prompt: str) -> dict[str, Any]:
    if "messages" in example:
        return chat.with_system(example, prompt)
    asked = example.get("input")
    return {**example, "input": chat.with_system(asked, prompt)} if isinstance(asked, dict) else example


def _check(example: dict[str, Any], kind: Format) -> None:
    """Raise Unfit for an example that the check would refuse: what is converted can be trained on."""
    findings = Findings()
    place = Place(findings, 1)
    check_example(example, kind, place)
    if place.errors:
        error = next(found for found in findings.listed() if found.severity == "error")
        raise Unfit(f"{error.path}: {error.message}" if error.path else error.message)
