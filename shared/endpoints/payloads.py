"""Write an event as the exact bytes that are sent: OpenAI's envelope, with ours in it (api.md, "Webhooks")."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.clock import unix


@dataclass(frozen=True)
class Bodies:
    """The bytes of one event in both styles."""

    full: bytes
    thin: bytes


def render(
    *,
    event_id: str,
    event_type: str,
    created_at: datetime,
    sequence: int,
    data: Mapping[str, Any],
    test: bool = False,
) -> Bodies:
    """Return compact UTF-8 JSON. Done once per event: these bytes are signed and sent, never a second rendering.

    The thin ones tell of the subject no more than its id, as OpenAI's own do: whoever gets them asks for the rest.
    """
    envelope = {
        "id": event_id,
        "object": "event",
        "created_at": unix(created_at),
        "type": event_type,
        "timestamp": created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "sequence": sequence,
        # Of the envelope, so that thin bytes say it too.
        **({"test": True} if test else {}),
    }
    return Bodies(_compact({**envelope, "data": data}), _compact({**envelope, "data": {"id": data.get("id")}}))


def _compact(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
