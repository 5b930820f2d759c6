"""First tries of a delivery go before its retries, and a claim writes no index"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("fresh", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.execute("UPDATE deliveries SET fresh = false WHERE state = 'pending' AND last_error IS NOT NULL")
    op.drop_index("ix_deliveries_due", table_name="deliveries")
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["endpoint_id", "fresh", "run_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    # Each delivery is updated twice at least. Room on its page lets a claim leave the indexes alone, and what is dead
    # is cleared away by the thousand, not by the fifth of a table that is mostly history.
    op.execute(
        "ALTER TABLE deliveries SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, "
        "autovacuum_vacuum_threshold = 2000)"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE deliveries RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)")
    op.drop_index("ix_deliveries_due", table_name="deliveries")
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["endpoint_id", "run_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.drop_column("deliveries", "fresh")
