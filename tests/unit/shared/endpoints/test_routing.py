"""What becomes of an event at an endpoint."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.endpoints.routing import SEND, Plan, Wishes, matches, plan
from shared.endpoints.states import DeliveryState, Hold

NIGHT = datetime(2026, 6, 15, 23, 0, tzinfo=UTC)
NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
ENDS = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
HOURS = {"from": "22:00", "to": "06:00", "time_zone": "UTC", "failures_pass": True}
PLAIN = Wishes(status="enabled", filter={}, muted_until=None, quiet_hours=None, digest_minutes=None)
JOB = {
    "id": "ftjob-1",
    "model": "gpt-4o-mini-2024-07-18",
    "fine_tuned_model": "ft:gpt-4o-mini-2024-07-18:us::1",
    "metadata": {"team": "blue", "stage": "prod"},
    "lineage": {"base_model": "gpt-4o-mini-2024-07-18", "parent_model": None},
}
MODEL = {
    "id": "ft:gpt-4o-mini-2024-07-18:us::1",
    "lineage": {"base_model": "gpt-4o-mini-2024-07-18", "job_id": "ftjob-1"},
}


@pytest.mark.parametrize(
    ("asked", "event_type", "data", "fits"),
    [
        ({}, "file.error", {"id": "file-1"}, True),
        ({"models": ["gpt-4o-mini-2024-07-18"]}, "fine_tuning.job.failed", JOB, True),
        ({"models": ["gpt-4o-mini"]}, "fine_tuning.job.failed", JOB, True),  # by its alias
        ({"models": ["ft:gpt-4o-mini-2024-07-18:us::1"]}, "fine_tuning.job.failed", JOB, True),  # the tuned one
        ({"models": ["gpt-3.5-turbo", "gpt-4o-mini"]}, "fine_tuning.job.failed", JOB, True),  # one of them is enough
        ({"models": ["gpt-3.5-turbo"]}, "fine_tuning.job.failed", JOB, False),
        ({"models": ["gpt-4o-mini"]}, "model.ready", MODEL, True),
        ({"models": ["ft:gpt-4o-mini-2024-07-18:us::1"]}, "model.ready", MODEL, True),
        ({"models": ["gpt-4o-mini"]}, "file.error", {"id": "file-1"}, False),  # a file has no model
        ({"jobs": ["ftjob-1"]}, "fine_tuning.job.failed", JOB, True),
        ({"jobs": ["ftjob-1"]}, "model.ready", MODEL, True),  # the job it came from
        ({"jobs": ["ftjob-2"]}, "fine_tuning.job.failed", JOB, False),
        ({"metadata": {"team": "blue"}}, "fine_tuning.job.failed", JOB, True),
        ({"metadata": {"team": "blue", "stage": "prod"}}, "fine_tuning.job.failed", JOB, True),
        ({"metadata": {"team": "blue", "stage": "test"}}, "fine_tuning.job.failed", JOB, False),  # all must be so
        ({"metadata": {"team": "blue"}}, "fine_tuning.job.failed", {**JOB, "metadata": None}, False),
        ({"models": ["gpt-4o-mini"], "metadata": {"team": "red"}}, "fine_tuning.job.failed", JOB, False),  # each kind
        ({"models": ["x"], "jobs": ["y"]}, "webhook_endpoint.disabled", {"id": "wh_1"}, True),  # concerns all
    ],
)
def test_a_filter_lets_through_what_it_names(
    asked: dict[str, Any],
    event_type: str,
    data: dict[str, Any],
    fits: bool,  # noqa: FBT001
) -> None:
    assert matches(asked, event_type, data) is fits


@pytest.mark.parametrize(
    ("wishes", "event_type", "at", "becomes"),
    [
        ({}, "fine_tuning.job.succeeded", NOON, SEND),
        ({"muted_until": ENDS}, "fine_tuning.job.failed", NIGHT, "suppressed: The endpoint was muted until"),
        ({"muted_until": NOON}, "fine_tuning.job.failed", NIGHT, SEND),  # it has ended
        ({"status": "paused"}, "fine_tuning.job.failed", NOON, "held (paused)"),
        ({"status": "paused", "muted_until": ENDS}, "file.error", NOON, "suppressed"),
        (
            {"quiet_hours": HOURS},
            "fine_tuning.job.succeeded",
            NIGHT,
            "held (quiet_hours) Quiet hours until 2026-06-16 06:00",
        ),
        ({"quiet_hours": HOURS}, "fine_tuning.job.succeeded", NOON, SEND),
        # Of a zone that was known when it was stored, and is not here and now.
        ({"quiet_hours": {**HOURS, "time_zone": "Mars/Olympus"}}, "fine_tuning.job.succeeded", NIGHT, SEND),
        ({"quiet_hours": HOURS}, "fine_tuning.job.failed", NIGHT, SEND),  # failures pass
        ({"quiet_hours": HOURS}, "file.error", NIGHT, SEND),
        ({"quiet_hours": {**HOURS, "failures_pass": False}}, "file.error", NIGHT, "held (quiet_hours)"),
        ({"digest_minutes": 30}, "file.error", NOON, "held (digest) Collected for the digest of 2026-06-15 12:30 UTC"),
        (
            {"digest_minutes": 30, "quiet_hours": HOURS},
            "model.ready",
            NIGHT,
            "held (digest) Collected for the digest of 2026-06-16 06:00",
        ),
        (
            {"digest_minutes": 600, "quiet_hours": HOURS},
            "model.ready",
            NIGHT,
            "held (digest) Collected for the digest of 2026-06-16 09:00",
        ),
        ({"status": "paused", "quiet_hours": HOURS, "digest_minutes": 5}, "model.ready", NIGHT, "held (paused)"),
    ],
)
def test_what_becomes_of_an_event(wishes: dict[str, Any], event_type: str, at: datetime, becomes: Plan | str) -> None:
    found = plan(replace(PLAIN, **wishes), event_type, at=at)
    if isinstance(becomes, Plan):
        assert found == becomes
    else:
        told = f"{found.state} ({found.hold}) {found.reason}" if found.hold else f"{found.state}: {found.reason}"
        assert told.startswith(becomes)


def test_a_digest_that_collects_takes_in_what_comes_later() -> None:
    open_until = NOON + timedelta(minutes=7)
    found = plan(replace(PLAIN, digest_minutes=30), "model.ready", at=NOON, digest_ends=open_until)
    assert (found.state, found.hold, found.run_at) == (DeliveryState.HELD, Hold.DIGEST, open_until)
