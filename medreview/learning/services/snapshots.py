"""Freezing: a snapshot is named by the hash of its manifest, so freezing the same work twice gives the same row."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import Max

from medreview.accounts.models import Project
from medreview.cases.models import Side
from medreview.core import audit
from medreview.learning.models import DatasetSnapshot, TestSetVersion
from medreview.learning.selectors.snapshot import SnapshotDraft, draft_snapshot


def freeze_snapshot(*, project: Project, task: str, draft: SnapshotDraft | None = None) -> DatasetSnapshot:
    """Freeze what `draft_snapshot` finds now (or the given draft of it). Idempotent."""
    found = draft if draft is not None else draft_snapshot(project, task)
    manifest = manifest_of(project, found)
    sha256 = digest(manifest)
    with transaction.atomic():
        snapshot, is_new = DatasetSnapshot.objects.get_or_create(
            project=project,
            sha256=sha256,
            defaults={
                "label_set": found.label_set,
                "task": task,
                "manifest": manifest,
                "excluded": [asdict(one) for one in found.excluded],
            },
        )
        if is_new:
            audit.record(
                "learning.freeze_snapshot",
                actor_id=None,
                object_type="learning.datasetsnapshot",
                object_id=snapshot.pk,
                scope_id=project.pk,
                sha256=sha256,
                readings=len(found.used),
            )
    return snapshot


def manifest_of(project: Project, draft: SnapshotDraft) -> dict[str, Any]:
    """The frozen list: labels that were taught by key and code, each reading with its versions, side and statuses."""
    labels = [
        {"key": label.key, "code": label.code, "kind": label.kind, "findings": label.findings} for label in draft.taught
    ]
    readings = sorted((one.to_json() for one in draft.used), key=lambda row: row["case_id"])
    return {
        "project_id": project.pk,
        "task": draft.task,
        "label_set_version": draft.label_set.version,
        "labels": labels,
        "readings": readings,
    }


def digest(document: Any) -> str:
    """SHA-256 (hex) of a JSON document, independent of key order."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def freeze_test_set(*, snapshot: DatasetSnapshot) -> TestSetVersion:
    """The numbered list of the snapshot's test readings; a new number only when the list has changed."""
    readings = [
        {"reading_id": row["reading_id"], "case_id": row["case_id"], "version_ids": row["version_ids"]}
        for row in snapshot.manifest["readings"]
        if row["side"] == Side.TEST
    ]
    sha256 = digest(readings)
    with transaction.atomic():
        known = TestSetVersion.objects.filter(project=snapshot.project, task=snapshot.task)
        same = known.filter(sha256=sha256).first()
        if same is not None:
            return same
        newest = known.aggregate(Max("number"))["number__max"] or 0
        return TestSetVersion.objects.create(
            project=snapshot.project, task=snapshot.task, number=newest + 1, sha256=sha256, readings=readings
        )
