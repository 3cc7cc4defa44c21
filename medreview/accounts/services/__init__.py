"""Writing people, projects, memberships and tokens."""

from medreview.accounts.services.jobs import cancel_job, retry_job
from medreview.accounts.services.people import create_user, update_preferences
from medreview.accounts.services.projects import add_member, create_project, remove_member, update_project
from medreview.accounts.services.tokens import create_token, note_use, revoke_token

__all__ = [
    "add_member", "cancel_job", "create_project", "create_token", "create_user", "note_use", "remove_member",
    "retry_job", "revoke_token", "update_preferences", "update_project",
]  # fmt: skip
