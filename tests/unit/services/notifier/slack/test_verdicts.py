"""What follows from each of Slack's answers, by either way of posting"""

import json

import pytest

from services.notifier.slack.verdicts import MOST_TRIES, again, judge, of_api, of_webhook
from shared import clock
from shared.endpoints.policy import JITTER, SCHEDULE, Answer, GaveUp, TryAgain, decide

_WEBHOOK = [
    (200, "ok", "delivered"),
    (400, "invalid_payload", "give_up"),
    (400, "user_not_found", "give_up"),
    (400, "no_text", "give_up"),
    (403, "action_prohibited", "pause"),
    (403, "invalid_token", "pause"),
    (403, "team_disabled", "pause"),
    (403, "posting_to_general_channel_denied", "pause"),
    (403, "<html>Forbidden</html>", "pause"),  # not Slack's own words: the status counts
    (404, "channel_not_found", "pause"),
    (404, "no_service", "pause"),
    (404, "no_team", "pause"),
    (404, "no_active_hooks", "pause"),
    (410, "channel_is_archived", "pause"),
    (429, "rate_limited", "retry"),
    (500, "rollup_error", "retry"),
    (502, "", "retry"),
    (302, "", "give_up"),  # never followed
]
_API = [
    ("ratelimited", "retry"),
    ("rate_limited", "retry"),
    ("internal_error", "retry"),
    ("fatal_error", "retry"),
    ("service_unavailable", "retry"),
    ("msg_too_long", "give_up"),
    ("msg_blocks_too_long", "give_up"),
    ("invalid_blocks", "give_up"),
    ("not_in_channel", "pause"),
    ("is_archived", "pause"),
    ("channel_not_found", "pause"),
    ("invalid_auth", "pause"),
    ("token_revoked", "pause"),
    ("account_inactive", "pause"),
    ("missing_scope", "pause"),
    ("a_word_of_next_year", "give_up"),  # with status 200: this message, and not the next
]


@pytest.mark.parametrize(("status", "body", "kind"), _WEBHOOK)
def test_a_webhooks_answer(status: int, body: str, kind: str) -> None:
    verdict = judge(of_webhook(status, body, None), 1)
    assert verdict.kind == kind
    assert kind == "delivered" or verdict.reason.endswith(".")


@pytest.mark.parametrize(("word", "kind"), _API)
def test_the_apis_answer_with_status_200(word: str, kind: str) -> None:
    assert judge(of_api(200, json.dumps({"ok": False, "error": word}), None), 1).kind == kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, '{"ok": true, "ts": "1.2", "channel": "C1"}', "delivered"),
        (200, '{"ok": "true"}', "give_up"),  # true and nothing else
        (200, "[]", "give_up"),
        (200, "<html>", "give_up"),
        (503, "<html>", "retry"),
        (429, '{"ok": false, "error": "ratelimited"}', "retry"),
        (401, '{"ok": false, "error": "invalid_auth"}', "pause"),
    ],
)
def test_the_apis_answer_is_read_strictly(status: int, body: str, kind: str) -> None:
    assert judge(of_api(status, body, None), 1).kind == kind


def test_a_reason_says_what_to_do_and_no_secret() -> None:
    verdict = judge(of_webhook(404, "no_service", None), 1)
    assert verdict.reason == (
        "The Slack webhook was removed or switched off. Make a new one and give its URL to the endpoint."
    )


def test_only_a_fault_of_the_content_is_tried_without_blocks() -> None:
    assert of_webhook(400, "invalid_blocks", None).of_the_content
    assert not of_webhook(404, "no_service", None).of_the_content


@pytest.mark.parametrize(
    ("attempt", "retry_after", "after"),
    [
        (1, "2", 2.0),  # as soon as Slack wants it
        (1, None, 30.0),  # it did not say
        (4, "2", 16.0),  # it has said so again and again
        (4, "120", 120.0),
        (20, "2", 3600.0),
        (MOST_TRIES, "2", None),
    ],
)
def test_a_busy_channel_is_asked_again_soon_and_not_for_ever(
    attempt: int, retry_after: str | None, after: float | None
) -> None:
    for reply in (of_webhook(429, "rate_limited", retry_after), of_api(200, '{"error": "ratelimited"}', retry_after)):
        verdict = judge(reply, attempt)
        assert (verdict.kind, verdict.after) == ("give_up" if after is None else "retry", after)


@pytest.mark.parametrize(
    ("attempt", "waits"),
    [
        (1, SCHEDULE[1].total_seconds()),
        (len(SCHEDULE) - 1, SCHEDULE[-1].total_seconds()),
        (len(SCHEDULE), 3600.0),  # the channel was busy before, for half an hour: one fault is not the end
        (MOST_TRIES - 1, 3600.0),
        (MOST_TRIES, None),
    ],
)
def test_a_fault_of_slack_after_a_busy_time_does_not_end_the_message(attempt: int, waits: float | None) -> None:
    reply = of_api(503, "<html>", None)
    for verdict in (judge(reply, attempt), again("No answer: timeout.", attempt)):
        outcome = decide(Answer(clock.now(), 0.1, status=503, verdict=verdict), attempt)
        if waits is None:
            assert isinstance(outcome, GaveUp)
            assert outcome.reason.endswith(f"That was try {MOST_TRIES} of {MOST_TRIES}.")
        else:
            assert isinstance(outcome, TryAgain)
            assert outcome.after == pytest.approx(waits, rel=JITTER)
