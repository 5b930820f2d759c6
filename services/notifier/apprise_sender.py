"""The channel `apprise`: services that have no channel of ours, by the optional library, in threads of their own"""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from services.notifier.composer import Composer
from services.notifier.mail.words import as_text
from services.notifier.messages.message import Message, Tone
from shared import clock
from shared.endpoints.apprise_urls import fault
from shared.endpoints.deliveries import Claimed
from shared.endpoints.policy import Answer, Verdict
from shared.errors import TuneyardError
from shared.security.secrets_at_rest import KeyRing

if TYPE_CHECKING:
    from collections.abc import Collection

#: The library blocks a thread for each notice, and 11 a second were seen: it gets no more of us than this.
_THREADS = 4
_SECONDS = 20.0
_MOST_BODY = 4000


class NotAllowed(ValueError):
    """The address names a service or a parameter that is not allowed here."""


class AppriseSender:
    """Sends to the services that the operator allows, and to no other."""

    def __init__(self, ring: KeyRing, composer: Composer, services: "Collection[str]") -> None:
        self._ring = ring
        self._composer = composer
        self._services = frozenset(services)
        self._threads = ThreadPoolExecutor(_THREADS, "apprise")

    async def send(self, delivery: Claimed) -> Answer:
        """Try once and return how it ended. The library tells no more than whether the service took it."""
        at, started = clock.now(), time.monotonic()
        try:
            url = json.loads(self._ring.decrypt(delivery.credentials or ""))["url"]
            check(url, self._services)
            _, message = await self._composer.compose(delivery)
            run = asyncio.get_running_loop().run_in_executor(self._threads, _notify, url, message)
            async with asyncio.timeout(_SECONDS):
                taken = await run
        except NotAllowed as exc:
            verdict = Verdict("pause", str(exc))
            return Answer(at, time.monotonic() - started, error="target_refused", verdict=verdict)
        except TimeoutError:
            return Answer(at, time.monotonic() - started, error="timeout")
        except (TuneyardError, ValueError, KeyError):
            return Answer(at, time.monotonic() - started, error="secret_unreadable")
        verdict = Verdict("delivered") if taken else Verdict("retry", "The service did not take the notice.")
        return Answer(at, time.monotonic() - started, error=None if taken else "not_accepted", verdict=verdict)

    async def close(self) -> None:
        """Begin nothing more; what is under way ends by its own limits."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def check(url: str, services: "Collection[str]") -> None:
    """Raise NotAllowed for a service that the operator does not allow, and for a parameter that does more than tell."""
    parts = urlsplit(url)
    if parts.scheme not in services:
        raise NotAllowed(f'The service "{parts.scheme}" is not allowed here. The operator can allow it.')
    if (wrong := fault(url)) is not None:
        raise NotAllowed(wrong)


def _notify(url: str, message: Message) -> bool:
    """Send, in a thread. No attachment, no redirect, no second try, nothing kept on the disk."""
    # The extra may be missing, and loading it takes a third of a second: nobody else waits for it.
    import apprise  # noqa: PLC0415

    kinds = {Tone.GOOD: "success", Tone.BAD: "failure", Tone.WARNING: "warning", Tone.NEUTRAL: "info"}
    asset = apprise.AppriseAsset(
        app_id="Tuneyard",
        http_redirects=False,
        allow_templates=False,
        storage_mode="memory",
        service_timeout=_SECONDS,
        default_service_retry=0,
        async_mode=False,
        secure_logging=True,
    )
    service: Any = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if service is None or service.redirects or not service.verify_certificate:
        return False
    sending = apprise.Apprise([service], asset=asset)
    told = sending.notify(
        title=_calm(message.title)[:200],
        body=_calm(as_text(message))[:_MOST_BODY],
        notify_type=kinds[message.tone],
        body_format=apprise.NotifyFormat.TEXT,
    )
    return bool(told)


def _calm(text: str) -> str:
    """Return text in which no service finds a mention: an `@` has nothing behind it."""
    return text.replace("@", "@\u200b")
