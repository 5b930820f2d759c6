"""What is told of a fine-tuning job: that it is taken, waits, trains, and how it ended"""

import json
from decimal import Decimal

from services.notifier.messages import wording
from services.notifier.messages.cures import cure_of
from services.notifier.messages.happening import Happening
from services.notifier.messages.links import Links
from services.notifier.messages.message import Curve, Fact, Message, Phase, Tone, code, facts
from shared import catalogue
from shared.datasets.estimate import dollars

#: Labels that a caller put on the job; more would crowd out what the message is for.
_MOST_LABELS = 5


def created(event: Happening, links: Links) -> Message:
    """Tell that a job is taken."""
    return _passing(event, links, "Job accepted", "Its files are being checked and priced.")


def queued(event: Happening, links: Links) -> Message:
    """Tell that the provider has a job."""
    provider = event.text("provider", "name")
    who = f'The provider "{provider}"' if provider else "The provider"
    return _passing(event, links, "Job queued", f"{who} has the job and has not begun to train.")


def running(event: Happening, links: Links) -> Message:
    """Tell that a job trains."""
    return _passing(event, links, "Training has begun", _until(event))


def succeeded(event: Happening, links: Links) -> Message:
    """Tell what came out, what it took, and how to try it."""
    model = event.text("fine_tuned_model")
    curve = event.background.curve
    return Message(
        event.id,
        event.type,
        title=f"Fine-tuning succeeded: {name(event)}",
        tone=Tone.GOOD,
        summary=f"The new model is {model}." if model else "The new model is there.",
        facts=facts(code("Model", model), *_base(event), *_took(event), *_losses(curve), *_data(event)),
        snippet=to_try(model, event.text("lineage", "base_model")),
        curve=curve,
        links=links.job(event.text("id")),
        thread=event.text("id"),
        phase=Phase.ENDED,
        sequence=event.sequence,
        test=event.test,
    )


def failed(event: Happening, links: Links) -> Message:
    """Tell why a job failed and what to do about it."""
    why = event.text("error", "message") or "No reason was given."
    param = event.text("error", "param")
    return Message(
        event.id,
        event.type,
        title=f"Fine-tuning failed: {name(event)}",
        tone=Tone.BAD,
        summary=f"It ended without a model{_stage_before_end(event)}.",
        facts=facts(code("Code", event.text("error", "code")), code("Concerns", param), *_base(event), *_data(event)),
        cause=why,
        cure=cure_of(event.text("error", "code")),
        curve=event.background.curve,
        links=links.job(event.text("id")),
        thread=event.text("id"),
        phase=Phase.ENDED,
        sequence=event.sequence,
        test=event.test,
    )


def cancelled(event: Happening, links: Links) -> Message:
    """Tell that a job ended because somebody asked, and what was paid until then."""
    tokens = event.number("trained_tokens")
    trained = "Nothing was trained." if not tokens else f"{tokens:,} tokens had been trained, which are billed."
    return Message(
        event.id,
        event.type,
        title=f"Fine-tuning cancelled: {name(event)}",
        tone=Tone.NEUTRAL,
        summary=f"It ended because somebody asked{_stage_before_end(event)}. {trained}",
        facts=facts(*_base(event), *_took(event), *_data(event)),
        curve=event.background.curve,
        links=links.job(event.text("id")),
        thread=event.text("id"),
        phase=Phase.ENDED,
        sequence=event.sequence,
        test=event.test,
    )


def name(event: Happening) -> str:
    """Return what people call the job: its suffix, else its model."""
    return event.text("user_provided_suffix") or event.text("model") or event.text("id") or "a job"


def to_try(model: str | None, base: str | None) -> str | None:
    """Return a line of Python that asks the model something."""
    if model is None:
        return None
    known = catalogue.find(base) if base else None
    if known is not None and "chat" not in known.formats:
        return f'client.completions.create(model={json.dumps(model)}, prompt="Hello", max_tokens=50)'
    hello = '[{"role": "user", "content": "Hello"}]'
    return f"client.chat.completions.create(model={json.dumps(model)}, messages={hello})"


