"""Whose failure an attempt was, and issues whose sending waits for a person"""

from alembic import op
import sqlalchemy as sa

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('issues', sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('issues', sa.Column('pause_reason', sa.Text(), nullable=False, server_default=''))
    op.add_column('deliveries', sa.Column('culprit', sa.Text(), nullable=False, server_default=''))
