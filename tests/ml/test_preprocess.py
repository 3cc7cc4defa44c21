"""To the plan's grid and back: nothing moves, whatever the orientation; every normalisation is finite."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.contracts import DatasetCase, TrainingSpec
from ml.dataset import load_dataset
from ml.fingerprint import fingerprint
from ml.metrics import dice
from ml.plan import is_lateralised, make_plan
from ml.preprocess import frame_of, normalise, resize


@pytest.fixture(scope="module")
def plan(volumes):
    dataset = load_dataset(volumes)
    found = fingerprint(dataset, volumes, "segmentation")
    return make_plan(found, dataset, TrainingSpec(str(volumes), "segmentation", max_epochs=1), on_gpu=False)


def case_with(affine, shape):
    return DatasetCase("c", "p", "test", "c.npy", tuple(map(tuple, affine.tolist())), (2.0,) * 3, "MR", {})


ORIENTATIONS = [(order, signs) for order in ((0, 1, 2), (1, 2, 0), (2, 1, 0)) for signs in ((1, 1, 1), (-1, 1, -1))]


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
@pytest.mark.parametrize("dims", [2, 3])
def test_every_orientation_of_one_body_looks_alike_to_the_network(plan, order, signs, dims):
    plan = dataclasses.replace(plan, dims=dims, slice_axis=1 if dims == 2 else 0)
    body = np.random.default_rng(0).normal(size=(5, 6, 7)).astype(np.float32)  # canonical: superior, posterior, left
    affine = np.zeros((4, 4))
    affine[3, 3] = 1
    for k, (axis, sign) in enumerate(zip(order, signs, strict=True)):
        affine[2 - axis, 2 - k] = 2.0 * sign
    array = body.transpose(order)[tuple(slice(None, None, sign) for sign in signs)]
    frame = frame_of(case_with(affine, array.shape), array.shape, plan)
    expected = body if dims == 3 else body.transpose(1, 0, 2)
    np.testing.assert_allclose(frame.to_plan(array), expected)
    np.testing.assert_allclose(frame.to_case(frame.to_plan(array)), array)


def test_a_mask_survives_the_way_to_another_spacing_and_back(plan):
    mask = np.zeros((20, 30, 24), dtype=bool)
    mask[5:14, 8:20, 6:18] = True
    affine = np.diag([1.3, 0.9, 3.1, 1.0])
    frame = frame_of(case_with(affine, mask.shape), mask.shape, plan)
    there = frame.to_plan(mask[None].astype(np.float32))
    assert there.shape[1:] == (31, 14, 16)
    assert dice(frame.to_case(there)[0] >= 0.5, mask) > 0.9


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_box_extents_go_there_and_back(plan, data):
    affine = np.zeros((4, 4))
    affine[3, 3] = 1
    order = data.draw(st.permutations([0, 1, 2]))
    for k, axis in enumerate(order):
        affine[2 - axis, 2 - k] = data.draw(st.sampled_from([-1.5, 0.7, 3.0]))
    shape = (12, 15, 18)
    frame = frame_of(case_with(affine, shape), shape, plan)
    start = np.array(data.draw(st.tuples(*[st.integers(0, 5)] * 3)))
    stop = start + np.array(data.draw(st.tuples(*[st.integers(1, 6)] * 3)))
    low, high = frame.extent_to_plan(start, stop)
    assert (low < high).all()
    back = frame.extent_to_case(low, high)
    np.testing.assert_allclose(back[0], start, atol=1e-9)
    np.testing.assert_allclose(back[1], stop, atol=1e-9)


def test_shrinking_averages_instead_of_skipping():
    stripes = np.tile([0.0, 1.0], 32)[None, None, :].astype(np.float32)
    np.testing.assert_allclose(resize(stripes, (1, 1, 16)), 0.5, atol=0.1)
    np.testing.assert_array_equal(resize(stripes, (1, 1, 64)), stripes)


@pytest.mark.parametrize("rule", ["standardise_each", "clip_fixed"])
@pytest.mark.parametrize("value", [0.0, -1000.0, 3e38])
def test_even_a_constant_image_becomes_finite_numbers(plan, rule, value):
    image = np.full((1, 4, 4, 4), value, dtype=np.float32)
    assert np.isfinite(normalise(image, dataclasses.replace(plan, normalisation=rule))).all()


def test_brightness_and_contrast_of_mr_do_not_matter(plan):
    image = np.random.default_rng(0).gamma(2, 100, (1, 8, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(normalise(image, plan), normalise(image * 7 + 50, plan), atol=1e-3)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("left_lung", True),
        ("Lung Right", True),
        ("kidney_l", True),
        ("lung", False),
        ("cleft", False),
        ("bright", False),
    ],
)
def test_lateralised_labels_are_known_by_name(key, expected):
    assert is_lateralised(key) is expected
