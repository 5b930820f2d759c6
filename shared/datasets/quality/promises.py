"""Find answers that promise or claim a deed that a model cannot do: to call back, to book, to remind"""

import re

import numpy as np

from shared.datasets.checks.findings import Findings
from shared.datasets.checks.wording import shown
from shared.datasets.quality.talk import ASKED, CALLED, LEARNED, TOOL, Talk
from shared.datasets.quality.texts import Bytes, Places, Texts, any_of

#: The guide: if the model says "I will schedule this meeting for you" when it should not, look whether the data does.
_BOOKED = r"(?:\w+ ){0,3}?(?:for you|meeting|appointment|call|room|table|flight|visit)"
_DEEDS = (
    rf"(?:schedule|reschedule|book|reserve|arrange) {_BOOKED}"
    r"|(?:call|phone|ring|e-?mail|text|contact|notify|remind|alert) (?:you|them|him|her)\b"
    r"|(?:get|be|come) (?:right )?back to you (?:with|once|as soon|shortly|later|by|within|in|tomorrow)"
    r"|(?:follow up|check back|reach out) (?:with|to) (?:you|them|him|her|the (?:team|vendor|customer|client))"
    r"|send (?:you|them|him|her) an? (?:e-?mail|message|text|invite|invitation|reminder|link|confirmation)"
    r"|set (?:up )?an? (?:reminder|alarm|timer|meeting|appointment)"
    r"|(?:process|issue) (?:you )?(?:your|a|the) refund|refund (?:you|your)"
    r"|(?:transfer|forward|escalate) (?:you|your|this|the) (?:\w+ ){0,3}?to\b"
    r"|(?:place|cancel) (?:your|the|an) order\b"
)
_DONE = (
    rf"(?:scheduled|rescheduled|booked|reserved|arranged) {_BOOKED}"
    r"|(?:called|phoned|e-?mailed|texted|contacted|notified) (?:them|him|her|the (?:team|vendor|customer|client))"
    r"|sent (?:you|them|him|her) an? (?:e-?mail|message|text|invite|invitation|reminder|link|confirmation)"
    r"|(?:set (?:up )?an?|added an?) (?:reminder|alarm|timer)|(?:processed|issued) (?:your|a|the) refund"
    r"|added (?:it|this|that|the \w+) to your calendar|placed (?:your|the|an) order"
)
#: At the beginning of a sentence: within one it is often said of somebody else, or under a condition.
_PROMISE = re.compile(
    r"(?:^|[.!?:]\s+|\n\s*|(?:Sure|Certainly|Of course|Okay|OK|Ok|Alright|Great|Yes|Absolutely)[,!.] )"
    r"(?:(?:I|We)(?:['’]ll| will|(?: am| are|['’]m|['’]re) going to) (?:now |also |then |gladly |go ahead and )?"
    rf"(?:{_DEEDS})"
    rf"|(?:I|We)(?:'ve| have|’ve) (?:now |just |already |also )?(?:{_DONE}))"
)
#: What begins a promise: "I'", "I’", "I will", "I have", "I am", and the same of "We". An apostrophe ends the word.
_I, _W, _E, _BLANK = b"IWe "
_APOSTROPHES = b"'"[0], "’".encode()[0]
_VERBS = any_of("wha")
#: Who asks for a letter, a story or a role gets another's promises.
_ANOTHERS = re.compile(
    r"(?i)\b(?:write|draft|compose|letter|e-?mail|story|dialog\w*|role-?play|pretend|script|rewrite|translate)\b"
)
_LETTER = re.compile(r"(?m)^\s*(?:Dear |Subject:|Hi |Hello [A-Z])|(?i:regards|sincerely)")


def check_promises(texts: Texts, findings: Findings) -> None:
    """Add a finding for each learned answer that promises a deed, in an example that has no tools to do it with."""
    for talk, index, place in texts.at(texts.having(glance), findings):
        if talk.marks[index] != LEARNED or talk.attached or TOOL in talk.marks or CALLED in talk.marks:
            continue
        answer = talk.texts[index]
        match = _PROMISE.search(answer)
        if match and not _LETTER.search(answer) and not _asked_for(talk):
            words = shown(match[0].lstrip(".!?: \n"))
            said = f"the answer says {words}, and has no tool to do it with: the model would learn to say so."
            cure = "Say what it can do instead, or give the example the tool and its call."
            place.add("promise", f"{said} {cure}", talk.path(index))


def glance(data: Bytes) -> Places:
    """Return where a promise may begin: at the beginning of a text, or after white space."""
    mine = np.flatnonzero(data[:-2] == _I)
    ours = np.flatnonzero((data[:-3] == _W) & (data[1:-2] == _E))
    begins, after = np.concatenate((mine, ours)), np.concatenate((mine + 1, ours + 2))
    before, sign = data[begins - 1], data[after]
    says = (sign == _APOSTROPHES[0]) | (sign == _APOSTROPHES[1]) | ((sign == _BLANK) & _VERBS[data[after + 1]])
    # White space beyond ASCII ends with a byte beyond ASCII. A text begins after a newline.
    return np.asarray(begins[says & ((before <= _BLANK) | (before >= 0x80))])


def _asked_for(talk: Talk) -> bool:
    return any(_ANOTHERS.search(text) for _, text in talk.said_by(ASKED))
