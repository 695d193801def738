"""No label of the figures of filters lies on another one or outside."""

import pytest
from playwright.sync_api import Browser

from fer_core import figures
from tests.figures import boxes

FILTERS = ("filters", "filter_detail", "layer_outputs", "kernels", "class_images", "adversarial")


@pytest.mark.parametrize("name", [*FILTERS, "robustness_curve", "dream"])
def test_no_text_lies_on_other_text_or_outside(known, drawing, browser: Browser, name):
    hostile = ("cnn", known.long, known.chinese, known.markup, "dnn", "real")
    switches = {"activations": "on"} if name in ("filters", "layer_outputs") else {}
    page = browser.new_page(viewport={"width": 800, "height": 1600})
    for runs, options in (
        (hostile[:1], {}),
        (hostile[:1], {"width_mm": 60, **switches}),
        (hostile, {"width_mm": 170, **switches}),
        (hostile[:2], {"width_mm": 120, "font_size": 12}),
    ):
        built = figures.build(name, known.store, runs, **options)
        page.set_content(f"<body style='margin: 0'>{figures.export(built, 'svg').decode()}</body>")
        texts = page.evaluate(boxes.OF_TEXTS)
        size = built.figure.layout.width, built.figure.layout.height
        assert texts
        assert boxes.outside(texts, *size) == [], options
        assert boxes.overlapping(texts) == [], options
    page.close()
