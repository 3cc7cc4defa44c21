"""`python -m ml` from a shell, end to end, as a newcomer would."""

import json
import subprocess
import sys
from pathlib import Path

import ml

ROOT = Path(ml.__file__).parents[1]


def run(*arguments, status=0):
    command = [sys.executable, "-m", "ml", *map(str, arguments), "--json"]
    environment = {"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout) if status == 0 else json.loads(done.stderr.splitlines()[-1])


def test_phantom_train_predict_judge(tmp_path):
    data, model, out = tmp_path / "data", tmp_path / "run", tmp_path / "out"
    assert run("phantom", data)["cases"] == 13
    report = run("train", data, model, "--epochs", 5, "--device", "cpu")
    assert report["steps"] == 100
    found = run("predict", model, data, "seg007", out)
    assert found["findings"][0]["label_key"] == "organ"
    assert (out / found["findings"][0]["mask_path"]).exists()
    gate = run("judge", model, data, "--floor", "0.3", "--out", tmp_path / "gate.json")
    assert gate["verdict"] == "better"
    assert json.loads((tmp_path / "gate.json").read_text()) == gate
    assert gate["overall"]["candidate_mean"] > 0.3


def test_what_went_wrong_is_said_in_one_line_and_the_exit_status(tmp_path):
    assert "cannot read" in run("fingerprint", tmp_path, status=1)["error"]
    run("phantom", tmp_path / "data")
    assert run("fingerprint", tmp_path / "data")["train_cases"] == 5
    assert "no case 'nobody'" in run("predict", tmp_path, tmp_path / "data", "nobody", tmp_path, status=1)["error"]
    assert "not a finished run" in run("judge", tmp_path, tmp_path / "data", status=1)["error"]
