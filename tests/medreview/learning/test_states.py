from __future__ import annotations

from medreview.learning import states
from tests.medreview.learning.matrix import check_matrix


def test_a_training_run_starts_again_after_a_lost_worker_and_ends_once() -> None:
    check_matrix(
        states.TRANSITIONS,
        states.STATES,
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
