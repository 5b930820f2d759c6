"""Count the keys of a value: fewer than its text has mean that one stood twice, which every decoder swallows"""

from typing import Any

#: How deep a line may be nested. JSON sets no limit; every decoder has one, and ours must not depend on its caller's.
DEEPEST = 200
_LEAST, _MOST = -(2**63), 2**64 - 1


def keys_of(value: Any, deepest: int = DEEPEST) -> int:
    """Return how many keys there are in a value and below; -1 when it is nested too deep or a number is too large."""
    keys = 0
    level: list[Any] = [[value]]
    for _ in range(deepest + 1):
        below: list[Any] = []
        for item in level:
            if type(item) is dict:
                keys += len(item)
                item = item.values()  # noqa: PLW2901
            for one in item:
                kind = type(one)
                if kind is dict or kind is list:
                    below.append(one)
                elif kind is int and not _LEAST <= one <= _MOST:
                    return -1
        if not below:
            return keys
        level = below
    return -1
