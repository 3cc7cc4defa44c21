"""The only door to a project. Absent and forbidden raise the same NotFound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet

from medreview.accounts.models import Membership, Project, Role, User
from medreview.core.errors import NotAllowed, NotFound


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
        if not self.has(*roles):
            raise NotAllowed(f"In {self.project.name} this needs one of the roles {', '.join(roles)}.")


def access_project(*, viewer: User, project_id: int, roles: tuple[str, ...] = ()) -> Access:
    """The project with this id if `viewer` is a member (NotFound otherwise) with one of `roles` (NotAllowed)."""
    return _access(viewer, Project.objects.filter(pk=project_id).first(), roles)


def access_project_by_slug(*, viewer: User, slug: str, roles: tuple[str, ...] = ()) -> Access:
    return _access(viewer, Project.objects.filter(slug=slug).first(), roles)


def _access(viewer: User, project: Project | None, roles: tuple[str, ...]) -> Access:
    held = roles_of(viewer, project) if project is not None else frozenset()
    if project is None or not held:
        raise NotFound()
    access = Access(project, viewer, held)
    if roles:
        access.require(*roles)
    return access


def roles_of(user: User, project: Project) -> frozenset[str]:
    return frozenset(Membership.objects.filter(project=project, user=user).values_list("role", flat=True))


def list_projects(*, viewer: User) -> QuerySet[Project]:
    return Project.objects.filter(membership__user=viewer).distinct().order_by("name")


def list_members(*, project: Project) -> list[tuple[User, list[str]]]:
    """Each member once, with all roles in the order of `Role`."""
    roles: dict[int, list[str]] = {}
    users: dict[int, User] = {}
    for membership in Membership.objects.filter(project=project).select_related("user").order_by("user__username"):
        users[membership.user_id] = membership.user
        roles.setdefault(membership.user_id, []).append(membership.role)
    order = list(Role.values)
    return [(users[pk], sorted(held, key=order.index)) for pk, held in roles.items()]


CountProvider = Callable[[Access], int]
_count_providers: dict[str, CountProvider] = {}


def provide_count(name: str, provider: CountProvider) -> None:
    """Let an app above add a number to a project's overview (called from its AppConfig.ready)."""
    _count_providers[name] = provider


def counts(access: Access) -> dict[str, int]:
    return {name: provider(access) for name, provider in _count_providers.items()}
