"""Sign what is sent to webhook endpoints, as Standard Webhooks 1.0.0 says (`v1`: HMAC-SHA256)."""

import base64
import binascii
import hmac
import secrets as chance
from collections.abc import Sequence

PREFIX = "whsec_"
#: The specification asks for 24 to 64 random bytes; no verifier checks it, so the signer does.
SECRET_BYTES = range(24, 65)


def new_secret() -> str:
    """Return a fresh secret: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(chance.token_bytes(32)).decode()


def hint(secret: str) -> str:
    """Return what may be shown of a secret later: its last four characters."""
    return f"{PREFIX}…{secret[-4:]}"


def sign(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` header: one `v1,…` for each secret, newest first, parted by one space.

    `timestamp` is the attempt's, in whole Unix seconds; `body` the very bytes that are sent. Raises ValueError for a
    malformed secret, for none at all, and for an id with a dot, which would let a part of it count as the timestamp.
    """
    if "." in message_id:
        raise ValueError(f"The message id {message_id!r} holds a dot; the signed text uses dots to part its fields.")
    if not secrets:
        raise ValueError("There is no secret to sign with.")
    signed = b"%s.%d.%s" % (message_id.encode("ascii"), timestamp, body)
    # Two spaces, or a part without exactly one comma, make the Python verifier raise what its callers do not catch.
    return " ".join(f"v1,{_digest(_key(secret), signed)}" for secret in secrets)


def headers(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a signed message."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secrets, message_id, timestamp, body),
    }


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        raise ValueError(f'A signing secret starts with "{PREFIX}"; this one does not.')
    encoded = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error as exc:
        raise ValueError(f'What follows "{PREFIX}" in a signing secret is base64; this is not ({exc}).') from exc
    if len(key) not in SECRET_BYTES:
        raise ValueError(f"A signing secret has 24 to 64 bytes; this one has {len(key)}.")
    return key


def _digest(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
