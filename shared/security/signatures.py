"""Sign what is sent to webhook endpoints, as Standard Webhooks 1.0.0 says: `v1` (HMAC-SHA256), `v1a` (ed25519)"""

import base64
import binascii
import hmac
import secrets as chance
from collections.abc import Callable, Sequence
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PREFIX = "whsec_"
#: An ed25519 pair: the secret half signs, the public half is shown, and whoever holds it can verify but not sign.
PRIVATE, PUBLIC = "whsk_", "whpk_"
#: The specification asks for 24 to 64 random bytes; no verifier checks it, so the signer does.
SECRET_BYTES = range(24, 65)
_SEED_BYTES = 32
#: Reading an ed25519 key costs as much as ten signatures by HMAC, and the same few sign over and over.
_REMEMBERED = 4096


def new_secret() -> str:
    """Return a fresh secret: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(chance.token_bytes(32)).decode()


def new_pair() -> tuple[str, str]:
    """Return a fresh ed25519 key and its public half: `whsk_` with seed and public key, and `whpk_`."""
    seed = chance.token_bytes(_SEED_BYTES)
    public = _public(seed)
    return PRIVATE + base64.b64encode(seed + public).decode(), PUBLIC + base64.b64encode(public).decode()


def public_of(private: str) -> str:
    """Return the public half of a `whsk_` key; raise ValueError for what is none."""
    return PUBLIC + base64.b64encode(_public(_seed(private))).decode()


def hint(secret: str) -> str:
    """Return what may be shown of a secret later: its kind and its last four characters."""
    return f"{secret.partition('_')[0]}_…{secret[-4:]}"


def sign(keys: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` header: a `v1,…` for each `whsec_`, a `v1a,…` for each `whsk_`, one space between.

    `timestamp` is the attempt's, in whole Unix seconds; `body` the very bytes that are sent. Raises ValueError for a
    malformed key, for none that makes a `v1`, and for an id with a dot, which would let a part of it count as the time.
    """
    if "." in message_id:
        raise ValueError(f"The message id {message_id!r} holds a dot; the signed text uses dots to part its fields.")
    if not any(key.startswith(PREFIX) for key in keys):
        # Most verifiers know `v1` only, and take a header without one for a forgery.
        raise ValueError(f'There is no secret to sign with: at least one key starts with "{PREFIX}".')
    signed = b"%s.%d.%s" % (message_id.encode("ascii"), timestamp, body)
    # Two spaces, or a part without exactly one comma, make the Python verifier raise what its callers do not catch.
    return " ".join(_signer(key)(signed) for key in keys)


def headers(keys: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a signed message."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(keys, message_id, timestamp, body),
    }


def decoded(key: str, prefix: str) -> bytes:
    """Return the bytes of a key that starts with `prefix`; padding may be missing. Raises ValueError."""
    if not key.startswith(prefix):
        raise ValueError(f'A key of this kind starts with "{prefix}"; this one does not.')
    encoded = key.removeprefix(prefix)
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error as exc:
        raise ValueError(f'What follows "{prefix}" in a key is base64; this is not ({exc}).') from exc


def secret_bytes(secret: str) -> bytes:
    """Return the bytes of a `whsec_` secret; raise ValueError for what is none."""
    key = decoded(secret, PREFIX)
    if len(key) not in SECRET_BYTES:
        raise ValueError(f"A signing secret has 24 to 64 bytes; this one has {len(key)}.")
    return key


@lru_cache(_REMEMBERED)
def _signer(key: str) -> Callable[[bytes], str]:
    if key.startswith(PRIVATE):
        pair = Ed25519PrivateKey.from_private_bytes(_seed(key))
        return lambda signed: f"v1a,{base64.b64encode(pair.sign(signed)).decode()}"
    secret = secret_bytes(key)
    return lambda signed: f"v1,{base64.b64encode(hmac.digest(secret, signed, 'sha256')).decode()}"


def _seed(private: str) -> bytes:
    """Both forms in use are read: the seed alone, and the seed with the public key behind it."""
    key = decoded(private, PRIVATE)
    if len(key) not in {_SEED_BYTES, 2 * _SEED_BYTES}:
        raise ValueError(f"An ed25519 key has 32 or 64 bytes; this one has {len(key)}.")
    seed = key[:_SEED_BYTES]
    if len(key) > _SEED_BYTES and key[_SEED_BYTES:] != _public(seed):
        raise ValueError("The second half of the ed25519 key is not the public key of the first.")
    return seed


def _public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
