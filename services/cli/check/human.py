"""Tell findings to a person: report after report, what was mended before what is left"""

from rich.console import Console
from rich.text import Text

from services.cli.check.checked import Checked
from services.cli.output import drawable
from services.cli.report_view import show
from shared.datasets.checks.wording import clean
from shared.datasets.fix import Fixes, Mended

_LINES = 5


def write(checked: list[Checked]) -> None:
    """Write the reports."""
    console = Console()
    for number, one in enumerate(checked):
        if number:
            console.print()
        if one.fixes is not None:
            _write_fixes(one.fixes, one.name, console)
        show(one.as_dict(), one.name, console)
        if one.fixes is None and one.can_be_mended:
            _say(f"Mend       --fix writes a corrected copy: {_mendable(one)} need no question.", console)


def _write_fixes(fixes: Fixes, name: str, console: Console) -> None:
    for what, count in fixes.counts.items():
        lines = ", ".join(f"{line:,}" for line in fixes.lines[what][:_LINES])
        more = f" and {count - _LINES:,} more" if count > _LINES else ""
        _say(f"Fixed      {what.deed}: {count:,} (line{'s' * (count > 1)} {lines}{more})", console)
    counts = f"{fixes.read:,} lines read, {fixes.written:,} written"
    said = f"{counts}; the copy is {clean(name)}" if fixes.counts else "Nothing to fix: no copy was made"
    _say(f"{'Fixed      ' if fixes.counts else ''}{said}", console)


def _mendable(one: Checked) -> str:
    found = one.report.findings_by_code
    return ", ".join(f"{what} ({found[what]:,})" for what in Mended if found.get(what))


def _say(text: str, console: Console) -> None:
    console.print(Text(drawable(text, console.encoding)), soft_wrap=True)
