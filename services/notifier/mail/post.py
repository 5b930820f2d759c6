"""Hand messages to the mail server: its TLS as the operator said, connections kept for a batch"""

import asyncio
import ssl
import time
from dataclasses import dataclass, field
from functools import cached_property

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException, SMTPServerDisconnected

from services.notifier.mail.refusals import HELD, NO_AUTH, NO_STARTTLS, TLS_FAILED, Fate, Handed, Stage
from shared import log
from shared.settings import SmtpSettings

_log = log.get(__name__)
#: Messages on one connection; servers end longer ones as they like.
_MOST_USES = 100
#: Seconds that an idle connection is kept.
_IDLE_SECONDS = 30.0
#: Connections at once: relays limit them, and ten messages a second are many mails.
_CONNECTIONS = 4
#: A server that does not take our credentials is not asked again for so long, whoever the mail is for.
_HOLD_SECONDS = 300.0
_MOST_TEXT = 300
#: A message that finds every connection taken for so long goes back: waiting on, it would outlive its delivery's lease
#: behind a server that hangs, and be sent by two.
_WAIT_SECONDS = 4.0


@dataclass
class _Connection:
    client: aiosmtplib.SMTP
    uses: int = 0
    since: float = field(default_factory=time.monotonic)

    @property
    def good(self) -> bool:
        """Whether another message may go by it."""
        fresh = time.monotonic() - self.since < _IDLE_SECONDS
        return self.client.is_connected and self.uses < _MOST_USES and fresh


class Post:
    """The operator's mail server. One message has one envelope with one recipient."""

    def __init__(self, smtp: SmtpSettings, hostname: str) -> None:
        self._smtp = smtp
        self._hostname = hostname
        self._idle: list[_Connection] = []
        self._room = asyncio.Semaphore(_CONNECTIONS)
        self._held_until = 0.0

    async def hand_over(self, sender: str, recipient: str, message: bytes) -> Handed:
        """Give the server one message and return how that ended. Raises nothing that a server can cause."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._room.acquire()
        except TimeoutError:
            return Handed(Stage.CONNECT, None, "not sent: every connection to the mail server is taken")
        try:
            return await self._in_turn(sender, recipient, message)
        finally:
            self._room.release()

    async def _in_turn(self, sender: str, recipient: str, message: bytes) -> Handed:
        if time.monotonic() < self._held_until:
            return Handed(Stage.LOGIN, None, HELD)
        handed = await self._attempt(sender, recipient, message)
        if handed.fate == Fate.OURS:
            self._held_until = time.monotonic() + _HOLD_SECONDS
            _log.error("mail.refused_us", stage=handed.stage, answer=str(handed), held_seconds=_HOLD_SECONDS)
        return handed

    async def close(self) -> None:
        """Take leave of the server."""
        while self._idle:
            await _part(self._idle.pop())

    async def _attempt(self, sender: str, recipient: str, message: bytes) -> Handed:
        dialogue = _Dialogue()
        try:
            async with asyncio.timeout(self._smtp.timeout_seconds):
                return await self._converse(dialogue, sender, recipient, message)
        except TimeoutError:
            return Handed(dialogue.stage, None, "timeout")
        except SMTPResponseException as exc:
            return Handed(dialogue.stage, exc.code, " ".join(exc.message.split())[:_MOST_TEXT])
        except (SMTPException, OSError) as exc:
            return Handed(dialogue.stage, None, _word(dialogue.stage, exc))

    async def _converse(self, dialogue: "_Dialogue", sender: str, recipient: str, message: bytes) -> Handed:
        connection = await self._greet(dialogue, sender)
        client = connection.client
        try:
            dialogue.stage = Stage.RECIPIENT
            await client.rcpt(recipient)
            dialogue.stage = Stage.DATA
            answer = await client.data(message)
        except SMTPResponseException:
            await self._give_back(connection, half_said=True)
            raise
        except BaseException:
            # Cut off in the middle of a message: nothing else may go by it.
            client.close()
            raise
        await self._give_back(connection, half_said=False)
        return Handed(Stage.DATA, answer.code, " ".join(answer.message.split())[:_MOST_TEXT])

    async def _greet(self, dialogue: "_Dialogue", sender: str) -> _Connection:
        """Return a connection on which the sender is said: a kept one, or a new one if the server has ended that."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.good:
                await _part(connection)
                continue
            dialogue.stage = Stage.SENDER
            try:
                await connection.client.mail(sender)
            except (SMTPServerDisconnected, ConnectionError):
                connection.client.close()
                continue
            return connection
        dialogue.stage = Stage.CONNECT
        connection = _Connection(self._client())
        try:
            await connection.client.connect()
            if self._smtp.username is not None and self._smtp.password is not None:
                dialogue.stage = Stage.LOGIN
                await connection.client.login(self._smtp.username, self._smtp.password.get_secret_value())
            dialogue.stage = Stage.SENDER
            await connection.client.mail(sender)
        except BaseException:
            connection.client.close()
            raise
        return connection

    def _client(self) -> aiosmtplib.SMTP:
        smtp = self._smtp
        return aiosmtplib.SMTP(
            hostname=smtp.host,
            port=smtp.dialled_port,
            use_tls=smtp.tls == "tls",
            # Never None: that would be "if the server offers it", and credentials in clear if somebody hides the offer.
            start_tls=smtp.tls == "starttls",
            tls_context=self._tls if smtp.tls != "none" else None,
            timeout=smtp.timeout_seconds,
            local_hostname=self._hostname,
        )

    async def _give_back(self, connection: _Connection, *, half_said: bool) -> None:
        connection.uses += 1
        connection.since = time.monotonic()
        if half_said:
            try:
                # After a refusal the server still has the beginning of an envelope.
                await connection.client.rset()
            except (SMTPException, OSError):
                connection.client.close()
                return
        if connection.good:
            self._idle.append(connection)
            asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._let_go, connection)
        else:
            connection.client.close()

    def _let_go(self, connection: _Connection) -> None:
        if connection in self._idle and not connection.good:
            self._idle.remove(connection)
            connection.client.close()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._smtp.ca_file is not None:
            context.load_verify_locations(self._smtp.ca_file)
        return context


@dataclass
class _Dialogue:
    """How far it got, for when it is cut off."""

    stage: Stage = Stage.CONNECT


def _word(stage: Stage, exc: BaseException) -> str:
    """Return a word for why there is no answer; the tenant sees it, so it names no address."""
    chain = [each for each in (exc, exc.__cause__, exc.__context__) if each is not None]
    for kind, word in (
        (ssl.SSLError, TLS_FAILED),
        (TimeoutError, "timeout"),
        (ConnectionRefusedError, "connection_refused"),
        (SMTPServerDisconnected, "connection_dropped"),
        (OSError, "connection_failed"),
    ):
        if any(isinstance(each, kind) for each in chain):
            return word
    # What is left is the library's own: the server does not offer what we ask of it.
    return NO_STARTTLS if stage == Stage.CONNECT else NO_AUTH


async def _part(connection: _Connection) -> None:
    try:
        await connection.client.quit()
    except (SMTPException, OSError):
        connection.client.close()
