"""The rules of the house that no linter knows: captions, sizes, names, one writer of state"""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from benchmarks.__main__ import SMALL, names
from docs.tree import FOLDERS, PAGE, ROOT, caption, tree, written

#: Folders that git ignores, or that are no part of the work.
_IGNORED = {"__pycache__", "dist", "build"}
#: Not prose: token tables in base64, hashes, pictures, and schemas of others.
_DATA = re.compile(r"\.lock$|\.png$|^shared/tokenizer/tables/|^tests/fixtures/datasets/|^tests/.*\.json$")
#: Their names are their captions, and a migration is as long as what it changes.
_MIGRATIONS = "migrations/versions/"
MOST_LINES = 300
#: Counted from `def` to the last line, docstring included.
MOST_FUNCTION_LINES = 50
#: Files whose docstring goes on after its caption, and why.
_LONG_DOCSTRINGS = {
    "shared/errors.py": "it opens with the tree of what it holds",
    "tests/servers.py": "it shows how conftest.py uses it",
    "tests/schema_check.py": "it shows how a test uses it",
}
DOMAIN_WORDS = {"states", "tables", "lifecycle", "queries"}


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name != ".ci"
        if path.is_file() and path.name not in {".env", ".git"}:  # a worktree's .git is a file
            yield path
        elif path.is_dir() and not hidden and path.name not in _IGNORED and path.suffix != ".egg-info":
            yield from _walk(path)


FILES = {path.relative_to(ROOT).as_posix(): path for path in _walk(ROOT)}
PYTHON = sorted(name for name in FILES if name.endswith(".py") and not name.startswith(_MIGRATIONS))
OURS = [name for name in PYTHON if name.startswith(("services/", "workers/", "shared/"))]
TEXTS = sorted(name for name in FILES if not _DATA.search(name))


@cache
def _parsed(name: str) -> ast.Module:
    return ast.parse(FILES[name].read_text("utf-8"))


@cache
def _lines(name: str) -> list[str]:
    return FILES[name].read_text("utf-8").splitlines()


def test_the_walk_sees_the_house() -> None:
    assert {"services/gateway/app.py", "tests/unit/test_house.py", "pyproject.toml", ".ci/run"} <= FILES.keys()
    assert len(OURS) > 150


def test_the_tree_of_the_architecture_page_has_the_files_own_captions() -> None:
    assert written(PAGE.read_text("utf-8")).splitlines() == tree().splitlines(), "run: make fix"


@pytest.mark.parametrize("name", PYTHON)
def test_every_file_opens_with_a_caption_of_one_line(name: str) -> None:
    if name.startswith("tests/") and name.endswith("__init__.py"):
        return
    assert caption(FILES[name]), f"{name} has no docstring"
    assert not re.match(r"(?i)(this|the) (module|file|package)\b|contains\b", caption(FILES[name]))
    docstring = ast.get_docstring(_parsed(name)) or ""
    assert (len(docstring.splitlines()) > 1) is (name in _LONG_DOCSTRINGS)


