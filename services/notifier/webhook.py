"""Send one webhook: check the target again, sign for this attempt, post, and say how it ended."""

import json
import re
import ssl
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial

import aiohttp
from yarl import URL

from shared import clock
from shared.endpoints.attempt_lifecycle import KEPT_ANSWER_BYTES
from shared.endpoints.deliveries import Claimed
from shared.endpoints.policy import Answer, wished
from shared.errors import TuneyardError
from shared.security import egress, signatures
from shared.security.reach import Reach
from shared.security.secrets_at_rest import KeyRing
from shared.security.targets import TargetRefused, check_url
from shared.wire.user_agent import user_agent

#: The first that fits. ssl's own errors arrive inside aiohttp's.
_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (TargetRefused, "target_refused"),
    (egress.AddressRefused, "target_refused"),
    (aiohttp.ClientSSLError, "tls_failed"),
    (ssl.SSLError, "tls_failed"),
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "connection_refused"),
    (aiohttp.ServerDisconnectedError, "connection_dropped"),
    (ConnectionResetError, "connection_dropped"),
    (BrokenPipeError, "connection_dropped"),
    (aiohttp.ClientPayloadError, "bad_answer"),
    (aiohttp.ClientResponseError, "bad_answer"),
    (TuneyardError, "secret_unreadable"),
    (ValueError, "secret_unreadable"),
)
_REMEMBERED = 4096
_NAME = re.compile(r"[\x21-\x7e]{1,128}")


class WebhookSender:
    """Posts deliveries over one guarded session."""

    def __init__(self, session: aiohttp.ClientSession, ring: KeyRing, reach: Reach) -> None:
        self._session = session
        # The same few endpoints over and over: reading a URL and opening a secret cost as much as a signature each.
        self._target = lru_cache(_REMEMBERED)(partial(check_url, reach=reach))
        self._secret = lru_cache(_REMEMBERED)(ring.decrypt)
        self._own_headers = lru_cache(_REMEMBERED)(lambda stored: _read_headers(ring.decrypt(stored)))

    async def send(self, delivery: Claimed) -> Answer:
        """Try once and return how it ended. No fault of the receiver, the network or a stored secret raises."""
        at, started = clock.now(), time.monotonic()
        try:
            url = self._target(delivery.url or "")
            signed = signatures.headers(self._keys(delivery), delivery.event_id, int(at.timestamp()), delivery.body)
            own = self._own_headers(delivery.headers) if delivery.headers else {}
            reply = await self._post(url, delivery.body, {**own, **signed})
        except (aiohttp.ClientError, OSError, TimeoutError, TuneyardError, ValueError) as exc:
            return Answer(at, time.monotonic() - started, error=error_class(exc))
        return Answer(
            at,
            time.monotonic() - started,
            status=reply.status,
            body=kept(reply.body),
            retry_after=reply.headers.get("retry-after"),
            request_id=_named(reply.headers.get("x-request-id")),
            verdict=wished(reply.headers.get("webhook-delivery"), reply.status),
        )

    async def _post(self, url: URL, body: bytes, headers: Mapping[str, str]) -> egress.Reply:
        headers = {**headers, "content-type": "application/json", "user-agent": user_agent()}
        return await egress.post(self._session, url, body, headers)

    def _keys(self, delivery: Claimed) -> Sequence[str]:
        keys = (delivery.secret, delivery.ed25519_key, *delivery.previous_secrets)
        return [self._secret(each) for each in keys if each]


def _read_headers(stored: str) -> Mapping[str, str]:
    """Return the project's own headers. What could be read as one of ours was refused when they were given."""
    found: dict[str, str] = json.loads(stored)
    return found


def kept(body: bytes) -> str:
    """Return what the log keeps of an answer. PostgreSQL's texts hold no NUL; a byte that is no text becomes three."""
    text = body[:KEPT_ANSWER_BYTES].decode(errors="replace").replace("\0", "\ufffd")
    return text.encode()[:KEPT_ANSWER_BYTES].decode(errors="ignore")


def _named(request_id: str | None) -> str | None:
    """Return what may be kept of the receiver's name for the request: headers hold bytes that are no text."""
    return request_id if request_id and _NAME.fullmatch(request_id) else None


def error_class(exc: BaseException) -> str:
    """Return a word for why there is no answer: it tells the tenant enough, and never an address."""
    cause = exc.os_error if isinstance(exc, aiohttp.ClientConnectorError) else exc
    if isinstance(exc, aiohttp.ClientConnectorDNSError) and not isinstance(cause, egress.AddressRefused):
        return "name_not_found"
    return next((word for kind, word in _WORDS if isinstance(cause, kind)), "connection_failed")
