"""Tell answers that refuse, and say when they are too many"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.groups import lines, share
from shared.datasets.quality.rows import REFUSES, Rows
from shared.datasets.quality.talk import holds, places_of

_READ = 200  #: A refusal stands at the beginning; later "I cannot" is a story or an aside.
REFUSAL = re.compile(
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
#: One of these stands in every refusal above. Answers are many, and refusals few: they are found in all at once.
_BEGINNINGS = (
    "I can", "I won", "I will not", "I am ", "I'm ", "I’m ", "I do", "I must ", " AI", " artificial intelligence",
    " language model", " assistant", "able to ", "Ich kann ", "Je ne ", "No puedo ",
    "抱歉", "对不起", "我无法", "我不能",
)  # fmt: skip
#: And one of these.
_SIGNS = ("not", "n't", "n’t", "unable", "decline", "refuse", "nicht", " pas", "puedo", "抱歉", "对不起", "我")
_FEWEST = 5  #: Fewer are no proportion.


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many answers refuse."""

    answers: int
    share: float


def refusing(answers: list[str]) -> list[int]:
    """Return the places of the answers that begin with a refusal."""
    heads = [answer[:_READ] for answer in answers]
    ends = list(accumulate(len(head) + 1 for head in heads))
    together = "\n".join(heads)
    begun = {bisect_right(ends, at) for beginning in _BEGINNINGS for at in places_of(beginning, together)}
    return [at for at in sorted(begun) if holds(heads[at], _SIGNS) and REFUSAL.search(heads[at])]


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
