"""Prompts of many examples come out as each of them would by itself: in NFC, lower case and single blanks"""

import sys

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.datasets.quality.keys import answer_key, prompt_keys
from shared.datasets.quality.sameness import (
    SETTLED,
    SETTLED_PICTURES,
    is_settled,
    normalised,
    normalised_all,
    unsettled,
)
from shared.datasets.quality.talk import ASKED, LEARNED, Talk
from shared.datasets.quality.texts import Texts

_BLANKS = " \n\t\x0b\x1c\x85\xa0\u1680\u2003\u2028\u202f\u205f\u3000"
_CHANGING = "éÉe\u0301ßİıΣςжЖかか\u3099がﾊﾞ漢한ㄱ각\u11a8“…👩Ａａ\ud800K𐐀"
_LINES = st.text(st.sampled_from(f"aB{_BLANKS}{_CHANGING}") | st.characters(), max_size=8)
_PROMPTS = st.lists(st.lists(_LINES, min_size=1, max_size=3), min_size=1, max_size=6)


def settled_of(talks: list[Talk]) -> list[list[bool]]:
    texts = Texts(range(len(talks)), talks)
    known = np.ones(texts.firsts[-1], bool)
    known[texts.having(unsettled)] = False
    return [known[first : first + len(talk.texts)].tolist() for first, talk in zip(texts.firsts, talks, strict=False)]


@given(_PROMPTS)
@example([["a\u2028B"], ["か", "\u3099"], ["  A \n\n b  "], [" "]])
@settings(max_examples=300, deadline=None)
def test_many_prompts_come_out_as_each_by_itself(prompts: list[list[str]]) -> None:
    talks = [Talk([*lines, "é"], ASKED * len(lines) + LEARNED) for lines in prompts]
    known = settled_of(talks)
    asked = [
        (lines, talk.encoded[:-1], all(each[:-1])) for lines, talk, each in zip(prompts, talks, known, strict=True)
    ]
    expected = [normalised("\n".join(lines)).encode("utf-8", "surrogatepass") for lines in prompts]
    assert normalised_all(asked) == expected
    # What is asked in nothing at all has the one answer here.
    assert len(set(prompt_keys(talks, known))) == len(set(zip(map(len, prompts), expected, strict=True)))


@given(_LINES)
@settings(max_examples=300, deadline=None)
def test_a_settled_answer_has_the_key_of_its_text(answer: str) -> None:
    talk = Talk([answer], LEARNED)
    if settled_of([talk]) == [[True]]:
        assert answer_key(answer, talk.encoded[0]) == answer_key(answer)


def test_what_is_taken_for_settled_is() -> None:
    ranges = (*SETTLED, SETTLED_PICTURES)
    assert [hex(code) for first, last in ranges for code in range(first, last + 1) if not is_settled(chr(code))] == []


def test_what_is_settled_is_told_of_every_character() -> None:
    """No character that changes is passed over, wherever Unicode has it."""
    changing = [code for code in range(0x80, sys.maxunicode + 1) if not is_settled(chr(code))]
    talks = [Talk([chr(code)], LEARNED) for code in changing]
    assert [code for code, known in zip(changing, settled_of(talks), strict=True) if known == [True]] == []


def test_most_text_is_settled() -> None:
    said = [
        "plain",
        "größe, où, señor",
        "你好，世界。",
        "ありがとう、カナ",
        "مرحبا",
        "“it’s” – 20 °C … ≤ 3 €",
        "한국어",
        "👩🎉",
    ]
    assert settled_of([Talk([text], LEARNED) for text in said]) == [[True]] * len(said)
