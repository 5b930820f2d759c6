"""What glances at many texts at once passes over nothing that a look at each text by itself would find"""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.datasets.checks import Finding, Findings, Place
from shared.datasets.quality import texts as side_by_side
from shared.datasets.quality.credentials import check_secrets
from shared.datasets.quality.mojibake import check_mojibake
from shared.datasets.quality.personal import check_personal
from shared.datasets.quality.promises import check_promises
from shared.datasets.quality.talk import ASKED, LEARNED, Talk
from shared.datasets.quality.texts import Places, Texts
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

    def at(self, _: Places, findings: Findings) -> Iterator[tuple[Talk, int, Place]]:
        return super().at(np.arange(1, len(self.data) - side_by_side.MARGIN), findings)


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
