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
