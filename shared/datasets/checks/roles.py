"""The rule of roles: every message says who speaks, in the format's own words."""

from typing import Any

from shared.datasets.checks.findings import Place
from shared.datasets.checks.wording import shown

CHAT_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
REINFORCEMENT_ROLES = ("developer", "system", "user", "assistant", "tool")
#: What others call them.
_MEANT = {
    "human": "user", "customer": "user", "prompter": "user", "client": "user", "question": "user",
    "gpt": "assistant", "bot": "assistant", "model": "assistant", "ai": "assistant", "chatbot": "assistant",
    "agent": "assistant", "chatgpt": "assistant", "answer": "assistant",
    "observation": "tool", "tool_response": "tool", "function_call": "assistant",
}  # fmt: skip


def check_role(message: dict[str, Any], roles: tuple[str, ...], path: str, place: Place) -> str | None:
    """Return the role of a message, or None after adding that it has none that the format knows."""
    role = message.get("role")
    if "role" not in message:
        place.add("role_missing", _missing(message), path)
        return None
    if not isinstance(role, str) or role not in roles:
        expected = ", ".join(f'"{name}"' for name in roles)
        place.add(
            "role_unknown",
            f"a role must be one of {expected}; it is {shown(role)}.{_meant(role, roles)}",
            f"{path}.role",
        )
        return None
    if role == "developer" and roles is CHAT_ROLES:
        said = 'the role "developer" is documented for reinforcement only. Write "system".'
        place.add("developer_role", said, path)
    elif role == "system" and roles is REINFORCEMENT_ROLES:
        place.add("system_role", 'reinforcement lines are documented with "developer". Write it for "system".', path)
    elif role == "function":
        place.add("functions_legacy", 'the role "function" is deprecated. Use "tool_calls" and the role "tool".', path)
    return role


def _missing(message: dict[str, Any]) -> str:
    if "from" in message:
        said = 'a message must have a "role"; this one has "from", as ShareGPT has.'
        return f'{said} Write "role" for it, and "content" for "value".'
    return 'a message must have a "role"; this one has none.'


def _meant(role: Any, roles: tuple[str, ...]) -> str:
    plain = role.strip().lower() if isinstance(role, str) else ""
    meant = plain if plain in roles else _MEANT.get(plain)
    return f' Is "{meant}" meant?' if meant in roles else ""
