"""Around every request: its id, its key, and errors in OpenAI's shape."""

import logging
import re

from aiohttp import web
from aiohttp.typedefs import Handler

from services.trainer.context import REQUEST_ID
from shared.wire import ids
from shared.wire.errors import ApiError

log = logging.getLogger("tuneyard.trainer")
#: A caller's id is taken over when it can stand in a log line as it is.
_SANE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
#: Paths that ask for no key.
OPEN = ("/healthz", "/faults")


@web.middleware
async def answer_in_shape(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give each response its request id, and each error OpenAI's body."""
    given = request.headers.get("x-request-id", "")
    request[REQUEST_ID] = given if _SANE_ID.fullmatch(given) else ids.new("req_")
    try:
        response = await handler(request)
    except ApiError as error:
        response = _refused(error)
    except web.HTTPException as exc:
        if exc.status < 400:
            raise
        response = _refused(_translated(exc, request))
    except ConnectionResetError:
        raise  # the caller left in the middle of a stream; aiohttp knows what to do
    except Exception:
        log.exception("request.broke: %s %s %s", request.method, request.path, request[REQUEST_ID])
        message = f"The server had an error while processing your request. Its id is {request[REQUEST_ID]}."
        response = _refused(ApiError(message, status=500, type="server_error"))
    if not response.prepared:
        response.headers["x-request-id"] = request[REQUEST_ID]
    return response


@web.middleware
async def require_key(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a request without a bearer key; which key it is does not matter here."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if request.path not in OPEN and (scheme.lower() != "bearer" or not key.strip()):
        message = "You didn't provide an API key. Send it in the header: Authorization: Bearer YOUR_KEY."
        raise ApiError(message, status=401, code="invalid_api_key")
    return await handler(request)


def _refused(error: ApiError) -> web.Response:
    return web.json_response(error.body(), status=error.status, headers=error.headers)


def _translated(exc: web.HTTPException, request: web.Request) -> ApiError:
    match exc.status:
        case 404:
            message = f"Unknown request URL: {request.method} {request.path}. Check the path for typos."
            return ApiError(message, status=404, code="unknown_url")
        case 405:
            message = f"Not allowed to {request.method} on {request.path}."
            return ApiError(message, status=405, code="method_not_supported", headers={"allow": exc.headers["Allow"]})
        case _:
            return ApiError(f"{exc.reason}.", status=exc.status)
