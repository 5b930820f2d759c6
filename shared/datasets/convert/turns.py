"""Turn lists of turns, as ShareGPT and its kin write them, into messages: roles, calls of tools and their results."""

import json
from typing import Any

from shared.datasets.checks.wording import shown
from shared.datasets.convert.rows import Unfit

_ROLES = {
    "system": "system", "developer": "system",
    "human": "user", "user": "user", "prompter": "user",
    "gpt": "assistant", "assistant": "assistant", "model": "assistant", "bot": "assistant", "chatgpt": "assistant",
    "bing": "assistant", "bard": "assistant",
    "function_call": "call", "tool_call": "call",
    "observation": "result", "tool": "result", "function": "result", "function_response": "result",
    "tool_response": "result",
}  # fmt: skip


def messages(turns: Any, where: str) -> list[dict[str, Any]]:
    """Return the messages of a list of turns; raise Unfit for a turn that says nothing, or a result without a call."""
    if not isinstance(turns, list) or not turns:
        raise Unfit(f'"{where}" must be an array with at least one turn.')
    found: list[dict[str, Any]] = []
    open_calls: list[str] = []
    for index, turn in enumerate(turns):
        at = f"{where}[{index}]"
        role, said = _turn(turn, at)
        if open_calls and role != "result":
            raise Unfit(f"{at}: {len(open_calls)} of the calls before it have no observation.")
        if role == "call":
            calls = read_calls(said, at, sum(len(one.get("tool_calls", ())) for one in found))
            open_calls = [call["id"] for call in calls]
            found.append({"role": "assistant", "tool_calls": calls})
        elif role == "result":
            if not open_calls:
                raise Unfit(f"{at}: it answers a call, and no function_call stands before it.")
            found.append({"role": "tool", "tool_call_id": open_calls.pop(0), "content": said})
        else:
            found.append({"role": role, "content": said} | _weight(turn, role))
    return found


def _turn(turn: Any, at: str) -> tuple[str, str]:
    if not isinstance(turn, dict):
        raise Unfit(f"{at}: a turn must be an object.")
    name = turn.get("from", turn.get("role"))
    role = _ROLES.get(name.lower()) if isinstance(name, str) else None
    if role is None:
        raise Unfit(f"{at}: it comes from {shown(name)}; known are {', '.join(_ROLES)}.")
    said = turn.get("value", turn.get("content"))
    if not isinstance(said, str) or not said.strip():
        found = "empty" if isinstance(said, str) else "missing" if said is None else "no text"
        raise Unfit(f"{at}: what {name} says is {found}.")
    return role, said


def _weight(turn: dict[str, Any], role: str) -> dict[str, int]:
    weight = turn.get("weight")
    return {"weight": int(weight)} if role == "assistant" and weight in (0, 1) else {}


def read_calls(said: str, at: str, before: int) -> list[dict[str, Any]]:
    """Return the calls that are written as JSON, numbered on from those before; raise Unfit for what is none."""
    try:
        value = json.loads(said)
    except ValueError:
        raise Unfit(f"{at}: a function_call must be JSON; it is {shown(said)}.") from None
    calls = value if isinstance(value, list) else [value]
    if not calls:
        raise Unfit(f"{at}: the function_call calls nothing.")
    return [_call(call, f"call_{before + index}", at) for index, call in enumerate(calls, start=1)]


def _call(call: Any, call_id: str, at: str) -> dict[str, Any]:
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        raise Unfit(f'{at}: a call must be an object with a "name".')
    arguments = call.get("arguments", call.get("parameters", {}))
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return {"id": call_id, "type": "function", "function": {"name": call["name"], "arguments": arguments}}


def tools(value: Any) -> list[dict[str, Any]]:
    """Return the tools that an example declares, written as JSON text or not, bare or wrapped; raise Unfit else."""
    if isinstance(value, str):
        if not value.strip():
            return []
        try:
            value = json.loads(value)
        except ValueError:
            raise Unfit(f'"tools" must be JSON; it is {shown(value)}.') from None
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Unfit('"tools" must be an array of objects.')
    return [one if "function" in one else {"type": "function", "function": one} for one in value]
