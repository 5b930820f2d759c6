"""Messages whose parts hold a value: text, calls, results, weights; and what of them makes no example"""

from collections import Counter
from typing import Any

import pytest

from shared.datasets.convert.rows import Unfit
from shared.datasets.convert.valued import is_valued, of_values


def message(role: str, *parts: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"role": role, "content": [{"type": kind, "value": value} for kind, value in parts], **more}


CALL = ("tool_call", '{"name": "look", "arguments": {"in": "Ulm"}}')
ASKED = message("user", ("text", "Weather?"), loss_weight=0.0)


def test_text_calls_results_and_weights_become_a_providers() -> None:
    left_out: Counter[str] = Counter()
    messages = [
        {"role": "system", "content": "Look first."},
        ASKED,
        message("assistant", ("reasoning", "Hm."), CALL, CALL),
        message("tool", ("text", '["rain", {"sun": 0}]')),
        message("assistant", ("reasoning", "So."), ("text", "It"), ("text", "rains."), loss_weight=0.0),
        message("assistant", ("text", "Yes."), loss_weight=1.0),
    ]
    assert is_valued(messages)
    found = of_values(messages, left_out)
    assert [(one["role"], one.get("content"), one.get("weight")) for one in found] == [
        ("system", "Look first.", None),
        ("user", "Weather?", None),
        ("assistant", None, None),
        ("tool", "rain", None),
        ("tool", '{"sun": 0}', None),
        ("assistant", "It\nrains.", 0),
        ("assistant", "Yes.", 1),
    ]
    assert [call["id"] for call in found[2]["tool_calls"]] == [one["tool_call_id"] for one in found[3:5]]
    assert left_out == {"reasoning": 2}


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([ASKED, message("tool", ("text", "rain"))], "none stands before it"),
        ([ASKED, message("assistant", CALL, CALL), message("assistant", ("text", "x"))], "2 of the calls before it"),
        (
            [message("assistant", CALL), message("tool", ("text", "a"), ("text", "b"))],
            "it has 2 results; 1 of",
        ),
        ([message("user", ("image", "x"))], 'a part of the type "image" cannot be converted'),
        ([message("assistant", ("tool_call", "look"))], "must be JSON"),
        (["Hi"], "messages[0]: a message must be an object"),
        ([{"role": "user", "content": 7}], "a part of the type null"),
    ],
)
def test_what_makes_no_example_says_why(messages: list[Any], why: str) -> None:
    with pytest.raises(Unfit) as refused:
        of_values(messages, Counter())
    assert why in str(refused.value)


def test_plain_messages_are_left_alone() -> None:
    for messages in (
        [{"role": "user", "content": "Hi"}],
        [{"role": "user", "content": [{"type": "text", "text": "x"}]}],
        None,
    ):
        assert not is_valued(messages)
