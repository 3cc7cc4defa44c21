"""Imports, the quarantine and the network doors as the pages show them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from medreview.archive import hooks
from medreview.archive.models import Import, ImportItem, Outcome, Quarantined
from medreview.archive.parsing.refusal import RELEASABLE_RULES
from medreview.archive.services.doors import DISCARD_REASONS
from medreview.archive.states import MANAGER, ImportState, QuarantineState
from medreview.core.transitions import allowed_events

MAX_ITEMS = 2000
QUARANTINE_EVENTS = ("release", "discard")
_QUARANTINED_FIELDS = (
    "id", "state", "rule", "reason", "name", "size", "modality", "sop_class_uid", "sop_instance_uid",
    "series_instance_uid", "study_instance_uid", "received_from", "created_at", "resolved_at", "note",
    "released_import_id",
)  # fmt: skip
OUTCOMES = (*Outcome.values, "reading")


class ImportInput(serializers.Serializer):
    note = serializers.CharField(required=False, allow_blank=True, max_length=400)


class UploadInput(serializers.Serializer):
    file = serializers.ListField(child=serializers.FileField(), max_length=64)
    path = serializers.ListField(child=serializers.CharField(max_length=1000), required=False)


class UploadResult(serializers.Serializer):
    received = serializers.IntegerField()
    bytes = serializers.IntegerField()


class StackWarningSerializer(serializers.Serializer):
    """Something about a stack's geometry or values, by the rule that found it."""

    rule = serializers.CharField()
    text = serializers.CharField()
    blocks_training = serializers.BooleanField()


class ImportItemSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    name = serializers.CharField()
    files = serializers.IntegerField()
    bytes = serializers.IntegerField()
    modality = serializers.CharField()
    rule = serializers.CharField()
    reason = serializers.CharField()
    patient = serializers.CharField()
    case_id = serializers.IntegerField(allow_null=True)
    blocks_training = serializers.BooleanField()


class ImportCountsSerializer(serializers.Serializer):
    accepted = serializers.IntegerField()
    warning = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    quarantined = serializers.IntegerField()
    refused = serializers.IntegerField()
    reading = serializers.IntegerField()


class ImportSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    project_id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ImportState.choices)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    files_received = serializers.IntegerField()
    bytes_received = serializers.IntegerField()
    files_done = serializers.IntegerField()
    files_total = serializers.IntegerField()
    counts = ImportCountsSerializer()
    patients_new = serializers.IntegerField()
    patients_known = serializers.IntegerField()
    cases_made = serializers.IntegerField()
    cases_excluded = serializers.IntegerField()
    learning_patients = serializers.IntegerField()
    reference_patients = serializers.IntegerField()
    error = serializers.CharField()
    items = ImportItemSerializer(many=True)


class ImportListSerializer(serializers.Serializer):
    results = ImportSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()


def import_json(import_: Import, *, with_items: bool = True) -> dict[str, Any]:
    """Numbers are of files, except those that say patients or cases. `reading` is what is still to be looked at."""
    summary = import_.summary or {}
    is_open = import_.state in (ImportState.QUEUED, ImportState.RUNNING)
    total = import_.files_total or import_.files_received
    counts = {name: 0 for name in OUTCOMES} | summary.get("counts", {})
    counts["reading"] = max(0, total - import_.files_done) if is_open else 0
    return {
        "id": import_.pk,
        "project_id": import_.project_id,
        "state": import_.state,
        "created_at": import_.created_at,
        "finished_at": import_.finished_at,
        "files_received": import_.files_received,
        "bytes_received": import_.bytes_received,
        "files_done": import_.files_done,
        "files_total": total,
        "counts": counts,
        "error": import_.error,
        **{
            name: summary.get(name, 0)
            for name in (
                "patients_new",
                "patients_known",
                "cases_made",
                "cases_excluded",
                "learning_patients",
                "reference_patients",
            )
        },
        "items": _items(import_) if with_items else [],
    }


