"""Outputs, kernels, class images, attacks, robustness, dreams and the detail of a filter."""

import numpy as np
import pytest

from fer_core import figures
from fer_core.analysis.metrics import wilson_interval
from fer_core.analysis.tiles import enlarged, stretched
from fer_core.errors import InputError
from fer_core.figures import palette
from fer_core.records import CLASS_NAMES
from tests.figures import filtered, networks

FIRST, SECOND = filtered.SAMPLES


@pytest.fixture
def own(tiny_store):
    """The run `net`, with nothing stored."""
    with tiny_store.start_run(
        "net", config={}, preset="p", data="tiny", layers=networks.layers("d-cnn")
    ):
        pass
    return tiny_store


def strengths(run, sample):
    return filtered.random("strengths", run, sample).uniform(0, 1, filtered.COUNT)


def test_outputs_are_drawn_by_their_sign_and_size(known, pictures):
    built = figures.build("layer_outputs", known.store, ("cnn",), sample=SECOND, width_mm=170)
    maps = filtered.outputs("cnn", SECOND).astype(np.float64)
    sheet = pictures(built)[0]
    for number, values in enumerate(maps):
        level = np.percentile(np.abs(values), 99)
        scaled = enlarged(np.clip(values / level, -1, 1), 48)
        left = 1 + 51 * number
        expected = palette.colours(scaled, signed=True)
        np.testing.assert_allclose(sheet[1:49, left : left + 48], expected, atol=1)
    titles = [note.text for note in built.figure.layout.annotations]
    assert f"Output of layer conv1 (Given image {SECOND})" in titles


def test_outputs_are_ordered_by_the_activation_for_the_image(known):
    built = figures.build("layer_outputs", known.store, ("cnn",), sample=FIRST, order="activation")
    [side] = built.info.sides
    order = np.argsort(-strengths("cnn", FIRST))
    np.testing.assert_array_equal(side.filters, order)
    np.testing.assert_array_equal(side.maps, filtered.outputs("cnn", FIRST)[order])
    assert built.description.endswith(f"the strongest of filter {order[0]}.")


def test_outputs_on_a_shared_scale_keep_their_proportions(known):
    built = figures.build("layer_outputs", known.store, ("cnn",), sample=FIRST, scale="shared")
    maps = filtered.outputs("cnn", FIRST).astype(np.float64)
    level = np.percentile(np.abs(maps), 99)
    scaled = built.info.sides[0].scaled
    np.testing.assert_allclose(scaled, np.clip(maps / level, -1, 1), rtol=1e-5)


def test_the_detail_has_steps_top_images_and_outputs_of_the_filter(known):
    number = 3
    built = figures.build("filter_detail", known.store, ("cnn",), number=number)
    [side] = built.info.sides
    np.testing.assert_array_equal(side.tiles, stretched(filtered.images("cnn")[number]))
    np.testing.assert_array_equal(side.activations, filtered.activations("cnn")[number])
    assert side.top.samples == tuple(f"train:{index + number}" for index in range(9))
    images = known.arrays["made-up"].splits["train"].images
    np.testing.assert_array_equal(side.top.images, images[number : number + 9])
    assert side.outputs.samples == filtered.SAMPLES
    for place, sample in enumerate(filtered.SAMPLES):
        values = enlarged(filtered.outputs("cnn", sample)[number].astype(np.float64), 48)
        level = np.percentile(np.abs(values), 99)
        expected = np.clip(values / level, -1, 1)
        np.testing.assert_allclose(side.outputs.scaled[place], expected, rtol=1e-5)
    curves = [t for t in built.figure.data if t.mode == "lines+markers"]
    np.testing.assert_array_equal(curves[0].x, filtered.STEPS)
    np.testing.assert_array_equal(curves[0].y, filtered.activations("cnn")[number])


def test_a_square_marks_where_an_image_excites_the_filter(known, pictures):
    built = figures.build("filter_detail", known.store, ("cnn",), number=0)
    sheet = pictures(built)[1]
    image = known.arrays["made-up"].splits["train"].images[0]
    tile = sheet[:48, :48]
    changed = (tile != image[..., None]).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (15, 25, 25, 35)  # around 20, 30
    assert not changed[16:25, 26:35].any()


