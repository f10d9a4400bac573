"""Stories, revisions, corrections, feeds; an edition's placements are read from its pieces"""

import json
from datetime import UTC, datetime

from alembic import op
import sqlalchemy as sa

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

SmallId = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
ROWS = 500


def _understood(content: str) -> str:
    """Add to an article's stored form what it holds from now on."""
    value = json.loads(content)

    def rich(passage: list[str]) -> list[str]:
        return [*passage, passage[0]] if len(passage) == 2 else passage

    value |= {
        'canonical_url': value['url'],
        'modified_at': value['published_at'],
        'tldr': [rich(one) for one in value['tldr']],
        'why_it_matters': value['why_it_matters'] and rich(value['why_it_matters']),
        'key_points': [rich(one) for one in value['key_points']],
        'quotes': [],
        'details': [],
        'story': '',
    }
    return json.dumps(value, ensure_ascii=False, separators=(',', ':'))


def _newest_first(row: sa.Row[str, str]) -> tuple[float, str]:
    return -datetime.fromisoformat(json.loads(row.content)['published_at']).timestamp(), row.article_id


def _migrate_articles(connection: sa.Connection) -> None:
    table = sa.table('articles', *(sa.column(name) for name in ('id', 'content', 'story', 'revision')))
    last = ''
    while rows := connection.execute(
        sa.select(table.c.id, table.c.content).where(table.c.id > last).order_by(table.c.id).limit(ROWS)
    ).all():
        for row in rows:
            values = {'content': _understood(row.content), 'story': row.id, 'revision': 1}
            connection.execute(table.update().where(table.c.id == row.id).values(values))
        last = rows[-1].id


def _migrate_issues(connection: sa.Connection) -> None:
    issues = sa.table('issues', sa.column('id'), sa.column('since', sa.DateTime(timezone=True)))
    names = ('issue_id', 'article_id', 'content', 'number', 'story', 'revision', 'is_pinned', 'is_withdrawn', 'is_taken_out')
    candidates = sa.table(
        'candidates', *(sa.column(name) for name in names), sa.column('first_seen_at', sa.DateTime(timezone=True))
    )
    for issue in connection.execute(sa.select(issues.c.id, issues.c.since)).all():
        rows = connection.execute(
            sa.select(candidates.c.article_id, candidates.c.content).where(candidates.c.issue_id == issue.id)
        ).all()
        for number, row in enumerate(sorted(rows, key=_newest_first)):
            values = {
                'content': _understood(row.content), 'number': number, 'story': row.article_id, 'revision': 1,
                'first_seen_at': issue.since, 'is_pinned': False, 'is_withdrawn': False, 'is_taken_out': False,
            }
            of = (candidates.c.issue_id == issue.id) & (candidates.c.article_id == row.article_id)
            connection.execute(candidates.update().where(of).values(values))
        _migrate_choices(connection, issue)


def _migrate_choices(connection: sa.Connection, issue: sa.Row[int, datetime]) -> None:
    names = ('issue_id', 'number', 'preferences', 'received', 'content')
    choices = sa.table('choices', *(sa.column(name) for name in names))
    aware = issue.since.astimezone(UTC) if issue.since.tzinfo else issue.since.replace(tzinfo=UTC)
    since = aware.isoformat().replace('+00:00', 'Z')
    for row in connection.execute(sa.select(choices).where(choices.c.issue_id == issue.id)).all():
        content = json.dumps({
            'preferences': json.loads(row.preferences), 'language': '', 'since': since,
            'received': json.loads(row.received), 'told': [], 'revised': [], 'corrections': [],
        }, ensure_ascii=False, separators=(',', ':'))
        of = (choices.c.issue_id == issue.id) & (choices.c.number == row.number)
        connection.execute(choices.update().where(of).values(content=content))


def upgrade() -> None:
    op.create_table('corrections',
    sa.Column('id', SmallId, autoincrement=True, nullable=False),
    sa.Column('article_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_corrections'))
    )
    op.create_index('ix_corrections_article_id', 'corrections', ['article_id'])
    op.create_table('feeds',
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('etag', sa.Text(), nullable=False),
    sa.Column('last_modified', sa.Text(), nullable=False),
    sa.Column('articles', sa.Integer(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('url', name=op.f('pk_feeds'))
    )
    with op.batch_alter_table('articles') as batch:
        batch.add_column(sa.Column('revision', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('story', sa.Text(), nullable=True))
        batch.add_column(sa.Column('revised_at', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('pinned_at', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('candidates') as batch:
        batch.add_column(sa.Column('number', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('story', sa.Text(), nullable=True))
        batch.add_column(sa.Column('revision', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('is_pinned', sa.Boolean(), nullable=True))
        batch.add_column(sa.Column('is_withdrawn', sa.Boolean(), nullable=True))
        batch.add_column(sa.Column('is_taken_out', sa.Boolean(), nullable=True))
    with op.batch_alter_table('choices') as batch:
        batch.add_column(sa.Column('content', sa.Text(), nullable=True))
    with op.batch_alter_table('editions') as batch:
        batch.add_column(sa.Column('more', sa.Text(), nullable=False, server_default=''))
    connection = op.get_bind()
    _migrate_articles(connection)
    _migrate_issues(connection)
    with op.batch_alter_table('articles') as batch:
        for name in ('revision', 'story'):
            batch.alter_column(name, nullable=False)
    with op.batch_alter_table('candidates') as batch:
        for name in ('number', 'story', 'revision', 'first_seen_at', 'is_pinned', 'is_withdrawn', 'is_taken_out'):
            batch.alter_column(name, nullable=False)
    with op.batch_alter_table('choices') as batch:
        batch.alter_column('content', nullable=False)
        batch.drop_column('preferences')
        batch.drop_column('received')
    with op.batch_alter_table('editions') as batch:
        batch.alter_column('more', server_default=None)
    op.create_index('ix_articles_story', 'articles', ['story'])
    op.create_index('ix_candidates_article_id', 'candidates', ['article_id'])
    op.create_index('ix_candidates_story', 'candidates', ['story'])
    op.drop_table('placements')
