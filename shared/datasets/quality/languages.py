"""Tell the language of an answer by its script and its smallest words, and find the few that are in another"""

from collections import Counter
from dataclasses import dataclass
from itertools import chain

import numpy as np

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.groups import share
from shared.datasets.quality.rows import ASKS_LANGUAGE, Rows
from shared.datasets.quality.scripts import SCRIPTS, scripts_of
from shared.datasets.quality.talk import Talk, holds

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
LANGUAGES = ("unknown", *_SMALLEST, *SCRIPTS)
_TIMES = Counter(chain.from_iterable(set(words.split()) for words in _SMALLEST.values()))
_WORDS = {
    word: LANGUAGES.index(language)
    for language, words in _SMALLEST.items()
    for word in words.split()
    if _TIMES[word] == 1
}
_READ = 200  #: Characters of an answer that are enough to tell.
_FEWEST_WORDS = 4
#: A language of so large a share is the file's, and others are slips; a file of many languages has none.
HABIT = 0.95
_FEWEST = 20


@dataclass(frozen=True, slots=True)
class Languages:
    """In which languages the answers are, as far as it could be told."""

    answers: dict[str, int]


def languages_of(texts: list[str]) -> list[int]:
    """Return the language of each text as its place in LANGUAGES; 0 where it cannot be told."""
    heads = [text[:_READ] for text in texts]
    scripts = _scripts(heads)
    return [scripts.get(at) or _by_words(head) for at, head in enumerate(heads)]


def _scripts(heads: list[str]) -> dict[int, int]:
    """Return the languages of those that are known by their script."""
    # Every letter beyond ASCII takes a byte more: most texts in the Latin alphabet have too few to be looked at.
    beyond = [
        at
        for at, head in enumerate(heads)
        if not head.isascii() and len(head.encode("utf-8", "surrogatepass")) - len(head) >= len(head) / 6
    ]
    if not beyond:
        return {}
    scripts = scripts_of([heads[at] for at in beyond])
    return {at: script + len(_SMALLEST) for at, script in zip(beyond, scripts, strict=True) if script}


def _by_words(head: str) -> int:
    votes = list(filter(None, map(_WORDS.get, head.lower().split())))
    if len(votes) < _FEWEST_WORDS:
        return 0
    if votes.count(votes[0]) == len(votes):
        return votes[0]
    (most, number), (_, second) = Counter(votes).most_common(2)
    return most if number >= max(_FEWEST_WORDS, 3 * second) else 0


def asks_language(talk: Talk, language: int) -> bool:
    """Whether a prompt speaks of languages, or of this one: its answer may then be in another than the file's."""
    words = ("ranslat", "anguage", LANGUAGES[language])
    for text in talk.texts[: talk.last]:  # noqa: SIM110 (a loop is twice as fast)
        if holds(text, words):
            return True
    return False


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
