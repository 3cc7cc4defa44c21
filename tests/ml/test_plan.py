"""The plan follows from the data: 2D or 3D, mirroring, bounds, and refusal where nothing can be learned."""

import dataclasses

import numpy as np
import pytest

from ml.contracts import Dataset, TrainingSpec
from ml.dataset import load_dataset
from ml.errors import DatasetError
from ml.fingerprint import fingerprint
from ml.plan import Plan, make_plan


def planned(folder, task="segmentation", on_gpu=False, **changes):
    dataset = load_dataset(folder)
    found = dataclasses.replace(fingerprint(dataset, folder, task), **changes)
    return make_plan(found, dataset, TrainingSpec(str(folder), task), on_gpu=on_gpu)


def test_small_isotropic_volumes_are_learned_in_3d(volumes):
    plan = planned(volumes)
    assert (plan.network, plan.dims, plan.patch_zyx, plan.slice_context) == ("unet3d", 3, (24, 24, 24), 0)
    assert plan.normalisation == "standardise_each"


@pytest.mark.parametrize(
    "changes",
    [
        {"shape_zyx": (300, 512, 512), "spacing_mm": (1.0, 0.8, 0.8)},
        {"shape_zyx": (12, 24, 24)},
        {"spacing_mm": (8.0, 2.0, 2.0)},
    ],
)
def test_large_thin_and_anisotropic_volumes_are_learned_slice_by_slice_on_a_cpu(volumes, changes):
    plan = planned(volumes, **changes)
    assert (plan.network, plan.dims, plan.slice_context, plan.in_channels) == ("unet2d", 2, 1, 3)
    assert plan.patch_zyx[0] == 1
    assert all(size % 8 == 0 and size <= 192 for size in plan.patch_zyx[1:])


def test_the_slicing_axis_is_the_coarsest(volumes):
    assert planned(volumes, spacing_mm=(1.0, 6.0, 1.0)).slice_axis == 1


def test_a_gpu_takes_larger_volumes_in_3d(volumes):
    assert planned(volumes, on_gpu=True, shape_zyx=(96, 112, 96)).dims == 3


def test_ct_has_one_window_for_all(volumes):
    plan = planned(volumes, modalities=("CT",))
    assert plan.normalisation == "clip_fixed"


def test_detection_has_anchors_of_the_boxes_sizes_and_a_padded_patch(pictures):
    plan = planned(pictures, "detection")
    assert plan.network == "fasterrcnn"
    assert min(plan.anchor_sides_px) < 15 < 25 < max(plan.anchor_sides_px)
    assert plan.patch_zyx == (1, 96, 96)


def test_a_lateralised_label_forbids_mirroring(volumes):
    dataset = load_dataset(volumes)
    found = fingerprint(dataset, volumes, "segmentation")
    spec = TrainingSpec(str(volumes), "segmentation")
    left = (dataclasses.replace(dataset.labels[0], key="left_lung"), dataset.labels[1])
    assert make_plan(found, Dataset(left, ()), spec, on_gpu=False).mirror_axes == ()
    assert make_plan(found, dataset, spec, on_gpu=False).mirror_axes == ("x",)


def test_without_a_bound_the_plan_sets_both(volumes):
    plan = planned(volumes)
    assert plan.max_epochs > 0
    assert plan.seconds_budget > 0


def test_the_plan_is_the_same_for_the_same_data_and_reads_back(volumes, tmp_path):
    plan = planned(volumes)
    assert plan == planned(volumes)
    plan.write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json") == plan


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: Dataset((), d.cases), "no label"),
        (lambda d: Dataset(d.labels, tuple(c for c in d.cases if c.side != "train")), "no training case"),
        (
            lambda d: Dataset(d.labels, tuple(dataclasses.replace(c, label_status={}, mask_paths={}) for c in d.cases)),
            "nothing to learn",
        ),
    ],
)
def test_a_data_set_that_teaches_nothing_is_refused(volumes, change, message):
    with pytest.raises(DatasetError, match=message):
        fingerprint(change(load_dataset(volumes)), volumes, "segmentation")


def test_files_that_do_not_fit_are_refused_with_the_case_s_name(volumes, tmp_path):
    case = load_dataset(volumes).cases[0]
    np.save(tmp_path / "bad.npy", np.full((1, 4, 4, 4), np.nan))
    np.save(tmp_path / "flat.npy", np.zeros((4, 4)))
    labels = load_dataset(volumes).labels
    for name, message in (("bad.npy", "NaN"), ("flat.npy", r"\(C, Z, Y, X\)"), ("none.npy", "cannot read")):
        broken = Dataset(labels, (dataclasses.replace(case, image_path=name),))
        with pytest.raises(DatasetError, match=f"{case.case_id}.*{message}"):
            fingerprint(broken, tmp_path, "segmentation")


def test_a_marked_label_without_a_mask_is_refused(volumes):
    dataset = load_dataset(volumes)
    case = dataclasses.replace(dataset.cases[0], mask_paths={})
    with pytest.raises(DatasetError, match="names no mask"):
        fingerprint(Dataset(dataset.labels, (case,)), volumes, "segmentation")
