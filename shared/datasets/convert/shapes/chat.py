"""Turn a record of any shape into a chat example."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from shared.datasets.checks.wording import shown
from shared.datasets.convert import turns
from shared.datasets.convert.mapping import mapped
from shared.datasets.convert.markers import Markers
from shared.datasets.convert.rows import Unfit
from shared.datasets.convert.valued import is_valued, of_values
from shared.datasets.formats.detect import CHAT_KEYS

Record = Mapping[str, Any]
Example = dict[str, Any]


def of_chat(record: Record, left_out: Counter[str]) -> Example:
    """Keep the keys that a chat example has; `system` beside them speaks first. In a table `messages` may be JSON."""
    left_out.update(key for key in record if key not in (*CHAT_KEYS, "system"))
    example = {key: record[key] for key in CHAT_KEYS if key in record}
    if isinstance(example.get("messages"), str):
        try:
            example["messages"] = json.loads(example["messages"])
        except ValueError:
            raise Unfit(f'"messages" must be an array; it is the text {shown(example["messages"])}.') from None
    if "messages" not in example:
        raise Unfit('it has no "messages".')
    if is_valued(example["messages"]):
        example["messages"] = of_values(example["messages"], left_out)
    for prompt in _system(record):
        if with_system(example, prompt["content"]) is example:
            raise Unfit('"system" stands beside "messages", and a system prompt in them too. Keep one.')
        example = with_system(example, prompt["content"])
    if isinstance(example.get("tools"), str):
        example["tools"] = turns.tools(example["tools"])
    return example


def of_pair(record: Record, markers: Markers, left_out: Counter[str]) -> Example:
    """Make the prompt the user's words and the completion the assistant's, without the markers of legacy models."""
    left_out.update(key for key in record if key not in ("prompt", "completion"))
    words = [record.get(key) for key in ("prompt", "completion")]
    for key, value in zip(("prompt", "completion"), words, strict=True):
        if not isinstance(value, str):
            raise Unfit(f'"{key}" must be a string; it is {"missing" if value is None else shown(value)}.')
    asked, answer = markers.prompt(str(words[0])), markers.completion(str(words[1]))
    if not asked.strip():
        raise Unfit("the prompt is empty, and a chat needs something that the user says.")
    return spoken(asked, answer)


def of_sharegpt(record: Record, left_out: Counter[str]) -> Example:
    """Turn `conversations` into messages; `system` and `tools` beside them belong to the example."""
    key = "conversations" if "conversations" in record else "conversation"
    if key not in record:
        raise Unfit('it has no "conversations".')
    left_out.update(name for name in record if name not in (key, "system", "tools"))
    example: Example = {"messages": _system(record) + turns.messages(record[key], key)}
    if tools := turns.tools(record.get("tools") or []):
        example["tools"] = tools
    return example


def of_alpaca(record: Record, left_out: Counter[str]) -> Example:
    """Put `instruction` and `input` together as the user's words; `history` holds the turns before."""
    extra, answer = ("context", "response") if "response" in record else ("input", "output")
    left_out.update(key for key in record if key not in ("instruction", extra, answer, "system", "history"))
    for key in ("instruction", answer):
        if not isinstance(record.get(key), str):
            raise Unfit(f'"{key}" must be a string; it is {shown(record[key]) if key in record else "missing"}.')
    beside = record.get(extra) or ""
    if not isinstance(beside, str):
        raise Unfit(f'"{extra}" must be a string; it is {shown(beside)}.')
    asked = "\n\n".join(part for part in (record["instruction"], beside) if part.strip())
    if not asked:
        raise Unfit('"instruction" is empty.')
    last = spoken(asked, record[answer])["messages"]
    return {"messages": [*_system(record), *_history(record.get("history") or []), *last]}


def of_columns(record: Record, mapping: Mapping[str, str], left_out: Counter[str]) -> Example:
    """Take the words from the columns that the mapping names."""
    texts = mapped(record, mapping, left_out)
    return {"messages": [*_system(texts), *spoken(texts["user"], texts["assistant"])["messages"]]}


def with_system(example: Example, prompt: str) -> Example:
    """Put the caller's system prompt before the first message, unless the example has its own."""
    messages = example.get("messages")
    if not isinstance(messages, list) or any(isinstance(one, dict) and one.get("role") == "system" for one in messages):
        return example
    return {**example, "messages": [{"role": "system", "content": prompt}, *messages]}


def spoken(asked: str, answer: str) -> Example:
    """Return one turn of a conversation; raise Unfit when there is nothing to learn."""
    if not answer.strip():
        raise Unfit("the answer is empty: there is nothing to learn from it.")
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}


def _system(record: Record) -> list[dict[str, str]]:
    prompt = record.get("system") or ""
    if not isinstance(prompt, str):
        raise Unfit(f'"system" must be a string; it is {shown(prompt)}.')
    return [{"role": "system", "content": prompt}] if prompt.strip() else []


def _history(turns_before: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for turn in turns_before if isinstance(turns_before, list) else [None]:
        if not isinstance(turn, list) or len(turn) != 2 or not all(isinstance(words, str) for words in turn):
            raise Unfit('"history" must be an array of [question, answer].')
        found += spoken(*turn)["messages"]
    return found
