"""Whether an address or a key among the settings is one, before anything is dialled or opened with it"""

import base64
import binascii
import re
from urllib.parse import parse_qsl, urlsplit

#: As SQLAlchemy takes it apart: a password may hold what urlsplit stumbles over.
_DATABASE = re.compile(
    r"postgresql\+asyncpg://(?:[^:/@]*(?::[^@]*)?@)?(?:\[[^/?]+\]|[^/:?]*)(?::(?P<port>\d+))?(?:/[^?]*)?"
    r"(?:\?(?P<options>.*))?",
    re.DOTALL,
)
#: What the driver takes behind the question mark; with any other no connection is ever made.
_OPTIONS = frozenset(
    (
        *("host", "port", "user", "password", "database", "ssl", "passfile", "service", "servicefile"),
        *("target_session_attrs", "krbsrvname", "gsslib", "prepared_statement_cache_size"),
    )
)
_TLS = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_MOST_PORT = 65535
#: What the storage's library opens. `file` is ours, the rest are buckets and what stands in for them in tests.
_STORAGE = frozenset(("file", "memory", "s3", "s3a", "gs", "az", "azure", "adl", "abfs", "abfss", "http", "https"))


def database_url(value: str) -> str:
    """Return the URL; raise ValueError, which never repeats it: it may hold a password."""
    found = _DATABASE.fullmatch(value)
    if found is None or int(found["port"] or 0) > _MOST_PORT:
        raise ValueError("it must have the form postgresql+asyncpg://USER:PASSWORD@HOST:5432/NAME")
    for name, given in parse_qsl(found["options"] or "", keep_blank_values=True):
        if name not in _OPTIONS:
            raise ValueError(f'behind its "?" may stand no more than {", ".join(sorted(_OPTIONS))}; TLS is ssl=require')
        if name == "ssl" and given not in _TLS:
            raise ValueError(f"its ssl must be one of {', '.join(_TLS)}")
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
