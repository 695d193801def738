import io

import numpy as np
import pandas as pd
import pytest

from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures import palette
from fer_core.store import RunStore

ALL = ("cnn", "dnn", "first", "new", "real")


def build(known, runs=("cnn", "dnn"), **options):
    return figures.build("learning_curves", known.store, runs, **options)


def lines(built, **wanted):
    return [
        trace
        for trace in built.figure.data
        if all(getattr(trace, name) == value for name, value in wanted.items())
    ]


def test_the_info_is_the_stored_history(known):
    info = build(known).info
    for run, name in zip(info.runs, ("cnn", "dnn"), strict=True):
        history = known.histories[name]
        assert run.run.name == name
        assert run.epoch.tolist() == list(range(1, 21))
        assert run.seconds.tolist() == np.cumsum([e.seconds for e in history]).tolist()
        for quantity in ("train_loss", "validation_loss", "train_accuracy"):
            np.testing.assert_array_equal(
                run.raw[quantity], [getattr(e, quantity) for e in history]
            )
            np.testing.assert_array_equal(run.smoothed[quantity], run.raw[quantity])


def test_best_gap_and_end_of_improvement_worked_independently(known):
    run = build(known, ("cnn",)).info.runs[0]
    accuracies = [e.validation_accuracy for e in known.histories["cnn"]]
    top = max(accuracies)
    error = np.sqrt(top * (1 - top) / 200)
    assert run.best == accuracies.index(top)
    assert run.tolerance == pytest.approx(error)
    assert run.stops_improving == next(i for i, a in enumerate(accuracies) if a >= top - error)
    assert run.stops_improving < run.best
    assert run.gap[run.best] == pytest.approx(known.histories["cnn"][run.best].train_accuracy - top)


def test_smoothing_is_pandas_and_never_moves_the_marker(known):
    raw, smooth = build(known, ("cnn",)), build(known, ("cnn",), smoothing=0.9)
    values = raw.info.runs[0].raw["validation_accuracy"]
    expected = pd.Series(values).ewm(alpha=0.1, adjust=True).mean()
    np.testing.assert_allclose(smooth.info.runs[0].smoothed["validation_accuracy"], expected)
    for built in (raw, smooth):
        [marker] = lines(built, mode="markers", yaxis="y2", cliponaxis=False)
        assert marker.y[0] == pytest.approx(100 * values.max())
        assert marker.x[0] == values.argmax() + 1
    # The raw curve stays below the smoothed one.
    assert [len(lines(b, mode="lines", opacity=0.4)) for b in (raw, smooth)] == [0, 2]


def test_training_is_dashed_validation_solid_each_run_of_one_colour(known):
    built = build(known)
    for position, run in enumerate(built.info.runs):
        curves = lines(built, legendgroup=run.run.id, mode="lines")
        assert {c.line.color for c in curves} == {palette.OKABE_ITO[position]}
        assert sorted(c.line.dash for c in curves) == ["4px,2px", "4px,2px", "solid", "solid"]
    assert [t.name for t in built.figure.data if t.name and t.legend != "legend2"] == ["cnn", "dnn"]


def test_x_is_epochs_or_time_in_a_readable_unit(known):
    by_time = build(known, ("cnn",), x="time", metric="loss")
    curve = lines(by_time, mode="lines", legendgroup=by_time.info.runs[0].run.id)[0]
    assert by_time.figure.layout.xaxis.title.text == "Training time (min)"
    assert curve.x[-1] == pytest.approx(200 / 60)
    assert build(known, ("first",), x="time").figure.layout.xaxis2.title.text == "Training time (s)"
    assert build(known, ("cnn",), metric="loss").figure.layout.xaxis.title.text == "Epoch"


def test_metric_chooses_the_panels(known):
    assert build(known, metric="loss").figure.layout.yaxis.title.text == "Loss"
    assert build(known, metric="accuracy").figure.layout.yaxis.title.text == "Accuracy (%)"
    assert "yaxis2" not in build(known, metric="loss").figure.layout
    wide, narrow = build(known, width_mm=170).figure, build(known, width_mm=85).figure
    assert wide.layout.yaxis.domain == wide.layout.yaxis2.domain
    assert narrow.layout.xaxis.domain == narrow.layout.xaxis2.domain


