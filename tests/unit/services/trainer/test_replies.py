"""Tokens become text, up to a stop sequence."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trainer.engines.engine import Sampling
from services.trainer.examples import Turn
from services.trainer.replies import Reply, pieces
from shared import tokenizer

ENCODING = tokenizer.load("cl100k_base")


class Parrot:
    """A model that says a text, one byte-pair token after another."""

    end = ENCODING.eot_token

    def __init__(self, text: str) -> None:
        self._tokens = [*ENCODING.encode_ordinary(text), self.end]

    def sample(self, turns: Sequence[Turn], sampling: Sampling) -> Iterator[int]:  # noqa: ARG002 (it only repeats)
        yield from self._tokens[: sampling.max_tokens]


def said(text: str, stops: Sequence[str] = (), most: int = 1000) -> tuple[list[str], Reply]:
    reply = Reply()
    return list(pieces(Parrot(text), ENCODING, (), Sampling(max_tokens=most), stops, reply)), reply


@given(st.text())
def test_the_pieces_are_the_text_and_none_is_empty(text: str) -> None:
    whole = text.encode(errors="replace").decode()
    found, reply = said(whole)
    assert "".join(found) == reply.text == whole
    assert all(found)
    assert reply.finish == "stop"
    assert reply.tokens == len(ENCODING.encode_ordinary(whole))


@given(st.text(alphabet="abc"), st.lists(st.text(alphabet="abc", min_size=1), min_size=1, max_size=4))
def test_nothing_of_a_stop_sequence_is_said(text: str, stops: list[str]) -> None:
    found, reply = said(text, stops)
    assert not any(stop in reply.text for stop in stops)
    assert text.startswith("".join(found))
    if not any(stop in text for stop in stops):
        assert reply.text == text


def test_a_stop_sequence_ends_the_answer_before_it() -> None:
    found, reply = said("one, two. three", [". th"])
    assert ("".join(found), reply.finish) == ("one, two", "stop")


def test_an_answer_cut_by_its_limit_says_so() -> None:
    _, reply = said("one two three four five", most=3)
    assert (reply.text, reply.finish, reply.tokens) == ("one two three", "length", 3)


@pytest.mark.parametrize("most", range(1, 6))
def test_half_a_character_at_the_limit_is_still_valid_text(most: int) -> None:
    _, reply = said("🦜🦜", most=most)
    assert reply.text.encode()
