"""Find system prompts that drift: variants of the usual one, and examples without any"""

from dataclasses import dataclass

import numpy as np

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.groups import counted, lines, share
from shared.datasets.quality.rows import Rows

#: A prompt in so large a share of the examples that have one is the usual one, and others look like accidents. Where
#: none is, they differ on purpose: roles, documents, customers.
USUAL = 0.8
_FEWEST = 10
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Variant:
    """A system prompt, by the first line that has it."""

    line: int
    examples: int


@dataclass(frozen=True, slots=True)
class SystemPrompts:
    """What system prompts a file has."""

    variants: int
    without: int  #: Examples that have none.
    most_frequent: list[Variant]


def find_drift(rows: Rows, findings: Findings) -> SystemPrompts:
    """Add a finding for rare variants of a usual system prompt, and one for examples that lack it."""
    line = rows["line"]
    keys, firsts, counts = np.unique(rows["system"], return_index=True, return_counts=True)
    without = int(counts[keys == 0].sum())
    some = np.flatnonzero(keys != 0)
    order = some[np.lexsort((firsts[some], -counts[some].astype(np.int64)))]
    variants = [Variant(int(line[firsts[at]]), int(counts[at])) for at in order[:_SHOWN]]
    having = len(rows) - without
    if having >= _FEWEST and variants[0].examples >= USUAL * having:
        usual = f"{counted(variants[0].examples, 'example')} ({share(variants[0].examples / having)} of those with one)"
        if len(some) > 1:
            _add_variants(variants, len(some), usual, findings)
        if without and having > len(rows) / 2:
            lacking = line[np.flatnonzero(rows["system"] == 0)]
            said = (
                f"{counted(without, 'example')} {'has' if without == 1 else 'have'} no system prompt,"
                f" in {lines(lacking)}, though {having:,} have one."
            )
            cure = "Give every example the prompt that is used in production."
            findings.add("system_prompt_missing", f"{said} {cure}", line=int(lacking[0]))
    return SystemPrompts(len(some), without, variants)


def _add_variants(variants: list[Variant], number: int, usual: str, findings: Findings) -> None:
    rare = ", ".join(f"line {variant.line:,} ({variant.examples:,})" for variant in variants[1:5])
    said = f"{usual} have one system prompt, that of line {variants[0].line:,}; {number - 1:,} more stand in few:"
    cure = f"{rare}{' and others' if number > 5 else ''}. Use one, word for word the one of production."
    findings.add("system_prompt_varies", f"{said} {cure}", line=variants[1].line)
