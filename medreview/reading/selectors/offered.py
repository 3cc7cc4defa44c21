"""The suggestions a reading was opened with, frozen at the claim, in the contract's shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from medreview.annotations.masks import load_runs
from medreview.reading.models import OfferedSuggestion, Reading
from medreview.suggestions.models import Suggestion, SuggestionSlice


class OfferedSuggestions(Mapping[int, dict[str, Any]]):
    """suggestion id -> suggestion as JSON. Voxels are decoded when one is looked at: most operations never do."""

    def __init__(self, reading: Reading) -> None:
        rows = OfferedSuggestion.objects.filter(reading=reading).select_related("suggestion__model_version")
        self._rows = {row.suggestion_id: row.suggestion for row in rows.order_by("suggestion_id")}
        self._loaded: dict[int, dict[str, Any]] = {}

    def __getitem__(self, number: int) -> dict[str, Any]:
        if number not in self._loaded:
            self._loaded[number] = suggestion_json(self._rows[number])
        return self._loaded[number]

    def __contains__(self, number: object) -> bool:
        return number in self._rows

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, number: int) -> Suggestion:
        return self._rows[number]


def suggestion_json(suggestion: Suggestion) -> dict[str, Any]:
    slices = SuggestionSlice.objects.filter(suggestion=suggestion).select_related("mask").order_by("k")
    return {
        "id": suggestion.pk,
        "label_key": suggestion.label_key,
        "kind": suggestion.kind,
        "score": suggestion.score,
        "state": suggestion.state,
        "model_version": suggestion.model_version.version,
        "grid_id": suggestion.grid_id,
        "largest_slice": suggestion.largest_slice,
        "voxel_count": suggestion.voxel_count,
        "volume_ml": suggestion.volume_ml,
        "box": suggestion.box or None,
        "slices": [{"k": one.k, "runs": load_runs(one.mask)} for one in slices],
    }
