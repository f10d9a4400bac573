"""Lead pictures, and which of them an issue froze"""

from alembic import op
import sqlalchemy as sa

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('pictures',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('jpeg', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_pictures'))
    )
    op.create_table('picture_sources',
    sa.Column('url_digest', sa.Text(), nullable=False),
    sa.Column('picture', sa.Text(), nullable=True),
    sa.Column('failure', sa.Text(), nullable=False),
    sa.Column('fetched_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['picture'], ['pictures.name'], name=op.f('fk_picture_sources_picture')),
    sa.PrimaryKeyConstraint('url_digest', name=op.f('pk_picture_sources'))
    )
    with op.batch_alter_table('candidates') as batch:
        batch.add_column(sa.Column('picture', sa.Text(), nullable=True))
        batch.add_column(sa.Column('picture_failure', sa.Text(), nullable=False, server_default=''))
        batch.create_foreign_key(op.f('fk_candidates_picture'), 'pictures', ['picture'], ['name'])
    with op.batch_alter_table('candidates') as batch:
        batch.alter_column('picture_failure', server_default=None)
