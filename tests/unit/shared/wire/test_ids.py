"""Ids are new, and later ones sort later."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from shared.wire import ids


@given(st.integers(2, 200), st.sampled_from(["ftjob-", "file-", ""]))
def test_later_ids_of_a_process_sort_later(count: int, prefix: str) -> None:
    made = [ids.new(prefix) for _ in range(count)]
    assert made == sorted(set(made))
    assert {len(one) for one in made} == {len(prefix) + 25}


def test_threads_never_make_the_same_one() -> None:
    with ThreadPoolExecutor(8) as threads:
        rows = list(threads.map(lambda _: [ids.new("e") for _ in range(2000)], range(8)))
    assert len({one for row in rows for one in row}) == 16_000
    assert all(row == sorted(row) for row in rows)


def test_an_id_sorts_alike_in_every_collation() -> None:
    assert all(one.isascii() and one == one.lower() for one in (ids.new("a") for _ in range(100)))
