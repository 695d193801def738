import io

import numpy as np
import pytest
from PIL import Image

from dashboard import faces


@pytest.mark.parametrize("count", [1, 16, 17, 40])
def test_the_sprite_holds_every_image_unchanged(count: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, 48, 48), np.uint8)
    sheet = np.asarray(Image.open(io.BytesIO(faces.sprite(images))))
    assert sheet.shape == (48 * -(-count // 16), 768)
    for index, image in enumerate(images):
        row, column = divmod(index, 16)
        found = sheet[48 * row : 48 * (row + 1), 48 * column : 48 * (column + 1)]
        np.testing.assert_array_equal(found, image)


def test_a_card_says_sample_probabilities_true_and_predicted_class() -> None:
    images = np.zeros((18, 48, 48), np.uint8)
    cards = [
        faces.Face(f"test:{index}", f"name-{index}", (("Sad", 0.256), ("Happy", 0.744)))
        for index in range(18)
    ]
    html = faces.grid(images, cards, true="Sad", predicted="Happy")
    last = html.split("<figure")[18]
    assert 'aria-label="test:17"' in last
    assert "background-position:-96px -96px" in last
    assert '<span class="true " style="--share:25.6%">Sad<em>26</em>' in last
    assert '<span class="predicted" style="--share:74.4%">Happy<em>74</em>' in last
    assert html.count("url(data:image/png;base64,") == 1


def test_tiles_stand_in_their_groups_each_with_its_own_picture() -> None:
    images = np.zeros((18, 48, 48), np.uint8)
    members = [faces.Tile(f"train:{index}", "Sad", f"name-{index}") for index in range(18)]
    html = faces.tiles(images, [("", members[:1]), ("17 images", members[1:])])
    alone, group = html.split('<div class="tiles">')[1].split("<section>")
    assert (alone.count("<figure>"), group.count("<figure>")) == (1, 17)
    assert group.startswith("<h6>17 images</h6>")
    last = group.split("<figure>")[17]
    assert 'aria-label="train:17" style="background-position:-96px -96px"' in last
    assert "<b>train:17</b>Sad<em>name-17</em>" in last


def test_what_several_runs_say_of_a_face_is_escaped_and_marked() -> None:
    shares = (0.5, 0.3, 0.2)
    card = faces.Judged(
        "validation:1",
        "<i>name</i>",
        "Fear",
        (faces.Answer("<b>a</b>", "Fear", shares), faces.Answer("b", "Sad & <x>", shares)),
        'explanations?runs=a&sample="',
    )
    html = faces.judged(
        np.zeros((1, 48, 48), np.uint8), [card], ["Fear", "Sad & <x>", "Happy"], "<why>"
    )
    assert not {"<i>name", "<b>a", "<x>", "<why>"} & {html[i : i + 7] for i in range(len(html))}
    assert "<b>a</b>" not in html
    assert '<a href="explanations?runs=a&amp;sample=&quot;">&lt;why&gt;</a>' in html
    first, second = html.split("<section>")[1:]
    assert 'class="true predicted" style="--share:50.0%">Fear' in first
    assert 'class="true " style="--share:50.0%">Fear' in second
    assert 'class="predicted" style="--share:30.0%">Sad &amp; &lt;x&gt;<em>30</em>' in second
