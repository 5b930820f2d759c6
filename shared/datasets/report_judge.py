"""Judge a stored report anew, without the file: for another model, or for a file that is only validated on."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from shared.catalogue import BaseModel
from shared.datasets.checks import Finding, Findings
from shared.datasets.checks.whole import check_model
from shared.datasets.formats import Format
from shared.datasets.policy_file import read_policy

_ABOUT_SIZE = frozenset({"too_few_examples", "few_examples"})


def for_validation(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report as it reads for a validation file: how many examples it has is nobody's concern."""
    findings = [found for found in report["findings"] if found["code"] not in _ABOUT_SIZE]
    left_out = [found["severity"] for found in report["findings"] if found["code"] in _ABOUT_SIZE]
    total = {severity: count - left_out.count(severity) for severity, count in report["findings_total"].items()}
    by_code = {code: count for code, count in report["findings_by_code"].items() if code not in _ABOUT_SIZE}
    return {
        **report,
        "findings": findings,
        "findings_total": total,
        "findings_by_code": by_code,
        "valid": total["error"] == 0,
    }


def for_model(report: Mapping[str, Any], model: BaseModel, *, method: str = "supervised") -> dict[str, Any]:
    """Return the report as it reads for a job of `model`: what `judge` finds stands among its findings and totals."""
    found = [one for one in judge(report, model, method=method) if one.code not in report["findings_by_code"]]
    severities = Counter(one.severity.value for one in found)
    total = {severity: count + severities[severity] for severity, count in report["findings_total"].items()}
    return {
        **report,
        "findings": [*report["findings"], *(one.as_dict() for one in found)],
        "findings_total": total,
        "findings_by_code": {**report["findings_by_code"], **{one.code: one.count for one in found}},
        "valid": report["valid"] and total["error"] == 0,
    }


def judge(report: Mapping[str, Any], model: BaseModel, *, method: str = "supervised") -> list[Finding]:
    """Return what a `dataset.report` means for `model`: an error keeps a job from being made of the two.

    What the file alone could tell (the tokens in another encoding, which lines are truncated) is left unsaid but for a
    warning that the longest example exceeds the limit. The report's own findings are not repeated, and
    its policy holds.
    """
    findings = Findings(read_policy(report.get("policy", {})))
    kind = Format(report["format"]) if report["format"] else None
    has_images = any(finding["code"] == "has_images" for finding in report["findings"])
    check_model(kind, has_images, model, method, findings)
    tokens = report["tokens"]
    longest = tokens["per_example"]["max"]
    if report.get("model") != model.name and longest > model.tokens_per_example:
        counted = "" if tokens["encoding"] == model.encoding else f" (counted in {tokens['encoding']})"
        said = f"the longest example has {longest:,} tokens{counted}; {model.name} takes {model.tokens_per_example:,}"
        findings.add("example_truncated", f"{said}: the rest is cut off, which is where the answer stands.")
    return findings.listed()
