"""The only writer of a state column.

Each model with a `state` names its table: `TRANSITIONS: Mapping[tuple[state, event], Rule]`. A missing pair is an
`InvalidTransition` (409), a missing role `NotAllowed` (403); the write is a compare-and-set on the old state, and the
`StatusChange` row is written in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from django.db import models, transaction

from medreview.core.errors import Conflict, InvalidTransition, NotAllowed
from medreview.core.models import StatusChange

SYSTEM = "system"
_BATCH = 500


@dataclass(frozen=True)
class Rule:
    """Where an event leads, and which roles may cause it."""

    target: str
    roles: frozenset[str]


Table = Mapping[tuple[str, str], Rule]


class Stateful(Protocol):
    """A model with a `state` column and its transition table."""

    TRANSITIONS: Table
    pk: Any
    state: str
    _meta: ClassVar[Any]


def rule(target: str, *roles: str) -> Rule:
    return Rule(target, frozenset(roles))


def allowed_events(obj: Stateful, roles: Collection[str]) -> list[str]:
    """The events that someone with `roles` may cause now, in table order."""
    return [event for (state, event), r in obj.TRANSITIONS.items() if state == obj.state and r.roles & set(roles)]


def apply(
    obj: Stateful, event: str, *, actor_id: int | None, roles: Collection[str], reason: str = "", **changes: Any
) -> None:
    """Move `obj` by `event`, saving `changes` with it. Raises InvalidTransition, NotAllowed or Conflict (lost race)."""
    name = obj._meta.model_name
    found = obj.TRANSITIONS.get((obj.state, event))
    if found is None:
        raise InvalidTransition(f"{name} {obj.pk}: {event} is not allowed in state {obj.state}.")
    if not found.roles & set(roles):
        raise NotAllowed(f"{name} {obj.pk}: {event} needs one of the roles {', '.join(sorted(found.roles))}.")
    old = obj.state
    manager: models.Manager[Any] = type(obj)._default_manager  # type: ignore[attr-defined]
    with transaction.atomic():
        moved = manager.filter(pk=obj.pk, state=old).update(state=found.target, **changes)
        if moved != 1:
            raise Conflict(f"{name} {obj.pk} has just been changed by someone else; load it again.")
        StatusChange.objects.create(
            object_type=obj._meta.label_lower,
            object_id=obj.pk,
            event=event,
            old=old,
            new=found.target,
            actor_id=actor_id,
            reason=reason,
        )
    obj.state = found.target
    for field, value in changes.items():
        setattr(obj, field, value)


def apply_to_all(
    rows: models.QuerySet[Any],
    event: str,
    *,
    state: str,
    actor_id: int | None,
    roles: Collection[str],
    reason: str = "",
) -> int:
    """Move all `rows` that are in `state` by `event`, with a StatusChange each; returns how many moved.

    For thousands of rows at once: rows that are in another state, or leave `state` meanwhile, are left alone. Raises
    InvalidTransition or NotAllowed.
    """
    model: Any = rows.model
    found = model.TRANSITIONS.get((state, event))
    if found is None:
        raise InvalidTransition(f"{model._meta.model_name}: {event} is not allowed in state {state}.")
    if not found.roles & set(roles):
        raise NotAllowed(f"{model._meta.model_name}: {event} needs one of the roles {', '.join(sorted(found.roles))}.")
    with transaction.atomic():
        waiting = rows.filter(state=state).select_for_update().order_by("pk")
        ids = list(waiting.values_list("pk", flat=True))
        for start in range(0, len(ids), _BATCH):
            part = ids[start : start + _BATCH]
            model._default_manager.filter(pk__in=part, state=state).update(state=found.target)
        changes = (
            StatusChange(
                object_type=model._meta.label_lower, object_id=pk, event=event, old=state, new=found.target,
                actor_id=actor_id, reason=reason,
            )
            for pk in ids
        )  # fmt: skip
        StatusChange.objects.bulk_create(changes, batch_size=_BATCH)
    return len(ids)
