"""What glances at many texts at once passes over nothing that a look at each text by itself would find"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from shared.datasets.checks import Finding, Findings, Place
from shared.datasets.quality import texts as side_by_side
from shared.datasets.quality.credentials import check_secrets
from shared.datasets.quality.mojibake import check_mojibake
from shared.datasets.quality.personal import check_personal
from shared.datasets.quality.promises import check_promises
from shared.datasets.quality.refusals import REFUSAL, refusing
from shared.datasets.quality.scripts import SCRIPTS, scripts_of
from shared.datasets.quality.talk import ASKED, LEARNED, Talk
from shared.datasets.quality.texts import Texts
from tests.unit.shared.datasets.quality.test_texts import SECRETS

_CHECKS = (check_secrets, check_personal, check_mojibake, check_promises)
_PERSONAL = [
    "maria.keller@posteo.de", "tom_b+list@mail.bbc.co.uk", "+49 30 2093 70333", "+12127365000", "(212) 736-5000",
    "(212)736.5000", "212-736-5000", "1 212.736.5000", "4539 1488 0343 6467", "4539148803436467", "4539-1488-0343-6467",
    "3741 200105 83015", "DE75 5121 0800 1245 1261 99", "GB33BUKB20201555555555",
]  # fmt: skip
_MISREAD = [
    "doesnâ€™t",
    "cafÃ©",
    "Ð¿Ñ€Ð¸",
    "Ã¼ber",
    "a \ufffd b",
    "\ud800",
    "Größe",
    "¿qué?",
    "日本語。",
    "٣٤٥",
    "👩‍🚀",
    "\u2028",
    "\xa0",
]
_PROMISES = [
    "I will schedule this meeting for you", "I’ll call you", "We're going to call you back", "We have booked a table",
    "Sure, I'll remind you", "I'm going to e-mail you", "Done.\u3000I will call you",
]  # fmt: skip
_PARTS = st.sampled_from(
    [*SECRETS.values(), *_PERSONAL, *_MISREAD, *_PROMISES, 'api_key = "', "PASSWORD: '", '"', "'", "x" * 30, "(", ")"]
) | st.text(max_size=6)
_JOINTS = st.sampled_from(["", " ", ". ", "\n", "-", ",", "+", "1", "é", "\u3000"])
_SAID = st.lists(st.tuples(_PARTS, _JOINTS), min_size=1, max_size=6).map(lambda parts: "".join(map("".join, parts)))
_TALKS = st.lists(st.lists(_SAID, min_size=1, max_size=3), min_size=1, max_size=6)


class OneByOne(Texts):
    """Texts of which each is looked at, whatever the glances say."""

    def at(self, _: NDArray[np.intp], findings: Findings) -> Iterator[tuple[Talk, int, Place]]:
        return super().at(np.arange(self.firsts[-1]), findings)


def listed(how: type[Texts], talks: list[Talk], cuts: list[int]) -> list[Finding]:
    findings = Findings()
    edges = [0, *sorted(cuts), len(talks)]
    for start, end in pairwise(edges):
        if batch := talks[start:end]:
            for check in _CHECKS:
                check(how(range(start + 1, end + 1), batch), findings)
    return findings.listed()


def talks_of(examples: list[list[str]]) -> list[Talk]:
    return [Talk(said, ASKED * (len(said) - 1) + LEARNED) for said in examples]


@given(_TALKS, st.lists(st.integers(0, 6), max_size=3))
@settings(max_examples=200, deadline=None)
def test_what_is_found_side_by_side_is_what_is_found_one_by_one(examples: list[list[str]], cuts: list[int]) -> None:
    talks = talks_of(examples)
    assert listed(Texts, talks, [cut for cut in cuts if cut <= len(talks)]) == listed(OneByOne, talks, [])


@given(_TALKS, st.integers(64, 300))
@settings(max_examples=100, deadline=None)
def test_a_long_text_is_looked_at_in_pieces(examples: list[list[str]], piece: int) -> None:
    talks = talks_of(examples)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(side_by_side, "_PIECE", piece)
        assert listed(Texts, talks, []) == listed(OneByOne, talks, [])


@pytest.mark.parametrize("found", [*SECRETS.values(), *_PERSONAL, *_MISREAD[:4], *_PROMISES[:2]])
@pytest.mark.parametrize("check", _CHECKS)
def test_a_thing_is_found_wherever_a_piece_ends(
    found: str, check: Callable[[Texts, Findings], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_by_side, "_PIECE", 200)
    for before in range(130, 260, 3):
        talks = talks_of([["." * before, f"api_key = '{found}'\n{found}"]])
        one, all_of_them = Findings(), Findings()
        check(Texts([1], talks), all_of_them)
        check(OneByOne([1], talks), one)
        assert all_of_them.listed() == one.listed()


_REFUSALS = [
    "I cannot help with that", "I’m so sorry, it is not possible", "As an AI model, you cannot", "I can help", "很抱歉",
    "as an assistant one is unable", "Ich kann leider nicht", "Je ne peux pas", "No puedo ayudar", "an AI is not I",
    "I must decline", "one is not able to answer this", "I don’t have enough context",
]  # fmt: skip
_BEFORE = st.sampled_from(["", "x" * 150, "Well, ", "Größe, ", "是"])
_ANSWERS = st.lists(st.tuples(_BEFORE, st.sampled_from(_REFUSALS) | st.text(max_size=9), st.text(max_size=9)))


@given(_ANSWERS)
@settings(max_examples=200, deadline=None)
def test_refusals_of_many_answers_are_those_of_each(parts: list[tuple[str, str, str]]) -> None:
    answers = ["".join(each) for each in parts]
    assert refusing(answers) == [at for at, answer in enumerate(answers) if REFUSAL.search(answer[:200])]


_LETTERS = st.text("aé. 1жЖαאبकทあ漢한ꙮ👩\ud800", max_size=12)


@given(st.lists(_LETTERS, max_size=9))
@settings(max_examples=200, deadline=None)
def test_scripts_of_many_texts_are_those_of_each(texts: list[str]) -> None:
    assert scripts_of(texts) == [script_of(text) for text in texts]


def script_of(text: str) -> int:
    """Return what the rule says, letter by letter."""
    letters = [character for character in text if character > "\x7f" and character.isalpha()]
    names = {"Ж": "Cyrillic", "ж": "Cyrillic", "α": "Greek", "א": "Hebrew", "ب": "Arabic", "क": "Devanagari"}
    names |= {"ท": "Thai", "あ": "Japanese", "漢": "Chinese", "한": "Korean"}
    found = Counter(names[letter] for letter in letters if letter in names)
    if found["Japanese"]:
        found["Japanese"] += found.pop("Chinese", 0)
    script, number = found.most_common(1)[0] if found else ("", 0)
    return SCRIPTS.index(script) + 1 if len(letters) >= len(text) / 6 and number > len(letters) / 2 else 0
