"""Tell findings as workflow commands of GitHub Actions: annotations on the lines of a pull request"""

import sys

from services.cli.check.checked import Checked
from services.cli.output import is_unicode
from services.cli.report_view import plural, totals
from shared.datasets.checks import Finding
from shared.datasets.checks.wording import clean

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def write(checked: list[Checked]) -> None:
    """Write a command for each finding, and for each file a line on all of them."""
    for one in checked:
        for finding in one.report.findings:
            _write(_command(finding, one.name))
        _write(f"{clean(one.name)}: {plural(one.report.examples, 'example')}; {totals(one.report.findings_total)}")


def _command(finding: Finding, name: str) -> str:
    where = "" if finding.path is None else f"{finding.path}: "
    properties = {"file": name, "line": str(finding.line or 1), "title": finding.code}
    shown = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {shown}::{_data(where + finding.message)}"


def _data(text: str) -> str:
    """Escape as the runner's toolkit does: what a file holds must not become another command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _write(line: str) -> None:
    encoding = "utf-8" if is_unicode(sys.stdout.encoding) else "ascii"
    sys.stdout.write(line.encode(encoding, "replace").decode(encoding) + "\n")
