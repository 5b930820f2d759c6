"""The separator and the stop suffix of legacy pairs: recognised over the file, taken away, and nothing else."""

import io
import json

import pytest

from shared.datasets.convert import Conversion, Options


def turned(pairs: list[tuple[str, str]], **options: str) -> tuple[list[tuple[str, str]], list[str]]:
    given = b"".join(json.dumps({"prompt": one, "completion": two}).encode() + b"\n" for one, two in pairs)
    conversion = Conversion(lambda: io.BytesIO(given), Options(**options))  # type: ignore[arg-type]
    examples = [json.loads(line)["messages"] for line in conversion]
    return [(asked["content"], answer["content"]) for asked, answer in examples], conversion.tally.notes


@pytest.mark.parametrize("separator", ["\n\n###\n\n", " ->", "\n\n===\n\n", "\n\n### =>\n\n", "###", ""])
@pytest.mark.parametrize("stop", [" END", "###", "\n", "\n###", "<|endoftext|>", ""])
def test_what_the_legacy_guide_proposed_is_recognised(separator: str, stop: str) -> None:
    pairs = [(f"Q{n}?{separator}", f" Answer {n}.{stop}") for n in range(20)]
    found, notes = turned(pairs)
    assert found == [(f"Q{n}?", f"Answer {n}.") for n in range(20)]
    assert [note.startswith("No ") for note in notes] == [not separator, not stop]


def test_what_many_texts_end_with_by_nature_stays() -> None:
    pairs = [(f"Is {n} odd?", f" {'Yes' if n % 2 else 'No'}.") for n in range(20)]
    assert turned(pairs)[0] == [(asked, answer.strip()) for asked, answer in pairs]


def test_a_suffix_that_a_few_share_is_none() -> None:
    pairs = [(f"Q{n}?" + " ->" * (n < 10), "A" + " END" * (n < 10)) for n in range(20)]
    assert turned(pairs)[0] == pairs


def test_the_few_that_lack_it_stay_and_are_counted() -> None:
    pairs = [(f"Q{n}?" + " ->" * (n != 3), f"A{n} END") for n in range(20)]
    found, notes = turned(pairs)
    assert found == [(f"Q{n}?", f"A{n}") for n in range(20)]
    assert notes[0] == "The separator ' ->' was taken from 19 prompts; 1 without it stay as they are."


def test_what_the_caller_names_goes_before_what_is_recognised() -> None:
    pairs = [(f"Q{n} ->", f"A{n} END") for n in range(20)]
    assert turned(pairs, separator="", stop=" END")[0] == [(f"Q{n} ->", f"A{n}") for n in range(20)]


@pytest.mark.parametrize(
    ("given", "notes"),
    [
        ({"separator": "<Q>", "stop": "<A>"}, ["'<Q>' was taken from 19 prompts; 1 without it", "20 completions."]),
        ({"separator": "<q>", "stop": ""}, ["No prompt ends in the separator '<q>': nothing was taken away."]),
        ({"separator": "", "stop": ""}, []),
    ],
)  # fmt: skip
def test_of_what_the_caller_names_it_is_said_how_often_it_was_there(given: dict[str, str], notes: list[str]) -> None:
    pairs = [(f"Q{n}" + "<Q>" * (n != 3), f"A{n}<A>") for n in range(20)]
    found = turned(pairs, **given)[1]
    assert len(found) == len(notes)
    assert all(part in note for part, note in zip(notes, found, strict=True))


def test_markers_are_not_looked_for_where_there_are_no_pairs() -> None:
    given = json.dumps({"instruction": "Hi->", "output": "Hello"}).encode()
    conversion = Conversion(lambda: io.BytesIO(given), Options(separator="->"))
    list(conversion)
    assert conversion.tally.notes == ["Only legacy pairs have a separator and a stop suffix: none was looked for."]
