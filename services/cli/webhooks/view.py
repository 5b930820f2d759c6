"""Endpoints and deliveries for people: one line each, or all that is known of one"""

import time
from datetime import datetime
from typing import Any

from services.cli.output import drawable

Json = dict[str, Any]
#: Shown of one in full, in this order, when there is something to show.
_FIELDS = (
    *("id", "name", "channel", "url", "target", "status", "status_reason", "event_types", "filter", "muted_until"),
    *("quiet_hours", "digest_minutes", "headers", "rate_limit", "ordered", "payload_style", "signature"),
    *("ed25519_public_key", "signing_secret_hint", "previous_secrets_end_at", "credentials_hint", "description"),
    *("metadata", "failing_since", "slowed_until", "suppressed_addresses"),
)
#: Said of every endpoint, and a matter of webhooks alone.
_OF_WEBHOOKS = frozenset({"payload_style", "signature"})
_TIMES = frozenset({"muted_until", "failing_since", "slowed_until", "previous_secrets_end_at"})
_ATTEMPT = "  {number:>2}  {at}  {duration_ms:>6} ms  {ended}"


def endpoints(listed: Json) -> str:
    """Return a line for each endpoint."""
    lines = [
        f"{each['id']}  {_state(each):9} {each['channel']:8} {_on_a_line(each['name'])}  {each['url']}"
        for each in listed["data"]
    ]
    more = ["… and more: --all shows them"] if listed.get("has_more") else []
    return "\n".join([*lines, *more]) or "There is no endpoint. Make one: tuneyard webhooks create NAME --url URL"


def endpoint(one: Json) -> str:
    """Return all that is known of an endpoint, and its secret when it is shown."""
    left_out = frozenset() if one["channel"] == "webhook" else _OF_WEBHOOKS
    names = [name for name in _FIELDS if one.get(name) and name not in left_out]
    told = "\n".join(f"{name:20} {_times(one[name]) if name in _TIMES else _value(one[name])}" for name in names)
    if secret := one.get("signing_secret"):
        told += f"\n\n{'signing_secret':20} {secret}\n{'':20} Keep it now: it is not shown again."
    return told


def deliveries(listed: Json) -> str:
    """Return a line for each delivery, newest first."""
    lines = [_delivery_line(each) for each in listed["data"]]
    more = [f"… and more: --after {listed['data'][-1]['id']}"] if listed.get("has_more") else []
    return "\n".join([*lines, *more]) or "Nothing."


def delivery(one: Json) -> str:
    """Return a delivery with each attempt, and what the endpoint said to the last."""
    head = _delivery_line(one)
    attempts = [
        _ATTEMPT.format(**attempt, at=_time(attempt["started_at"]), ended=_ended(attempt))
        for attempt in one["attempts"]
    ]
    said = (one["attempts"][-1]["answer"] if one["attempts"] else None) or ""
    return "\n".join([head, *attempts, *(f"      {line}" for line in said.strip()[:500].splitlines())])


def sample(one: Json, failed: Json | None) -> str:
    """Return how a test ended, and its delivery when it failed: a number alone does not say what is to be mended."""
    told = f"{one['event_type']}: answered {one['status_code']}."
    return told if failed is None else f"{told}\n{delivery(failed)}"


def recovery(one: Json) -> str:
    """Return how far a recovery is, or how it ended."""
    return (
        f"{one['id']}  {one['status']}: {one['recovered']:,} sent again of what it missed since {_time(one['since'])}"
    )


def event_types(listed: Json) -> str:
    """Return the types, one a line."""
    return "\n".join(listed["data"])


def in_ascii(text: str, encoding: str | None) -> str:
    """Return the text as the terminal can show it."""
    return drawable(text, encoding or "ascii")


def _delivery_line(one: Json) -> str:
    why = one["reason"] or (one["last_error"] if one["state"] != "delivered" else None)
    waits = f"  next try {_time(one['next_attempt_at'])}" if one["state"] == "pending" and one["attempts"] else ""
    tries = "1 try" if len(one["attempts"]) == 1 else f"{len(one['attempts'])} tries"
    line = f"{one['id']}  {_time(one['created_at'])}  {one['state']:10} {one['event_type']}  {tries}{waits}"
    return f"{line}  {_on_a_line(why)}" if why else line


def _ended(attempt: Json) -> str:
    # A mail server and Apprise give no number: without an error the message was taken, by one address at least.
    return str(attempt["status_code"] or attempt["error"] or "taken")


def _on_a_line(text: str) -> str:
    return " ".join(text.split())


def _state(one: Json) -> str:
    muted = one.get("muted_until")
    return "muted" if one["status"] == "enabled" and muted and muted > time.time() else str(one["status"])


def _times(seconds: int | list[int]) -> str:
    return ", ".join(_time(each) for each in (seconds if isinstance(seconds, list) else [seconds]))


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M:%S}"


def _value(value: Any) -> str:
    match value:
        case list():
            return ", ".join(map(_value, value))
        case {"from": start, "to": end, "time_zone": zone, "failures_pass": passes}:
            return f"{start}-{end} {zone}, failures {'pass' if passes else 'are held too'}"
        case {"address": address, "reason": reason}:
            return f"{address} ({reason})"
        case dict():
            return ", ".join(f"{name}={_value(inner)}" for name, inner in value.items())
    return str(value)
