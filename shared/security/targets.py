"""Decide where a webhook may go: rules on the URL's text, and on every address before it is dialled."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from yarl import URL

from shared.errors import Refused

MOST_CHARACTERS = 2048
PORTS = frozenset({443, 8443})
#: Written out, because `is_global` and `is_private` are wrong for a dozen of these and change with Python's version.
_REFUSED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier's NAT; Alibaba's metadata is in it
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's WireServer: a public number that leads inside
        "169.254.0.0/16",  # link-local; the metadata of AWS, GCP, Azure and ECS
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # automatic multicast tunnelling
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
#: Of IPv6 only global unicast is dialled at all: mapped, NAT64, link-local, site-local and multicast fall away at once.
_UNICAST_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments; Teredo, which holds an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which holds an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
#: An ISATAP interface id says `5efe` and then an IPv4 address, under any prefix (RFC 5214 6.1).
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})
_LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

#: Top-level names that no public server answers for.
_RESERVED = frozenset(
    (
        *("localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "svc"),
        *("onion", "test", "example", "invalid", "arpa"),
    )
)
_AUTHORITY_END = re.compile(r"[/?#]")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
#: A last label that starts with a digit makes some resolvers read the whole name as a number (`127.1`, `0x7f.1`).
_TOP = re.compile(r"(?!-)[a-z][a-z0-9-]{1,62}(?<!-)")


class TargetRefused(Refused):
    """A webhook may not go there."""

    code = "url_not_allowed"


def check_url(raw: str, *, allow_loopback: bool = False) -> URL:
    """Return the parsed URL, or raise TargetRefused with the rule it breaks.

    Asked when an endpoint is made or changed, and again before each attempt, because rules and settings change. With
    `allow_loopback` this machine may be named by its addresses or as `localhost`, by http too and on any port.
    """
    url = _parsed(raw)
    host = (url.raw_host or "").lower()
    here = allow_loopback and _names_loopback(host)
    _check_form(url, raw, here=here)
    if not here:
        _check_host(host, raw)
    return url


def address_may_be_dialled(address: str, *, allow_loopback: bool = False) -> bool:
    """Say whether a socket may be opened to this numeric address. What is not an address may not."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if allow_loopback and any(ip in network for network in _LOOPBACK):
        return True
    return _public_v4(ip) if isinstance(ip, IPv4Address) else _public_v6(ip)


def _public_v4(ip: IPv4Address) -> bool:
    return not any(ip in network for network in _REFUSED_V4)


def _public_v6(ip: IPv6Address) -> bool:
    tunnelled = (int(ip) >> 32) & 0xFFFF_FFFF in _ISATAP
    return (
        ip in _UNICAST_V6
        and ip.scope_id is None
        and not tunnelled
        and not any(ip in network for network in _REFUSED_V6)
    )


def _parsed(raw: str) -> URL:
    if len(raw) > MOST_CHARACTERS:
        raise _refusal(f"The URL has {len(raw):,} characters; at most {MOST_CHARACTERS:,} are allowed.")
    if _FORBIDDEN.search(raw):
        raise _refusal("The URL holds a space, a backslash or a control character. Percent-encode it, or leave it out.")
    try:
        url = URL(raw)
        # yarl reads the port when it is asked for.
        _ = url.port, url.raw_host
    except ValueError as exc:
        raise _refusal(f"{raw} cannot be read as a URL.") from exc
    return url


def _check_form(url: URL, raw: str, *, here: bool) -> None:
    schemes = ("https", "http") if here else ("https",)
    if url.scheme not in schemes:
        raise _refusal(f'{raw} has the scheme "{url.scheme}". Webhooks go to https addresses only.')
    if not url.raw_host:
        raise _refusal(f"{raw} names no host.")
    if "@" in _AUTHORITY_END.split(raw.partition("//")[2])[0]:
        raise _refusal("The URL holds a user name or a password. Put a token into the path or the query instead.")
    if url.raw_fragment:
        raise _refusal(f"{raw} has a fragment (#…), which is never sent. Leave it out.")
    if not (url.port if here else url.port in PORTS):
        raise _refusal(f"{raw} has the port {url.port}. Webhooks go to the ports 443 and 8443.")


def _check_host(host: str, raw: str) -> None:
    if _is_address(host):
        public = address_may_be_dialled(host)
    else:
        *labels, top = host.split(".")
        named = bool(labels) and len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)
        public = named and bool(_TOP.fullmatch(top)) and top not in _RESERVED
    if not public:
        raise unreachable(raw)


def unreachable(raw: str) -> TargetRefused:
    """Return the refusal that tells no more than that the place is not public: more would map our network."""
    return _refusal(f"{raw} does not lead to a public address. Webhooks go to public https addresses only.")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _names_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and any(ip_address(host) in network for network in _LOOPBACK))


def _refusal(message: str) -> TargetRefused:
    return TargetRefused(message, param="url")
