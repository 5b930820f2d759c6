"""What to do about a failed job, by its code"""

#: Ours (docs/api.md, "A job"), and those of OpenAI's that are seen most.
CURES = {
    "invalid_training_file": "Read the file's report, correct the lines it names, upload the file again and create the "
    "job anew. `tuneyard check FILE --model MODEL` shows the same beforehand.",
    "invalid_validation_file": "Read the validation file's report, correct the lines it names, and create the job "
    "anew; or create it without a validation file.",
    "invalid_n_examples": "Add examples: ten are required, fifty to a hundred show whether it is worth more.",
    "provider_refused": "The provider will say the same to the same job: change what its message names, then create "
    "the job anew.",
    "provider_key_refused": "Ask whoever operates this service to correct the provider's API key; then create the job "
    "anew.",
    "provider_unclear": "Look at the provider whether a job was created before you create this one anew: it may have "
    "to be paid twice.",
    "provider_failed": "Create the job anew once. If it fails again, look at the provider's status, or at the job's "
    "events for what came before.",
    "provider_lost_job": "Look at the provider's own list of jobs; if it is not there, create the job anew.",
    "internal_error": "This is a defect of the service, not of your job: tell whoever operates it, with the job's id. "
    "Creating it anew may help.",
    "rate_limit_exceeded": "Wait until running jobs have ended, or have the provider raise the limit; then create the "
    "job anew.",
    "insufficient_quota": "Raise the provider's budget or settle its bill; then create the job anew.",
    "exceeded_quota": "Raise the provider's budget or settle its bill; then create the job anew.",
    "billing_hard_limit_reached": "Raise the provider's spending limit; then create the job anew.",
    "training_not_available": "The provider closes the training of this model: create the job with another base model "
    "or for another provider.",
    "model_not_found": "Choose a base model that the provider still trains (GET /v1/models lists them).",
}
_OTHERWISE = "Read the job's events for what came before, change what the cause names, and create the job anew."


def cure_of(code: str | None) -> str:
    """Return what to do; for a code of a provider that is not known, where to look."""
    return CURES.get(code or "", _OTHERWISE)
