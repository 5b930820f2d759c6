"""Find the service and the key: option, then TUNEYARD_*, then OPENAI_*, then what `tuneyard up` left here"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from services.cli.run.errors import Exit, RunError

DEFAULT_URL = "http://127.0.0.1:8080/v1"
#: Where `tuneyard up` keeps the first key, below the folder it was started in.
KEY_FILE = Path(".tuneyard/api_key")


@dataclass(frozen=True)
class Connection:
    """Where the service is. `key_in_shell` is what a shell expands to the key, so that no key is ever printed."""

    url: str
    key: str
    url_from: str
    key_from: str
    key_in_shell: str


def find_connection(option: str | None, environment: Mapping[str, str], folder: Path) -> Connection:
    """Return address and key; raises RunError when the address is no URL or there is no key."""
    url, url_from = _url(option, environment)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RunError(f"{url_from}: {url!r} is not an address. Expected the form {DEFAULT_URL}.", Exit.USAGE)
    key, key_from, in_shell = _key(environment, folder / KEY_FILE, local=_is_loopback(parts.hostname))
    return Connection(url.rstrip("/"), key, url_from, key_from, in_shell)


def _url(option: str | None, environment: Mapping[str, str]) -> tuple[str, str]:
    if option:
        return option, "--base-url"
    for name in ("TUNEYARD_BASE_URL", "OPENAI_BASE_URL"):
        if found := environment.get(name):
            return found, name
    return DEFAULT_URL, "the default"


def _key(environment: Mapping[str, str], file: Path, *, local: bool) -> tuple[str, str, str]:
    if found := environment.get("TUNEYARD_API_KEY"):
        return found, "TUNEYARD_API_KEY", "$TUNEYARD_API_KEY"
    theirs = environment.get("OPENAI_API_KEY")
    kept = _read(file) if local else None
    # A key of OpenAI's own is often set for other programs; here it would only be refused.
    if theirs and (kept is None or theirs.startswith("ty_")):
        return theirs, "OPENAI_API_KEY", "$OPENAI_API_KEY"
    if kept:
        return kept, str(KEY_FILE), f"$(cat {KEY_FILE})"
    where = f", and there is no {KEY_FILE} here" if local else ""
    raise RunError(
        f"No API key: neither TUNEYARD_API_KEY nor OPENAI_API_KEY is set{where}.",
        Exit.USAGE,
        hint="export TUNEYARD_API_KEY=ty_… (`tuneyard up` prints one when it is ready)",
    )


def _read(file: Path) -> str | None:
    try:
        return file.read_text("utf-8").strip() or None
    except OSError:
        return None


def is_local(url: str) -> bool:
    """Return whether the address is this machine."""
    return _is_loopback(urlsplit(url).hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
