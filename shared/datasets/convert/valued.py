"""Turn messages whose parts hold a `value`, with reasoning and calls among them, into those that providers take"""

import json
from collections import Counter
from typing import Any

from shared.datasets.checks.wording import shown
from shared.datasets.convert.rows import Unfit
from shared.datasets.convert.turns import read_calls

Message = dict[str, Any]


def is_valued(messages: Any) -> bool:
    """Whether a part says `value` where a provider's says `text`: files of LLaMA-Factory do."""
    return isinstance(messages, list) and any(
        isinstance(part, dict) and "value" in part
        for message in messages
        if isinstance(message, dict) and isinstance(message.get("content"), list)
        for part in message["content"]
    )


def of_values(messages: list[Any], left_out: Counter[str]) -> list[Message]:
    """Return the messages. Reasoning has no place in them and is counted; results answer the calls in their order."""
    found: list[Message] = []
    open_calls: list[str] = []
    for index, message in enumerate(messages):
        at = f"messages[{index}]"
        if not isinstance(message, dict):
            raise Unfit(f"{at}: a message must be an object.")
        texts, calls = _parts(
            message.get("content"), at, sum(len(one.get("tool_calls", ())) for one in found), left_out
        )
        if open_calls and message.get("role") != "tool":
            raise Unfit(f"{at}: {len(open_calls)} of the calls before it have no result.")
        if message.get("role") == "tool":
            found += _results(texts, open_calls, at)
            continue
        said = {"content": "\n".join(texts)} if texts or not calls else {}
        found.append(
            {"role": message.get("role"), **said, **({"tool_calls": calls} if calls else {}), **_weight(message)}
        )
        open_calls = [call["id"] for call in calls]
    return found


def _parts(content: Any, at: str, before: int, left_out: Counter[str]) -> tuple[list[str], list[dict[str, Any]]]:
    parts = [{"type": "text", "value": content}] if isinstance(content, str) else content
    texts, calls = list[str](), list[dict[str, Any]]()
    for part in parts if isinstance(parts, list) else [None]:
        kind, value = (part.get("type"), part.get("value")) if isinstance(part, dict) else (None, None)
        if kind == "text" and isinstance(value, str):
            texts.append(value)
        elif kind == "tool_call" and isinstance(value, str):
            calls += read_calls(value, at, before + len(calls))
        elif kind == "reasoning":
            left_out["reasoning"] += 1
        else:
            raise Unfit(f"{at}: a part of the type {shown(kind)} cannot be converted.")
    return texts, calls


def _results(texts: list[str], open_calls: list[str], at: str) -> list[Message]:
    """Return a message for each result; those of several calls may stand in one array."""
    if not open_calls:
        raise Unfit(f"{at}: it answers a call, and none stands before it.")
    results = texts
    if len(open_calls) > 1 and len(texts) == 1:
        results = _in_an_array(texts[0], len(open_calls)) or texts
    if len(results) > len(open_calls):
        raise Unfit(f"{at}: it has {len(results)} results; {len(open_calls)} of the calls before it wait for one.")
    return [{"role": "tool", "tool_call_id": open_calls.pop(0), "content": text} for text in results]


def _in_an_array(text: str, number: int) -> list[str]:
    try:
        values = json.loads(text)
    except ValueError:
        return []
    if not isinstance(values, list) or len(values) != number:
        return []
    return [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values]


def _weight(message: Message) -> dict[str, int]:
    weight = message.get("loss_weight")
    learns = message.get("role") == "assistant" and isinstance(weight, int | float) and weight in (0, 1)
    return {"weight": int(weight)} if learns and weight is not None else {}
