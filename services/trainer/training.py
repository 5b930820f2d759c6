"""The child process of a job: check its files, or train; one JSON line out for each thing that happens."""

import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from services.trainer.engines.engine import Diverged, Resolved, Saved, Start, Step, TrainSpec
from services.trainer.examples import Example, ExampleRefused, form_of, read

#: OpenAI's least number of examples (openai-api-facts 5.1).
MIN_EXAMPLES = 10
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Order:
    """What the parent wants trained; it travels as JSON in a file."""

    engine: str
    model: str
    forms: list[str]
    training: str
    validation: str | None
    folder: str
    bases: str
    spec: dict[str, Any]
    start_weights: str | None = None
    start_state: str | None = None
    start_epoch: int = 0
    step_delay: float = 0.0

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "Order":
        return cls(**json.loads(path.read_text()))


class Refused(Exception):
    """The job ends here, by its files or its settings; carries its `error`."""

    def __init__(self, code: str, message: str, param: str | None) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message, "param": param}


class Reporter:
    """An engine's observer that writes to the parent. A parent that is gone ends the training (BrokenPipeError)."""

    def __init__(self, step_delay: float) -> None:
        self._step_delay = step_delay
        self.multiplier = 1.0

    def planned(self, resolved: Resolved) -> None:
        self.multiplier = resolved.learning_rate_multiplier
        say("planned", **asdict(resolved))

    def stepped(self, step: Step) -> None:
        say("step", **asdict(step))
        if self._step_delay:
            time.sleep(self._step_delay)

    def saved(self, saved: Saved) -> None:
        say("saved", epoch=saved.epoch, step=asdict(saved.step), weights=str(saved.weights), state=str(saved.state))


def say(kind: str, **fields: Any) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps({"kind": kind, **fields}) + "\n")
    sys.stdout.flush()


def examples(order: Order, kind: str) -> list[Example]:
    """Read the training or validation file; raises Refused."""
    path = order.training if kind == "training" else order.validation
    if path is None:
        return []
    param = f"{kind}_file"
    try:
        found = list(read(Path(path), frozenset(order.forms), order.model))
    except ExampleRefused as exc:
        raise Refused(f"invalid_{param}", f"The job failed due to an invalid {kind} file. {exc}", param) from exc
    except OSError as exc:
        raise Refused(f"invalid_{param}", f"The {kind} file was deleted before the job could read it.", param) from exc
    least = MIN_EXAMPLES if kind == "training" else 1
    if len(found) < least:
        few = f"{kind.capitalize()} file has {len(found)} example(s), but must have at least {least} examples"
        raise Refused("invalid_n_examples", few, param)
    return found


def check(order: Order) -> None:
    """Read both files and say how many examples they hold."""
    counts = {kind: len(examples(order, kind)) for kind in ("training", "validation")}
    say("checked", **counts)


def train(order: Order) -> None:
    """Train and say where the weights are."""
    # Here, because checking files need not wait for numpy and the tokenizer to be imported.
    from services.trainer.engines.registry import engine_named  # noqa: PLC0415

    engine = engine_named(order.engine)
    base = order.start_weights or engine.base(order.spec["encoding"], form_of(order.forms), Path(order.bases))
    start = Start(
        weights=Path(base),
        state=Path(order.start_state) if order.start_state else None,
        epoch=order.start_epoch,
    )
    training, validation = examples(order, "training"), examples(order, "validation")
    reporter = Reporter(order.step_delay)
    try:
        weights = engine.train(
            TrainSpec(**order.spec), training, validation,
            start=start, folder=Path(order.folder), on=reporter,
        )  # fmt: skip
    except ExampleRefused as exc:
        message = f"The job failed due to an invalid training file. {exc}"
        raise Refused("invalid_training_file", message, "training_file") from exc
    except Diverged as exc:
        raise Refused("training_diverged", _divergence(exc, reporter.multiplier), None) from exc
    say("trained", weights=str(weights))


def _divergence(found: Diverged, multiplier: float) -> str:
    return (
        f"Training diverged at step {found.step} of {found.total_steps}: the {found.what} became infinite or NaN with"
        f" learning_rate_multiplier {multiplier:g}. No model was made. Create the job again with a smaller"
        ' learning_rate_multiplier, or leave it to "auto" (1.0).'
    )


def die_with_parent(parent: int) -> None:
    """Ask the kernel (Linux) for SIGKILL when the parent dies; leave at once if it is dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(3)


def main(argv: list[str]) -> int:
    """Run `check` or `train` with the order in a file; exit 0 when all was said, refusal included."""
    verb, parent, path = argv
    die_with_parent(int(parent))
    verbs: dict[str, Callable[[Order], None]] = {"check": check, "train": train}
    try:
        verbs[verb](Order.read(Path(path)))
    except Refused as refused:
        say("refused", error=refused.error)
    except BrokenPipeError:
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
