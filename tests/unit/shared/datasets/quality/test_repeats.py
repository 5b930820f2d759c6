"""Duplicates, contradictions and leakage: what is one, what is none, and the agreement they leave"""

import json
from typing import Any

import pytest

from tests.unit.shared.datasets.quality.examples import Example, chat, found, judged, pair, said

PRIME = "Is 7 prime?"
PROSE = "It is, because no smaller number but one divides it without a rest."
IMAGE = "https://a.example/{}.png"


def seen(url: str, answer: str) -> Example:
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
    return {"messages": [{"role": "user", "content": parts}, {"role": "assistant", "content": answer}]}


def with_tool(name: str, answer: str) -> Example:
    return chat(PRIME, answer) | {"tools": [{"type": "function", "function": {"name": name}}]}


def calling(arguments: str, call_id: str) -> Example:
    call = {"id": call_id, "type": "function", "function": {"name": "f", "arguments": arguments}}
    turns = [{"role": "user", "content": "Call"}, {"role": "assistant", "tool_calls": [call]}]
    return {"messages": turns}


def preferred(good: str, bad: str) -> dict[str, Any]:
    outputs = {"preferred_output": good, "non_preferred_output": bad}
    asked = {"input": {"messages": [{"role": "user", "content": PRIME}]}}
    return asked | {key: [{"role": "assistant", "content": text}] for key, text in outputs.items()}


def extracted(prime: str, number: int) -> str:
    return json.dumps({"prime": prime, "number": number, "told by": "the division of it by all smaller ones"})


def graded(**keys: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": PRIME}], **keys}


@pytest.mark.parametrize(
    ("examples", "expected"),
    [
        ([chat("a", "b"), chat("c", "d")], []),
        ([chat("a", "b"), chat("c", "d"), chat("a", "b")], [("duplicate_example", 1)]),
        ([pair("a", " b"), pair("a", " b")], [("duplicate_example", 1)]),
        # Layout is no contradiction; whether it is wanted is not ours to say.
        ([chat("a", "b"), chat("a", " B\n")], []),
        ([chat("a", "b"), chat("a", "b", "Be brief.")], []),  # another system prompt is another prompt
        ([chat(PRIME, "Yes"), chat(PRIME, "No")], [("contradiction", 1)]),
        ([chat(PRIME, "Yes"), chat("is  7 PRIME?", "No")], [("contradiction", 1)]),
        ([chat("Is 17 prime?", "Yes"), chat("Is 1 7 prime?", "No")], []),  # a blank between digits counts
        ([chat(PRIME, "Yes", "Be terse."), chat(PRIME, "No", "Lie.")], []),
        ([chat(PRIME, "Yes"), chat(PRIME, PROSE)], [("answers_vary", 1)]),
        ([chat(PRIME, extracted("Yes", 1)), chat(PRIME, extracted("No", 1))], [("contradiction", 1)]),
        ([chat(PRIME, '{"a": 1, "b": [2]}'), chat(PRIME, '{"b": [2],  "a": 1}')], []),  # the order of keys says nothing
        ([seen(IMAGE.format(1), "A cat"), seen(IMAGE.format(2), "A dog")], []),  # the images differ
        ([seen(IMAGE.format(1), "A cat"), seen(IMAGE.format(1), "A dog")], [("contradiction", 1)]),
        ([with_tool("a", "Yes"), with_tool("b", "No")], []),  # the tools differ
        ([calling("{}", "c1"), calling("{}", "c2")], [("duplicate_example", 1)]),  # ids of calls say nothing
        ([calling('{"x": 1}', "c1"), calling('{"x": 2}', "c1")], [("contradiction", 1)]),
        ([preferred("Yes", "No"), preferred("Yes", "Maybe")], []),
        ([graded(answer="Yes"), graded(answer="Yes")], [("duplicate_example", 1)]),
        ([graded(answer="Yes"), graded(answer="No")], [("contradiction", 1)]),
        ([preferred("Yes", "No"), preferred("No", "Yes")], [("contradiction", 1)]),
    ],
)
def test_what_repeats_and_what_contradicts(examples: list[Example], expected: list[tuple[str, int | None]]) -> None:
    assert [entry for entry in found(examples) if entry[0] != "agreement_bound"] == expected


def test_a_group_is_one_finding_that_names_its_lines() -> None:
    finding = said([chat("a", "b")] * 7, "duplicate_example")
    assert "stands 7 times, in lines 1, 2, 3, 4, 5 and 2 more" in finding.message


def test_a_contradiction_names_the_lines_of_each_side() -> None:
    finding = said([chat(PRIME, answer) for answer in ("No", "Yes", "Yes", "Maybe")], "contradiction")
    assert "one prompt has 3 answers: lines 2 and 3 against line 1 (1 other answer beside)" in finding.message


def test_the_agreement_is_the_best_that_one_answer_to_a_prompt_can_reach() -> None:
    examples = [chat(PRIME, answer) for answer in ("Yes", "yes", "No")]
    examples += [chat(f"What is {number} and one?", f"{number + 1}") for number in range(7)]
    quality, findings = judged(examples)
    assert quality.agreement.score == pytest.approx(0.9)
    assert quality.summary == "10 examples of prose, no system prompt. 1 contradiction (agreement at most 90 %)."
    assert "at most 90 % of this file" in str(findings.listed()[-1])


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        (chat("a", "b"), [("leaked_example", 1)]),
        (chat("A", "B"), [("leaked_example", 1)]),
        (chat("a", "c"), [("leaked_prompt", 1)]),
        (chat("b", "a"), []),
        (chat("a", "b", "Be brief."), []),
    ],
)
def test_what_a_training_file_gives_away(example: Example, expected: list[tuple[str, int | None]]) -> None:
    training = [chat("x", "y"), chat("a", "b")]
    assert found([example], training) == expected
    assert found([], training) == []
    assert found([example], []) == []


def test_a_leak_names_the_line_of_the_training_file() -> None:
    quality, findings = judged([chat("a", "b"), chat("a", "c")], [chat("x", "y"), chat("a", "b")])
    assert quality.leakage is not None
    assert (quality.leakage.examples, quality.leakage.prompts) == (1, 1)
    leaks = [finding for finding in findings.listed() if finding.code.startswith("leaked")]
    assert ["line 2 of the training file" in leak.message for leak in leaks] == [True, True]
