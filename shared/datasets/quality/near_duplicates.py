"""Say which examples are nearly the same, in one file or in a training file and its validation file"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.groups import counted, lines
from shared.datasets.quality.near import Alike, find_alike
from shared.datasets.quality.rows import Rows
from shared.datasets.quality.shingles import MOST_SHINGLES, Shingles


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """How much of a file is nearly repetition."""

    groups: int
    examples: int  #: Examples that could go, with one of each group kept.
    sampled: int  #: Runs of words that were kept of each example, to compare it by.


def find_near_duplicates(rows: Rows, shingles: Shingles, findings: Findings) -> NearDuplicates:
    """Add a finding for each group of examples that are nearly the same, at its first line."""
    line, answers = rows["line"], rows["answer"]
    least = findings.policy.thresholds.near_duplicate
    eligible = _first_of_each(rows["example"])
    alike = find_alike(shingles.batches(), eligible, answers, least=least, most=shingles.most)
    groups = _joined(alike)
    for places, similarity in groups:
        said = f"{counted(len(places), 'example')} are nearly the same, in {lines(line[places])}: in their words they"
        cure = f"share at least {similarity:.0%} of what either has. Keep one, or make them differ in what matters."
        findings.add("near_duplicate", f"{said} {cure}", line=int(line[places[0]]))
    if shingles.most < MOST_SHINGLES:
        said = (
            f"with {len(rows):,} examples near-duplicates are judged by {shingles.most} runs of words of each at most."
        )
        findings.add("near_duplicates_sampled", f"{said} Some near the limit of {least:.0%} may be missed.")
    return NearDuplicates(len(groups), sum(len(places) - 1 for places, _ in groups), shingles.most)


def find_near_leaks(
    rows: Rows, shingles: Shingles, training: tuple[Rows, Shingles], leaked: NDArray[np.bool_], findings: Findings
) -> int:
    """Add a finding for each example that has a near twin in the training file; return how many there are."""
    trained, known = training
    before = len(trained)
    eligible = np.concatenate((_first_of_each(trained["example"]), ~leaked))
    answers = np.concatenate((trained["answer"], rows["answer"]))
    # Samples of one size compare: the larger file decides.
    most = min(known.most, shingles.most)
    batches = [batch.first(most) for batch in (*known.batches(), *shingles.batches())]
    twins: dict[int, Alike] = {}
    for pair in find_alike(batches, eligible, answers, least=findings.policy.thresholds.near_duplicate, most=most):
        if pair.one < before <= pair.other:
            twins.setdefault(pair.other - before, pair)
    line, lines_there = rows["line"], trained["line"]
    for place, pair in sorted(twins.items()):
        said = f"the example is nearly the same as line {lines_there[pair.one]:,} of the training file: they share"
        cure = f"{pair.similarity:.0%} of what either has. Remove it here: its loss shows what was learned by heart."
        findings.add("leaked_near", f"{said} {cure}", line=int(line[place]))
    return len(twins)


def _first_of_each(keys: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which examples are the first of their kind: exact duplicates have a finding of their own."""
    first = np.zeros(len(keys), bool)
    first[np.unique(keys, return_index=True)[1]] = True
    return first


def _joined(pairs: Iterable[Alike]) -> list[tuple[list[int], float]]:
    """Return groups of places that pairs join, with the least similarity of their pairs; the earliest first."""
    parent: dict[int, int] = {}
    least: dict[int, float] = {}

    def root(place: int) -> int:
        while (above := parent.setdefault(place, place)) != place:
            parent[place] = place = parent[above]
        return place

    # As they come: of a file full of twins there are ten times as many pairs as examples.
    for pair in pairs:
        one, other = root(pair.one), root(pair.other)
        first = min(one, other)
        parent[max(one, other)] = first
        least[first] = min(pair.similarity, least.get(one, 1.0), least.get(other, 1.0))
    groups: dict[int, list[int]] = {}
    for place in sorted(parent):
        groups.setdefault(root(place), []).append(place)
    return [(places, least[first]) for first, places in sorted(groups.items())]
