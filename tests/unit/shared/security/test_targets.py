"""Where a webhook may go, by the text of the URL and by the address."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.security.reach import PUBLIC, Reach
from shared.security.targets import TargetRefused, check_url

from .bad_urls import BAD_URLS, GOOD_URLS

HERE = Reach(loopback=True)
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


@pytest.mark.parametrize("url", ["", "a.com/h", "//a.com/h", "/h"])
def test_what_is_no_whole_url_is_said_to_be_none(url: str) -> None:
    with pytest.raises(
        TargetRefused, match=f"^{url or 'An empty text'} is no URL: give the whole of it, as in https://"
    ):
        check_url(url)


@pytest.mark.parametrize("url", GOOD_URLS)
def test_a_public_url_passes(url: str) -> None:
    assert check_url(url).host


@pytest.mark.parametrize("url", LOOPBACK_URLS)
def test_loopback_passes_only_where_it_is_allowed(url: str) -> None:
    assert check_url(url, HERE).host
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
        check_url(url, HERE)


def test_a_refusal_repeats_the_url_and_tells_nothing_of_the_network() -> None:
    with pytest.raises(TargetRefused) as refused:
        check_url("https://hooks.internal/x")
    assert str(refused.value) == (
        "https://hooks.internal/x does not lead to a public address. Webhooks go to public https addresses only."
    )


INSIDE = Reach(networks=(IPv4Network("10.1.0.0/16"), IPv6Network("fd12::/16")))
EVERYWHERE = Reach(networks=(IPv4Network("0.0.0.0/0"), IPv6Network("::/0")))


@pytest.mark.parametrize(
    "url",
    [
        "http://10.1.2.3:8080/h",
        "https://10.1.255.255/h",
        "http://[fd12::1]:3000/h",
        "http://receiver:3000/h",
        "http://receiver.team.svc:3000/h",
        "https://hooks.corp/h",
        "https://hooks.customer.com/h",
    ],
)
def test_what_the_operator_allows_passes_by_address_and_by_names_of_its_own(url: str) -> None:
    assert check_url(url, INSIDE).host


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://10.2.0.1/h", id="another network"),
        pytest.param("http://hooks.customer.com/h", id="clear text to a public name"),
        pytest.param("https://hooks.customer.com:8080/h", id="any port of a public name"),
        pytest.param("http://localhost:3000/h", id="this machine, which is another setting"),
        pytest.param("http://0x7f.1:3000/h", id="a number that looks like a name"),
        pytest.param("http://user@receiver:3000/h", id="a user name"),
        pytest.param("http://a..svc/h", id="an empty label"),
        pytest.param("http://metadata.google.internal/h", id="metadata by name"),
        pytest.param("https://metadata/h", id="metadata by its short name"),
    ],
)
def test_allowing_a_network_allows_nothing_else(url: str) -> None:
    with pytest.raises(TargetRefused):
        check_url(url, INSIDE)


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
        *("fd00:ec2::254", "fd20:ce::254", "fd00:42::42", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"),
        *("2002:a9fe:a9fe::1", "::a9fe:a9fe", "2606:4700::5efe:a9fe:a9fe", "fe80::1%eth0", "fd12::1%eth0"),
        *("0.0.0.1", "255.255.255.255", "224.0.0.1", "ff02::1", "::"),
    ],
)
def test_metadata_is_never_dialled_whatever_the_operator_allows(address: str) -> None:
    assert not EVERYWHERE.admits(address)
    assert not EVERYWHERE.admits_socket(address, 443)


def test_other_ports_than_those_of_https_are_dialled_inside_only() -> None:
    assert INSIDE.admits_socket("10.1.2.3", 8080)
    assert not INSIDE.admits_socket("93.184.215.14", 8080)
    assert INSIDE.admits_socket("93.184.215.14", 8443)
    assert EVERYWHERE.admits_socket("192.168.1.1", 80)


@given(st.ip_addresses(v=6))
def test_of_ipv6_only_global_unicast_is_dialled(address: IPv6Address) -> None:
    if PUBLIC.admits(str(address)):
        assert int(address) >> 125 == 1


@given(st.ip_addresses(v=4))
def test_what_python_calls_private_is_never_dialled(address: IPv4Address) -> None:
    if address.is_private or address.is_multicast or address.is_reserved:
        assert not PUBLIC.admits(str(address))


@given(st.ip_addresses(v=4))
def test_no_disguise_of_an_ipv4_address_is_dialled(address: IPv4Address) -> None:
    number = int(address)
    high, low = number >> 16, number & 0xFFFF
    for disguise in (f"::ffff:{address}", f"::{address}", f"64:ff9b::{high:x}:{low:x}", f"2002:{high:x}:{low:x}::1"):
        assert not Reach(loopback=number >> 24 != 0).admits(disguise)


@pytest.mark.parametrize("text", ["", "hooks.customer.com", "127.1", "0x7f000001", "2130706433"])
def test_what_is_not_an_address_is_not_dialled(text: str) -> None:
    assert not HERE.admits(text)
