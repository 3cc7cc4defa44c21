"""The gate's rules, value by value, and the laws of the bootstrap behind them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import comparison
from ml.comparison import compare, label_verdict, mean_of, overall_verdict, pooled_average_precision
from ml.metrics import Matches


def patients(values):
    return {f"p{i}": float(v) for i, v in enumerate(values)}


@pytest.mark.parametrize(
    ("gain", "low", "high", "n", "verdict"),
    [
        (0.10, 0.05, 0.15, 8, "better"),
        (0.01, -0.01, 0.03, 8, "better"),
        (0.01, -0.02, 0.04, 8, "cannot_tell"),
        (0.0, 0.0, 0.0, 8, "not_worse"),
        (-0.005, -0.015, -0.001, 8, "not_worse"),
        (-0.05, -0.08, -0.01, 8, "worse"),
        (-0.05, -0.12, 0.01, 8, "cannot_tell"),
        (0.10, 0.05, 0.15, 4, "cannot_tell"),
        (-0.5, -0.6, -0.4, 4, "cannot_tell"),
    ],
)
def test_the_rules_for_one_label(gain, low, high, n, verdict):
    assert label_verdict(gain, low, high, n, 0.02, 5) == verdict


def overall_of(*label_values):
    """Compare over labels given as (active, candidate) lists of per-patient values."""
    labels = [compare(f"l{i}", patients(new), patients(old), mean_of) for i, (old, new) in enumerate(label_values)]
    old = np.mean([v[0] for v in label_values], axis=0)
    new = np.mean([v[1] for v in label_values], axis=0)
    overall = compare("overall", patients(new), patients(old), mean_of)
    return overall_verdict(overall, labels, 0.02)


LOW, HIGH = [0.5, 0.52, 0.48, 0.55, 0.51, 0.49], [0.7, 0.71, 0.69, 0.74, 0.72, 0.68]


def test_a_plain_gain_is_better_and_a_plain_loss_worse():
    assert overall_of((LOW, HIGH)) == "better"
    assert overall_of((HIGH, LOW)) == "worse"
    assert overall_of((HIGH, HIGH)) == "not_worse"


def test_one_forgotten_label_makes_the_whole_worse_whatever_the_mean_gain():
    assert overall_of((LOW, HIGH), (LOW, HIGH), (HIGH, [v - 0.06 for v in HIGH])) == "worse"


def test_an_unsure_label_means_cannot_tell():
    noisy = [v + d for v, d in zip(LOW, [0.3, -0.3, 0.3, -0.3, 0.3, -0.2], strict=True)]
    assert overall_of((LOW, HIGH), (LOW, noisy)) == "cannot_tell"


def test_too_few_patients_cannot_tell_and_the_number_needed_is_named():
    found = compare("l", patients(HIGH[:4]), patients(LOW[:4]), mean_of)
    assert (found.verdict, found.n, found.needed_n) == ("cannot_tell", 4, 5)


def test_a_label_nobody_was_scored_on_is_left_out_and_one_without_common_patients_is_not():
    good = compare("overall", patients(HIGH), patients(LOW), mean_of)
    nobody = compare("l", {}, {}, mean_of)
    assert overall_verdict(good, [nobody], 0.02) == "better"
    found = compare("l", {"a": 0.5}, {"b": 0.5}, mean_of)
    assert (found.n, found.verdict) == (0, "cannot_tell")


def test_more_patients_are_asked_for_when_the_interval_is_wide():
    old = [0.5] * 8
    new = [0.5 + d for d in (0.2, -0.2, 0.25, -0.1, 0.2, -0.2, 0.1, -0.1)]
    found = compare("l", patients(new), patients(old), mean_of)
    assert found.verdict == "cannot_tell"
    assert found.needed_n is not None
    assert found.needed_n > 8


values = st.lists(st.floats(0, 1), min_size=5, max_size=9)


@settings(max_examples=15, deadline=None)
@given(values, st.data())
def test_laws_of_the_paired_bootstrap(old, data):
    new = data.draw(st.lists(st.floats(0, 1), min_size=len(old), max_size=len(old)))
    there = compare("l", patients(new), patients(old), mean_of, seed=3)
    back = compare("l", patients(old), patients(new), mean_of, seed=3)
    assert there.low <= there.gain + 1e-9
    assert there.gain <= there.high + 1e-9
    assert there == compare("l", patients(new), patients(old), mean_of, seed=3)
    assert there.gain == pytest.approx(-back.gain)
    assert there.low == pytest.approx(-back.high)
    assert not (there.verdict == "better" and there.low <= -0.02)
    assert not (there.verdict == "worse" and there.high >= 0)


@given(values)
def test_a_model_against_itself_is_never_better_or_worse(same):
    found = compare("l", patients(same), patients(same), mean_of)
    assert (found.verdict, found.gain, found.low, found.high) == ("not_worse", 0.0, 0.0, 0.0)


def test_detections_are_resampled_by_patient():
    def found(hit):
        return [Matches(np.array([0.9, 0.8]), np.array([hit, not hit]), 1)]

    better = {f"p{i}": found(True) for i in range(6)}
    worse = {f"p{i}": found(False) for i in range(6)}
    result = compare("cell", better, worse, pooled_average_precision)
    assert result.candidate_mean == 1.0
    assert result.active_mean == pytest.approx(0.5)
    assert result.verdict == "better"


def test_a_first_model_is_better_only_when_it_passed():
    assert comparison.only_candidate("l", patients(HIGH), mean_of, passed=True).verdict == "better"
    assert comparison.only_candidate("l", patients(HIGH), mean_of, passed=False).verdict == "worse"
    assert comparison.only_candidate("l", patients(HIGH[:3]), mean_of, passed=True).verdict == "cannot_tell"
