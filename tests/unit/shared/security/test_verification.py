"""Our own check of a signature, against the published vectors, what must fail, and the libraries' verdicts"""

import time

import pytest
import svix.webhooks
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from shared.security.signatures import headers, new_pair, new_secret, public_of
from shared.security.verification import TOLERANCE, NotVerified, verify

from .test_signatures import BODY, ED25519, SECRET, VECTORS

_, ID, AT, TEXT, VALID = VECTORS[0]
PUBLIC = public_of(ED25519[0])
OTHER = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="


def _signed(signature: str, **more: str) -> dict[str, str]:
    return {"webhook-id": ID, "webhook-timestamp": str(AT), "webhook-signature": signature} | more


@pytest.mark.parametrize(
    ("key", "signature"),
    [
        pytest.param(SECRET, VALID, id="v1"),
        pytest.param(SECRET.rstrip("w").removesuffix("S") + "Sw", VALID, id="v1 once more"),
        pytest.param(PUBLIC, ED25519[1], id="v1a"),
        pytest.param(PUBLIC, f"{VALID} {ED25519[1]}", id="v1a beside v1"),
        pytest.param(SECRET, f"{ED25519[1]} {VALID}", id="v1 beside v1a"),
        pytest.param(SECRET, f"{OTHER} v2,{OTHER[3:]} {VALID} {OTHER}", id="one of many"),
    ],
)
def test_a_vector_verifies(key: str, signature: str) -> None:
    verify(TEXT, _signed(signature), [key], now=AT)
    verify(TEXT, {name.title(): value for name, value in _signed(signature).items()}, [new_secret(), key], now=AT)


@pytest.mark.parametrize(
    ("signature", "key"),
    [
        pytest.param("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=", SECRET, id="the last character changed"),
        pytest.param("v1,dawfeoifkpqwoekfpqoekf", SECRET, id="no base64"),
        pytest.param("v1,", SECRET, id="nothing behind the comma"),
        pytest.param("v1,Ceo5q", SECRET, id="a part of one"),
        pytest.param("v1", SECRET, id="no comma"),
        pytest.param(f"v2{VALID[2:]}", SECRET, id="another version"),
        pytest.param(f"v1a{VALID[2:]}", PUBLIC, id="v1 said to be v1a"),
        pytest.param(f"v1{ED25519[1][3:]}", SECRET, id="v1a said to be v1"),
        pytest.param(f"{OTHER} {OTHER}", SECRET, id="none of many"),
        pytest.param(VALID, new_secret(), id="another secret"),
        pytest.param(ED25519[1], new_pair()[1], id="another pair"),
        pytest.param("v1,é", SECRET, id="not ASCII"),
    ],
)
def test_what_was_not_signed_with_the_key_does_not_verify(signature: str, key: str) -> None:
    with pytest.raises(NotVerified, match="No signature"):
        verify(TEXT, _signed(signature), [key], now=AT)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"webhook-id": ""}, "webhook-id is missing"),
        ({"webhook-timestamp": ""}, "webhook-timestamp is missing"),
        ({"webhook-signature": ""}, "webhook-signature is missing"),
        ({"webhook-timestamp": "hello"}, "whole Unix seconds"),
        ({"webhook-timestamp": "-1"}, "whole Unix seconds"),
        ({"webhook-timestamp": f"{AT}.0"}, "whole Unix seconds"),
        ({"webhook-timestamp": "１６１４２６５３３０"}, "not ASCII"),
        ({"webhook-timestamp": "9" * 5000}, "whole Unix seconds"),
        ({"webhook-id": "msg_\udcff"}, "not ASCII"),
        ({"webhook-signature": "v1,\udcff"}, "No signature"),
        ({"webhook-timestamp": str(AT - TOLERANCE - 1)}, "301 s old"),
        ({"webhook-timestamp": str(AT + TOLERANCE + 1)}, "301 s ahead"),
        ({"webhook-timestamp": str(AT + 1)}, "No signature"),
        ({"webhook-id": "msg_other"}, "No signature"),
    ],
)
def test_a_header_that_is_missing_or_wrong_is_named(change: dict[str, str], what: str) -> None:
    with pytest.raises(NotVerified, match=what):
        verify(TEXT, _signed(VALID) | change, [SECRET], now=AT)


def test_another_body_does_not_verify_and_another_kind_of_key_is_no_key() -> None:
    with pytest.raises(NotVerified):
        verify(TEXT + b" ", _signed(VALID), [SECRET], now=AT)
    with pytest.raises(ValueError, match="starts with"):
        verify(TEXT, _signed(VALID), ["whsk_AAAA"], now=AT)


@given(st.integers(min_value=-400, max_value=400), st.sampled_from(["", "v1,AAAA ", "v1a,AAAA "]), st.booleans())
def test_it_says_what_the_libraries_say(off: int, before: str, changed: bool) -> None:  # noqa: FBT001
    secret, (private, _) = new_secret(), new_pair()
    signed = headers([secret, private], "evt_1", int(time.time()) + off, BODY)
    signed["webhook-signature"] = before + signed["webhook-signature"]
    body = BODY + b" " * changed
    # At the very edge a second may pass between two verifiers.
    if abs(abs(off) - TOLERANCE) > 2:
        assert _ours(secret, body, signed) is _theirs(Webhook(secret), body, signed)
        assert _ours(secret, body, signed) is _theirs(svix.webhooks.Webhook(secret), body, signed)


def _ours(secret: str, body: bytes, signed: dict[str, str]) -> bool:
    try:
        verify(body, signed, [secret])
    except NotVerified:
        return False
    return True


def _theirs(verifier: Webhook | svix.webhooks.Webhook, body: bytes, signed: dict[str, str]) -> bool:
    try:
        verifier.verify(body, signed)
    except (WebhookVerificationError, svix.webhooks.WebhookVerificationError):
        return False
    return True
