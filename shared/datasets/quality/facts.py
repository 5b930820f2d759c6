"""Reduce examples to the few facts of each that are kept until the file has been read"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from shared.datasets.quality.endings import ending_of
from shared.datasets.quality.grounding import grounding_of
from shared.datasets.quality.keys import NO_KEY, answer_key, as_numbers, example_key, prompt_keys, system_key
from shared.datasets.quality.languages import asks_language, languages_of
from shared.datasets.quality.refusals import refusing
from shared.datasets.quality.rows import ASKS_LANGUAGE, REFUSES, Rows
from shared.datasets.quality.sameness import unsettled
from shared.datasets.quality.shapes import CALL, PROSE, KeySets, canonical, shape_of
from shared.datasets.quality.talk import LEARNED, SYSTEM, Talk
from shared.datasets.quality.texts import Texts


def add_facts(texts: Texts, rows: Rows, keys: KeySets) -> None:
    """Add to the rows what is kept of these examples, and the keys of their answers."""
    lines, talks = texts.lines, texts.talks
    answers = [talk.answer for talk in talks]
    forms = [
        shape_of(answer) if talk.marks[talk.last] == LEARNED else (CALL, None)
        for talk, answer in zip(talks, answers, strict=True)
    ]
    shapes, values = zip(*forms, strict=True)
    prose = [at for at, shape in enumerate(shapes) if shape == PROSE]
    flags, languages = np.zeros(len(talks), np.uint8), np.zeros(len(talks), np.uint8)
    if prose:
        said = [answers[at] for at in prose]
        languages[prose] = languages_of(said)
        flags[prose] = [_flags(talks[at], lines[at], int(languages[at])) for at in prose]
        flags[[prose[at] for at in refusing(said)]] |= REFUSES
    settled = _settled(texts)
    rows.add(
        len(talks),
        line=lines,
        example=as_numbers([example_key(talk) for talk in talks]),
        prompt=as_numbers(prompt_keys(talks, settled)),
        answer=as_numbers(_answer_keys(talks, values, settled)),
        system=as_numbers([system_key(talk.system) if SYSTEM in talk.marks else NO_KEY for talk in talks]),
        keys=[keys.add(frozenset(value)) if isinstance(value, dict) else 0 for value in values],
        length=[len(answer) for answer in answers],
        shape=shapes,
        language=languages,
        flags=flags,
    )


def _flags(talk: Talk, line: int, language: int) -> int:
    asks = ASKS_LANGUAGE if language and asks_language(talk, language) else 0
    return ending_of(talk.answer) | grounding_of(talk, line) | asks


def _settled(texts: Texts) -> list[list[bool]]:
    """Return of each example's texts whether they are settled."""
    settled = np.ones(texts.firsts[-1], bool)
    settled[texts.having(unsettled)] = False
    of_texts = settled.tolist()
    return [of_texts[first:last] for first, last in pairwise(texts.firsts.tolist())]


def _answer_keys(talks: Sequence[Talk], values: Sequence[Any], settled: Sequence[Sequence[bool]]) -> list[bytes]:
    return [
        answer_key(talk.answer, talk.encoded[talk.last] if known[talk.last] else None)
        if value is None
        else answer_key(canonical(value, talk.answer))
        for talk, value, known in zip(talks, values, settled, strict=True)
    ]
