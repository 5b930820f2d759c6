"""The rules of a message's content: text, and parts of it."""

from typing import Any

from shared.datasets.checks.findings import Place
from shared.datasets.checks.images import check_image
from shared.datasets.checks.keys import check_keys
from shared.datasets.checks.wording import named, shown

#: Parts that other calls of the API know, and what is right here.
_ELSEWHERE = {
    "input_text": 'The Responses API calls it so. Write "text".',
    "output_text": 'The Responses API calls it so. Write "text".',
    "input_image": 'The Responses API calls it so. Write "image_url", with {"url": …}.',
    "image": 'Write "image_url", with {"url": …}.',
    "input_audio": "Audio cannot be trained on. Remove it.",
    "audio": "Audio cannot be trained on. Remove it.",
    "file": "Files cannot be trained on. Write their text.",
    "input_file": "Files cannot be trained on. Write their text.",
    "reasoning": "Reasoning cannot be trained on. Remove it.",
    "thinking": "Reasoning cannot be trained on. Remove it.",
    "tool_call": 'Calls stand under "tool_calls" of the message.',
    "tool_use": 'Calls stand under "tool_calls" of the message.',
    "tool_result": 'What a tool answers is a message from "tool".',
    "video": "Video cannot be trained on. Remove it.",
    "video_url": "Video cannot be trained on. Remove it.",
}


def check_content(message: dict[str, Any], role: str, path: str, place: Place) -> None:
    """Add what is wrong with `content`, given the role that says it."""
    content = message.get("content")
    where = f"{path}.content"
    if content is None:
        if not _may_be_silent(message, role):
            place.add(
                "content_missing", f'"content" of a message from "{role}" must be text; {_lacks(message)}.', where
            )
    elif isinstance(content, str):
        if not content and role not in {"tool", "function"} and not _may_be_silent(message, role):
            place.add("content_empty", f'"content" of a message from "{role}" must not be empty.', where)
    elif isinstance(content, list):
        _check_parts(content, role, where, place)
    else:
        said = f'"content" must be a string or an array of parts; it is {named(content)}.'
        place.add("content_wrong_type", said, where)
    refusal = message.get("refusal")
    if role == "assistant" and refusal is not None and not isinstance(refusal, str):
        place.add("content_wrong_type", f'"refusal" must be a string; it is {named(refusal)}.', f"{path}.refusal")


def misnamed(message: dict[str, Any]) -> str | None:
    """Return the key under which the text of a message without content stands, if it is one that others use."""
    if "content" in message:
        return None
    return next((name for name in ("value", "text") if isinstance(message.get(name), str)), None)


def _lacks(message: dict[str, Any]) -> str:
    if name := misnamed(message):
        return f'it stands under "{name}". Rename the key'
    return "it is null" if "content" in message else "it is missing"


def _may_be_silent(message: dict[str, Any], role: str) -> bool:
    if role == "function":
        return "content" in message
    # Calls in a wrong shape have a finding of their own: the silence is not another.
    calls = message.get("tool_calls") is not None or message.get("function_call") is not None
    return role == "assistant" and (calls or bool(message.get("refusal")))


def _check_parts(parts: list[Any], role: str, path: str, place: Place) -> None:
    if not parts:
        place.add("content_empty", '"content" must not be an empty array.', path)
    for index, part in enumerate(parts):
        where = f"{path}[{index}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "image_url":
            check_image(part, role, where, place)
        else:
            _check_part(part, kind, role, where, place)


def _check_part(part: Any, kind: Any, role: str, path: str, place: Place) -> None:
    key = "refusal" if kind == "refusal" and role == "assistant" else "text"
    if not isinstance(part, dict):
        place.add("part_invalid", f"a part must be an object; it is {named(part)}.", path)
    elif kind != key:
        hint = f" {_ELSEWHERE[kind]}" if isinstance(kind, str) and kind in _ELSEWHERE else ""
        said = f'the "type" of a part from "{role}" must be "text"; it is {shown(kind)}.{hint}'
        place.add("part_invalid", said, f"{path}.type" if "type" in part else path)
    elif not isinstance(part.get(key), str):
        said = f'a part of type "{kind}" needs the string "{key}"; {_instead(part, key)}'
        place.add("part_invalid", said, f"{path}.{key}" if key in part else path)
    else:
        check_keys(part, ("type", key), path, place, f'a part of type "{kind}"')


def _instead(part: dict[str, Any], key: str) -> str:
    if key in part:
        return f"it is {named(part[key])}."
    if isinstance(part.get("value"), str):
        return f'it stands under "value". Rename the key to "{key}", or convert the file: tuneyard convert FILE'
    others = [shown(name) for name in part if name != "type"]
    return f"found {', '.join(others[:3]) or 'nothing'}."
