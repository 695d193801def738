import io

import numpy as np
import pandas as pd
import pytest

from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures import palette
from fer_core.records import CLASS_NAMES, EXPLANATION_METHODS
from tests.figures import networks
from tests.figures.explained import add, values


def build(store, *runs, **options):
    return figures.build("explanations", store, runs or ("cnn",), **options)


@pytest.fixture
def own(tiny_store):
    """Runs `net`, with two convolutions, and `dense`; images of tiny's validation."""
    labels = tiny_store.labels(tiny_store.dataset("tiny").fingerprint, "validation")
    for name, network in (("net", "d-cnn"), ("dense", "e-dnn")):
        with tiny_store.start_run(
            name, config={}, preset="p", data="tiny", layers=networks.layers(network)
        ):
            pass
    true = [CLASS_NAMES[label] for label in labels[:3]]
    return tiny_store, [f"validation:{index}" for index in range(3)], true


def test_every_map_is_drawn_in_its_place_in_the_colours_of_its_sign(known, pictures):
    built = build(known.store, width_mm=170)
    [run] = built.info.runs
    sheet, unsigned, signed = pictures(built)
    assert list(run.maps.maps) == list(EXPLANATION_METHODS)
    rows = len(run.maps.samples)
    height = (sheet.shape[0] - 50) // (rows - 1)
    for column, (method, is_signed) in enumerate(EXPLANATION_METHODS.items(), start=1):
        for row, sample in enumerate(run.maps.samples):
            raw = values("cnn", method, sample).astype(np.float64)
            if method == "gradcam" and row == 0 and not run.scaled[method][0].any():
                raw = raw * 0
            level = np.percentile(np.abs(raw), 99)
            scaled = np.clip(raw / (level or 1), -1, 1)
            np.testing.assert_allclose(run.scaled[method][row], scaled)
            top, left = 1 + height * row, 1 + 51 * column
            tile = sheet[top : top + 48, left : left + 48]
            expected = palette.colours(scaled, signed=is_signed)
            np.testing.assert_allclose(tile, expected, atol=1)
    assert signed[0, 0].tolist() == palette.colours(np.array(-1.0), signed=True).tolist()
    assert unsigned[0, 0].tolist() == [255, 255, 255]


def test_runs_are_facets_with_the_same_images(known):
    built = build(known.store, "cnn", "dnn", methods="lime,saliency", width_mm=170)
    first, second = built.info.runs
    assert first.maps.samples == second.maps.samples
    assert list(first.maps.maps) == ["lime", "saliency"]
    notes = [note.text for note in built.figure.layout.annotations]
    assert notes.count("LIME") == notes.count("Saliency") == 2
    assert {"cnn", "dnn"} <= set(notes)
    guesses = known.probabilities["dnn"].argmax(axis=1)
    for sample, each in zip(second.maps.samples, second.maps.maps["lime"], strict=True):
        assert each.record.target == CLASS_NAMES[guesses[int(sample.split(":")[1])]]


def test_named_images_come_in_the_order_named(known):
    there = build(known.store).info.runs[0].maps.samples
    [run] = build(known.store, samples=", ".join(reversed(there))).info.runs
    assert run.maps.samples == tuple(reversed(there))
    name = known.arrays["made-up"].splits["validation"].names[int(there[0].split(":")[1])]
    assert build(known.store, samples=name).info.runs[0].maps.samples == there[:1]


def test_only_images_that_all_runs_have_are_chosen(own):
    store, samples, true = own
    add(store, "net", samples, ["saliency"], predicted=true, true=true)
    add(store, "dense", samples[1:], ["saliency"], predicted=true[1:], true=true[1:])
    for order in (("net", "dense"), ("dense", "net")):
        info = build(store, *order, per_class=3).info
        assert {run.maps.samples for run in info.runs} == {info.runs[0].maps.samples}
        assert set(info.runs[0].maps.samples) == set(samples[1:])


def test_without_a_shared_image_the_command_for_the_other_run_is_named(own):
    store, samples, true = own
    add(store, "net", samples[:1], ["saliency"], predicted=true[:1], true=true[:1])
    add(store, "dense", samples[1:], ["saliency"], predicted=true[1:], true=true[1:])
    with pytest.raises(InputError) as raised:
        build(store, "net", "dense")
    command = "fer-core explain dense --methods saliency --samples validation:0"
    assert str(raised.value).endswith(command)


def test_a_network_without_convolutions_lacks_grad_cam_and_the_description_says_so(own):
    store, samples, true = own
    both = ["saliency", "gradcam"]
    add(store, "net", samples, both, predicted=true, true=true)
    add(store, "dense", samples, ["saliency"], predicted=true, true=true)
    built = build(store, "net", "dense", methods="saliency,gradcam")
    assert [list(run.maps.maps) for run in built.info.runs] == [both, ["saliency"]]
    dense = built.description.split("\n")[2]
    assert dense.endswith("No Grad-CAM: the network has no convolution.")
    with pytest.raises(InputError, match="run 'dense' has no convolution, so no gradcam; use one"):
        build(store, "dense", methods="gradcam")


