"""The figures of networks in the browser that prints them."""

from itertools import groupby

import pytest
from playwright.sync_api import Browser

from fer_core import figures
from tests.figures import boxes, networks

NAMES = list(networks.ARCHITECTURES)
CASES = [
    *[("architecture_diagram", [name], {}) for name in NAMES],
    *[("architecture_diagram", [name], {"width_mm": 170}) for name in NAMES],
    ("architecture_diagram", ["e-cnn", "e-dnn", "fast"], {"width_mm": 170}),
    ("architecture_diagram", ["d-cnn"], {"width_mm": 60, "font_size": 16}),
    *[("architecture", [name], {}) for name in NAMES],
    *[("architecture", [name], {"width_mm": 170}) for name in NAMES],
    ("architecture", ["e-cnn", "d-cnn", "fast"], {"width_mm": 170}),
    ("architecture", ["twenty"], {"rows": "all", "columns": "type,shape"}),
    ("architecture", ["d-cnn"], {"width_mm": 60, "font_size": 16}),
    *[("layer_arithmetic", [name], {}) for name in NAMES],
    ("layer_arithmetic", ["d-cnn", "e-dnn", "uneven"], {"width_mm": 170}),
    ("layer_arithmetic", ["d-cnn"], {"width_mm": 60, "font_size": 16}),
    *[("complexity", [name], {}) for name in NAMES],
    ("complexity", ["e-cnn", "e-dnn", "fast"], {"width_mm": 170}),
    ("complexity", ["d-cnn"], {"width_mm": 60, "font_size": 16}),
]


@pytest.mark.browser
def test_no_text_lies_on_other_text_or_outside(built_networks, drawing, browser: Browser):
    page = browser.new_page(viewport={"width": 900, "height": 2000})
    for name, runs, options in CASES:
        built = figures.build(name, built_networks, runs, **options)
        page.set_content(f"<body style='margin: 0'>{figures.export(built, 'svg').decode()}</body>")
        texts = page.evaluate(boxes.OF_TEXTS)
        layout = built.figure.layout
        assert texts
        assert boxes.outside(texts, layout.width, layout.height) == [], (name, runs, options)
        assert boxes.overlapping(texts) == [], (name, runs, options)
        for filled in _filled(built):
            assert [text for text in texts if boxes.overlapping([filled, text])] == [], runs
    page.close()


def _filled(built):
    """The boxes of all that is filled with a colour."""
    found = []
    for trace in built.figure.data:
        if trace.type == "scatter" and trace.fill == "toself":
            corners = zip(trace.x, trace.y, strict=True)
            for known, polygon in groupby(corners, key=lambda corner: corner[0] is not None):
                if known:
                    xs, ys = zip(*polygon, strict=True)
                    found.append(("filled", min(xs), min(ys), max(xs), max(ys)))
    return found


@pytest.mark.browser
def test_other_runs_in_every_script_are_told_apart_in_the_scatter(known, drawing, browser: Browser):
    runs = ("cnn", known.long, known.chinese, known.markup, "dnn", "real")
    page = browser.new_page(viewport={"width": 900, "height": 2000})
    for options in ({}, {"x": "seconds"}, {"x": "operations", "width_mm": 170}):
        built = figures.build("complexity", known.store, runs, by="run", **options)
        page.set_content(f"<body style='margin: 0'>{figures.export(built, 'svg').decode()}</body>")
        texts = page.evaluate(boxes.OF_TEXTS)
        assert boxes.outside(texts, built.figure.layout.width, built.figure.layout.height) == []
        assert boxes.overlapping(texts) == [], options
    page.close()
