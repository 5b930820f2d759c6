"""What a run was asked to do"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.cli.run.errors import Exit, RunError


@dataclass(frozen=True, kw_only=True)
class Order:
    """A new job from a file, or, with `follow`, one that exists."""

    file: Path | None = None
    model: str = ""
    validation: Path | None = None
    epochs: int | None = None
    suffix: str | None = None
    seed: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    yes: bool = False
    detach: bool = False
    follow: str | None = None

    def body(self, training_file: str, validation_file: str | None) -> dict[str, Any]:
        """Return the body that creates the job; what was not asked for is left to the service."""
        asked = {
            "model": self.model,
            "training_file": training_file,
            "validation_file": validation_file,
            "suffix": self.suffix,
            "seed": self.seed,
            "metadata": self.metadata or None,
            "method": self.epochs
            and {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": self.epochs}}},
        }
        return {name: value for name, value in asked.items() if value is not None}


def check_order(order: Order, *, can_ask: bool) -> None:
    """Raise RunError when the options contradict each other or name what is not there."""
    if order.follow is not None:
        if order.file is not None or order.model:
            raise _wrong("--follow attaches to a job that exists; it takes neither FILE nor --model.")
        return
    if order.file is None or not order.model:
        missing = "FILE" if order.file is None else "--model"
        raise _wrong(f"{missing} is missing.", hint="tuneyard run FILE --model gpt-4.1-mini, or --follow JOB_ID")
    for file in (order.file, order.validation):
        if file is not None and not file.is_file():
            raise _wrong(f"{file} {'is not a file' if file.exists() else 'does not exist'}. Name a file in JSON Lines.")
        if file is not None and not os.access(file, os.R_OK):
            raise _wrong(f"{file} cannot be read by this account. Change its mode, or name another.")
    if not (order.yes or can_ask):
        hint = "add --yes; `tuneyard check FILE --model M` shows the cost beforehand"
        raise _wrong("A job may cost money, and there is no terminal to ask at.", hint=hint)


def read_metadata(pairs: list[str], name: str | None) -> dict[str, str]:
    """Return `KEY=VALUE` words as a dictionary, with `name` under that key."""
    metadata: dict[str, str] = {}
    if name is not None:
        pairs = [f"name={name}", *pairs]
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise _wrong(f"--metadata: {pair!r} is not of the form KEY=VALUE.")
        if key in metadata:
            given = f"{metadata[key]!r} and {value!r}"
            hint = "--name is short for --metadata name=…" if key == "name" and name is not None else ""
            raise _wrong(f"--metadata: the key {key!r} is given twice, as {given}. Give it once.", hint=hint)
        metadata[key] = value
    return metadata


def _wrong(message: str, hint: str = "") -> RunError:
    return RunError(message, Exit.USAGE, hint=hint, code="wrong_usage")
