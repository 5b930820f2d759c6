"""The table of steps: which file does which kind of work."""

from shared.events.reactions import Step
from workers import cancel, create, erase, finish, poll, prepare, probe, release, upload, validate, watch
from workers.runner import StepSpec

#: A gigabyte is read and its tokens counted in about a minute (performance-facts B); ten times that is hung.
_LONG_SECONDS = 3600.0

STEPS: dict[str, StepSpec] = {
    Step.VALIDATE: StepSpec(validate.run, validate.give_up, _LONG_SECONDS),
    Step.RELEASE: StepSpec(release.run, erase.give_up),
    Step.ERASE_FILE: StepSpec(erase.erase_file, erase.give_up),
    Step.PREPARE: StepSpec(prepare.run, poll.give_up, _LONG_SECONDS),
    Step.UPLOAD: StepSpec(upload.run, poll.give_up, _LONG_SECONDS),
    Step.CREATE: StepSpec(create.run, poll.give_up),
    Step.POLL: StepSpec(poll.run, poll.give_up),
    Step.FINISH: StepSpec(finish.run, poll.give_up),
    Step.CANCEL: StepSpec(cancel.run, cancel.give_up),
    Step.PROBE: StepSpec(probe.run, probe.give_up),
    Step.WATCH: StepSpec(watch.run, erase.give_up),
    Step.ERASE_MODEL: StepSpec(erase.erase_model, erase.give_up),
}
