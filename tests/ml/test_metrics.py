"""Laws of Dice, surface distance, overlap and average precision."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ml import metrics
from ml.contracts import Box

pairs = hnp.array_shapes(min_dims=3, max_dims=3, max_side=5).flatmap(
    lambda s: st.tuples(hnp.arrays(bool, s), hnp.arrays(bool, s))
)


def box(x, size=4, score=1.0, label="cell"):
    return Box(label, (0, 0, x), (1, size, x + size), score)


@given(pairs)
def test_dice_is_symmetric_bounded_and_one_with_itself(pair):
    a, b = pair
    assert metrics.dice(a, b) == metrics.dice(b, a)
    assert 0.0 <= metrics.dice(a, b) <= 1.0
    assert metrics.dice(a, a) == 1.0


def test_dice_of_nothing_with_nothing_is_one_and_with_something_zero():
    empty, full = np.zeros((2, 2, 2)), np.ones((2, 2, 2))
    assert metrics.dice(empty, empty) == 1.0
    assert metrics.dice(empty, full) == 0.0
    with pytest.raises(ValueError, match="different shape"):
        metrics.dice(empty, np.zeros((2, 2, 3)))


def test_surface_distance_is_in_millimetres():
    a, b = np.zeros((5, 5, 9), bool), np.zeros((5, 5, 9), bool)
    a[2, 2, 2] = b[2, 2, 5] = True
    assert metrics.hausdorff95(a, b, (3.0, 2.0, 0.5)) == pytest.approx(1.5)
    assert metrics.hausdorff95(a, a, (3.0, 2.0, 0.5)) == 0.0
    assert metrics.hausdorff95(a, np.zeros_like(a), (1, 1, 1)) is None
    assert metrics.mean_surface_distance(a, b, (1, 1, 1)) == pytest.approx(3.0)


def test_iou_of_half_open_boxes():
    assert metrics.iou(box(0), box(0)) == 1.0
    assert metrics.iou(box(0), box(2)) == pytest.approx(8 / 24)
    assert metrics.iou(box(0), box(4)) == 0.0
    assert metrics.iou(box(0, size=0), box(0, size=0)) == 0.0


def test_average_precision_by_hand():
    reference = [box(0), box(10), box(20)]
    predicted = [box(0, score=0.9), box(40, score=0.8), box(10, score=0.7)]
    found = metrics.match_boxes(predicted, reference, "cell")
    assert found.is_hit.tolist() == [True, False, True]
    assert metrics.average_precision([found]) == pytest.approx((1 + 2 / 3) / 3)


def test_a_second_detection_of_one_box_is_false_and_other_labels_do_not_count():
    predicted = [box(0, score=0.9), box(0, score=0.8), box(0, score=0.95, label="other")]
    found = metrics.match_boxes(predicted, [box(0)], "cell")
    assert found.is_hit.tolist() == [True, False]
    assert metrics.average_precision([found]) == 1.0


def test_average_precision_where_there_is_nothing():
    assert metrics.average_precision([]) is None
    assert metrics.average_precision([metrics.Matches()]) is None
    assert metrics.average_precision([metrics.match_boxes([], [box(0)], "cell")]) == 0.0
    assert metrics.average_precision([metrics.match_boxes([box(0)], [], "cell")]) == 0.0


@given(st.lists(st.tuples(st.integers(0, 60), st.floats(0, 1)), max_size=12))
def test_average_precision_is_bounded_and_scores_only_matter_by_order(found):
    reference = [box(0), box(20), box(40)]
    predicted = [box(x, score=s) for x, s in found]
    value = metrics.average_precision([metrics.match_boxes(predicted, reference, "cell")])
    halved = [box(x, score=s / 2) for x, s in found]
    assert value is not None
    assert 0.0 <= value <= 1.0
    assert value == metrics.average_precision([metrics.match_boxes(halved, reference, "cell")])


def test_froc_counts_false_detections_per_case():
    first = metrics.match_boxes([box(40, score=0.9), box(0, score=0.5)], [box(0)], "cell")
    assert metrics.froc_sensitivity([first], 0.5) == 0.0
    assert metrics.froc_sensitivity([first], 1.0) == 1.0
    assert metrics.froc_sensitivity([metrics.Matches()], 1.0) is None
