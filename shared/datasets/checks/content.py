"""The rules of a message's content: text, parts, images."""

from typing import Any

from shared.datasets.checks.findings import Place
from shared.datasets.checks.wording import named, shown


def check_content(message: dict[str, Any], role: str, path: str, place: Place) -> None:
    """Add what is wrong with `content`, given the role that says it."""
    content = message.get("content")
    where = f"{path}.content"
    if content is None:
        if not _may_be_silent(message, role):
            found = "it is null" if "content" in message else "it is missing"
            place.add("content_missing", f'"content" of a message from "{role}" must be text; {found}.', where)
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


def _may_be_silent(message: dict[str, Any], role: str) -> bool:
    if role == "function":
        return "content" in message
    return role == "assistant" and any(message.get(key) for key in ("tool_calls", "function_call", "refusal"))


def _check_parts(parts: list[Any], role: str, path: str, place: Place) -> None:
    if not parts:
        place.add("content_empty", '"content" must not be an empty array.', path)
    images = 0
    for index, part in enumerate(parts):
        where = f"{path}[{index}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "image_url":
            images += 1
            _check_image(part, role, where, place)
        else:
            _check_part(part, kind, role, where, place)
    most = place.findings.policy.thresholds.images_per_example
    if images > most:
        place.add("image_invalid", f"at most {most} images are taken; found {images}.", path)


def _check_part(part: Any, kind: Any, role: str, path: str, place: Place) -> None:
    key = "refusal" if kind == "refusal" and role == "assistant" else "text"
    if not isinstance(part, dict):
        place.add("part_invalid", f"a part must be an object; it is {named(part)}.", path)
    elif kind != key:
        place.add("part_invalid", f'the "type" of a part from "{role}" must be "text"; it is {shown(kind)}.', path)
    elif not isinstance(part.get(key), str):
        others = [shown(name) for name in part if name != "type"]
        found = f"it is {named(part[key])}" if key in part else f"found {', '.join(others[:3]) or 'nothing'}"
        place.add("part_invalid", f'a part of type "{kind}" needs the string "{key}"; {found}.', path)
    elif extra := [name for name in part if name not in {"type", key}]:
        place.add("unknown_key", f'{shown(extra[0])} is not a key of a part of type "{kind}".', path)


def _check_image(part: dict[str, Any], role: str, path: str, place: Place) -> None:
    place.add("has_images", "the dataset has images; each is counted with 85 tokens, an estimate.", path)
    if role != "user":
        code = "image_in_assistant" if role == "assistant" else "part_invalid"
        place.add(code, f'images come from "user"; this one comes from "{role}".', path)
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, dict) else None
    if not isinstance(url, str) or not url.startswith(("http://", "https://", "data:image/")):
        said = f'"image_url" needs a "url" that is an http(s) or data:image/ address; it is {shown(url)}.'
        place.add("image_invalid", said, f"{path}.image_url")
    elif isinstance(image, dict) and image.get("detail", "auto") not in ("auto", "low", "high"):
        said = f'"detail" must be "auto", "low" or "high"; it is {shown(image["detail"])}.'
        place.add("image_invalid", said, f"{path}.image_url.detail")
