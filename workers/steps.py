"""The table of steps: which file does which kind of work."""

from shared.events.reactions import Step
from workers import (
    cancel,
    create,
    derive,
    erase,
    finish,
    poll,
    prepare,
    probe,
    recover,
    release,
    upload,
    validate,
    watch,
)
from workers.runner import StepSpec

#: A gigabyte is read and its tokens counted in about a minute (performance-facts B); ten times that is hung.
_LONG_SECONDS = 3600.0

STEPS: dict[str, StepSpec] = {
    Step.DERIVE: StepSpec(derive.run, derive.give_up, _LONG_SECONDS, "making the file", long=True),
    Step.VALIDATE: StepSpec(validate.run, validate.give_up, _LONG_SECONDS, "checking the file", long=True),
    Step.RELEASE: StepSpec(release.run, erase.give_up, in_words="waking the jobs that wait for the file"),
    Step.SWEEP: StepSpec(erase.sweep, erase.give_up, in_words="removing what an upload left"),
    Step.ERASE_FILE: StepSpec(erase.erase_file, erase.give_up, in_words="deleting the file"),
    Step.PREPARE: StepSpec(prepare.run, poll.give_up, _LONG_SECONDS, "preparing the job", long=True),
    Step.UPLOAD: StepSpec(upload.run, poll.give_up, _LONG_SECONDS, "uploading the job's files", long=True),
    Step.CREATE: StepSpec(create.run, poll.give_up, in_words="creating the job at its provider"),
    Step.POLL: StepSpec(poll.run, poll.give_up, in_words="following the job"),
    Step.FINISH: StepSpec(finish.run, poll.give_up, in_words="fetching the job's results"),
    Step.CANCEL: StepSpec(cancel.run, cancel.give_up, in_words="cancelling the job"),
    Step.PROBE: StepSpec(probe.run, probe.give_up, in_words="asking the new model"),
    Step.WATCH: StepSpec(watch.run, erase.give_up, in_words="looking whether all is well"),
    Step.RECOVER: StepSpec(recover.run, recover.give_up, in_words="sending again what an endpoint missed"),
    Step.ERASE_MODEL: StepSpec(erase.erase_model, erase.give_up, in_words="deleting the model"),
}
