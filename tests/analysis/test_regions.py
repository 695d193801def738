import numpy as np

from fer_core.analysis.regions import energy_by_region, share_of_pixels


def test_energy_counts_absolute_values_by_region() -> None:
    regions = np.zeros((2, 48, 48), np.uint8)
    regions[:, :12] = 2  # eyes: a quarter of the pixels
    maps = np.ones((2, 48, 48))
    maps[0, :12] = -3  # three times as strong: half of the energy
    maps[1, :12] = 0
    expected = [[0.5, 0, 0.5, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0]]
    np.testing.assert_allclose(energy_by_region(maps, regions), expected)
    np.testing.assert_allclose(share_of_pixels(regions), [[0.75, 0, 0.25, 0, 0, 0, 0]] * 2)


def test_a_blank_or_broken_map_has_no_energy() -> None:
    maps = np.zeros((2, 48, 48))
    maps[1] = 1
    maps[1, 5, 5] = np.nan
    assert np.isnan(energy_by_region(maps, np.zeros((2, 48, 48), np.uint8))).all()
