"""Mail by a real server: TLS as the operator said, each refusal understood, each recipient once"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from services.notifier.app import Notifier, open_notifier
from services.notifier.channels import Options
from services.notifier.messages.samples import sample
from shared.endpoints import recipients, registry
from shared.endpoints.tables import WebhookEndpoint
from shared.endpoints.view import show_suppressed
from shared.events.catalogue import PUBLIC, EventType
from shared.events.record import record
from shared.settings import SmtpSettings
from shared.wire import ids
from tests.mail_server import DROP, MailServer, certificate, mail_server

from .stage import HERE, PROJECT, House, turn

ADA, BOB = "ada@example.com", "bob@example.com"


def smtp(server: MailServer, **more: Any) -> SmtpSettings:
    return SmtpSettings(
        host="localhost", port=server.port, sender="Tuneyard <t@tune.example.com>", **{"tls": "none", **more}
    )


@asynccontextmanager
async def notifying(house: House, settings: SmtpSettings) -> AsyncIterator[Notifier]:
    async with open_notifier(house.database, house.ring, HERE, Options(smtp=settings)) as notifier:
        recording = asyncio.create_task(notifier.recorder.run())
        try:
            yield notifier
        finally:
            recording.cancel()


async def tell(house: House, notifier: Notifier, *to: str, events: int = 1) -> None:
    """Let something happen, of which these addresses are to be told, and have it sent."""
    made = WebhookEndpoint(
        id=ids.new("wh_"),
        project_id=PROJECT,
        name="mail",
        channel="email",
        target={"to": list(to)},
        event_types=sorted(PUBLIC),
    )
    async with house.database.begin() as session:
        session.add(made)
        await session.flush()
        for _ in range(events):
            subject = ids.new("ftjob-")
            data = {**sample(EventType.JOB_SUCCEEDED).data, "id": subject}
            await record(session, EventType.JOB_SUCCEEDED, project_id=PROJECT, subject_id=subject, data=data)
    await turn(notifier)


async def again(house: House, notifier: Notifier) -> None:
    await house.make_due()
    await turn(notifier)


async def states(house: House) -> list[str]:
    return [row["state"] for row in await house.deliveries()]


async def test_each_recipient_gets_a_message_of_its_own_by_one_connection(house: House) -> None:
    async with mail_server() as server, notifying(house, smtp(server)) as notifier:
        await tell(house, notifier, ADA, BOB)
    assert [mail.recipient for mail in server.mails] == [ADA, BOB]
    assert [str(mail.message["To"]) for mail in server.mails] == [ADA, BOB]
    assert server.mails[0].sender == "t@tune.example.com"
    assert server.connections == 1
    assert await states(house) == ["delivered"]


@pytest.mark.parametrize("kind", ["starttls", "tls"])
async def test_a_password_goes_through_tls_to_a_certificate_that_is_trusted(
    house: House, tmp_path: Path, kind: str
) -> None:
    trusted, context = certificate(tmp_path)
    settings = {"tls": kind, "ca_file": trusted, "username": "u", "password": "right"}
    async with (
        mail_server(**{kind: context}, auth=True) as server,
        notifying(house, smtp(server, **settings)) as notifier,
    ):
        await tell(house, notifier, ADA)
    assert [mail.recipient for mail in server.mails] == [ADA]
    assert server.logins == [("u", "right", kind == "starttls")]


@pytest.mark.parametrize("kind", ["starttls", "tls"])
async def test_a_certificate_that_is_not_trusted_gets_no_password(house: House, tmp_path: Path, kind: str) -> None:
    _, context = certificate(tmp_path)
    settings = {"tls": kind, "username": "u", "password": "right"}
    async with (
        mail_server(**{kind: context}, auth=True) as server,
        notifying(house, smtp(server, **settings)) as notifier,
    ):
        await tell(house, notifier, ADA)
    assert (server.mails, server.logins) == ([], [])
    assert await states(house) == ["pending"]
    (attempt,) = await house.attempts()
    assert "tls_failed" in attempt["answer"]


async def test_a_server_that_hides_starttls_gets_neither_password_nor_mail(house: House) -> None:
    settings = {"tls": "starttls", "username": "u", "password": "right"}
    async with mail_server(auth=True) as server, notifying(house, smtp(server, **settings)) as notifier:
        await tell(house, notifier, ADA)
    assert (server.mails, server.logins) == ([], [])
    (attempt,) = await house.attempts()
    assert "starttls_not_offered" in attempt["answer"]


async def test_a_password_that_is_refused_is_not_tried_with_every_message(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = {"username": "u", "password": "wrong-secret"}
    async with mail_server(auth=True) as server, notifying(house, smtp(server, **settings)) as notifier:
        await tell(house, notifier, ADA, events=8)
        assert len(server.logins) <= 8  # two ways of telling it for each connection that was under way
        assert await states(house) == ["pending"] * 8
    kept = json.dumps(await house.attempts(), default=str) + "".join(capfd.readouterr())
    assert "wrong-secret" not in kept


@pytest.mark.parametrize(
    ("verb", "answer", "state"),
    [
        ("RCPT", "451 4.3.0 later", "pending"),
        ("MAIL", "550 5.7.1 who are you", "pending"),
        ("DATA", "554 5.7.1 spam", "failed"),
        ("RCPT", "550 5.1.1 nobody", "held"),
    ],
)
async def test_what_becomes_of_a_delivery_that_is_refused(house: House, verb: str, answer: str, state: str) -> None:
    async with mail_server() as server, notifying(house, smtp(server)) as notifier:
        server.say = {verb: [answer]}
        await tell(house, notifier, ADA)
        assert await states(house) == [state]
        assert server.mails == []


async def test_a_mailbox_that_does_not_exist_is_not_written_to_again(house: House) -> None:
    async with mail_server() as server, notifying(house, smtp(server)) as notifier:
        server.refuses = {BOB: "550 5.1.1 no such user"}
        await tell(house, notifier, ADA, BOB)
        assert await states(house) == ["delivered"]
        (suppressed,) = await house.rows("SELECT address, reason FROM suppressed_addresses")
        assert (suppressed["address"], "5.1.1" in suppressed["reason"]) == (BOB, True)
        server.refuses = {}
        await house.happen(EventType.JOB_FAILED)
        await turn(notifier)
    assert [mail.recipient for mail in server.mails] == [ADA, ADA]
    assert "refused before" in (await house.attempts())[-1]["answer"]


async def test_if_nobody_is_there_at_all_the_endpoint_is_paused_with_the_reason(house: House) -> None:
    async with mail_server() as server, notifying(house, smtp(server)) as notifier:
        server.refuses = {ADA: "550 5.1.1 no such user"}
        await tell(house, notifier, ADA)
    (row,) = await house.rows("SELECT status, status_reason FROM webhook_endpoints")
    assert (row["status"], ADA in row["status_reason"]) == ("paused", True)


async def test_a_second_try_is_for_those_that_have_none_yet(house: House) -> None:
    async with mail_server() as server, notifying(house, smtp(server)) as notifier:
        server.refuses = {BOB: "451 4.3.0 later"}
        await tell(house, notifier, ADA, BOB)
        assert await states(house) == ["pending"]
        server.refuses = {}
        await again(house, notifier)
    assert [mail.recipient for mail in server.mails] == [ADA, BOB]
    assert await states(house) == ["delivered"]


@pytest.mark.parametrize(("to", "fails"), [((ADA, BOB), False), ((BOB,), True)])
async def test_an_endpoint_does_not_fail_while_somebody_gets_its_mail(
    house: House, to: tuple[str, ...], *, fails: bool
) -> None:
    async with mail_server() as server, notifying(house, smtp(server)) as notifier:
        server.refuses = {BOB: "451 4.3.0 later"}
        await tell(house, notifier, *to)
    (endpoint,) = await house.rows("SELECT failing_since IS NOT NULL AS fails FROM webhook_endpoints")
    assert (await states(house), endpoint["fails"]) == (["pending"], fails)


async def test_what_is_unclear_is_sent_once_more_as_the_same_message_and_then_given_up(house: House) -> None:
    async with mail_server() as server, notifying(house, smtp(server)) as notifier:
        server.say = {"DATA": [DROP, DROP, DROP]}
        await tell(house, notifier, ADA)
        assert await states(house) == ["pending"]
        await again(house, notifier)
        assert await states(house) == ["failed"]
        await again(house, notifier)
    one, two = server.mails
    assert one.message["Message-ID"] == two.message["Message-ID"]


async def test_a_connection_that_the_server_ended_meanwhile_is_opened_anew(house: House) -> None:
    async with mail_server() as server, notifying(house, smtp(server)) as notifier:
        await tell(house, notifier, ADA)
        server.drop_connections()
        await house.happen(EventType.JOB_FAILED)
        await turn(notifier)
    assert (len(server.mails), server.connections) == (2, 2)
    assert await states(house) == ["delivered", "delivered"]


async def test_a_server_that_never_answers_ends_in_time(house: House) -> None:
    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await writer.drain()
        await asyncio.sleep(5)
        writer.close()

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    settings = SmtpSettings(host="127.0.0.1", port=port, tls="none", sender="t@tune.example.com", timeout_seconds=0.2)
    async with notifying(house, settings) as notifier:
        await tell(house, notifier, ADA)
    listening.close()
    (attempt,) = await house.attempts()
    assert "timeout" in attempt["answer"] and attempt["duration_ms"] < 2000


async def test_who_changes_the_addresses_has_them_all_tried_again(house: House) -> None:
    async with mail_server() as server, notifying(house, smtp(server)) as notifier:
        server.refuses = {BOB: "550 5.1.1 no such user"}
        await tell(house, notifier, ADA, BOB)
        async with house.database.begin() as session:
            (endpoint,) = (await session.exec(select(WebhookEndpoint))).all()
            (refused,) = await recipients.suppressed(session, endpoint.id)
            assert show_suppressed([refused])[0]["address"] == BOB
            await registry.update(session, house.ring, endpoint, {"target": {"to": [ADA, BOB]}})
            assert await recipients.suppressed(session, endpoint.id) == []
