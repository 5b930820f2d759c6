"""A mail server on this machine that takes, refuses or breaks off as a test says, with TLS, STARTTLS and passwords"""

import asyncio
import datetime as dt
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: An answer that is none: the connection is torn down.
DROP = "drop"


@dataclass
class Mail:
    """One message as it was taken."""

    sender: str
    recipient: str
    content: bytes
    tls: bool

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class MailServer:
    """What was taken, and what is answered: `say["RCPT"] = ["550 5.1.1 nobody", ""]`, an empty one means yes."""

    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    say: dict[str, list[str]] = field(default_factory=dict)
    #: To this recipient always this answer.
    refuses: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    logins: list[tuple[str, str, bool]] = field(default_factory=list)
    _open: list[asyncio.BaseTransport] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's names)
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self._answer("MAIL", server):
            return refusal
        envelope.mail_from, envelope.mail_options = address, options
        return "250 2.1.0 ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if refusal := self.refuses.get(address) or self._answer("RCPT", server):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        said = self._answer("DATA", server)
        if not said or said == DROP:
            content = envelope.original_content or b""
            for recipient in envelope.rcpt_tos:
                self.mails.append(Mail(envelope.mail_from or "", recipient, content, session.ssl is not None))
        return said or "250 2.0.0 queued"

    def authenticate(
        self, _server: SMTP, session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login.decode(), given.password.decode(), session.ssl is not None))
        return AuthResult(success=given.password == b"right", handled=False)

    def drop_connections(self) -> None:
        """Close what is open, as a server does that was restarted."""
        for transport in self._open:
            transport.close()

    def _answer(self, verb: str, server: SMTP) -> str:
        said = self.say.get(verb, [])
        answer = said.pop(0) if said else ""
        if answer == DROP:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return answer


def certificate(folder: Path, *named: str) -> tuple[Path, ssl.SSLContext]:
    """Return a certificate that only who is told of it trusts, and a server's context with it.

    It is for the names and addresses that are `named`; for this machine when there are none.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([_general(each) for each in named or ("localhost", "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, secret = folder / "mail.pem", folder / "mail.key"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(trusted, secret)
    return trusted, context


def _general(named: str) -> x509.GeneralName:
    """Return a name as certificates hold it. `dns:` in front makes a name of what looks like an address."""
    try:
        return x509.IPAddress(ip_address(named))
    except ValueError:
        return x509.DNSName(named.removeprefix("dns:"))


@asynccontextmanager
async def mail_server(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, auth: bool = False
) -> AsyncIterator[MailServer]:
    """Serve one on a free port of this machine, in this loop."""
    state = MailServer()

    def protocol() -> SMTP:
        state.connections += 1
        with warnings.catch_warnings():
            # It warns of passwords in clear; that none come in clear is what the tests look at.
            warnings.simplefilter("ignore")
            return _Remembered(
                state,
                hostname="localhost",
                tls_context=starttls,
                auth_required=auth,
                auth_require_tls=False,
                authenticator=state.authenticate if auth else None,
            )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=tls)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        state.drop_connections()


class _Remembered(SMTP):
    def __init__(self, state: MailServer, **options: Any) -> None:
        self._state = state
        super().__init__(state, **options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._state._open.append(transport)
