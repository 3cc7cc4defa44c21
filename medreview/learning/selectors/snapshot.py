"""What a training would use now, what it leaves out, and why. Pure reading: `services.snapshots` freezes it.

Only approved readings are used, one per case. A label that a reading did not assess, or that meant something else in
the reading's version of the label set, is "not assessed": masked in loss and metric, never taken for background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from medreview.accounts.models import Project
from medreview.annotations.models import AnnotationVersion
from medreview.annotations.selectors import frozen_versions
from medreview.archive.models import Grid
from medreview.cases.models import REFERENCE_SIDES, CaseStack, Side
from medreview.labels.models import Label, LabelKind, LabelSet
from medreview.labels.selectors import current_label_set
from medreview.reading import states as reading_states
from medreview.reading.models import Reading
from medreview.reading.selectors import approved_readings

KIND_OF_TASK = {"segmentation": LabelKind.SEGMENT, "detection": LabelKind.BOX}
MARKED, SEARCHED_NONE, NOT_ASSESSED = "marked", "searched_none", "not_assessed"

REASONS = {
    "not_approved": "The reading is not approved yet.",
    "rejected": "The reading was rejected; the case needs another one.",
    "case_excluded": "The case is excluded: {detail}.",
    "geometry": "The geometry has a warning that blocks training: {detail}.",
    "no_stack": "The case has no image stack.",
    "nothing_assessed": "No label of this task was assessed.",
    "another_reading": "Another approved reading of the same case is used.",
}


@dataclass(frozen=True)
class UsedReading:
    """One approved reading of a snapshot. `label_status` names every label of the task."""

    reading_id: int
    case_id: int
    pseudonym: str
    patient_key: str
    side: str
    grid_id: int
    label_set_version: int
    label_status: dict[str, str]
    version_ids: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "reading_id": self.reading_id,
            "case_id": self.case_id,
            "patient_key": self.patient_key,
            "side": self.side,
            "grid_id": self.grid_id,
            "label_set_version": self.label_set_version,
            "label_status": self.label_status,
            "version_ids": list(self.version_ids),
        }


@dataclass(frozen=True)
class ExcludedReading:
    """One case that will not be used, and why."""

    case_id: int
    pseudonym: str
    side: str
    reason_code: str
    reason: str


@dataclass(frozen=True)
class SnapshotDraft:
    """Everything a training of `task` would use if it were frozen now."""

    task: str
    label_set: LabelSet
    labels: tuple[Label, ...]
    used: tuple[UsedReading, ...] = ()
    excluded: tuple[ExcludedReading, ...] = field(default_factory=tuple)

    def on(self, *sides: str) -> list[UsedReading]:
        return [one for one in self.used if one.side in sides]

    @property
    def taught(self) -> tuple[Label, ...]:
        """The labels a model can learn: marked at least once in the learning lane, whatever the reference holds."""
        marked = {key for one in self.on(Side.TRAIN) for key, status in one.label_status.items() if status == MARKED}
        return tuple(label for label in self.labels if label.key in marked)

    def has_marked(self) -> bool:
        """Whether the learning lane holds anything to learn from."""
        return bool(self.taught)


def task_labels(label_set: LabelSet, task: str) -> tuple[Label, ...]:
    """The labels a task learns, in the set's order."""
    return tuple(label for label in label_set.labels.order_by("order") if label.kind == KIND_OF_TASK[task])


def draft_snapshot(project: Project, task: str) -> SnapshotDraft:
    """Look at every approved reading once. Raises NotFound when the project has no label set."""
    label_set = current_label_set(project)
    labels = task_labels(label_set, task)
    used: dict[int, UsedReading] = {}
    excluded: list[ExcludedReading] = []
    readings = approved_readings(project).select_related("case__split", "label_set")
    for reading in readings.order_by("case_id", "-approved_at", "-id"):
        if reading.case_id in used:
            excluded.append(_excluded(reading, "another_reading"))
            continue
        found = _judge(reading, labels)
        if isinstance(found, UsedReading):
            used[reading.case_id] = found
        else:
            excluded.append(found)
    excluded.extend(_not_approved(project, set(used) | {one.case_id for one in excluded}))
    return SnapshotDraft(task, label_set, labels, tuple(used.values()), tuple(excluded))


def _judge(reading: Reading, labels: Sequence[Label]) -> UsedReading | ExcludedReading:
    case = reading.case
    if case.excluded_reason:
        return _excluded(reading, "case_excluded", case.excluded_reason)
    stack = CaseStack.objects.filter(case=case).select_related("grid").order_by("position").first()
    if stack is None:
        return _excluded(reading, "no_stack")
    if stack.grid.blocks_training:
        return _excluded(reading, "geometry", _warning(stack.grid))
    versions = list(frozen_versions(reading_id=reading.pk, freeze=reading.freezes))
    status = label_statuses(reading, labels, versions, stack.grid_id)
    if all(value == NOT_ASSESSED for value in status.values()):
        return _excluded(reading, "nothing_assessed")
    return UsedReading(
        reading_id=reading.pk,
        case_id=case.pk,
        pseudonym=case.pseudonym,
        patient_key=case.split.split_key,
        side=case.split.side,
        grid_id=stack.grid_id,
        label_set_version=reading.label_set.version,
        label_status=status,
        version_ids=tuple(version.pk for version in versions),
    )


def label_statuses(
    reading: Reading, labels: Sequence[Label], versions: Sequence[AnnotationVersion], grid_id: int
) -> dict[str, str]:
    """What the reading says about each label, as far as it can be learned on this grid.

    A mark on another stack of the case says nothing about this one, so such a label counts as not assessed here.
    """
    stated = dict(reading.statements.values_list("label_key", "status"))
    codes = {label.key: label.code for label in reading.label_set.labels.all()}
    marked_here = {(v.annotation.label_key, v.annotation.kind) for v in versions if v.grid_id == grid_id}
    answer = {}
    for label in labels:
        status = stated.get(label.key, NOT_ASSESSED)
        meant_the_same = codes.get(label.key) == label.code
        elsewhere = status == MARKED and (label.key, label.kind) not in marked_here
        answer[label.key] = NOT_ASSESSED if elsewhere or not meant_the_same else status
    return answer


def _warning(grid: Grid) -> str:
    blocking = [str(w.get("rule", "")) for w in grid.warnings if w.get("blocks_training")]
    return ", ".join(blocking) or "see the case's warnings"


def _excluded(reading: Reading, code: str, detail: str = "") -> ExcludedReading:
    case = reading.case
    return ExcludedReading(case.pk, case.pseudonym, case.split.side, code, REASONS[code].format(detail=detail))


def _not_approved(project: Project, seen: set[int]) -> list[ExcludedReading]:
    """Cases whose newest reading is under way, waits for review, was returned or was rejected."""
    waiting = (reading_states.IN_PROGRESS, reading_states.SUBMITTED, reading_states.RETURNED, reading_states.REJECTED)
    readings = Reading.objects.filter(project=project, state__in=waiting).exclude(case_id__in=seen)
    newest: dict[int, Reading] = {}
    for reading in readings.select_related("case__split").order_by("id"):
        newest[reading.case_id] = reading
    return [
        _excluded(reading, "rejected" if reading.state == reading_states.REJECTED else "not_approved")
        for reading in newest.values()
    ]


def count_by_side(draft: SnapshotDraft) -> dict[str, int]:
    """Usable approved cases per side."""
    return {side: len(draft.on(side)) for side in (Side.TRAIN, *REFERENCE_SIDES)}
