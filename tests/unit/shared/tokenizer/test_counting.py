"""Counts are tiktoken's own, whoever counts, however long the text is, and whatever it holds."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiktoken import Encoding

from shared.tokenizer import NAMES, Counter, counting, load
from shared.tokenizer.pieces import Run, pieces
from shared.tokenizer.runs import count_run

DATASETS = Path(__file__).parents[3] / "fixtures" / "datasets"
COUNTERS = [Counter(name, fast=False) for name in NAMES] + [
    Counter(name, fast=True) for name in ("o200k_base", "cl100k_base")
]
counters = pytest.mark.parametrize("counter", COUNTERS, ids=lambda counter: f"{counter.name} {counter.is_fast}")
encodings = pytest.mark.parametrize("encoding", [load(name) for name in NAMES], ids=NAMES)
#: What the patterns of the vocabularies tell apart, in any order.
WORDS = [
    "Hello", " the", "s", " ", "  ", "\n", "\r\n", "x\n", "'s", "'LL", " 12", "a1", "12345", "é", "e\u0301",
    "\U0001f600", "漢字", "かな", "，", "---", "//", "\t\t", "\u00a0", ".", "McDonald", "\u0e01", "<|endoftext|>",
]  # fmt: skip
texts = st.lists(st.sampled_from(WORDS) | st.text(max_size=5)).map("".join)


def truth(text: str, name: str) -> int:
    return len(load(name).encode(text, disallowed_special=()))


@counters
@given(text=texts | st.text(st.characters()))
def test_any_text_is_counted_as_tiktoken_counts_it(counter: Counter, text: str) -> None:
    assert counter.count(text) == truth(text, counter.name)


@counters
def test_the_texts_of_our_datasets_are_counted_as_tiktoken_counts_them(counter: Counter) -> None:
    lines = [line for path in sorted(DATASETS.rglob("*.jsonl"))[:150] for line in path.read_bytes().splitlines()[:50]]
    for text in {line.decode(errors="replace") for line in lines if len(line) < 20_000}:
        assert counter.count(text) == truth(text, counter.name)
        assert counter.count(json.dumps(text)) == truth(json.dumps(text), counter.name)


@encodings
@given(text=texts, size=st.integers(1, 20))
def test_the_pieces_of_a_text_have_together_its_tokens(encoding: Encoding, text: str, size: int) -> None:
    cut = list(pieces(text, lambda: encoding, size))
    assert "".join(piece.text if isinstance(piece, Run) else piece for piece in cut) == text
    counts = (
        len(encoding._encode_single_piece(piece.text.encode()))
        if isinstance(piece, Run)
        else len(encoding.encode_ordinary(piece))
        for piece in cut
    )
    assert sum(counts) == len(encoding.encode_ordinary(text))


@encodings
@given(text=st.text("ab-=é漢 ", min_size=1, max_size=300) | st.text(min_size=1), stretch=st.integers(16, 80))
def test_a_word_has_as_many_tokens_a_stretch_at_a_time_as_whole(encoding: Encoding, text: str, stretch: int) -> None:
    assert count_run(text, encoding, stretch) == len(encoding._encode_single_piece(text.encode()))


@pytest.mark.parametrize(
    ("text", "tokens", "remark"),
    [
        ("", 0, "nothing"),
        ("<|endoftext|>", 7, "a special token spelt in data is text; tiktoken's default refuses it"),
        (" " * 1_000_000, 7_813, "exceeds the stack of tiktoken's regex"),
        (" " * 1_000_000 + "x", 7_814, "and so does this"),
        ("\t" * 1_000_000, 62_500, "and this"),
        ("a" * 1_000_000, 125_000, "one long run"),
        ("-" * 1_000_000, 15_625, "the slowest of the fast counter"),
        ("漢" * 1_000_000, 1_000_000, "no blank to cut at"),
        ("tell me " * 500_000, 1_000_001, "four megabytes"),
        ("\ud800 x", 2, "half a surrogate pair"),
        ("\ud800" + "a" * 400_000, 50_001, "half a surrogate pair in a long text"),
    ],
    ids=["nothing", "special", "blanks", "blanks x", "tabs", "a", "dashes", "han", "words", "half", "long half"],
)
@pytest.mark.parametrize("fast", [False, True])
def test_a_text_that_troubles_a_tokenizer_is_counted_in_time(text: str, tokens: int, remark: str, fast: int) -> None:
    counter = Counter("o200k_base", fast=bool(fast))
    begun = time.process_time()
    assert counter.count(text) == tokens, remark
    assert time.process_time() - begun < 2 * (1 + len(text) // 1_000_001)


def test_another_release_of_the_fast_counter_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Counter("o200k_base").is_fast
    assert not Counter("r50k_base").is_fast
    counting.is_fast_installed.cache_clear()
    try:
        monkeypatch.setattr(counting, "FAST_VERSION", "0.1.3")
        assert not Counter("o200k_base").is_fast
        counting.is_fast_installed.cache_clear()
        monkeypatch.setattr(counting, "FAST_PACKAGE", "no-such-package")
        assert not Counter("o200k_base").is_fast
    finally:
        counting.is_fast_installed.cache_clear()


def test_a_table_that_is_not_in_the_package_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match="p50k_base"):
        Counter("p50k_base")
