"""Deliveries carry no key of their order: a turn is read from the events, and an index that nobody reads costs writes"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ORDERED = "state = 'pending' AND order_key IS NOT NULL"


def upgrade() -> None:
    op.drop_index("ix_deliveries_order", table_name="deliveries", postgresql_where=sa.text(_ORDERED))
    op.drop_column("deliveries", "order_key")


def downgrade() -> None:
    op.add_column("deliveries", sa.Column("order_key", sa.Text(), nullable=True))
    op.create_index(
        "ix_deliveries_order", "deliveries", ["endpoint_id", "order_key", "id"], postgresql_where=sa.text(_ORDERED)
    )
