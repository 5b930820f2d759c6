"""OpenAI's list envelope."""

from collections.abc import Sequence
from typing import Any


def page(
    data: Sequence[dict[str, Any]], *, has_more: bool, with_ends: bool = True, no_id: str | None = None
) -> dict[str, Any]:
    """Return the envelope; `with_ends` adds `first_id` and `last_id`, which the lists of jobs and events lack.

    `no_id` stands there in an empty list: null for checkpoints, but "" for files (specification, `ListFilesResponse`).
    """
    body: dict[str, Any] = {"object": "list", "data": list(data), "has_more": has_more}
    if with_ends:
        body["first_id"] = data[0]["id"] if data else no_id
        body["last_id"] = data[-1]["id"] if data else no_id
    return body
