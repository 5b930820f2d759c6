"""The rules of a dataset: what is looked for, and what is said of it."""

from shared.datasets.checks.codes import CODES, Code, Severity
from shared.datasets.checks.findings import LISTED_PER_CODE, Finding, Findings, Place

__all__ = ["CODES", "LISTED_PER_CODE", "Code", "Finding", "Findings", "Place", "Severity"]
