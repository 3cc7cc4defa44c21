from __future__ import annotations

from medreview.registry import states
from tests.medreview.learning.matrix import check_matrix


def test_a_model_goes_from_candidate_to_active_to_retired_and_back_and_declined_is_the_end() -> None:
    check_matrix(
        states.TRANSITIONS,
        states.STATES,
        {
            ("candidate", "promote"): "active",
            ("candidate", "decline"): "declined",
            ("active", "retire"): "retired",
            ("retired", "reinstate"): "active",
        },
    )
