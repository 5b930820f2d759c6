"""Check the headers that a project adds to its webhooks: what would forge ours, or a proxy's, is refused"""

import re
from collections.abc import Mapping

from shared.errors import Refused

MOST_HEADERS = 50
MOST_BYTES = 4096
#: What a request is made of, what proxies and clouds say of it, and what is ours. Svix refuses the same, and calls
#: them by these prefixes.
FORBIDDEN = frozenset(
    {
        *("host", "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
        *("content-type", "content-length", "content-encoding", "expect", "range", "accept", "accept-encoding"),
        *("user-agent", "cookie", "cache-control", "via", "forwarded", "x-real-ip", "x-request-id", "date"),
    }
)
FORBIDDEN_PREFIXES = (
    *("webhook-", "svix-", "tuneyard-", "proxy-", "sec-", "x-forwarded-"),
    *("x-amz-", "x-google-", "x-goog-", "x-gfe-", "x-azure-", "x-fd-", "x-scheme-", "x-appengine-", "cf-"),
)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
#: Printable ASCII. A line break would begin another header, or the body.
_VALUE = re.compile(r"[\x20-\x7e]*")


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise Refused for the first header that may not be sent. Names keep their case, and differ by more than that."""
    if len(headers) > MOST_HEADERS:
        raise _refusal(f"has {len(headers)} headers; at most {MOST_HEADERS} are sent.")
    seen: set[str] = set()
    for name, value in headers.items():
        _check_name(name)
        _check_value(name, value)
        if name.lower() in seen:
            raise _refusal(f'"{name}" is given twice, in another case; a header has one value.')
        seen.add(name.lower())


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise _refusal(f"{name[:50]!r} is not a header's name: 1 to 128 letters, digits and hyphens.")
    lower = name.lower()
    prefix = next((each for each in FORBIDDEN_PREFIXES if lower.startswith(each)), None)
    if lower in FORBIDDEN or prefix is not None:
        what = f"names that begin with {prefix} are" if prefix else "this name is"
        raise _refusal(f'"{name}" may not be set: {what} ours, or said by proxies. Choose another name.')


def _check_value(name: str, value: str) -> None:
    if len(value.encode()) > MOST_BYTES:
        raise _refusal(f'"{name}" has {len(value.encode()):,} bytes; at most {MOST_BYTES:,} are sent.')
    if not _VALUE.fullmatch(value):
        raise _refusal(f'"{name}" holds a line break, another control character, or one that is not ASCII. Remove it.')
    if value != value.strip():
        raise _refusal(f'"{name}" begins or ends with a space, which no receiver sees. Remove it.')


def _refusal(message: str) -> Refused:
    return Refused(f"headers: {message}", param="headers")