def test_every_folder_of_code_stands_in_the_tree() -> None:
    folders = {Path(name).parent for name in PYTHON if name.startswith(tuple(f"{folder}/" for folder in FOLDERS))}
    assert [folder for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []


def test_no_two_files_of_a_folder_have_one_caption() -> None:
    seen: dict[tuple[str, str], str] = {}
    for name in PYTHON:
        twin = seen.setdefault((str(Path(name).parent), caption(FILES[name])), name)
        assert twin == name, f"{name} and {twin} say the same of themselves"


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    assert {name: len(_lines(name)) for name in PYTHON if len(_lines(name)) > MOST_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {
        f"{name}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name in PYTHON
        for node in ast.walk(_parsed(name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {where: lines for where, lines in lengths.items() if lines > MOST_FUNCTION_LINES} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "common", "base", "misc", "core", "manager"}
    assert [name for name in PYTHON if nothing & set(Path(name).with_suffix("").parts)] == []


def test_tables_are_declared_in_tables_and_nowhere_else() -> None:
    found = {name for name in OURS for node in ast.walk(_parsed(name)) if _is_table(node)}
    assert found
    assert {Path(name).name for name in found} == {"tables.py"}
    assert {name for name in OURS if Path(name).name == "tables.py"} == found


def test_a_state_is_written_by_its_lifecycle_and_by_nobody_else() -> None:
    writes = {name for name in OURS for node in ast.walk(_parsed(name)) if _writes_state(node)}
    assert "shared/jobs/lifecycle.py" in writes
    assert {name for name in writes if not Path(name).stem.endswith("lifecycle")} == set()


@pytest.mark.parametrize(
    ("statement", "writes"),
    [
        ("job.state = to", True),
        ("model.readiness: str = to", True),
        ("endpoint.status, endpoint.status_reason = 'disabled', why", True),
        ("setattr(job, 'state', to)", True),
        ("text('UPDATE jobs SET state = :to')", True),
        ("Job(id=job_id, state='running')", True),
        ("self.status = status", False),  # an error's own field
        ("job.state == to", False),
        ("setattr(job, name, value)", False),  # lifecycle alone is handed facts
        ("text('SELECT 1 FROM jobs WHERE state = :to')", False),
    ],
)
def test_a_write_of_a_state_is_recognised(statement: str, writes: bool) -> None:  # noqa: FBT001
    assert any(_writes_state(node) for node in ast.walk(ast.parse(statement))) is writes


def test_every_domain_speaks_the_same_words() -> None:
    folders = {Path(name).parent for name in OURS if name.startswith("shared/") and Path(name).stem == "lifecycle"}
    assert {folder.name for folder in folders} == {"datasets", "models", "jobs", "endpoints"}
    for folder in folders:
        assert {path.stem for path in (ROOT / folder).glob("*.py")} >= DOMAIN_WORDS, folder


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".lock")])
def test_a_lock_holds_hashes_and_no_addresses(name: str) -> None:
    text = "\n".join(_lines(name))
    requirements = re.split(r"\n(?=[A-Za-z])", text.strip())
    assert [found for found in requirements if not re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", found)] == []
    assert [found.split()[0] for found in requirements if "--hash=sha256:" not in found] == []
    assert re.findall(r"https?:|file:|--index|--find-links|--extra-index|@ ", text) == []


def test_nothing_is_left_for_later_without_an_issue() -> None:
    mark = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X)\b")
    assert _found(mark) == []


def test_no_path_of_one_machine_stands_in_the_project() -> None:
    assert _found(re.compile(r"(?<![\w.}*])/(?:home|Users|root|work|private/tmp|mnt)(?:/|\b(?![\w.-]))")) == []


def test_the_floors_name_every_folder_of_shared() -> None:
    contracts = tomllib.loads(FILES["pyproject.toml"].read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    floors = next(contract["layers"] for contract in contracts if contract.get("containers") == ["shared"])
    page = PAGE.read_text("utf-8")
    for floor in floors:
        for module in re.findall(r"\w+", floor):
            assert f"`{module}`" in page, f"ARCHITECTURE.md does not name the floor of {module}"


def test_every_benchmark_that_is_made_small_is_there() -> None:
    assert {"datasets", "trainer"} <= set(names())
    assert set(SMALL) <= set(names())


def _found(pattern: re.Pattern[str]) -> list[str]:
    return [f"{name}:{n}: {line}" for name in TEXTS for n, line in enumerate(_lines(name), 1) if pattern.search(line)]


def _is_table(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and any(
        word.arg == "table" and isinstance(word.value, ast.Constant) and word.value.value is True
        for word in node.keywords
    )


def _writes_state(node: ast.AST) -> bool:
    match node:
        case ast.Assign(targets=targets):
            return any(_is_state(part) for target in targets for part in ast.walk(target))
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            return _is_state(target)
        case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value="state" | "readiness" | "status"), _]):
            return True
        case ast.Call(
            func=ast.Name(id="Job" | "Dataset" | "TunedModel" | "Delivery" | "WebhookEndpoint"), keywords=keys
        ):
            return any(key.arg in {"state", "readiness", "status"} for key in keys)
        case ast.Constant(value=str(value)):
            return re.search(r"(?i)\bUPDATE\b[^;]*\bSET\s+(state|readiness|status)\s*=", value) is not None
    return False


def _is_state(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="state" | "readiness" | "status", value=ast.Name(id=owner)):
            return owner != "self"
    return False
