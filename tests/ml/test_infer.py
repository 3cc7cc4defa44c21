"""Prediction: findings on the case's own grid, scores, uncertainty, and files that read back."""

import dataclasses

import numpy as np
import pytest

from ml import masks
from ml.contracts import PredictionResult
from ml.dataset import cases_of, load_dataset, load_mask
from ml.detection import RawBox, best_threshold, link_slices
from ml.errors import DatasetError, WeightsHashError
from ml.infer import clean_findings, load, surface_entropy
from ml.metrics import Matches, dice


@pytest.fixture(scope="module")
def predictor(trained):
    return load(trained[0], "cpu")


def test_findings_lie_where_the_reference_does_in_every_orientation(predictor, volumes, tmp_path):
    for case in cases_of(load_dataset(volumes), "test")[:3]:  # the three orientations of the phantom
        result = predictor.predict(case, volumes, tmp_path / case.case_id)
        (organ,) = [f for f in result.findings if f.label_key == "organ"]
        stored = np.load(tmp_path / case.case_id / organ.mask_path, allow_pickle=False)
        whole = np.zeros(np.load(volumes / case.image_path).shape[1:], dtype=bool)
        where = tuple(slice(a, b) for a, b in zip(organ.box.start_zyx, organ.box.stop_zyx, strict=True))
        whole[where] = stored["mask"]
        assert tuple(stored["start_zyx"]) == organ.box.start_zyx
        assert dice(whole, load_mask(case, volumes, "organ", whole.shape)) > 0.6
        assert organ.voxel_count == whole.sum()
        assert organ.largest_slice == masks.largest_slice(whole)
        assert 0.5 <= organ.score <= 1.0


def test_the_result_is_written_as_it_is_returned(predictor, volumes, tmp_path):
    case = cases_of(load_dataset(volumes), "test")[0]
    result = predictor.predict(case, volumes, tmp_path)
    assert PredictionResult.read(tmp_path / "prediction.json") == result
    assert [f.score for f in result.findings] == sorted((f.score for f in result.findings), reverse=True)
    assert result.least_score == min(f.score for f in result.findings)
    assert set(result.entropy_by_label) == {"organ", "lesion"}
    assert 0 < result.entropy < np.log(2)


def test_prediction_repeats_itself(predictor, volumes, tmp_path):
    case = cases_of(load_dataset(volumes), "test")[1]
    first, second = (predictor.predict(case, volumes, tmp_path / name) for name in "ab")
    assert dataclasses.replace(first, seconds=0) == dataclasses.replace(second, seconds=0)


def test_a_case_with_other_channels_is_refused(predictor, volumes, tmp_path):
    case = cases_of(load_dataset(volumes), "test")[0]
    np.save(tmp_path / "rgb.npy", np.zeros((3, 4, 4, 4), dtype=np.float32))
    with pytest.raises(DatasetError, match="3 channels"):
        predictor.predict(dataclasses.replace(case, image_path="rgb.npy"), tmp_path, tmp_path / "out")


def test_a_run_that_did_not_finish_is_refused(tmp_path):
    with pytest.raises(WeightsHashError, match="not complete"):
        load(tmp_path)


def test_small_parts_go_and_an_organ_stays_one_finding():
    mask = np.zeros((4, 30, 30), dtype=bool)
    mask[:, 2:12, 2:12] = mask[:, 20:28, 20:28] = True
    mask[0, 0, 29] = True
    assert [p.voxel_count for p in clean_findings(mask, "many", 10)] == [400, 256]
    (organ,) = clean_findings(mask, "one", 10)
    assert organ.voxel_count == 656
    (speck,) = clean_findings(mask * (np.arange(30) == 29), "one", 10)
    assert speck.voxel_count == 1  # the only part of an organ is never dropped
    assert clean_findings(np.zeros((1, 2, 2), bool), "one", 0) == []


def test_a_sharp_edge_is_surer_than_a_soft_one_and_a_near_miss_is_unsure():
    x = np.abs(np.arange(40) - 20)[None, None, :] * np.ones((10, 10, 1))
    sharp, soft = (1 / (1 + np.exp((x - 8) * k)) for k in (6.0, 0.6))
    assert surface_entropy(sharp.astype(np.float32), 0.5) < surface_entropy(soft.astype(np.float32), 0.5)
    nothing, near = np.full((10, 10, 40), 0.001, np.float32), np.full((10, 10, 40), 0.4, np.float32)
    assert surface_entropy(nothing, 0.5) < 0.02
    assert surface_entropy(near, 0.5) > 0.6


def test_boxes_of_neighbouring_slices_become_one():
    def box(z, x, score, label="cell"):
        return RawBox(label, (z, 0, x), (z + 1, 10, x + 10), score)

    found = link_slices(
        [[box(0, 0, 0.8), box(0, 50, 0.3)], [box(1, 1, 0.6), box(1, 0, 0.9, "other")], [], [box(3, 0, 0.7)]]
    )
    spans = [(b.label_key, b.start[0], b.stop[0], round(b.score, 2)) for b in found]
    assert spans == [("other", 1, 2, 0.9), ("cell", 0, 2, 0.7), ("cell", 3, 4, 0.7), ("cell", 0, 1, 0.3)]


def test_the_offering_threshold_is_where_f1_is_best():
    found = Matches(np.array([0.9, 0.8, 0.3, 0.2]), np.array([True, True, False, False]), 2)
    assert best_threshold([found]) == 0.8
    assert best_threshold([Matches(np.array([0.9]), np.array([False]), 1)]) == 0.5
