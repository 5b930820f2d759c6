"""Which service and which key are taken, and that none is taken by mistake."""

from pathlib import Path

import pytest

from services.cli.run.connection import DEFAULT_URL, find_connection
from services.cli.run.errors import Exit, RunError

OURS, THEIRS, KEPT = "ty_ours", "sk-theirs", "ty_kept"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".tuneyard").mkdir()
    (tmp_path / ".tuneyard/api_key").write_text(KEPT + "\n")
    return tmp_path


@pytest.mark.parametrize(
    ("option", "environment", "expected"),
    [
        (None, {}, (DEFAULT_URL, KEPT, ".tuneyard/api_key")),
        (None, {"TUNEYARD_API_KEY": OURS, "OPENAI_API_KEY": THEIRS}, (DEFAULT_URL, OURS, "TUNEYARD_API_KEY")),
        # A key of OpenAI's is set for other programs; one of ours under its name is meant.
        (None, {"OPENAI_API_KEY": THEIRS}, (DEFAULT_URL, KEPT, ".tuneyard/api_key")),
        (None, {"OPENAI_API_KEY": OURS}, (DEFAULT_URL, OURS, "OPENAI_API_KEY")),
        # The kept key is of the service on this machine and goes nowhere else.
        ("https://tune.example/v1/", {"OPENAI_API_KEY": THEIRS}, ("https://tune.example/v1", THEIRS, "OPENAI_API_KEY")),
        (
            "http://localhost:1/v1",
            {"TUNEYARD_BASE_URL": "http://x/v1"},
            ("http://localhost:1/v1", KEPT, ".tuneyard/api_key"),
        ),
        (None, {"OPENAI_BASE_URL": "http://[::1]:9/v1"}, ("http://[::1]:9/v1", KEPT, ".tuneyard/api_key")),
    ],
)
def test_address_and_key(
    folder: Path, option: str | None, environment: dict[str, str], expected: tuple[str, str, str]
) -> None:
    found = find_connection(option, environment, folder)
    assert (found.url, found.key, found.key_from) == expected
    assert found.key not in found.key_in_shell


@pytest.mark.parametrize(
    ("option", "environment", "word"),
    [
        ("https://tune.example/v1", {}, "No API key"),
        ("tune.example", {"TUNEYARD_API_KEY": OURS}, "--base-url: 'tune.example' is not an address"),
        (None, {"TUNEYARD_BASE_URL": "ftp://x"}, "TUNEYARD_BASE_URL"),
    ],
)
def test_what_is_missing_is_named(folder: Path, option: str | None, environment: dict[str, str], word: str) -> None:
    with pytest.raises(RunError, match=word) as refused:
        find_connection(option, environment, folder)
    assert refused.value.exit_code is Exit.USAGE
