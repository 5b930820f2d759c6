"""Turn a record with a better and a worse answer into a preference example, where it is plain which is which."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from shared.datasets.convert import turns
from shared.datasets.convert.mapping import mapped
from shared.datasets.convert.rows import Unfit

Record = Mapping[str, Any]
Messages = list[dict[str, Any]]
_OURS = ("input", "preferred_output", "non_preferred_output")
_ASKED = ("prompt", "question", "instruction", "messages", "conversations")
#: Dialogues written as one text, as Anthropic published its own ("\n\nHuman: … \n\nAssistant: …").
_SPEAKER = re.compile(r"(?:\A|\n\n)(Human|Assistant): ?")


def of_preference(record: Record, left_out: Counter[str]) -> dict[str, Any]:
    """Return the example; raise Unfit when the two answers do not follow one and the same question."""
    if "preferred_output" in record:
        left_out.update(key for key in record if key not in _OURS)
        return {key: record[key] for key in _OURS if key in record}
    key = next((name for name in _ASKED if record.get(name)), None)
    left_out.update(name for name in record if name not in (key, "chosen", "rejected", "system", "tools"))
    for name in ("chosen", "rejected"):
        if name not in record:
            raise Unfit(f'it has no "{name}".')
    asked = _said(record[key], "user", key) if key else []
    chosen, rejected = (_said(record[name], "assistant", name) for name in ("chosen", "rejected"))
    example = _example(asked, chosen, rejected, record.get("system"))
    if tools := turns.tools(record.get("tools") or []):
        example["input"]["tools"] = tools
    return example


def of_columns(record: Record, mapping: Mapping[str, str], left_out: Counter[str]) -> dict[str, Any]:
    """Take question and answers from the columns that the mapping names."""
    texts = mapped(record, mapping, left_out)
    asked, chosen, rejected = (
        [{"role": role, "content": texts[name]}]
        for role, name in (("user", "prompt"), ("assistant", "chosen"), ("assistant", "rejected"))
    )
    return _example(asked, chosen, rejected, texts.get("system"))


def _example(asked: Messages, chosen: Messages, rejected: Messages, system: Any) -> dict[str, Any]:
    """Lay the example out. Both answers may repeat the question, or be whole dialogues that differ in the last turn."""
    before, better = _last(chosen, asked, "chosen")
    also_before, worse = _last(rejected, asked, "rejected")
    if before != also_before:
        raise Unfit('"chosen" and "rejected" differ before their last turn: there is no one question to both.')
    if better == worse:
        raise Unfit('"chosen" and "rejected" are the same: neither is preferred.')
    asked = before
    if not asked:
        raise Unfit("no question stands before the answers.")
    if isinstance(system, str) and system.strip() and asked[0]["role"] != "system":
        asked = [{"role": "system", "content": system}, *asked]
    return {"input": {"messages": asked}, "preferred_output": [better], "non_preferred_output": [worse]}


def _last(answer: Messages, asked: Messages, name: str) -> tuple[Messages, dict[str, Any]]:
    """Return what stands before the last turn, which must be the assistant's, and that turn."""
    *before, last = answer
    if last["role"] != "assistant":
        raise Unfit(f'"{name}" must end with the assistant; it ends with {last["role"]}.')
    if before and asked and before != asked:
        raise Unfit(f'"{name}" repeats another question than the one beside it.')
    return before or asked, last


def _said(value: Any, role: str, name: str) -> Messages:
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, list):
        return turns.messages(value, name)
    if not isinstance(value, str) or not value.strip():
        raise Unfit(f'"{name}" must be a text or an array of turns{", and not empty" if value == "" else ""}.')
    if _SPEAKER.match(value):
        return _dialogue(value)
    return [{"role": role, "content": value}]


def _dialogue(text: str) -> Messages:
    _, *parts = _SPEAKER.split(text)
    roles = {"Human": "human", "Assistant": "assistant"}
    said = [{"from": roles[who], "value": words.strip()} for who, words in zip(parts[::2], parts[1::2], strict=True)]
    return turns.messages(said, "dialogue")
