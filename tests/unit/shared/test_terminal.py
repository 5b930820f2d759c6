"""Nothing that others wrote is obeyed by a terminal"""

import json

import pytest

from services.cli.asking import say
from services.cli.webhooks import view
from services.cli.webhooks.listen import Listening
from services.cli.webhooks.receiver import Arrival
from shared.terminal import harmless

#: Sets the window's title, clears the screen, does so in one character, turns the text around.
EVIL = "\x1b]0;mine\x07\x1b[2J\x9b2J\u202e"
_OBEYED = set("\x1b\x07\x9b\u202e\r\x7f")
_DELIVERY = {
    "id": "dlv_1",
    "created_at": 1,
    "state": "failed",
    "event_type": "file.error",
    "reason": None,
    "last_error": f"Slack answered {EVIL}.",
    "next_attempt_at": None,
    "attempts": [{"number": 1, "started_at": 1, "duration_ms": 1, "status_code": 500, "error": None, "answer": EVIL}],
}


def test_lines_stay_lines_and_what_is_json_means_the_same() -> None:
    assert harmless("é ☃ 日本\n\tx") == "é ☃ 日本\n\tx"
    assert json.loads(harmless(json.dumps({"said": EVIL}, ensure_ascii=False))) == {"said": EVIL}


@pytest.mark.parametrize("as_json", [True, False])
def test_what_a_receiver_answered_is_shown_and_not_obeyed(
    as_json: bool,  # noqa: FBT001
    capsys: pytest.CaptureFixture[str],
) -> None:
    say(_DELIVERY, as_json=as_json, people=view.delivery)
    shown = capsys.readouterr().out
    assert "mine" in shown
    assert not _OBEYED & set(shown)


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("body", [json.dumps({"type": EVIL}).encode(), EVIL.encode(), b"[" * 100_000])
def test_what_comes_to_the_listener_is_shown_and_not_obeyed(
    as_json: bool,  # noqa: FBT001
    body: bytes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Listening(None, None, None, as_json=as_json)._told(Arrival({"webhook-id": "evt_1"}, body, None))
    shown = capsys.readouterr().out
    assert shown
    assert not _OBEYED & set(shown)
