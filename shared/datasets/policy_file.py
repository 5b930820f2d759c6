"""Read a policy strictly, from TOML or JSON: what is misspelt or may not be chosen is refused with what was meant."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import msgspec

from shared.datasets.checks.codes import CODES
from shared.datasets.checks.wording import named, nearest, shown
from shared.datasets.policy import OFF, Policy, Severity, Thresholds

_LEVELS = (*(severity.value for severity in Severity), OFF)
_SECTIONS = ("codes", "thresholds")
_THRESHOLDS = tuple(one.name for one in fields(Thresholds))


class PolicyError(ValueError):
    """A policy cannot be used as it stands. `path` leads to what is wrong, as `codes.crlf`; None for all of it."""

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message if path is None else f"{path}: {message}")
        self.path = path


def read_toml(text: str | bytes) -> Policy:
    """Return the policy of a TOML file. Raises PolicyError."""
    try:
        document = tomllib.loads(text.decode("utf-8") if isinstance(text, bytes) else text)
    except UnicodeDecodeError as exc:
        said = f"the policy is not UTF-8 (byte {exc.start} is {exc.object[exc.start]:#04x}). Save it as UTF-8."
        raise PolicyError(said) from exc
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise PolicyError(f"the policy is not TOML: {exc}.") from exc
    return read_policy(document)


def read_policy(document: Any) -> Policy:
    """Return the policy of `{"codes": {…}, "thresholds": {…}}`, both optional. Raises PolicyError."""
    for name in _object(document, None):
        if name not in _SECTIONS:
            raise PolicyError(f"a policy has [codes] and [thresholds] and nothing else.{_meant(name, _SECTIONS)}", name)
    codes = _object(document.get("codes", {}), "codes")
    return Policy(
        codes={code: _level(code, level) for code, level in codes.items()},
        thresholds=_thresholds(_object(document.get("thresholds", {}), "thresholds")),
    )


def _object(value: Any, path: str | None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise PolicyError(f"a table of names and values was expected; it is {named(value)}.", path)
    return value


def _level(code: str, level: Any) -> Severity | None:
    path = f"codes.{code}"
    known = CODES.get(code)
    if known is None:
        raise PolicyError(f"no finding has this code.{nearest(code, tuple(CODES))}", path)
    if level not in _LEVELS:
        raise PolicyError(f'must be "error", "warning", "info" or "off"; it is {shown(level)}.', path)
    if known.fixed and level != known.severity:
        raise PolicyError(f'is always "{known.severity}": {known.fixed}. Leave it out.', path)
    return None if level == OFF else Severity(level)


def _thresholds(values: Mapping[str, Any]) -> Thresholds:
    for name in values:
        if name not in _THRESHOLDS:
            raise PolicyError(f"no check has this threshold.{_meant(name, _THRESHOLDS)}", f"thresholds.{name}")
    try:
        return msgspec.convert(dict(values), Thresholds)
    except msgspec.ValidationError as exc:
        name = str(exc).partition(" - at `$.")[2].strip("`")
        is_count = isinstance(getattr(Thresholds, name), int)
        wanted = "a whole number of at least 1" if is_count else "a number from 0 to 1"
        raise PolicyError(f"must be {wanted}; it is {shown(values[name])}.", f"thresholds.{name}") from exc


def _meant(name: str, known: tuple[str, ...]) -> str:
    return nearest(name, known) or f" Known: {', '.join(known)}."
