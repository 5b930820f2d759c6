"""Collect findings: every one is counted, the first thousand of each code are listed."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from shared.datasets.checks.codes import CODES
from shared.datasets.policy import DEFAULT, Policy, Severity

LISTED_PER_CODE = 1_000
_RANKS = {code: rank for rank, code in enumerate(CODES)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a dataset. `line` counts from 1; None means the file as a whole."""

    code: str
    severity: Severity
    line: int | None
    path: str | None
    message: str
    count: int = 1  #: How often it stands in the file, where one entry tells of all.

    def __str__(self) -> str:
        return self.message if self.line is None else f"line {self.line}: {self.message}"

    def as_dict(self) -> dict[str, Any]:
        """Return the entry of a dataset report."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "line": self.line,
            "path": self.path,
            "message": self.message,
            "count": self.count,
        }


class Findings:
    """What a check has found so far, each finding as bad as the policy takes it to be."""

    def __init__(self, policy: Policy = DEFAULT) -> None:
        self.policy = policy
        self.severities = {name: policy.severity(name, code.severity) for name, code in CODES.items()}
        self.by_code: Counter[str] = Counter()
        self._listed: dict[str, list[Finding]] = {}

    def add(self, code: str, message: str, *, line: int | None = None, path: str | None = None, times: int = 1) -> None:
        """Count a finding, and list it unless a thousand of its code are, or one entry tells of all.

        Found so many `times` in the lines that follow, it is listed once: only for a code of which one entry tells.

        A code that is off is not even counted. Raises KeyError for a code that is not in the registry.
        """
        severity = self.severities[code]
        if severity is None:
            return
        self.by_code[code] += times
        if self.wanted(code):
            self._listed.setdefault(code, []).append(Finding(code, severity, line, path, message))

    def wanted(self, code: str) -> bool:
        """Whether the next finding of this code would be listed: its sentence need not be made if not."""
        listed = len(self._listed.get(code, ()))
        return self.severities[code] is not None and listed < (1 if CODES[code].once else LISTED_PER_CODE)

    def extend(self, later: "Findings") -> list[Finding]:
        """Add what was found in the lines that follow, under the same policy; return what is listed because of it."""
        self.by_code.update(later.by_code)
        added: list[Finding] = []
        for code, entries in later._listed.items():  # noqa: SLF001 (one of us)
            mine = self._listed.setdefault(code, [])
            room = (1 if CODES[code].once else LISTED_PER_CODE) - len(mine)
            mine += entries[:room]
            added += entries[:room]
        return added

    def listed(self) -> list[Finding]:
        """Return what is listed in the order of the lines, and of the registry; what concerns the file comes last.

        In which order the checks looked makes no difference, nor where the file was cut.
        """
        entries = [
            replace(entry, count=self.by_code[entry.code]) if CODES[entry.code].once else entry
            for entries in self._listed.values()
            for entry in entries
        ]
        return sorted(entries, key=_order)

    def totals(self) -> dict[str, int]:
        """Return how many findings there are by severity, listed or not; what one entry tells of counts once."""
        totals = {severity.value: 0 for severity in Severity}
        for code, count in self.by_code.items():
            if (severity := self.severities[code]) is not None:
                totals[severity.value] += 1 if CODES[code].once else count
        return totals


def _order(finding: Finding) -> tuple[bool, int, int]:
    return (True, 0, 0) if finding.line is None else (False, finding.line, _RANKS[finding.code])


class Place:
    """Where findings are being made: one line, so that the rules need not carry its number."""

    __slots__ = ("added", "errors", "findings", "images", "known", "line")

    def __init__(self, findings: Findings, line: int) -> None:
        self.findings = findings
        self.line = line
        self.errors = 0
        self.added = 0  #: What was found here, though a policy may count none of it.
        self.images = 0  #: Seen in the example so far.
        #: Paths of which all was said: what a rule finds there follows from it.
        self.known: frozenset[str | None] = frozenset()

    def add(self, code: str, message: str, path: str | None = None) -> None:
        """Add a finding of this line; `path` leads to the value inside the example."""
        self.added += 1
        self.errors += self.findings.severities[code] is Severity.ERROR
        # A key that must not be there is a fault whatever stands under it.
        if path not in self.known or code == "unknown_key":
            self.findings.add(code, message, line=self.line, path=path or None)
