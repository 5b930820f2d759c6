"""Where a webhook may go, by the text of the URL and by the address."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.security.targets import TargetRefused, address_may_be_dialled, check_url

from .bad_urls import BAD_URLS, GOOD_URLS

#: Allowed only where the operator lets webhooks go to this machine.
LOOPBACK_URLS = [
    "http://127.0.0.1:8000/h",
    "http://127.8.8.8/h",
    "https://127.0.0.1/h",
    "http://[::1]:3000/h",
    "http://localhost:3000/h",
]


@pytest.mark.parametrize("url", BAD_URLS, ids=list(BAD_URLS.values()))
def test_a_url_that_leads_inside_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused) as refused:
        check_url(url)
    assert refused.value.param == "url"
    assert refused.value.code == "url_not_allowed"
    assert refused.value.status == 400


@pytest.mark.parametrize("url", GOOD_URLS)
def test_a_public_url_passes(url: str) -> None:
    assert check_url(url).host


@pytest.mark.parametrize("url", LOOPBACK_URLS)
def test_loopback_passes_only_where_it_is_allowed(url: str) -> None:
    assert check_url(url, allow_loopback=True).host
    with pytest.raises(TargetRefused):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://10.0.0.1:8000/h", id="another private address"),
        pytest.param("http://169.254.169.254/latest", id="metadata"),
        pytest.param("http://[::ffff:127.0.0.1]/h", id="mapped loopback"),
        pytest.param("http://hooks.customer.com/h", id="clear text to somebody else"),
        pytest.param("https://hooks.customer.com:8000/h", id="any port of somebody else"),
        pytest.param("http://127.1/h", id="loopback in a short form"),
        pytest.param("http://localhost.attacker.com/h", id="a name that begins like this machine's"),
        pytest.param("http://127.0.0.1:0/h", id="port zero"),
        pytest.param("ftp://127.0.0.1/h", id="another scheme"),
        pytest.param("http://user@127.0.0.1/h", id="a user name"),
    ],
)
def test_allowing_loopback_allows_nothing_else(url: str) -> None:
    with pytest.raises(TargetRefused):
        check_url(url, allow_loopback=True)


def test_a_refusal_repeats_the_url_and_tells_nothing_of_the_network() -> None:
    with pytest.raises(TargetRefused) as refused:
        check_url("https://hooks.internal/x")
    assert str(refused.value) == (
        "https://hooks.internal/x does not lead to a public address. Webhooks go to public https addresses only."
    )


@given(st.ip_addresses(v=6))
def test_of_ipv6_only_global_unicast_is_dialled(address: IPv6Address) -> None:
    if address_may_be_dialled(str(address)):
        assert int(address) >> 125 == 1


@given(st.ip_addresses(v=4))
def test_what_python_calls_private_is_never_dialled(address: IPv4Address) -> None:
    if address.is_private or address.is_multicast or address.is_reserved:
        assert not address_may_be_dialled(str(address))


@given(st.ip_addresses(v=4))
def test_no_disguise_of_an_ipv4_address_is_dialled(address: IPv4Address) -> None:
    number = int(address)
    high, low = number >> 16, number & 0xFFFF
    for disguise in (f"::ffff:{address}", f"::{address}", f"64:ff9b::{high:x}:{low:x}", f"2002:{high:x}:{low:x}::1"):
        assert not address_may_be_dialled(disguise, allow_loopback=number >> 24 != 0)


@pytest.mark.parametrize("text", ["", "hooks.customer.com", "127.1", "0x7f000001", "2130706433"])
def test_what_is_not_an_address_is_not_dialled(text: str) -> None:
    assert not address_may_be_dialled(text, allow_loopback=True)
