"""One line that asks the new model something of its own training file"""

import json
import shlex
from pathlib import Path
from typing import Any

from services.cli.run.connection import Connection

#: A longer prompt would fill the terminal.
_MOST_CHARACTERS = 400
_HELLO: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}


def line_to_try(connection: Connection, model: str, file: Path | None) -> str:
    """Return a curl command; the key stands in it as what the shell expands to it."""
    ask = (file and first_prompt(file)) or _HELLO
    path = "chat/completions" if "messages" in ask else "completions"
    body = shlex.quote(json.dumps({"model": model, **ask}, ensure_ascii=False))
    key = f'-H "Authorization: Bearer {connection.key_in_shell}"'
    return f"curl -sS {connection.url}/{path} {key} -H 'Content-Type: application/json' -d {body}"


def first_prompt(file: Path) -> dict[str, Any] | None:
    """Return the file's first example up to its first answer; None when it is long or of another form."""
    try:
        with file.open("rb") as lines:
            example = json.loads(lines.readline(_MOST_CHARACTERS * 100))
    except (OSError, ValueError):
        return None
    if not isinstance(example, dict):
        return None
    ask = _chat(example.get("messages")) or _pair(example.get("prompt"))
    return ask if ask and len(json.dumps(ask)) <= _MOST_CHARACTERS else None


def _chat(messages: Any) -> dict[str, Any] | None:
    if not isinstance(messages, list):
        return None
    before: list[Any] = []
    for message in messages:
        if not isinstance(message, dict) or message.get("role") == "assistant":
            break
        before.append({name: message[name] for name in ("role", "content") if name in message})
    return {"messages": before} if before else None


def _pair(prompt: Any) -> dict[str, Any] | None:
    return {"prompt": prompt} if isinstance(prompt, str) and prompt else None
