"""Decide what becomes of an event at an endpoint: sent, held, suppressed, or none of its business"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import catalogue
from shared.endpoints.quiet import read_quiet_hours
from shared.endpoints.states import DeliveryState, EndpointStatus, Hold
from shared.errors import Refused
from shared.events.catalogue import EventType

#: What quiet hours let pass unless told otherwise.
FAILURES = frozenset({EventType.JOB_FAILED, EventType.FILE_ERROR, EventType.ENDPOINT_DISABLED})


@dataclass(frozen=True)
class Wishes:
    """What an endpoint asks for, and where it stands."""

    status: str
    filter: Mapping[str, Any]
    muted_until: datetime | None
    quiet_hours: dict[str, Any] | None
    digest_minutes: int | None


@dataclass(frozen=True)
class Plan:
    """What becomes of an event. `run_at` None: now, or, while paused, until further notice."""

    state: DeliveryState
    hold: Hold | None = None
    run_at: datetime | None = None
    reason: str | None = None


SEND = Plan(DeliveryState.PENDING)


def plan(wishes: Wishes, event_type: str, *, at: datetime, digest_ends: datetime | None = None) -> Plan:
    """Return what becomes of an event that the endpoint asked for. `digest_ends`: when what it collects is sent.

    A mute is stronger than a pause, a pause than quiet hours, and quiet hours put off a digest.
    """
    if wishes.muted_until is not None and wishes.muted_until > at:
        return Plan(DeliveryState.SUPPRESSED, reason=f"The endpoint was muted until {_told(wishes.muted_until)}.")
    if wishes.status == EndpointStatus.PAUSED:
        return Plan(DeliveryState.HELD, Hold.PAUSED, reason="The endpoint is paused.")
    return _wait(wishes, event_type, at=at, digest_ends=digest_ends)


def after_pause(wishes: Wishes, event_type: str, *, at: datetime) -> Plan:
    """Return what becomes of an event that a pause held. It happened before the mute, if there is one: it waits."""
    if wishes.muted_until is not None and wishes.muted_until > at:
        return Plan(DeliveryState.HELD, Hold.MUTED, wishes.muted_until, "The pause ended while the endpoint is muted.")
    return _wait(wishes, event_type, at=at, digest_ends=at)


def _wait(wishes: Wishes, event_type: str, *, at: datetime, digest_ends: datetime | None) -> Plan:
    quiet_ends = _quiet_ends(wishes, event_type, at)
    if wishes.digest_minutes is not None:
        ends = max(filter(None, (digest_ends or at + timedelta(minutes=wishes.digest_minutes), quiet_ends)))
        return Plan(DeliveryState.HELD, Hold.DIGEST, ends, f"Collected for the digest of {_told(ends)}.")
    if quiet_ends is not None:
        return Plan(DeliveryState.HELD, Hold.QUIET, quiet_ends, f"Quiet hours until {_told(quiet_ends)}.")
    return SEND


def matches(asked: Mapping[str, Any], event_type: str, data: Mapping[str, Any]) -> bool:
    """Say whether the endpoint's filter lets the event through: of each kind that it names, one must fit.

    What an event cannot answer does not fit: a file has no model. That an endpoint was switched off concerns all.
    """
    if event_type == EventType.ENDPOINT_DISABLED:
        return True
    labels = data.get("metadata") or {}
    return (
        (
            not asked.get("models")
            or bool({_snapshot(name) for name in asked["models"]} & set(_models(event_type, data)))
        )
        and (not asked.get("jobs") or bool(set(asked["jobs"]) & set(_jobs(data))))
        and all(labels.get(key) == value for key, value in (asked.get("metadata") or {}).items())
    )


def _quiet_ends(wishes: Wishes, event_type: str, at: datetime) -> datetime | None:
    if wishes.quiet_hours is None:
        return None
    try:
        quiet = read_quiet_hours(wishes.quiet_hours)
    except Refused:
        # They were read when they were stored: a zone has left this machine's tables. Told at once is told, and one
        # endpoint must not stop the fan-out of all.
        return None
    return None if quiet.failures_pass and event_type in FAILURES else quiet.until(at)


def _models(event_type: str, data: Mapping[str, Any]) -> Iterator[str]:
    lineage = data.get("lineage") or {}
    own = data.get("id") if event_type.startswith("model.") else None
    for name in (
        own,
        data.get("model"),
        data.get("fine_tuned_model"),
        *map(lineage.get, ("base_model", "parent_model")),
    ):
        if isinstance(name, str):
            yield _snapshot(name)


def _jobs(data: Mapping[str, Any]) -> Iterator[str]:
    lineage = data.get("lineage") or {}
    for name in (data.get("id"), data.get("job_id"), data.get("fine_tuning_job_id"), lineage.get("job_id")):
        if isinstance(name, str):
            yield name


def _snapshot(name: str) -> str:
    """A base goes by its alias as well: both are asked for, and both are told."""
    base = catalogue.exact(name)
    return base.name if base else name


def _told(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
