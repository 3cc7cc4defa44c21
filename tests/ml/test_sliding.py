"""Windows cover a case, and for a network that looks at single voxels they equal the whole volume at once."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ml.contracts import TrainingSpec
from ml.dataset import load_dataset
from ml.fingerprint import fingerprint
from ml.plan import make_plan
from ml.sliding import gaussian_weight, probabilities, window_starts

CPU = torch.device("cpu")


@given(st.integers(1, 90), st.integers(1, 40))
def test_windows_cover_the_length_inside_it_with_overlap(length, size):
    starts = window_starts(length, size)
    covered = {voxel for start in starts for voxel in range(start, start + size)}
    assert covered >= set(range(length))
    if length > size:
        assert starts[0] == 0
        assert starts[-1] == length - size
        assert all(0 < b - a <= max(1, size / 2 + 1) for a, b in pairwise(starts))


@pytest.mark.parametrize("size", [(1,), (8, 6), (5, 4, 3)])
def test_no_weight_is_zero_and_the_centre_weighs_most(size):
    weight = gaussian_weight(size)
    assert weight.shape == size
    assert weight.min() > 0
    assert weight[tuple(n // 2 for n in size)] == weight.max()


@pytest.fixture(scope="module")
def plan(volumes):
    dataset = load_dataset(volumes)
    found = fingerprint(dataset, volumes, "segmentation")
    return make_plan(found, dataset, TrainingSpec(str(volumes), "segmentation", max_epochs=1), on_gpu=False)


@pytest.mark.parametrize("shape", [(16, 16, 16), (9, 33, 20), (40, 8, 17)])
@pytest.mark.parametrize("dims", [2, 3])
def test_sliding_windows_equal_the_whole_volume(plan, shape, dims):
    patch = (16, 16, 16) if dims == 3 else (1, 16, 16)
    plan = dataclasses.replace(plan, dims=dims, patch_zyx=patch, slice_context=0)
    image = np.random.default_rng(0).normal(size=(1, *shape)).astype(np.float32)
    torch.manual_seed(0)
    pointwise = torch.nn.Conv3d(1, 2, 1) if dims == 3 else torch.nn.Conv2d(1, 2, 1)
    with torch.inference_mode():
        found = probabilities(image, pointwise, plan, CPU)
        weight, bias = pointwise.weight.reshape(2, 1, 1, 1), pointwise.bias.reshape(2, 1, 1, 1)
        whole = torch.sigmoid(torch.from_numpy(image) * weight + bias)
    np.testing.assert_allclose(found, whole.numpy(), atol=1e-6)


def test_a_slice_sees_its_neighbours_and_the_ends_repeat(plan):
    plan = dataclasses.replace(plan, dims=2, patch_zyx=(1, 8, 8), slice_context=1, label_keys=("a", "b", "c"))
    image = np.arange(4, dtype=np.float32)[None, :, None, None] * np.ones((1, 4, 8, 8), dtype=np.float32)
    found = probabilities(image, lambda x: x, plan, CPU)  # three context channels come out as three labels
    before, itself, after = (np.log(p / (1 - p))[:, 0, 0].round(3).tolist() for p in found)
    assert (before, itself, after) == ([0, 0, 1, 2], [0, 1, 2, 3], [1, 2, 3, 3])
