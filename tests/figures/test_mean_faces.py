import io

import numpy as np
import pandas as pd
import pytest

from fer_core import figures
from fer_core.records import CLASS_NAMES


def build(known, *names):
    return figures.build("mean_faces", known.store, names or ("made-up",))


def expected(known, split, label, name="made-up"):
    arrays = known.arrays[name].splits[split]
    return arrays.images[arrays.labels == label] / 255


def test_a_pair_of_faces_is_the_mean_and_the_spread_of_a_class(known, pictures):
    built = build(known)
    [pixels] = pictures(built)
    faces = [expected(known, s, c) for s in known.arrays["made-up"].splits for c in range(6)]
    means = [each.mean(axis=0) for each in faces]
    spreads = [each.std(axis=0) for each in faces]
    assert built.info.means == pytest.approx((np.min(means), np.max(means)))
    assert built.info.deviations == pytest.approx((np.min(spreads), np.max(spreads)))
    for s in range(3):
        for row in range(6):
            for column, every in ((2 * s, means), (2 * s + 1, spreads)):
                low, high = np.min(every), np.max(every)
                levels = 255 * (every[6 * s + row] - low) / (high - low)
                left = 51 * column + 9 * s
                drawn = pixels[51 * row : 51 * row + 48, left : left + 48]
                np.testing.assert_allclose(drawn, levels, atol=0.51)


def test_black_and_white_are_explained(known):
    built = build(known)
    notes = [note.text for note in built.figure.layout.annotations]
    low, high = built.info.deviations
    assert f"spread: black {low:.2f}, white {high:.2f}" in notes
    assert {"train", "validation", "test"} <= set(notes)
    assert notes.count("mean") == notes.count("spread") == 3


def test_the_csv_has_every_pixel(known):
    built = build(known)
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    assert len(table) == 3 * 6 * 48 * 48
    rows = table[(table["split"] == "test") & (table["class"] == "Sad")]
    faces = expected(known, "test", CLASS_NAMES.index("Sad"))
    assert set(rows["images"]) == {len(faces)}
    square = rows.pivot_table(index="row", columns="column", values="mean")
    np.testing.assert_allclose(square, faces.mean(axis=0))
    square = rows.pivot_table(index="row", columns="column", values="deviation")
    np.testing.assert_allclose(square, faces.std(axis=0), atol=1e-9)


def test_the_description_has_brightness_and_contrast(known):
    faces = expected(known, "validation", 3)
    brightness, contrast = faces.mean(), faces.std(axis=(1, 2)).mean()
    assert (
        f"Happy, validation: {len(faces)} images, brightness {brightness:.2f}, "
        f"contrast {contrast:.2f}"
    ) in build(known).description


def test_a_split_without_labels_has_one_mean(known):
    built = build(known, "photographs")
    notes = [note.text for note in built.figure.layout.annotations]
    assert "no label" in notes
    rows = built.table[built.table["split"] == "test"]
    assert set(rows["class"]) == {""}
    assert set(rows["images"]) == {50}