def test_a_layer_without_stored_outputs_has_none_in_the_detail(own):
    filtered.add_layer(own, "net", "conv2")
    [side] = figures.build("filter_detail", own, ("net",), number=1).info.sides
    assert side.outputs.samples == ()
    assert side.outputs.images.shape == (0, 48, 48)


def test_kernels_share_one_scale(known, pictures):
    built = figures.build("kernels", known.store, ("cnn",), width_mm=170)
    values = filtered.kernels("cnn")[:, 0].astype(np.float64)
    level = np.percentile(np.abs(values), 99)
    sheet = pictures(built)[0]
    for number in range(filtered.COUNT):
        scaled = enlarged(np.clip(values[number] / level, -1, 1), 48)
        tile = sheet[:48, 51 * number : 51 * number + 48]
        np.testing.assert_array_equal(tile, palette.colours(scaled, signed=True))
    table = built.table
    np.testing.assert_allclose(table.weight, values.ravel())


def test_class_images_stand_with_the_probability_of_their_class(known):
    built = figures.build("class_images", known.store, ("cnn",), width_mm=170)
    [side] = built.info.sides
    assert side.starts == ("noise", "mean-face")
    for row, start in enumerate(side.starts):
        np.testing.assert_array_equal(side.tiles[row], stretched(filtered.classes("cnn", start)))
    line = built.description.split("\n")[1]
    assert "from noise, 4 of 7 are taken for their class" in line
    table = built.table.set_index(["start", "class"])
    assert table.loc[("noise", "Happy"), "Happy"] == pytest.approx(0.7)
    assert table.loc[("noise", "Sad"), "Angry"] == pytest.approx(0.7)
    only = figures.build("class_images", known.store, ("cnn",), start="mean-face")
    assert only.info.sides[0].starts == ("mean-face",)


def test_an_attack_is_drawn_as_image_ten_times_the_difference_and_changed(known, pictures):
    built = figures.build("adversarial", known.store, ("cnn",), width_mm=170)
    [side] = built.info.sides
    sheet = pictures(built)[0]
    splits = known.arrays["made-up"].splits
    height = (sheet.shape[0] - 50) // (len(side.images) - 1)
    for row, (one, sample) in enumerate(zip(side.images, filtered.SAMPLES, strict=True)):
        image = splits["validation"].images[int(sample.split(":")[1])]
        np.testing.assert_array_equal(one.image, image)
        top = 1 + height * row
        tiles = [sheet[top : top + 48, 1 + 51 * c : 49 + 51 * c] for c in range(3)]
        np.testing.assert_array_equal(tiles[0], np.repeat(image[..., None], 3, axis=2))
        share = 10 * (one.changed - image.astype(np.float32)) / 255
        np.testing.assert_array_equal(tiles[1], palette.colours(share, signed=True))
        changed = np.rint(one.changed).astype(np.uint8)
        np.testing.assert_array_equal(tiles[2], np.repeat(changed[..., None], 3, axis=2))
    first, second = built.table.to_dict("records")
    assert first["smallest_epsilon"] == 2.5
    assert np.isnan(second["smallest_epsilon"])
    assert first["largest_change"] <= 8
    assert [first["before_Happy"], first["after_Sad"]] == pytest.approx([0.7, 0.6])
    assert f"{FIRST}: Happy 70 %, changed Sad 60 %" in built.description


def test_robustness_has_intervals_by_the_number_of_images(known):
    built = figures.build("robustness_curve", known.store, ("cnn", "dnn"))
    curves = [trace for trace in built.figure.data if trace.error_y.array is not None]
    assert [curve.name for curve in curves] == ["cnn", "dnn"]
    for place, share in enumerate(filtered.ACCURACIES):
        low, high = wilson_interval(round(share * filtered.IMAGES), filtered.IMAGES)
        assert curves[0].y[place] == pytest.approx(100 * share)
        assert curves[0].error_y.array[place] == pytest.approx(100 * (high - share))
        assert curves[0].error_y.arrayminus[place] == pytest.approx(100 * (share - low))
    assert built.table.n.tolist() == [filtered.IMAGES] * 6
    assert built.table.epsilon.tolist() == [*filtered.EPSILONS] * 2


