"""Write the secrets that docker-compose.yml asks for into `.env`: python deploy/make_env.py"""  # noqa: INP001

import base64
import os
import secrets
import sys
from pathlib import Path


def secret_lines() -> dict[str, str]:
    """Each variable that the compose file requires, with 256 bits of its own. Needs Python only."""
    return {
        "POSTGRES_PASSWORD": secrets.token_hex(32),
        "VALKEY_PASSWORD": secrets.token_hex(32),
        "TUNEYARD_BOOTSTRAP_API_KEY": "ty_" + secrets.token_urlsafe(32),
        # A Fernet key: 32 bytes in URL-safe base64, with its padding.
        "TUNEYARD_SECRET_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
    }


def main(path: Path) -> int:
    """Write the file for its owner only. An existing one is never overwritten: its keys encrypt what is stored."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        print(f"{path} exists. Its keys encrypt what is stored, so it is left as it is.", file=sys.stderr)  # noqa: T201
        return 1
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in secret_lines().items())
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent / ".env"))
