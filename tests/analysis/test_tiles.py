import numpy as np

from fer_core.analysis.tiles import enlarged, stretched


def test_each_image_goes_from_its_own_1st_to_its_99th_percentile():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(3, 2, 48, 48)) * np.array([1, 10, 0.01])[:, None, None, None]
    found = stretched(images)
    assert found.dtype == np.uint8
    for place in np.ndindex(3, 2):
        low, high = np.percentile(images[place], (1, 99))
        expected = 255 * ((images[place] - low) / (high - low)).clip(0, 1)
        np.testing.assert_allclose(found[place], expected, atol=0.51)


def test_float16_values_are_stretched_as_exactly_as_they_are_stored():
    images = np.random.default_rng(1).normal(0.5, 3, (2, 48, 48)).astype(np.float16)
    np.testing.assert_array_equal(stretched(images), stretched(images.astype(np.float64)))


def test_an_image_that_shows_nothing_is_middle_grey():
    images = np.stack([np.full((48, 48), 7.0), np.full((48, 48), np.nan), np.eye(48)])
    images[1, 0, 0] = 3
    found = stretched(images)
    assert (found[:2] == 128).all()
    assert set(np.unique(found[2])) == {0, 255}


def test_a_place_of_an_enlarged_map_has_the_value_of_the_nearest():
    maps = np.arange(2 * 5 * 3).reshape(2, 5, 3)
    found = enlarged(maps, 48)
    assert found.shape == (2, 48, 48)
    for row, column in ((0, 0), (9, 15), (10, 16), (24, 31), (47, 47)):
        expected = maps[:, int((row + 0.5) * 5 / 48), int((column + 0.5) * 3 / 48)]
        np.testing.assert_array_equal(found[:, row, column], expected)
    np.testing.assert_array_equal(enlarged(maps, 48)[:, 5::10, 8::16][:, :5], maps)
