import numpy as np
import pytest
from scipy import stats

from inference_worker.evaluation.statistics import compare, estimate


def test_an_interval_covers_the_mean_and_shrinks_with_patients():
    rng = np.random.default_rng(0)
    few, many = rng.normal(0.9, 0.05, 6), rng.normal(0.9, 0.05, 200)
    small, large = estimate(few), estimate(many)
    assert small.low < few.mean() < small.high
    assert large.high - large.low < small.high - small.low
    assert large.low < 0.9 < large.high


def test_one_patient_allows_no_interval():
    alone = estimate([0.8])
    assert (alone.mean, alone.low, alone.high, alone.patients) == (0.8, None, None, 1)
    assert "n=1" in alone.text()


def test_an_interval_is_the_same_every_time():
    assert estimate([0.1, 0.5, 0.4]) == estimate([0.1, 0.5, 0.4])


def test_arms_are_compared_over_the_patients_they_share():
    first = {f"p{k}": 0.9 + 0.001 * k for k in range(8)}
    second = {f"p{k}": 0.8 for k in range(2, 10)}
    comparison = compare(first, second)
    shared = [first[f"p{k}"] - 0.8 for k in range(2, 8)]
    assert comparison.difference.patients == 6
    assert comparison.difference.mean == pytest.approx(np.mean(shared))
    assert comparison.p == pytest.approx(stats.wilcoxon(shared).pvalue)
    assert comparison.effect == 1.0


def test_the_effect_is_the_balance_of_ranks():
    first = {"a": 1.0, "b": 2.0, "c": 3.0}
    second = {"a": 2.0, "b": 0.0, "c": 0.0}
    # Differences -1, 2, 3 of ranks 1, 2, 3.
    assert compare(first, second).effect == pytest.approx((2 + 3 - 1) / 6)


def test_equal_arms_differ_by_nothing():
    same = {"a": 0.5, "b": 0.7}
    comparison = compare(same, dict(same))
    assert (comparison.p, comparison.effect) == (1.0, 0.0)


def test_arms_without_a_shared_patient_are_refused():
    with pytest.raises(ValueError, match="share no patient"):
        compare({"a": 1.0}, {"b": 1.0})
