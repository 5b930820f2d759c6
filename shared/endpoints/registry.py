"""Make endpoints and change them: what a project's members ask for, checked, with what is secret encrypted"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clock import from_unix
from shared.db.database import server_time
from shared.endpoints import lifecycle, recipients
from shared.endpoints.delivery_lifecycle import mute_ends
from shared.endpoints.own_headers import check_headers
from shared.endpoints.quiet import read_quiet_hours
from shared.endpoints.rotation import own_secret, set_signature
from shared.endpoints.states import Channel, EndpointStatus
from shared.endpoints.tables import WebhookEndpoint
from shared.errors import Refused
from shared.events.catalogue import PUBLIC
from shared.security.secrets_at_rest import KeyRing
from shared.security.signatures import hint
from shared.wire import ids

EVENT_TYPES = tuple(sorted(PUBLIC))
#: A mute has an end; a year is the longest that can be meant.
LONGEST_MUTE = timedelta(days=366)
#: What only a signed POST has.
_OF_WEBHOOKS: dict[str, tuple[Any, ...]] = {
    "headers": ({}, None),
    "payload_style": ("full",),
    "signature": ("hmac",),
    "signing_secret": (None,),
}


async def create(
    session: AsyncSession, ring: KeyRing, project_id: str, **fields: Any
) -> tuple[WebhookEndpoint, str | None]:
    """Write an endpoint and return it with its signing secret, which nobody is shown again; None if it signs nothing.

    Where it leads (`url`, `target`, `credentials`, `credentials_hint`) has been checked by whoever knows the network.
    """
    check_event_types(fields["event_types"])
    channel = fields.setdefault("channel", Channel.WEBHOOK)
    _refuse_what_channels_lack(channel, fields)
    status, signature = fields.pop("status", EndpointStatus.ENABLED), fields.pop("signature", "hmac")
    columns = _columns(ring, fields, await server_time(session))
    secret = None
    if channel == Channel.WEBHOOK:
        secret = own_secret(columns.pop("signing_secret", None))
        columns |= {"secret": ring.encrypt(secret), "secret_hint": hint(secret)}
    endpoint = WebhookEndpoint(id=ids.new("wh_"), project_id=project_id, **columns)
    session.add(endpoint)
    await session.flush()
    await session.refresh(endpoint)
    set_signature(ring, endpoint, signature)
    await _turn(session, endpoint, status)
    return endpoint, secret


async def update(session: AsyncSession, ring: KeyRing, endpoint: WebhookEndpoint, changes: dict[str, Any]) -> None:
    """Write what `changes` names, among it perhaps `status`. What changes nothing leaves `updated_at` alone."""
    if "event_types" in changes:
        check_event_types(changes["event_types"])
    _refuse_what_channels_lack(endpoint.channel, changes)
    at = await server_time(session)
    status, signature = changes.pop("status", endpoint.status), changes.pop("signature", None)
    moved = signature is not None and set_signature(ring, endpoint, signature)
    for column, value in _columns(ring, changes, at).items():
        moved = moved or not _same(ring, column, getattr(endpoint, column), value)
        setattr(endpoint, column, value)
    if moved:
        endpoint.updated_at = at
    if "target" in changes:
        await recipients.lift(session, endpoint.id)
    if "muted_until" in changes:
        await mute_ends(session, endpoint.id, endpoint.muted_until)
    await _turn(session, endpoint, status)


def check_event_types(types: Sequence[str]) -> None:
    """Raise Refused for a type that is never sent, and for none at all."""
    unknown = [name for name in types if name not in EVENT_TYPES]
    if unknown or not types:
        found = f'"{unknown[0][:100]}" is not an event type that is sent' if unknown else "is empty"
        raise Refused(f"event_types: {found}. Choose from: {', '.join(EVENT_TYPES)}.", param="event_types")


def _columns(ring: KeyRing, fields: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return the fields as columns: checked, by their names in the table, encrypted where they are secret."""
    columns = dict(fields)
    if "metadata" in columns:
        columns["labels"] = columns.pop("metadata")
    if columns.get("quiet_hours") is not None:
        read_quiet_hours(columns["quiet_hours"])
    if columns.get("muted_until") is not None:
        columns["muted_until"] = _mute_end(columns["muted_until"], at)
    if "headers" in columns:
        headers = columns["headers"] or {}
        check_headers(headers)
        columns |= {"headers": _sealed(ring, headers), "header_names": list(headers)}
    if "credentials" in columns:
        columns["credentials"] = _sealed(ring, columns["credentials"])
    return columns


def _refuse_what_channels_lack(channel: str, fields: dict[str, Any]) -> None:
    if channel == Channel.WEBHOOK:
        if fields.get("digest_minutes") is not None:
            raise Refused(
                "digest_minutes: a webhook is told of each event by itself, for a program to read. Digests are for "
                "slack, email and apprise.",
                param="digest_minutes",
            )
        return
    for name, nothing in _OF_WEBHOOKS.items():
        if name in fields and fields[name] not in nothing:
            raise Refused(f'{name}: only webhooks have it; this is "{channel}". Leave it out.', param=name)


def _mute_end(seconds: int, at: datetime) -> datetime:
    until = from_unix(seconds)
    if not at < until <= at + LONGEST_MUTE:
        raise Refused(
            f"muted_until: {seconds} is not within the year ahead (now: {int(at.timestamp())}). Null ends a mute.",
            param="muted_until",
        )
    return until


def _sealed(ring: KeyRing, content: dict[str, str] | None) -> str | None:
    return ring.encrypt(json.dumps(content)) if content else None


def _same(ring: KeyRing, column: str, stored: Any, value: Any) -> bool:
    if column in {"headers", "credentials"} and stored is not None and value is not None:
        return bool(ring.decrypt(stored) == ring.decrypt(value))
    return bool(stored == value)


async def _turn(session: AsyncSession, endpoint: WebhookEndpoint, status: str) -> None:
    if status == endpoint.status:
        return
    match status:
        case EndpointStatus.ENABLED:
            await lifecycle.enable(session, endpoint)
        case EndpointStatus.PAUSED:
            await lifecycle.pause(session, endpoint, "Paused by a member of the project.")
        case _:
            await lifecycle.disable(session, endpoint, "Switched off by a member of the project.")
