"""What apps above the archive add to an import: registered in their AppConfig.ready."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from medreview.archive.models import Import

SeriesStored = Callable[[Import, Sequence[int]], dict[str, int]]
CasesOfSeries = Callable[[Collection[int]], dict[int, int]]
GridsInUse = Callable[[Collection[int]], set[int]]

# Called once per import, after its series are committed; what they return is added to the import's summary.
ON_SERIES_STORED: list[SeriesStored] = []
# Series id to case id, for the outcome list.
CASES_OF_SERIES: list[CasesOfSeries] = []
# Which of these grids something refers to, so that they must stay as they are.
GRIDS_IN_USE: list[GridsInUse] = []


def grids_in_use(grid_ids: Collection[int]) -> set[int]:
    """Without anybody to ask, all of them."""
    if not GRIDS_IN_USE:
        return set(grid_ids)
    return set().union(*(hook(grid_ids) for hook in GRIDS_IN_USE))


def tell_series_stored(import_: Import, series_ids: Sequence[int]) -> dict[str, int]:
    summary: dict[str, int] = {}
    for hook in ON_SERIES_STORED:
        summary.update(hook(import_, series_ids))
    return summary


def case_of_series(series_ids: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for hook in CASES_OF_SERIES:
        found.update(hook(series_ids))
    return found
