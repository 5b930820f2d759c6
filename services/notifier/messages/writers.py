"""Which function writes the message of which event: one row for every type that is told"""

from collections.abc import Callable, Mapping

from services.notifier.messages import endpoints, files, jobs, models
from services.notifier.messages.digest import DIGEST, digest
from services.notifier.messages.happening import Happening
from services.notifier.messages.links import Links
from services.notifier.messages.message import Message, Tone, code, facts
from shared.events.catalogue import EventType

Writer = Callable[[Happening, Links], Message]

WRITERS: Mapping[str, Writer] = {
    EventType.FILE_PROCESSED: files.processed,
    EventType.FILE_ERROR: files.refused,
    EventType.JOB_CREATED: jobs.created,
    EventType.JOB_QUEUED: jobs.queued,
    EventType.JOB_RUNNING: jobs.running,
    EventType.JOB_SUCCEEDED: jobs.succeeded,
    EventType.JOB_FAILED: jobs.failed,
    EventType.JOB_CANCELLED: jobs.cancelled,
    EventType.MODEL_READY: models.ready,
    EventType.MODEL_DELETED: models.deleted,
    EventType.ENDPOINT_FAILING: endpoints.failing,
    EventType.ENDPOINT_PAUSED: endpoints.paused,
    EventType.ENDPOINT_DISABLED: endpoints.disabled,
}


def write(event: Happening, links: Links) -> Message:
    """Return the event in plain words. A type that a newer part of the service records is told all the same."""
    if event.type == DIGEST:
        return digest(event, links, write)
    return WRITERS.get(event.type, _plain)(event, links)


def _plain(event: Happening, _links: Links) -> Message:
    return Message(
        event.id,
        event.type,
        title=event.type.replace(".", " ").replace("_", " ").capitalize(),
        tone=Tone.NEUTRAL,
        summary="",
        facts=facts(code("Subject", event.text("id")), ("Status", event.text("status"))),
        test=event.test,
    )