def _items(import_: Import) -> list[dict[str, Any]]:
    rows = list(ImportItem.objects.filter(batch=import_).select_related("patient").order_by("id")[:MAX_ITEMS])
    cases = hooks.case_of_series({row.series_id for row in rows if row.series_id is not None})
    return [
        {
            "id": row.pk,
            "outcome": row.outcome,
            "name": row.name,
            "files": row.files,
            "bytes": row.bytes,
            "modality": row.modality,
            "rule": row.rule,
            "reason": row.reason,
            "patient": row.patient.pseudonym if row.patient else "",
            "case_id": cases.get(row.series_id or 0),
            "blocks_training": row.blocks_training,
        }
        for row in rows
    ]


class FirstCopySerializer(serializers.Serializer):
    """The object that holds the UID, for a second one that differs."""

    sop_instance_uid = serializers.CharField()
    received_at = serializers.DateTimeField()
    import_id = serializers.IntegerField(allow_null=True)


class QuarantinedSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=QuarantineState.choices)
    allowed_events = serializers.ListField(child=serializers.ChoiceField(choices=QUARANTINE_EVENTS))
    rule = serializers.CharField()
    reason = serializers.CharField()
    name = serializers.CharField()
    size = serializers.IntegerField()
    modality = serializers.CharField()
    sop_class_uid = serializers.CharField()
    sop_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    study_instance_uid = serializers.CharField()
    first_copy = FirstCopySerializer(allow_null=True)
    received_from = serializers.CharField()
    import_id = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    resolved_by = serializers.CharField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()
    released_import_id = serializers.IntegerField(allow_null=True)


class QuarantineListSerializer(serializers.Serializer):
    results = QuarantinedSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()


class ResolutionInput(serializers.Serializer):
    note = serializers.CharField(required=False, allow_blank=True, max_length=400)


class AeRouteSerializer(serializers.Serializer):
    """Objects sent to `ae_title` come to the project; empty lists let every caller and address in."""

    id = serializers.IntegerField()
    project_id = serializers.IntegerField()
    ae_title = serializers.CharField()
    calling_ae_titles = serializers.ListField(child=serializers.CharField())
    peer_addresses = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()


class AeRouteListSerializer(serializers.Serializer):
    results = AeRouteSerializer(many=True)


class AeRouteInput(serializers.Serializer):
    ae_title = serializers.CharField(max_length=16)
    calling_ae_titles = serializers.ListField(child=serializers.CharField(max_length=16), required=False, max_length=64)
    peer_addresses = serializers.ListField(child=serializers.CharField(max_length=64), required=False, max_length=64)


class InboxStudySerializer(serializers.Serializer):
    """One study that no project has yet. Says nothing about the patient."""

    study_instance_uid = serializers.CharField()
    instances = serializers.IntegerField()
    bytes = serializers.IntegerField()
    modalities = serializers.ListField(child=serializers.CharField())
    called_ae_title = serializers.CharField()
    calling_ae_title = serializers.CharField()
    peer_address = serializers.CharField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()


class InboxSerializer(serializers.Serializer):
    results = InboxStudySerializer(many=True)


class InboxStudiesInput(serializers.Serializer):
    study_instance_uids = serializers.ListField(
        child=serializers.CharField(max_length=64), min_length=1, max_length=500
    )


class InboxAssignInput(InboxStudiesInput):
    project_id = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class InboxDeleteInput(InboxStudiesInput):
    reason = serializers.ChoiceField(choices=DISCARD_REASONS, required=False)


class InboxDeletedSerializer(serializers.Serializer):
    deleted = serializers.IntegerField()


def quarantined_json(row: Quarantined) -> dict[str, Any]:
    events = allowed_events(row, {MANAGER})
    if row.rule not in RELEASABLE_RULES:
        events = [event for event in events if event != "release"]
    first = row.first_copy
    return {
        **{name: getattr(row, name) for name in _QUARANTINED_FIELDS},
        "allowed_events": events,
        "first_copy": {
            "sop_instance_uid": first.sop_instance_uid,
            "received_at": first.created_at,
            "import_id": first.source_id,
        }
        if first is not None
        else None,
        "import_id": row.batch_id,
        "resolved_by": row.resolved_by.shown_name if row.resolved_by else "",
    }
