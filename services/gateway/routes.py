"""What a route is: a method, a path, the right it needs, and who answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from shared.runtime import Runtime
from shared.security.keys import Scope

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
RUNTIME = web.AppKey("runtime", Runtime)


@dataclass(frozen=True)
class Route:
    """One operation of the API. Without a scope it is open to everybody."""

    method: str
    path: str
    handler: Handler
    scope: Scope | None


@dataclass(frozen=True)
class Caller:
    """Who asks: a key, its project, its rights."""

    project_id: str
    key_id: str
    scopes: frozenset[str]


CALLER = web.RequestKey("caller", Caller)
REQUEST_ID = web.RequestKey("request_id", str)


def runtime(request: web.Request) -> Runtime:
    """Return what the process opened."""
    return request.app[RUNTIME]


def caller(request: web.Request) -> Caller:
    """Return who asks; a route with a scope always has one."""
    return request[CALLER]
