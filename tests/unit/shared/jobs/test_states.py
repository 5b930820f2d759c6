"""Every arrow of a job, legal or not; every state has a status and an event."""

import itertools

import pytest

from shared.jobs.states import ARROWS, EVENTS, FINAL, STATUS, JobState
from shared.wire.jobs import FINAL as FINAL_ON_THE_WIRE

S = JobState
#: (from, to, why the arrow is there); every other pair must be refused.
LEGAL = [
    (S.VALIDATING, S.UPLOADING, "the files are good"),
    (S.VALIDATING, S.FAILED, "the files are not"),
    (S.VALIDATING, S.CANCELLED, "the provider knows nothing of it: it ends at once"),
    (S.UPLOADING, S.CREATING, "the provider has the files"),
    (S.UPLOADING, S.FAILED, "the provider refused a file"),
    (S.UPLOADING, S.CANCELLED, "no job is there to be stopped"),
    (S.CREATING, S.QUEUED, "the provider has the job"),
    (S.CREATING, S.FAILED, "the provider refused the job"),
    (S.CREATING, S.CANCELLED, "asked for before anything was created"),
    (S.QUEUED, S.RUNNING, "it began"),
    (S.QUEUED, S.FINISHING, "it was over before we looked"),
    (S.QUEUED, S.FAILED, "the provider's own check refused the file"),
    (S.QUEUED, S.CANCELLED, "the provider stopped it"),
    (S.RUNNING, S.FINISHING, "it is trained"),
    (S.RUNNING, S.FAILED, "it broke"),
    (S.RUNNING, S.CANCELLED, "the provider stopped it"),
    (S.FINISHING, S.SUCCEEDED, "all that it left is here"),
    (S.FINISHING, S.FAILED, "it named no model"),
    (S.FINISHING, S.CANCELLED, "an operator ended it"),
]


@pytest.mark.parametrize(("here", "there"), list(itertools.product(S, S)))
def test_only_the_arrows_of_the_table_are_legal(here: JobState, there: JobState) -> None:
    assert (there in ARROWS[here]) is ((here, there) in {(a, b) for a, b, _why in LEGAL})


def test_a_final_state_has_no_way_out_and_every_other_has_one_to_each_end() -> None:
    assert {state for state in S if not ARROWS[state]} == set(FINAL)
    for state in set(S) - FINAL:
        assert {S.FAILED, S.CANCELLED} <= ARROWS[state]


def test_success_can_be_reached_from_every_state_that_is_not_final() -> None:
    for start in set(S) - FINAL:
        seen, ahead = set(), {start}
        while ahead:
            seen |= ahead
            ahead = {there for here in ahead for there in ARROWS[here]} - seen
        assert S.SUCCEEDED in seen


def test_every_state_has_a_status_and_an_event_of_its_own() -> None:
    assert STATUS.keys() == EVENTS.keys() == ARROWS.keys() == set(S)
    assert len(set(EVENTS.values())) == len(S)
    assert {state for state in S if STATUS[state] in FINAL_ON_THE_WIRE} == FINAL
