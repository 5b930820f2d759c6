"""What the trainer can be told from the environment: TUNEYARD_TRAINER_*."""

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.trainer import faults as fault_grammar


class TrainerConfig(BaseSettings):
    """Settings of one trainer process; each field is read from TUNEYARD_TRAINER_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="TUNEYARD_TRAINER_", extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=8790, ge=0, le=65535)
    #: Files, weights and the database; one process at a time.
    data_dir: Path = Path(".tuneyard/trainer")
    #: Jobs that train at the same time, one child process each; the others stay queued.
    concurrent_jobs: int = Field(default=1, ge=1, le=64)
    #: Seconds that a job stays in `validating_files`, and again in `queued`, so that tests can watch.
    queue_delay: float = Field(default=0.0, ge=0)
    #: Seconds that training waits after each step.
    step_delay: float = Field(default=0.0, ge=0)
    #: Standing faults (docs/trainer.md has the grammar).
    faults: str = ""
    #: OpenAI's own limit of a file (openai-api-facts 1.1).
    max_file_bytes: int = Field(default=512 * 1024 * 1024, ge=1)

    @field_validator("faults")
    @classmethod
    def _faults_can_be_read(cls, text: str) -> str:
        fault_grammar.parse(text)
        return text
