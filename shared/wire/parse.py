"""Read a caller's JSON into a body type, or say in OpenAI's shape which field is wrong and what would be right."""

import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from shared.wire.errors import ApiError
from shared.wire.storable import first_unstorable

B = TypeVar("B", bound="Body")
#: A JSON body above this is a mistake: datasets come as files (api.md, "bodies").
MAX_BODY_BYTES = 1024 * 1024
#: A body can hold tens of thousands of errors; nobody reads more than a page of them.
_DETAILS = 20
#: Characters shown of a value that does not fit.
_SHOWN = 200


class Body(BaseModel):
    """A request body: unknown fields and wrong types are refused, never ignored or coerced."""

    model_config = ConfigDict(extra="forbid", strict=True)


def read_json(raw: bytes) -> Any:
    """Decode a body; raise ApiError (400) that says where it stops being JSON."""
    try:
        return json.loads(raw, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_without_doubles)
    except ValueError as exc:
        raise ApiError(f"The body is not valid JSON: {exc}.", code="invalid_json") from exc
    except RecursionError as exc:
        raise ApiError("The body is nested too deeply to be a request.", code="invalid_json") from exc


def parse(body: type[B], raw: bytes | Mapping[str, Any]) -> B:
    """Return `raw` as a `body`; raise ApiError (400, with `param`) for the first field that does not fit."""
    data = (read_json(raw) if raw else {}) if isinstance(raw, bytes) else dict(raw)
    if not isinstance(data, dict):
        raise ApiError(f"The body must be a JSON object; it is {_named(data)}.")
    if (place := first_unstorable(data)) is not None:
        message = "holds text that cannot be stored: the character U+0000, or half of a surrogate pair. Remove it."
        raise ApiError(f"{place or 'The body'}: {message}", param=place or None)
    try:
        return body.model_validate(data)
    except ValidationError as exc:
        raise _refusal(exc.errors(include_url=False, include_context=True)) from exc


def number_or_auto(kind: type, low: float, high: float | None = None, *, low_included: bool = True) -> Any:
    """Return the type of a hyperparameter: a number within its range, or the string "auto"."""
    what = "an integer" if kind is int else "a number"
    span = f"{what} from {low} to {high}" if high is not None else f"{what} of at least {low}"
    if not low_included:
        span = f"{what} above {low}" + (f" and up to {high}" if high is not None else "")

    def check(value: Any) -> Any:
        if value == "auto" or value is None:
            return "auto"
        right_kind = isinstance(value, int) or (kind is float and isinstance(value, float))
        inside = right_kind and (value >= low if low_included else value > low) and (high is None or value <= high)
        if isinstance(value, bool) or not inside:
            raise ValueError(f'must be {span}, or "auto"; found {json.dumps(value, default=str)[:_SHOWN]}')
        return value

    return Annotated[Any, BeforeValidator(check)]


def _refusal(errors: list[ErrorDetails]) -> ApiError:
    first = errors[0]
    param = ".".join(str(part) for part in first["loc"]) or None
    details = [{"param": ".".join(str(p) for p in e["loc"]), "message": _sentence(e)} for e in errors[:_DETAILS]]
    return ApiError(
        f"{param or 'The body'}: {_sentence(first)}", param=param, details=details if len(details) > 1 else None
    )


def _sentence(error: ErrorDetails) -> str:
    match error["type"]:
        case "missing":
            return "is required."
        case "extra_forbidden":
            return "is not a field of this request. Remove it, or check its spelling."
        case "value_error":
            return str(error["ctx"]["error"]) + "."
        case "dict_type" | "model_type" | "model_attributes_type" | "list_type":
            kind = "an array" if error["type"] == "list_type" else "an object"
            return f"must be {kind}; it is {_named(error['input'])}."
        case "too_long" | "too_short" if isinstance(error["input"], list | dict):
            limit = error["ctx"].get("max_length", error["ctx"].get("min_length"))
            most = "at most" if error["type"] == "too_long" else "at least"
            return f"must have {most} {limit}; it has {len(error['input'])}."
    found = json.dumps(error["input"], default=str)[:_SHOWN]
    return f"{error['msg'][0].lower()}{error['msg'][1:]}; found {found}."


def _named(value: Any) -> str:
    names: dict[type, str] = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
        type(None): "null",
    }
    return names.get(type(value), "a number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:50]} is larger than any number here")
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # Two readers of one body may take different ones of the two: what we checked must be what is done.
        double = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {json.dumps(double[:50])} stands twice in one object")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")
