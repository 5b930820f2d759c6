"""What is said of a file as a whole: shares, habits and the few that break them"""

import json
from pathlib import Path

import pytest

from tests.unit.shared.datasets.quality.examples import Example, chat, found, judged, said

ROOT = Path(__file__).parents[5]
SENTENCE = "The number {} is one more than the one before it, and in turn it is one less than the one that follows it."
GERMAN = "Die Zahl ist um eins größer als die Zahl davor, und das ist auch nicht anders zu erwarten."
NUMBERS = range(40)


def asked(number: int, answer: str, system: str | None = None) -> Example:
    return chat(f"Tell me of {number}, please: {'very ' * (number % 7)}much", answer, system)


def prose(count: int = 40) -> list[Example]:
    return [asked(number + 1_000, SENTENCE.format(number)) for number in range(count)]


def objects(count: int = 40) -> list[Example]:
    return [asked(number, json.dumps({"number": number, "even": number % 2 == 0})) for number in range(count)]


def codes(examples: list[Example]) -> list[tuple[str, int | None]]:
    """Return what is found, the likeness of these examples aside."""
    return [entry for entry in found(examples) if entry[0] != "near_duplicate"]


def labels(count: int = 120) -> list[Example]:
    task = "Read the review of a customer and say whether it is a complaint. Answer with a label and nothing else.\n\n"
    names = ["yes"] * 40 + ["no"] * 40 + ["not applicable"]
    return [chat(f"{task}{SENTENCE.format(number)}", names[number % len(names)]) for number in range(count)]


@pytest.mark.parametrize("examples", [prose(), objects(), labels(), prose(5) + objects(5), prose(20) + objects(20)])
def test_an_ordinary_file_has_no_finding(examples: list[Example]) -> None:
    assert codes(examples) == []


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (asked(99, "I do not know the number."), "answer_form"),
        (asked(99, '{"number": 99, "even": fal'), "answer_form"),
        (asked(99, '```json\n{"number": 99, "even": false}\n```'), "answer_form"),
        (asked(99, '{"number": 99}'), "answer_keys"),
        (asked(99, '{"number": 99, "even": false, "odd": true}'), "answer_keys"),
    ],
)
def test_an_answer_of_another_form_among_objects(odd: Example, code: str) -> None:
    assert (code, 41) in codes([*objects(), odd])


def test_what_keys_an_object_lacks_is_said() -> None:
    finding = said([*objects(), asked(99, '{"number": 99, "odd": true}')], "answer_keys")
    assert 'lacks "even" and has "odd" beside' in finding.message


def test_a_single_object_among_prose_is_a_note() -> None:
    examples = [*prose(60), asked(99, '{"number": 99}')]
    assert ("answer_json_stray", 61) in codes(examples)


@pytest.mark.parametrize(
    ("refusals", "others", "expected"),
    [(36, 24, True), (15, 45, True), (6, 54, False), (4, 6, False)],
    ids=["the guide's 60 %", "a quarter", "a tenth", "too few to be a share"],
)
def test_refusals_out_of_proportion(refusals: int, others: int, expected: bool) -> None:  # noqa: FBT001
    refused = [asked(number + 100, f"I'm sorry, but I cannot answer that. ({number})") for number in range(refusals)]
    quality, findings = judged([*prose(others), *refused])
    assert quality.refusals.answers == refusals
    assert ("refusals_many" in findings.by_code) is expected


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ("I cannot answer this.", True),
        ("I'm sorry, but I can't help with that.", True),
        ("As an AI language model, I don't have feelings.", True),
        ("I don't have enough information to say.", True),
        ("Unfortunately, I am unable to assist with your request.", True),
        ("Es tut mir leid, das kann ich nicht. Ich kann Ihnen dabei nicht helfen.", True),
        ("You cannot divide by zero, I am afraid.", False),
        ("I'm sorry to hear that! Have you tried turning it off?", False),
        ("No, cats can't help purring.", False),
        ("I can help with that.", False),
    ],
)
def test_what_a_refusal_is(answer: str, refusal: bool) -> None:  # noqa: FBT001
    assert judged([chat("Well?", answer)])[0].refusals.answers == refusal


