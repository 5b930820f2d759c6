"""Write examples in a few words, and sketch them whole or cut in blocks"""

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from shared.datasets.checks import Finding, Findings
from shared.datasets.formats import Format, detect, read_plain
from shared.datasets.quality import Quality, Sketch, Taken

Example = dict[str, Any]


def chat(asked: str, answer: str, system: str | None = None) -> Example:
    turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
    return {"messages": turns if system is None else [{"role": "system", "content": system}, *turns]}


def pair(prompt: str, completion: str) -> Example:
    return {"prompt": prompt, "completion": completion}


def sketched(examples: Iterable[Example], findings: Findings, first_line: int = 1) -> Sketch:
    sketch = Sketch()
    sketch.take((_taken(line, example) for line, example in enumerate(examples, first_line)), findings)
    return sketch


def _taken(line: int, example: Example) -> Taken:
    kind = detect(example) or Format.CHAT
    plain = None
    if kind in (Format.CHAT, Format.COMPLETION):
        plain = read_plain(json.dumps(example).encode(), kind)
    return line, example if plain is None else plain, kind


def judged(examples: Iterable[Example], training: Iterable[Example] | None = None) -> tuple[Quality, Findings]:
    """Return what is said of a file, against a training file when one is given."""
    findings = Findings()
    sketch = sketched(examples, findings)
    against = None if training is None else sketched(training, Findings())
    return sketch.conclude(findings, against=against), findings


def found(examples: Iterable[Example], training: Iterable[Example] | None = None) -> list[tuple[str, int | None]]:
    """Return the codes and lines of what is found."""
    return [(finding.code, finding.line) for finding in judged(examples, training)[1].listed()]


def said(examples: Iterable[Example], code: str) -> Finding:
    """Return the one finding of a code."""
    (finding,) = [finding for finding in judged(examples)[1].listed() if finding.code == code]
    return finding


def in_blocks(examples: Sequence[Example], cuts: Iterable[int]) -> tuple[Quality, Findings]:
    """Return what is said of a file whose blocks were taken apart and joined."""
    findings, whole = Findings(), Sketch()
    edges = [0, *sorted(cuts), len(examples)]
    for start, end in pairwise(edges):
        whole.extend(sketched(examples[start:end], findings, start + 1))
    return whole.conclude(findings), findings
