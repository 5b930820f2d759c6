"""What can be asked of a run, and what is refused before anything is sent."""

from pathlib import Path

import pytest

from services.cli.run.errors import Exit, RunError
from services.cli.run.order import Order, check_order, read_metadata

FILE = Path(__file__)


@pytest.mark.parametrize(
    ("order", "can_ask", "word"),
    [
        (Order(), True, "FILE is missing"),
        (Order(file=FILE), True, "--model is missing"),
        (Order(file=FILE / "no", model="m"), True, "does not exist"),
        (Order(file=FILE.parent, model="m"), True, "is not a file"),
        (Order(file=FILE, model="m", validation=FILE / "no"), True, "does not exist"),
        (Order(file=FILE, model="m"), False, "no terminal to ask at"),
        (Order(follow="ftjob-1", file=FILE), True, "--follow"),
    ],
)
def test_wrong_usage_says_what_is_wrong(*, order: Order, can_ask: bool, word: str) -> None:
    with pytest.raises(RunError, match=word) as refused:
        check_order(order, can_ask=can_ask)
    assert refused.value.exit_code is Exit.USAGE


@pytest.mark.parametrize(
    ("order", "can_ask"),
    [
        (Order(file=FILE, model="m"), True),  # a person can answer
        (Order(file=FILE, model="m", yes=True), False),  # answered beforehand
        (Order(follow="ftjob-1"), False),  # nothing is spent
    ],
)
def test_a_good_order_passes(*, order: Order, can_ask: bool) -> None:
    check_order(order, can_ask=can_ask)


def test_the_body_holds_only_what_was_asked() -> None:
    assert Order(model="m").body("file-1", None) == {"model": "m", "training_file": "file-1"}
    body = Order(model="m", epochs=2, seed=0, suffix="s", metadata={"a": "b"}).body("file-1", "file-2")
    assert body["method"]["supervised"]["hyperparameters"] == {"n_epochs": 2}
    assert (body["seed"], body["validation_file"], body["metadata"]) == (0, "file-2", {"a": "b"})


def test_metadata_is_read_by_its_first_equals_sign() -> None:
    assert read_metadata(["team=search", "query=a=b", "empty="], "night") == {
        "name": "night",
        "team": "search",
        "query": "a=b",
        "empty": "",
    }
    with pytest.raises(RunError, match="KEY=VALUE"):
        read_metadata(["team"], None)


@pytest.mark.parametrize(
    ("pairs", "name", "word"),
    [
        (["a=1", "a=2"], None, "'a' is given twice, as '1' and '2'"),
        (["name=night"], "day", "'name' is given twice, as 'day' and 'night'"),  # --name is that key
    ],
)
def test_a_key_that_is_given_twice_is_refused(pairs: list[str], name: str | None, word: str) -> None:
    with pytest.raises(RunError, match=word) as refused:
        read_metadata(pairs, name)
    assert refused.value.exit_code is Exit.USAGE
