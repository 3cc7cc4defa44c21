"""What the managers' list of cases says beyond the case itself: how far its reading is, and what the model offered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medreview.accounts.models import Project
from medreview.reading import states
from medreview.reading.models import Reading
from medreview.suggestions.selectors import latest_entropies, summaries

_GONE = (states.CANCELED, states.SUPERSEDED)


def case_columns(case_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Case id -> `status` of its newest reading that counts, `suggestions` and `entropy` (None: no answer yet)."""
    columns: dict[int, dict[str, Any]] = {pk: {} for pk in case_ids}
    readings = Reading.objects.filter(case_id__in=columns).exclude(state__in=_GONE).order_by("pk")
    for case_id, state in readings.values_list("case_id", "state"):
        columns[case_id]["status"] = state
    for project in Project.objects.filter(case__in=list(columns)).distinct():
        for case_id, said in summaries(project, case_ids).items():
            if said.state == "ready":
                columns[case_id]["suggestions"] = said.count
        for case_id, entropy in latest_entropies(project, case_ids).items():
            columns[case_id]["entropy"] = entropy
    return columns
