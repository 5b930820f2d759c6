"""`tuneyard webhooks`, in this process, against a gateway and a notifier over real servers."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
import pytest
import structlog
from typer.testing import CliRunner, Result

from services.cli.main import app
from services.cli.webhooks import view
from services.cli.webhooks.listen import Listening
from services.cli.webhooks.receiver import Arrival
from services.cli.webhooks.receiver import Receiver as Listener
from services.cli.webhooks.receiver import receiving as listening
from shared.security import signatures
from shared.settings import SmtpSettings
from tests.conftest import House
from tests.integration.services.gateway.asking import HOOK, Asking, fail_for_good, happen
from tests.integration.services.notifier.stage import receiving, working_notifier

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"type":"model.ready","data":{"id":"ft:x"}}'


@pytest.fixture(autouse=True)
def _logs_elsewhere() -> Iterator[None]:
    """The gateway's lines of log are of this process too, and not what the command prints."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__))
    yield
    structlog.reset_defaults()


@pytest.fixture
def tuneyard(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("TUNEYARD_BASE_URL", house.url)
    monkeypatch.setenv("TUNEYARD_API_KEY", house.key)

    async def run(*words: str, code: int = 0) -> Result:
        ended = await asyncio.to_thread(CliRunner().invoke, app, ["webhooks", *words])
        assert ended.exit_code == code, (ended.output, ended.exception)
        return ended

    return run


@pytest.fixture
async def notifier(house: House) -> AsyncIterator[None]:
    async with working_notifier(house.runtime.database, house.runtime.ring):
        yield


async def test_an_endpoints_life(tuneyard: Callable[..., Any]) -> None:
    wishes = ("--model", "gpt-4o-mini", "--filter-metadata", "team=blue", "--header", "X-A=b", "--ordered", "--thin")
    quiet = ("--quiet", "22:00-07:00 Europe/Berlin", "--hold-failures", "--rate-limit", "2.5", "--ed25519")
    made = json.loads((await tuneyard("create", "desk", "--url", HOOK, *wishes, *quiet, "--json")).stdout)
    assert made["filter"] == {"models": ["gpt-4o-mini"], "metadata": {"team": "blue"}}
    assert made["quiet_hours"]["failures_pass"] is False
    assert (made["headers"], made["rate_limit"], made["signature"]) == ({"X-A": "…"}, 2.5, "ed25519")
    assert made["event_types"] == (await tuneyard("events")).stdout.split()
    for words, told in (
        (("list",), f"{made['id']}  enabled   webhook  desk  {HOOK}"),
        (
            ("get", made["id"]),
            "quiet_hours          22:00-07:00 Europe/Berlin, failures are held too",
        ),
        (
            ("update", made["id"], "--quiet", "off", "--no-filter", "--event", "file.error"),
            "event_types          file.error",
        ),
        (("pause", made["id"]), "status               paused"),
        (("mute", made["id"], "--for", "2h"), "muted_until          20"),
        (("resume", made["id"]), "status               enabled"),
        (("rotate", made["id"], "--keep-old"), "signing_secret       whsec_"),
        (("deliveries", made["id"]), "Nothing."),
        (("delete", made["id"]), "is deleted."),
        (("list",), "There is no endpoint. Make one:"),
    ):
        assert told in (await tuneyard(*words)).stdout, words
    gone = await tuneyard("get", made["id"], code=2)
    assert f"error: There is no webhook endpoint {made['id']}" in gone.stderr
    assert json.loads((await tuneyard("get", made["id"], "--json", code=2)).stdout)["error"]["retryable"] is False


async def test_a_channel_is_guessed_from_where_it_leads(
    tuneyard: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy"
    monkeypatch.setenv("SLACK_TOKEN", token)
    slack = ("create", "team", "--slack-channel", "C024BE91L", "--credentials", "SLACK_TOKEN", "--digest", "30")
    made = (await tuneyard(*slack)).stdout
    assert "channel              slack" in made
    assert "digest_minutes       30" in made
    assert token not in made
    assert "no mail server here" in (await tuneyard("create", "x", "--to", "a@b.com", code=2)).stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("create", "x", "--url", HOOK, "--header", "X"), "is not of the form NAME=VALUE"),
        (("create", "x", "--url", HOOK, "--quiet", "at night"), "is not of the form"),
        (("create", "x", "--url", HOOK, "--rate-limit", "fast"), "is no number"),
        (("create", "x", "--url", HOOK, "--rate-limit", "inf"), "is no number"),
        (("create", "x", "--to", "a@b.com", "--digest", "nan"), "is no number"),
        (("create", "x", "--to", "a@b.com", "--digest", "2.5"), "is no whole number"),
        (("create", "x", "--url", HOOK, "--header", "X-A=1", "--header", "X-A=2"), '"X-A" is given twice'),
        (("create", "x", "--url", HOOK, "--filter-metadata", "a=1", "--filter-metadata", "a=2"), "given twice"),
        (("create", "x", "--url", HOOK, "--hold-failures"), "--quiet"),
        (("update", "wh_1", "--quiet", "off", "--hold-failures"), "--quiet"),
        (("create", "x", "--to", "a@b.com", "--slack-channel", "C1"), "Make two"),
        (("update", "wh_1", "--no-filter", "--job", "ftjob-1"), "take the place of the old"),
        (("update", "wh_1", "--no-headers", "--header", "X-A=1"), "take the place of the old"),
        (("delete", "../files/file-1"), "is no id"),
        (("get", ""), "is no id"),
        (("deliveries", "wh_1/deliveries"), "is no id"),
        (("resend", "dlv_1?x"), "is no id"),
        (("create", "x", "--credentials", "NOT_SET_ANYWHERE"), "there is no environment variable"),
        (("update", "wh_1"), "nothing to change"),
        (("mute", "wh_1", "--for", "long"), "is no time span"),
        (("recover", "wh_1", "--since", "yesterday"), "is no time"),
        (("deliveries", "wh_1", "--since", "9999-12-31T23:59:59-12:00"), "is no time"),  # after the last year there is
        (("listen", "--secret", "NOT_SET_ANYWHERE"), "is neither a key"),
        (("listen", "--secret", "whsec_x"), "base64"),
        (("listen", "--secret", SECRET, "--create"), "verifies with the secret of that one"),
        (("listen", "--event", "file.error"), "goes with --create"),
        (("listen", "--forward", "localhost:3000"), "is no URL"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_right(words: tuple[str, ...], says: str) -> None:
    ended = CliRunner().invoke(app, ["webhooks", *words])
    assert ended.exit_code == 2
    assert says in " ".join(ended.stderr.replace("│", " ").split())


def test_a_service_that_is_not_there_ends_with_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEYARD_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("TUNEYARD_API_KEY", "ty_x")
    assert CliRunner().invoke(app, ["webhooks", "list"]).exit_code == 3


async def test_a_test_a_resend_and_a_recovery(house: House, notifier: None, tuneyard: Callable[..., Any]) -> None:
    await house.start_worker()
    async with receiving(500) as receiver:
        made = json.loads((await tuneyard("create", "x", "--url", receiver.url, "--json")).stdout)["id"]
        tested = (await tuneyard("test", made, code=1)).stdout
        assert "answered 500.\ndlv_" in tested
        assert "      said" in tested
        await happen(house)
        await receiver.wait_for(2)
        listed = json.loads((await tuneyard("deliveries", made, "--state", "pending", "--json")).stdout)["data"]
        assert len(listed) == 1
        shown = await tuneyard("resend", listed[0]["id"], code=1)
        assert "  2  20" in shown.stdout
        assert "said" in shown.stdout
        await fail_for_good(house)
        receiver.answer = 200
        # The sample that failed is no event that was missed.
        assert "done: 1 sent again" in (await tuneyard("recover", made, "--since", "1h")).stdout
        await receiver.wait_for(4)
        # By id, of one delivery: every attempt.
        one = json.loads((await tuneyard("deliveries", listed[0]["id"], "--json")).stdout)
        assert [attempt["status_code"] for attempt in one["attempts"]][:2] == [500, 500]
        assert "answered 200." in (await tuneyard("test", made, "-e", "file.error")).stdout


async def test_what_an_update_of_a_mails_target_does_not_name_stays(house: House, tuneyard: Callable[..., Any]) -> None:
    house.runtime.settings.smtp = SmtpSettings(host="127.0.0.1", sender="t@example.com", tls="none")
    made = json.loads((await tuneyard("create", "x", "--to", "a@b.com", "--reply-to", "r@b.com", "--json")).stdout)
    for words, target in (
        (("--to", "c@b.com"), {"to": ["c@b.com"], "reply_to": "r@b.com"}),
        (("--reply-to", "s@b.com"), {"to": ["c@b.com"], "reply_to": "s@b.com"}),
        (("--reply-to", "off", "--to", "d@b.com"), {"to": ["d@b.com"]}),
    ):
        changed = json.loads((await tuneyard("update", made["id"], *words, "--json")).stdout)
        assert changed["target"] == target


async def test_listen_makes_an_endpoint_shows_what_comes_verified_and_deletes_it(
    house: House, notifier: None, tuneyard: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    mine = Asking(house, house.key)
    session = Listening(None, None, 2, as_json=True)
    run = asyncio.create_task(session.run("127.0.0.1", 0, ["fine_tuning.job.succeeded"], None, create=True))
    while (await mine.get("/webhook_endpoints"))["data"] == []:
        await asyncio.sleep(0.02)
    events = [await happen(house), await happen(house)]
    async with asyncio.timeout(20):
        await run
    out, err = capsys.readouterr()
    told = [json.loads(line) for line in out.splitlines()]
    assert {each["body"]["id"] for each in told} == set(events)
    assert {(each["verified"], each["answered"]) for each in told} == {(True, 204)}
    assert session.unverified == 0
    assert "which is deleted at the end" in err
    assert (await mine.get("/webhook_endpoints"))["data"] == []


async def test_what_does_not_verify_is_refused_and_not_handed_on() -> None:
    arrivals: list[Arrival] = []
    good = signatures.headers([SECRET], "evt_1", int(time.time()), BODY)
    async with receiving(202) as behind:
        listener = Listener([SECRET], arrivals.append, forward=behind.url)
        async with listening(listener, "127.0.0.1", 0) as url, aiohttp.ClientSession() as session:
            for headers, body in ((good, BODY), (good, BODY), (good, BODY + b" "), ({}, BODY)):
                async with session.post(url, data=body, headers=headers):
                    pass
    assert [(each.verified, each.answered, each.again) for each in arrivals] == [
        (True, 202, False),
        (True, 202, True),
        (False, 401, True),
        (False, 401, False),
    ]
    assert [hit.body for hit in behind.hits] == [BODY, BODY]
    assert behind.hits[0].headers["webhook-signature"] == good["webhook-signature"]


async def test_what_cannot_be_handed_on_says_why() -> None:
    arrivals: list[Arrival] = []
    listener = Listener([], arrivals.append, forward="http://127.0.0.1:9/hook")
    async with (
        listening(listener, "127.0.0.1", 0) as url,
        aiohttp.ClientSession() as session,
        session.post(url, data=BODY) as answer,
    ):
        assert answer.status == 502
    assert arrivals[0].unreached == "http://127.0.0.1:9/hook cannot be reached: connection refused"


@pytest.mark.parametrize(("host", "reached"), [("::1", "http://[::1]:"), ("0.0.0.0", "http://127.0.0.1:")])  # noqa: S104
async def test_it_is_named_by_an_address_that_leads_to_it(host: str, reached: str) -> None:
    async with listening(Listener([], print), host, 0) as url, aiohttp.ClientSession() as session:
        assert url.startswith(reached)
        async with session.post(url, data=BODY) as answer:
            assert answer.status == 204


async def test_listening_ends_when_its_reader_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def left(*_: object, err: bool = False, **__: object) -> None:
        if not err:
            raise BrokenPipeError

    monkeypatch.setattr("services.cli.webhooks.listen.typer.echo", left)
    session = Listening(None, None, None, as_json=True)
    session._told(Arrival({}, BODY, verified=None))
    async with asyncio.timeout(5):
        await session.run("127.0.0.1", 0, None, None, create=False)
    assert isinstance(session.lost, BrokenPipeError)


def test_an_endpoint_and_its_deliveries_are_whole_on_a_line_or_shown_with_all_that_is_known() -> None:
    one = {"id": "wh_1", "name": "<!channel>\n🎉", "channel": "email", "url": "mailto:a@b.com", "status": "enabled"}
    assert view.endpoints({"data": [one]}) == "wh_1  enabled   email    <!channel> 🎉  mailto:a@b.com"
    gone = [{"address": "a@b.com", "reason": "550 nobody", "since": 0}]
    shown = view.endpoint(
        {**one, "suppressed_addresses": gone, "payload_style": "full", "previous_secrets_end_at": [0]}
    )
    assert "suppressed_addresses a@b.com (550 nobody)" in shown
    assert "previous_secrets_end_at 19" in shown and "payload_style" not in shown
    attempt = {
        "number": 1,
        "started_at": 0,
        "duration_ms": 9,
        "status_code": None,
        "error": None,
        "answer": "a: 250\nb: 452",
    }
    told = {
        "id": "dlv_1",
        "created_at": 0,
        "state": "failed",
        "event_type": "digest",
        "reason": "one\ntwo",
        "attempts": [attempt],
    }
    lines = view.delivery(told).splitlines()
    assert lines[0].endswith("1 try  one two")
    assert lines[1].endswith("9 ms  taken")
    assert lines[2:] == ["      a: 250", "      b: 452"]
