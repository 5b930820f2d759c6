"""Write an event as the exact bytes that are sent: OpenAI's envelope, with ours in it (api.md, "Webhooks")."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.clock import unix


def render(*, event_id: str, event_type: str, created_at: datetime, sequence: int, data: Mapping[str, Any]) -> bytes:
    """Return compact UTF-8 JSON. Done once per event: these bytes are signed and sent, never a second rendering."""
    return json.dumps(
        {
            "id": event_id,
            "object": "event",
            "created_at": unix(created_at),
            "type": event_type,
            "timestamp": created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "sequence": sequence,
            "data": data,
        },
        ensure_ascii=False,
        separators=(",", ":"),
        allow_nan=False,
    ).encode()
