"""A sketch says the same however the file is cut, and nothing that JSON can hold is raised."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.datasets.checks import Findings
from shared.datasets.formats import Format
from shared.datasets.policy import Policy
from shared.datasets.quality import Sketch
from tests.unit.shared.datasets.quality.examples import Example, chat, in_blocks, judged, pair, sketched

_TEXTS = st.sampled_from(
    ["Yes", "No", "Paris", "yes ", '{"a": 1}', "Is 7 prime?", "I cannot help with that, sorry.", "café", "x" * 60]
)
_EXAMPLES = st.lists(st.builds(chat, _TEXTS, _TEXTS, st.none() | _TEXTS), max_size=30)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["system", "user", "assistant", "tool"]) | _JSON,
        "content": st.text(max_size=20) | _JSON | st.lists(st.fixed_dictionaries({"type": _JSON, "text": _JSON})),
        "tool_calls": _JSON | st.lists(st.fixed_dictionaries({"function": _JSON})),
        "function_call": _JSON,
        "refusal": _JSON,
        "weight": _JSON,
        "name": _JSON,
    },
)
_MESSAGES = st.lists(_MESSAGE, max_size=3) | _JSON
_ANY = st.fixed_dictionaries(
    {},
    optional={
        "messages": _MESSAGES,
        "tools": _JSON,
        "prompt": _JSON,
        "completion": _JSON,
        "input": st.fixed_dictionaries({"messages": _MESSAGES}) | _JSON,
        "preferred_output": _MESSAGES,
        "non_preferred_output": _MESSAGES,
    },
)


@given(_EXAMPLES, st.lists(st.integers(0, 30), max_size=4))
@settings(max_examples=60)
def test_where_a_file_is_cut_makes_no_difference(examples: list[Example], cuts: list[int]) -> None:
    whole, findings = judged(examples)
    joined, of_blocks = in_blocks(examples, [cut for cut in cuts if cut <= len(examples)])
    assert joined == whole
    assert of_blocks.listed() == findings.listed()
    assert of_blocks.by_code == findings.by_code


@given(st.lists(_ANY, max_size=3), st.sampled_from(Format))
@example([{"prompt": True, "completion": "a"}, {"completion": "a"}], Format.COMPLETION)
@settings(max_examples=60)
def test_no_object_of_json_is_raised_at(examples: list[dict[str, Any]], kind: Format) -> None:
    findings, sketch = Findings(), Sketch()
    sketch.take(((line, each, kind) for line, each in enumerate(examples, 1)), findings)
    json.dumps(sketch.conclude(findings, against=sketch).as_dict())


def test_a_sketch_travels_between_processes_and_stays_small() -> None:
    examples = [chat(f"What is {number} times two?", str(2 * number)) for number in range(1_000)]
    sketch = sketched(examples, Findings())
    travelled = pickle.dumps(sketch)
    assert len(travelled) < 200 * len(examples)
    assert pickle.loads(travelled).conclude(Findings()) == sketch.conclude(Findings())  # noqa: S301 (our own bytes)


def test_a_line_without_an_answer_is_left_to_the_rules() -> None:
    quality, findings = judged([{"messages": [{"role": "user", "content": "Hi"}]}, {"messages": 7}, pair("a", "b")])
    assert quality.examples == 1
    assert findings.listed() == []


def test_a_check_that_is_off_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    checks = [(lambda _, __, code=code: made.append(code), (code, "promise")) for code in ("secret", "mojibake")]
    monkeypatch.setattr("shared.datasets.quality.sketch._CHECKS", checks)
    findings = Findings(Policy(codes={"secret": None, "promise": None}))
    Sketch().take([(1, chat("Hi", "Hello"), Format.CHAT)], findings)
    assert made == ["mojibake"]
