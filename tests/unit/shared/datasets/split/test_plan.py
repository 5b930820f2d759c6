"""What holds of every split: no question on both sides, nothing lost, nothing reshuffled, the minimums kept."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.datasets.split import CannotSplit, Plan, Side, plan
from shared.errors import Refused


def chat(asked: str, answer: str = "Yes.", system: str | None = None) -> dict[str, Any]:
    first = [] if system is None else [{"role": "system", "content": system}]
    return {"messages": [*first, {"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}


def file(*examples: Any) -> bytes:
    return b"".join(json.dumps(example).encode() + b"\n" for example in examples)


def sides(data: bytes, made: Plan) -> tuple[list[bytes], list[bytes]]:
    train, test = (list(made.lines(io.BytesIO(data), side)) for side in (Side.TRAIN, Side.TEST))
    return train, test


PINNED = [3, 8, 12, 13, 15, 19]
ANSWER = {"role": "assistant", "content": "x"}
MANY = [chat(f"Question {n}?", system=f"System {n % 3}") for n in range(600)]


@given(
    questions=st.lists(st.integers(0, 40), min_size=11, max_size=80),
    fraction=st.floats(0.01, 0.99) | st.none(),
    count=st.integers(1, 80),
    seed=st.integers(0, 3),
)
@settings(max_examples=60)
def test_every_split_keeps_questions_together_lines_whole_and_the_minimums(
    questions: list[int], fraction: float | None, count: int, seed: int
) -> None:
    data = file(*(chat(f"Q{n}", f"Answer {i}", "S" if n % 2 else None) for i, n in enumerate(questions)))
    try:
        made = plan(io.BytesIO(data), fraction=fraction, count=count if fraction is None else None, seed=seed)
    except CannotSplit:
        assert len(set(questions)) <= 10 or len(questions) < 10 + count
        return
    train, test = sides(data, made)
    assert sorted(train + test) == sorted(data.splitlines(keepends=True))
    assert (len(train), len(test)) == (made.train, made.test)
    asked = [{json.loads(line)["messages"][-2]["content"] for line in side} for side in (train, test)]
    assert not asked[0] & asked[1]
    assert len(train) >= 10
    assert len(test) >= 1
    assert fraction is not None or len(test) <= max(count, questions.count(max(set(questions), key=questions.count)))


@given(order=st.permutations(range(30)), more=st.integers(0, 30))
@settings(max_examples=30)
def test_neither_order_nor_more_data_moves_an_example(order: list[int], more: int) -> None:
    some = [chat(f"Question {n}?") for n in order]
    grown = some + [chat(f"Another {n}?") for n in range(more)]
    before, after = (set(sides(file(*one), plan(io.BytesIO(file(*one)), fraction=0.3))[1]) for one in (some, grown))
    assert before == after & set(file(*some).splitlines(keepends=True))


def test_a_larger_fraction_holds_out_what_the_smaller_did_and_more() -> None:
    data = file(*MANY)
    small, large = (set(sides(data, plan(io.BytesIO(data), fraction=share))[1]) for share in (0.1, 0.3))
    assert small < large


def test_a_fraction_is_near_what_was_asked_in_every_system_prompt() -> None:
    data = file(*MANY)
    _, test = sides(data, plan(io.BytesIO(data), fraction=0.2))
    under = [json.loads(line)["messages"][0]["content"] for line in test]
    assert all(25 <= under.count(f"System {n}") <= 55 for n in range(3))


def test_a_number_is_met_exactly_and_shared_out_among_the_system_prompts() -> None:
    uneven = [chat(f"Question {n}?", system="Rare" if n % 10 == 0 else "Usual") for n in range(200)]
    data = file(*uneven)
    made = plan(io.BytesIO(data), count=50)
    _, test = sides(data, made)
    assert (made.train, made.test, made.systems) == (150, 50, 2)
    assert sum(json.loads(line)["messages"][0]["content"] == "Rare" for line in test) == 5


def test_a_rare_system_prompt_is_tested_too() -> None:
    data = file(*MANY, *(chat(f"Rare {n}?", system="Rare") for n in range(10)))
    _, test = sides(data, plan(io.BytesIO(data), fraction=0.001))
    assert {json.loads(line)["messages"][0]["content"] for line in test} == {"System 0", "System 1", "System 2", "Rare"}


def test_another_seed_holds_others_out() -> None:
    data = file(*MANY)
    assert set(sides(data, plan(io.BytesIO(data), fraction=0.2))[1]) != set(
        sides(data, plan(io.BytesIO(data), fraction=0.2, seed=1))[1]
    )


def test_the_side_is_the_same_in_every_version() -> None:
    """A change of this list reshuffles everybody's splits."""
    data = file(*(chat(f"Question {n}?") for n in range(20)))
    tested = plan(io.BytesIO(data), fraction=0.3).tested
    assert [n for n in range(20) if tested[n]] == PINNED


