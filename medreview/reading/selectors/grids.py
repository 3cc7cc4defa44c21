"""Which stacks somebody or something already refers to."""

from __future__ import annotations

from collections.abc import Collection

from medreview.cases.models import CaseStack
from medreview.reading.models import Reading
from medreview.suggestions.models import PredictionRun, Suggestion
from medreview.suggestions.states import OPEN_RUN_STATES


def grids_in_use(grid_ids: Collection[int]) -> set[int]:
    """Grids of cases that have a reading, a suggestion or a prediction on its way: their slices may not change."""
    stacks = list(CaseStack.objects.filter(grid__in=grid_ids).values_list("grid_id", "case_id"))
    cases = {case_id for _, case_id in stacks}
    busy = set(Reading.objects.filter(case__in=cases).values_list("case_id", flat=True))
    busy |= set(Suggestion.objects.filter(case__in=cases).values_list("case_id", flat=True))
    for asked in PredictionRun.objects.filter(state__in=OPEN_RUN_STATES).values_list("case_ids", flat=True):
        busy |= cases & set(asked)
    return {grid_id for grid_id, case_id in stacks if case_id in busy}
