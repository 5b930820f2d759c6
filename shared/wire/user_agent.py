"""How we call ourselves to the servers that we call: providers and receivers of webhooks."""

from functools import cache
from importlib.metadata import version


@cache
def user_agent() -> str:
    """Return the name and the installed version, as `Tuneyard/1.2.3`."""
    return f"Tuneyard/{version('tuneyard')}"
