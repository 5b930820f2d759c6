"""What was encrypted under an old key still opens, and under a strange one does not."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import TuneyardError
from shared.security.secrets_at_rest import KeyRing

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@given(st.text(st.characters(codec="utf-8")))
def test_a_secret_comes_back_as_it_was_and_is_stored_as_something_else(secret: str) -> None:
    stored = KeyRing([NEW]).encrypt(secret)
    assert KeyRing([NEW]).decrypt(stored) == secret
    assert secret not in stored or len(secret) < 4


def test_keys_are_rotated_by_putting_the_new_one_in_front() -> None:
    stored = KeyRing([OLD]).encrypt("whsec_x")
    assert KeyRing([NEW, OLD]).decrypt(stored) == "whsec_x"
    assert KeyRing([NEW]).decrypt(KeyRing([NEW, OLD]).encrypt("whsec_y")) == "whsec_y"


@pytest.mark.parametrize(
    "stored", ["", "nonsense", KeyRing([OLD]).encrypt("x")], ids=["empty", "nonsense", "other key"]
)
def test_what_no_key_opens_says_to_put_the_key_back(stored: str) -> None:
    with pytest.raises(TuneyardError, match="Put the key it was written with back"):
        KeyRing([NEW]).decrypt(stored)


@pytest.mark.parametrize("keys", [[], [""], ["short"], [NEW, "not base64!"], [NEW[:-4]]])
def test_a_ring_of_something_else_says_how_to_make_a_key_and_shows_none(keys: list[str]) -> None:
    with pytest.raises(TuneyardError, match="generate_key") as refused:
        KeyRing(keys)
    assert NEW not in str(refused.value)
