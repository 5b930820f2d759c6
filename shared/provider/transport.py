"""Speak HTTP to a provider; every foreign error turns into one of ours here and nowhere else."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from shared.errors import ProviderBusy, ProviderRefused, ProviderUnclear
from shared.provider.decode import decode, storable, words
from shared.settings import ProviderSettings

#: Above this an answer is not one of the API's JSON objects.
_MAX_ANSWER = 32 * 1024 * 1024
#: Of a refusal so much is read; its reason is cut to so many characters, its code to so many.
_MAX_REFUSAL = 64 * 1024
_MAX_REASON = 2000
_MAX_CODE = 200
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
        self._patience = settings.timeout_seconds
        self._session = aiohttp.ClientSession(
            headers={
                "Authorization": f"Bearer {settings.api_key.get_secret_value()}",
                "User-Agent": "Tuneyard/0.1",
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
            raw = await whole_body(response, _MAX_ANSWER)
            try:
                body = decode(raw)
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

    async def _refusal(self, response: aiohttp.ClientResponse, call: str) -> Exception:
        raw = await whole_body(response, _MAX_REFUSAL)
        error = _error_in(raw)
        given = error.get("message") or storable(raw[:300].decode(errors="replace"))
        message = words(given, _MAX_REASON) or f"no reason given (HTTP {response.status})"
        said = f"{self.name} answered {call} with {response.status}: {message}"
        if response.status == 429 and error.get("code") != "insufficient_quota":
            return ProviderBusy(said, retry_after=retry_after(response.headers.get("Retry-After")))
        if response.status >= 500 or response.status == 408:
            return ProviderUnclear(said)
        return ProviderRefused(
            message,
            provider_status=response.status,
            code=words(error.get("code"), _MAX_CODE),
            param=words(error.get("param"), _MAX_CODE),
        )


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


def _error_in(raw: bytes) -> dict[str, Any]:
    """Return OpenAI's error object; a bare text in its place is its message."""
    try:
        body = decode(raw)
    except ValueError:
        return {}
    error = body.get("error") if isinstance(body, dict) else None
    return {"message": error} if isinstance(error, str) else error if isinstance(error, dict) else {}
