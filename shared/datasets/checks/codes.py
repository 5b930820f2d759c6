"""The registry of finding codes, a public contract: each with its severity, rule, example, cure and source."""

from shared.datasets.checks.registry import chat, pairs, quality, syntax, tools, whole
from shared.datasets.checks.registry.entry import Code
from shared.datasets.policy import Severity

__all__ = ["CODES", "Code", "Severity", "as_table"]

#: Never renamed: callers match on them.
CODES = {row.name: row for rows in (syntax, chat, tools, pairs, whole, quality) for row in rows.ROWS}


def as_table() -> str:
    """Return the registry as the Markdown table of docs/findings.md."""
    head = "| code | severity | rule | example | cure | source |\n| --- | --- | --- | --- | --- | --- |\n"
    return head + "".join(_row(code) for code in CODES.values())


def _row(code: Code) -> str:
    example = code.example if isinstance(code.example, str) else f"`{repr(code.example)[2:-1]}`"
    severity = f"{code.severity.value}, fixed" if code.fixed else code.severity.value
    cells = (f"`{code.name}`", severity, code.rule, example, code.cure, code.source)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
