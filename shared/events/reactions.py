"""When X then Y: the whole flow of the product is this table."""

from enum import StrEnum

from shared.events.catalogue import PUBLIC, EventType


class Step(StrEnum):
    """The kinds of work. Each is one file of `workers/`, but for the last, which the notifier does."""

    DERIVE = "dataset.derive"  #: Make a file of another: a side of a split, a conversion.
    VALIDATE = "dataset.validate"  #: Read the dataset, report every problem.
    RELEASE = "dataset.release"  #: Tell the jobs that wait for a file that it is checked.
    SWEEP = "dataset.sweep"  #: Remove an upload's bytes of which no file came. The gateway asks, no event leads to it.
    ERASE_FILE = "dataset.erase"  #: Remove a deleted file's bytes, here and at the provider.
    PREPARE = "job.prepare"  #: Check the files against the model, price the job.
    UPLOAD = "job.upload"  #: Bring the files to the provider, each once.
    CREATE = "job.create"  #: Create the job at the provider, once.
    POLL = "job.poll"  #: Follow the job until the provider is done with it.
    FINISH = "job.finish"  #: Fetch result file, checkpoints and trained tokens.
    CANCEL = "job.cancel"  #: Stop the job at the provider.
    PROBE = "model.probe"  #: Ask the new model until it answers.
    ERASE_MODEL = "model.erase"  #: Delete a deleted model at the provider.
    WATCH = "house.watch"  #: Look whether what must hold holds, every ten minutes. No event leads to it.
    RECOVER = "endpoint.recover"  #: Send again what an endpoint missed. A member asks for it, no event leads to it.
    FANOUT = "event.fanout"  #: Turn the event into deliveries. Its subject is the event itself.


REACTIONS: dict[EventType, tuple[Step, ...]] = {
    EventType.FILE_REQUESTED: (Step.DERIVE,),
    EventType.FILE_CREATED: (Step.VALIDATE,),
    EventType.FILE_PROCESSED: (Step.RELEASE,),
    EventType.FILE_ERROR: (Step.RELEASE,),
    EventType.FILE_DELETED: (Step.ERASE_FILE,),
    EventType.JOB_CREATED: (Step.PREPARE,),
    EventType.JOB_READY: (Step.UPLOAD,),
    EventType.JOB_UPLOADED: (Step.CREATE,),
    EventType.JOB_QUEUED: (Step.POLL,),
    EventType.JOB_RUNNING: (),
    EventType.JOB_TRAINED: (Step.FINISH,),
    EventType.JOB_CANCEL_REQUESTED: (Step.CANCEL,),
    EventType.JOB_SUCCEEDED: (Step.PROBE,),
    EventType.JOB_FAILED: (),
    EventType.JOB_CANCELLED: (),
    EventType.MODEL_READY: (),
    EventType.MODEL_DELETED: (Step.ERASE_MODEL,),
    EventType.ENDPOINT_FAILING: (),
    EventType.ENDPOINT_PAUSED: (),
    EventType.ENDPOINT_DISABLED: (),
}


def steps_after(event: EventType) -> tuple[Step, ...]:
    """Return the work on the event's subject that follows from it; whoever is told besides is fanout's matter."""
    return REACTIONS[event]


def is_told(event: EventType) -> bool:
    """Say whether endpoints may hear of it."""
    return event in PUBLIC
