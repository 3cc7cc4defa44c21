"""Rows to `content`. Whose readings may be exported is judged by the caller."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from medreview.annotations.formats.content import ExportCase, ExportGrid, ExportLabel, ExportMark, SourceFrame
from medreview.annotations.models import AnnotationKind, AnnotationVersion
from medreview.annotations.selectors import frozen_versions, segment_voxels
from medreview.archive.models import Grid, Instance
from medreview.cases.models import Case
from medreview.labels.models import Label, LabelSet


def gather_case(
    *, case: Case, reading_id: int, freeze: int, label_set: LabelSet, label_status: dict[str, str]
) -> ExportCase:
    """One freeze of one reading, voxels and headers loaded only when a writer asks for them."""
    labels = {label.key: _label(label) for label in label_set.labels.order_by("order")}
    versions = list(frozen_versions(reading_id=reading_id, freeze=freeze))
    grids = Grid.objects.filter(casestack__case=case).select_related("series").order_by("casestack__position")
    return ExportCase(
        pseudonym=case.pseudonym,
        case_id=case.pk,
        reading_id=reading_id,
        label_status=label_status,
        tags={v.annotation.label_key: v.geometry["value"] for v in versions if v.annotation.kind == AnnotationKind.TAG},
        grids=[_grid(grid) for grid in grids],
        marks=[_mark(version, labels) for version in versions if version.annotation.kind != AnnotationKind.TAG],
        labels=list(labels.values()),
    )


def _label(label: Label) -> ExportLabel:
    return ExportLabel(
        label.key, label.name, label.kind, label.scheme, label.value, label.meaning, label.findings, label.order
    )


def _grid(grid: Grid) -> ExportGrid:
    z, y, x = grid.shape_zyx
    return ExportGrid(
        id=grid.pk,
        series_uid=grid.series.series_instance_uid,
        shape_zyx=(z, y, x),
        affine_lps=grid.affine_lps,
        spacing_known=grid.spacing_known,
        orientation_known=grid.orientation_known,
        frames=[SourceFrame(one["sop_instance_uid"], int(one["frame"])) for one in grid.slices],
        load_headers=functools.partial(_headers, grid.project_id, [one["sop_instance_uid"] for one in grid.slices]),
    )


def _headers(project_id: int, uids: Sequence[str]) -> dict[str, dict[str, Any]]:
    rows = Instance.objects.filter(project_id=project_id, sop_instance_uid__in=set(uids))
    return dict(rows.values_list("sop_instance_uid", "header"))


def _mark(version: AnnotationVersion, labels: dict[str, ExportLabel]) -> ExportMark:
    key = version.annotation.label_key
    unlabelled = ExportLabel(key, key or "Measurement", "", "", "", "", "many", 0)
    return ExportMark(
        tracking_uid=version.annotation.tracking_uid,
        finding_id=version.finding_id,
        label=labels.get(key, unlabelled),
        kind=version.annotation.kind,
        provenance=version.provenance,
        model_version=version.model_version,
        grid_id=version.grid_id or 0,
        geometry=version.geometry,
        load=functools.partial(segment_voxels, version),
    )
