import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures import palette
from fer_core.records import Predictions
from tests.figures import networks
from tests.report.small import small_store


def build(store, runs, **options):
    return figures.build("complexity", store, runs, **options)


def bars(built):
    return [trace for trace in built.figure.data if trace.type == "bar"]


def notes(built):
    return [note.text for note in built.figure.layout.annotations]


def test_report_es_cnn_by_hand(built_networks):
    built = build(built_networks, ["e-cnn"])
    [each] = built.info.networks
    operations = {row.main.name: row.operations for row in each.rows}
    assert operations["conv1"] == 32 * 48 * 48 * 1 * 9
    assert operations["conv2"] == 64 * 48 * 48 * 32 * 9
    assert operations["conv7"] == 256 * 6 * 6 * 256 * 9
    assert operations["dense1"] == 9216 * 1024
    assert operations["max_pool1"] == 0
    memory = {row.main.name: row.activation_bytes for row in each.rows}
    # The convolution, its ReLU and its dropout each put out 32 maps.
    assert memory["conv1"] == 3 * 4 * 32 * 48 * 48
    assert memory["dense2"] == 4 * 7
    assert each.parameters == 10_607_815


def test_bars_are_rows_and_totals_stand_above_them(built_networks):
    built = build(built_networks, ["e-cnn", "e-dnn"])
    found = bars(built)
    assert len(found) == 6
    for each, part in zip(built.info.networks, (found[:3], found[3:]), strict=True):
        for trace, name in zip(part, ("operations", "parameters", "activation_bytes"), strict=True):
            assert list(trace.x) == [getattr(row, name) for row in each.rows]
            assert sum(trace.x) == getattr(each, name)
    assert {"e-cnn", "e-dnn", "total 201 M", "total 10.6 M", "total 3.38 M"} <= set(notes(built))


def test_runs_share_the_scale_of_each_quantity(built_networks):
    layout = build(built_networks, ["e-cnn", "e-dnn"]).figure.layout
    assert layout.xaxis.range == layout.xaxis4.range
    assert layout.xaxis2.range == layout.xaxis5.range
    assert layout.xaxis3.range == layout.xaxis6.range


def test_numbers_are_written_at_the_bars(built_networks):
    built = build(built_networks, ["e-cnn"])
    written = [trace.text for trace in built.figure.data if trace.type == "scatter"]
    assert [text.strip() for text in written[0][:3]] == ["664 k", "42.5 M", "0"]
    assert [text.strip() for text in written[2][-2:]] == ["12.3 kB", "28 B"]


def test_the_csv_of_layers_is_worked_out(built_networks):
    built = build(built_networks, ["d-cnn"])
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    assert len(table) == len(networks.layers("d-cnn"))
    assert table["parameters"].sum() == 15_145_607
    for name in ("operations", "parameters", "activation_bytes"):
        worked = [eval(str(text).replace("×", "*")) for text in table[f"{name}_worked_out"]]
        assert worked == list(table[name])
        by_bar = table.groupby("bar", sort=False)[name].sum()
        assert list(by_bar) == [getattr(row, name) for row in built.info.networks[0].rows]
    conv2 = table[table["layer"] == "conv2"].iloc[0]
    assert conv2["operations_worked_out"] == "32 × 48 × 48 × 32 × 5 × 5"
    assert conv2["parameters_worked_out"] == "32 × (32 × 5 × 5 + 1)"


def test_the_description_of_layers_names_the_most_expensive(built_networks):
    summary, line = build(built_networks, ["e-cnn"]).description.split("\n")
    assert "multiply-adds, parameters, and the memory" in summary
    assert line == (
        "e-cnn: 201,210,880 multiply-adds, most of one layer in conv2 (21.1 %); 10,607,815 "
        "parameters (42.4 MB in float32), most in dense1 (89.0 %); 4.29 MB of activations."
    )


@pytest.mark.parametrize("x", ["parameters", "operations", "seconds"])
def test_points_are_accuracies_with_wilson_intervals(known, x):
    built = build(known.store, ("cnn", "dnn"), by="run", x=x)
    for name, point, trace in zip(
        ("cnn", "dnn"), built.info.points, built.figure.data, strict=True
    ):
        right = int((known.probabilities[name].argmax(axis=1) == known.labels).sum())
        interval = binomtest(right, 200).proportion_ci(method="wilson")
        assert (point.accuracy.correct, point.accuracy.count) == (right, 200)
        assert trace.y[0] == pytest.approx(right / 2)
        assert trace.y[0] + trace.error_y.array[0] == pytest.approx(100 * interval.high)
        assert trace.y[0] - trace.error_y.arrayminus[0] == pytest.approx(100 * interval.low)
        seconds = np.median([epoch.seconds for epoch in known.histories[name]])
        expected = {
            "parameters": networks.parameters("small"),
            "operations": sum(layer.operations for layer in networks.layers("small")),
            "seconds": seconds,
        }
        assert trace.x[0] == expected[x] == point.costs[x]
    assert "n = 200, synthetic data" in notes(built)


