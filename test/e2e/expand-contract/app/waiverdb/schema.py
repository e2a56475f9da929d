"""How the database's schema stands to the migrations that this image has."""

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory


def is_ahead(context: MigrationContext, script: ScriptDirectory) -> bool:
    """Whether the database is at a revision that this image does not have: a newer one has migrated it."""
    return not set(context.get_current_heads()) <= {each.revision for each in script.walk_revisions()}


def missing(context: MigrationContext, script: ScriptDirectory) -> list[str]:
    """The revisions of this image that are not applied; none when the database is ahead, which comes after all of ours."""
    if is_ahead(context, script):
        return []
    applied = {each.revision for head in context.get_current_heads() for each in script.iterate_revisions(head, 'base')}
    return [each.revision for each in reversed(list(script.walk_revisions())) if each.revision not in applied]
