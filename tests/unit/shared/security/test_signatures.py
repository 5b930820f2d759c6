"""The signer against published vectors and the verifiers that receivers use."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from shared.security.signatures import PREFIX, PRIVATE, headers, hint, new_pair, new_secret, public_of, sign

#: Published in the tests of the Standard Webhooks libraries and of Svix's worker.
VECTORS = [
    (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    (
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        1649367553,
        b'{"email":"test@example.com","username":"test_user"}',
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ),
]
SECRET = VECTORS[0][0]
BODY = b'{"type":"file.processed"}'


@pytest.mark.parametrize(("secret", "message_id", "timestamp", "body", "signature"), VECTORS)
def test_the_published_vectors_come_out(
    secret: str, message_id: str, timestamp: int, body: bytes, signature: str
) -> None:
    assert sign([secret], message_id, timestamp, body) == signature


#: Svix's own vector of `v1a`: the key is seed and public half.
ED25519 = (
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
)


def test_the_published_vector_of_ed25519_comes_out_beside_the_secrets_own() -> None:
    key, signature = ED25519
    secret, message_id, timestamp, body, v1 = VECTORS[0]
    assert sign([secret, key], message_id, timestamp, body) == f"{v1} {signature}"
    seed = base64.b64encode(base64.b64decode(key.removeprefix(PRIVATE))[:32]).decode()
    assert sign([secret, PRIVATE + seed.rstrip("=")], message_id, timestamp, body) == f"{v1} {signature}"


def test_a_receiver_that_knows_v1_only_takes_what_carries_v1a_too() -> None:
    secret, (private, _) = new_secret(), new_pair()
    Webhook(secret).verify(BODY, headers([secret, private], "evt_1", int(time.time()), BODY))


def test_a_pair_is_fresh_and_its_public_half_can_be_had_from_the_other() -> None:
    private, public = new_pair()
    assert private != new_pair()[0]
    assert public_of(private) == public
    assert public.startswith("whpk_")
    assert hint(private) == f"whsk_…{private[-4:]}"


def test_an_unpadded_secret_signs_like_a_padded_one() -> None:
    key = b"k" * 25
    padded = PREFIX + base64.b64encode(key).decode()
    assert sign([padded.rstrip("=")], "evt_1", 1, BODY) == sign([padded], "evt_1", 1, BODY)


@pytest.mark.parametrize("held", [0, 1], ids=["the new one", "the old one"])
def test_during_a_rotation_either_secret_verifies(held: int) -> None:
    secrets = [new_secret(), new_secret()]
    assert Webhook(secrets[held]).verify(BODY, headers(secrets, "evt_1", int(time.time()), BODY)) == {
        "type": "file.processed"
    }


def test_two_signatures_are_parted_by_one_space_each_with_one_comma() -> None:
    parts = sign([new_secret(), new_secret()], "evt_1", 1, BODY).split(" ")
    assert [part.count(",") for part in parts] == [1, 1]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"webhook-id": "evt_2"}, id="another id"),
        pytest.param({"webhook-timestamp": str(int(time.time()) - 299)}, id="another time"),
        pytest.param({"webhook-signature": "v1,AAAA"}, id="another signature"),
    ],
)
def test_a_changed_header_is_found_out(change: dict[str, str]) -> None:
    signed = headers([SECRET], "evt_1", int(time.time()), BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, signed | change)


@pytest.mark.parametrize("off", [-301, 301], ids=["too old", "from the future"])
def test_a_delivery_at_another_time_is_refused_by_the_receiver(off: int) -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, headers([SECRET], "evt_1", int(time.time()) + off, BODY))


@pytest.mark.parametrize(
    ("secret", "what"),
    [
        ("", "no secret to sign with"),
        ("whsec_", "has 0"),
        ("whsk_" + "A" * 43, "no secret to sign with"),
        ("whsec_" + base64.b64encode(b"x" * 23).decode(), "has 23"),
        ("whsec_" + base64.b64encode(b"x" * 65).decode(), "has 65"),
        ("whsec_not base64!", "is base64"),
    ],
)
def test_a_secret_that_is_none_is_refused_with_what_is_wrong(secret: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        sign([secret], "evt_1", 1, BODY)


@pytest.mark.parametrize(
    ("private", "what"),
    [
        ("whsk_" + base64.b64encode(b"x" * 31).decode(), "has 31"),
        ("whsk_" + base64.b64encode(b"x" * 64).decode(), "not the public key of the first"),
        ("whsk_?", "is base64"),
    ],
)
def test_an_ed25519_key_that_is_none_is_refused_with_what_is_wrong(private: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        sign([SECRET, private], "evt_1", 1, BODY)


def test_no_secret_and_an_id_with_a_dot_are_refused() -> None:
    with pytest.raises(ValueError, match="no secret"):
        sign([], "evt_1", 1, BODY)
    with pytest.raises(ValueError, match="holds a dot"):
        sign([SECRET], "evt.1", 1, BODY)


@given(st.binary(min_size=24, max_size=64), st.text(max_size=200))
def test_whatever_is_signed_verifies(key: bytes, text: str) -> None:
    secret = PREFIX + base64.b64encode(key).decode()
    body = text.encode()
    Webhook(secret).verify(body, headers([secret], "evt_1", int(time.time()), body), json_parse=False)


def test_a_new_secret_is_fresh_and_its_hint_shows_four_characters() -> None:
    secret = new_secret()
    assert secret != new_secret()
    assert len(base64.b64decode(secret.removeprefix(PREFIX))) == 32
    assert hint(secret) == f"whsec_…{secret[-4:]}"
