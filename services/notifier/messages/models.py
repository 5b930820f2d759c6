"""What is told of a tuned model: that it answers, or that it is gone"""

from services.notifier.messages.happening import Happening
from services.notifier.messages.jobs import to_try
from services.notifier.messages.links import Links
from services.notifier.messages.message import Message, Phase, Tone, code, facts


def ready(event: Happening, links: Links) -> Message:
    """Tell that a model answers, and how to ask it."""
    model, base = event.text("id"), event.text("lineage", "base_model")
    return Message(
        event.id,
        event.type,
        title=f"Model ready: {model}",
        tone=Tone.GOOD,
        summary="It has answered its first request and can be used.",
        facts=facts(
            code("Model", model),
            code("Base model", base),
            code("Goes on from", event.text("lineage", "parent_model")),
            code("Job", event.text("lineage", "job_id")),
        ),
        snippet=to_try(model, base),
        links=links.job(event.text("lineage", "job_id")) or links.models(),
        thread=event.text("lineage", "job_id"),
        phase=Phase.AFTERWARDS,
        test=event.test,
    )


def deleted(event: Happening, links: Links) -> Message:
    """Tell that a model answers no more."""
    model = event.text("id")
    return Message(
        event.id,
        event.type,
        title=f"Model deleted: {model}",
        tone=Tone.NEUTRAL,
        summary="It answers no more. Its job and its files are kept.",
        facts=facts(
            code("Model", model),
            code("Base model", event.text("lineage", "base_model")),
            code("Job", event.text("lineage", "job_id")),
        ),
        links=links.models(),
        thread=event.text("lineage", "job_id"),
        phase=Phase.AFTERWARDS,
        test=event.test,
    )
