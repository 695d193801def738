import numpy as np
import pytest

from fer_core.analysis import maps


def test_the_strongest_colour_is_the_99th_percentile_of_all_absolute_values():
    values = np.random.default_rng(0).normal(size=(3, 48, 48))
    expected = np.sort(np.abs(values).ravel())
    place = 0.99 * (expected.size - 1)
    low = int(place)
    between = expected[low] + (place - low) * (expected[low + 1] - expected[low])
    assert maps.limit(values) == pytest.approx(between)


def test_a_map_of_few_pixels_is_drawn_against_its_largest():
    values = np.zeros((48, 48))
    values[3, 4], values[5, 6] = -2, 1
    assert maps.limit(values) == 2


@pytest.mark.parametrize("values", [np.zeros((48, 48)), np.full((2, 48, 48), np.nan)])
def test_blank_maps_have_no_level_and_scale_to_zeros(values):
    assert maps.limit(values) == 0
    assert not maps.scaled(values, 0).any()


def test_maps_that_are_not_finite_do_not_count_for_the_others():
    values = np.ones((2, 48, 48))
    values[1, 0, 0] = np.inf
    assert maps.limit(values) == 1
    assert not maps.scaled(values[1], 1).any()
    assert maps.blank_reason(values[1]) == "not finite"


def test_scaled_values_keep_their_sign_and_are_cut():
    values = np.array([[-3.0, -1, 0], [0.5, 2, 9]], np.float32)
    np.testing.assert_allclose(maps.scaled(values, 2), [[-1, -0.5, 0], [0.25, 1, 1]])


def test_why_a_map_is_blank():
    values = np.zeros((48, 48))
    assert maps.blank_reason(values) == "all zero"
    values[0, 0] = 1e-9
    assert maps.blank_reason(values) == ""


def test_cold_pixels_become_the_mean_of_the_whole_image():
    image = np.array([[0, 100], [200, 101]], np.uint8)
    keep = np.array([[True, False], [False, True]])
    found = maps.masked(image, keep)
    assert found.dtype == np.uint8
    assert found.tolist() == [[0, 100], [100, 101]]  # the mean, 100.25, rounded


def test_the_top_segments_are_the_largest_positive_ones_in_order():
    weights = np.array([0.1, -5, 0.3, 0, 0.3, 0.2])
    assert maps.top_segments(weights, 3).tolist() == [2, 4, 5]
    assert maps.top_segments(weights, 6).tolist() == [2, 4, 5, 0]
    assert maps.top_segments(-np.ones(4), 2).tolist() == []


def test_borders_lie_between_segments():
    segments = np.array([[0, 0, 1], [0, 0, 1], [2, 2, 2]])
    expected = [[False, True, False], [True, True, True], [False, False, False]]
    assert maps.borders(segments).tolist() == expected
