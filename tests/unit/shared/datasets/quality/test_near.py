"""Near-duplicates: all that are alike are found, and none that is not, on text with injected twins"""

from random import Random

import numpy as np
import pytest

from shared.datasets.checks import Findings
from shared.datasets.formats import Format
from shared.datasets.policy import Policy, Thresholds
from shared.datasets.quality import Sketch
from shared.datasets.quality.bands import bands
from shared.datasets.quality.shingles import MOST_SHINGLES, Batch, Shingles
from shared.datasets.quality.similar import samples_of, similarities
from shared.datasets.quality.talk import see
from shared.datasets.quality.words import read_words
from tests.unit.shared.datasets.quality.examples import Example, chat, judged, said, sketched

_VOCABULARY = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "lnrstx"]


def seeded(number: int) -> Random:
    return Random(number)  # noqa: S311 (the same text in every run)


def text(chance: Random, words: int) -> str:
    return " ".join(chance.choices(_VOCABULARY, k=words))


def changed(chance: Random, example: Example, words: int) -> Example:
    asked, answer = (turn["content"].split() for turn in example["messages"])
    for place in chance.sample(range(len(answer)), words):
        answer[place] = "otherwise"
    return chat("Pray: " + " ".join(asked), " ".join(answer))


def runs(example: Example) -> set[tuple[str, ...]]:
    """Return the runs of three words, as a reader would count them."""
    return {
        tuple(words[start : start + 3])
        for words in (turn["content"].lower().split() for turn in example["messages"])
        for start in range(len(words) - 2)
    }


def similarity(one: Example, other: Example) -> float:
    return len(runs(one) & runs(other)) / len(runs(one) | runs(other))


def test_of_injected_twins_all_that_are_alike_are_found_and_no_other() -> None:
    chance = seeded(3)
    examples = [chat(text(chance, 12), text(chance, chance.randint(40, 120))) for _ in range(1_500)]
    twins = [changed(chance, examples[at], chance.randint(1, 6)) for at in range(300)]
    alike = sum(similarity(one, other) >= 0.8 for one, other in zip(examples, twins, strict=False))
    quality, findings = judged([*examples, *twins])
    assert 100 < alike < 300
    assert quality.near_duplicates is not None
    # One of 300 may be missed: the bands compare a pair at the limit with a chance of 99.5 %.
    assert alike - 1 <= quality.near_duplicates.groups <= alike
    assert findings.by_code["near_duplicate"] == quality.near_duplicates.groups


LONG = "The committee met on Monday and agreed on the plan for the new library in the old town by the river."


@pytest.mark.parametrize(
    ("examples", "alike"),
    [
        ([chat("Sum it up", f"{LONG} {LONG.upper()}"), chat("Sum it up!", f"{LONG}\n{LONG}")], True),
        ([chat("Sum it up", LONG), chat("Sum it up", LONG + " It was late.")], True),
        # Questions on one document are many examples, and so is one answer to many questions.
        ([chat(f"{LONG} {LONG[::-1]} Who met?", "The committee"), chat(f"{LONG} {LONG[::-1]} When?", "Monday")], False),
        ([chat("Who are you?", LONG), chat("Where is the bank?", LONG)], False),
        # Too short to tell.
        ([chat("What is 2 and 3?", "It is 5 of course"), chat("What is 2 and 4?", "It is 6 of course")], False),
    ],
)
def test_what_near_is(examples: list[Example], alike: bool) -> None:  # noqa: FBT001
    assert bool(judged(examples)[1].by_code["near_duplicate"]) is alike


def test_a_template_makes_no_examples_alike() -> None:
    chance = seeded(4)
    template = (
        "You are given a ticket of a customer. Decide which department it belongs to, and answer with its name only: "
    )
    examples = [chat(template * 3 + text(chance, 12), chance.choice(("sales", "support"))) for _ in range(60)]
    assert judged(examples)[1].by_code["near_duplicate"] == 0


