"""Tell findings as SARIF 2.1.0, which code scanning and editors read"""

import json
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from services.cli.check.checked import Checked
from shared.datasets.checks import CODES, Code, Finding

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def write(checked: list[Checked]) -> None:
    """Write one log with one run."""
    sys.stdout.write(json.dumps(log(checked), indent=2) + "\n")


def log(checked: list[Checked]) -> dict[str, Any]:
    """Return the log: every code that was found as a rule, every finding listed as a result."""
    found = sorted({finding.code for one in checked for finding in one.report.findings})
    rules = {code: place for place, code in enumerate(found)}
    driver = {
        "name": "tuneyard",
        "semanticVersion": _version(),
        "rules": [_rule(CODES[code]) for code in found],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "artifacts": [
            {"location": {"uri": _uri(one.name)}, "length": one.report.bytes, "hashes": {"sha-256": one.report.sha256}}
            for one in checked
        ],
        "results": [
            _result(finding, rules, _uri(one.name), place)
            for place, one in enumerate(checked)
            for finding in one.report.findings
        ],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.name,
        "shortDescription": {"text": code.rule},
        "help": {"text": code.cure},
        "defaultConfiguration": {"level": _LEVELS[code.severity]},
    }


def _result(finding: Finding, rules: dict[str, int], uri: str, artifact: int) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "index": artifact},
            # What concerns the whole file is shown at its beginning: code scanning shows nothing without a line.
            "region": {"startLine": finding.line or 1},
        }
    }
    if finding.path is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path, "kind": "member"}]
    return {
        "ruleId": finding.code,
        "ruleIndex": rules[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location],
        "occurrenceCount": max(1, finding.count),
    }


def _uri(name: str) -> str:
    path = Path(name)
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))


def _version() -> str:
    try:
        return metadata.version("tuneyard")
    except metadata.PackageNotFoundError:
        return "0.0.0"
