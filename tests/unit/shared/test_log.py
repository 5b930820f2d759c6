"""No secret gets into a log line, wherever it stands."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from shared import log

KEY = "ty_" + "a1B2" * 8
OPENAI = "sk-proj-" + "Zz9_" * 8


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"key {KEY} refused", "key ty_… refused"),
        (f"Incorrect API key provided: {OPENAI}.", "Incorrect API key provided: sk-…."),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_…"),
        ("whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=", "whsk_…"),
        ("token xoxb-17653672481-19874698323-pdFZKVeTuE8s", "token xoxb-…"),
        ("to https://hooks.slack.com/services/T024/B024/abcdef: 404", "to https://hooks.slack.com/services/… 404"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("authorization: bearer abc.def", "authorization: bearer …"),
        ("postgresql+asyncpg://user:pass@host:5432/db", "postgresql+asyncpg://…@host:5432/db"),
        ("redis://:pass@host", "redis://…@host"),
        ("http://host:8080/v1/files", "http://host:8080/v1/files"),
        ("task-create-job-77 and qty_12345678", "task-create-job-77 and qty_12345678"),
        ("ftjob-0123456789abcdef file-0123456789abcdef", "ftjob-0123456789abcdef file-0123456789abcdef"),
    ],
)
def test_secrets_are_replaced_by_their_kind_and_nothing_else_is(text: str, masked: str) -> None:
    assert log.mask(text) == masked


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    log.configure("tests", "info", "json")
    yield written
    logging.basicConfig(handlers=before, level=level, force=True)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_hides_them_in_every_value_however_deep(lines: io.StringIO) -> None:
    structlog.get_logger("x").info(
        "key.seen",
        plain=KEY,
        headers={"Authorization": f"Bearer {KEY}", "nested": [(OPENAI,), {KEY: 1}]},
        raw=KEY.encode(),
        error=ValueError(f"no {KEY}"),
        count=3,
        nothing=None,
    )
    said = json.loads(lines.getvalue())
    assert KEY not in lines.getvalue() and OPENAI not in lines.getvalue()
    assert (said["event"], said["part"], said["count"], said["nothing"]) == ("key.seen", "tests", 3, None)


def _refuse() -> None:
    raise RuntimeError(f"refused {KEY}")


def test_tracebacks_and_other_peoples_lines_are_masked_too(lines: io.StringIO) -> None:
    try:
        _refuse()
    except RuntimeError:
        structlog.get_logger("x").exception("step.raised")
        logging.getLogger("other").exception("seen with %s", KEY)
    assert KEY not in lines.getvalue() and lines.getvalue().count("RuntimeError") >= 2


def test_a_stranger_writes_nothing_that_the_terminal_of_whoever_reads_obeys(
    lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", lines)
    log.configure("gateway", "info", "text")
    log.get("t").info("request.ended", path="/v1/\x1b]0;mine\x07\x9b2J")
    assert "mine" in lines.getvalue()
    assert not {"\x1b", "\x07", "\x9b"} & set(lines.getvalue())