def test_the_deepest_layer_is_shown_unless_another_is_named(own):
    store, samples, true = own
    for layer in ("conv9", "conv2"):
        add(store, "net", samples, ["gradcam"], predicted=true, true=true, layer=layer)
    add(store, "net", samples, ["lime"], predicted=true, true=true)
    for layer, shown in (("", "conv9"), ("conv2", "conv2")):
        built = build(store, "net", layer=layer, samples=samples[0])
        [run] = built.info.runs
        [each] = run.maps.maps["gradcam"]
        assert each.record.layer == shown
        np.testing.assert_array_equal(each.values, values("net", "gradcam", samples[0], shown))
        assert f"Grad-CAM: layer {shown}." in built.description
    with pytest.raises(InputError, match=r"no stored gradcam of validation:0 \(layer conv3, "):
        build(store, "net", layer="conv3", samples=samples[0])


def test_a_target_decides_which_class_is_explained(own):
    store, samples, true = own
    guesses = ["Happy" if name != "Happy" else "Sad" for name in true]
    add(store, "net", samples, ["saliency"], predicted=guesses, true=true)
    for name, sample in zip(true, samples, strict=True):
        add(
            store, "net", [sample], ["saliency"], predicted=[guesses[samples.index(sample)]],
            true=[name], target=name,
        )  # fmt: skip
    targets = {}
    for target in ("predicted", "true"):
        [run] = build(store, "net", target=target, samples=",".join(samples)).info.runs
        maps = run.maps.maps["saliency"]
        targets[target] = [each.record.target for each in maps]
        assert [each.probability for each in maps] == [0.7 if target == "predicted" else 0.05] * 3
    assert targets == {"predicted": guesses, "true": true}


def test_images_without_a_label_count_for_the_predicted_class(own):
    store, samples, _ = own
    guesses = ["Sad", "Happy", "Sad"]
    add(store, "net", samples, ["saliency"], predicted=guesses, true=[None] * 3)
    built = build(store, "net")
    assert built.info.runs[0].maps.samples == (samples[1], samples[0])
    assert f"{samples[0]} (no label) as Sad 70 %" in built.description
    assert "no label" in [note.text for note in built.figure.layout.annotations]


def test_a_map_that_is_not_finite_is_blank_and_says_so(own, pictures):
    store, samples, true = own
    broken = {f"saliency {samples[0]}": np.full((48, 48), np.nan, np.float32)}
    add(store, "net", samples, ["saliency"], predicted=true, true=true, arrays=broken)
    for scale in ("own", "shared"):
        built = build(store, "net", samples=f"{samples[0]},{samples[1]}", scale=scale)
        [run] = built.info.runs
        assert np.isfinite(run.scaled["saliency"]).all()
        assert run.scaled["saliency"][1].any()
        assert (pictures(built)[0][1:49, 52:100] == 255).all()
        written = [text for trace in built.figure.data for text in trace.text or ()]
        assert {"not", "finite"} <= set(written) or "not finite" in written


def test_the_settings_stand_once_and_differ_by_run_where_they_do(own):
    store, samples, true = own
    add(store, "net", samples, ["lime"], predicted=["Happy", "Sad", "Sad"], true=true)
    add(store, "dense", samples, ["lime"], predicted=["Happy"] * 3, true=true)
    built = build(store, "net", "dense", samples=",".join(samples), width_mm=170)
    notes = " ".join(note.text for note in built.figure.layout.annotations)
    assert "LIME, net: samples 200, R²\u00a00.53 to 0.54." in notes
    assert "LIME, dense: samples 200, R²\u00a00.53." in notes
    assert notes.count("seed 3") == 1


def test_more_methods_than_fit_go_below_each_other(known):
    narrow, wide = (build(known.store, width_mm=width).figure.layout for width in (60, 170))
    images = [[n.text for n in layout.annotations].count("Image") for layout in (narrow, wide)]
    assert images == [2, 1]


def test_the_csv_says_of_each_map_what_it_is(known):
    built = build(known.store, "cnn", "dnn", methods="saliency,lime")
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    assert len(table) == 2 * 2 * 6
    row = table[(table["run"] == "dnn") & (table["method"] == "lime")].iloc[0]
    raw = values("dnn", "lime", row["sample"])
    assert row["minimum"] == pytest.approx(raw.min(), rel=1e-6)
    assert row["maximum"] == pytest.approx(raw.max(), rel=1e-6)
    assert row["target"] == row["predicted"]
    assert row["probability"] == 0.7


def test_one_query_reads_all_maps_of_a_run(known, monkeypatch):
    asked = []
    original = type(known.store).tensors

    def counting(self, *arguments, **options):
        asked.append(arguments)
        return original(self, *arguments, **options)

    monkeypatch.setattr(type(known.store), "tensors", counting)
    build(known.store, "cnn", "dnn", methods="saliency,lime")
    assert len(asked) == 2
