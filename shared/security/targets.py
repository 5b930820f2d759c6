"""Decide where a webhook may go, by the rules on the URL's text"""

import re

from yarl import URL

from shared.errors import Refused
from shared.security.reach import PORTS, PUBLIC, Reach, as_address

MOST_CHARACTERS = 2048
#: Top-level names that no public server answers for.
_RESERVED = frozenset(
    (
        *("localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "svc"),
        *("onion", "test", "example", "invalid", "arpa"),
    )
)
#: What answers there hands out a machine's credentials: no allowed network makes it a receiver.
_METADATA = frozenset(("metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"))
_AUTHORITY_END = re.compile(r"[/?#]")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
#: A last label that starts with a digit makes some resolvers read the whole name as a number (`127.1`, `0x7f.1`).
_TOP = re.compile(r"(?!-)[a-z][a-z0-9-]{1,62}(?<!-)")


class TargetRefused(Refused):
    """A webhook may not go there."""

    code = "url_not_allowed"


def check_url(raw: str, reach: Reach = PUBLIC) -> URL:
    """Return the parsed URL, or raise TargetRefused with the rule it breaks.

    Asked when an endpoint is made or changed, and again before each attempt, because rules and settings change. What
    the operator adds to our reach may be named by its addresses, by names that only its own servers know, and this
    machine as `localhost`: by http too and on any port. Where a name really leads, the resolver and the socket see.
    """
    url = _parsed(raw)
    host = (url.raw_host or "").lower()
    inside = _may_be_inside(host, reach)
    _check_form(url, raw, inside=inside)
    if not inside:
        _check_host(host, raw)
    return url


def _may_be_inside(host: str, reach: Reach) -> bool:
    if (ip := as_address(host)) is not None:
        return reach.adds(ip)
    if host == "localhost":
        return reach.loopback
    if host in _METADATA:
        return False
    *labels, top = host.split(".")
    return bool(reach.networks) and _is_name(host) and (not labels or top in _RESERVED)


def _is_name(host: str) -> bool:
    *labels, top = host.split(".")
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels) and bool(_TOP.fullmatch(top))


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


def _check_form(url: URL, raw: str, *, inside: bool) -> None:
    schemes = ("https", "http") if inside else ("https",)
    if not url.scheme:
        raise _refusal(f"{raw or 'An empty text'} is no URL: give the whole of it, as in https://example.com/hook.")
    if url.scheme not in schemes:
        raise _refusal(f'{raw} has the scheme "{url.scheme}". Webhooks go to https addresses only.')
    if not url.raw_host:
        raise _refusal(f"{raw} names no host.")
    if "@" in _AUTHORITY_END.split(raw.partition("//")[2])[0]:
        raise _refusal("The URL holds a user name or a password. Put a token into the path or the query instead.")
    if url.raw_fragment:
        raise _refusal(f"{raw} has a fragment (#…), which is never sent. Leave it out.")
    if not (url.port if inside else url.port in PORTS):
        raise _refusal(f"{raw} has the port {url.port}. Webhooks go to the ports 443 and 8443.")


def _check_host(host: str, raw: str) -> None:
    if as_address(host) is not None:
        public = PUBLIC.admits(host)
    else:
        public = "." in host and _is_name(host) and host.rpartition(".")[2] not in _RESERVED
    if not public:
        raise unreachable(raw)


def unreachable(raw: str) -> TargetRefused:
    """Return the refusal that tells no more than that the place is not public: more would map our network."""
    return _refusal(f"{raw} does not lead to a public address. Webhooks go to public https addresses only.")


def _refusal(message: str) -> TargetRefused:
    return TargetRefused(message, param="url")
