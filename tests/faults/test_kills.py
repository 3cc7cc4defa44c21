"""SIGKILL at random moments: the work goes on, ends once, and nothing that was said to be saved is lost."""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Say
from tests.faults.oracle import one, rows, stuck_jobs, torn_blobs
from tests.faults.projects import Project, make_learned, make_project
from tests.faults.victims import children_of, kill, main_of, wait_back, wait_for, wait_gone
from tests.loop.system import System
from tests.phantoms import write_brain_phantoms

pytestmark = [pytest.mark.loop, pytest.mark.timeout(1800)]

RESUME_SECONDS = 15.0
EPOCHS = 12
SHORT_EPOCHS = 4
# One of each in `make test`; ten of each, with what was learned once shared, in `make soak`.
TIMES = [pytest.param(1, id="once"), pytest.param(10, id="ten-times", marks=pytest.mark.soak)]
# Where a training can be when its worker is killed; ten kills go through all of them.
PHASES = ("starting", "preparing", "training, first half", "training, second half", "validating", "scoring")


@pytest.fixture(scope="module")
def learned(system: System, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project, _ = make_learned(system, tmp_path_factory.mktemp("learned"), lambda _text: None)
    return project


def seeded(say: Say, what: str) -> random.Random:
    seed = random.randrange(10**6)
    say(f"{what}: seed {seed}")
    return random.Random(seed)


def job_of_run(system: System, run_id: int) -> tuple[int, int, str, dict[str, Any]]:
    """(id, attempt, state, progress) of a training run's job, from the row."""
    query = (
        "select j.id, j.attempt, j.state, j.progress from core_job j "
        "join learning_trainingrun r on r.job_id = j.id where r.id = ?"
    )
    ((pk, attempt, state, progress),) = rows(system, query, run_id)
    return pk, attempt, state, json.loads(progress or "null") or {}


@pytest.mark.parametrize("times", TIMES)
def test_a_killed_batch_worker_goes_on_and_registers_one_model(
    system: System, learned: Project, say: Say, times: int
) -> None:
    rng, phases, weights, waits = seeded(say, "batch worker"), [], set(), []
    aims = rng.sample(PHASES, len(PHASES))
    for number in range(times):
        models = one(system, "select count(*) from registry_modelversion")
        run = learned.manager.post(f"/projects/{learned.id}/retrain", {"seed": 11, "max_epochs": EPOCHS})
        phase, waited = _kill_in_training(system, run["id"], aims[number % len(aims)], rng)
        phases.append(phase)
        waits.append(waited)
        wait_for(lambda: job_of_run(system, run["id"])[2] in ("succeeded", "failed"), 300, "the end")  # noqa: B023
        job, attempt, state, _ = job_of_run(system, run["id"])
        assert (state, attempt) == ("succeeded", 2)
        assert one(system, "select count(*) from registry_modelversion") == models + 1
        model = learned.manager.get(f"/training-runs/{run['id']}")["model_id"]
        weights.add(one(system, "select weights_id from registry_modelversion where id = ?", model))
        assert one(system, "select count(*) from core_job where id = ? and state = 'succeeded'", job) == 1
    assert len(weights) == 1, "the same seed and readings give the same weights, killed or not"
    assert not torn_blobs(system)
    assert not stuck_jobs(system)
    say(f"killed while {', '.join(phases)}; went on {max(waits):.1f} s at most after the worker was back")
    assert max(waits) <= RESUME_SECONDS
    if times > 1:
        assert len(set(phases)) >= 5, "the kills did not spread over the phases of a training"


def _kill_in_training(system: System, run_id: int, aim: str, rng: random.Random) -> tuple[str, float]:
    """Kill the batch worker somewhere in a phase; returns the phase it was hit in and how long until it went on."""
    wait_for(lambda: job_of_run(system, run_id)[2] == "running", 60, "the start of the training")
    worker = main_of(system, "batch")
    assert worker is not None
    wait_for(lambda: _phase(system, run_id) == aim or _is_over(system, run_id), 180, f"the phase {aim!r}")
    if aim in ("starting", "training, first half", "training, second half"):
        time.sleep(rng.uniform(0, 1.0))
    below = [child.pid for child in children_of(system, worker)]
    kill(worker)
    phase = _phase(system, run_id)
    _, attempt, state, _ = job_of_run(system, run_id)
    assert (attempt, state) == (1, "running"), "the training ended before it could be killed"
    assert not wait_gone([worker, *below], 5), "a child outlived the worker that was killed"
    back = wait_back(system, "batch", worker)
    wait_for(lambda: job_of_run(system, run_id)[1] == 2, 60, "the second attempt")
    return phase, time.monotonic() - back


def _phase(system: System, run_id: int) -> str:
    progress = job_of_run(system, run_id)[3]
    phase: str = progress.get("phase", "starting")
    if phase == "training":
        return PHASES[2] if progress["fraction"] < 0.5 else PHASES[3]
    return phase


def _is_over(system: System, run_id: int) -> bool:
    """Past the last phase that a short training surely stays in: no later moment to wait for."""
    return _phase(system, run_id) == "scoring" or job_of_run(system, run_id)[2] != "running"


@pytest.mark.parametrize("times", TIMES)
def test_a_killed_light_worker_ends_every_import_once(system: System, tmp_path: Path, say: Say, times: int) -> None:
    rng, fired = seeded(say, "light worker"), []
    for number in range(times):
        project = make_project(system, tmp_path)
        phantoms = write_brain_phantoms(tmp_path / f"in{number}", 20, seed=number, shape_zyx=(16, 32, 32))
        files = [path for phantom in phantoms for path in phantom.files]
        batch = project.manager.post(f"/projects/{project.id}/imports", {})
        for start in range(0, len(files), 60):
            chunk = files[start : start + 60]
            project.manager.upload(batch["id"], [(f"{p.parent.name}/{p.name}", p.read_bytes()) for p in chunk])
        project.manager.post(f"/imports/{batch['id']}/finish")
        goal = rng.uniform(0, 0.9) * len(files)
        wait_for(lambda: _files_done(system, batch["id"]) >= goal, 60, "the moment of the kill")  # noqa: B023
        worker = main_of(system, "light")
        assert worker is not None
        busy = children_of(system, worker)
        done = _files_done(system, batch["id"])
        assert _state(system, batch["id"]) != "done", "the import ended before the kill"
        kill(worker)
        if rng.random() < 0.5:
            for child in busy:
                _kill_if_there(child.pid)
        assert not wait_gone([worker, *(child.pid for child in busy)], 10), "a process outlived its worker"
        fired.append(f"{done} of {len(files)} files done")
        found = wait_for(lambda: _ended(project, batch["id"]), 120, "the end of the import")  # noqa: B023
        assert found["state"] == "done", found
        assert found["counts"]["accepted"] == len(files)
        assert one(system, "select count(*) from archive_instance where project_id = ?", project.id) == len(files)
        assert found["cases_made"] == len(phantoms)
    assert not torn_blobs(system)
    assert not stuck_jobs(system)
    say(f"light worker killed with {'; '.join(fired)}")


def _state(system: System, batch: int) -> str:
    state: str = one(system, "select state from archive_import where id = ?", batch)
    return state


def _files_done(system: System, batch: int) -> int:
    done: int = one(system, "select files_done from archive_import where id = ?", batch)
    return done


def _kill_if_there(pid: int) -> None:
    try:
        kill(pid)
    except ProcessLookupError:
        return


def _ended(project: Project, batch: int) -> dict[str, Any] | None:
    found: dict[str, Any] = project.manager.get(f"/imports/{batch}")
    return found if found["state"] in ("done", "failed") else None


@dataclass
class Writer:
    """Someone who saves as the page does: one operation after the other, each sent again until it is acknowledged."""

    url: str
    token: str
    reading_id: int
    grid_id: int
    acknowledged: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def save(self, count: int) -> None:
        with httpx.Client(headers={"Authorization": self.token}, timeout=10) as http:
            for number in range(count):
                operation = {
                    "op_id": secrets.token_hex(8), "kind": "paint",
                    "payload": {"finding_id": f"f{number % 5}", "label_key": "lesion", "grid_id": self.grid_id,
                                "tool": "brush", "slices": [{"k": number % 8, "runs": [number % 90, 3]}]},
                }  # fmt: skip
                self._send(http, operation)
                self.acknowledged.append(operation["op_id"])

    def _send(self, http: httpx.Client, operation: dict[str, Any]) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                answer = http.post(
                    f"{self.url}/api/v1/readings/{self.reading_id}/operations", json={"operations": [operation]},
                    headers={"If-Match": f'"{len(self.acknowledged)}"'},
                )  # fmt: skip
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            self.answers.append(answer.status_code)
            if answer.status_code == 200:
                return
            assert answer.status_code >= 500, answer.text
            time.sleep(0.05)
        raise AssertionError(f"not saved within 60 s: {operation['op_id']}")


@pytest.mark.parametrize("times", TIMES)
def test_a_killed_web_server_loses_no_acknowledged_save(system: System, tmp_path: Path, say: Say, times: int) -> None:
    rng = seeded(say, "web server")
    project = make_project(system, tmp_path)
    write_brain_phantoms(tmp_path / "in", 2, shape_zyx=(10, 40, 40))
    system.command("import", str(tmp_path / "in"), "--project", project.slug)
    writers = []
    for case_id in [row[0] for row in rows(system, "select id from cases_case where project_id = ?", project.id)]:
        reading = project.reader.get(f"/readings/{project.reader.post(f'/cases/{case_id}/claim')['reading_id']}")
        token = project.reader.http.headers["Authorization"]
        writers.append(Writer(system.url, token, reading["id"], reading["stacks"][0]["id"]))
    threads = [threading.Thread(target=writer.save, args=(60 + 60 * times,)) for writer in writers]
    for thread in threads:
        thread.start()
    fired = 0
    for _ in range(times):
        time.sleep(rng.uniform(0.2, 0.8))
        assert all(thread.is_alive() for thread in threads), "the saving was over before the kill"
        server = main_of(system, "web")
        assert server is not None
        below = [child.pid for child in children_of(system, server)]
        kill(rng.choice([server, *below]))
        fired += 1
        assert not wait_gone([server, *below], 10), "a server process outlived the other"
        wait_back(system, "web", server)
        wait_for(lambda: _serves(system), 30, "the web server")
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    for writer in writers:
        stored = [op["op_id"] for op in project.reader.get(f"/readings/{writer.reading_id}/operations")["operations"]]
        assert stored == writer.acknowledged
    assert not torn_blobs(system)
    saves = sum(len(writer.acknowledged) for writer in writers)
    say(f"web server killed {fired} times during {saves} saves: all there, each once, in order")


def _serves(system: System) -> bool:
    try:
        return httpx.get(f"{system.url}/readyz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("times", TIMES)
def test_an_emptied_broker_is_refilled_from_the_rows(
    system: System, learned: Project, tmp_path: Path, say: Say, times: int
) -> None:
    rng, first, waits = seeded(say, "broker"), [], []
    for _ in range(times):
        models = one(system, "select count(*) from registry_modelversion")
        run = learned.manager.post(f"/projects/{learned.id}/retrain", {"seed": 12, "max_epochs": SHORT_EPOCHS})
        time.sleep(rng.uniform(0, 8))
        exports = [learned.manager.post(f"/projects/{learned.id}/exports", {"format": "nifti"})["id"] for _ in range(5)]
        time.sleep(rng.uniform(0, 0.4))
        broker = main_of(system, "broker")
        assert broker is not None
        kill(broker)
        wait_gone([broker], 5)
        for path in (system.data_dir / "broker").rglob("*"):
            if path.is_file():
                path.unlink()
        back = wait_back(system, "broker", broker)
        done = _count_done(learned, exports)
        exports += [learned.manager.post(f"/projects/{learned.id}/exports", {"format": "coco"})["id"]]
        wait_for(lambda: _count_done(learned, exports) > done, 60, "the next export")  # noqa: B023
        first.append(time.monotonic() - back)
        wait_for(lambda: _count_done(learned, exports) == len(exports), 120, "the exports")  # noqa: B023
        waits.append(time.monotonic() - back)
        wait_for(lambda: job_of_run(system, run["id"])[2] in ("succeeded", "failed"), 300, "the training")  # noqa: B023
        assert job_of_run(system, run["id"])[2] == "succeeded"
        assert one(system, "select count(*) from registry_modelversion") == models + 1
    assert not stuck_jobs(system)
    assert one(system, "select count(*) from core_job where state = 'failed'") == 0
    say(
        f"broker killed and emptied {times} times; work went on {max(first):.1f} s at most after it was back, and all "
        f"exports were done after {max(waits):.1f} s; each training ended once"
    )
    assert max(first) <= RESUME_SECONDS


def _count_done(project: Project, exports: list[int]) -> int:
    return sum(project.manager.get(f"/exports/{pk}")["state"] == "done" for pk in exports)
