import io

import numpy as np
import pandas as pd
import pytest

from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures import palette
from tests.figures.explained import values


def build(known, *runs, **options):
    return figures.build("saliency_panel", known.store, runs or ("cnn",), **options)


def test_warm_pixels_are_those_at_or_above_the_threshold_of_the_scaled_map(known):
    for threshold in (0.5, "0.8"):
        [panel] = build(known, threshold=threshold).info.runs
        validation = known.arrays["made-up"].splits["validation"].images
        for place, sample in enumerate(panel.maps.samples):
            raw = values("cnn", "saliency", sample).astype(np.float64)
            level = np.percentile(raw, 99)
            assert panel.levels[place] == pytest.approx(level)
            warm = raw / level >= float(threshold)
            np.testing.assert_array_equal(panel.kept[place], warm)
            image = validation[int(sample.split(":")[1])]
            np.testing.assert_array_equal(panel.maps.images[place], image)
            expected = np.where(warm, image, round(float(image.mean())))
            np.testing.assert_array_equal(panel.masked[place], expected)


def test_one_image_of_each_class_is_shown_a_right_one_where_there_is_one(known):
    [panel] = build(known).info.runs
    maps = panel.maps.maps["saliency"]
    assert [each.true for each in maps] == ["Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise"]
    labels, guesses = known.labels, known.probabilities["cnn"].argmax(axis=1)
    for label, sample in enumerate(panel.maps.samples):
        stored = np.flatnonzero(labels == label)[:2]
        right = stored[guesses[stored] == label]
        assert sample == f"validation:{(right if len(right) else stored)[0]}"
    [both] = build(known, per_class=2).info.runs
    assert len(both.maps.samples) == 12
    assert set(panel.maps.samples) < set(both.maps.samples)


def test_pixels_are_drawn_as_they_are_between_thin_frames(known, pictures):
    built = build(known, samples="validation:0")
    [panel] = built.info.runs
    sheet, bar = pictures(built)
    assert sheet.shape == (50, 3 * 48 + 2 * 3 + 2, 3)
    tiles = [sheet[1:49, 1 + 51 * column : 49 + 51 * column] for column in range(3)]
    for tile, grey in ((tiles[0], panel.maps.images[0]), (tiles[2], panel.masked[0])):
        np.testing.assert_array_equal(tile, np.stack([grey] * 3, axis=-1))
    expected = palette.colours(panel.scaled[0], signed=False)
    np.testing.assert_array_equal(tiles[1], expected)
    assert (sheet[0] == 205).all(axis=-1).sum() == 3 * 50
    assert bar[0, 0].tolist() == [255, 255, 255]


def test_a_shared_scale_draws_all_maps_against_one_level(known):
    info = build(known, "cnn", "dnn", scale="shared").info
    every = [values(panel.maps.side.run.name, "saliency", sample)
             for panel in info.runs for sample in panel.maps.samples]  # fmt: skip
    level = np.percentile(np.abs(every), 99)
    for panel in info.runs:
        np.testing.assert_allclose(panel.levels, level)
    own = [panel.levels for panel in build(known, "cnn", "dnn").info.runs]
    assert len(set(np.concatenate(own))) == 12


def test_what_speaks_against_the_class_is_cold(known):
    [panel] = build(known, method="integrated_gradients", threshold=0).info.runs
    raw = [values("cnn", "integrated_gradients", sample) for sample in panel.maps.samples]
    np.testing.assert_array_equal(panel.kept, np.array(raw) >= 0)


def test_an_all_zero_map_is_blank_and_says_so(known, pictures):
    first = f"validation:{np.flatnonzero(known.labels == 0)[0]}"
    built = build(known, method="gradcam", samples=first)
    [panel] = built.info.runs
    assert panel.levels.tolist() == [0]
    assert not panel.kept.any()
    sheet = pictures(built)[0]
    assert (sheet[1:49, 52:100] == 255).all()
    assert [trace for trace in built.figure.data if trace.text and "all zero" in trace.text]


def test_the_class_its_probability_and_the_settings_are_written(known):
    built = build(known, method="gradcam", samples="validation:0")
    [panel] = built.info.runs
    guess = panel.maps.maps["gradcam"][0].predicted
    written = [text for trace in built.figure.data for text in trace.text or ()]
    assert f"{guess} 70 %" in written
    notes = " ".join(note.text for note in built.figure.layout.annotations)
    assert "Cold pixels (below 0.5) are replaced by the image's mean." in notes
    assert "Grad-CAM: layer conv1." in notes
    assert "Explained: the logit; seed 3; best weights." in notes
    assert "synthetic data" in notes


def test_the_csv_has_a_row_a_map_with_its_warm_share(known):
    built = build(known)
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    [panel] = built.info.runs
    assert table["sample"].tolist() == list(panel.maps.samples)
    np.testing.assert_allclose(table["warm_share"], panel.kept.mean(axis=(1, 2)))
    np.testing.assert_allclose(table["strongest_colour"], panel.levels)
    assert set(table["threshold"]) == {0.5}
    assert table["synthetic"].all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": "warm"}, "threshold 'warm' is not a number in 0..1"),
        ({"threshold": 1.5}, "threshold 1.5 is not in 0..1"),
        ({"method": "shap"}, "method 'shap' is none of: saliency, smoothgrad, integrated"),
        ({"scale": "log"}, "scale 'log' is none of: own, shared"),
        ({"target": "angry"}, "target 'angry' is none of: predicted, true, Angry, Disgust"),
        ({"per_class": 0}, "per_class 0 is not in 1..20"),
        ({"samples": "validation:900"}, "no image validation:900; validation has 0 to 199"),
    ],
)
def test_wrong_options_say_what_goes(known, options, message):
    with pytest.raises(InputError, match="^" + message.replace(".", r"\.")):
        build(known, **options)


@pytest.mark.parametrize(
    ("run", "options", "command"),
    [
        ("dnn", {"method": "occlusion"}, "fer-core explain dnn --methods occlusion"),
        (
            "cnn",
            {"samples": "validation:0,test:3"},
            "fer-core explain cnn --methods saliency --samples test:3",
        ),
        (
            "cnn",
            {"layer": "conv1", "samples": "validation:0"},
            "fer-core explain cnn --methods saliency --samples validation:0 --layers conv1",
        ),
        (
            "cnn",
            {"target": "Neutral", "weights": "last"},
            "fer-core explain cnn --methods saliency --targets Neutral --weights last",
        ),
        ("first", {}, "fer-core explain first --methods saliency"),
    ],
)
def test_what_is_not_stored_comes_with_the_command_that_makes_it(known, run, options, command):
    with pytest.raises(InputError) as raised:
        build(known, run, **options)
    message = str(raised.value)
    assert message.startswith(f"run '{run}' has no stored ")
    assert message.endswith(f"; make them with: {command}")
    assert "\n" not in message
