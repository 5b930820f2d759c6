"""Judge a stored report for a model that the file was not checked with, without the file."""

from collections.abc import Mapping
from typing import Any

from shared.catalogue import BaseModel
from shared.datasets.checks import Finding, Findings
from shared.datasets.checks.whole import check_model
from shared.datasets.formats import Format


def judge(report: Mapping[str, Any], model: BaseModel, *, method: str = "supervised") -> list[Finding]:
    """Return what a `dataset.report` means for `model`: an error keeps a job from being made of the two.

    What the file alone could tell (the tokens in another encoding, which lines are truncated) is left unsaid but for a
    warning that the longest example exceeds the limit. The report's own findings are not repeated.
    """
    findings = Findings()
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
