"""Check a dataset in one pass: findings, tokens, cost, as one report."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, BinaryIO

from shared.catalogue import BaseModel
from shared.datasets.checks import Finding, Severity
from shared.datasets.estimate import Estimate
from shared.datasets.formats import Format
from shared.datasets.policy import DEFAULT, Policy
from shared.datasets.quality import Quality, Sketch
from shared.datasets.reading import MAX_LINE_BYTES, Packing, UnpackLimits
from shared.datasets.report_conclusion import Use, conclude, cost
from shared.datasets.report_tokens import histogram, summary
from shared.datasets.scan import Crew, Heard, Plan, Scanned, scan

#: What tokens are counted in while no model is named: every base that is still trained uses it.
DEFAULT_ENCODING = "o200k_base"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a check found. Tokens are those of the examples without errors."""

    format: Format | None
    model: str | None
    examples: int
    bytes: int
    sha256: str
    encoding: str | None  #: None when tokens were not counted.
    total_tokens: int
    assistant_tokens: int
    uncertain_tokens: int  #: How many more there may be: tools and pictures are estimates.
    per_example: dict[str, Any]
    histogram: list[dict[str, int]]
    truncated_examples: int
    estimate: Estimate | None
    findings: list[Finding]
    findings_total: dict[str, int]
    findings_by_code: dict[str, int]
    policy: Policy = DEFAULT
    compression: Packing | None = (
        None  #: What the file is packed with; `bytes` and `sha256` are those of the packed one.
    )
    plain_bytes: int = 0  #: What it unpacks to, and what goes to a provider.
    quality: Quality | None = None
    sketch: Sketch | None = None  #: What a check of its validation file needs to know; None where no example is known.

    @property
    def valid(self) -> bool:
        """Whether the file may be trained on: no finding is an error."""
        return self.findings_total[Severity.ERROR] == 0

    def errors(self) -> list[Finding]:
        """Return the errors listed, those of the lowest lines first, those of the file as a whole last."""
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]

    def first_error(self) -> Finding | None:
        """Return the error of the lowest line, or else the first of the file as a whole."""
        return next(iter(self.errors()), None)

    def as_dict(self) -> dict[str, Any]:
        """Return the object `dataset.report` of the API."""
        return {
            "object": "dataset.report",
            "format": self.format and self.format.value,
            "model": self.model,
            "valid": self.valid,
            "examples": self.examples,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "compression": self.compression and self.compression.value,
            "plain_bytes": self.plain_bytes,
            "tokens": {
                "encoding": self.encoding,
                "total": self.total_tokens,
                "assistant": self.assistant_tokens,
                "uncertain": self.uncertain_tokens,
                "per_example": self.per_example,
                "histogram": self.histogram,
            },
            "truncated_examples": self.truncated_examples,
            "estimate": self.estimate and self.estimate.as_dict(),
            "findings": [finding.as_dict() for finding in self.findings],
            "findings_total": self.findings_total,
            "findings_by_code": self.findings_by_code,
            "policy": self.policy.as_dict(),
            "quality": self.quality and self.quality.as_dict(),
        }


def check(
    stream: BinaryIO | Iterable[bytes],
    *,
    model: BaseModel | None,
    n_epochs: int | None = None,
    method: str | None = "supervised",
    format: Format | None = None,  # noqa: A002 (the word of the report and of the API)
    policy: Policy = DEFAULT,
    for_validation: bool = False,
    against: Sketch | str | None = None,
    tokens: bool = True,
    quality: bool = False,
    processes: int = 1,
    crew: Crew | None = None,
    limits: UnpackLimits | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_findings: Callable[[list[Finding]], None] | None = None,
    pulse: Callable[[], None] | None = None,
    max_line: int = MAX_LINE_BYTES,
) -> Report:
    """Read a dataset to its end, packed or not, and report on it; nothing that it may hold is raised.

    Without a model tokens are counted in `o200k_base`, there is no estimate, and what depends on a model is not
    checked; with one and no `method`, any of its methods may take the file. The `format` is that of the first example
    unless it is named. A file `for_validation` may be as small as it likes, and costs nothing; `against` the sketch of
    its training file it is searched for leaks. A string in its place begins the sentence that says why there is none.

    `processes` are started for this check, unless it is small, or those of a `crew` are used: the report is the same.
    `on_progress` is called with bytes and lines done, as they are, `on_findings` with what is found, as it is, and
    `pulse` all the while: what it raises ends the check. Memory does not grow with the file, but for four bytes an
    example, and with `quality` for some forty.
    """
    encoding = (model.encoding if model else DEFAULT_ENCODING) if tokens else None
    plan = Plan(
        encoding=encoding,
        model=None if model is None else model.name,
        limit=None if model is None else model.tokens_per_example,
        policy=policy,
        quality=quality,
        max_line=max_line,
    )
    heard = Heard(on_progress=on_progress, on_findings=on_findings, pulse=pulse)
    own = Crew(processes) if crew is None and processes > 1 else None
    with own or nullcontext():
        scanned = scan(stream, plan, kind=format, crew=crew or own, limits=limits, heard=heard)
    use = Use(model=model, method=method, n_epochs=n_epochs, for_validation=for_validation, against=against)
    found = conclude(scanned, use)
    return _report(plan, scanned, use, found)


def _report(plan: Plan, scanned: Scanned, use: Use, quality: Quality | None) -> Report:
    tally = scanned.tally
    return Report(
        format=tally.format,
        model=plan.model,
        examples=tally.examples,
        bytes=scanned.bytes,
        sha256=scanned.sha256,
        encoding=plan.encoding,
        total_tokens=sum(tally.counts),
        assistant_tokens=tally.learned,
        uncertain_tokens=tally.uncertain,
        per_example=summary(tally.counts),
        histogram=histogram(tally.counts),
        truncated_examples=tally.truncated,
        estimate=cost(scanned, use),
        findings=tally.findings.listed(),
        findings_total=tally.findings.totals(),
        findings_by_code=dict(tally.findings.by_code),
        policy=plan.policy,
        compression=scanned.packing,
        plain_bytes=scanned.plain_bytes,
        quality=quality,
        sketch=tally.sketch if tally.sketch is not None and len(tally.sketch.rows) else None,
    )
