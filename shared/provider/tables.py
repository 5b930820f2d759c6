"""The table of intents: what we are about to do outside, written before we do it."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index
from sqlalchemy import text as literal
from sqlmodel import Field

from shared.db.rows import SQLModel, created_at, datetime, instant, text


class Intent(SQLModel, table=True):
    """One try at a side effect. Two unclear tries at one effect cannot exist, nor two that succeeded."""

    __tablename__ = "intents"
    __table_args__ = (
        Index("ix_intents_effect_subject_id_provider", "effect", "subject_id", "provider"),
        CheckConstraint("outcome IN ('unclear', 'done', 'refused', 'absent')", name="outcome"),
        Index(
            "uq_intents_one_unclear",
            "effect",
            "subject_id",
            "provider",
            unique=True,
            postgresql_where=literal("outcome = 'unclear'"),
        ),
        Index(
            "uq_intents_one_done",
            "effect",
            "subject_id",
            "provider",
            unique=True,
            postgresql_where=literal("outcome = 'done'"),
        ),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    effect: str = text()
    subject_id: str = text()
    provider: str = text()
    #: `unclear` until we know; `refused` after a clear no, or when the call was not made after all;
    #: `absent` after the provider was looked through when nothing could still land.
    outcome: str = text(server_default=literal("'unclear'"), default="unclear")
    #: Whose lease it was written under; while that lease lives, nobody else resolves it.
    work_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    epoch: int = Field(sa_column=Column(BigInteger, nullable=False))
    #: The provider's id of what was made.
    provider_id: str | None = text(nullable=True, default=None)
    intended_at: datetime = created_at()
    resolved_at: datetime | None = instant()
