"""Verify a delivery as a receiver does, by secret (`v1`) or by public key (`v1a`)"""

import base64
import binascii
import hmac
import time
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.security.signatures import PREFIX, PUBLIC, decoded, secret_bytes

#: Seconds that the attempt's time may be off, both ways, as every library has it.
TOLERANCE = 300
#: A time has no more, and Python reads no number of some thousands.
_MOST_DIGITS = 20


class NotVerified(Exception):
    """The delivery is not from whoever holds the key, was changed, or is of another time. Says which."""


def verify(body: bytes, headers: Mapping[str, str], keys: Sequence[str], *, now: float | None = None) -> None:
    """Return if one signature was made with one of `keys` (`whsec_…`, `whpk_…`); raise NotVerified otherwise.

    Raises ValueError for a key that is none. Header names count in any case, as HTTP has it.
    """
    found = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp, signatures = (_header(found, name) for name in ("id", "timestamp", "signature"))
    _check_time(timestamp, time.time() if now is None else now)
    signed = b"%s.%s.%s" % (message_id.encode(), timestamp.encode(), body)
    parts = [part.partition(",") for part in signatures.split(" ")]
    # Of all parts and all keys, each is tried: which of them fits is no secret, and none is compared in part.
    if not any(_fits(key, version, signature, signed) for key in keys for version, _, signature in parts):
        raise NotVerified("No signature in webhook-signature was made with this key over this body.")


def _header(found: Mapping[str, str], name: str) -> str:
    value = found.get(f"webhook-{name}")
    if not value:
        raise NotVerified(f"The header webhook-{name} is missing.")
    if name != "signature" and not value.isascii():
        raise NotVerified(f"The header webhook-{name} holds what is not ASCII.")
    return value


def _check_time(timestamp: str, now: float) -> None:
    if not (timestamp.isdecimal() and len(timestamp) <= _MOST_DIGITS):
        raise NotVerified(f"webhook-timestamp is whole Unix seconds; {timestamp[:40]!r} is not.")
    off = int(timestamp) - now
    if abs(off) > TOLERANCE:
        way = "ahead" if off > 0 else "old"
        raise NotVerified(f"webhook-timestamp is {abs(off):.0f} s {way}; at most {TOLERANCE} s are allowed.")


def _fits(key: str, version: str, signature: str, signed: bytes) -> bool:
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    if key.startswith(PUBLIC):
        return version == "v1a" and _is_of(Ed25519PublicKey.from_public_bytes(decoded(key, PUBLIC)), given, signed)
    if not key.startswith(PREFIX):
        raise ValueError(f'A key to verify with starts with "{PREFIX}" or "{PUBLIC}".')
    return version == "v1" and hmac.compare_digest(hmac.digest(secret_bytes(key), signed, "sha256"), given)


def _is_of(public: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        public.verify(signature, signed)
    except InvalidSignature:
        return False
    return True
