"""Training learns, repeats itself, goes on where it stopped, stops when told to, and never opens the test side."""

import json
import shutil

import numpy as np
import pytest
import torch

from ml.checkpoint import WEIGHTS_NAME, file_sha256
from ml.contracts import TrainingSpec
from ml.data import PatchSampler, prepare
from ml.dataset import cases_of, load_dataset
from ml.errors import NonFiniteLossError, TrainingStoppedError
from ml.losses import masked_dice_bce
from ml.networks import build
from ml.plan import Plan
from ml.train import train


def spec_of(folder, epochs=1, **more):
    return TrainingSpec(str(folder), "segmentation", max_epochs=epochs, device="cpu", **more)


def lines_of(run_dir):
    return [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]


def without_times(lines):
    return [{k: v for k, v in line.items() if "seconds" not in k} for line in lines]


def test_one_batch_is_overfitted_in_a_hundred_steps(volumes, trained, generator):
    plan = Plan.read(trained[0] / "plan.json")
    cases = [prepare(case, volumes, plan) for case in cases_of(load_dataset(volumes), "train")]
    batch = PatchSampler(cases, plan).batch(generator)
    image, target = torch.from_numpy(batch.image), torch.from_numpy(batch.target)
    assessed = torch.from_numpy(batch.assessed)
    torch.manual_seed(0)
    network = build(plan)
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    for _ in range(100):
        optimizer.zero_grad()
        loss = masked_dice_bce(network(image), target, assessed)
        loss.backward()
        optimizer.step()
        if loss.item() < 0.08:
            break
    assert loss.item() < 0.08


def test_a_run_directory_is_the_whole_truth(trained):
    run_dir, report, said = trained
    names = {path.name for path in run_dir.iterdir()}
    assert names >= {"spec.json", "fingerprint.json", "plan.json", "metrics.jsonl", "checkpoint.safetensors"}
    assert names >= {"report.json", "state", "tensorboard"}
    assert "cache" not in names
    assert any((run_dir / "tensorboard").iterdir())
    assert report.weights_sha256 == file_sha256(run_dir / WEIGHTS_NAME)
    lines = lines_of(run_dir)
    assert [line["epoch"] for line in lines] == list(range(1, report.epochs + 1))
    assert {"train_loss", "val_loss", "val_mean_dice", "val_mean_dice/organ", "seconds"} <= set(lines[-1])
    assert report.best_validation_metric == max(line["val_mean_dice"] for line in lines)
    assert lines[-1]["train_loss"] < lines[0]["train_loss"]
    fractions = [progress.fraction for progress in said]
    assert fractions == sorted(fractions)
    assert said[-1].phase == "done"


@pytest.fixture(scope="module")
def whole(volumes, tmp_path_factory):
    """Two epochs without a pause."""
    run_dir = tmp_path_factory.mktemp("whole")
    return run_dir, train(spec_of(volumes, 2), run_dir)


def test_the_same_seed_gives_the_same_loss_and_weights_and_another_does_not(volumes, whole, tmp_path):
    run_dir, report = whole
    again = train(spec_of(volumes, 2), tmp_path / "again")
    assert without_times(lines_of(tmp_path / "again")) == without_times(lines_of(run_dir))
    assert again.weights_sha256 == report.weights_sha256
    train(spec_of(volumes, seed=1), tmp_path / "other")
    assert lines_of(tmp_path / "other")[0]["train_loss"] != lines_of(run_dir)[0]["train_loss"]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_run_that_was_stopped_goes_on_bit_by_bit(volumes, whole, tmp_path, elsewhere):
    asked = iter([False] * 32 + [True] * 1000)
    with pytest.raises(TrainingStoppedError) as stopped:
        train(spec_of(volumes, 2), tmp_path / "first", should_stop=lambda: next(asked))
    assert stopped.value.retryable
    assert not (tmp_path / "first" / "report.json").exists()
    target = tmp_path / ("second" if elsewhere else "first")
    rest = train(spec_of(volumes, 2), target, resume_from=tmp_path / "first" if elsewhere else None)
    assert rest.weights_sha256 == whole[1].weights_sha256
    assert (rest.steps, rest.epochs) == (40, 2)
    assert [line["step"] for line in lines_of(target)] == [20, 40]


def test_a_loss_that_is_not_finite_stops_the_run_with_the_reason(volumes, tmp_path, monkeypatch):
    calls = []

    def broken(logits, target, assessed):
        calls.append(1)
        return masked_dice_bce(logits, target, assessed) * (float("nan") if len(calls) == 3 else 1.0)

    monkeypatch.setattr("ml.segmentation.masked_dice_bce", broken)
    with pytest.raises(NonFiniteLossError, match="became nan at step 2"):
        train(spec_of(volumes), tmp_path / "run")
    assert not (tmp_path / "run" / "report.json").exists()


def test_the_test_side_is_never_opened(volumes, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(volumes, folder)
    for case in cases_of(load_dataset(folder), "test"):
        (folder / case.image_path).unlink()
        for path in case.mask_paths.values():
            (folder / path).unlink()
    assert train(spec_of(folder), tmp_path / "run").steps == 20


def test_a_time_budget_ends_the_run(volumes, tmp_path):
    spec = TrainingSpec(str(volumes), "segmentation", seconds_budget=1.0, device="cpu")
    report = train(spec, tmp_path / "run")
    assert report.steps >= 1
    assert report.weights_sha256


def test_a_warm_start_begins_from_the_other_run_and_only_where_it_fits(volumes, trained, tmp_path):
    warm = train(spec_of(volumes, warm_start_dir=str(trained[0])), tmp_path / "warm")
    assert warm.warm_start
    assert lines_of(tmp_path / "warm")[0]["train_loss"] < lines_of(trained[0])[0]["train_loss"]
    plan = Plan.read(trained[0] / "plan.json")
    other = tmp_path / "other"
    other.mkdir()
    (other / "plan.json").write_text(json.dumps(plan.to_json() | {"label_keys": ["lesion", "organ"]}))
    cold = train(spec_of(volumes, warm_start_dir=str(other)), tmp_path / "cold")
    assert not cold.warm_start


def test_detection_trains_and_keeps_a_finite_loss(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr("ml.train.make_plan", _few_steps)
    report = train(TrainingSpec(str(pictures), "detection", max_epochs=2, device="cpu"), tmp_path / "run")
    losses = [line["train_loss"] for line in lines_of(tmp_path / "run")]
    assert report.network == "fasterrcnn"
    assert np.isfinite(losses).all()


def _few_steps(*arguments, **named):
    import dataclasses

    from ml.plan import make_plan

    return dataclasses.replace(make_plan(*arguments, **named), steps_per_epoch=3, batch_size=1)
