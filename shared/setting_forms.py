"""Whether an address or a key among the settings is one, before anything is dialled or opened with it"""

import base64
import binascii
import re
from urllib.parse import urlsplit

#: As SQLAlchemy takes it apart: a password may hold what urlsplit stumbles over.
_DATABASE = re.compile(
    r"postgresql\+asyncpg://(?:[^:/@]*(?::[^@]*)?@)?(?:\[[^/?]+\]|[^/:?]*)(?::\d+)?(?:/[^?]*)?(?:\?.*)?", re.DOTALL
)
#: What the storage's library opens. `file` is ours, the rest are buckets and what stands in for them in tests.
_STORAGE = frozenset(("file", "memory", "s3", "s3a", "gs", "az", "azure", "adl", "abfs", "abfss", "http", "https"))


def database_url(value: str) -> str:
    """Return the URL; raise ValueError, which never repeats it: it may hold a password."""
    if _DATABASE.fullmatch(value) is None:
        raise ValueError("it must have the form postgresql+asyncpg://USER:PASSWORD@HOST:5432/NAME")
    return value


def redis_url(value: str) -> str:
    """Return the URL; raise ValueError as above."""
    return _of_schemes(value, ("redis", "rediss", "unix"), "redis://:PASSWORD@HOST:6379/0, rediss://… or unix:///PATH")


def storage_url(value: str) -> str:
    """Return the URL; raise ValueError as above."""
    return _of_schemes(value, _STORAGE, "file:///FOLDER, s3://BUCKET/PREFIX, gs://… or az://…")


def web_url(value: str, *, is_folder: bool = False) -> str:
    """Return the URL of something that speaks HTTP; raise ValueError for any other, or one without its last slash."""
    end = "/" if is_folder else ""
    whole = _of_schemes(value, ("http", "https"), f"https://HOST/PATH{end}")
    if not urlsplit(whole).netloc or any(sign in whole for sign in "?# \t\n") or not whole.endswith(end):
        raise ValueError(f"it must have the form https://HOST/PATH{end}, without blanks, ? and #")
    return whole


def fernet_key(value: str) -> str:
    """Return the key; raise ValueError for what is none."""
    try:
        length = len(base64.urlsafe_b64decode(value))
    except (binascii.Error, ValueError):
        length = 0
    if length != 32:
        raise ValueError(
            "each must be a Fernet key, 32 bytes in url-safe base64. Make one with: python -c "
            "'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
        )
    return value


def _of_schemes(value: str, schemes: "tuple[str, ...] | frozenset[str]", form: str) -> str:
    try:
        parts = urlsplit(value)
        known = parts.scheme in schemes and (parts.port is None or parts.port > 0)
    except ValueError:
        known = False
    if not known:
        raise ValueError(f"it must have the form {form}")
    return value
