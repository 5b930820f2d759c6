"""Encrypt what must be given out again (signing secrets), under a ring of keys that can be rotated."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shared.errors import TuneyardError


class KeyRing:
    """Fernet keys, newest first: the first encrypts, all decrypt."""

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._ring = MultiFernet([Fernet(key) for key in keys])
        except ValueError as exc:
            raise TuneyardError(
                "TUNEYARD_SECRET_KEYS holds something that is not a Fernet key (32 bytes in url-safe base64). "
                "Make one with: python -c "
                "'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
            ) from exc

    def encrypt(self, secret: str) -> str:
        """Return the text to store."""
        return self._ring.encrypt(secret.encode()).decode()

    def decrypt(self, stored: str) -> str:
        """Return the secret; raise TuneyardError when no key of the ring opens it."""
        try:
            return self._ring.decrypt(stored.encode()).decode()
        except InvalidToken as exc:
            raise TuneyardError(
                "A stored secret opens with none of TUNEYARD_SECRET_KEYS. Put the key it was written with back."
            ) from exc

    def rotate(self, stored: str) -> str:
        """Return the text to store instead: the same secret under the newest key."""
        return self.encrypt(self.decrypt(stored))
