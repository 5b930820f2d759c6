"""The keys that sign: made, replaced, and the old ones kept for a day beside the new"""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.database import server_time
from shared.endpoints.states import Channel
from shared.endpoints.tables import WebhookEndpoint
from shared.errors import Refused
from shared.security.secrets_at_rest import KeyRing
from shared.security.signatures import hint, new_pair, new_secret, secret_bytes

#: How long a replaced secret still signs, when asked for; the SDK's parameter has the figure in its name.
OLD_SECRET_LIVES = timedelta(hours=24)
#: Old secrets at once. Each is a signature more in the header of every attempt.
MOST_OLD_SECRETS = 10


async def rotate(
    session: AsyncSession,
    ring: KeyRing,
    endpoint: WebhookEndpoint,
    *,
    keep_old: bool,
    key: str = "secret",
    given: str | None = None,
) -> str:
    """Give the endpoint a new secret, or ed25519 key, and return what the receiver verifies with.

    With `keep_old` the one before signs too, for a day, and those that still do go on; without, no earlier one does.
    """
    _refuse_unsigned(endpoint, key)
    at = await server_time(session)
    replaced = endpoint.secret if key == "secret" else endpoint.ed25519_key
    endpoint.previous_secrets = _kept(endpoint, replaced, at) if keep_old else []
    endpoint.updated_at = at
    if key == "secret":
        secret = own_secret(given)
        endpoint.secret, endpoint.secret_hint = ring.encrypt(secret), hint(secret)
        return secret
    private, public = new_pair()
    endpoint.ed25519_key, endpoint.ed25519_public = ring.encrypt(private), public
    return public


def set_signature(ring: KeyRing, endpoint: WebhookEndpoint, signature: str) -> bool:
    """Give a webhook an ed25519 key beside its secret, or take it away; say whether that changed anything."""
    wanted = signature == "ed25519"
    if wanted is (endpoint.ed25519_key is not None):
        return False
    private, public = new_pair() if wanted else (None, None)
    endpoint.ed25519_key, endpoint.ed25519_public = (ring.encrypt(private) if private else None), public
    return True


def own_secret(given: str | None) -> str:
    """Return the secret that a caller brings along, or a new one; raise Refused for one of the wrong form."""
    if given is None:
        return new_secret()
    try:
        secret_bytes(given)
    except ValueError as exc:
        raise Refused(f"signing_secret: {exc}", param="signing_secret") from exc
    return given


def live(previous: list[dict[str, Any]], at: datetime) -> list[dict[str, Any]]:
    """Return the old secrets that still sign."""
    return [old for old in previous if old["until"] > at.timestamp()]


def _kept(endpoint: WebhookEndpoint, replaced: str | None, at: datetime) -> list[dict[str, Any]]:
    still = live(endpoint.previous_secrets, at)
    if len(still) >= MOST_OLD_SECRETS:
        raise Refused(
            f"{endpoint.id} has {len(still)} old secrets that still sign, the most there can be. The first ends "
            f"at {int(min(old['until'] for old in still))}. Wait until then, or rotate without keeping the old ones.",
            param="keep_old_secret_active_for_24_hours",
            code="too_many_secrets",
        )
    return [{"secret": replaced, "until": (at + OLD_SECRET_LIVES).timestamp()}, *still]


def _refuse_unsigned(endpoint: WebhookEndpoint, key: str) -> None:
    if endpoint.channel != Channel.WEBHOOK:
        raise Refused(f'{endpoint.id} is an endpoint of the channel "{endpoint.channel}", which signs nothing.')
    if key == "ed25519" and endpoint.ed25519_key is None:
        raise Refused(f'{endpoint.id} has no ed25519 key. Update it with "signature": "ed25519" first.', param="key")
