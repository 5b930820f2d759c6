"""Each limit that OpenAI documents for a line or a file: what is just within is right, and one more is not"""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.datasets.checks import Findings
from shared.datasets.checks.whole import check_limits
from shared.datasets.formats import Format
from shared.datasets.report import check

ASKED = {"role": "user", "content": "How warm is it?"}
ANSWER = {"role": "assistant", "content": "22 degrees."}
URL = "https://example.com/a.png"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"


def chat(**more: Any) -> dict[str, Any]:
    return {"messages": [ASKED, ANSWER], **more}


def tools(number: int) -> list[dict[str, Any]]:
    return [{"type": "function", "function": {"name": f"tool_{n}", "parameters": {}}} for n in range(number)]


def functions(number: int) -> dict[str, Any]:
    return chat(functions=[{"name": f"f{n}"} for n in range(number)])


def named(length: int) -> dict[str, Any]:
    return chat(tools=[{"type": "function", "function": {"name": "n" * length}}])


def seeing(urls: list[str]) -> list[dict[str, Any]]:
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, *parts]}]


def sized(size: int) -> dict[str, Any]:
    data = base64.b64encode(PNG.ljust(size, b"\0")).decode()
    return {"messages": [*seeing([f"data:image/png;base64,{data}"]), ANSWER]}


#: How a line is made with so many of something; how many are taken; the code of one more; the remark.
LINES: list[tuple[Callable[[int], dict[str, Any]], int, str, str]] = [
    (lambda n: chat(tools=tools(n)), 128, "tools_invalid", "tools of an example"),
    (functions, 128, "functions_invalid", "functions of an example"),
    (named, 64, "function_name_invalid", "characters of a function's name"),
    (lambda n: {"messages": [*seeing([URL] * n), ANSWER]}, 10, "image_invalid", "images of an example"),
    (lambda n: {"messages": seeing([URL] * n), "answer": "a cat"}, 10, "image_invalid", "of a reinforcement line too"),
    (sized, 10_000_000, "image_invalid", "bytes of an image"),
]


@pytest.mark.parametrize(("made", "most", "code", "remark"), LINES, ids=[remark for *_, remark in LINES])
def test_a_line_at_its_limit_is_right_and_one_beyond_it_is_not(
    made: Callable[[int], dict[str, Any]], most: int, code: str, remark: str
) -> None:
    for number, expected in ((most, 0), (most + 1, 1)):
        report = check([json.dumps(made(number)).encode()], model=None, for_validation=True)
        assert report.findings_by_code.get(code, 0) == expected, f"{number} {remark}"


#: The format; what it is for; examples; bytes; examples with images; what is found.
FILES: list[tuple[Format, str, int, int, int, list[str]]] = [
    (Format.CHAT, "train", 10**9, 512_000_000, 50_000, []),
    (Format.CHAT, "train", 1, 512_000_001, 0, ["file_too_large"]),
    (Format.CHAT, "train", 50_001, 1, 50_001, ["too_many_examples"]),
    (Format.REINFORCEMENT, "train", 50_000, 1, 0, []),
    (Format.REINFORCEMENT, "train", 50_001, 1, 0, ["too_many_examples"]),
    (Format.REINFORCEMENT, "validate", 1_000, 1, 0, []),
    (Format.REINFORCEMENT, "validate", 1_001, 1, 0, ["too_many_examples"]),
]


@pytest.mark.parametrize(("kind", "use", "examples", "size", "seeing", "expected"), FILES)
def test_a_file_at_its_limit_is_right_and_one_beyond_it_is_not(
    kind: Format,
    use: str,
    examples: int,
    size: int,
    seeing: int,
    expected: list[str],
) -> None:
    findings = Findings()
    findings.by_code["has_images"] = seeing
    check_limits(kind, examples, size, findings, for_validation=use == "validate")
    assert [found.code for found in findings.listed()] == expected
