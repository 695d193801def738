import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.analysis import curves


def test_smoothing_is_pandas_adjusted_average():
    values = np.random.default_rng(0).random(60)
    for weight in (0.3, 0.9, 0.99):
        expected = pd.Series(values).ewm(alpha=1 - weight, adjust=True).mean()
        np.testing.assert_allclose(curves.smooth(values, weight), expected, rtol=1e-10)


def test_smoothing_worked_by_hand():
    # (1), (0.5 * 1 + 2) / 1.5, (0.25 * 1 + 0.5 * 2 + 4) / 1.75
    np.testing.assert_allclose(
        curves.smooth(np.array([1.0, 2.0, 4.0]), 0.5), [1, 2.5 / 1.5, 5.25 / 1.75]
    )


def test_weight_zero_changes_nothing_and_copies():
    values = np.array([3.0, 1.0])
    smoothed = curves.smooth(values, 0)
    assert smoothed.tolist() == [3, 1]
    assert smoothed is not values


def test_values_that_are_no_numbers_are_passed_over():
    smoothed = curves.smooth(np.array([2.0, np.nan, np.inf, 2.0]), 0.9)
    assert smoothed[0] == 2
    assert np.isnan(smoothed[1])
    assert np.isinf(smoothed[2])
    assert smoothed[3] == pytest.approx(2)


@pytest.mark.parametrize("weight", [1, -0.1, 2])
def test_weights_outside_the_range_are_refused(weight):
    with pytest.raises(ValueError, match=r"\[0, 1\)"):
        curves.smooth(np.ones(3), weight)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0, 0.99))
def test_smoothing_stays_between_the_extremes_so_far(values, weight):
    smoothed = curves.smooth(np.array(values), weight)
    assert (smoothed <= np.maximum.accumulate(values) + 1e-9).all()
    assert (smoothed >= np.minimum.accumulate(values) - 1e-9).all()


def test_best_is_the_earliest_of_the_highest():
    assert curves.best_index(np.array([0.1, 0.7, 0.3, 0.7])) == 1
    assert curves.best_index(np.array([np.nan, 0.2])) == 1
    assert curves.best_index(np.array([])) is None
    assert curves.best_index(np.array([np.nan])) is None


def test_improvement_stops_within_one_standard_error_of_the_best():
    accuracies = np.array([0.30, 0.60, 0.694, 0.68, 0.70, 0.69])
    error = curves.standard_error(0.70, 3589)
    assert error == pytest.approx(0.00765, abs=1e-5)
    assert curves.stops_improving_index(accuracies, error) == 2
    assert curves.stops_improving_index(accuracies, 0) == 4
    assert curves.stops_improving_index(np.array([]), error) is None


def test_without_a_count_half_a_point_is_taken():
    assert curves.standard_error(0.7, None) == 0.005
    assert curves.standard_error(1.0, 100) == 0


def test_gap_is_training_minus_validation():
    np.testing.assert_allclose(curves.gap([0.5, 0.9], [0.6, 0.7]), [-0.1, 0.2])


def test_the_time_of_an_epoch_is_the_median_of_those_that_are_known() -> None:
    assert curves.seconds_an_epoch([10.0, math.nan, 30.0, 11.0]) == 11.0
    assert curves.seconds_an_epoch([math.nan]) is None
    assert curves.seconds_an_epoch([]) is None
