"""Speak HTTP to a provider; every foreign error turns into one of ours here and nowhere else."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from shared import log
from shared.errors import ProviderBusy, ProviderError, ProviderRefused, ProviderUnclear
from shared.provider.decode import decode, said, table
from shared.settings import ProviderSettings
from shared.wire.storable import made_storable
from shared.wire.user_agent import user_agent

_log = log.get(__name__)
#: A longer answer is no object or list of the API: a page of 1,000 files has some 300 KB.
_MAX_ANSWER = 4 * 1024 * 1024
#: A longer one is read in a thread: 256 KB take some 10 ms, in which nothing else would be answered.
_MAX_INLINE = 256 * 1024
#: Of a refusal so much is read; its reason is cut to so many characters, its code to so many.
_MAX_REFUSAL = 64 * 1024
_MAX_REASON = 2000
_MAX_CODE = 200
#: Of a refusal that is no JSON so many characters are its reason.
_MAX_PAGE = 300
#: A key shorter than this is no secret: its letters stand in many a word.
_SHORTEST_SECRET = 8
#: A 403 with one of these is about our key (a 401 always is), which is the operator's to mend and no tenant's to read.
_ABOUT_OUR_KEY = frozenset(
    {"invalid_api_key", "missing_api_key", "missing_scope", "insufficient_permissions", "ip_not_authorized"}
    | {"invalid_organization", "invalid_project", "mismatched_organization", "mismatched_project"}
    | {"account_deactivated", "account_suspended"}
)
_CONNECT_SECONDS = 5.0
#: A forwarded answer streams for so long at most beyond the usual, and is silent for so long in between.
_LONGEST_ANSWER_SECONDS = 600
_SILENT_SECONDS = 120
#: Nothing was sent: a definite no, safe to try again. The second is raised before a connection is had, for DNS too.
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class ProviderHttp:
    """A session with one provider. The SDK is not used: it repeats a POST after a timeout by itself (facts 8.2)."""

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        self.name = name
        self._base = settings.base_url.rstrip("/")
        key = settings.api_key.get_secret_value()
        self._secret = key if len(key) >= _SHORTEST_SECRET else None
        self._patience = settings.timeout_seconds
        self._session = aiohttp.ClientSession(
            headers={
                "Authorization": f"Bearer {key}",
                "User-Agent": user_agent(),
            },
            timeout=self.patience(),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    def patience(self, more: float = 0, sock_read: float | None = None) -> aiohttp.ClientTimeout:
        """Return the timeout of a call that may take so many seconds more than most.

        To connect has less than the whole: when the whole ends first, nobody can say whether anything was sent.
        """
        connect = min(_CONNECT_SECONDS, self._patience / 2)
        return aiohttp.ClientTimeout(total=self._patience + more, connect=connect, sock_read=sock_read)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def json(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """Return the JSON object of a 2xx answer; raise ProviderBusy, ProviderRefused or ProviderUnclear otherwise."""
        async with self.answer(method, path, **request) as response:
            raw = await whole_body(response, _MAX_ANSWER + 1)
            if len(raw) > _MAX_ANSWER:
                raise ProviderUnclear(f"{self.name} answered {method} {path} with more than {_MAX_ANSWER} bytes.")
            try:
                inline = len(raw) <= _MAX_INLINE
                body = decode(raw, self._secret) if inline else await asyncio.to_thread(decode, raw, self._secret)
            except ValueError as exc:
                raise ProviderUnclear(f"{self.name} answered {method} {path} with something that is not JSON.") from exc
            if not isinstance(body, dict):
                raise ProviderUnclear(f"{self.name} answered {method} {path} with JSON that is not an object.")
            return body

    @asynccontextmanager
    async def answer(self, method: str, path: str, **request: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield a 2xx response; raise as `json` for any other, and for a connection that broke."""
        # A redirected POST comes back as a GET: only what changes nothing may be sent on.
        request.setdefault("allow_redirects", method == "GET")
        try:
            async with self._session.request(method, self._base + path, **request) as response:
                if response.status >= 300:
                    raise await self._refusal(response, f"{method} {path}")
                yield response
        except _NEVER_SENT as exc:
            raise ProviderBusy(f"{self.name} cannot be reached: {exc}") from exc
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as exc:
            raise ProviderUnclear(f"{self.name} did not answer {method} {path}: {type(exc).__name__}.") from exc

    @asynccontextmanager
    async def raw(self, method: str, path: str, **request: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the response whatever its status, for forwarding; raise only when there is none."""
        timeout = self.patience(_LONGEST_ANSWER_SECONDS, sock_read=_SILENT_SECONDS)
        try:
            async with self._session.request(method, self._base + path, timeout=timeout, **request) as response:
                yield response
        except _NEVER_SENT as exc:
            raise ProviderBusy(f"{self.name} cannot be reached: {exc}") from exc
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as exc:
            raise ProviderUnclear(f"{self.name} did not answer {method} {path}: {type(exc).__name__}.") from exc

    async def _refusal(self, response: aiohttp.ClientResponse, call: str) -> ProviderError:
        error = _error_in(await whole_body(response, _MAX_REFUSAL), self._secret)
        message = said(error.get("message"), _MAX_REASON) or f"no reason given (HTTP {response.status})"
        code = said(error.get("code"), _MAX_CODE)
        told = f"{self.name} answered {call} with {response.status}: {message}"
        if response.status == 429 and code != "insufficient_quota":
            return ProviderBusy(told, retry_after=retry_after(response.headers.get("Retry-After")))
        if response.status >= 500 or response.status == 408:
            return ProviderUnclear(told)
        if response.status == 401 or (response.status == 403 and code in _ABOUT_OUR_KEY):
            _log.error("provider.key_refused", provider=self.name, status=response.status, code=code, said=message)
            return self._key_refused(response.status)
        param = said(error.get("param"), _MAX_CODE)
        return ProviderRefused(message, provider_status=response.status, code=code, param=param)

    def _key_refused(self, status: int) -> ProviderRefused:
        setting = f"TUNEYARD_PROVIDERS__{self.name.upper()}__API_KEY"
        what = f"The provider refused the key of this service. The operator must correct {setting}."
        return ProviderRefused(what, provider_status=status, code="provider_key_refused")


async def whole_body(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Return the body, at most so many bytes of it: one `read(n)` gives what has arrived, not n bytes."""
    parts, left = [], most
    while left > 0 and (part := await response.content.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def retry_after(value: str | None) -> float | None:
    """Return the header's seconds, at most an hour; None when it is absent or not a number."""
    try:
        seconds = math.nan if value is None else float(value)
    except ValueError:
        return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), 3600.0)


def _error_in(raw: bytes, secret: str | None) -> dict[str, Any]:
    """Return OpenAI's error object; a bare text in its place, or the begin of what is no JSON, is its message."""
    try:
        body = decode(raw, secret)
    except ValueError:
        body = None
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict) and error.get("message"):
        return error
    page = raw.decode(errors="replace")
    # Masked before it is cut, for half a key would not be known.
    begin = said(made_storable(page.replace(secret, "…") if secret else page), _MAX_PAGE)
    return {**table(error), "message": error if isinstance(error, str) and error else begin}
