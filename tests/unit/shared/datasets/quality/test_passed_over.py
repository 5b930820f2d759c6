"""What passes over an example at a glance passes over none that its expression would find something in"""

from unicodedata import category

import pytest

from shared.datasets.quality import mojibake
from shared.datasets.quality.talk import LEARNED, Talk
from shared.datasets.quality.texts import Texts
from tests.unit.shared.datasets.quality.examples import chat, found


def misread(character: str) -> str:
    """Return what a browser makes of UTF-8 that it takes for Windows-1252."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in character.encode())


def may_be_misread(text: str) -> bool:
    return len(Texts([1], [Talk([text], LEARNED)]).where(mojibake.glance)) > 0


def test_whatever_character_was_misread_it_is_looked_at() -> None:
    several = (chr(code) for code in range(0xA0, 0x30000, 7) if category(chr(code)) != "Cs")
    assert [one for one in several if misread(one)[0] in "ÂÃÄÅÐÑâãäåæçèéð" and not may_be_misread(misread(one))] == []


@pytest.mark.parametrize("text", ["Größe, où, señor, Łódź", "Привет, мир", "你好，世界。", "plain", "Ã la carte"])
def test_most_of_what_is_beyond_ascii_is_passed_over(text: str) -> None:
    assert not may_be_misread(text)


@pytest.mark.parametrize(
    "number", ["(212) 736-5000", "(212)736.5000", "212-736-5000", "212.736.5000", "1 212-736-5000", "1 (212) 736-5000"]
)
def test_an_american_number_is_looked_at_however_it_is_written(number: str) -> None:
    assert [code for code, _ in found([chat("Hi", f"größer: call {number} now")])] == ["personal_phone"]


@pytest.mark.parametrize(
    "said",
    [
        "I’ve booked a table for two.",
        "We have booked a table for two.",
        "We’ll call you.",
        "We are going to call you back.",
        "We're going to call you back.",
        "I’m going to call you back.",
        "Ok, I will schedule a meeting for you tomorrow.",
        "Alright, I'll remind you at noon.",
    ],
)
def test_a_promise_is_looked_at_however_it_begins(said: str) -> None:
    assert [code for code, _ in found([chat("Hi", said)])] == ["promise"]
