"""Where a fine-tuning job stands, the legal arrows between, and what each state tells the world."""

from enum import StrEnum

from shared.events.catalogue import EventType
from shared.wire.jobs import JobStatus


class JobState(StrEnum):
    """What is true of a job while it is in the state; the API shows it as `stage`."""

    VALIDATING = "validating"  #: Accepted here; its files are being checked and priced.
    UPLOADING = "uploading"  #: Its files are good and on their way to the provider.
    CREATING = "creating"  #: The provider has the files; the job is being created there, once.
    QUEUED = "queued"  #: The provider has the job and has not begun.
    RUNNING = "running"  #: The provider is training.
    FINISHING = "finishing"  #: Trained; we are fetching results.
    SUCCEEDED = "succeeded"  #: The results are here and the model is named. Final.
    FAILED = "failed"  #: `error` says why. Final.
    CANCELLED = "cancelled"  #: Somebody asked. Final.


FINAL = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})
_ENDS = frozenset({JobState.FAILED, JobState.CANCELLED})

ARROWS: dict[JobState, frozenset[JobState]] = {
    JobState.VALIDATING: _ENDS | {JobState.UPLOADING},
    JobState.UPLOADING: _ENDS | {JobState.CREATING},
    JobState.CREATING: _ENDS | {JobState.QUEUED},
    # A short job may be done before we look for the first time.
    JobState.QUEUED: _ENDS | {JobState.RUNNING, JobState.FINISHING},
    JobState.RUNNING: _ENDS | {JobState.FINISHING},
    JobState.FINISHING: _ENDS | {JobState.SUCCEEDED},
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}

#: OpenAI's status for each state: its callers know six.
STATUS: dict[JobState, JobStatus] = {
    JobState.VALIDATING: JobStatus.VALIDATING_FILES,
    JobState.UPLOADING: JobStatus.QUEUED,
    JobState.CREATING: JobStatus.QUEUED,
    JobState.QUEUED: JobStatus.QUEUED,
    JobState.RUNNING: JobStatus.RUNNING,
    JobState.FINISHING: JobStatus.RUNNING,
    JobState.SUCCEEDED: JobStatus.SUCCEEDED,
    JobState.FAILED: JobStatus.FAILED,
    JobState.CANCELLED: JobStatus.CANCELLED,
}

#: The event that tells of reaching each state.
EVENTS: dict[JobState, EventType] = {
    JobState.VALIDATING: EventType.JOB_CREATED,
    JobState.UPLOADING: EventType.JOB_READY,
    JobState.CREATING: EventType.JOB_UPLOADED,
    JobState.QUEUED: EventType.JOB_QUEUED,
    JobState.RUNNING: EventType.JOB_RUNNING,
    JobState.FINISHING: EventType.JOB_TRAINED,
    JobState.SUCCEEDED: EventType.JOB_SUCCEEDED,
    JobState.FAILED: EventType.JOB_FAILED,
    JobState.CANCELLED: EventType.JOB_CANCELLED,
}
