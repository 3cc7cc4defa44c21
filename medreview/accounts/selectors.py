"""The only door to a project. Absent and forbidden raise the same NotFound."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from medreview.accounts.models import ApiToken, Membership, Project, Role, User
from medreview.core.errors import NotAllowed, NotFound
from medreview.core.models import Job

TOKEN_PREFIX = "mr_"  # noqa: S105 (a prefix, not a secret)


@dataclass(frozen=True)
class Access:
    """A project as one member sees it."""

    project: Project
    viewer: User
    roles: frozenset[str]

    def has(self, *roles: str) -> bool:
        return bool(self.roles & set(roles))

    def require(self, *roles: str) -> None:
        """Raise NotAllowed unless the member has one of `roles`."""
        if self.viewer.withheld_roles & set(roles) and not self.has(*roles):
            raise NotAllowed("This token's scope does not allow it; make one with the scope manage.", code="scope")
        if not self.has(*roles):
            raise NotAllowed(f"In {self.project.name} this needs one of the roles {', '.join(roles)}.")


def access_project(*, viewer: User, project_id: int, roles: tuple[str, ...] = ()) -> Access:
    """The project with this id if `viewer` is a member (NotFound otherwise) with one of `roles` (NotAllowed)."""
    return _access(viewer, Project.objects.filter(pk=project_id).first(), roles)


def access_project_by_slug(*, viewer: User, slug: str, roles: tuple[str, ...] = ()) -> Access:
    return _access(viewer, Project.objects.filter(slug=slug).first(), roles)


def _access(viewer: User, project: Project | None, roles: tuple[str, ...]) -> Access:
    held = roles_of(viewer, project) if project is not None else frozenset()
    if project is None or not held or viewer.only_project_id not in (None, project.pk):
        raise NotFound()
    access = Access(project, viewer, held - viewer.withheld_roles)
    if roles:
        access.require(*roles)
    return access


def access_job(*, viewer: User, job_id: int) -> Job:
    """A job of a project, for the project's managers. A job of no project is nobody's here."""
    job = Job.objects.filter(pk=job_id, scope_id__isnull=False).first()
    if job is None or job.scope_id is None:
        raise NotFound()
    access_project(viewer=viewer, project_id=job.scope_id, roles=(Role.MANAGER,))
    return job


def roles_of(user: User, project: Project) -> frozenset[str]:
    return frozenset(Membership.objects.filter(project=project, user=user).values_list("role", flat=True))


def list_projects(*, viewer: User) -> QuerySet[Project]:
    own = Q(pk=viewer.only_project_id) if viewer.only_project_id is not None else Q()
    return Project.objects.filter(own, membership__user=viewer).distinct().order_by("name")


def list_members(*, project: Project) -> list[tuple[User, list[str]]]:
    """Each member once, with all roles in the order of `Role`."""
    roles: dict[int, list[str]] = {}
    users: dict[int, User] = {}
    for membership in Membership.objects.filter(project=project).select_related("user").order_by("user__username"):
        users[membership.user_id] = membership.user
        roles.setdefault(membership.user_id, []).append(membership.role)
    order = list(Role.values)
    return [(users[pk], sorted(held, key=order.index)) for pk, held in roles.items()]


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def living_token(text: str) -> ApiToken | None:
    """The row of a token that is neither revoked nor expired and whose person is active."""
    row = ApiToken.objects.select_related("user").filter(digest=digest_of(text), revoked_at__isnull=True).first()
    if row is None or not row.user.is_active or (row.expires_at and row.expires_at < timezone.now()):
        return None
    return row


def list_tokens(*, viewer: User) -> QuerySet[ApiToken]:
    """One's own tokens that are not revoked, newest first."""
    return ApiToken.objects.filter(user=viewer, revoked_at__isnull=True).select_related("project").order_by("-id")


CountProvider = Callable[[Access], int]
_count_providers: dict[str, CountProvider] = {}


def provide_count(name: str, provider: CountProvider) -> None:
    """Let an app above add a number to a project's overview (called from its AppConfig.ready)."""
    _count_providers[name] = provider


def counts(access: Access) -> dict[str, int]:
    return {name: provider(access) for name, provider in _count_providers.items()}


def can_make_projects(user: User) -> bool:
    """Everyone, or operators (superusers) alone: the installation decides (docs/access.md)."""
    return settings.PROJECTS_MADE_BY == "anyone" or bool(user.is_superuser)


def require_project_maker(user: User) -> None:
    """Raise NotAllowed unless `user` may make projects."""
    if not can_make_projects(user):
        raise NotAllowed(
            "Projects are made by the operator here, because who makes one manages it and sees the DICOM inbox that "
            "all projects share. Ask for a project, or for a role in one that exists."
        )
