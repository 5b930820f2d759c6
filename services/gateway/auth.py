"""Let a request in when its key is known and has the right that the route needs."""

from aiohttp import web

from services.gateway.routes import CALLER, Caller, Handler, Route, runtime
from shared.errors import Forbidden, Unauthorized
from shared.security import keys
from shared.security.keys import Scope
from shared.security.tables import ApiKey
from shared.wire.storable import is_storable


def guarded(route: Route) -> Handler:
    """Return the route's handler behind its right."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if route.scope is not None:
            request[CALLER] = await _caller(request, route.scope)
        return await route.handler(request)

    return handle


async def _caller(request: web.Request, scope: Scope) -> Caller:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthorized("No API key was given. Send it in the header: Authorization: Bearer ty_…")
    found = await _known(request, key.strip())
    if found is None:
        raise Unauthorized(f"Incorrect API key provided: {_hint(key.strip())}. It is unknown here, or was revoked.")
    if scope not in found.scopes and Scope.ADMIN not in found.scopes:
        raise Forbidden(f"This key lacks the scope {scope}; it has: {', '.join(found.scopes) or 'none'}.")
    return Caller(found.project_id, found.id, frozenset(found.scopes))


async def _known(request: web.Request, key: str) -> ApiKey | None:
    # Bytes of a header that are no UTF-8 arrive as halves of surrogate pairs; no key of ours has any.
    if not is_storable(key):
        return None
    async with runtime(request).database.begin() as session:
        return await keys.find(session, key)


def _hint(key: str) -> str:
    return f"{key[:5]}…" if len(key) > 12 else "…"
