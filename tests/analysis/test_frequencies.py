"""Tests of the share of energy by spatial frequency, on gratings."""

import numpy as np
import pytest

from fer_core.analysis.frequencies import BAND_NAMES, BANDS, energy_by_frequency


def _grating(down: int, across: int, phase: float = 0.3) -> np.ndarray:
    """A wave of so many cycles down and across 48 pixels."""
    y, x = np.mgrid[:48, :48] / 48
    return np.cos(2 * np.pi * (down * y + across * x) + phase)


@pytest.mark.parametrize(
    ("down", "across", "band"),
    [
        (1, 0, 0), (0, 2, 0), (2, 2, 0),  # 2.8 cycles: 17 pixels
        (3, 0, 1), (0, 5, 1), (4, 4, 1),  # 3 cycles are 16 pixels: a lower edge is included
        (6, 0, 2), (5, 5, 2), (0, -11, 2),
        (12, 0, 3), (9, 9, 3), (24, 24, 3),  # the finest there is
    ],
)  # fmt: skip
def test_a_grating_has_all_its_energy_in_its_band(down: int, across: int, band: int) -> None:
    shares = energy_by_frequency(_grating(down, across))
    np.testing.assert_allclose(shares, np.eye(len(BAND_NAMES))[band], atol=1e-12)


def test_shares_follow_squared_amplitudes_whatever_brightness_and_contrast() -> None:
    mixed = _grating(2, 0) + 0.5 * _grating(0, 20)
    shares = energy_by_frequency(np.stack([mixed, 100 - 7 * mixed]))
    np.testing.assert_allclose(shares, [[0.8, 0, 0, 0.2]] * 2, atol=1e-12)


def test_shares_sum_to_one_and_white_noise_fills_rings_by_their_area() -> None:
    noise = np.random.default_rng(0).random((200, 48, 48), np.float32).reshape(20, 10, 48, 48)
    shares = energy_by_frequency(noise)
    assert shares.shape == (20, 10, len(BANDS) - 1)
    np.testing.assert_allclose(shares.sum(-1), 1)
    areas = np.diff(np.pi * np.array(BANDS[:-1]) ** 2)
    np.testing.assert_allclose(shares.mean((0, 1)), [*areas, 1 - areas.sum()], atol=0.01)


def test_an_image_without_a_pattern_has_no_shares() -> None:
    images = np.stack([np.zeros((48, 48)), np.full((48, 48), 0.1), _grating(1, 0)])
    shares = energy_by_frequency(images.astype(np.float32))
    assert np.isnan(shares[:2]).all()
    assert shares[2, 0] == pytest.approx(1)