@pytest.mark.parametrize(
    "twin",
    [
        chat("WHAT  is\nit?"),  # case and blanks
        chat("What is it?", "Another answer"),
        chat("What is it?", system="Another system"),
        chat("What is it?".replace("i", "I")),
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "what is it?"}]}, ANSWER]},
    ],
)  # fmt: skip
def test_the_same_question_falls_on_the_same_side(twin: dict[str, Any]) -> None:
    rest = [chat(f"Question {n}?") for n in range(30)]
    for seed in range(6):
        data = file(chat("What is it?"), twin, *rest)
        tested = plan(io.BytesIO(data), fraction=0.5, seed=seed).tested
        assert tested[0] == tested[1]


@pytest.mark.parametrize(
    "example",
    [
        lambda n: {"prompt": f"Q{n}", "completion": "A"},
        lambda n: {"prompt": "", "completion": f"Text {n}"},  # to be written unasked
        lambda n: {
            "input": {"messages": [{"role": "user", "content": f"Q{n}"}]},
            "preferred_output": [{"role": "assistant", "content": "a"}],
            "non_preferred_output": [{"role": "assistant", "content": "b"}],
        },
    ],
)
def test_pairs_and_preferences_are_split_too(example: Any) -> None:
    data = file(*(example(n) for n in range(100)))
    made = plan(io.BytesIO(data), count=20)
    assert (made.groups, made.train, made.test) == (100, 80, 20)


def test_lines_are_copied_byte_for_byte_and_what_stands_around_them_is_not() -> None:
    spaced = b"\xef\xbb\xbf" + b"\r\n\n".join(file(*MANY[:20]).splitlines()).replace(b'": ', b'":   ')
    train, test = sides(spaced, plan(io.BytesIO(spaced), count=5))
    assert len(train) + len(test) == 20
    assert {line.rstrip(b"\r\n") for line in train + test} == {
        line for line in spaced.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"").splitlines() if line
    }


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "Say how much is to be tested"),
        ({"fraction": 0.2, "count": 3}, "not both"),
        ({"fraction": -0.2}, "A fraction lies between 0 and 1; it is -0.2"),
        ({"fraction": 1.0}, "A fraction lies between 0 and 1"),
        ({"fraction": float("nan")}, "A fraction lies between 0 and 1"),
        ({"count": 0}, "At least 1 example"),
        ({"count": 11}, "The file has 20 examples; 10 must stay to train on, beside 11 to test."),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(CannotSplit) as refused:
        plan(io.BytesIO(file(*MANY[:20])), **asked)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file has no examples"),
        (b"\n \n", "The file has no examples"),
        (file(*MANY[:10]), "The file has 10 examples"),
        (file(*[chat("Same?")] * 30), "asks 1 question, and the same question stays on one side"),
        (
            file(*MANY[:20]) + b"{nonsense}\n",
            "Line 21 is no example: column 2: a key in double quotes was expected; found ",
        ),
        (file(*MANY[:20], {"text": "x"}), "Line 21 is no example: nothing in it is learned"),
        (file(*MANY[:20], {"messages": ["x"]}), "Line 21 is no example"),
        (file(*MANY[:20]) + b"[" * 100_000, "Line 21 is no example"),
        (file(*MANY[:20]) + b'"\xff"', "Line 21 is no example"),
    ],
)
def test_a_file_that_cannot_be_split_is_refused_with_the_line(data: bytes, said: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(io.BytesIO(data), fraction=0.2)
    assert said in str(refused.value)


def test_a_file_that_changed_between_the_passes_is_noticed() -> None:
    made = plan(io.BytesIO(file(*MANY[:20])), count=5)
    for other in (MANY[:19], MANY[:21]):
        with pytest.raises(CannotSplit, match="changed"):
            sides(file(*other), made)


def test_what_is_nearly_the_same_falls_on_the_same_side() -> None:
    words = "the old clerk at the harbour counts barrels of salted fish and writes each number into a long green book"
    twins = [
        chat(f"Tell me once more how {words}?", f"Gladly: {words}, every day at noon."),
        chat(f"Tell me once again how {words}?", f"Gladly: {words}, every day at noon!"),
    ]
    rest = [chat(f"Question {n}?") for n in range(30)]
    data = file(twins[0], *rest, twins[1])
    sides_of = [
        [plan(io.BytesIO(data), fraction=0.5, seed=seed, near=near).tested[[0, 31]] for seed in range(8)]
        for near in (True, False)
    ]
    assert all(one == other for one, other in sides_of[0])
    assert not all(one == other for one, other in sides_of[1])
    assert plan(io.BytesIO(data), fraction=0.5).groups == 31