def test_a_group_is_one_finding() -> None:
    chance = seeded(5)
    example = chat(text(chance, 30), text(chance, 100))
    examples = [chat("a", "b"), example, *(changed(chance, example, 1) for _ in range(6))]
    finding = said(examples, "near_duplicate")
    assert finding.line == 2
    assert "7 examples are nearly the same, in lines 2, 3, 4, 5, 6 and 2 more" in finding.message


def test_the_limit_is_that_of_the_policy() -> None:
    chance = seeded(6)
    example = chat(text(chance, 30), text(chance, 100))
    findings = Findings(Policy(thresholds=Thresholds(near_duplicate=0.99)))
    sketched([example, changed(chance, example, 1)], findings).conclude(findings)
    assert findings.listed() == []


def test_what_a_policy_has_turned_off_takes_no_memory() -> None:
    findings = Findings(Policy(codes={"near_duplicate": None, "leaked_near": None}))
    whole = Sketch()
    whole.extend(sketched([chat("a", "b")], findings))
    assert whole.shingles is None
    assert whole.conclude(findings).near_duplicates is None


def test_a_near_twin_in_the_training_file_leaks() -> None:
    chance = seeded(8)
    training = [chat(text(chance, 20), text(chance, 60)) for _ in range(50)]
    leaked = changed(chance, training[30], 1)
    quality, findings = judged([chat(text(chance, 20), text(chance, 60)), leaked], training)
    assert quality.leakage is not None
    assert quality.leakage.near == 1
    (finding,) = findings.listed()
    assert (finding.code, finding.line) == ("leaked_near", 2)
    assert "line 31 of the training file" in finding.message


def test_words_are_numbers_equal_for_equal_words() -> None:
    texts = [b"One two, THREE", b"three (two) one", "你好 one".encode(), b"", b"x"]
    words = read_words(texts)
    assert words.counts.tolist() == [3, 3, 3, 0, 1]
    one, two, three = words.numbers[:3].tolist()
    assert words.numbers[3:6].tolist() == [three, two, one]
    assert words.numbers[8] == one
    assert len(set(words.numbers.tolist())) == 6


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (b"straightforwardly", b"StraightForwardly", True),
        (b"a" * 8, b"a" * 9, False),
        (b"a" * 32, b"a" * 33, False),
        (b"a" * 32 + b"b", b"a" * 32 + b"c", False),
        (b"x" * 100 + b"b", b"X" * 100 + b"B", True),
        (b"b" + b"x" * 100, b"c" + b"x" * 100, False),
    ],
)
def test_a_word_is_read_to_its_end_and_without_its_case(one: bytes, other: bytes, equal: bool) -> None:  # noqa: FBT001
    # The last word has nothing behind it that could be read.
    first, between, last = read_words([one, b"between", other]).numbers.tolist()
    assert (first == last) is equal
    assert between not in (first, last)


def test_a_sample_has_each_run_once_in_order_and_of_short_texts_the_text() -> None:
    shingles = Shingles()
    for asked in ("one two three " * 5, "", "yes", "one two", "yes yes"):
        talk = see(chat(asked, "a b c a b c"), Format.CHAT)
        assert talk is not None
        shingles.take(talk)
    (batch,) = shingles.batches()
    assert batch.counts.tolist() == [3 + 3, 3, 1 + 3, 1 + 3, 1 + 3]
    ends = np.cumsum(batch.counts)
    samples = [batch.runs[end - count : end].tolist() for end, count in zip(ends, batch.counts, strict=True)]
    assert all(sample == sorted(set(sample)) for sample in samples)
    assert len({run for sample in samples for run in sample}) == 3 + 3 + 1 + 1 + 1


