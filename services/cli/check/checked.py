"""Check the files one after the other: mend first if asked, the training file before what is held out from it"""

import contextlib
import os
from dataclasses import dataclass, replace
from typing import Any

from services.cli.check.asked import Asked, FailOn, WrongUsage, check_copies
from services.cli.check.mending import mended
from services.cli.check.progress import Progress, shown_progress
from services.cli.inputs import CannotRead, Input, named
from shared import catalogue
from shared.catalogue import BaseModel
from shared.catalogue.retirement import notice, trainable_first
from shared.datasets.fix import Fixes, Mended
from shared.datasets.formats import Format
from shared.datasets.policy import DEFAULT, Policy
from shared.datasets.policy_file import PolicyError, read_toml
from shared.datasets.quality import Sketch
from shared.datasets.report import Report
from shared.datasets.report import check as check_stream
from shared.datasets.scan import Crew, ProcessDied


@dataclass(frozen=True)
class Checked:
    """A file and what was found. `name` is how it was named; what was mended is told of the corrected copy."""

    name: str
    report: Report
    retirement: str | None
    fixes: Fixes | None = None
    is_file: bool = True  #: And not standard input, which cannot be read twice.

    def fails(self, fail_on: FailOn) -> bool:
        """Say whether something was found that the caller does not accept."""
        return any(self.report.findings_total[severity] for severity in fail_on.severities())

    @property
    def can_be_mended(self) -> bool:
        """Say whether `--fix` would write a better copy of it."""
        return self.is_file and any(self.report.findings_by_code.get(what) for what in Mended)

    def as_dict(self) -> dict[str, Any]:
        """Return the API's report, and what only the terminal knows."""
        more = {} if self.fixes is None else {"fixes": self.fixes.as_dict()}
        return {**self.report.as_dict(), "retirement": self.retirement, **more}


@dataclass(frozen=True)
class _With:
    """What every file is checked with."""

    model: BaseModel | None
    kind: Format | None
    policy: Policy
    crew: Crew | None
    asked: Asked


def check_all(asked: Asked) -> list[Checked]:
    """Return what was found in each file, in the order in which they were named; the validation file is the last."""
    model, kind, policy = _base(asked.model), _format(asked.dataset_format), _policy(asked)
    processes = asked.processes or os.cpu_count() or 1
    with contextlib.ExitStack() as stack:
        # All are looked for before the first is read: a name that is wrong is told at once.
        inputs = [stack.enter_context(named(file, once=not asked.fix)) for file in asked.files]
        held_out = stack.enter_context(named(asked.validation, once=True)) if asked.validation else None
        check_copies(asked)
        crew = stack.enter_context(Crew(processes)) if processes > 1 else None
        how = _With(model, kind, policy, crew, asked)
        checked = [_checked(given, how) for given in inputs]
        if held_out is not None:
            checked.append(_held_out(held_out, how, checked[0]))
    return checked


def _held_out(given: Input, how: _With, training: Checked) -> Checked:
    unread = f"{training.name} holds no example that can be read" if how.asked.quality else None
    return _one(given, how, against=training.report.sketch or unread, for_validation=True)


def _checked(given: Input, how: _With) -> Checked:
    asked = how.asked
    if not asked.fix:
        return _one(given, how, for_validation=asked.for_validation)
    copy, fixes = mended(given, asked.output, in_place=asked.in_place, force=asked.force)
    return replace(_one(copy, how, for_validation=asked.for_validation), fixes=fixes)


def _one(
    given: Input,
    how: _With,
    *,
    against: Sketch | str | None = None,
    for_validation: bool,
) -> Checked:
    with given.open() as stream, shown_progress(given, how.asked.shown_as) as progress:
        try:
            report = check_stream(
                stream,
                model=how.model,
                method=how.asked.method,
                n_epochs=how.asked.epochs,
                format=how.kind,
                policy=how.policy,
                for_validation=for_validation,
                against=against,
                tokens=how.asked.tokens,
                quality=how.asked.quality,
                crew=how.crew,
                **_heard(progress),
            )
        except OSError as exc:
            raise CannotRead(f"{given.name}: cannot be read: {(exc.strerror or str(exc)).lower()}.") from exc
        except ProcessDied as exc:
            raise CannotRead(f"{given.name}: {exc}") from exc
    retirement = None if how.model is None else notice(how.model)
    return Checked(given.name, report, retirement, is_file=given.path is not None)


def _heard(progress: Progress | None) -> dict[str, Any]:
    return {} if progress is None else {"on_progress": progress.move, "on_findings": progress.found}


def _base(name: str | None) -> BaseModel | None:
    if name is None:
        return None
    base = catalogue.find(name)
    if base is None:
        suggested = catalogue.suggest(name)
        near = trainable_first(suggested or (one.name for one in catalogue.all_bases()))
        said = "Near" if suggested else "Known"
        raise WrongUsage(f'the model "{name}" is not in the catalogue. {said}: {", ".join(near)}.')
    return base


def _format(name: str | None) -> Format | None:
    if name is not None and name not in tuple(Format):
        raise WrongUsage(f'there is no format "{name}". Known: {", ".join(Format)}.')
    return None if name is None else Format(name)


def _policy(asked: Asked) -> Policy:
    if asked.policy is None:
        return DEFAULT
    try:
        return read_toml(asked.policy.read_bytes())
    except OSError as exc:
        raise WrongUsage(f"{asked.policy}: the policy cannot be read: {(exc.strerror or str(exc)).lower()}.") from exc
    except PolicyError as exc:
        raise WrongUsage(f"{asked.policy}: {exc}") from exc
