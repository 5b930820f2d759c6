"""Check a dataset in one pass: findings, tokens, cost, as one report."""

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO

from shared.catalogue import BaseModel
from shared.datasets.checks import Finding, Findings, Place, Severity
from shared.datasets.checks.example import check_example
from shared.datasets.checks.syntax import read_object
from shared.datasets.checks.whole import check_model, check_size, what_is_wrong_at_all
from shared.datasets.estimate import Estimate, estimate
from shared.datasets.formats import MAX_LINE_BYTES, Format, Lines, read_plain
from shared.datasets.formats.lines import is_json
from shared.datasets.policy import DEFAULT, Policy
from shared.datasets.report_tokens import cut_to, histogram, summary
from shared.datasets.tokens import TokenCounter

#: What tokens are counted in while no model is named: every base that is still trained uses it.
DEFAULT_ENCODING = "o200k_base"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a check found. Tokens are those of the examples without errors."""

    format: Format | None
    model: str | None
    examples: int
    bytes: int
    sha256: str
    encoding: str
    total_tokens: int
    assistant_tokens: int
    per_example: dict[str, Any]
    histogram: list[dict[str, int]]
    truncated_examples: int
    estimate: Estimate | None
    findings: list[Finding]
    findings_total: dict[str, int]
    findings_by_code: dict[str, int]
    policy: Policy = DEFAULT

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
            "tokens": {
                "encoding": self.encoding,
                "total": self.total_tokens,
                "assistant": self.assistant_tokens,
                "per_example": self.per_example,
                "histogram": self.histogram,
            },
            "truncated_examples": self.truncated_examples,
            "estimate": self.estimate and self.estimate.as_dict(),
            "findings": [finding.as_dict() for finding in self.findings],
            "findings_total": self.findings_total,
            "findings_by_code": self.findings_by_code,
            "policy": self.policy.as_dict(),
        }


def check(
    stream: BinaryIO | Iterable[bytes],
    *,
    model: BaseModel | None,
    n_epochs: int | None = None,
    method: str = "supervised",
    format: Format | None = None,  # noqa: A002 (the word of the report and of the API)
    policy: Policy = DEFAULT,
    for_validation: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
    max_line: int = MAX_LINE_BYTES,
) -> Report:
    """Read a dataset to its end and report on it; nothing that it may hold is raised.

    Without a model tokens are counted in `o200k_base`, there is no estimate, and what depends on a model is not
    checked. The `format` is that of the first example unless it is named. A file `for_validation` may be as small as it
    likes, and costs nothing. `on_progress` is called with bytes and lines read, once per chunk. Memory does not grow
    with the file, but for four bytes an example.
    """
    lines = Lines(stream, on_progress=on_progress, max_line=max_line)
    checking = _Checking(model, format, policy)
    for number, line in lines:
        checking.take(number, line)
    checking.conclude(lines, method, for_validation=for_validation)
    return checking.report(lines, None if for_validation else checking.estimate(n_epochs))


class _Checking:
    """A check under way."""

    def __init__(self, model: BaseModel | None, named: Format | None, policy: Policy) -> None:
        self._model = model
        self._limit = model.tokens_per_example if model else None
        self._counter = TokenCounter(model.encoding if model else DEFAULT_ENCODING)
        self._findings = Findings(policy)
        self._format = named
        self._examples = 0
        self._counts = array("I")
        self._learned = 0
        self._truncated = 0
        self._hopeless = False  # The file is not lines of JSON: one finding says it all.

    def take(self, number: int, line: bytes | None) -> None:
        if self._hopeless:
            return
        if line is None:
            self._examples += 1
            self._findings.add("line_too_long", "the line is over 64 MiB and was not read. Split it.", line=number)
            return
        if number == 1 and line.startswith(_BOM):
            self._findings.add("byte_order_mark", "the file begins with a byte order mark. Save it without.", line=1)
            line = line[len(_BOM) :]
        if line.endswith(b"\r"):
            self._findings.add(
                "crlf", "lines end with a carriage return and a line feed, which is read well.", line=number
            )
        if not line.strip(b" \t\r"):
            self._findings.add("blank_line", "the line is blank. Remove it.", line=number)
            return
        if self._examples == 0 and (wrong := what_is_wrong_at_all(line, is_json(line))):
            self._hopeless = True
            self._findings.add(wrong[0], wrong[1], line=number)
            return
        self._examples += 1
        self._take_example(number, line)

    def _take_example(self, number: int, line: bytes) -> None:
        plain = read_plain(line, self._format)
        if plain is not None:
            self._count(number, *self._counter.plain(plain))
            return
        place = Place(self._findings, number)
        example = read_object(line, place)
        if example is None:
            return
        kind = check_example(example, self._format, place)
        self._format = self._format or kind
        if kind is not None and not place.errors:
            self._count(number, *self._counter.example(example, kind))

    def _count(self, number: int, total: int, learned: int) -> None:
        self._counts.append(total)
        self._learned += learned
        if self._limit is not None and self._model is not None and total > self._limit:
            self._truncated += 1
            said = f"the example has {total:,} tokens; {self._model.name} takes {self._limit:,}"
            cut = f"the last {total - self._limit:,} are cut off, which is where the answer stands."
            self._findings.add("example_truncated", f"{said}: {cut}", line=number)

    def report(self, lines: Lines, estimate: Estimate | None) -> Report:
        return Report(
            format=self._format,
            model=None if self._model is None else self._model.name,
            examples=self._examples,
            bytes=lines.bytes,
            sha256=lines.sha256,
            encoding=self._counter.encoding,
            total_tokens=sum(self._counts),
            assistant_tokens=self._learned,
            per_example=summary(self._counts),
            histogram=histogram(self._counts),
            truncated_examples=self._truncated,
            estimate=estimate,
            findings=self._findings.listed(),
            findings_total=self._findings.totals(),
            findings_by_code=dict(self._findings.by_code),
            policy=self._findings.policy,
        )

    def conclude(self, lines: Lines, method: str, *, for_validation: bool) -> None:
        if self._hopeless:
            return
        if self._examples == 0:
            found = "holds only blank lines" if lines.count else "is empty"
            self._findings.add("empty_file", f"the file {found}. Write one JSON object per line.")
            return
        if not for_validation:
            check_size(self._examples, self._findings)
        if self._model is not None:
            check_model(self._format, self._findings.by_code["has_images"] > 0, self._model, method, self._findings)

    def estimate(self, n_epochs: int | None) -> Estimate | None:
        if self._model is None or self._limit is None or not self._counts:
            return None
        tokens = cut_to(self._counts, self._limit)
        return estimate(self._model, tokens_per_epoch=tokens, examples=self._examples, n_epochs=n_epochs)
