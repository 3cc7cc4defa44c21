"""Answers without a model: worth what they are worth, and learned from the training side only."""

import dataclasses

import numpy as np
import pytest

from ml.baselines import baseline_scores
from ml.contracts import Box, Dataset, DatasetCase, LabelSpec, TrainingSpec
from ml.dataset import load_dataset
from ml.fingerprint import fingerprint
from ml.plan import make_plan

IDENTITY = tuple(map(tuple, np.eye(4).tolist()))


def baselines(folder, dataset, task="segmentation", side="test"):
    found = fingerprint(dataset, folder, task)
    plan = make_plan(found, dataset, TrainingSpec(str(folder), task, max_epochs=1), on_gpu=False)
    return baseline_scores(plan, dataset, folder, side)


def test_the_mean_shape_is_perfect_where_every_case_is_the_same_and_nothing_is_right_where_nothing_is(tmp_path):
    mask = np.zeros((16, 18, 20), dtype=bool)
    mask[4:11, 5:12, 6:15] = True
    cases = []
    for name, side in (("a", "train"), ("b", "train"), ("c", "test")):
        np.save(tmp_path / f"{name}.npy", np.random.default_rng(0).normal(size=(1, *mask.shape)).astype(np.float32))
        np.save(tmp_path / f"{name}-m.npy", mask)
        status = {"organ": "marked", "lesion": "searched_none"}
        paths = {"organ": f"{name}-m.npy"}
        cases.append(DatasetCase(name, name, side, f"{name}.npy", IDENTITY, (1.0,) * 3, "MR", status, paths))
    labels = (LabelSpec("organ", "X:1", "segment", "one"), LabelSpec("lesion", "X:2", "segment"))
    found = baselines(tmp_path, Dataset(labels, tuple(cases)))
    assert found["mean_shape/organ"] > 0.95
    assert found["nothing/organ"] == 0.0
    assert found["nothing/lesion"] == 1.0
    assert "mean_shape/lesion" not in found


def test_places_that_differ_from_case_to_case_defeat_the_mean_shape(volumes):
    found = baselines(volumes, load_dataset(volumes))
    assert found["mean_shape/organ"] < 0.6
    assert found["mean_shape/lesion"] < 0.3


def test_mean_boxes_fit_where_boxes_are_always_the_same(tmp_path):
    cases = []
    for name, side in (("a", "train"), ("b", "train"), ("c", "test"), ("d", "test")):
        np.save(tmp_path / f"{name}.npy", np.random.default_rng(1).uniform(0, 255, (3, 1, 40, 50)).astype(np.float32))
        box = Box("cell", (0, 10, 10), (1, 20, 25))
        status = {"cell": "marked"}
        cases.append(DatasetCase(name, name, side, f"{name}.npy", IDENTITY, (1.0,) * 3, "XC", status, {}, (box,)))
    dataset = Dataset((LabelSpec("cell", "X:1", "box"),), tuple(cases))
    assert baselines(tmp_path, dataset, "detection") == {"nothing/cell": 0.0, "mean_boxes/cell": 1.0}


def test_a_label_nobody_assessed_has_no_baseline(volumes):
    dataset = load_dataset(volumes)
    cases = tuple(
        dataclasses.replace(c, label_status={**c.label_status, "lesion": "not_assessed"}) if c.side == "test" else c
        for c in dataset.cases
    )
    found = baselines(volumes, Dataset(dataset.labels, cases))
    assert {name for name in found if "lesion" in name} == set()


@pytest.mark.parametrize("side", ["val", "test"])
def test_baselines_are_fractions(volumes, side):
    assert all(0.0 <= value <= 1.0 for value in baselines(volumes, load_dataset(volumes), side=side).values())
