"""The gate on real runs: floor and baselines for a first model, refusals by name, and shuffled labels never pass."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ml.checkpoint import WEIGHTS_NAME, file_sha256
from ml.contracts import Dataset, GateReport, TrainingReport, TrainingSpec
from ml.dataset import cases_of, load_dataset
from ml.evaluate import judge
from ml.plan import Plan
from ml.train import train


def judged(run_dir, volumes, active=None, **more):
    report = TrainingReport.read(run_dir / "report.json")
    more = {"expected_sha256": report.weights_sha256, "device": "cpu", **more}
    return judge(run_dir, active, volumes, **more)


def changed_run(trained, tmp_path, *, tensors=None, plan=None):
    """A copy of the trained run with other weights or plan, and a report that knows its (new) hash."""
    folder = tmp_path / "changed"
    shutil.copytree(trained[0], folder)
    if tensors is not None:
        weights = load_file(folder / WEIGHTS_NAME)
        save_file({name: tensors(name, value) for name, value in weights.items()}, folder / WEIGHTS_NAME)
    if plan is not None:
        dataclasses.replace(Plan.read(folder / "plan.json"), **plan).write(folder / "plan.json")
    dataclasses.replace(trained[1], weights_sha256=file_sha256(folder / WEIGHTS_NAME)).write(folder / "report.json")
    return folder


def test_a_first_model_that_reaches_its_floor_is_better_than_none(trained, volumes, tmp_path):
    report = judged(trained[0], volumes, floor=0.6, floor_labels=("organ",))
    assert report.refusals == ()
    assert (report.verdict, report.overall.n, report.metric_name) == ("better", 6, "dice")
    organ = next(label for label in report.labels if label.label_key == "organ")
    assert organ.candidate_mean > 0.6 > report.baseline["mean_shape/organ"]
    assert len(report.candidate_scores) == 6
    report.write(tmp_path / "gate.json")
    assert GateReport.read(tmp_path / "gate.json") == report


def test_a_first_model_below_its_floor_is_refused(trained, volumes):
    report = judged(trained[0], volumes, floor=0.99)
    assert report.verdict == "worse"
    assert any("below the floor of 0.990" in reason for reason in report.refusals)


def test_a_first_model_no_better_than_a_baseline_is_refused(trained, volumes, tmp_path):
    lazy = changed_run(trained, tmp_path, tensors=lambda _, value: torch.zeros_like(value))
    report = judged(lazy, volumes, floor=0.0)
    assert any("does not beat the baseline" in reason for reason in report.refusals)


def test_a_model_against_itself_is_not_worse_and_never_better(trained, volumes):
    report = judged(trained[0], volumes, active=trained[0])
    assert report.verdict == "not_worse"
    assert report.overall.gain == 0.0
    assert report.active_scores == report.candidate_scores


def test_a_worse_model_is_worse_and_its_better_self_is_better(trained, volumes, tmp_path):
    generator = torch.Generator().manual_seed(0)

    def shaken(_, value):
        return value + 0.3 * value.std() * torch.randn(value.shape, generator=generator) if value.ndim > 1 else value

    worse = changed_run(trained, tmp_path, tensors=shaken)
    assert judged(worse, volumes, active=trained[0]).verdict == "worse"
    assert judged(trained[0], volumes, active=worse).overall.gain > 0


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(trained, volumes, tmp_path, bad):
    broken = changed_run(trained, tmp_path, tensors=lambda _, value: torch.full_like(value, bad))
    report = judged(broken, volumes)
    assert report.verdict == "cannot_tell"
    assert "NaN or infinite" in report.refusals[0]


def test_a_wrong_hash_is_refused(trained, volumes):
    report = judged(trained[0], volumes, expected_sha256="0" * 64)
    assert "has hash" in report.refusals[0]
    assert report.candidate_scores == ()


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (
            {"label_keys": ("lesion", "organ"), "label_codes": ("99PHANTOM:2", "99PHANTOM:1")},
            "in another order",
        ),
        ({"label_keys": ("organ", "tumour")}, "missing lesion; unknown tumour"),
        ({"label_codes": ("99PHANTOM:1", "99PHANTOM:9")}, "other codes"),
    ],
)
def test_labels_that_are_not_the_label_set_s_are_refused(trained, volumes, tmp_path, plan, reason):
    changed = changed_run(trained, tmp_path, plan=plan)
    report = judged(changed, volumes, active=trained[0])
    assert reason in report.refusals[0]
    assert report.verdict == "cannot_tell"


def test_a_damaged_active_model_is_named_and_the_candidate_judged_like_a_first_one(trained, volumes, tmp_path):
    damaged = changed_run(trained, tmp_path)
    (damaged / WEIGHTS_NAME).write_bytes(b"nothing")
    report = judged(trained[0], volumes, active=damaged, floor=0.99)
    assert "cannot be compared" in report.notes[0]
    assert "below the floor" in report.refusals[0]


def test_a_label_that_is_new_to_the_active_model_is_listed_and_not_compared(trained, volumes, tmp_path):
    older = tmp_path / "older"
    folder = tmp_path / "data"
    shutil.copytree(volumes, folder)
    dataset = load_dataset(folder)
    Dataset(dataset.labels[:1], dataset.cases).write(folder / "dataset.json")
    train(TrainingSpec(str(folder), "segmentation", max_epochs=1, device="cpu"), older)
    report = judged(trained[0], volumes, active=older)
    assert [label.label_key for label in report.labels] == ["organ", "lesion"]
    assert report.labels[0].gain > 0
    assert report.labels[1].gain is None
    assert "lesion" in report.notes[0]


def test_too_few_patients_cannot_tell(trained, volumes, tmp_path):
    folder = tmp_path / "few"
    shutil.copytree(volumes, folder)
    dataset = load_dataset(folder)
    few = cases_of(dataset, "train") + cases_of(dataset, "test")[:4]
    Dataset(dataset.labels, tuple(few)).write(folder / "dataset.json")
    report = judged(trained[0], folder, active=trained[0])
    assert (report.verdict, report.overall.n, report.overall.needed_n) == ("cannot_tell", 4, 5)


def test_training_on_shuffled_labels_does_not_reach_the_floor(volumes, tmp_path):
    folder = tmp_path / "shuffled"
    shutil.copytree(volumes, folder)
    dataset = load_dataset(folder)
    cases = cases_of(dataset, "train") + cases_of(dataset, "val")
    masks = [{key: np.load(folder / path) for key, path in case.mask_paths.items()} for case in cases]
    given = masks[1:] + masks[:1]
    mixed = []
    for case, mask_of in zip(cases, given, strict=True):
        paths = {}
        for key, mask in mask_of.items():
            paths[key] = f"mixed-{case.case_id}-{key}.npy"
            np.save(folder / paths[key], mask)
        status = {key: "marked" if key in paths else "searched_none" for key in ("organ", "lesion")}
        mixed.append(dataclasses.replace(case, mask_paths=paths, label_status=status))
    Dataset(dataset.labels, (*mixed, *cases_of(dataset, "test"))).write(folder / "dataset.json")
    train(TrainingSpec(str(folder), "segmentation", max_epochs=4, device="cpu"), tmp_path / "run")
    report = judged(tmp_path / "run", folder)
    assert any("below the floor" in reason for reason in report.refusals)
    assert json.dumps(report.to_json())
