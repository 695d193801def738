"""The cards of Try a photo: text stays text, and pixels stay what they are."""

import base64
import io

import numpy as np
from PIL import Image

from dashboard import photo_cards
from fer_core.records import CLASS_NAMES
from fer_core.translation import translator
from tests.dashboard.conftest import HOSTILE

_ = translator()


def test_cards_escape_every_text_and_mark_the_likeliest_class() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    shares = dict(zip(CLASS_NAMES, (0.05, 0, 0, 0.625, 0.125, 0.1, 0.1), strict=True))
    document = {
        "runs": [{"name": HOSTILE, "synthetic": True}],
        "faces": [
            {
                "file": HOSTILE,
                "face": 2,
                "faces": 3,
                "box": [7, 8, 99],
                "pixels": base64.b64encode(pixels.tobytes()).decode(),
                "probabilities": {HOSTILE: shares},
                "ensemble": None,
            }
        ],
    }
    html = photo_cards.cards(document, _)
    assert "<b>x" not in html
    assert html.count("&lt;b&gt;x&lt;/b&gt;") == 3
    assert ": face 2 of 3</b> 99 × 99 pixels of the photo, from (7, 8)" in html
    assert '<td class="top" style="--share:62.5%">62.5 %</td>' in html
    assert html.count('class="top"') == 1
    assert '<th scope="row">Sad</th><td style="--share:12.5%">12.5 %</td>' in html
    png = base64.b64decode(html.split("base64,")[1].split('"')[0])
    with Image.open(io.BytesIO(png)) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)
