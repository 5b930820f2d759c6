"""What is encrypted of an endpoint, and how it comes under the newest key of the ring"""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.endpoints.tables import WebhookEndpoint
from shared.security.resealing import Resealed
from shared.security.secrets_at_rest import KeyRing

#: `previous_secrets` besides, one by one.
COLUMNS = ("secret", "ed25519_key", "credentials", "headers")


async def reseal_endpoints(
    session: AsyncSession, ring: KeyRing, done: Resealed, *, after: str, limit: int
) -> str | None:
    """Encrypt the secrets of a page of endpoints anew; return the last endpoint, None at the end."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.id > after).order_by(col(WebhookEndpoint.id)).limit(limit)
    endpoints = (await session.exec(query.with_for_update())).all()
    for endpoint in endpoints:
        _reseal(endpoint, ring, done)
    return endpoints[-1].id if len(endpoints) == limit else None


def _reseal(endpoint: WebhookEndpoint, ring: KeyRing, done: Resealed) -> None:
    for column in COLUMNS:
        if (stored := getattr(endpoint, column)) is not None:
            setattr(endpoint, column, done.seal(ring, stored, f"{column} of {endpoint.id}"))
    if endpoint.previous_secrets:
        where = f"an old secret of {endpoint.id}"
        endpoint.previous_secrets = [
            {**old, "secret": done.seal(ring, old["secret"], where)} for old in endpoint.previous_secrets
        ]
