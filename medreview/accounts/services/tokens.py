"""Bearer tokens for scripts: made once, kept as their hash, narrowed by scope and project."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from medreview.accounts.models import ApiToken, Project, Scope, User
from medreview.accounts.selectors import TOKEN_PREFIX, digest_of, roles_of
from medreview.core import audit
from medreview.core.errors import Invalid, NotFound

MAX_DAYS = 3650
MAX_LIVING_TOKENS = 100
_NOTED_EVERY = timedelta(minutes=1)


def create_token(
    *,
    user: User,
    name: str,
    scope: str = Scope.MANAGE,
    project: Project | None = None,
    days: int | None = None,
    actor: User | None = None,
) -> str:
    """A new bearer token; the text is shown once and only its hash is kept.

    Raises Invalid for a scope, a number of days or a name that cannot be used, NotFound for a project of others.
    """
    if scope not in Scope.values:
        raise Invalid(f"The scope of a token is one of {', '.join(Scope.values)}; not {scope!r}.")
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise Invalid(f"A token lives 1 to {MAX_DAYS} days; not {days}.")
    if not 1 <= len(name) <= 80:
        raise Invalid("A token has a name of 1 to 80 characters.")
    if project is not None and not roles_of(user, project):
        raise NotFound()
    if ApiToken.objects.filter(user=user, revoked_at__isnull=True).count() >= MAX_LIVING_TOKENS:
        raise Invalid(f"You have {MAX_LIVING_TOKENS} tokens; revoke one that is not used any more.")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        row = ApiToken.objects.create(
            user=user, name=name, digest=digest_of(token), prefix=token[:8], scope=scope, project=project,
            expires_at=timezone.now() + timedelta(days=days) if days is not None else None,
        )  # fmt: skip
        audit.record(
            "accounts.create_token", actor_id=(actor or user).pk, object_type="accounts.apitoken", object_id=row.pk,
            scope_id=project.pk if project else None, scope=scope, days=days,
        )  # fmt: skip
    return token


def revoke_token(*, user: User, token_id: int) -> None:
    """End one's own token. Raises NotFound for one that is not there, not one's own, or ended already."""
    with transaction.atomic():
        living = ApiToken.objects.filter(user=user, pk=token_id, revoked_at__isnull=True)
        if not living.update(revoked_at=timezone.now()):
            raise NotFound()
        audit.record("accounts.revoke_token", actor_id=user.pk, object_type="accounts.apitoken", object_id=token_id)


def note_use(token: ApiToken) -> None:
    """Remember that the token was used, at most once a minute."""
    now = timezone.now()
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - _NOTED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - _NOTED_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
