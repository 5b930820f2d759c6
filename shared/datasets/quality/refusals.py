"""Tell answers that refuse, and say when they are too many"""

import re
from dataclasses import dataclass

import numpy as np

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.groups import lines, share
from shared.datasets.quality.rows import REFUSES, Rows
from shared.datasets.quality.talk import holds

_READ = 200  #: A refusal stands at the beginning; later "I cannot" is a story or an aside.
_REFUSAL = re.compile(
    r"""
      \bI[ ](?:can(?:not|[ ]not|['’]t)|won['’]t|will[ ]not|am[ ](?:unable|not[ ]able)[ ]to)[ ](?:\w+[ ])?
        (?:answer|help|assist|provide|comply|fulfil\w*|do[ ]that|discuss|share|give|offer|engage|support|generate|create
        |write|access|respond|continue|process|complete)\b
    | \bI['’]m[ ](?:not[ ]able|unable)[ ]to[ ](?:\w+[ ])?
        (?:answer|help|assist|provide|comply|fulfil\w*|discuss|share|give|access)\b
    | \bI(?:['’]m|[ ]am)[ ](?:very[ ]|so[ ])?(?:sorry|afraid)\b[^.\n]{0,60}
        \b(?:cannot|can[ ]not|can['’]t|unable|not[ ]able|don['’]t[ ](?:have|know)|not[ ](?:available|possible|provided))
    | \b[Aa]s[ ]an?[ ](?:AI|artificial[ ]intelligence|language[ ]model|assistant)\b[^.\n]{0,60}
        \b(?:cannot|can['’]t|don['’]t|do[ ]not|unable|not[ ]able)
    | \bI[ ]do(?:n['’]t|[ ]not)[ ]have[ ](?:enough[ ]|the[ ]|any[ ]|access[ ]to[ ])(?:\w+[ ])?
        (?:information|data|context|details|ability|access)
    | \bI[ ]must[ ](?:decline|refuse)\b
    | \b(?:unable|not[ ]able)[ ]to[ ](?:answer|assist|help[ ]with)[ ](?:this|that|your)
    | \bIch[ ]kann[ ](?:(?:Ihnen|dir|dabei|das|diese|leider)[ ]){0,3}(?:\w+[ ])?nicht\b
    | \bJe[ ]ne[ ](?:peux|suis)[ ]pas\b | \bNo[ ]puedo[ ](?:ayudar|responder|proporcionar)
    | 抱歉 | 对不起 | 我无法 | 我不能
    """,
    re.VERBOSE,
)
#: One of these stands in every refusal above; to look for them first costs a tenth.
_SIGNS = ("not", "n't", "n’t", "unable", "decline", "refuse", "nicht", " pas", "puedo", "抱歉", "对不起", "我")
_FEWEST = 5  #: Fewer are no proportion.


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many answers refuse."""

    answers: int
    share: float


def refuses(answer: str) -> bool:
    """Whether an answer begins with a refusal."""
    head = answer[:_READ]
    # All but the last three languages say "I".
    if "I" not in head and head.isascii() and "Je" not in head and "No " not in head and "unable" not in head:
        return False
    return holds(head, _SIGNS) and _REFUSAL.search(head) is not None


def find_refusals(rows: Rows, findings: Findings) -> Refusals:
    """Add a finding when refusals have too large a share of the answers."""
    places = np.flatnonzero(rows["flags"] & REFUSES)
    part = len(places) / len(rows) if len(rows) else 0.0
    if len(places) >= _FEWEST and part > findings.policy.thresholds.refusal_share:
        where = lines(rows["line"][places])
        said = f"{len(places):,} of {len(rows):,} answers ({share(part)}) refuse, in {where}: so will the model."
        cure = "Keep as large a share as should refuse in use; the guide's example is 5 %."
        findings.add("refusals_many", f"{said} {cure}")
    return Refusals(len(places), round(part, 6))
