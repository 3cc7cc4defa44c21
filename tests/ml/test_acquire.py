"""Selection, not only scoring: what comes first, what share is random, and that nothing is lost or invented."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.acquire import STRATEGIES, rank
from ml.infer import binary_entropy

pools = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=4), st.none() | st.floats(0, 0.7), max_size=25)
shares = st.floats(0, 1)
strategies = st.sampled_from(sorted(STRATEGIES))


def seeded():
    return np.random.default_rng(7)


@given(pools, st.integers(0, 30), strategies, shares)
def test_the_queue_is_part_of_the_pool_without_repeats_and_as_long_as_asked(pool, k, strategy, share):
    queue = rank(pool, k, strategy, seeded(), share)
    names = [pick.case_id for pick in queue]
    assert len(names) == len(set(names)) == min(k, len(pool))
    assert set(names) <= set(pool)


@given(pools, st.integers(0, 30))
def test_without_a_random_share_the_queue_is_the_top_k_in_order(pool, k):
    queue = rank(pool, k, "entropy", seeded(), 0.0)
    known = sorted((score for score in pool.values() if score is not None), reverse=True)
    assert [pick.value for pick in queue if pick.reason == "model_unsure"] == known[:k]
    assert [pick.place for pick in queue if pick.reason == "model_unsure"] == list(range(len(known[:k])))
    reasons = [pick.reason for pick in queue]
    assert reasons == sorted(reasons)  # model_unsure, then not_scored


@given(pools, st.integers(0, 30), strategies, shares)
def test_what_is_not_random_comes_from_the_top(pool, k, strategy, share):
    queue = rank(pool, k, strategy, seeded(), share)
    random = [pick for pick in queue if pick.reason == "random_share"]
    assert len(random) == round((1.0 if strategy == "random" else share) * len(queue))
    if strategy == "entropy":
        unsure = [pick for pick in queue if pick.reason == "model_unsure"]
        assert [pick.value for pick in unsure] == sorted((pick.value for pick in unsure), reverse=True)
        passed_over = {case for case, score in pool.items() if score is not None} - {p.case_id for p in queue}
        assert all(pool[case] <= pick.value for case in passed_over for pick in unsure)


@given(pools, st.integers(0, 30), strategies, shares)
def test_the_same_seed_gives_the_same_queue(pool, k, strategy, share):
    assert rank(pool, k, strategy, seeded(), share) == rank(dict(reversed(pool.items())), k, strategy, seeded(), share)


def test_an_empty_pool_is_an_answer():
    assert rank({}, 5) == []


def test_two_hard_cases_are_chosen_before_an_easy_one():
    queue = rank({"easy": 0.1, "hard": 0.6, "harder": 0.65}, 2, "entropy", seeded(), 0.0)
    assert [(p.case_id, p.reason, p.place) for p in queue] == [
        ("harder", "model_unsure", 0),
        ("hard", "model_unsure", 1),
    ]


def test_the_random_share_is_spread_over_the_queue_and_differs_between_seeds():
    pool = {f"c{k:02d}": k / 100 for k in range(40)}
    queue = rank(pool, 20, "entropy", seeded(), 0.2)
    assert [k for k, pick in enumerate(queue) if pick.reason == "random_share"] == [4, 9, 14, 19]
    others = {tuple(p.case_id for p in rank(pool, 20, "entropy", np.random.default_rng(s), 0.2)) for s in range(5)}
    assert len(others) > 1


def test_power_noise_prefers_unsure_cases_without_always_taking_the_same():
    pool = {f"c{k}": 0.05 + 0.06 * k for k in range(10)}
    firsts = [rank(pool, 1, "power", np.random.default_rng(s), 0.0)[0].value for s in range(60)]
    assert len(set(firsts)) > 2
    assert np.mean(firsts) > np.mean(list(pool.values())) + 0.05


@pytest.mark.parametrize(
    "arguments", [({}, -1), ({"a": float("nan")}, 1), ({"a": 0.1}, 1, "luck"), ({"a": 0.1}, 1, "entropy", None, 1.5)]
)
def test_nonsense_is_refused(arguments):
    with pytest.raises(ValueError, match=r"k is|not finite|no strategy|random_share"):
        rank(*arguments)


@given(st.floats(0, 1))
def test_two_class_entropy_peaks_at_one_half(p):
    assert 0 <= binary_entropy(np.array(p)) <= binary_entropy(np.array(0.5))
    assert binary_entropy(np.array(p)) == pytest.approx(binary_entropy(np.array(1 - p)), abs=1e-9)
