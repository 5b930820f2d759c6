"""Read training lines into examples, or name the first one that cannot be trained on."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

#: Roles of a chat line (openai-api-facts 5.2; `developer` is taken as a system message).
ROLES = ("system", "developer", "user", "assistant", "tool", "function")
Form = Literal["chat", "completion"]


def form_of(formats: Collection[str]) -> Form:
    """Return the form that a base of these formats is trained and asked in."""
    return "completion" if "completion" in formats else "chat"


class ExampleRefused(ValueError):
    """Why a file cannot be trained on; it becomes the message of the job's `error` (openai-api-facts 4.3)."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message as plain text; `weight` says how much its tokens count in the loss (0 unless an assistant's)."""

    role: str
    text: str
    weight: float = 0.0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """One line of a file; a prompt/completion pair is a user's and an assistant's turn."""

    turns: tuple[Turn, ...]
    form: Form


def read(path: Path, forms: frozenset[str], model: str) -> Iterator[Example]:
    """Yield the examples of a JSONL file of one of the `forms`; raise ExampleRefused for the first bad line.

    Examples are counted from 1; blank lines are passed over and a byte order mark is ignored.
    """
    number = 0
    with path.open("rb") as lines:
        for position, raw in enumerate(lines, start=1):
            line = raw.removeprefix(b"\xef\xbb\xbf") if position == 1 else raw
            if line.strip():
                number += 1
                yield parse(line, number, forms, model)


def parse(line: bytes, number: int, forms: frozenset[str], model: str) -> Example:
    """Return example `number` from its line; raise ExampleRefused."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise _refusal(number, f"is not valid JSON: {exc}") from exc
    if not isinstance(data, dict):
        raise _refusal(number, "is not a JSON object")
    if "messages" in data:
        _require_form("chat", forms, number, model)
        return Example(turns(data["messages"], number), "chat")
    if "prompt" in data or "completion" in data:
        _require_form("completion", forms, number, model)
        return _pair(data, number)
    wanted = "'messages'" if "chat" in forms else "'prompt' and 'completion'"
    raise _refusal(number, f"has no {wanted}; found {_keys(data)}")


def turns(messages: Any, number: int | None = None, *, trained: bool = True) -> tuple[Turn, ...]:
    """Return the messages of a chat as turns; `trained` asks for an assistant's turn among them."""
    if not isinstance(messages, list) or not messages:
        raise _refusal(number, "'messages' must be a list of at least one message")
    read_turns = tuple(_turn(message, number, index) for index, message in enumerate(messages))
    if trained and not any(turn.role == "assistant" for turn in read_turns):
        raise _refusal(number, "has no message with role 'assistant': there is nothing to learn")
    return read_turns


def _turn(message: Any, number: int | None, index: int) -> Turn:
    where = f"message {index}"
    if not isinstance(message, dict):
        raise _refusal(number, f"{where} is not a JSON object")
    role = message.get("role")
    if role is None:
        raise _refusal(number, f"{where} Discriminator 'role' is missing in value")
    if role not in ROLES:
        raise _refusal(number, f"{where} has role {role!r}; expected one of {', '.join(ROLES)}")
    text = _content(message, number, where) + _calls(message, number, where)
    name = message.get("name") or ""
    if not isinstance(name, str):
        raise _refusal(number, f"{where} 'name' must be a string")
    return Turn(role, text, _weight(message, role, number, where), name)


def _content(message: dict[str, Any], number: int | None, where: str) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_part(part, number, where) for part in content)
    spoken_otherwise = any(message.get(key) for key in ("tool_calls", "function_call", "refusal"))
    if content is None and (spoken_otherwise or message.get("role") == "function"):
        return str(message.get("refusal") or "")
    raise _refusal(number, f"{where} 'content' must be a string or a list of text parts; found {json.dumps(content)}")


def _part(part: Any, number: int | None, where: str) -> str:
    if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    found = json.dumps(part)[:80]
    raise _refusal(number, f'{where} has the part {found}; expected {{"type": "text", "text": "…"}}')


def _calls(message: dict[str, Any], number: int | None, where: str) -> str:
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise _refusal(number, f"{where} 'tool_calls' must be a list")
    functions = [call.get("function") if isinstance(call, dict) else None for call in calls]
    if message.get("function_call"):
        functions.append(message["function_call"])
    return "".join(_call(function, number, where) for function in functions)


def _call(function: Any, number: int | None, where: str) -> str:
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise _refusal(number, f"{where} calls a tool without a function name")
    arguments = function.get("arguments", "")
    if not isinstance(arguments, str):
        raise _refusal(number, f"{where} 'arguments' of {function['name']!r} must be a string of JSON")
    return f"<tool_call>{function['name']}({arguments})</tool_call>"


def _weight(message: dict[str, Any], role: str, number: int | None, where: str) -> float:
    weight = message.get("weight", 1)
    if weight is None or isinstance(weight, bool) or weight not in (0, 1):
        raise _refusal(number, f"{where} 'weight' must be 0 or 1; found {json.dumps(weight)}")
    return float(weight) if role == "assistant" else 0.0


def _pair(data: dict[str, Any], number: int) -> Example:
    for key in ("prompt", "completion"):
        if not isinstance(data.get(key), str):
            raise _refusal(number, f"{key!r} must be a string; found {json.dumps(data.get(key))}")
    if not data["completion"]:
        raise _refusal(number, "'completion' is empty: there is nothing to learn")
    return Example((Turn("user", data["prompt"]), Turn("assistant", data["completion"], 1.0)), "completion")


def _require_form(form: Form, forms: frozenset[str], number: int, model: str) -> None:
    if form not in forms:
        found = {"chat": "a chat ('messages')", "completion": "a prompt/completion pair"}
        wanted = found["chat" if form == "completion" else "completion"]
        raise _refusal(number, f"is {found[form]}, and {model} is tuned with {wanted}")


def _refusal(number: int | None, what: str) -> ExampleRefused:
    if number is None:
        return ExampleRefused(what)
    return ExampleRefused(f"Invalid file format. Example {number}, {what}")


def _keys(data: dict[str, Any]) -> str:
    return ", ".join(repr(key) for key in list(data)[:5]) or "an empty object"
