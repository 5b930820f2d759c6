"""What an answer of Slack's means: sent, again later, without blocks, or not before somebody has mended it"""

import json
from dataclasses import dataclass
from typing import Any

from shared import clock
from shared.endpoints.policy import SCHEDULE, Verdict, seconds_asked

#: What Slack asks for when it does not say how long.
_HOLD_SECONDS = 30.0
#: A channel that is busy is asked again as soon as Slack wants it, then twice as late each time and once an hour at
#: most, for a day: what is told of a job stays in order, so all that follows waits with it.
MOST_TRIES = 30
_LONGEST_WAIT_SECONDS = 3600.0
#: It may work in a while.
_PASSES = frozenset(
    (
        *("ratelimited", "rate_limited", "message_limit_exceeded", "rollup_error"),
        *("internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"),
    )
)
#: It is our message that Slack does not take: without blocks it may.
_OF_THE_CONTENT = frozenset(
    (
        *("invalid_payload", "invalid_blocks", "invalid_blocks_format", "invalid_attachments", "no_text"),
        *("too_many_attachments", "msg_too_long", "msg_blocks_too_long", "user_not_found"),
    )
)
#: Nothing is sent until a person has done something; what, is said.
_MENDED_BY_A_PERSON = {
    "channel_is_archived": "The Slack channel is archived. Unarchive it, or choose another.",
    "is_archived": "The Slack channel is archived. Unarchive it, or choose another.",
    "channel_not_found": "Slack knows no such channel, or the bot may not see it. Invite the bot, or choose another.",
    "not_in_channel": "The bot is not in the Slack channel. Invite it there, or give it the scope chat:write.public.",
    "invalid_auth": "Slack does not take the bot's token. Give the endpoint a new one.",
    "not_authed": "Slack does not take the bot's token. Give the endpoint a new one.",
    "invalid_token": "Slack does not take the webhook's URL. Make a new one in Slack and give it to the endpoint.",
    "token_revoked": "The bot's token was revoked. Install the app anew and give the endpoint the new token.",
    "token_expired": "The bot's token has expired. Give the endpoint a new one, without rotation.",
    "account_inactive": "The bot's account or workspace was deactivated.",
    "missing_scope": "The bot lacks the scope chat:write. Add it in Slack and install the app anew.",
    "no_permission": "The bot may not post there.",
    "ekm_access_denied": "The workspace's administrators do not allow posting now.",
    "no_service": "The Slack webhook was removed or switched off. Make a new one and give its URL to the endpoint.",
    "no_service_id": "The Slack webhook's URL is not whole. Copy it from Slack once more.",
    "no_active_hooks": "The Slack webhook was switched off. Make a new one and give its URL to the endpoint.",
    "no_team": "The Slack workspace of the webhook does not exist any more.",
    "team_disabled": "The Slack workspace was deactivated.",
    "action_prohibited": "An administrator of the Slack workspace does not allow such messages in this channel.",
    "posting_to_general_channel_denied": "The workspace does not let the webhook post to its general channel.",
    "restricted_action": "A setting of the Slack workspace does not let the bot post in this channel.",
    "restricted_action_read_only_channel": "The Slack channel is read-only.",
    "org_login_required": "The Slack workspace is being moved; posting is off meanwhile.",
}
#: The message that should be changed is gone, or may not be changed any more: a new one is to be posted.
NO_MESSAGE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"})


@dataclass(frozen=True)
class Reply:
    """What Slack answered, by either way of posting."""

    status: int
    #: None when it worked, else Slack's word for why not.
    error: str | None
    body: str
    retry_after: str | None = None
    #: The API's answer.
    told: dict[str, Any] | None = None

    @property
    def ok(self) -> bool:
        """Whether Slack took it."""
        return self.error is None

    @property
    def busy(self) -> bool:
        """Whether Slack asks for a wait."""
        return self.status == 429 or self.error in ("ratelimited", "rate_limited")

    @property
    def asked_seconds(self) -> float:
        """How long Slack asks to wait, where it is busy."""
        return seconds_asked(self.retry_after, clock.now()) or _HOLD_SECONDS

    @property
    def of_the_content(self) -> bool:
        """Whether the same without blocks may be taken."""
        return self.error in _OF_THE_CONTENT


def of_webhook(status: int, body: str, retry_after: str | None) -> Reply:
    """Read an incoming webhook's answer: a status and a word in plain text."""
    word = body.strip()[:100]
    return Reply(status, None if 200 <= status < 300 else word or f"http_{status}", body, retry_after)


def of_api(status: int, body: str, retry_after: str | None) -> Reply:
    """Read the API's answer: JSON that says whether it worked, mostly with status 200."""
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not 200 <= status < 300:
        word = told.get("error") if isinstance(told, dict) else None
        return Reply(status, str(word or f"http_{status}")[:100], body, retry_after)
    error = None if told.get("ok") is True else str(told.get("error") or "unknown_error")[:100]
    return Reply(status, error, body, retry_after, told)


def judge(reply: Reply, attempt: int) -> Verdict:
    """Return what follows from the answer to try number `attempt`. A word that is not known counts by its status."""
    if reply.ok:
        return Verdict("delivered")
    word = reply.error or ""
    said = f'Slack answered {reply.status}, "{word}".'
    if reply.busy:
        return _of_busy(reply, attempt, said)
    if reply.status == 408 or reply.status >= 500 or word in _PASSES:
        return again(said, attempt)
    if word in _MENDED_BY_A_PERSON:
        return Verdict("pause", _MENDED_BY_A_PERSON[word])
    if reply.status in (401, 403, 404, 410):
        return Verdict("pause", f"{said} The endpoint needs another webhook or channel.")
    # What is wrong with this one message need not be wrong with the next.
    return Verdict("give_up", said)


def again(said: str, attempt: int) -> Verdict:
    """Return that it may work later: by the schedule of webhooks, and once an hour when its tries are used up.

    A busy channel may have used them, in half an hour.
    """
    if attempt < len(SCHEDULE):
        return Verdict("retry", said)
    return _while_tries_last(said, attempt, _LONGEST_WAIT_SECONDS)


def _of_busy(reply: Reply, attempt: int, said: str) -> Verdict:
    return _while_tries_last(said, attempt, max(reply.asked_seconds, min(2.0**attempt, _LONGEST_WAIT_SECONDS)))


def _while_tries_last(said: str, attempt: int, after: float) -> Verdict:
    if attempt >= MOST_TRIES:
        return Verdict("give_up", f"{said} That was try {attempt} of {MOST_TRIES}.")
    return Verdict("retry", said, after=after)
