"""Take the examples of a file, keep what is needed of each, and conclude on the file as a whole"""

from collections.abc import Iterable
from typing import Any

from shared.datasets.checks.findings import Findings
from shared.datasets.formats import Format, PlainChat, PlainPair
from shared.datasets.quality.contradictions import find_contradictions
from shared.datasets.quality.credentials import check_secrets
from shared.datasets.quality.duplicates import find_duplicates
from shared.datasets.quality.endings import check_circles, find_cut_answers
from shared.datasets.quality.facts import add_facts
from shared.datasets.quality.grounding import find_ungrounded
from shared.datasets.quality.habits import Habits
from shared.datasets.quality.languages import find_odd_languages
from shared.datasets.quality.leakage import Leakage, find_leaks
from shared.datasets.quality.lengths import find_odd_lengths
from shared.datasets.quality.mojibake import check_mojibake
from shared.datasets.quality.near_duplicates import find_near_duplicates, find_near_leaks
from shared.datasets.quality.personal import check_personal
from shared.datasets.quality.promises import check_promises
from shared.datasets.quality.refusals import find_refusals
from shared.datasets.quality.rows import Rows
from shared.datasets.quality.shapes import KeySets, find_odd_shapes
from shared.datasets.quality.shingles import Shingles
from shared.datasets.quality.systems import find_drift
from shared.datasets.quality.talk import Talk, see
from shared.datasets.quality.texts import Texts
from shared.datasets.quality.verdict import Quality

#: Characters of examples that are looked at together.
_TOGETHER = 1 << 19
#: What is looked for in the texts of an example by themselves, and what is said of it.
_CHECKS = (
    (check_secrets, ("secret",)),
    (check_personal, ("personal_email", "personal_phone", "personal_card", "personal_iban")),
    (check_mojibake, ("mojibake",)),
    (check_promises, ("promise",)),
    (check_circles, ("answer_repeats",)),
)
#: An example, its line and its format.
Taken = tuple[int, PlainChat | PlainPair | dict[str, Any], Format]


class Sketch:
    """What the checks of quality know of a file, or of a block of it.

    Sketches of blocks, extended in file order, are the sketch of the file: where it was cut makes no difference.
    """

    def __init__(self) -> None:
        self.rows = Rows()
        self.keys = KeySets()
        self.habits = Habits()
        self.shingles: Shingles | None = Shingles()

    def take(self, examples: Iterable[Taken], findings: Findings) -> None:
        """Look at the examples that follow, in the order of the file; add what is to be said of each alone.

        Whatever they hold, nothing is raised. One by one they would cost three times as much.
        """
        lines: list[int] = []
        talks: list[Talk] = []
        waiting = 0
        for line, example, kind in examples:
            if talk := see(example, kind):
                lines.append(line)
                talks.append(talk)
                waiting += sum(map(len, talk.texts))
                if kind is not Format.CHAT:
                    self.habits.take(line, example, kind)
            if waiting >= _TOGETHER:
                self._look(lines, talks, findings)
                lines, talks, waiting = [], [], 0
        if talks:
            self._look(lines, talks, findings)

    def _look(self, lines: list[int], talks: list[Talk], findings: Findings) -> None:
        texts = Texts(lines, talks)
        for check, codes in _CHECKS:
            if any(findings.severities[code] is not None for code in codes):
                check(texts, findings)
        add_facts(texts, self.rows, self.keys)
        if _near_wanted(findings) and self.shingles is not None:
            for talk in talks:
                self.shingles.take(talk)
        else:
            self.shingles = None

    def extend(self, other: "Sketch") -> None:
        """Add what is known of the block that follows."""
        self.rows.extend(other.rows)
        self.keys.extend(other.keys)
        self.habits.extend(other.habits)
        if self.shingles is None or other.shingles is None:
            self.shingles = None
        else:
            self.shingles.extend(other.shingles)

    def conclude(self, findings: Findings, *, against: "Sketch | None" = None) -> Quality:
        """Add what is to be said of the file as a whole; `against` is the training file of this validation file."""
        rows = self.rows
        self.habits.conclude(findings, rows)
        return Quality(
            examples=len(rows),
            duplicates=find_duplicates(rows, findings),
            near_duplicates=None if self.shingles is None else find_near_duplicates(rows, self.shingles, findings),
            agreement=find_contradictions(rows, findings),
            leakage=None if against is None else self._find_leakage(against, findings),
            refusals=find_refusals(rows, findings),
            system_prompts=find_drift(rows, findings),
            answers=find_odd_shapes(rows, self.keys, findings),
            lengths=find_odd_lengths(rows, findings),
            endings=find_cut_answers(rows, findings),
            languages=find_odd_languages(rows, findings),
            grounding=find_ungrounded(rows, findings),
        )

    def _find_leakage(self, training: "Sketch", findings: Findings) -> Leakage:
        leaks = find_leaks(self.rows, training.rows, findings)
        near = 0
        if self.shingles is not None and training.shingles is not None:
            known = (training.rows, training.shingles)
            near = find_near_leaks(self.rows, self.shingles, known, leaks.asked, findings)
        return Leakage(int(leaks.answered.sum()), int((leaks.asked & ~leaks.answered).sum()), near)


def _near_wanted(findings: Findings) -> bool:
    """Whether the policy asks for near-duplicates at all: they are most of the memory and a quarter of the time."""
    severities = findings.severities
    return severities["near_duplicate"] is not None or severities["leaked_near"] is not None
