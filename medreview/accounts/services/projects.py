"""Writing projects and who has which role in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from medreview.accounts.models import Membership, Project, Role, User, new_salt
from medreview.core import audit, events
from medreview.core.errors import Conflict, Invalid, NotFound

MAX_SPLIT_BLOCK = 100


def create_project(
    *, name: str, actor: User | None, description: str = "", is_demo: bool = False, salt: str = ""
) -> Project:
    """A new project whose creator is its manager. A given `salt` makes the patient split repeatable."""
    base = slugify(name)[:40] or "project"
    slug, n = base, 1
    while Project.objects.filter(slug=slug).exists():
        n += 1
        slug = f"{base}-{n}"
    with transaction.atomic():
        project = Project.objects.create(
            slug=slug, name=name, description=description, is_demo=is_demo, salt=salt or new_salt()
        )
        audit.record(
            "accounts.create_project", actor_id=_id(actor), object_type="accounts.project", object_id=project.pk,
            scope_id=project.pk,
        )  # fmt: skip
        if actor is not None:
            add_member(project=project, user=actor, role=Role.MANAGER, actor=actor)
    return project


def update_project(*, project: Project, changes: Mapping[str, Any], actor: User) -> None:
    """Change name, description and settings. Raises Invalid naming the setting."""
    fields = {**{k: v for k, v in changes.items() if k != "settings"}, **dict(changes.get("settings") or {})}
    ratio = fields.get("split_ratio")
    if ratio is not None:
        _check_ratio(ratio)
        if ratio != project.split_ratio and project.case_set.exists():
            raise Conflict("The split ratio can only be changed while the project has no cases.")
    for field, value in fields.items():
        setattr(project, field, value)
    with transaction.atomic():
        project.save(update_fields=list(fields))
        audit.record(
            "accounts.update_project", actor_id=actor.pk, object_type="accounts.project", object_id=project.pk,
            scope_id=project.pk, fields=sorted(fields),
        )  # fmt: skip
        events.publish_on_commit(project.pk, "project", project.pk)


def _check_ratio(ratio: list[int]) -> None:
    if len(ratio) != 3 or min(ratio) < 0 or ratio[0] < 1 or not 1 <= sum(ratio) <= MAX_SPLIT_BLOCK:
        raise Invalid("split_ratio must be three whole numbers (train, val, test), e.g. [7, 1, 2].")


def add_member(*, project: Project, user: User, role: str, actor: User | None) -> Membership:
    """Give a person a role; giving it twice changes nothing."""
    if role not in Role.values:
        raise Invalid(f"Role must be one of {', '.join(Role.values)}, not {role!r}.")
    with transaction.atomic():
        membership, created = Membership.objects.get_or_create(project=project, user=user, role=role)
        if created:
            audit.record(
                "accounts.add_member", actor_id=_id(actor), object_type="accounts.membership",
                object_id=membership.pk, scope_id=project.pk, user_id=user.pk, role=role,
            )  # fmt: skip
    return membership


def remove_member(*, project: Project, user: User, role: str, actor: User) -> None:
    """Take a role away. The last manager stays."""
    found = Membership.objects.filter(project=project, user=user, role=role)
    managers = Membership.objects.filter(project=project, role=Role.MANAGER)
    if role == Role.MANAGER and not managers.exclude(user=user).exists():
        raise Conflict("A project keeps at least one manager; name another one first.")
    with transaction.atomic():
        if not found.delete()[0]:
            raise NotFound()
        audit.record(
            "accounts.remove_member", actor_id=actor.pk, object_type="accounts.membership", scope_id=project.pk,
            user_id=user.pk, role=role,
        )  # fmt: skip


def _id(actor: User | None) -> int | None:
    return actor.pk if actor is not None else None