def test_a_robustness_curve_says_which_runs_are_synthetic(known):
    built = figures.build("robustness_curve", known.store, ("cnn", "real"))
    names = [trace.name for trace in built.figure.data if trace.showlegend]
    assert names == ["cnn (synthetic)", "real"]
    assert "synthetic data" not in [note.text for note in built.figure.layout.annotations]
    both = figures.build("robustness_curve", known.store, ("cnn", "dnn"))
    assert "synthetic data" in [note.text for note in both.figure.layout.annotations]


def test_a_dream_stands_beside_its_image(known, pictures):
    built = figures.build("dream", known.store, ("cnn",), samples=f"{SECOND},{FIRST}")
    [side] = built.info.sides
    assert side.samples == (SECOND, FIRST)
    images = known.arrays["made-up"].splits["validation"].images
    dreamt = (images[7] / 255 + 0.1).astype(np.float32)
    sheet = pictures(built)[0]
    np.testing.assert_array_equal(sheet[:48, :48], images[7])
    np.testing.assert_array_equal(sheet[:48, 51:99], stretched(dreamt))
    assert built.table.root_mean_square_change.tolist() == pytest.approx([25.5, 25.5], rel=1e-4)


@pytest.mark.parametrize(
    ("name", "options", "command"),
    [
        ("layer_outputs", {}, "fer-core outputs net --sample train:0"),
        (
            "layer_outputs",
            {"layer": "last", "sample": "validation:1", "weights": "last"},
            "fer-core outputs net --sample validation:1 --layers conv9 --weights last",
        ),
        ("filter_detail", {"layer": "conv4"}, "fer-core filters net --layers conv4"),
        ("kernels", {}, "fer-core filters net --layers conv1"),
        ("class_images", {"style": "natural"}, "fer-core filters net --style natural"),
        ("adversarial", {}, "fer-core adversarial net --sample validation:0"),
        (
            "adversarial",
            {"samples": "validation:2", "attack": "pgd", "target": "Sad"},
            "fer-core adversarial net --sample validation:2 --attack pgd --target Sad",
        ),
        ("robustness_curve", {}, "fer-core adversarial net --robustness"),
        (
            "robustness_curve",
            {"attack": "pgd", "split": "test", "weights": "epoch-2"},
            "fer-core adversarial net --attack pgd --split test --weights epoch-2 --robustness",
        ),
        ("dream", {"layer": "last"}, "fer-core dream net --sample validation:0 --layer conv9"),
    ],
)
def test_the_command_is_named_for_what_is_not_stored(own, name, options, command):
    with pytest.raises(InputError) as raised:
        figures.build(name, own, ("net",), **options)
    assert str(raised.value).endswith(f"make them with: {command}"), raised.value


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("layer_outputs", {"order": "similarity"}, "order 'similarity' is none of: index, act"),
        ("layer_outputs", {"scale": "none"}, "scale 'none' is none of: own, shared"),
        ("filter_detail", {"number": 8}, "no filter 8 is stored of conv1"),
        ("class_images", {"start": "black"}, "start 'black' is none of"),
        ("adversarial", {"attack": "x"}, "attack 'x' is none of: fgsm, pgd"),
        ("adversarial", {"target": "sad"}, "target 'sad' is none of"),
        ("robustness_curve", {"attack": "x"}, "attack 'x' is none of: fgsm, pgd"),
    ],
)
def test_options_are_checked(known, name, options, message):
    with pytest.raises(InputError) as raised:
        figures.build(name, known.store, ("cnn",), **options)
    assert message in str(raised.value)


def test_classes_stand_in_the_official_order(known):
    table = figures.build("class_images", known.store, ("cnn",), start="noise").table
    assert table["class"].tolist() == list(CLASS_NAMES)