def _passing(event: Happening, links: Links, what: str, summary: str) -> Message:
    return Message(
        event.id,
        event.type,
        title=f"{what}: {name(event)}",
        tone=Tone.NEUTRAL,
        summary=summary,
        facts=facts(*_base(event), ("Estimated cost", _estimated(event)), *_data(event)),
        links=links.job(event.text("id")),
        thread=event.text("id"),
        phase=Phase.UNDER_WAY,
        sequence=event.sequence,
        test=event.test,
    )


def _base(event: Happening) -> list[Fact | None]:
    base, parent = event.text("lineage", "base_model"), event.text("lineage", "parent_model")
    return [code("Base model", base or event.text("model")), code("Goes on from", parent)]


def _took(event: Happening) -> list[tuple[str, str | None]]:
    tokens = event.number("trained_tokens")
    return [
        ("Duration", _duration(event)),
        ("Trained tokens", wording.count(tokens)),
        ("Cost", _cost(event)),
    ]


def _losses(curve: Curve) -> list[tuple[str, str | None]]:
    held_out = wording.loss(curve.valid)
    if held_out is not None and len(curve.valid) > 1:
        step, lowest = min(curve.valid, key=lambda point: point[1])
        # The guide's sign of too many epochs: what is held out got worse while training went on.
        held_out += f", lowest {lowest:.3f} at step {step:,}" if lowest < curve.valid[-1][1] else ""
    return [("Training loss", wording.loss(curve.train)), ("Validation loss", held_out)]


def _data(event: Happening) -> list[Fact | tuple[str, str | None] | None]:
    names = event.background.files
    train, valid = event.text("training_file"), event.text("validation_file")
    labels = event.value("metadata")
    pairs = [f"{key}={value}" for key, value in labels.items()][:_MOST_LABELS] if isinstance(labels, dict) else []
    return [
        ("Training file", names.get(train or "", train)),
        ("Validation file", names.get(valid or "", valid)),
        ("Hyperparameters", _hyperparameters(event)),
        ("Labels", wording.listed(pairs)),
        code("Job", event.text("id")),
    ]


def _hyperparameters(event: Happening) -> str | None:
    given = event.value("hyperparameters")
    if not isinstance(given, dict):
        return None
    words = {"n_epochs": "epochs", "batch_size": "batch size", "learning_rate_multiplier": "learning rate ×"}
    return wording.listed([f"{words.get(key, key)} {value}" for key, value in given.items() if value is not None])


def _at(event: Happening, stage: str) -> float | None:
    found = [at for name, at in _stages(event) if name == stage]
    return found[-1] if found else None


def _stages(event: Happening) -> list[tuple[str, float]]:
    """Return what the job passed through and when. An old snapshot may lack it, or hold something else."""
    stages = event.value("stages")
    entries = [entry for entry in stages if isinstance(entry, dict)] if isinstance(stages, list) else []
    passed = [(entry.get("stage"), entry.get("at")) for entry in entries]
    return [(name, at) for name, at in passed if isinstance(name, str) and isinstance(at, int | float)]


def _duration(event: Happening) -> str | None:
    begun, ended = event.number("created_at"), event.number("finished_at")
    if begun is None or ended is None:
        return None
    trains, waits = _at(event, "running"), _at(event, "queued")
    parts = []
    if trains is not None:
        parts.append(f"{wording.duration((_at(event, 'finishing') or ended) - trains)} of training")
        if waits is not None and trains - waits >= 1:
            parts.append(f"{wording.duration(trains - waits)} in the queue")
    return f"{wording.duration(ended - begun)}" + (f" ({', '.join(parts)})" if parts else "")


def _cost(event: Happening) -> str | None:
    tokens, price = event.number("trained_tokens"), event.number("estimate", "price_per_million_usd")
    if tokens is None or price is None:
        return _estimated(event)
    paid = dollars(Decimal(str(price)) * int(tokens) / 1_000_000)
    before = wording.money(event.number("estimate", "cost_usd"))
    return f"{paid} at the list price" + (f" (estimated {before})" if before else "")


def _estimated(event: Happening) -> str | None:
    return event.text("estimate", "arithmetic")


def _until(event: Happening) -> str:
    finish = event.number("estimated_finish")
    left = wording.duration(finish - event.created_at) if finish else None
    return f"The provider expects to need {left} more." if left else "The provider is training."


def _stage_before_end(event: Happening) -> str:
    stages = _stages(event)
    return f", while it was {stages[-2][0]}" if len(stages) > 1 else ""
