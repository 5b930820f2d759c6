"""Faults of every kind, put into a file of ordinary examples: all are found, each at its line, and nothing else"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from random import Random

from tests.unit.shared.datasets.quality.examples import Example, chat, judged

SYSTEM = "You answer the questions of visitors in full sentences."
GERMAN = "Das ist eine Frage, die ich nicht für Sie und auch nicht für mich beantworten werde."
ROWS, EACH = 3_000, 6
_CHANCE = Random(20261128)  # noqa: S311 (the same file in every run)
_FIRST, _MIDDLE, _LAST = ("bra", "cle", "dri", "fo", "gru", "ha", "mi", "plo"), "bdlmnrt", ("ing", "er", "ock")
_NOUNS = [first + middle + last for first in _FIRST for middle in _MIDDLE for last in _LAST]
_FRAMES = (
    "The {} is kept in the {} of the {}, and it can be seen from the {}.",
    "It was the {} that made the {} of this {} what it is, not the {} or the {}.",
    "You will find that a {} is not for sale, but there is a {} on the {}.",
    "With the {} of the {} from the {}, the {} has been in use for a long time.",
    "Most of the {} by the {} are older than the {}, which is why the {} is shut.",
)


def sentences(number: int) -> str:
    return " ".join(_CHANCE.choice(_FRAMES).format(*_CHANCE.choices(_NOUNS, k=5)) for _ in range(number))


def ordinary() -> tuple[str, str]:
    asked = f"What is the {' of the '.join(_CHANCE.choices(_NOUNS, k=4))}?"
    return asked, sentences(_CHANCE.randint(2, 6))


def ending(addition: str) -> Callable[[str, str], Example]:
    return lambda asked, answer: chat(asked, f"{answer} {addition}", SYSTEM)


def cut(asked: str, answer: str) -> Example:
    whole = f"{answer} {_FRAMES[0].format(*_NOUNS[:5])}"
    return chat(asked, whole[: whole.rindex(" seen from the ") + 14], SYSTEM)


#: What is done to an example, by the code that should tell of it.
FAULTS: dict[str, Callable[[str, str], Example]] = {
    "system_prompt_missing": chat,
    "promise": ending("I'll call you back tomorrow."),
    "answer_cut_off": cut,
    "answer_repeats": ending("The hall is open again. " * 8),
    "answer_language": lambda asked, _: chat(asked, GERMAN, SYSTEM),
    "answer_length": lambda asked, _: chat(asked, sentences(150), SYSTEM),
    "answer_json_stray": lambda asked, _: chat(asked, '{"answer": "yes"}', SYSTEM),
    "mojibake": ending("It wasnâ€™t always so."),
    "secret": ending("The key is " + "gh" + "p_" + "x7Kq2LmZ9Rt4VbN8wYc3HdF6jSgP5aQeU1oT" + "."),
    "personal_email": ending("Ask maria.keller@posteo.de."),
    "personal_phone": ending("Call +49 30 2093 70333."),
    "personal_card": ending("It was paid with 4539 1488 0343 6467."),
    "personal_iban": ending("It was paid from DE75 5121 0800 1245 1261 99."),
}


def twins() -> Iterator[tuple[str, tuple[Example, Example]]]:
    """Yield pairs of examples, each with the code of what is wrong with the two."""
    for _ in range(EACH):
        asked, answer = ordinary()
        long = f"{answer} {sentences(4)}"
        yield "duplicate_example", (chat(asked, answer, SYSTEM), chat(asked, answer, SYSTEM))
        asked, changed = f"Well: {asked}", long.replace(" the ", " that ", 1)
        yield "near_duplicate", (chat(f"{asked} Now?", long, SYSTEM), chat(asked, changed, SYSTEM))
        asked = f"Is it so? {asked}"
        yield "contradiction", (chat(asked, "Yes, it is.", SYSTEM), chat(asked, "No, it is not.", SYSTEM))


def injected() -> tuple[list[Example], dict[str, set[int]]]:
    """Return a file, and by code the lines where its finding should stand."""
    examples = [chat(*ordinary(), SYSTEM) for _ in range(ROWS)]
    expected: dict[str, set[int]] = defaultdict(set)
    places = iter(_CHANCE.sample(range(ROWS), ROWS))
    for code, fault in FAULTS.items():
        for place in (next(places) for _ in range(EACH)):
            examples[place] = fault(*ordinary())
            expected[code].add(place + 1)
    for code, pair in twins():
        one, other = sorted((next(places), next(places)))
        examples[one], examples[other] = pair
        expected[code].add(one + 1)
    return examples, expected


def test_all_that_was_put_in_is_found_and_nothing_else() -> None:
    examples, expected = injected()
    quality, findings = judged(examples)
    found: dict[str, set[int]] = defaultdict(set)
    for finding in findings.listed():
        if finding.line is not None and finding.code != "system_prompt_missing":
            found[finding.code].add(finding.line)
    # Among paragraphs an object and a bare "Yes, it is." are short, too.
    short = {line for line, example in enumerate(examples, 1) if len(example["messages"][-1]["content"]) < 20}
    found["answer_length"] -= short
    without = expected.pop("system_prompt_missing")
    assert found == expected
    assert quality.system_prompts.without == len(without)
    assert quality.agreement.score == 1 - EACH / ROWS