@pytest.mark.parametrize(
    ("union", "shared", "least", "most"),
    [
        (10 + 3, 10, 0.95, 1.0),  # The fewest that are compared: most bins are empty, and filled.
        (40, 32, 0.99, 1.0),
        (200, 160, 0.99, 1.0),
        (1_000, 800, 0.985, 1.0),  # Of more than a sample has.
        (200, 60, 0.0, 0.12),
    ],
)
def test_pairs_share_a_band_as_often_as_they_are_alike(union: int, shared: int, least: float, most: float) -> None:
    chance = np.random.default_rng(7)
    samples = []
    for _ in range(1_000):
        runs = chance.permutation(np.unique(chance.integers(0, 1 << 32, union + 9, dtype=np.uint32)))[:union]
        cut = (union + shared) // 2
        samples += [runs[:cut], np.concatenate((runs[:shared], runs[cut:]))]
    samples = [np.sort(sample)[:MOST_SHINGLES] for sample in samples]
    batch = Batch(np.concatenate(samples), np.array([len(sample) for sample in samples], np.uint16))
    keys = bands([batch], np.empty(0, np.uint32))
    assert least <= (keys[::2] == keys[1::2]).any(axis=1).mean() <= most


def shares(one: set[int], other: set[int]) -> list[float]:
    """Return what two samples share of the whole, of what was asked and of what was answered."""
    parts = [(one, other)]
    parts += [({run for run in one if run % 2 == odd}, {run for run in other if run % 2 == odd}) for odd in (0, 1)]
    return [len(a & b) / len(a | b) if a | b else np.nan for a, b in parts]


def test_what_two_samples_share_is_what_their_sets_do() -> None:
    chance, most = np.random.default_rng(5), 24
    sizes = chance.integers(1, 40, 200)
    samples = [np.unique(chance.integers(0, 60, size, dtype=np.uint32))[:most] for size in sizes]
    samples[7] = samples[8]
    batch = Batch(np.concatenate(samples), np.array([len(sample) for sample in samples], np.uint16))
    template = np.array([3, 4, 50], np.uint32)
    kept = samples_of([batch], np.arange(200), template, most)
    one, other = np.append(np.arange(0, 199), 7), np.append(np.arange(1, 200), 7)
    for found, a, b in zip(similarities(kept, one, other), one.tolist(), other.tolist(), strict=True):
        # What is beyond the end of a full sample is not known of it.
        end = min(int(sample[-1]) if len(sample) == most else 60 for sample in (samples[a], samples[b]))
        pair = [{int(run) for run in samples[at] if run <= end} - set(template.tolist()) for at in (a, b)]
        np.testing.assert_allclose(found, shares(*pair))


def test_a_sample_is_cut_to_the_smallest_and_may_be_cut_again() -> None:
    chance = np.random.default_rng(1)
    values = np.unique(chance.integers(0, 1 << 32, 900, dtype=np.uint32))
    batch = Batch(values, np.array([len(values) - 100, 100], np.uint16))
    assert batch.first(200).counts.tolist() == [200, 100]
    assert batch.first(200).first(50).runs.tolist() == batch.first(50).runs.tolist()


def test_a_very_long_example_is_compared_by_its_beginning() -> None:
    talk = see(chat("a", " ".join(map(str, range(300_000)))), Format.CHAT)
    assert talk is not None
    shingles = Shingles()
    shingles.take(talk)
    assert [batch.counts.tolist() for batch in shingles.batches()] == [[MOST_SHINGLES]]


def test_beyond_a_million_examples_memory_stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.datasets.quality.shingles.ROWS_AT_MOST_SHINGLES", 20)
    chance = seeded(9)
    examples = [chat(text(chance, 20), text(chance, 400)) for _ in range(50)]
    examples[49] = changed(chance, examples[0], 1)
    quality, findings = judged(examples)
    assert quality.near_duplicates is not None
    assert quality.near_duplicates.sampled == 64
    assert [(finding.code, finding.line) for finding in findings.listed()] == [
        ("near_duplicate", 1),
        ("near_duplicates_sampled", None),
    ]
