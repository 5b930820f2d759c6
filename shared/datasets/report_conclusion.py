"""Conclude on a file that was gone over: what it is as a whole, what it is good for, what it costs"""

from dataclasses import dataclass

from shared.catalogue import BaseModel
from shared.datasets.checks.whole import check_limits, check_model, check_size
from shared.datasets.estimate import Estimate, estimate
from shared.datasets.quality import Quality, Sketch
from shared.datasets.report_tokens import cut_to
from shared.datasets.scan import Scanned


@dataclass(frozen=True, kw_only=True)
class Use:
    """What a dataset is checked for."""

    model: BaseModel | None = None
    method: str | None = "supervised"  #: None is the one that the format is for.
    n_epochs: int | None = None
    for_validation: bool = False
    #: Of the training file, where this is its validation file; or why there is no sketch of it.
    against: Sketch | str | None = None


def conclude(scanned: Scanned, use: Use) -> Quality | None:
    """Add what is to be said of the file as a whole; return its quality, if that was asked for."""
    tally = scanned.tally
    findings = tally.findings
    if scanned.fault is not None:
        findings.add(scanned.fault.code or "packed_file_broken", str(scanned.fault))
    if tally.hopeless:
        return None
    if tally.examples == 0:
        if scanned.fault is None:
            found = "holds only blank lines" if scanned.lines else "is empty"
            findings.add("empty_file", f"the file {found}. Write one JSON object per line.")
        return None
    if not use.for_validation and scanned.fault is None:
        check_size(tally.examples, findings)
    check_limits(tally.format, tally.examples, scanned.bytes, findings, for_validation=use.for_validation)
    if use.model is not None:
        check_model(tally.format, findings.by_code["has_images"] > 0, use.model, use.method, findings)
    against = use.against
    if isinstance(against, str):
        findings.add("leakage_not_checked", f"{against}, so nobody looked whether examples here stand in it too.")
        against = None
    return None if tally.sketch is None else tally.sketch.conclude(findings, against=against)


def cost(scanned: Scanned, use: Use) -> Estimate | None:
    """Return what training on the file costs; None without a model, and for a validation file."""
    counts = scanned.tally.counts
    if use.model is None or use.for_validation or not counts:
        return None
    tokens = cut_to(counts, use.model.tokens_per_example)
    return estimate(
        use.model,
        tokens_per_epoch=tokens,
        examples=scanned.tally.examples,
        n_epochs=use.n_epochs,
        uncertain=scanned.tally.uncertain,
    )