def test_runs_with_one_epoch_or_none(known):
    built = build(known, ("first", "new"))
    first, new = built.info.runs
    assert (first.best, first.stops_improving) == (0, 0)
    assert (new.best, new.stops_improving, len(new.epoch)) == (None, None, 0)
    assert lines(built, mode="lines+markers", legendgroup=first.run.id)
    assert "new (no epochs)" in [trace.name for trace in built.figure.data]
    assert "new (synthetic data): no epochs." in built.description
    assert len(built.table) == 1
    empty = build(known, ("new",))
    assert {a.text for a in empty.figure.layout.annotations} >= {"no epochs"}
    assert len(empty.table) == 0


@pytest.mark.parametrize("smoothing", [0.0, 0.6])
def test_the_csv_is_the_info(known, smoothing):
    built = build(known, ALL, smoothing=smoothing)
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    assert len(table) == 20 + 20 + 1 + 20
    for run in built.info.runs:
        rows = table[table["run_id"] == run.run.id]
        assert rows["epoch"].tolist() == run.epoch.tolist()
        np.testing.assert_array_equal(rows["seconds"], run.seconds)
        np.testing.assert_array_equal(rows["gap"], run.gap)
        assert rows["synthetic"].eq(run.run.name != "real").all()
        if run.best is not None:
            assert np.flatnonzero(rows["best"]).tolist() == [run.best]
        for quantity, values in run.raw.items():
            np.testing.assert_array_equal(rows[quantity], values)
            if smoothing:
                np.testing.assert_array_equal(rows[f"{quantity}_smoothed"], run.smoothed[quantity])


def test_the_description_states_the_facts_of_a_caption(known):
    built = build(known, ("cnn", "real"))
    run = built.info.runs[0]
    top = 100 * run.raw["validation_accuracy"].max()
    assert "cnn (synthetic data): 20 of 20 epochs (finished)" in built.description
    assert f"best validation accuracy {top:.1f} % at epoch {run.best + 1};" in built.description
    assert f"stops improving at epoch {run.stops_improving + 1} " in built.description
    assert f"{100 * run.gap[run.best]:+.1f} points at the best epoch" in built.description
    assert "real: 20 of 20" in built.description


def test_the_end_of_a_stage_with_smaller_images_is_said_and_drawn(known, tmp_path):
    planned = {"preset": "fast", "epochs_planned": 10}
    with RunStore.open(tmp_path / "runs.db") as store:
        for name, config in (("staged", {"sides": "24:0.3,32:0.3"}), ("plain", {})):
            with store.start_run(name, config=config, **planned) as run:
                for epoch in known.histories["cnn"][:5]:
                    run.add_epoch(epoch)
        with store.start_run("mine", config={"sides": "of the list"}):
            pass
        both = figures.build("learning_curves", store, ("staged", "plain", "mine"))
        by_time = figures.build("learning_curves", store, ("staged",), x="time")
        alone = figures.build("learning_curves", store, ("plain",))
    # The second stage ends with epoch 6, which has not been.
    assert [shape.x0 for shape in both.figure.layout.shapes] == [3.5, 3.5]
    assert [shape.xref for shape in both.figure.layout.shapes] == ["x", "x2"]
    assert [shape.x0 for shape in by_time.figure.layout.shapes] == [30, 30]  # seconds
    assert not alone.figure.layout.shapes
    staged, plain = both.description.splitlines()[1:3]
    assert staged.endswith(
        "at the last. Up to epoch 3, images of 24 pixels, also in validation. "
        "Up to epoch 6, images of 32 pixels, also in validation."
    )
    assert "pixels" not in plain
    keys = ["larger images" in [t.name for t in b.figure.data] for b in (both, alone)]
    assert keys == [True, False]


def test_synthetic_data_are_called_so(known):
    def notes(built):
        return [a.text for a in built.figure.layout.annotations]

    assert "synthetic data" in notes(build(known))
    assert "synthetic data" not in notes(build(known, ("cnn", "real")))
    assert "cnn (synthetic)" in [t.name for t in build(known, ("cnn", "real")).figure.data]
    assert "synthetic" not in str(build(known, ("real",)).figure.to_dict())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"smoothing": 1}, "smoothing 1 is not in 0..0.99"),
        ({"smoothing": "much"}, "smoothing 'much' is not a number in 0..0.99"),
        ({"x": "steps"}, "x 'steps' is none of: epoch, time"),
        ({"metric": "f1"}, "metric 'f1' is none of: both, loss, accuracy"),
    ],
)
def test_wrong_options_say_what_goes(known, options, message):
    with pytest.raises(InputError) as raised:
        build(known, **options)
    assert str(raised.value) == message
