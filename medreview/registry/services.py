"""Writing model versions: register once, then only the state changes. Whether a model deserves it is decided above."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from medreview.accounts.models import Project
from medreview.core import audit, events, transitions
from medreview.core.models import Blob
from medreview.labels.models import LabelSet
from medreview.registry import selectors
from medreview.registry.models import ModelVersion


@dataclass(frozen=True)
class Candidate:
    """What a training run hands over. `run_dir` is relative to the runs folder."""

    task: str
    network: str
    weights: Blob
    run_dir: str
    plan: dict[str, Any]
    label_set: LabelSet
    label_keys: list[str]
    label_codes: list[str]
    metric_name: str
    metric: float | None
    training_run_id: int | None = None
    snapshot_sha256: str = ""
    card: dict[str, Any] = field(default_factory=dict)


def register_candidate(*, project: Project, candidate: Candidate) -> ModelVersion:
    """Give the candidate the project's next version number. It serves nothing until it is promoted."""
    with transaction.atomic():
        newest = ModelVersion.objects.filter(project=project).aggregate(Max("version"))["version__max"] or 0
        model = ModelVersion.objects.create(
            project=project,
            version=newest + 1,
            task=candidate.task,
            network=candidate.network,
            weights=candidate.weights,
            run_dir=candidate.run_dir,
            plan=candidate.plan,
            label_set=candidate.label_set,
            label_keys=candidate.label_keys,
            label_codes=candidate.label_codes,
            metric_name=candidate.metric_name,
            metric=candidate.metric,
            card=candidate.card,
            training_run_id=candidate.training_run_id,
            snapshot_sha256=candidate.snapshot_sha256,
        )
        _record("registry.register", model, actor_id=None)
    return model


def activate(*, model: ModelVersion, actor_id: int | None, roles: Collection[str], reason: str) -> ModelVersion | None:
    """Make a candidate the active model of its task and retire the one before, which is returned."""
    with transaction.atomic():
        before = selectors.active_model(model.project, model.task)
        if before is not None:
            transitions.apply(before, "retire", actor_id=actor_id, roles=roles, reason=f"v{model.version} took over")
        transitions.apply(model, "promote", actor_id=actor_id, roles=roles, reason=reason, promoted_at=timezone.now())
        _record("registry.promote", model, actor_id=actor_id)
    return before


def decline(*, model: ModelVersion, actor_id: int | None, roles: Collection[str], reason: str) -> None:
    """Close a candidate for good."""
    with transaction.atomic():
        transitions.apply(model, "decline", actor_id=actor_id, roles=roles, reason=reason)
        _record("registry.decline", model, actor_id=actor_id)


def restore_previous(
    *, model: ModelVersion, actor_id: int | None, roles: Collection[str], reason: str
) -> ModelVersion | None:
    """Retire the active `model` as found bad and reinstate the one before it; None when there was none."""
    with transaction.atomic():
        previous = selectors.previous_active(model)
        transitions.apply(model, "retire", actor_id=actor_id, roles=roles, reason=reason, rolled_back_at=timezone.now())
        if previous is not None:
            transitions.apply(previous, "reinstate", actor_id=actor_id, roles=roles, reason=reason)
        _record("registry.roll_back", model, actor_id=actor_id)
    return previous


def _record(action: str, model: ModelVersion, *, actor_id: int | None) -> None:
    """A person's reason is kept with the status change: the audit trail holds ids and codes only."""
    audit.record(
        action,
        actor_id=actor_id,
        object_type="registry.modelversion",
        object_id=model.pk,
        scope_id=model.project_id,
        version=model.version,
    )
    events.publish_on_commit(model.project_id, "learning", model.pk)
