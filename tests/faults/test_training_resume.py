"""A training that is killed again and again ends with the very weights of one that never was."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import ml
from ml.checkpoint import STATE_FOLDER, file_sha256
from tests.conftest import Say

ROOT = Path(ml.__file__).parents[1]
EPOCHS = 12
TRIES = 10
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"}


def start(data: Path, run_dir: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ml", "train", str(data), str(run_dir), "--epochs", str(EPOCHS), "--device", "cpu"]
    return subprocess.Popen(
        [*command, "--seed", "5", "--json"], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish(process: subprocess.Popen[bytes]) -> str:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err.decode()
    sha256: str = json.loads(out)["weights_sha256"]
    return sha256


def epochs_done(run_dir: Path) -> int:
    lines = run_dir / "metrics.jsonl"
    return len(lines.read_text().splitlines()) if lines.exists() else 0


def kill_after(process: subprocess.Popen[bytes], run_dir: Path, epochs: int, wait: float) -> int:
    """SIGKILL a moment after this many epochs; returns how many were done."""
    while epochs_done(run_dir) < epochs:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.005)
    time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    return epochs_done(run_dir)


def kill_while_writing(data: Path, run_dir: Path) -> Path:
    """SIGKILL while a checkpoint is half written; returns the partial file that shows it.

    Writing takes a millisecond or two: a run that ended before it was caught starts again from where it was.
    """
    before = run_dir.with_name(f"{run_dir.name}-before")
    shutil.copytree(run_dir, before)
    for _ in range(TRIES):
        partial = catch_writing(start(data, run_dir), run_dir / STATE_FOLDER)
        if partial is not None:
            return partial
        shutil.rmtree(run_dir)
        shutil.copytree(before, run_dir)
    raise AssertionError(f"no checkpoint was caught half written in {TRIES} runs")


def catch_writing(process: subprocess.Popen[bytes], folder: Path) -> Path | None:
    while process.poll() is None:
        partial = next((folder / name for name in os.listdir(folder) if name.endswith(".partial")), None)
        if partial is None:
            continue
        process.send_signal(signal.SIGSTOP)
        if partial.exists():
            process.kill()
            process.wait(10)
            return partial
        process.send_signal(signal.SIGCONT)
    return None


def damage_newest(run_dir: Path) -> Path:
    """Flip one byte in the middle of the newest checkpoint."""
    newest = sorted((run_dir / STATE_FOLDER).glob("step-*.safetensors"))[-1]
    with newest.open("r+b") as stream:
        stream.seek(os.path.getsize(newest) // 2)
        byte = stream.read(1)
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([byte[0] ^ 0xFF]))
    return newest


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("whole")
    subprocess.run([sys.executable, "-m", "ml", "phantom", str(folder / "data")], cwd=ROOT, check=True, env=ENVIRONMENT)
    return folder, finish(start(folder / "data", folder / "run"))


def check_killed(folder: Path, expected: str, name: str, random_kills: int, seed: int, say: Say) -> None:
    rng, run_dir = random.Random(seed), folder / name
    fired = []
    for number in range(random_kills):
        at = 1 + number * (EPOCHS - 3) // max(1, random_kills)
        done = kill_after(start(folder / "data", run_dir), run_dir, at, rng.uniform(0, 0.5))
        fired.append(f"after {done} epochs")
    partial = kill_while_writing(folder / "data", run_dir)
    fired.append(f"while {partial.name} was written")
    damaged = damage_newest(run_dir)
    fired.append(f"with {damaged.name} damaged")
    went_on_from = epochs_done(run_dir)
    assert finish(start(folder / "data", run_dir)) == expected
    assert file_sha256(run_dir / "checkpoint.safetensors") == expected
    assert epochs_done(run_dir) == EPOCHS
    say(f"seed {seed}: killed {'; '.join(fired)}; then from epoch {went_on_from}; weights {expected[:12]} equal")


@pytest.mark.timeout(300)
def test_killed_at_random_and_while_writing_and_with_a_damaged_checkpoint(
    uninterrupted: tuple[Path, str], say: Say
) -> None:
    folder, expected = uninterrupted
    check_killed(folder, expected, "killed", random_kills=1, seed=random.randrange(10**6), say=say)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("turn", range(3))
def test_killed_at_five_random_points(uninterrupted: tuple[Path, str], turn: int, say: Say) -> None:
    folder, expected = uninterrupted
    check_killed(folder, expected, f"killed-{turn}", random_kills=5, seed=random.randrange(10**6), say=say)
