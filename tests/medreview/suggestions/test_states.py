from __future__ import annotations

from medreview.suggestions import states
from tests.medreview.learning.matrix import check_matrix


def test_a_suggestion_is_offered_once_and_ends_expired_or_withdrawn() -> None:
    check_matrix(
        states.SUGGESTION_TRANSITIONS,
        states.SUGGESTION_STATES,
        {("offered", "expire"): "expired", ("offered", "withdraw"): "withdrawn"},
    )


def test_a_prediction_run_starts_again_after_a_lost_worker_and_may_be_retried_after_it_failed() -> None:
    check_matrix(
        states.RUN_TRANSITIONS,
        states.RUN_STATES,
        {
            ("queued", "start"): "running",
            ("running", "start"): "running",
            ("running", "complete"): "succeeded",
            ("queued", "fail"): "failed",
            ("running", "fail"): "failed",
            ("queued", "cancel"): "canceled",
            ("running", "cancel"): "canceled",
            ("failed", "retry"): "queued",
        },
    )
