"""The sentences of a run: sizes, durations, states, losses, cost"""

import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.cli.run.training import Training
from shared.datasets.estimate import dollars

#: What is true of a job in each stage; a service without stages has OpenAI's statuses.
STAGES = {
    "validating": "its files are being checked and priced",
    "validating_files": "its files are being checked",
    "uploading": "its files are good and on their way to the provider",
    "creating": "the provider has the files; the job is being created there",
    "queued": "the provider has the job and has not begun",
    "running": "the provider is training",
    "finishing": "trained; results are being fetched",
    "succeeded": "the model is named and the results are here",
    "failed": "ended without a model",
    "cancelled": "ended because somebody asked",
}
LABEL_WIDTH = 11
_KILO = 1000


def labelled(label: str, text: str) -> str:
    """Return a line as `tuneyard check` writes its own."""
    return f"{label:<{LABEL_WIDTH}}{text}"


def size(count: float) -> str:
    """Return bytes for reading: 987 B, 20.8 kB, 1.2 GB."""
    if count < _KILO:
        return f"{count:.0f} B"
    power = 3 if count >= _KILO**3 else 2 if count >= _KILO**2 else 1
    return f"{count / _KILO**power:.1f} {'?kMG'[power]}B"


def duration(seconds: float) -> str:
    """Return a time for reading: 8 s, 4 m 12 s, 2 h 5 m."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} m {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} m"


def stage(name: str, at: int) -> str:
    """Return one passed stage with its local time."""
    return labelled(
        time.strftime("%H:%M:%S", time.localtime(at)), f"{name}: {STAGES.get(name, 'as the provider says')}"
    )


def progress(training: Training, job: Mapping[str, Any], now: float) -> str:
    """Return step, losses, accuracy and the time left, as far as each is known."""
    parts = [f"step {training.step:,}/{training.total_steps:,}" if training.total_steps else f"step {training.step:,}"]
    if training.train:
        parts.append(f"loss {training.train[-1][1]:.3f}")
    if training.validation:
        parts.append(f"validation {training.validation[-1][1]:.3f}")
    if training.accuracy is not None:
        parts.append(f"accuracy {training.accuracy:.0%}")
    finish = job.get("estimated_finish")
    left = max(0.0, finish - now) if finish else training.seconds_left()
    if left and left >= 1:
        parts.append(f"{duration(left)} left")
    return ", ".join(parts)


def losses(training: Training) -> str:
    """Return the first and the last of each loss."""
    text = f"{training.train[0][1]:.3f} to {training.train[-1][1]:.3f} in {training.step:,} steps"
    if training.validation:
        text += f"; on the validation file {training.validation[0][1]:.3f} to {training.validation[-1][1]:.3f}"
    return text


def estimated(estimate: Mapping[str, Any] | None) -> str:
    """Return the cost beforehand with its arithmetic."""
    if estimate is None:
        return "not known beforehand: the model is not in this program's price list"
    why = "as given" if estimate["n_epochs_from"] == "given" else "the provider's default for this size"
    return f"{estimate['arithmetic']} (estimate; prices of {estimate['price_date']}; epochs: {why})"


def settled(job: Mapping[str, Any]) -> str | None:
    """Return what the trained tokens cost at the list price; None where either is unknown."""
    tokens, estimate = job.get("trained_tokens"), job.get("estimate") or {}
    price = estimate.get("price_per_million_usd")
    if tokens is None:
        return None
    if price is None:
        return f"{tokens:,} trained tokens"
    cost = Decimal(str(price)) * tokens / 1_000_000
    text = f"{tokens:,} trained tokens × ${price:.2f} per 1M tokens = {dollars(cost)} at the list price"
    if before := estimate.get("cost_usd"):
        text += f" (estimated: {dollars(Decimal(str(before)))})"
    return text


def checking(file: Mapping[str, Any]) -> str:
    """Return how far the service's check of a file is."""
    said = f"the service checks {file['filename']}"
    progress = file.get("progress")
    if not progress:
        return said
    said += f": {progress['bytes'] / max(1, progress['of']):.0%}, {progress['lines']:,} lines"
    return f"{said}. {again}" if (again := progress.get("trying_again")) else said
