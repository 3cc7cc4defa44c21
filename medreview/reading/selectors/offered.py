"""The suggestions a reading was opened with, frozen at the claim, in the contract's shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from medreview.annotations.masks import load_runs
from medreview.annotations.models import SliceMask
from medreview.reading.models import OfferedSuggestion, Reading
from medreview.suggestions.models import Suggestion, SuggestionSlice
from medreview.suggestions.states import OFFERED, WITHDRAWN

_REMEMBERED = 4096
_QUERY_SIZE = 500
_runs: dict[str, tuple[int, ...]] = {}


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
    """The contract's shape. An open case stays still: what a newer model has replaced since is still offered here; only
    what was withdrawn with a bad model says so."""
    return {
        "id": suggestion.pk,
        "label_key": suggestion.label_key,
        "kind": suggestion.kind,
        "score": suggestion.score,
        "state": WITHDRAWN if suggestion.state == WITHDRAWN else OFFERED,
        "model_version": suggestion.model_version.version,
        "grid_id": suggestion.grid_id,
        "largest_slice": suggestion.largest_slice,
        "voxel_count": suggestion.voxel_count,
        "volume_ml": suggestion.volume_ml,
        "box": suggestion.box or None,
        "slices": _slices(suggestion),
    }


def _slices(suggestion: Suggestion) -> list[dict[str, Any]]:
    """The voxels as runs, from memory where a mask with these voxels was decoded before: each stroke on an accepted
    suggestion asks for them again."""
    rows = list(SuggestionSlice.objects.filter(suggestion=suggestion).order_by("k").values_list("k", "mask_id"))
    missing = [digest for _, digest in rows if digest not in _runs]
    runs = {digest: _runs[digest] for _, digest in rows if digest in _runs}
    for start in range(0, len(missing), _QUERY_SIZE):
        for mask in SliceMask.objects.filter(pk__in=missing[start : start + _QUERY_SIZE]):
            runs[mask.pk] = _remember(mask)
    return [{"k": k, "runs": list(runs[digest])} for k, digest in rows]


def _remember(mask: SliceMask) -> tuple[int, ...]:
    """Runs by digest: a digest names its voxels for ever, so what is remembered cannot grow stale."""
    runs = tuple(load_runs(mask))
    _runs[mask.pk] = runs
    while len(_runs) > _REMEMBERED:
        _runs.pop(next(iter(_runs)), None)
    return runs
