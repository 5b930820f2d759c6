"""Lists of a server, page by page: in order, filtered or not, without an end, or of something else."""

import itertools
import tracemalloc
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from shared.errors import ProviderUnclear
from shared.provider.client import Provider
from tests.integration.shared.provider.server import Handler, as_json, error, serving


def _pages(count: int, size: int = 100) -> Handler:
    items = [{"id": f"e{n}", "created_at": n, "message": str(n)} for n in range(count)][::-1]

    async def page(request: web.Request) -> web.Response:
        after = request.query.get("after")
        start = next((n + 1 for n, item in enumerate(items) if item["id"] == after), 0)
        return web.json_response({"data": items[start : start + size], "has_more": start + size < len(items)})

    return page


@pytest.mark.parametrize(("known", "expected"), [([], 250), (["e249"], 0), (["e0"], 249), (["e120"], 129)])
async def test_new_events_are_read_page_by_page_down_to_the_first_known(known: list[str], expected: int) -> None:
    async with serving(_pages(250)) as provider:
        events = await provider.events("j", frozenset(known))
    assert len(events) == expected
    assert [event.created_at for event in events] == sorted(event.created_at for event in events)


async def test_a_server_that_gives_the_same_page_for_ever_is_not_asked_for_ever() -> None:
    body = {"data": [{"id": "ftjob-1"}], "has_more": True}
    async with serving(as_json(body)) as provider:
        with pytest.raises(ProviderUnclear, match="same page"):
            await provider.find_jobs("ftjob-ours")


def _endless(**more: object) -> Handler:
    """Answer pages of fresh ids for ever, as many items as were asked for."""
    fresh = itertools.count()

    async def page(request: web.Request) -> web.Response:
        items = [{"id": f"x{next(fresh)}", **more} for _ in range(int(request.query["limit"]) // 10)]
        return web.json_response({"data": items, "has_more": True})

    return page


@pytest.mark.parametrize(
    "ask",
    [
        lambda provider: provider.find_jobs("ftjob-ours"),
        lambda provider: provider.find_files("f"),
        lambda provider: provider.events("j", frozenset()),
        lambda provider: provider.checkpoints("j"),
    ],
)
async def test_a_list_without_an_end_is_not_read_for_ever(ask: Callable[[Provider], Awaitable[object]]) -> None:
    async with serving(_endless(fine_tuned_model_checkpoint="m")) as provider:
        with pytest.raises(ProviderUnclear, match="no end"):
            await ask(provider)


async def test_a_page_with_more_items_than_all_pages_may_have_is_not_taken() -> None:
    items = [{"id": f"x{n}"} for n in range(20_001)]
    async with serving(as_json({"data": items, "has_more": False})) as provider:
        with pytest.raises(ProviderUnclear, match="no end"):
            await provider.events("j", frozenset())
    async with serving(as_json({"data": items[1:], "has_more": False})) as provider:
        assert len(await provider.events("j", frozenset())) == 20_000


async def test_of_a_list_only_what_was_looked_for_is_kept() -> None:
    async with serving(_endless(padding="x" * 10_000, filename="another")) as provider:
        tracemalloc.start()
        try:
            with pytest.raises(ProviderUnclear, match="no end"):
                await provider.find_jobs("ftjob-ours")
            assert tracemalloc.get_traced_memory()[1] < 10_000_000, "of 20 MB that came"
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("status", [404, 405])
async def test_a_server_without_lists_of_events_and_checkpoints_has_none(status: int) -> None:
    async with serving(as_json(error(None), status)) as provider:
        assert await provider.events("j", frozenset()) == []
        assert await provider.checkpoints("j") == []


@pytest.mark.parametrize("data", [None, {}, "x", [1], ["a"]])
async def test_a_list_of_anything_else_is_an_answer_that_says_nothing(data: object) -> None:
    async with serving(as_json({"data": data})) as provider:
        if data:
            with pytest.raises(ProviderUnclear):
                await provider.find_files("x")
        else:
            assert await provider.find_files("x") == []


async def test_a_server_that_ignores_the_filter_does_not_lend_us_another_s_job() -> None:
    mine, other = {"tuneyard_job_id": "ftjob-ours"}, {"tuneyard_job_id": "ftjob-other"}
    jobs = [
        {"id": "c", "created_at": 5, "metadata": mine},
        {"id": "b", "created_at": 5, "metadata": mine},
        {"id": "x", "created_at": 1, "metadata": other},
        {"id": "y", "created_at": 0, "metadata": None},
    ]
    async with serving(as_json({"data": jobs})) as provider:
        # Of two of the same second the list names the newer first.
        assert [job.id for job in await provider.find_jobs("ftjob-ours")] == ["b", "c"]
