"""How an error is told in a word, and what is kept of an answer."""

import socket
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.webhook import error_class, kept
from shared.errors import TuneyardError
from shared.security.egress import AddressRefused
from shared.security.targets import unreachable
from shared.wire.user_agent import user_agent

_KEY = ConnectionKey("h", 443, True, True, None, None, None)


def _connector(cause: OSError) -> aiohttp.ClientConnectorError:
    return aiohttp.ClientConnectorError(_KEY, cause)


@pytest.mark.parametrize(
    ("exc", "word"),
    [
        (unreachable("https://x"), "target_refused"),
        (_connector(AddressRefused("10.0.0.1")), "target_refused"),
        (aiohttp.ClientConnectorDNSError(_KEY, AddressRefused("10.0.0.1")), "target_refused"),
        (aiohttp.ClientConnectorDNSError(_KEY, socket.gaierror(-2, "unknown")), "name_not_found"),
        (_connector(ConnectionRefusedError()), "connection_refused"),
        (_connector(ssl.SSLError("bad certificate")), "tls_failed"),
        (aiohttp.ClientConnectorSSLError(_KEY, ssl.SSLError("handshake")), "tls_failed"),
        (aiohttp.ServerTimeoutError(), "timeout"),
        (TimeoutError(), "timeout"),
        (aiohttp.ServerDisconnectedError(), "connection_dropped"),
        (aiohttp.ClientOSError(104, "reset"), "connection_failed"),
        (ConnectionResetError(), "connection_dropped"),
        (aiohttp.ClientPayloadError(), "bad_answer"),
        (TuneyardError("A stored secret opens with none"), "secret_unreadable"),
        (OSError(101, "Network is unreachable"), "connection_failed"),
    ],
)
def test_an_error_is_told_in_a_word(exc: Exception, word: str) -> None:
    assert error_class(exc) == word


@given(st.binary(max_size=5000))
def test_what_is_kept_of_an_answer_is_a_short_text_that_the_database_takes(body: bytes) -> None:
    text = kept(body)
    assert len(text.encode()) <= 2048
    assert "\0" not in text


def test_we_call_ourselves_by_name_and_version() -> None:
    assert user_agent().startswith("Tuneyard/")
