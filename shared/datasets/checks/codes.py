"""The registry of finding codes, a public contract: each with its severity, rule, cure and source"""

from shared.datasets.checks.registry import chat, pairs, quality, syntax, tools, whole
from shared.datasets.checks.registry.entry import Code
from shared.datasets.policy import Severity

__all__ = ["CODES", "GROUPS", "Code", "Severity"]

GROUPS = {
    "The file and its lines": syntax.ROWS,
    "Conversations, their words and pictures": chat.ROWS,
    "Tools and calls": tools.ROWS,
    "Pairs, preferences and reinforcement lines": pairs.ROWS,
    "The file as a whole, and its model": whole.ROWS,
    "Quality: what the file would teach": quality.ROWS,
}
#: Never renamed: callers match on them.
CODES = {row.name: row for rows in GROUPS.values() for row in rows}