def test_a_system_prompt_that_drifts_is_named_by_its_lines() -> None:
    examples = [asked(number, SENTENCE.format(number), "Answer in one sentence.") for number in range(50)]
    examples[7] = asked(7, SENTENCE.format(7), "Answer in one sentense.")
    examples[9] = asked(9, SENTENCE.format(9))
    quality, findings = judged(examples)
    assert [(entry.code, entry.line) for entry in findings.listed() if entry.code.startswith("system")] == [
        ("system_prompt_varies", 8),
        ("system_prompt_missing", 10),
    ]
    assert (
        "1 example has no system prompt, in line 10, though 49 have one."
        in said(examples, "system_prompt_missing").message
    )
    assert (quality.system_prompts.variants, quality.system_prompts.without) == (2, 1)
    assert [variant.examples for variant in quality.system_prompts.most_frequent] == [48, 1]


@pytest.mark.parametrize(
    "system",
    [
        lambda number: f"You are clerk {number}.",
        lambda number: f"You are {'Ann' if number % 2 else 'Bob'}.",
        lambda _: "Be.",
    ],
    ids=["one each", "two roles", "one for all"],
)
def test_system_prompts_that_differ_on_purpose_are_no_finding(system: object) -> None:
    assert callable(system)
    assert codes([asked(number, SENTENCE.format(number), system(number)) for number in NUMBERS]) == []


def test_an_answer_cut_off_among_whole_ones() -> None:
    cut = SENTENCE.format(99)[:-14]
    assert ("answer_cut_off", 41) in codes([*prose(), asked(99, cut)])
    # Where many end so, it is how the file ends.
    assert codes([*prose(), *(asked(number + 100, SENTENCE.format(number)[:-14]) for number in range(9))]) == []


@pytest.mark.parametrize(
    "ending",
    [
        "said by -C.S. Lewis",
        "with a tag #PuppyLove",
        "see https://example.com/a",
        "in code `x = 1`",
        "so:\n- one\n- two more of them",
        "so:\n    for name in names_of_all_files: print name and its size",  # Code and tables are indented,
        "so:\ntimer.cancel()     # stop the action of the timer if it waits",  # and end in comments.
    ],
)
def test_an_ending_without_a_full_stop_may_be_whole(ending: str) -> None:
    assert codes([*prose(), asked(99, f"{SENTENCE.format(99)[:-1]} {ending}")]) == []


def test_an_answer_far_longer_or_shorter_than_the_others_is_a_note() -> None:
    long = " ".join(SENTENCE.format(number) for number in range(60))
    assert codes([*prose(), asked(98, "No."), asked(99, long)]) == [("answer_length", 41), ("answer_length", 42)]


def test_an_answer_in_another_language() -> None:
    assert ("answer_language", 41) in codes([*prose(), asked(99, GERMAN)])
    assert ("answer_language", 41) in codes([*prose(), asked(99, "数字比前一个大一,这是显而易见的事情。" * 2)])
    translated = chat("Translate it into German, please.", GERMAN)
    assert "answer_language" not in dict(codes([*prose(), translated]))
    both = [asked(number, GERMAN if number % 4 == 0 else SENTENCE.format(number)) for number in NUMBERS]
    assert "answer_language" not in dict(codes(both))


def test_an_answer_from_documents_that_adds_a_number_is_a_note() -> None:
    def from_document(year: int, answered: int) -> Example:
        return chat(f"The bridge was opened in {year} by the Queen. When?", f"The bridge was opened in {answered}.")

    examples = [from_document(1800 + number, 1800 + number) for number in NUMBERS]
    assert codes(examples) == []
    finding = said([*examples, from_document(1950, 1951)], "answer_ungrounded")
    assert "in line 41" in finding.message
    # Who answers from what it knows is not asked to find it in the prompt.
    assert codes([chat(f"When was bridge {number} opened?", f"It was in {1800 + number}.") for number in NUMBERS]) == []


def test_the_summary_says_what_the_file_is_good_for() -> None:
    assert judged([])[0].summary == "No example could be judged."
    assert judged(objects())[0].summary.startswith("40 examples of one form (JSON), no system prompt")
    circle = chat("Write about the sea.", "The sea is deep and blue. " * 8)
    quality, findings = judged([chat("Write about a hill.", "It is green."), circle])
    assert findings.by_code["answer_repeats"] == 1
    assert quality.summary == "2 examples of prose, no system prompt; no example repeats or contradicts another."


def test_the_documentation_shows_the_figures_of_the_example_that_is_shipped() -> None:
    page = (ROOT / "docs" / "findings.md").read_text("utf-8")
    shown = page.partition('```json\n{\n  "summary"')[2].partition("```")[0]
    lines = (ROOT / "services" / "cli" / "examples" / "capitals.jsonl").read_text("utf-8").splitlines()
    assert json.loads('{"summary"' + shown) == judged([json.loads(line) for line in lines])[0].as_dict()
