"""Sign-ups, letters, changes of address, the words of consent, segments, tokens of programs, webhooks"""

from alembic import op
import sqlalchemy as sa

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('api_tokens',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
    sa.UniqueConstraint('digest', name=op.f('uq_api_tokens_digest')),
    sa.UniqueConstraint('name', name=op.f('uq_api_tokens_name'))
    )
    op.create_table('segments',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_segments'))
    )
    op.create_table('wordings',
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_wordings'))
    )
    op.create_table('address_changes',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('subscriber_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('newsletter', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['subscriber_id'], ['subscribers.id'], name=op.f('fk_address_changes_subscriber_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_address_changes')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_address_changes_subscriber_id'), 'address_changes', ['subscriber_id'], unique=False)
    op.create_table('letters',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('newsletter', sa.Text(), nullable=False),
    sa.Column('subscriber_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('about', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('recipient', sa.Text(), nullable=False),
    sa.Column('email_digest', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['subscriber_id'], ['subscribers.id'], name=op.f('fk_letters_subscriber_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letters')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_letters_email_digest_at'), 'letters', ['email_digest', 'at'], unique=False)
    op.create_index('ix_letters_open', 'letters', ['id'], unique=False, sqlite_where=sa.text("recipient <> ''"), postgresql_where=sa.text("recipient <> ''"))
    op.create_index(op.f('ix_letters_subscriber_id'), 'letters', ['subscriber_id'], unique=False)
    op.create_table('signups',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('subscriber_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('newsletter', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('preferences', sa.Text(), nullable=False),
    sa.Column('frequency', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['subscriber_id'], ['subscribers.id'], name=op.f('fk_signups_subscriber_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signups')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_signups_subscriber_id'), 'signups', ['subscriber_id'], unique=False)
    op.create_table('webhook_calls',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('webhook', sa.Text(), nullable=False),
    sa.Column('subscriber_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('code', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['subscriber_id'], ['subscribers.id'], name=op.f('fk_webhook_calls_subscriber_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_calls'))
    )
    op.create_index(op.f('ix_webhook_calls_next_at'), 'webhook_calls', ['next_at'], unique=False)
    op.create_index(op.f('ix_webhook_calls_subscriber_id'), 'webhook_calls', ['subscriber_id'], unique=False)
    op.add_column('deliveries', sa.Column('due_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('deliveries', sa.Column('put_off_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_deliveries_due', 'deliveries', ['issue_id', 'due_at'], unique=False, sqlite_where=sa.text('due_at is not null'), postgresql_where=sa.text('due_at is not null'))
    op.add_column('issues', sa.Column('segment', sa.Text(), server_default='', nullable=False))
    op.add_column('subscribers', sa.Column('preferred_time', sa.Text(), server_default='', nullable=False))
    with op.batch_alter_table('consent_events') as batch:
        batch.add_column(sa.Column('page', sa.Text(), server_default='', nullable=False))
        batch.add_column(sa.Column('network', sa.Text(), server_default='', nullable=False))
        batch.add_column(sa.Column('language', sa.Text(), server_default='', nullable=False))
        batch.add_column(sa.Column('wording', sa.Text(), nullable=True))
        batch.add_column(sa.Column('is_told', sa.Boolean(), server_default=sa.true(), nullable=False))
        batch.create_foreign_key(op.f('fk_consent_events_wording'), 'wordings', ['wording'], ['version'])
    op.create_index('ix_consent_events_untold', 'consent_events', ['id'], unique=False, sqlite_where=sa.text('is_told = 0'), postgresql_where=sa.text('not is_told'))
