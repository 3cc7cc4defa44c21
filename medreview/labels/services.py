"""Writing label sets: every change is a new version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypedDict

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from medreview.accounts.models import Project, User
from medreview.core import audit, events
from medreview.core.errors import Invalid
from medreview.labels.models import Label, LabelKind, LabelSet

# Smallest CIEDE2000 between any two is 10, also for colour-blind readers (docs: look).
PALETTE = (
    "#FF9F2E", "#4DB4F5", "#CC66A2", "#25936A", "#FFF53A", "#F22A30", "#6B6EFF", "#A9C98D", "#25E6CC", "#FFFFFF",
)  # fmt: skip
PRIVATE_SCHEME = "99MEDREVIEW"
MAX_LABELS = 64


class LabelInput(TypedDict, total=False):
    """What a person gives for one label; everything but name and kind has a default."""

    key: str
    name: str
    kind: str
    scheme: str
    value: str
    meaning: str
    colour: str
    findings: str
    options: list[str]


def create_label_set(*, project: Project, labels: Sequence[LabelInput], actor: User | None) -> LabelSet:
    """Freeze the next version of a project's label set. Raises Invalid naming the label and field."""
    rows = [_label(given, order) for order, given in enumerate(labels)]
    _refuse_repeats(rows)
    with transaction.atomic():
        newest = LabelSet.objects.filter(project=project).aggregate(Max("version"))["version__max"] or 0
        label_set = LabelSet.objects.create(project=project, version=newest + 1, created_by=actor)
        for row in rows:
            row.label_set = label_set
        Label.objects.bulk_create(rows)
        audit.record(
            "labels.create_version", actor_id=actor.pk if actor else None, object_type="labels.labelset",
            object_id=label_set.pk, scope_id=project.pk, version=label_set.version,
        )  # fmt: skip
        events.publish_on_commit(project.pk, "project", project.pk)
    return label_set


def _refuse_repeats(rows: list[Label]) -> None:
    if not rows:
        raise Invalid("A label set needs at least one label.")
    if len(rows) > MAX_LABELS:
        raise Invalid(f"A label set has at most {MAX_LABELS} labels, not {len(rows)}.")
    for field in ("key", "name"):
        values = [getattr(row, field) for row in rows]
        repeated = {v for v in values if values.count(v) > 1}
        if repeated:
            raise Invalid(f"Label {field} {sorted(repeated)[0]!r} is used twice; make it unique.")


def _label(given: LabelInput, order: int) -> Label:
    name = str(given.get("name", "")).strip()
    if not name or len(name) > 120:
        raise Invalid(f"Label {order + 1}: give a name of 1 to 120 characters.")
    kind = given.get("kind", LabelKind.SEGMENT)
    if kind not in LabelKind.values:
        raise Invalid(f"Label {name!r}: kind must be one of {', '.join(LabelKind.values)}, not {kind!r}.")
    key = str(given.get("key") or slugify(name) or f"label-{order + 1}")[:64]
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", key):
        raise Invalid(f"Label {name!r}: key {key!r} may hold lower-case letters, digits, - and _ only.")
    colour = str(given.get("colour") or PALETTE[order % len(PALETTE)]).upper()
    if not re.fullmatch(r"#[0-9A-F]{6}", colour):
        raise Invalid(f"Label {name!r}: colour must look like #FF9F2E, not {colour!r}.")
    findings = given.get("findings", "many")
    if findings not in ("one", "many"):
        raise Invalid(f"Label {name!r}: findings must be 'one' or 'many', not {findings!r}.")
    scheme, value = given.get("scheme") or PRIVATE_SCHEME, given.get("value") or key
    if len(scheme) > 16 or len(value) > 32:
        raise Invalid(f"Label {name!r}: the coding scheme has at most 16 characters and its value at most 32.")
    return Label(
        key=key, name=name, kind=kind, scheme=scheme, value=value, meaning=given.get("meaning") or name,
        colour=colour, order=order, findings=findings, options=list(given.get("options") or []),
    )  # fmt: skip
