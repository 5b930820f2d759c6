"""Each refusal of a real mail server, at each step of the dialogue, and what is kept of the connection"""

import asyncio
import time

import pytest

from services.notifier.mail import post as post_module
from services.notifier.mail.post import Post
from services.notifier.mail.refusals import Fate, Stage
from shared.settings import SmtpSettings
from tests.mail_server import DROP, MailServer, mail_server

FROM, ADA = "t@tune.example.com", "ada@example.com"
_ROWS = [
    ("MAIL", "421 4.3.2 shutting down", Stage.SENDER, Fate.LATER),
    ("MAIL", "530 5.7.0 authenticate first", Stage.SENDER, Fate.OURS),
    ("MAIL", "550 5.7.1 who are you", Stage.SENDER, Fate.OURS),
    ("RCPT", "450 greylisted", Stage.RECIPIENT, Fate.LATER),
    ("RCPT", "451 4.3.0 later", Stage.RECIPIENT, Fate.LATER),
    ("RCPT", "552 5.2.2 full", Stage.RECIPIENT, Fate.FULL),
    ("RCPT", "550 5.1.1 nobody", Stage.RECIPIENT, Fate.NO_MAILBOX),
    ("RCPT", "551 elsewhere", Stage.RECIPIENT, Fate.NO_MAILBOX),
    ("RCPT", "553 no such name", Stage.RECIPIENT, Fate.NO_MAILBOX),
    ("RCPT", "550 5.7.1 relaying denied", Stage.RECIPIENT, Fate.REFUSED),
    ("RCPT", DROP, Stage.RECIPIENT, Fate.LATER),
    ("DATA", "452 4.3.1 no space", Stage.DATA, Fate.LATER),
    ("DATA", "554 5.7.1 spam", Stage.DATA, Fate.REFUSED),
    ("DATA", DROP, Stage.DATA, Fate.UNCLEAR),
]


def _post(server: MailServer, port: int = 0) -> Post:
    return Post(SmtpSettings(host="127.0.0.1", port=port or server.port, tls="none", sender=FROM), "tune.example.com")


@pytest.mark.parametrize(("verb", "answer", "stage", "fate"), _ROWS)
async def test_each_refusal_is_understood_and_the_next_message_goes_through(
    verb: str, answer: str, stage: Stage, fate: Fate
) -> None:
    async with mail_server() as server:
        post = _post(server)
        server.say = {verb: [answer]}
        handed = await post.hand_over(FROM, ADA, b"Subject: one\r\n\r\none\r\n")
        assert (handed.stage, handed.fate) == (stage, fate)
        after = await post.hand_over(FROM, ADA, b"Subject: two\r\n\r\ntwo\r\n")
        # Who does not take us is left in peace.
        assert after.fate == (Fate.OURS if fate == Fate.OURS else Fate.ACCEPTED)
        await post.close()
    answered = answer != DROP and not answer.startswith("421")
    assert server.connections == (1 if answered else 2)


async def test_behind_a_server_that_hangs_nothing_waits_until_its_lease_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(post_module, "_WAIT_SECONDS", 0.1)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with silent:
        settings = SmtpSettings(
            host="127.0.0.1", port=silent.sockets[0].getsockname()[1], tls="none", sender=FROM, timeout_seconds=1
        )
        post = Post(settings, "tune.example.com")
        started = time.monotonic()
        handed = await asyncio.gather(*(post.hand_over(FROM, ADA, b"x") for _ in range(40)))
    # Four at a time, all forty would have taken ten seconds.
    assert time.monotonic() - started < 5
    assert {each.fate for each in handed} == {Fate.LATER}
    assert sum("is taken" in each.text for each in handed) == 36


async def test_where_nobody_listens_nothing_is_lost() -> None:
    async with mail_server() as server:
        gone = server.port
    handed = await _post(server, gone).hand_over(FROM, ADA, b"x")
    assert (handed.stage, handed.text, handed.fate) == (Stage.CONNECT, "connection_refused", Fate.LATER)


async def test_lines_that_begin_with_a_dot_and_letters_of_any_kind_arrive_as_they_are() -> None:
    async with mail_server() as server:
        post = _post(server)
        await post.hand_over(FROM, ADA, "Subject: x\r\n\r\n.\r\n..a\r\nnaïve ☃\r\n".encode())
        await post.close()
    assert server.mails[0].content.endswith("\r\n\r\n.\r\n..a\r\nnaïve ☃\r\n".encode())
