"""`tuneyard notices preview`: every notice can be seen beforehand"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from services.notifier.messages.samples import types
from tests.slack_server import problem

TYPE = "fine_tuning.job.succeeded"


def _run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["notices", "preview", *words])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("event_type", types())
def test_every_notice_is_shown_for_slack(event_type: str) -> None:
    code, shown, _ = _run(event_type, "--channel", "slack")
    assert code == 0 and problem(json.loads(shown)) is None


def test_a_mail_is_shown_as_text_and_as_a_page_with_its_picture(tmp_path: Path) -> None:
    code, shown, _ = _run(TYPE, "--channel", "email")
    assert code == 0 and shown.startswith("Subject: Fine-tuning succeeded: support-tone\n\n")
    page = tmp_path / "mail.html"
    assert _run(TYPE, "--channel", "email", "--html", "-o", str(page))[0] == 0
    assert 'src="data:image/png;base64,' in page.read_text("utf-8") and "cid:" not in page.read_text("utf-8")


def test_a_digest_is_shown_what_went_wrong_first() -> None:
    code, shown, _ = _run("digest")
    assert code == 0 and shown.startswith("Subject: 3 notices, 1 went wrong\n")
    assert shown.index("Fine-tuning failed") < shown.index("Fine-tuning succeeded")


def test_what_is_wrong_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code, _, said = _run("fine_tuning.job.finished")
    assert code == 2 and "fine_tuning.job.succeeded" in said
    assert _run(TYPE, "--html")[0] == 2
    monkeypatch.setenv("TUNEYARD_TEMPLATES", str(tmp_path / "nowhere"))
    code, _, said = _run(TYPE)
    assert code == 2 and f"names {tmp_path / 'nowhere'}, which is no folder" in said
    monkeypatch.setenv("TUNEYARD_TEMPLATES", str(tmp_path))
    (tmp_path / f"{TYPE}.text.j2").write_text("one\n{{ nothing }}")
    code, _, said = _run(TYPE)
    assert code == 2 and f"{TYPE}.text.j2, line 2: UndefinedError: 'nothing' is undefined" in said
    (tmp_path / "part.j2").write_text("\n\n{{ 1 / 0 }}")
    (tmp_path / f"{TYPE}.text.j2").write_text("{% include 'part.j2' %}")
    assert "part.j2, line 3: ZeroDivisionError" in _run(TYPE)[2]
    (tmp_path / f"{TYPE}.text.j2").write_bytes(b"caf\xe9")
    assert f"NotText: {TYPE}.text.j2 is not UTF-8: unexpected end of data (byte 4)" in _run(TYPE)[2]
    (tmp_path / f"{TYPE}.text.j2").write_text("one\n{% if %}")
    assert "line 2" in _run(TYPE)[2]
