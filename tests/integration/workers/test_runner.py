"""A row is run once, handed back when the worker is told to stop, and given up with a reason or not at all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.datasets.scan.trouble import ProcessDied, ProcessFailed
from shared.errors import Conflict, Fenced, IllegalMove, NotFound, ProviderBusy, ProviderRefused, ProviderUnclear
from shared.runtime import Runtime, open_runtime
from shared.settings import Settings
from shared.work.outcomes import Again, Done, GaveUp, Outcome, Retry
from tests.conftest import until
from tests.integration.workers.told_step import KIND, PIPELINE, Step, put, row
from workers.runner import Runner


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"pipeline": PIPELINE})


@pytest.fixture
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    async with open_runtime(settings) as opened:
        yield opened


async def test_asked_by_many_at_once_it_runs_once(runtime: Runtime) -> None:
    step = Step()
    runners = [Runner(runtime, step.steps()) for _ in range(4)]
    item = await put(runtime)
    await asyncio.gather(*(runner.run(item) for runner in runners * 3))
    assert len(step.runs) == 1 and await row(runtime) is None


@pytest.mark.parametrize("item", [10**6, -1, 2**80, "no number", None, {"a": 1}])
async def test_a_forged_wake_up_changes_nothing(runtime: Runtime, item: Any) -> None:
    step = Step()
    await Runner(runtime, step.steps()).run(item)
    assert step.runs == []


async def test_a_kind_that_it_does_not_know_is_left_to_newer_workers(runtime: Runtime) -> None:
    item = await put(runtime)
    await Runner(runtime, {"other.step": Step().steps()[KIND]}).run(item)
    assert (await row(runtime)).epoch == 0


#: What a step ends with; the attempt that is remembered; the least and most seconds until the next; the remark.
ENDS: list[tuple[Outcome | Exception, int, float, float, str]] = [
    (Again(30), 0, 29, 31, "coming back is part of the step"),
    (Retry("x"), 1, 3, 7, "backs off"),
    (Retry("x", after=20), 1, 19, 21, "comes back when it was asked to"),
    (Retry("x", after=0), 1, 4, 6, "but not at once: a crowd would do so for ever"),
    (ProviderBusy("x", retry_after=20), 1, 19, 21, "Retry-After"),
    (ProviderUnclear("x"), 1, 3, 7, "may pass"),
    (ConnectionResetError("x"), 1, 3, 7, "may pass"),
    (TimeoutError("x"), 1, 3, 7, "may pass"),
    (ZeroDivisionError("x"), 1, 3, 7, "ours, but a neighbour may have caused it"),
    (NotFound("x"), 1, 3, 7, "ours"),
    (ValueError("a\x00b \ud800 " + "x" * 5000), 1, 3, 7, "words that cannot be stored"),
]


@pytest.mark.parametrize(("ended", "attempt", "least", "most", "remark"), ENDS)
async def test_when_a_row_comes_back(
    runtime: Runtime, ended: Outcome | Exception, attempt: int, least: float, most: float, remark: str
) -> None:
    step = Step([ended])
    await Runner(runtime, step.steps()).run(await put(runtime))
    found = await row(runtime)
    assert (found.attempt, found.lease_until, step.given_up) == (attempt, None, []), remark
    assert least < found.waits < most, remark


@pytest.mark.parametrize(
    ("ended", "reasons", "remark"),
    [
        (Done(), [], "done"),
        (IllegalMove("x"), [], "the subject ended meanwhile"),
        (GaveUp("why", code="c", param="p"), [("why", "c", "p")], "the step's own words"),
        (
            ProviderRefused("no", provider_status=400, code="c", param="p"),
            [("The provider refused: no", "c", "p")],
            "the provider's",
        ),
        (
            ProviderRefused("no", provider_status=400),
            [("The provider refused: no", "provider_refused", None)],
            "which has no code",
        ),
    ],
)
async def test_when_a_row_is_struck_out(
    runtime: Runtime, ended: Outcome | Exception, reasons: list[tuple[str, str, str | None]], remark: str
) -> None:
    step = Step([ended])
    await Runner(runtime, step.steps()).run(await put(runtime))
    assert await row(runtime) is None
    assert [(end.reason, end.code, end.param) for end in step.given_up] == reasons, remark


WENT_WRONG = "Something went wrong in Tuneyard while testing it; it is logged under req_1."


@pytest.mark.parametrize(
    ("ended", "attempt", "reasons", "remark"),
    [
        (ZeroDivisionError("x"), 3, [WENT_WRONG], "the fourth of four: its words are for the log"),
        (ZeroDivisionError("x"), 2, [], "one is left"),
        (Conflict("x"), 3, [WENT_WRONG], "not retryable is ours too"),
        (ProviderBusy("x"), 3, [], "an outage is nobody's defect"),
        (ProcessFailed(1, 9, "x"), 3, [WENT_WRONG], "a defect in a process of the check"),
        (ProcessDied(1, 9, -9), 3, [], "deaths are counted by themselves"),
        (Retry("x", defect=True), 3, ["Given up after 4 attempts: x"], "as the step says"),
    ],
)
async def test_only_our_own_defects_run_out_of_attempts(
    runtime: Runtime,
    ended: Outcome | Exception,
    attempt: int,
    reasons: list[str],
    remark: str,
) -> None:
    step = Step([ended])
    await Runner(runtime, step.steps()).run(await put(runtime, attempt=attempt, request_id="req_1"))
    assert [end.reason for end in step.given_up] == reasons, remark


async def test_whoever_looks_at_it_dies_so_it_is_given_up_after_three(runtime: Runtime) -> None:
    step = Step([ProcessDied(1, 9, -9), ProviderUnclear("away"), ProcessDied(1, 9, -9), ProcessDied(5, 9, -11)])
    item = await put(runtime)
    runner = Runner(runtime, step.steps())
    deaths = []
    for _ in range(4):
        await runner.run(item)
        if found := await row(runtime):
            deaths.append(found.deaths)
            await put(runtime, run_at=found.created_at)
    assert deaths == [1, 1, 2]
    assert [end.reason for end in step.given_up] == [f"Given up after 3 tries: {ProcessDied(5, 9, -11)}"]


async def test_a_long_outage_does_not_use_up_the_attempts_of_a_defect_after_it(runtime: Runtime) -> None:
    step = Step([*(ProviderUnclear("away") for _ in range(9)), ZeroDivisionError("x")])
    item = await put(runtime)
    runner = Runner(runtime, step.steps())
    for _ in range(10):
        await runner.run(item)
        await put(runtime, run_at=(await row(runtime)).created_at)
    assert len(step.runs) == 10 and step.given_up == []


async def test_a_row_that_kills_every_worker_is_given_up_without_being_run(runtime: Runtime) -> None:
    step = Step()
    await Runner(runtime, step.steps()).run(await put(runtime, attempt=4))
    assert step.runs == [] and "in 4 attempts no worker came to the end" in step.given_up[0].reason


async def test_what_ended_meanwhile_is_not_given_up_for_ever(runtime: Runtime) -> None:
    step = Step([GaveUp("why")], gives_up=IllegalMove("deleted"))
    await Runner(runtime, step.steps()).run(await put(runtime))
    assert len(step.given_up) == 1 and await row(runtime) is None


async def test_a_step_that_hangs_is_ended_and_counted(runtime: Runtime) -> None:
    step = Step()
    step.go.clear()
    await Runner(runtime, step.steps(limit_seconds=0.2)).run(await put(runtime, attempt=3))
    assert "hung: it did not end within 0.2 s" in step.given_up[0].reason


async def test_a_long_step_keeps_its_lease(runtime: Runtime) -> None:
    step = Step()
    step.go.clear()
    runner = Runner(runtime, step.steps())
    item = await put(runtime)
    running = asyncio.create_task(runner.run(item))
    await step.running.wait()

    async def renewed() -> bool:
        return step.runs[0].taken > begun + 1.2

    begun = step.runs[0].taken
    await until(renewed)
    await Runner(runtime, step.steps()).run(item)
    assert len(step.runs) == 1
    step.go.set()
    await running
    assert await row(runtime) is None


async def test_a_step_whose_lease_was_lost_is_ended_and_writes_nothing(runtime: Runtime) -> None:
    step = Step()
    step.go.clear()
    running = asyncio.create_task(Runner(runtime, step.steps()).run(await put(runtime)))
    await step.running.wait()
    await put(runtime, epoch=7)
    await running
    found = await row(runtime)
    assert (found.epoch, found.lease_until is not None) == (7, True)


async def test_told_to_stop_it_hands_its_row_back_and_a_peer_goes_on_at_once(runtime: Runtime) -> None:
    step = Step()
    step.go.clear()
    runner = Runner(runtime, step.steps())
    item = await put(runtime, attempt=3)
    running = asyncio.create_task(runner.run(item))
    await step.running.wait()
    await runner.drain(0.05)
    with pytest.raises(asyncio.CancelledError):
        await running
    found = await row(runtime)
    assert (found.lease_until, found.attempt, found.waits <= 0) == (None, 0, True)
    step.go.set()
    await Runner(runtime, step.steps()).run(item)
    assert await row(runtime) is None and step.given_up == []


async def test_told_to_stop_it_lets_steps_end_and_begins_none(runtime: Runtime) -> None:
    step = Step()
    step.go.clear()
    runner = Runner(runtime, step.steps())
    items = [await put(runtime, f"s{n}") for n in range(5)]
    running = [asyncio.create_task(runner.run(item)) for item in items]

    async def full() -> bool:
        return len(step.runs) == 3

    await until(full)
    draining = asyncio.create_task(runner.drain(10))
    await asyncio.sleep(0)
    step.go.set()
    await draining
    await asyncio.gather(*running)
    assert len(step.runs) == 3 and runner.free() == 0
    await runner.run(items[-1])
    assert len(step.runs) == 3


async def test_long_steps_leave_room_for_short_ones_and_none_of_them_is_forgotten(runtime: Runtime) -> None:
    long, short = Step(), Step()
    long.go.clear()
    runner = Runner(runtime, {**long.steps(kind="test.long", long=True), **short.steps()})
    items = [await put(runtime, f"s{number}", "test.long") for number in range(7)]
    running = [runner.begin(item) for item in items]
    await long.running.wait()
    assert runner.kinds() == [KIND]
    for _ in range(3):
        await runner.run(await put(runtime))
    assert (len(long.runs), len(short.runs)) == (1, 3)
    long.go.set()
    await asyncio.gather(*running)

    async def all_done() -> bool:
        return len(long.runs) == 7

    await until(all_done)
    await runner.drain(5)


async def test_the_fence_s_own_error_leaves_the_row_to_its_holder(runtime: Runtime) -> None:
    step = Step([Fenced("lost")])
    await Runner(runtime, step.steps()).run(await put(runtime))
    found = await row(runtime)
    assert found.lease_until is not None and step.given_up == []
