"""The tests of the best-known sender of webhooks by name: each has one of ours that shows the same, or a reason"""

import ast
import tomllib
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
LISTED = tomllib.loads((TESTS / "svix_equals.toml").read_text("utf-8"))
EQUALS = {(file, name): ours for file, tests in LISTED["equal"].items() for name, ours in tests.items()}
WITHOUT = {(file, name): why for file, tests in LISTED["without"].items() for name, why in tests.items()}
#: The test functions of its server at the version that the list names.
THEIRS = 179
FEWEST_EQUALS = 100


@cache
def _names(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_test_that_is_named_is_there() -> None:
    for theirs, ours in EQUALS.items():
        file, _, name = ours.partition("::")
        assert (TESTS / file).exists(), f"{theirs}: there is no {file}"
        assert name in _names(file), f"{theirs}: {file} has no {name}"


def test_each_of_theirs_is_decided_once() -> None:
    assert EQUALS.keys() & WITHOUT.keys() == set()
    assert len(EQUALS) + len(WITHOUT) == THEIRS
    assert len(EQUALS) >= FEWEST_EQUALS


def test_what_has_no_equal_says_why() -> None:
    assert [name for name, why in WITHOUT.items() if len(why.split()) < 4] == []
