"""Read a mapping of roles to columns, and apply it to a record."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from shared.datasets.convert.rows import CannotConvert, Unfit

ROLES = ("system", "user", "assistant")
#: Of a mapping to preference pairs.
PARTS = ("prompt", "chosen", "rejected")
_SHOWN = 60


def read_mapping(text: str) -> dict[str, str]:
    """Return `user=question,assistant=answer` as a dictionary; raise CannotConvert for anything else."""
    found: dict[str, str] = {}
    for pair in text.split(","):
        role, equals, column = (part.strip() for part in pair.partition("="))
        if not equals or not column:
            raise CannotConvert(f"The mapping {pair.strip()!r} is not of the form ROLE=COLUMN.")
        if role not in (*ROLES, *PARTS):
            raise CannotConvert(f"The mapping names {role!r}; it maps {', '.join((*ROLES, *PARTS))}.")
        if role in found:
            raise CannotConvert(f"The mapping names {role!r} twice.")
        found[role] = column
    return check_mapping(found)


def check_mapping(mapping: Mapping[str, str]) -> dict[str, str]:
    """Return the mapping if it makes chat, or preference pairs; raise CannotConvert for one that makes neither."""
    wanted = PARTS if any(part in mapping for part in PARTS) else ("user", "assistant")
    missing = [role for role in wanted if role not in mapping]
    stray = [role for role in mapping if wanted == PARTS and role in ("user", "assistant")]
    if missing or stray:
        said = f"it lacks {' and '.join(missing)}" if missing else f"{stray[0]} does not go with {PARTS[0]}"
        raise CannotConvert(
            f"The mapping makes no example: {said}. Chat takes user and assistant, pairs take "
            "prompt, chosen and rejected; system may come along.",
            param="map",
        )
    return dict(mapping)


def check_columns(mapping: Mapping[str, str], columns: Collection[str]) -> None:
    """Raise CannotConvert when the mapping names a column that is not there, and say which are."""
    for role, column in mapping.items():
        if column not in columns:
            raise CannotConvert(f"There is no column {column!r} for {role}. The columns are {named(columns)}.")


def named(columns: Collection[str]) -> str:
    """Return the names of columns for a sentence, twenty at most."""
    names = list(columns)
    rest = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(repr(name[:_SHOWN]) for name in names[:20]) + rest


def mapped(record: Mapping[str, Any], mapping: Mapping[str, str], left_out: Counter[str]) -> dict[str, str]:
    """Return the texts by their roles; raise Unfit when one is missing, empty or no text. A system prompt may be."""
    left_out.update(key for key in record if key not in mapping.values())
    texts = {role: text(record.get(column), column) for role, column in mapping.items()}
    for role, words in texts.items():
        if not words.strip() and role != "system":
            raise Unfit(f"the column {mapping[role]!r} is empty; it is to be the {role}'s words.")
    return texts


def text(value: Any, column: str) -> str:
    """Return a scalar as text, a missing one as none; raise Unfit for a list or an object."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit(f"the column {column!r} holds {type(value).__name__}, not text.")
    return str(value)
