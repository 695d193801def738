import io

import numpy as np
import pandas as pd
import pytest

from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures import palette
from fer_core.records import EXPLANATION, TensorRecord
from tests.figures.explained import GRID, weights


def build(known, *runs, **options):
    return figures.build("lime_panel", known.store, runs or ("cnn",), **options)


@pytest.mark.parametrize("top", [1, 8, "64"])
def test_the_top_segments_stand_alone_on_the_image_s_mean(known, top):
    [run] = build(known, top=top).info.runs
    for place, sample in enumerate(run.maps.samples):
        of_segments = weights("cnn", sample)
        best = sorted(range(64), key=lambda index: -of_segments[index])[: int(top)]
        best = [index for index in best if of_segments[index] > 0]
        assert run.top[place].tolist() == best
        image = run.maps.images[place]
        keep = np.isin(GRID, best)
        expected = np.where(keep, image, round(float(image.mean())))
        np.testing.assert_array_equal(run.alone[place], expected)


def test_image_segments_weights_and_top_stand_side_by_side(known, pictures):
    built = build(known, samples="validation:0")
    [run] = built.info.runs
    sheet, _bar = pictures(built)
    image, parts, heat, alone = (
        sheet[1:49, 1 + 51 * column : 49 + 51 * column] for column in range(4)
    )
    grey = np.stack([run.maps.images[0]] * 3, axis=-1)
    np.testing.assert_array_equal(image, grey)
    lines = np.zeros((48, 48), bool)
    lines[:, 5:47:6] = lines[5:47:6] = True
    assert (parts[lines] == (230, 159, 0)).all()
    np.testing.assert_array_equal(parts[~lines], grey[~lines])
    of_segments = weights("cnn", "validation:0")[GRID].astype(np.float32)
    level = np.percentile(np.abs(of_segments), 99)
    expected = palette.colours(np.clip(of_segments / level, -1, 1), signed=True)
    np.testing.assert_allclose(heat, expected, atol=1)
    np.testing.assert_array_equal(alone[..., 0], run.alone[0])
    notes = [note.text for note in built.figure.layout.annotations]
    assert {"Image", "Segments", "Weights", "Top 8"} <= set(notes)


def test_there_is_a_row_a_class_with_its_fit(known):
    built = build(known)
    [run] = built.info.runs
    maps = run.maps.maps["lime"]
    assert [each.true for each in maps] == ["Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise"]
    written = [text for trace in built.figure.data for text in trace.text or ()]
    for each in maps:
        assert f"R² {each.provenance['extras']['r2']:.2f}" in written


def test_the_csv_has_every_segment(known):
    table = pd.read_csv(io.BytesIO(figures.export(build(known, top=5), "csv")))
    assert len(table) == 6 * 64
    sample = table["sample"][64]
    rows = table[table["sample"] == sample]
    np.testing.assert_allclose(rows["weight"], weights("cnn", sample))
    assert set(rows["pixels"]) == {36}
    assert rows[rows["top"]]["weight"].min() > rows[~rows["top"]]["weight"].max()
    assert rows["top"].sum() == 5


def test_maps_without_their_segments_come_with_the_command(known, tiny_store):
    with tiny_store.start_run("bare", config={}, data="tiny"):
        pass
    made = {"probability": 0.5, "predicted": "Sad", "true": "Sad"}
    tiny_store.add_tensor(
        "bare",
        TensorRecord(
            EXPLANATION, np.ones((48, 48), np.float32), method="lime", sample="test:1",
            target="Sad", provenance=made,
        ),
    )  # fmt: skip
    with pytest.raises(InputError) as raised:
        figures.build("lime_panel", tiny_store, ["bare"])
    assert str(raised.value) == (
        "run 'bare' has no stored segments of test:1 (predicted class, best weights); make them "
        "with: fer-core explain bare --methods lime --samples test:1"
    )


@pytest.mark.parametrize("top", [0, 65, "many"])
def test_a_wrong_number_of_segments_says_what_goes(known, top):
    with pytest.raises(InputError, match=r"^top .*1\.\.64$"):
        build(known, top=top)
