"""What follows from what is one table: it has every event, and a worker for every step."""

import pytest

from shared.events.catalogue import PUBLIC, EventType
from shared.events.reactions import REACTIONS, Step, is_told, steps_after
from shared.jobs.states import EVENTS
from workers.steps import STEPS

#: Not in the table: the notifier's, one that comes back by itself, one that a member asks for, one of the gateway's.
SET_GOING_ELSEWHERE = {Step.FANOUT, Step.WATCH, Step.RECOVER, Step.SWEEP}


def test_every_event_has_its_line_and_every_line_an_event() -> None:
    assert REACTIONS.keys() == set(EventType)


def test_every_step_of_a_worker_has_one_and_the_notifiers_has_none() -> None:
    assert STEPS.keys() == set(Step) - {Step.FANOUT}
    assert {step for steps in REACTIONS.values() for step in steps} == set(Step) - SET_GOING_ELSEWHERE


def test_every_state_of_a_job_that_is_not_final_leads_to_a_step() -> None:
    #: Running is followed by the poll that found it out, which comes back by itself.
    led = {state for state, event in EVENTS.items() if steps_after(event)}
    assert set(EVENTS) - led == {"running", "failed", "cancelled"}


@pytest.mark.parametrize("event", EventType)
def test_what_is_told_is_what_an_endpoint_may_subscribe_to(event: EventType) -> None:
    assert is_told(event) is (event in PUBLIC)


def test_endpoints_are_told_of_openais_own_three_events() -> None:
    assert {f"fine_tuning.job.{end}" for end in ("succeeded", "failed", "cancelled")} <= PUBLIC
