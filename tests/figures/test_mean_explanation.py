import io

import numpy as np
import pandas as pd
import pytest

from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures import palette
from fer_core.records import CLASS_NAMES
from tests.figures.explained import add, values


def build(known, *runs, **options):
    return figures.build("mean_explanation", known.store, runs or ("cnn",), **options)


def explained(known, run):
    """Samples, true and predicted classes of all that has maps."""
    places = [p for label in range(6) for p in np.flatnonzero(known.labels == label)[:2].tolist()]
    guesses = known.probabilities[run].argmax(axis=1)[places]
    return places, known.labels[places], guesses


@pytest.mark.parametrize("by", ["class", "cell"])
def test_maps_and_images_are_averaged_raw_by_class_or_cell(known, by):
    [run] = build(known, by=by).info.runs
    places, labels, guesses = explained(known, "cnn")
    images = known.arrays["made-up"].splits["validation"].images
    assert run.counts.shape == (7, 7 if by == "cell" else 1)
    assert run.counts.sum() == 12
    for true, predicted in np.ndindex(run.counts.shape):
        members = [
            place
            for place, label, guess in zip(places, labels, guesses, strict=True)
            if label == true and (by == "class" or guess == predicted)
        ]
        assert run.counts[true, predicted] == len(members)
        if not members:
            assert np.isnan(run.means[true, predicted]).all()
            continue
        raw = [values("cnn", "saliency", f"validation:{place}") for place in members]
        expected = np.mean(np.array(raw, np.float64), axis=0)
        np.testing.assert_allclose(run.means[true, predicted], expected)
        np.testing.assert_allclose(run.faces[true, predicted], images[members].mean(axis=0))
        assert run.levels[true, predicted] == pytest.approx(np.percentile(expected, 99))


def test_a_shared_scale_is_of_the_means_of_all_runs(known):
    info = build(known, "cnn", "dnn", scale="shared", method="lime").info
    means = np.concatenate([run.means for run in info.runs]).reshape(-1, 48, 48)
    level = np.percentile(np.abs(means[~np.isnan(means[:, 0, 0])]), 99)
    for run in info.runs:
        np.testing.assert_allclose(run.levels, level)


def test_the_mean_image_stands_beside_its_map_with_the_number_of_images(known, pictures):
    built = build(known)
    [run] = built.info.runs
    sheet = pictures(built)[0]
    face, heat = sheet[1:49, 1:49], sheet[1:49, 52:100]
    np.testing.assert_allclose(face[..., 0], run.faces[0, 0], atol=0.5)
    scaled = np.clip(run.means[0, 0] / run.levels[0, 0], 0, 1)
    np.testing.assert_array_equal(heat, palette.colours(scaled, signed=False))
    written = [text for trace in built.figure.data for text in trace.text or ()]
    assert written == ["n = 2"] * 6
    notes = [note.text for note in built.figure.layout.annotations]
    assert "Happy" in notes
    assert "Neutral" not in notes


def test_cells_stand_where_the_confusion_matrix_has_them(known, pictures):
    built = build(known, by="cell")
    [run] = built.info.runs
    sheet = pictures(built)[0]
    height = (sheet.shape[0] - 50) // 6
    for row, column in np.ndindex(7, 7):
        tile = sheet[1 + height * row :, 1 + 51 * column :][:48, :48]
        assert (tile == 255).all() == (run.counts[row, column] == 0)
    labels = [note.text for note in built.figure.layout.annotations]
    assert all(labels.count(name) == 2 for name in CLASS_NAMES)


def test_the_csv_has_every_pixel_and_the_description_the_counts(known):
    built = build(known, by="cell")
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    [run] = built.info.runs
    assert len(table) == (run.counts > 0).sum() * 48 * 48
    true, predicted = np.argwhere(run.counts)[0]
    rows = table[
        (table["true"] == CLASS_NAMES[true]) & (table["predicted"] == CLASS_NAMES[predicted])
    ]
    square = rows.pivot_table(index="row", columns="column", values="mean")
    np.testing.assert_allclose(square, run.means[true, predicted])
    assert set(rows["images"]) == {run.counts[true, predicted]}
    sentence = f"{CLASS_NAMES[true]} taken for {CLASS_NAMES[predicted]} "
    assert sentence + str(run.counts[true, predicted]) in built.description
    assert "Angry 2; Disgust 2;" in build(known).description


def test_images_without_a_label_cannot_be_averaged_by_class(tiny_store):
    with tiny_store.start_run("net", config={}, data="tiny"):
        pass
    add(tiny_store, "net", ["test:0"], ["saliency"], predicted=["Sad"], true=[None])
    with pytest.raises(InputError, match="none of the explained images of run 'net' has a label"):
        figures.build("mean_explanation", tiny_store, ["net"])
    add(tiny_store, "net", ["test:1"], ["saliency"], predicted=["Sad"], true=["Fear"])
    [run] = figures.build("mean_explanation", tiny_store, ["net"]).info.runs
    assert run.counts.ravel().tolist() == [0, 0, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "run"}, "by 'run' is none of: class, cell"),
        ({"scale": "log"}, "scale 'log' is none of: own, shared"),
        ({"method": "shap"}, "method 'shap' is none of: saliency"),
    ],
)
def test_wrong_options_say_what_goes(known, options, message):
    with pytest.raises(InputError, match=f"^{message}"):
        build(known, **options)
