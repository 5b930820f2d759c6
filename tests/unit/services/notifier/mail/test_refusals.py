"""Each answer of a mail server, and what becomes of the recipient, the delivery, the next try"""

import pytest

from services.notifier.mail.outcome import settled, verdict
from services.notifier.mail.refusals import (
    NO_AUTH,
    NO_STARTTLS,
    SCHEDULE,
    TLS_FAILED,
    TRIES_WHEN_FULL,
    Fate,
    Stage,
    fate,
)
from shared import clock
from shared.endpoints.policy import JITTER, Answer, Delivered, GaveUp, Pause, TryAgain, decide

_ROWS = [
    (Stage.DATA, 250, "2.0.0 queued", Fate.ACCEPTED),
    (Stage.CONNECT, 421, "too many connections", Fate.LATER),
    (Stage.CONNECT, 554, "no service here", Fate.LATER),  # while it is restarted
    (Stage.RECIPIENT, 450, "greylisted", Fate.LATER),
    (Stage.RECIPIENT, 451, "4.3.0 try again", Fate.LATER),
    (Stage.DATA, 452, "4.3.1 no space", Fate.LATER),
    (Stage.RECIPIENT, 452, "4.2.2 over quota", Fate.FULL),
    (Stage.RECIPIENT, 552, "5.2.2 mailbox full", Fate.FULL),
    (Stage.RECIPIENT, 552, "mailbox full", Fate.FULL),
    (Stage.DATA, 552, "5.3.4 message too large", Fate.REFUSED),
    (Stage.RECIPIENT, 550, "5.1.1 no such user", Fate.NO_MAILBOX),
    (Stage.RECIPIENT, 550, "no such user", Fate.NO_MAILBOX),
    (Stage.RECIPIENT, 551, "user not local", Fate.NO_MAILBOX),
    (Stage.RECIPIENT, 553, "5.1.3 bad address", Fate.NO_MAILBOX),
    (Stage.DATA, 550, "5.1.1 no such user", Fate.NO_MAILBOX),
    (Stage.RECIPIENT, 550, "5.7.1 relaying denied", Fate.REFUSED),  # of us, not of the mailbox
    (Stage.RECIPIENT, 550, "5.2.1 mailbox disabled", Fate.REFUSED),
    (Stage.DATA, 550, "this looks like spam", Fate.REFUSED),
    (Stage.DATA, 554, "5.7.1 spam", Fate.REFUSED),
    (Stage.LOGIN, 535, "5.7.8 bad credentials", Fate.OURS),
    (Stage.SENDER, 530, "5.7.0 authentication required", Fate.OURS),
    (Stage.SENDER, 550, "5.7.1 sender not allowed", Fate.OURS),
    (Stage.LOGIN, 454, "4.7.0 temporary failure", Fate.LATER),
    (Stage.CONNECT, None, "timeout", Fate.LATER),
    (Stage.CONNECT, None, "connection_refused", Fate.LATER),
    (Stage.CONNECT, None, TLS_FAILED, Fate.OURS),
    (Stage.CONNECT, None, NO_STARTTLS, Fate.OURS),
    (Stage.LOGIN, None, NO_AUTH, Fate.OURS),
    (Stage.RECIPIENT, None, "connection_dropped", Fate.LATER),  # nothing was handed over yet
    (Stage.DATA, None, "connection_dropped", Fate.UNCLEAR),
    (Stage.DATA, None, "timeout", Fate.UNCLEAR),
]


@pytest.mark.parametrize(("stage", "code", "text", "expected"), _ROWS)
def test_what_an_answer_means(stage: Stage, code: int | None, text: str, expected: Fate) -> None:
    assert fate(stage, code, text) == expected


def test_what_is_full_is_given_up_soon_and_what_is_unclear_after_one_more_try() -> None:
    assert settled(Fate.FULL, None, TRIES_WHEN_FULL - 1) == Fate.FULL
    assert settled(Fate.FULL, None, TRIES_WHEN_FULL) == Fate.REFUSED
    assert settled(Fate.UNCLEAR, None, 1) == Fate.UNCLEAR
    assert settled(Fate.UNCLEAR, Fate.UNCLEAR, 2) == Fate.REFUSED


@pytest.mark.parametrize(
    ("fates", "kind"),
    [
        ({"a": Fate.ACCEPTED}, "delivered"),
        ({"a": Fate.ACCEPTED, "b": Fate.NO_MAILBOX}, "delivered"),
        ({"a": Fate.ACCEPTED, "b": Fate.LATER}, "retry"),
        ({"a": Fate.UNCLEAR}, "retry"),
        ({"a": Fate.OURS}, "retry"),
        ({"a": Fate.NO_MAILBOX, "b": Fate.NO_MAILBOX}, "pause"),  # nobody is there: somebody must say who is
        ({"a": Fate.NO_MAILBOX, "b": Fate.REFUSED}, "give_up"),
        ({"a": Fate.REFUSED}, "give_up"),
    ],
)
def test_what_becomes_of_the_delivery(fates: dict[str, Fate], kind: str) -> None:
    assert verdict(fates, 1).kind == kind


@pytest.mark.parametrize(
    ("fates", "told"),
    [
        ({"a": Fate.LATER}, "Not taken yet by the mail server for a."),
        ({"a": Fate.ACCEPTED, "b": Fate.LATER}, "Taken for 1 of 2 addresses. Not taken yet by the mail server for b."),
        (
            {"a": Fate.ACCEPTED, "b": Fate.ACCEPTED, "c": Fate.NO_MAILBOX},
            "Taken for 2 of 3 addresses. The mail server refused c.",
        ),
        ({"a": Fate.ACCEPTED, "b": Fate.ACCEPTED}, ""),
    ],
)
def test_of_several_addresses_it_says_how_many_have_it(fates: dict[str, Fate], told: str) -> None:
    assert verdict(fates, 1).reason == told


def _decided(fates: dict[str, Fate], attempt: int) -> object:
    return decide(Answer(clock.now(), 0, verdict=verdict(fates, attempt)), attempt)


def test_mail_has_a_schedule_of_its_own_of_about_a_day() -> None:
    assert 20 <= sum(wait.total_seconds() for wait in SCHEDULE) / 3600 <= 48
    for attempt, wait in enumerate(SCHEDULE, start=1):
        outcome = _decided({"a": Fate.LATER}, attempt)
        assert isinstance(outcome, TryAgain)
        assert 1 - JITTER <= outcome.after / wait.total_seconds() <= 1 + JITTER
    assert isinstance(_decided({"a": Fate.LATER}, len(SCHEDULE) + 1), GaveUp)


def test_the_policy_does_as_the_channel_says() -> None:
    assert isinstance(_decided({"a": Fate.ACCEPTED}, 1), Delivered)
    assert isinstance(_decided({"a": Fate.NO_MAILBOX}, 1), Pause)
