"""Whatever a project gives as its own headers: refused, or on the wire as they were given, and nothing else beside"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.webhook import WebhookSender
from shared.endpoints.deliveries import Claimed
from shared.endpoints.own_headers import check_headers
from shared.errors import Refused
from shared.security.egress import open_egress
from shared.security.reach import Reach
from shared.security.secrets_at_rest import KeyRing
from shared.security.signatures import new_secret

#: What the promise names; the tests of each day take fewer.
EXAMPLES = int(os.environ.get("FUZZ_HEADERS", "300"))
_OURS = {
    *(b"host", b"webhook-id", b"webhook-timestamp", b"webhook-signature", b"content-type", b"content-length"),
    *(b"user-agent", b"accept", b"accept-encoding"),
}
#: Line ends of every kind, what becomes one when its upper byte is cut off, and what parts a name from its value.
_SPITEFUL = st.sampled_from(
    ["\r", "\n", "\r\n", "\0", "\t", " ", ":", "\x0b", "\x0c", "\x1c", "\x7f", "\x85", "Ċ", "č"]
)
_TEXT = st.text(st.characters(max_codepoint=0x2FF), max_size=12)
_PIECES = st.lists(_SPITEFUL | _TEXT | st.sampled_from(["Evil: 1", "Host", "webhook-id", "\r\n\r\nPOST / HTTP/1.1"]))
_PLAIN = st.text("abcXYZ019-_.~!", min_size=1, max_size=12)
_NAMES = _PLAIN | _PLAIN | _PIECES.map("".join) | st.tuples(_PLAIN, _SPITEFUL, _PLAIN).map("".join)
_VALUES = (
    _PLAIN
    | st.text(st.characters(min_codepoint=32, max_codepoint=126))
    | _PIECES.map("".join)
    | st.tuples(_PLAIN, _SPITEFUL, _PLAIN).map("".join)
)


@dataclass
class Wire:
    """A server that keeps the head of each request as it came, byte by byte."""

    url: str = ""
    heads: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                await reader.readexactly(2)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def _wire() -> AsyncIterator[Wire]:
    wire = Wire()
    async with await asyncio.start_server(wire.serve, "127.0.0.1", 0) as server:
        wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        yield wire


def test_no_header_reaches_the_wire_but_as_it_was_given() -> None:
    passed = 0
    loop = asyncio.new_event_loop()
    ring, here = KeyRing([Fernet.generate_key().decode()]), Reach(loopback=True)

    async def send(headers: Mapping[str, str]) -> list[bytes]:
        async with _wire() as wire, open_egress(here) as session:
            claimed = _claimed(wire.url, ring, headers)
            answer = await WebhookSender(session, ring, here).send(claimed)
        assert answer.status == 200, answer
        return wire.heads

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=3))
    def check(headers: dict[str, str]) -> None:
        nonlocal passed
        try:
            check_headers(headers)
        except Refused:
            return
        passed += 1
        (head,) = loop.run_until_complete(send(headers))
        _, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        assert b"\n" not in head.replace(b"\r\n", b"") and b"\r" not in head.replace(b"\r\n", b"")
        parts = (line.partition(b":") for line in lines)
        sent = {name: value.removeprefix(b" ") for name, _, value in parts}
        assert len(sent) == len(lines), "a header came twice"
        own = {name: value for name, value in sent.items() if name.lower() not in _OURS}
        assert own == {name.encode(): value.encode() for name, value in headers.items()}

    try:
        check()
    finally:
        loop.close()
    assert passed > EXAMPLES / 20, "nearly all were refused: nothing was tried"


def _claimed(url: str, ring: KeyRing, headers: Mapping[str, str]) -> Claimed:
    fields: dict[str, Any] = dict.fromkeys(Claimed.__dataclass_fields__)
    given = {"url": url, "body": b"{}", "event_id": "evt_1", "previous_secrets": []}
    secrets = {"secret": ring.encrypt(new_secret()), "headers": ring.encrypt(json.dumps(dict(headers)))}
    return Claimed(**{**fields, **given, **secrets})
