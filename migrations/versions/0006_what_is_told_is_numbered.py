"""What endpoints may hear of a subject is numbered without gaps, apart from the stages that are only ours"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

#: The types that are only ours, as they are called in this revision.
_OURS = (
    "('file.created', 'file.requested', 'file.deleted', 'fine_tuning.job.ready', 'fine_tuning.job.uploaded', "
    "'fine_tuning.job.trained', 'fine_tuning.job.cancel_requested')"
)


def upgrade() -> None:
    op.add_column("events", sa.Column("told", sa.BigInteger(), nullable=True))
    op.execute(
        f"""
        UPDATE events SET told = numbered.told FROM (
            SELECT id, row_number() OVER (PARTITION BY subject_id ORDER BY sequence) AS told
            FROM events WHERE type NOT IN {_OURS}
        ) numbered WHERE events.id = numbered.id
        """  # noqa: S608 (a constant)
    )


def downgrade() -> None:
    op.drop_column("events", "told")
