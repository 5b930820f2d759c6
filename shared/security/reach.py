"""Decide which addresses may be dialled: the public network's, and what the operator adds to it"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

from shared.settings import Settings

Network = IPv4Network | IPv6Network
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
#: Never dialled, whatever the operator allows: what answers there hands out a machine's credentials, or is no machine.
_NEVER = tuple(
    ip_network(network)
    for network in (
        *("169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"),  # metadata
        *("fd00:ec2::/32", "fd20:ce::/32", "fd00:42::42/128", "fe80::/10"),  # metadata by IPv6, and link-local
        *("0.0.0.0/8", "224.0.0.0/3", "ff00::/8"),  # this host by another name, multicast, reserved, broadcast
        *("::/8", "2001::/32", "2002::/16"),  # IPv4 in disguise: mapped, compatible, NAT64, Teredo, 6to4
    )
)
_LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


@dataclass(frozen=True)
class Reach:
    """What outgoing requests may reach besides public addresses: this machine, and networks of the operator's."""

    loopback: bool = False
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what the operator's settings say."""
        return cls(settings.allow_loopback, settings.egress_allow)

    def admits(self, address: str) -> bool:
        """Say whether a socket may be opened to this numeric address. What is not an address may not."""
        ip = as_address(address)
        return ip is not None and (self.adds(ip) or _is_public(ip))

    def admits_socket(self, address: str, port: int) -> bool:
        """Say the same of an address and a port: to the public network only those of https are dialled."""
        ip = as_address(address)
        return ip is not None and (self.adds(ip) or (port in PORTS and _is_public(ip)))

    def adds(self, ip: IPv4Address | IPv6Address) -> bool:
        """Say whether the operator lets this address in; there any port is, and http."""
        if self.loopback and _within(ip, _LOOPBACK):
            return True
        return _within(ip, self.networks) and not (_within(ip, _NEVER) or _scoped_or_tunnelled(ip))


PUBLIC = Reach()


def as_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a text is in full, None for a name or a short form."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address):
        return not _within(ip, _REFUSED_V4)
    return ip in _UNICAST_V6 and not (_scoped_or_tunnelled(ip) or _within(ip, _REFUSED_V6))


def _scoped_or_tunnelled(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address):
        return False
    return ip.scope_id is not None or (int(ip) >> 32) & 0xFFFF_FFFF in _ISATAP


def _within(ip: IPv4Address | IPv6Address, networks: Iterable[Network]) -> bool:
    return any(ip in network for network in networks)
