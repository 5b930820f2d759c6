"""The rules of a dataset: what is looked for, and what is said of it. The deep checks of quality will live here."""

from shared.datasets.checks.codes import CODES, Code, Severity, as_table
from shared.datasets.checks.findings import LISTED_PER_CODE, Finding, Findings, Place

__all__ = ["CODES", "LISTED_PER_CODE", "Code", "Finding", "Findings", "Place", "Severity", "as_table"]
