"""The labelled corpus of datasets: small files, and what is found in each, by line and code"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.catalogue import find
from shared.datasets.formats import Format
from shared.datasets.policy import Policy
from shared.datasets.policy_file import read_policy
from shared.datasets.quality import Sketch
from shared.datasets.reading import MAX_LINE_BYTES, UnpackLimits
from shared.datasets.report import Report, check

FOLDER = Path(__file__).parent / "fixtures" / "datasets"
#: A file about one rule is smaller than a dataset may be: its size is judged where the manifest says `size = true`.
_ANY_SIZE = {"minimum_examples": 1, "advised_examples": 1}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One file of the corpus and its entry in the manifest of its folder."""

    path: Path
    says: str  #: What there is to see in it.
    finds: list[str]  #: `LINE CODE` of every finding listed, in order of line and code; `-` for the whole file.
    near: list[str] = field(default_factory=list)  #: Codes that might be thought to fire here, and do not.
    model: str | None = None
    method: str = "supervised"
    format: str | None = None
    validation: bool = False
    size: bool = False
    quality: bool = False
    training: str | None = None  #: The file beside it against which a validation file is held.
    max_line: int | None = None
    most_bytes: int | None = None  #: How many bytes a packed file may unpack to.
    policy: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def codes(self) -> set[str]:
        """The codes that are found in it."""
        return {found.split()[1] for found in self.finds}

    def check(self) -> Report:
        """Check the file as its entry says."""
        with self.path.open("rb") as stream:
            return check(
                stream,
                model=None if self.model is None else find(self.model),
                method=self.method,
                format=None if self.format is None else Format(self.format),
                policy=self._policy(),
                for_validation=self.validation,
                quality=self.quality,
                against=self._training(),
                limits=None if self.most_bytes is None else UnpackLimits(bytes=self.most_bytes),
                max_line=self.max_line or MAX_LINE_BYTES,
            )

    def _training(self) -> Sketch | str | None:
        if self.training is None:
            return None
        with self.path.with_name(self.training).open("rb") as stream:
            return (
                check(stream, model=None, quality=True).sketch or "the training file holds no example that can be read"
            )

    def _policy(self) -> Policy:
        limits = {} if self.size else _ANY_SIZE
        return read_policy({**self.policy, "thresholds": {**limits, **self.policy.get("thresholds", {})}})


def cases() -> Iterator[Case]:
    """Yield every entry of every manifest. Raises TypeError for an entry with a key that is none."""
    for manifest in sorted(FOLDER.glob("*/manifest.toml")):
        for name, entry in tomllib.loads(manifest.read_text("utf-8")).items():
            yield Case(path=manifest.with_name(name), **entry)


def found_in(report: Report) -> list[str]:
    """Return what a report lists in the form of a manifest."""
    found = sorted(report.findings, key=lambda one: (one.line is None, one.line or 0, one.code))
    return [f"{one.line or '-'} {one.code}" for one in found]
