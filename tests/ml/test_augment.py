"""Random changes move image and label together, and never mirror what has a side."""

import dataclasses

import numpy as np
import pytest
import torch

from ml.augment import augment, mirror_dims
from ml.contracts import TrainingSpec
from ml.data import prepare
from ml.dataset import cases_of, load_dataset
from ml.detection import DetectionLearner
from ml.fingerprint import fingerprint
from ml.metrics import dice
from ml.plan import make_plan


def plan_of(folder, task):
    dataset = load_dataset(folder)
    found = fingerprint(dataset, folder, task)
    return make_plan(found, dataset, TrainingSpec(str(folder), task, max_epochs=1), on_gpu=False)


@pytest.mark.parametrize("dims", [2, 3])
def test_image_and_label_move_together(volumes, dims, generator):
    plan = dataclasses.replace(plan_of(volumes, "segmentation"), dims=dims)
    target = torch.zeros(2, 1, *(24,) * dims)
    target[(slice(None), slice(None), *(slice(5, 12),) * dims)] = 1
    moved = 0
    for _ in range(6):
        image, label = augment(target * 10, target, plan, generator)
        assert set(label.unique().tolist()) <= {0.0, 1.0}
        for member in range(2):
            middle = (image[member].min() + image[member].max()) / 2
            assert dice((image[member] > middle).numpy(), label[member].numpy()) > 0.85
        moved += not torch.equal(label, target)
    assert moved >= 4


def test_mirroring_follows_the_plan_whatever_the_slicing_axis(volumes):
    plan = plan_of(volumes, "segmentation")
    assert mirror_dims(plan) == [2]
    assert mirror_dims(dataclasses.replace(plan, mirror_axes=())) == []
    flat = dataclasses.replace(plan, dims=2)
    assert mirror_dims(dataclasses.replace(flat, slice_axis=0)) == [1]
    assert mirror_dims(dataclasses.replace(flat, slice_axis=1)) == [1]
    assert mirror_dims(dataclasses.replace(flat, slice_axis=2)) == []  # left-right is the slicing axis itself


def test_boxes_move_with_the_picture(pictures, generator):
    """Inside a moved box the phantom's discs are darker than the background around it."""
    plan = plan_of(pictures, "detection")
    cases = [prepare(case, pictures, plan) for case in cases_of(load_dataset(pictures), "train")]
    learner = DetectionLearner(plan, cases, [], torch.device("cpu"))
    checked = 0
    for _ in range(20):
        image, target = learner._sample(generator)
        assert image.shape == (3, 96, 96)
        assert target["assessed"].tolist() == [True, True]
        assert len(target["boxes"]) == len(target["labels"])
        background = float(np.median(image.mean(0)))
        for x0, y0, x1, y1 in target["boxes"].tolist():
            y, x = int((y0 + y1) / 2), int((x0 + x1) / 2)
            assert float(image.mean(0)[y - 1 : y + 2, x - 1 : x + 2].mean()) < background
            checked += 1
    assert checked > 20