def test_synthetic_runs_are_marked_among_others_and_other_images_are_told(known):
    built = build(known.store, ("cnn", "real"), by="run")
    assert [trace.name for trace in built.figure.data] == ["cnn (synthetic)", "real"]
    assert "different images" in built.description
    assert "cnn (synthetic data): " in built.description
    assert "n = 200" in notes(built)


def test_a_single_run_is_named_by_its_caption(known):
    built = build(known.store, ("cnn",), by="run")
    assert not built.figure.layout.showlegend


def test_costs_far_apart_are_on_a_logarithmic_axis(known):
    built = build(known.store, ("cnn", "dnn"), by="run")
    assert built.figure.layout.xaxis.type is None
    assert built.figure.layout.xaxis.range[0] == 0
    far = built.info.points[1]
    far = far._replace(costs={**far.costs, "parameters": 30e6})
    module = figures.FIGURES["complexity"]
    info = built.info._replace(points=(built.info.points[0], far))
    layout = module.draw(info, styles=palette.run_styles([p.run.id for p in info.points])).layout
    assert layout.xaxis.type == "log"
    assert {1e5, 1e6, 1e7} <= set(layout.xaxis.tickvals)


def test_the_csv_of_runs_is_the_info(known):
    built = build(known.store, ("cnn", "real"), by="run")
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    assert list(table["run"]) == ["cnn", "real"]
    assert list(table["synthetic"]) == [True, False]
    for row, point in zip(table.itertuples(), built.info.points, strict=True):
        assert (row.low, row.high) == pytest.approx((point.accuracy.low, point.accuracy.high))
        assert row.accuracy == point.accuracy.value == row.correct / row.count
        assert (row.split, row.weights, row.count, row.epoch) == ("validation", "best", 200, 17)


def test_the_description_of_runs_states_costs_accuracy_and_n(known):
    built = build(known.store, ("cnn", "dnn"), by="run", x="seconds")
    point = built.info.points[0]
    text = built.description
    assert "The runs were trained on different devices." in text
    assert "10 s an epoch (median; device 0)" in text
    share = f"{100 * point.accuracy.value:.1f} %"
    low, high = 100 * point.accuracy.low, 100 * point.accuracy.high
    assert f"accuracy {share} [{low:.1f}, {high:.1f}] of 200 images at epoch 17." in text
    assert "different devices" not in build(known.store, ("cnn", "dnn"), by="run").description


def test_what_is_missing_is_one_line(known, tmp_path):
    with pytest.raises(InputError, match="fer-core evaluate first --split validation"):
        build(known.store, ("cnn", "first"), by="run")
    with pytest.raises(InputError) as raised:
        build(known.store, ("cnn",), by="epoch")
    assert str(raised.value) == "by 'epoch' is none of: layer, run"
    with pytest.raises(InputError) as raised:
        build(known.store, ("cnn",), by="run", x="price")
    assert str(raised.value) == "x 'price' is none of: parameters, operations, seconds"


def test_a_run_without_a_number_names_the_others(known):
    judged = known.store.evaluation_split(known.store.run("cnn").id, "validation")
    with known.store.start_run("own", config={}, data="made-up") as run:
        pass
    predictions = Predictions(
        "validation", "best", "none", known.probabilities["cnn"], 1, "hash", judged.fingerprint
    )
    known.store.add_predictions(run.id, predictions)
    for x in ("parameters", "operations", "seconds"):
        with pytest.raises(InputError) as raised:
            build(known.store, ("cnn", "own"), by="run", x=x)
        assert str(raised.value) == (
            f"run 'own' was stored without its {x}; compare it by another of parameters, "
            "operations, seconds: --set x=..."
        )
    known.store.delete("own")


def test_older_runs_are_shown(built_networks):
    built = build(built_networks, ["old"])
    assert built.info.networks[0].parameters == 15_145_607
    assert (
        replace(networks.layers("d-cnn")[0], settings={}, input_shape=())
        == (built.info.networks[0].layers[0])
    )


def test_what_is_not_known_of_a_run_is_not_told(tmp_path):
    with small_store(tmp_path) as store:
        built = build(store, ["cnn", "both"], by="run")
    _caption, cnn, both = built.description.splitlines()
    assert "8,099 parameters, 49,536 multiply-adds, 20 s an epoch (median; a CPU)" in cnn
    assert both == (
        "both (synthetic data): 24,234 parameters; accuracy 60.0 % [31.3, 83.2] of 10 images."
    )
