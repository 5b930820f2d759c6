"""What the documents say is what the code does: paths, codes, dependencies, links, records"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.gateway.app import ROUTES
from services.notifier.preview import Preview
from services.trainer.config import TrainerConfig
from shared.jobs.states import JobState
from shared.security.keys import Scope
from shared.settings import APPRISE_SERVICES, NoticeSettings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
API = (DOCS / "api.md").read_text("utf-8")
PAGES = sorted((*ROOT.glob("*.md"), *DOCS.rglob("*.md")))
RECORDS = sorted((DOCS / "decisions").glob("*.md"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
#: Imported, and installed by a dependency whose own vocabulary it is (docs/dependencies.md, aiohttp and pydantic).
_BROUGHT_ALONG = "yarl|pydantic_core|regex"
#: The demonstration's judge of a signature: `make demo` runs in the development environment.
_USED_BY_THE_DEMO = "standardwebhooks"
#: An extra that the tests have too, imported when a notice goes to such a service.
_EXTRAS = "apprise"
#: In the standard library of newer Pythons.
_IN_NEWER_PYTHONS = "compression"
#: Written by f-strings and defaults, which the syntax tree does not show as a code.
_OTHER_JOB_CODES = {"invalid_training_file", "invalid_validation_file"}
#: Refusals of a provider, put in our words at the border; a job ends with them.
_BY_THE_BORDER = {"provider_key_refused", "provider_unclear"}
#: Of a model that never answered: told in the job's events, not in its `error`.
_TOLD_IN_EVENTS = {"model_not_ready"}


def _rows(page: str, heading: str, after: str = "") -> list[list[str]]:
    """Return the cells of the first table under a heading, or after a sentence below it, without its head."""
    section = page.partition(f"\n## {heading}\n")[2]
    lines = section[section.index(after) :].splitlines()
    while not lines[0].startswith("|"):
        lines.pop(0)
    table = lines[: next((n for n, line in enumerate(lines) if not line.startswith("|")), len(lines))]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table[2:]]


def _bare(cell: str) -> str:
    return cell.strip("`")


def test_the_table_of_paths_is_the_gateways() -> None:
    told = [(method, _bare(path), _bare(scope)) for method, path, scope, _ in _rows(API, "Paths")]
    served = {(route.method, re.sub(r":[^}]+", "", route.path), str(route.scope or "")) for route in ROUTES}
    assert set(told) == served
    assert len(told) == len(served)


def test_every_scope_is_asked_for_somewhere() -> None:
    assert {_bare(scope) for _, _, scope, _ in _rows(API, "Paths")} - {""} == set(Scope)


def test_the_stages_of_a_job_are_named_in_their_order() -> None:
    cell = next(what for field, what in _rows(API, "A job") if field == "`stage`")
    assert re.findall(r"`(\w+)`", cell) == list(JobState)


def test_the_codes_of_refusals_are_those_that_are_raised() -> None:
    told = [_bare(code) for _, code, _ in _rows(API, "Errors")]
    assert set(told) == set(_codes("services/gateway", "shared")) - {"internal_error"} - _BY_THE_BORDER
    assert len(told) == len(set(told))


def test_the_codes_of_failed_jobs_are_those_that_are_written() -> None:
    told = {_bare(code) for code, _, _ in _rows(API, "A job", after="ours are:")}
    assert told == (set(_codes("workers", "shared/work")) | _OTHER_JOB_CODES | _BY_THE_BORDER) - _TOLD_IN_EVENTS


@pytest.mark.parametrize(
    ("group", "heading"),
    [
        ("runtime", "Runtime"),
        ("embedded", "Embedded servers: `tuneyard[embedded]`"),
        ("parquet", "Parquet: `tuneyard[parquet]`"),
        ("apprise", "More channels: `tuneyard[apprise]`"),
        ("fast", "Faster counting: `tuneyard[fast]`"),
        ("dev", "Development"),
    ],
)
def test_the_argued_dependencies_are_the_direct_ones_at_their_locked_versions(group: str, heading: str) -> None:
    wanted = PROJECT["dependencies"] if group == "runtime" else PROJECT["optional-dependencies"][group]
    direct = {re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower() for requirement in wanted}  # type: ignore[index]
    lock = dict(re.findall(r"^([a-z0-9._-]+)(?:\[.*?\])?==([^\s\\]+)", _read("requirements-dev.lock"), re.MULTILINE))
    told = {_bare(row[0]): row[1] for row in _rows(_read("docs/dependencies.md"), heading)}
    assert told == {name: lock[name] for name in direct}


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    ignored = f"DEP001={_IN_NEWER_PYTHONS},DEP003={_BROUGHT_ALONG},DEP004={_USED_BY_THE_DEMO}|{_EXTRAS}"
    program = Path(sys.executable).with_name("deptry")
    extras = "dev,embedded,apprise,fast"
    options = ["--optional-dependencies-dev-groups", extras, "--per-rule-ignores", ignored, "--no-ansi"]
    found = subprocess.run([program, ".", *options], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_trainers_handbook_names_each_of_its_settings() -> None:
    told = {_bare(row[0]) for row in _rows(_read("docs/trainer.md"), "Settings")}
    assert told == {f"TUNEYARD_TRAINER_{name.upper()}" for name in TrainerConfig.model_fields}


def test_the_services_that_may_be_allowed_are_told() -> None:
    told = _read("docs/notices.md").partition("allowed (")[2].partition("): the others")[0]
    assert set(re.findall(r"`(\w+)`", told)) == APPRISE_SERVICES


def test_the_blocks_beside_their_picture_are_what_is_sent() -> None:
    shown = Preview.of("fine_tuning.job.succeeded", NoticeSettings(public_url="https://tune.example.com"))
    assert _read("docs/pictures/slack.json") == shown.slack() + "\n", "run: python -m docs.pictures"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", prose):
        if re.match(r"https?://|mailto:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), f"{target} is not there"
        if anchor:
            assert anchor in set(_anchors(there)), f"{there.name} has no heading #{anchor}"


def test_the_records_are_numbered_without_a_gap() -> None:
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_says_why_what_and_what_follows_on_half_a_page(record: Path) -> None:
    text = record.read_text("utf-8")
    assert text.startswith(f"# {record.name[:4]} · ")
    assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Context", "Decision", "Consequence"]
    assert len(text.splitlines()) < 30


def test_the_glossary_is_in_order_and_names_a_word_once() -> None:
    words = [row.split(" | ")[0].removeprefix("| ").lower() for row in _read("docs/glossary.md").splitlines()[6:]]
    assert words == sorted(set(words))


def _read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def _anchors(page: Path) -> Iterator[str]:
    for heading in re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _codes(*folders: str) -> Iterator[str]:
    """Yield each word given as `code` in these folders; the check's codes of findings are another contract."""
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            if "datasets" not in path.parts:
                for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                    yield from _words(_code_given(node))


def _code_given(node: ast.AST) -> ast.expr | None:
    match node:
        case ast.keyword(arg="code", value=value) | ast.Assign(targets=[ast.Name(id="code")], value=value):
            return value
        case ast.AnnAssign(target=ast.Name(id="code"), value=value):
            return value
    return None


def _words(value: ast.expr | None) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(word)):
            yield word
        case ast.IfExp(body=first, orelse=second):
            yield from (*_words(first), *_words(second))
        case ast.BoolOp(values=values):
            for each in values:
                yield from _words(each)
