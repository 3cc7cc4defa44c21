"""A worker that is paused past its lease and then goes on: the work was done by another, its late result is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.oracle import one, rows
from tests.faults.projects import make_learned
from tests.faults.victims import children_of, frozen, main_of, wait_for
from tests.loop.system import System

# Unit tests of the lease are in tests/medreview/core/test_jobs.py; this one takes over a minute.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
EPOCHS = 8


def test_the_late_result_of_a_paused_worker_is_refused(system: System, tmp_path: Path) -> None:
    project, _ = make_learned(system, tmp_path, lambda _text: None)
    run = project.manager.post(f"/projects/{project.id}/retrain", {"seed": 3, "max_epochs": EPOCHS})
    job = one(system, "select job_id from learning_trainingrun where id = ?", run["id"])

    def job_is(state: str, attempt: int) -> bool:
        return rows(system, "select state, attempt from core_job where id = ?", job) == [(state, attempt)]

    wait_for(lambda: one(system, "select progress from core_job where id = ?", job) is not None, 60, "the training")
    worker = main_of(system, "batch")
    assert worker is not None
    child = next(process for process in children_of(system, worker) if "spawn_main" in process.command)
    with frozen(worker), frozen(child.pid):
        other = subprocess.Popen(
            [sys.executable, "-m", "medreview.cli", "worker", "--queues", "batch"], env=system.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_for(lambda: job_is("succeeded", 2), 240, "the other worker's result")
        finally:
            other.terminate()
            other.wait(30)
    log = system.data_dir / "logs" / "batch.log"
    wait_for(lambda: "is held by another worker now" in log.read_text(), 60, "what the late worker says")
    wait_for(
        lambda: not any("spawn_main" in one.command for one in children_of(system, worker)), 30, "the late child's end"
    )
    assert one(system, "select count(*) from registry_modelversion where project_id = ?", project.id) == 1
    assert job_is("succeeded", 2)
    assert main_of(system, "batch") == worker, "the paused worker itself goes on working"
    second = project.manager.post(f"/projects/{project.id}/retrain", {"seed": 4, "max_epochs": 1})
    wait_for(
        lambda: project.manager.get(f"/training-runs/{second['id']}")["state"] == "succeeded", 180, "the next training"
    )
