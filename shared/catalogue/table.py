"""Read the catalogue's file strictly, naming the row and the field that is wrong."""

import tomllib
from collections import Counter
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import msgspec

PACKAGED = Path(__file__).with_name("models.toml")

Format = Literal["chat", "completion", "preference", "reinforcement"]
Method = Literal["supervised", "dpo", "reinforcement"]
EncodingName = Literal["o200k_base", "cl100k_base", "r50k_base"]
PRICES = ("train_price", "train_price_per_hour", "input_price", "cached_input_price", "output_price")


class CatalogueError(ValueError):
    """The catalogue's file cannot be used as it stands."""


@dataclass(frozen=True, kw_only=True)
class BaseModel:
    """One base that jobs may name. Prices are USD per one million tokens, dates are whole days in UTC."""

    name: str
    aliases: tuple[str, ...] = ()
    formats: frozenset[Format]
    methods: frozenset[Method]
    tokens_per_example: int  #: Longer examples are cut to this many tokens, from the end.
    encoding: EncodingName
    train_price: Decimal | None = None  #: None where training is billed by the hour.
    train_price_per_hour: Decimal | None = None  #: USD per hour of the core training loop.
    input_price: Decimal
    cached_input_price: Decimal | None = None
    output_price: Decimal
    price_date: date  #: The day on which these prices were read.
    price_source: str
    training_ends: date | None = None  #: The last day on which the provider takes a new job.
    shutdown_date: date | None = None  #: The day on which the tuned models stop answering.
    vision: bool = False
    note: str = ""


def load(path: Path = PACKAGED) -> tuple[BaseModel, ...]:
    """Return the rows of a catalogue file in its order.

    Raises CatalogueError, which names the file, the row and the field.
    """
    try:
        with path.open("rb") as file:
            document = tomllib.load(file, parse_float=Decimal)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise CatalogueError(f"{path}: cannot be read as a catalogue: {exc}.") from exc
    rows = document.pop("model", None)
    if document or not isinstance(rows, list) or not rows:
        raise CatalogueError(f"{path}: expected [[model]] tables and nothing else; found {sorted(document) or 'none'}.")
    bases = tuple(_row(path, number, row) for number, row in enumerate(rows, 1))
    _refuse_doubles(path, bases)
    return bases


def _row(path: Path, number: int, row: dict[str, Any]) -> BaseModel:
    where = f"{path}: model {number} ({row.get('name', 'no name')!r})"
    unknown = sorted(set(row) - {field.name for field in fields(BaseModel)})
    if unknown:
        raise CatalogueError(f"{where}: unknown field {unknown[0]!r}. Remove it, or check its spelling.")
    for field in PRICES:
        if field in row and not (isinstance(row[field], Decimal) and row[field].is_finite() and row[field] >= 0):
            raise CatalogueError(f"{where}: {field} must be a decimal such as 3.00 (USD); found {row[field]!r}.")
    try:
        base = msgspec.convert(row, BaseModel)
    except msgspec.ValidationError as exc:
        raise CatalogueError(f"{where}: {exc}.") from exc
    _refuse_nonsense(where, base)
    return base


def _refuse_nonsense(where: str, base: BaseModel) -> None:
    if not base.name or ":" in base.name:
        raise CatalogueError(f"{where}: name must be a model's name without a colon; found {base.name!r}.")
    if base.tokens_per_example < 1:
        raise CatalogueError(f"{where}: tokens_per_example must be positive; found {base.tokens_per_example}.")
    if (base.train_price is None) == (base.train_price_per_hour is None):
        raise CatalogueError(f"{where}: train_price must stand, or train_price_per_hour, and not both.")
    if not base.formats or not base.methods:
        raise CatalogueError(f"{where}: formats and methods must each name at least one.")


def _refuse_doubles(path: Path, bases: tuple[BaseModel, ...]) -> None:
    names = Counter(name for base in bases for name in (base.name, *base.aliases))
    for name, times in names.items():
        if times > 1:
            raise CatalogueError(
                f"{path}: {name!r} is a name or an alias {times} times; a name must lead to one model."
            )
