"""What a reader changed about the suggestions, finding by finding, for the reviewer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medreview.reading.comparing import Difference, compare
from medreview.reading.journal.types import MEASUREMENTS, GridFacts
from medreview.reading.models import Decision
from medreview.reading.selectors.drafts import Journal

_STATES = {"accept": "accepted", "edit": "edited", "reject": "rejected"}


def comparison_of(journal: Journal, draft: Mapping[str, Any]) -> dict[str, Any]:
    """Each finding against its suggestion, rejected suggestions, and the mean Dice of accepted and edited ones."""
    rows = Decision.objects.filter(reading=journal.reading).values_list("suggestion_id", "seconds")
    seconds = dict(rows)
    findings = {one["suggestion_id"]: one for one in draft["findings"] if one["suggestion_id"] is not None}
    compared = [_decided(journal, one, findings.get(one["suggestion_id"]), seconds) for one in draft["decisions"]]
    own = [one for one in draft["findings"] if one["suggestion_id"] is None and one["kind"] not in MEASUREMENTS]
    added = [_added(one) for one in own]
    overlaps = [one["dice"] for one in compared if one["state"] != "rejected"]
    return {"findings": compared + added, "mean_dice": sum(overlaps) / len(overlaps) if overlaps else None}


def _decided(
    journal: Journal, decided: Mapping[str, Any], finding: Mapping[str, Any] | None, seconds: Mapping[int, float]
) -> dict[str, Any]:
    suggestion = journal.context.suggestions[decided["suggestion_id"]]
    grid = journal.context.grids[suggestion["grid_id"]]
    row = {
        "finding_id": decided["finding_id"],
        "label_key": suggestion["label_key"],
        "state": _STATES[decided["verdict"]],
        "suggestion_id": suggestion["id"],
        "seconds": seconds.get(suggestion["id"]),
    }
    if finding is None:
        gone = Difference(0, suggestion["voxel_count"], 0.0, None, None)
        return {**row, **_numbers(gone, grid), "dice": None}
    return {**row, **_numbers(compare(finding, suggestion, grid), grid)}


def _numbers(difference: Difference, grid: GridFacts) -> dict[str, Any]:
    return {
        "dice": difference.dice,
        "hd95_mm" if grid.spacing_known else "hd95_px": difference.hausdorff95,
        "voxels_added": difference.voxels_added,
        "voxels_removed": difference.voxels_removed,
    }


def _added(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "finding_id": finding["id"],
        "label_key": finding["label_key"],
        "state": "added",
        "suggestion_id": None,
        "seconds": None,
        "dice": None,
        "hd95_mm": None,
        "voxels_added": finding["voxel_count"],
        "voxels_removed": 0,
    }
