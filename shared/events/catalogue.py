"""Every type of event, and which of them are told to endpoints."""

from enum import StrEnum


class EventType(StrEnum):
    """What can happen. The part before the last dot names the subject."""

    FILE_REQUESTED = "file.requested"  #: It is to be made of another file.
    FILE_CREATED = "file.created"
    FILE_PROCESSED = "file.processed"
    FILE_ERROR = "file.error"
    FILE_DELETED = "file.deleted"

    JOB_CREATED = "fine_tuning.job.created"
    JOB_READY = "fine_tuning.job.ready"  #: Its files are checked and priced; they may go to the provider.
    JOB_UPLOADED = "fine_tuning.job.uploaded"  #: The provider has its files.
    JOB_QUEUED = "fine_tuning.job.queued"  #: The provider has the job.
    JOB_RUNNING = "fine_tuning.job.running"
    JOB_TRAINED = "fine_tuning.job.trained"  #: The provider is done; results are to be fetched.
    JOB_CANCEL_REQUESTED = "fine_tuning.job.cancel_requested"
    JOB_SUCCEEDED = "fine_tuning.job.succeeded"
    JOB_FAILED = "fine_tuning.job.failed"
    JOB_CANCELLED = "fine_tuning.job.cancelled"

    MODEL_READY = "model.ready"
    MODEL_DELETED = "model.deleted"

    ENDPOINT_FAILING = "webhook_endpoint.failing"  #: Nothing but failures came for days.
    ENDPOINT_PAUSED = "webhook_endpoint.paused"  #: Set aside by us: somebody has to mend its channel.
    ENDPOINT_DISABLED = "webhook_endpoint.disabled"  #: Switched off by us: it said so, or nothing but failures came.


#: What an endpoint may subscribe to: OpenAI's own three, and ours (api.md, "Webhooks that we send").
PUBLIC = frozenset(
    {
        EventType.FILE_PROCESSED,
        EventType.FILE_ERROR,
        EventType.JOB_CREATED,
        EventType.JOB_QUEUED,
        EventType.JOB_RUNNING,
        EventType.JOB_SUCCEEDED,
        EventType.JOB_FAILED,
        EventType.JOB_CANCELLED,
        EventType.MODEL_READY,
        EventType.MODEL_DELETED,
        EventType.ENDPOINT_FAILING,
        EventType.ENDPOINT_PAUSED,
        EventType.ENDPOINT_DISABLED,
    }
)
