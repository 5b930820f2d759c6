"""Tell the language of an answer by its script and its smallest words, and find the few that are in another"""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from itertools import chain

import numpy as np

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.groups import share
from shared.datasets.quality.rows import ASKS_LANGUAGE, Rows

#: The smallest words of languages in the Latin alphabet, a third of any text. Those of two languages are left out.
_SMALLEST = {
    "English": "the and of to is in that it you for with this are be on not have from was can or your which an by",
    "German": "der die das und ist nicht ein eine mit für auf von zu den dem ich sie wird sind auch oder als bei",
    "French": "le la les des est et une dans pour que qui pas vous avec sur par ce sont être plus au du cette nous ou",
    "Spanish": "el la los las que es una por con para como del se está más pero son su esta muy y lo puede este en",
    "Italian": "il che di è un una per non con sono del della gli anche più come questo nel alla e i le si può dei",
    "Portuguese": "o os as que é um uma para com não do da em por são mais como dos das você e se na no pode ou",
    "Dutch": "het een van en is niet dat op te zijn voor met aan die wordt ook naar bij om de je ik deze of kan",
    "Swedish": "och att det är som en på inte av för med till den har om ett jag vi kan de eller från så du",
    "Polish": "jest nie się na to że w z do jak co ale przez są oraz dla od i a lub można po który",
    "Turkish": "ve bir bu için ile de da çok olarak daha gibi olan ne değil veya olduğu en sonra kadar",
}
_SCRIPTS = ("Cyrillic", "Greek", "Hebrew", "Arabic", "Devanagari", "Thai", "Japanese", "Chinese", "Korean")
LANGUAGES = ("unknown", *_SMALLEST, *_SCRIPTS)
_TIMES = Counter(chain.from_iterable(set(words.split()) for words in _SMALLEST.values()))
_WORDS = {
    word: LANGUAGES.index(language)
    for language, words in _SMALLEST.items()
    for word in words.split()
    if _TIMES[word] == 1
}
#: Where the blocks of Unicode begin, and the script of each; Chinese is Han without kana.
_BLOCKS = (
    (0x0000, ""), (0x0370, "Greek"), (0x0400, "Cyrillic"), (0x0530, ""), (0x0590, "Hebrew"), (0x0600, "Arabic"),
    (0x0780, ""), (0x0900, "Devanagari"), (0x0980, ""), (0x0E00, "Thai"), (0x0E80, ""), (0x3040, "Japanese"),
    (0x3100, ""), (0x3400, "Chinese"), (0xA000, ""), (0xAC00, "Korean"), (0xD7B0, ""),
)  # fmt: skip
_STARTS = [start for start, _ in _BLOCKS]
_NUMBERS = [LANGUAGES.index(script) if script else 0 for _, script in _BLOCKS]

_READ = 200  #: Characters of an answer that are enough to tell.
_FEWEST_WORDS = 4
#: A language of so large a share is the file's, and others are slips; a file of many languages has none.
HABIT = 0.95
_FEWEST = 20


@dataclass(frozen=True, slots=True)
class Languages:
    """In which languages the answers are, as far as it could be told."""

    answers: dict[str, int]


def language_of(text: str) -> int:
    """Return the language of a text as its place in LANGUAGES; 0 where it cannot be told."""
    head = text[:_READ]
    if not head.isascii() and (script := _script(head)):
        return script
    votes = list(filter(None, map(_WORDS.get, head.lower().split())))
    if len(votes) < _FEWEST_WORDS:
        return 0
    if votes.count(votes[0]) == len(votes):
        return votes[0]
    (most, number), (_, second) = Counter(votes).most_common(2)
    return most if number >= max(_FEWEST_WORDS, 3 * second) else 0


def asks_language(prompt: str, language: int) -> bool:
    """Whether a prompt speaks of languages, or of this one: its answer may then be in another than the file's."""
    return "ranslat" in prompt or "anguage" in prompt or LANGUAGES[language] in prompt


def _script(head: str) -> int:
    """Return the script, other than Latin, of most letters beyond ASCII, if there are many."""
    letters = [ord(character) for character in head if character > "\x7f" and character.isalpha()]
    if len(letters) < len(head) / 6:
        return 0
    found = Counter(_NUMBERS[bisect_right(_STARTS, letter) - 1] for letter in letters)
    japanese, chinese = LANGUAGES.index("Japanese"), LANGUAGES.index("Chinese")
    if found[japanese]:
        found[japanese] += found.pop(chinese, 0)
    found.pop(0, 0)
    script, number = found.most_common(1)[0] if found else (0, 0)
    return script if number > len(letters) / 2 else 0


def find_odd_languages(rows: Rows, findings: Findings) -> Languages:
    """Add a finding for each answer in another language than nearly all the others, unless its prompt asks for it."""
    languages, line = rows["language"], rows["line"]
    counts = np.bincount(languages, minlength=len(LANGUAGES))
    known = int(counts[1:].sum())
    usual = int(counts[1:].argmax()) + 1
    if known >= _FEWEST and HABIT * known <= counts[usual] < known:
        asked = (rows["flags"] & ASKS_LANGUAGE) > 0
        for place in np.flatnonzero((languages != usual) & (languages > 0) & ~asked):
            said = (
                f"the answer is in {LANGUAGES[languages[place]]}; {share(counts[usual] / known)} of the file's are in"
            )
            cure = f"{LANGUAGES[usual]}. Translate it, or let its prompt say why."
            findings.add("answer_language", f"{said} {cure}", line=int(line[place]))
    return Languages({LANGUAGES[at]: int(counts[at]) for at in np.argsort(-counts, kind="stable") if counts[at]})
