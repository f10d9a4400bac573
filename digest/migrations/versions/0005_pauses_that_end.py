"""Until when an issue's sending waits"""

from alembic import op
import sqlalchemy as sa

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('issues', sa.Column('paused_until', sa.DateTime(timezone=True), nullable=True))
