"""Whose system prompt an example gets: its own, the caller's, or that which stands beside its messages."""

import io
import json
from typing import Any

from shared.datasets.convert import Conversion, Options

CHAT = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}


def converted(*records: Any, system: str | None = None) -> tuple[list[dict[str, Any]], Conversion]:
    given = "\n".join(map(json.dumps, records)).encode()
    conversion = Conversion(lambda: io.BytesIO(given), Options(system=system))
    return [json.loads(line) for line in conversion], conversion


def test_the_callers_system_prompt_stands_before_every_example_that_has_none() -> None:
    own = {"messages": [{"role": "system", "content": "Mine"}, *CHAT["messages"]]}
    examples, conversion = converted(CHAT, own, system="Yours")
    assert [example["messages"][0]["content"] for example in examples] == ["Yours", "Mine"]
    assert conversion.tally.notes == [
        "1 example has a system prompt already, which stays; the one given was not put there."
    ]
    assert converted(CHAT, system="Yours")[1].tally.notes == []


def test_of_two_system_prompts_neither_is_dropped_in_silence() -> None:
    twice = {"system": "Be brief.", "messages": [{"role": "system", "content": "Mine"}, *CHAT["messages"]]}
    examples, conversion = converted(twice, CHAT)
    assert len(examples) == 1
    assert "Keep one" in conversion.tally.listed[0].why
