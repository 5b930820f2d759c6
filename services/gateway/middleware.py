"""Around every request: its id, one line in the log, and every error in OpenAI's shape."""

import re
import time

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import bound_contextvars

from services.gateway.routes import REQUEST_ID, Handler
from shared import log
from shared.db.trouble import passes
from shared.errors import ProviderBusy, TuneyardError, Unavailable
from shared.wire import ids
from shared.wire.errors import ApiError
from shared.wire.storable import is_storable

_log = log.get(__name__)
_SANE_ID = re.compile(r"[A-Za-z0-9._\-]{1,128}")
#: Probes ask every few seconds; their lines would hide the others.
_QUIET = frozenset({"/healthz", "/readyz"})


@web.middleware
async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id that the caller, the log and all later work share; answer every error as JSON."""
    asked = request.headers.get("X-Request-Id", "")
    request_id = asked if _SANE_ID.fullmatch(asked) else ids.new("req_")
    request[REQUEST_ID] = request_id
    began = time.monotonic()
    with bound_contextvars(request_id=request_id):
        response = await _answer(request, handler)
        if not response.prepared:
            response.headers["x-request-id"] = request_id
        if request.path not in _QUIET:
            _log.info(
                "request.answered",
                method=request.method,
                route=_route(request),
                status=response.status,
                ms=round((time.monotonic() - began) * 1000, 1),
            )
    return response


async def mark(request: web.Request, response: web.StreamResponse) -> None:
    """Put the request's id on a response that is streamed, before its head is sent."""
    response.headers["x-request-id"] = request[REQUEST_ID]


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        _refuse_compressed(request)
        _refuse_unstorable(request)
        return await handler(request)
    except ApiError as exc:
        return _shaped(request, exc)
    except TuneyardError as exc:
        return _shaped(request, _api_error(exc))
    except web.HTTPException as exc:
        return _shaped(request, _http_error(request, exc))
    except Exception as exc:  # noqa: BLE001 (no caller ever sees a traceback)
        return _shaped(request, _unforeseen(exc))


def _unforeseen(exc: Exception) -> ApiError:
    if isinstance(exc, OSError) or (isinstance(exc, SQLAlchemyError) and passes(exc)):
        _log.error("database.unavailable", error=str(exc)[:500])
        return _api_error(Unavailable("The database does not answer. Try again in a few seconds."))
    _log.error("request.failed", exc_info=exc)
    message = "Something went wrong here. It is logged under the request id; tell us that id."
    return ApiError(message, status=500, type="server_error")


def _refuse_compressed(request: web.Request) -> None:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ApiError("Compressed request bodies are not taken. Send the body as it is.", status=415)


def _refuse_unstorable(request: web.Request) -> None:
    if not is_storable(request.path):
        raise ApiError(f"{request.method} {request.rel_url.raw_path}: no id holds such characters.", status=404)
    for name, value in request.query.items():
        if not is_storable(name + value):
            param = name if is_storable(name) else None
            raise ApiError(f"The query parameter {name!r} holds the character U+0000. Remove it.", param=param)


def _shaped(request: web.Request, exc: ApiError) -> web.Response:
    headers = {"x-should-retry": "false"} if exc.status == 409 else {}
    body = exc.body(request[REQUEST_ID])
    return web.json_response(body, status=exc.status, headers={**headers, **exc.headers})


def _api_error(exc: TuneyardError) -> ApiError:
    headers = {}
    if exc.retryable:
        after = exc.retry_after if isinstance(exc, ProviderBusy) else None
        headers["retry-after"] = str(round(min(after or 2, 120)))
    return ApiError(str(exc), status=exc.status, type=exc.type, param=exc.param, code=exc.code, headers=headers)


def _http_error(request: web.Request, exc: web.HTTPException) -> ApiError:
    match exc.status:
        case 404:
            message = f"Unknown request URL: {request.method} {request.path}. The paths are in docs/api.md."
            return ApiError(message, status=404, code="unknown_url")
        case 405:
            allowed = exc.headers.get("Allow", "")
            message = f"{request.method} is not allowed on {request.path}; allowed: {allowed}."
            return ApiError(message, status=405, code="method_not_allowed", headers={"Allow": allowed})
        case 413:
            message = "The body is over 1 MiB. Send data as a file: POST /v1/files."
            return ApiError(message, status=413, code="body_too_large")
    return ApiError(exc.reason, status=exc.status)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"
