"""Read query parameters, or say which is wrong and what would be right."""

import re

from aiohttp import web

from shared.wire.errors import ApiError

_METADATA = re.compile(r"metadata\[(.*)\]", re.DOTALL)


def refuse_unknown(request: web.Request, *known: str) -> None:
    """Refuse a parameter that would do nothing: a filter that silently does not filter is worse than an error."""
    for name in request.query:
        if name not in known and not ("metadata" in known and _METADATA.fullmatch(name)):
            message = f"{name[:50]!r} is not a parameter of this list; it takes {', '.join(known)}."
            raise ApiError(message, param=name[:50])


def after(request: web.Request, prefix: str) -> str | None:
    """Return the id that the page begins after; it may be of what was deleted meanwhile, not of another kind."""
    raw = request.query.get("after")
    if raw is not None and not re.fullmatch(re.escape(prefix) + r"[0-9a-z]{25}", raw):
        raise ApiError(f"after must be an id of this list, {prefix}…; it is {raw[:50]!r}.", param="after")
    return raw


def integer(request: web.Request, name: str, default: int, low: int, high: int) -> int:
    """Return an integer parameter within its range."""
    raw = request.query.get(name)
    if raw is None:
        return default
    if not re.fullmatch(r"-?[0-9]{1,9}", raw) or not low <= int(raw) <= high:
        raise ApiError(f"{name} must be an integer from {low} to {high}; it is {raw[:50]!r}.", param=name)
    return int(raw)


def optional_integer(request: web.Request, name: str, low: int, high: int) -> int | None:
    """Return an integer parameter within its range; None when it is not given."""
    raw = request.query.get(name)
    if raw is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,18}", raw) or not low <= int(raw) <= high:
        raise ApiError(f"{name} must be an integer from {low} to {high}; it is {raw[:50]!r}.", param=name)
    return int(raw)


def optional_choice(request: web.Request, name: str, choices: tuple[str, ...]) -> str | None:
    """Return a parameter that is one of a few words; None when it is not given."""
    return None if name not in request.query else choice(request, name, choices, "")


def choice(request: web.Request, name: str, choices: tuple[str, ...], default: str) -> str:
    """Return a parameter that is one of a few words."""
    raw = request.query.get(name, default)
    if raw not in choices:
        raise ApiError(f"{name} must be one of {', '.join(choices)}; it is {raw[:50]!r}.", param=name)
    return raw


def metadata(request: web.Request) -> tuple[dict[str, str], bool]:
    """Return the pairs of `metadata[key]=value`, and whether `metadata=null` asks for jobs without any."""
    given = [(found[1], value) for name, value in request.query.items() if (found := _METADATA.fullmatch(name))]
    pairs = dict(given)
    if len(pairs) < len(given):
        raise ApiError("metadata[key] is given twice; a job has one value for a key.", param="metadata")
    plain = request.query.get("metadata")
    if plain not in (None, "", "null"):
        raise ApiError("metadata is given as metadata[key]=value, or as metadata=null.", param="metadata")
    if plain == "null" and pairs:
        raise ApiError("metadata=null and metadata[key]=value exclude each other.", param="metadata")
    return pairs, plain == "null"
