"""Train from a start to the end of the last epoch, telling the observer of each step."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import tiktoken

from services.trainer.engines.engine import Diverged, Observer, Saved, Start, Step
from services.trainer.engines.numpy_engine.learning import LEARNING_RATE, Learner
from services.trainer.engines.numpy_engine.pairs import widened
from services.trainer.engines.numpy_engine.plan import Plan
from services.trainer.engines.numpy_engine.spans import Span
from services.trainer.engines.numpy_engine.weights import Weights

#: A validation batch is scored about this often in a job.
VALIDATIONS = 50


def run(plan: Plan, encoding: tiktoken.Encoding, start: Start, folder: Path, on: Observer) -> Path:
    """Train the epochs after `start.epoch`; return the file of the last one's weights."""
    learner = _learner(plan, encoding, start)
    final = start.weights
    for epoch in range(start.epoch + 1, plan.resolved.n_epochs + 1):
        saved = _epoch(plan, learner, epoch, folder, on)
        on.saved(saved)
        final = saved.weights
    if final is None:
        raise ValueError(f"there is no epoch to train: {plan.resolved.n_epochs} of {start.epoch} are done")
    return final


def _learner(plan: Plan, encoding: tiktoken.Encoding, start: Start) -> Learner:
    weights = Weights.read(start.weights) if start.weights else Weights.empty(encoding.name, encoding.n_vocab)
    if weights.encoding != encoding.name:
        raise ValueError(f"{start.weights}: tuned with {weights.encoding}, and this job is in {encoding.name}")
    if start.state is None:
        weights = widened(weights, plan.examples)
    learner = Learner(weights, LEARNING_RATE * plan.resolved.learning_rate_multiplier)
    if start.state is not None:
        learner.read_state(start.state)
    return learner


def _epoch(plan: Plan, learner: Learner, epoch: int, folder: Path, on: Observer) -> Saved:
    batches = plan.order(epoch)
    total = plan.resolved.total_steps
    step = Step(0, total, 0.0, 0.0)
    for number, batch in enumerate(batches, start=(epoch - 1) * len(batches) + 1):
        loss, accuracy = learner.learn(span for example in batch for span in plan.examples[example])
        step = _validated(plan, learner, Step(number, total, loss, accuracy), last=number == epoch * len(batches))
        _require_finite(step, learner)
        on.stepped(step)
    saved = Saved(epoch, step, folder / f"step-{step.step}.npz", folder / f"step-{step.step}.adagrad")
    learner.weights.save(saved.weights)
    learner.save_state(saved.state)
    return saved


def _require_finite(step: Step, learner: Learner) -> None:
    """Raise Diverged, naming what went first: a loss of the step, or the weights that it made."""
    validation = [loss for loss in (step.valid_loss, step.full_valid_loss) if loss is not None]
    if not math.isfinite(step.train_loss):
        raise Diverged(step.step, step.total_steps, "training loss")
    if not learner.finite:
        raise Diverged(step.step, step.total_steps, "weights")
    if not all(map(math.isfinite, validation)):
        raise Diverged(step.step, step.total_steps, "validation loss")


def _validated(plan: Plan, learner: Learner, step: Step, *, last: bool) -> Step:
    if not plan.validation:
        return step
    if last or (step.step - 1) % max(1, step.total_steps // VALIDATIONS) == 0:
        loss, accuracy = learner.evaluate(_rotating(plan, step.step))
        step = replace(step, valid_loss=loss, valid_mean_token_accuracy=accuracy)
    if last:
        loss, accuracy = learner.evaluate(span for example in plan.validation for span in example)
        step = replace(step, full_valid_loss=loss, full_valid_mean_token_accuracy=accuracy)
    return step


def _rotating(plan: Plan, step: int) -> Iterator[Span]:
    """Yield the spans of the validation batch whose turn it is, as large as a training batch."""
    count = len(plan.validation)
    size = min(plan.resolved.batch_size, count)
    for at in range((step - 1) * size, step * size):
        yield from plan.validation[at % count]
