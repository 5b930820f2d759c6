"""What `tuneyard check` was asked to do, and which of it cannot be asked together"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from services.cli.inputs import STANDARD
from services.cli.results import beside


class WrongUsage(Exception):
    """An option cannot be as it is; one sentence for the person at the terminal."""


class OutputFormat(StrEnum):
    """How findings are told."""

    HUMAN = "human"
    JSON = "json"  #: The API's dataset.report.
    SARIF = "sarif"  #: SARIF 2.1.0, for code scanning.
    GITHUB = "github"  #: Annotations of a workflow's log.


class Method(StrEnum):
    """How a model is trained, in the provider's words."""

    SUPERVISED = "supervised"
    DPO = "dpo"
    REINFORCEMENT = "reinforcement"


class FailOn(StrEnum):
    """From which severity on the exit code is 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    NEVER = "never"

    def severities(self) -> tuple[str, ...]:
        """Return the severities that fail."""
        order = ("error", "warning", "info")
        return () if self is FailOn.NEVER else order[: order.index(self.value) + 1]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The options, as typed."""

    files: list[str]
    model: str | None
    method: Method | None
    epochs: int | None
    validation: str | None
    for_validation: bool
    dataset_format: str | None
    policy: Path | None
    tokens: bool
    quality: bool
    processes: int | None
    output_format: OutputFormat
    as_json: bool
    fail_on: FailOn
    fix: bool
    output: str | None
    in_place: bool
    force: bool

    @property
    def shown_as(self) -> OutputFormat:
        """How it is told: `--json` is short for one of them."""
        return OutputFormat.JSON if self.as_json else self.output_format


def check_asked(asked: Asked) -> None:
    """Raise WrongUsage when options contradict each other."""
    named = [*asked.files, *([asked.validation] if asked.validation else [])]
    if named.count(STANDARD) > 1:
        raise WrongUsage("Standard input can be read for one file only; - stands twice.")
    if asked.validation is not None and len(asked.files) > 1:
        raise WrongUsage("--validation is held out from one FILE; name one, or check the others by themselves.")
    if asked.validation is not None and _is_same(asked.validation, asked.files[0]):
        raise WrongUsage("--validation is FILE itself. What was trained on proves nothing: hold examples out.")
    if not asked.fix and (asked.output is not None or asked.in_place):
        raise WrongUsage(f"{'--output' if asked.output is not None else '--in-place'} says where --fix writes: add it.")
    if asked.method is not None and asked.model is None:
        raise WrongUsage("--method says how --model is trained: name the model.")
    if asked.force and not asked.fix:
        raise WrongUsage("--force lets --fix write over its output: add it.")
    if asked.as_json and asked.output_format not in {OutputFormat.HUMAN, OutputFormat.JSON}:
        said = f"--json is short for --format json, and --format says {asked.output_format}. Choose one."
        raise WrongUsage(said)
    if asked.fix:
        _check_fix(asked)


def _is_same(one: str, other: str) -> bool:
    return one == other or (Path(one).exists() and Path(other).exists() and Path(one).samefile(other))


def _check_fix(asked: Asked) -> None:
    if asked.output is not None and asked.in_place:
        raise WrongUsage("--output and --in-place name two places for one copy. Choose one.")
    if asked.output is not None and len(asked.files) > 1:
        raise WrongUsage("--output names one file, and there are several to fix. Leave it out: each gets its own.")
    if STANDARD in asked.files and asked.output is None:
        raise WrongUsage("Standard input has no name to derive another from: say --output FILE.")
    if asked.output == STANDARD:
        raise WrongUsage("The report goes to standard output. Name a file for the corrected copy.")


def check_copies(asked: Asked) -> None:
    """Raise WrongUsage when a copy would go over another, or over a file that is read beside its own."""
    if not asked.fix or asked.in_place:
        return
    read = {Path(file).resolve() for file in (*asked.files, asked.validation) if file not in {None, STANDARD}}
    made: dict[Path, str] = {}
    for file in asked.files:
        place = asked.output or beside(Path(file), "fixed.jsonl")
        whole = Path(place).resolve()
        if whole in made:
            said = f"{made[whole]} and {file} would both be fixed into {place}. Fix each by itself, with --output."
            raise WrongUsage(said)
        if whole in read - {Path(file).resolve()}:
            raise WrongUsage(f"{place} is read too, and {file} would be fixed into it. Name another with --output.")
        made[whole] = file
