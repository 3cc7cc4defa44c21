"""Reading label sets. `current` is the newest version of a project's set."""

from __future__ import annotations

from medreview.accounts.models import Project
from medreview.core.errors import NotFound
from medreview.labels.models import Label, LabelKind, LabelSet

TASK_OF_KIND = {LabelKind.SEGMENT: "segmentation", LabelKind.BOX: "detection"}


def current_label_set(project: Project) -> LabelSet:
    """The newest version. Raises NotFound when the project has none yet."""
    found = LabelSet.objects.filter(project=project).prefetch_related("labels").order_by("-version").first()
    if found is None:
        raise NotFound(f"Project {project.name} has no label set yet; a manager makes one on its page.")
    return found


def list_labels(project: Project) -> list[Label]:
    """The labels of the current version in order; empty without a label set."""
    newest = LabelSet.objects.filter(project=project).order_by("-version").first()
    return list(newest.labels.order_by("order")) if newest else []


def list_tasks(project: Project) -> list[str]:
    """The learning tasks that the label kinds ask for, segmentation first."""
    kinds = {label.kind for label in list_labels(project)}
    return [task for kind, task in TASK_OF_KIND.items() if kind in kinds]
