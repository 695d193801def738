from itertools import pairwise

import numpy as np
from plotly.colors import sample_colorscale

from fer_core.figures import palette


def test_the_first_seventy_two_runs_look_different():
    assert len({palette.run_style(position) for position in range(72)}) == 72
    assert palette.run_style(1) == ("#E69F00", "square")


def test_neighbouring_runs_differ_in_grey_too():
    greys = [palette.luminance(palette.run_style(position).colour) for position in range(3)]
    for first, second in ((0, 1), (1, 2), (0, 2)):
        low, high = sorted((greys[first], greys[second]))
        assert (high + 0.05) / (low + 0.05) > 2


def test_luminance_of_black_white_and_red():
    assert palette.luminance("#000000") == 0
    assert palette.luminance("#ffffff") == 1
    assert abs(palette.luminance("#ff0000") - 0.2126) < 1e-9


def test_the_scale_gets_darker_all_the_way_and_is_what_plotly_draws():
    shares = np.linspace(0, 1, 101)
    shades = [palette.shade(share) for share in shares]
    light = [palette.luminance(shade) for shade in shades]
    assert all(a > b for a, b in pairwise(light))
    drawn = sample_colorscale(palette.COLOUR_SCALE, list(shares))
    for shade, theirs in zip(shades, drawn, strict=True):
        ours = [int(shade[i : i + 2], 16) for i in (1, 3, 5)]
        np.testing.assert_allclose(ours, eval(theirs.removeprefix("rgb")), atol=1)


def test_text_is_readable_on_every_shade():
    for share in np.linspace(0, 1, 101):
        shade = palette.shade(share)
        low, high = sorted((palette.luminance(shade), palette.luminance(palette.text_on(shade))))
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_signed_colours_are_white_at_zero_and_as_dark_on_both_sides():
    values = np.linspace(0, 1, 101)
    positive, negative = (palette.colours(sign * values, signed=True) for sign in (1, -1))
    assert positive[0].tolist() == negative[0].tolist() == [255, 255, 255]
    lights = [
        [palette.luminance("#" + bytes(colour).hex()) for colour in side.tolist()]
        for side in (positive, negative)
    ]
    for side in lights:
        assert all(a > b for a, b in pairwise(side)), "the order survives a grey printer"
    np.testing.assert_allclose(*lights, atol=0.09)
    # Blue against orange: red and green channels order them for colour-blind readers as well.
    assert (negative[20:, 2] > negative[20:, 0]).all()
    assert (positive[20:, 0] > positive[20:, 2]).all()


def test_unsigned_colours_are_the_sequential_scale():
    shares = np.linspace(0, 1, 31)
    drawn = palette.colours(shares, signed=False)
    expected = [palette.shade(share) for share in shares]
    ours = ["#" + bytes(colour).hex() for colour in drawn.tolist()]
    np.testing.assert_allclose(
        [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in ours],
        [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in expected],
        atol=1,
    )
