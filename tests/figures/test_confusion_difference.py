import io

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures import palette
from fer_core.records import CLASS_NAMES, Predictions


def build(known, runs=("cnn", "dnn"), **options):
    return figures.build("confusion_difference", known.store, runs, **options)


def shares(known, name):
    said = known.probabilities[name].argmax(axis=1)
    return confusion_matrix(known.labels, said, labels=range(7), normalize="true")


def test_each_run_is_compared_with_the_first(known):
    built = build(known, ("cnn", "dnn", known.chinese))
    heatmaps = [trace for trace in built.figure.data if trace.type == "heatmap"]
    for name, heatmap in zip(("dnn", known.chinese), heatmaps, strict=True):
        expected = 100 * (shares(known, name) - shares(known, "cnn"))
        np.testing.assert_allclose(np.nan_to_num(heatmap.z), expected, atol=1e-9)
        assert np.isnan(heatmap.z[6]).all()  # no image is Neutral
    notes = [note.text for note in built.figure.layout.annotations]
    assert {"dnn", known.chinese, "− cnn"} <= set(notes)


def test_all_matrices_share_a_scale_with_white_at_nothing(known):
    built = build(known, ("cnn", "dnn", known.chinese))
    scale = built.figure.layout.coloraxis
    largest = max(100 * np.nanmax(np.abs(c.values)) for c in built.info.differences)
    assert (scale.cmin, scale.cmax) == pytest.approx((-largest, largest))
    assert palette.diverging_shade(0) == "#ffffff"


def test_cells_carry_signed_points_in_a_colour_that_contrasts(known):
    built = build(known)
    cells = built.figure.data[1]
    points = 100 * built.info.differences[0].values
    limit = built.figure.layout.coloraxis.cmax
    for value, written, colour in zip(
        points.ravel(), cells.text, cells.textfont.color, strict=True
    ):
        if np.isnan(value):
            assert written == "–"
            continue
        assert int(written.replace("−", "-")) == pytest.approx(value, abs=0.5)
        shade = palette.diverging_shade(value / limit)
        light = sorted((palette.luminance(shade), palette.luminance(colour)))
        assert (light[1] + 0.05) / (light[0] + 0.05) >= 4.5
    assert list(cells.customdata[9]) == [1, 2, known.store.run("dnn").id]


def test_exactly_the_significant_cells_are_framed(known):
    """A run that never says Fear against one that is right about it."""
    store, labels = known.store, known.labels
    with store.start_run("no-fear", config={}, data="made-up") as run:
        said = np.where(labels == 2, 4, known.probabilities["cnn"].argmax(axis=1))
        judged = store.evaluation_split(run.id, "validation")
        given = np.eye(7, dtype=np.float32)[said]
        store.add_predictions(
            run.id, Predictions("validation", "best", "none", given, 1, "h", judged.fingerprint)
        )
    try:
        built = build(known, ("cnn", "no-fear"))
        framed = {(round(s.y0 + 0.43), round(s.x0 + 0.45)) for s in built.figure.layout.shapes}
        assert framed == {(2, 2), (2, 4)}
        words = built.description
        change = built.info.differences[0].values
        assert f"Fear for Fear {100 * change[2, 2]:+.1f}" in words
        assert f"Fear for Sad {100 * change[2, 4]:+.1f}" in words
        table = built.table
        assert table[table["supported"]][["true", "predicted"]].values.tolist() == [
            ["Fear", "Fear"],
            ["Fear", "Sad"],
        ]
    finally:
        store.delete("no-fear")


def test_the_csv_is_the_info(known):
    built = build(known, ("cnn", "dnn"))
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    assert len(table) == 49
    np.testing.assert_array_equal(table["difference"], built.info.differences[0].values.ravel())
    assert table["true"].tolist() == [name for name in CLASS_NAMES for _ in range(7)]
    assert set(table["minus_run"]) == {"cnn"}


def test_many_runs_fit_side_by_side_where_there_is_room(known):
    runs = [name for name in known.probabilities if name != "real"]
    narrow, wide = (build(known, runs[:3], width_mm=w).figure.layout for w in (85, 170))
    assert narrow.xaxis.domain[0] == narrow.xaxis2.domain[0]
    assert wide.xaxis.domain[1] < wide.xaxis2.domain[0]


def test_different_images_and_missing_predictions_are_told(known):
    assert "different images" in build(known, ("cnn", "real")).description
    assert "different images" not in build(known).description
    with pytest.raises(InputError, match="fer-core evaluate cnn --split test --average flip"):
        build(known, split="test", averaging="flip")
