import io

import pandas as pd
import pytest

from fer_core import figures
from fer_core.errors import InputError
from tests.figures import networks


def build(store, runs, **options):
    return figures.build("layer_arithmetic", store, runs, **options)


def written(built):
    """All texts of the figure, those in PyTorch's order last."""
    return [text for trace in built.figure.data if trace.mode == "text" for text in trace.text]


def test_every_convolution_gives_the_shape_that_the_network_gives(built_networks):
    for name in networks.ARCHITECTURES:
        [run] = build(built_networks, [name]).info.runs
        layers = [layer for layer in networks.layers(name) if layer.type == "Conv2d"]
        assert [each.name for each in run.convolutions] == [layer.name for layer in layers]
        for each, layer in zip(run.convolutions, layers, strict=True):
            channels, height, width = layer.output_shape
            assert (*each.output_size, each.channels[1]) == (width, height, channels)


def test_formula_and_numbers_are_written_in_both_orders(built_networks):
    texts = written(build(built_networks, ["d-cnn"], width_mm=170))
    formula = "floor((W + 2 p<sub>1</sub> − k<sub>1</sub>)/s<sub>1</sub>) + 1"
    general = next(text for text in texts if text.startswith("(B, W, H, C<sub>in</sub>)"))
    assert formula in general
    assert (
        "(B, 24, 24, 32) → (B, floor((24 + 2×1 − 3)/1) + 1, floor((24 + 2×1 − 3)/1) + 1, 128) "
        "= (B, 24, 24, 128)" in texts
    )
    assert (
        "(B, 32, 24, 24) → (B, 128, floor((24 + 2×1 − 3)/1) + 1, floor((24 + 2×1 − 3)/1) + 1) "
        "= (B, 128, 24, 24)" in texts
    )


def test_equal_convolutions_in_a_row_are_written_once(built_networks):
    titles = [text for text in written(build(built_networks, ["d-cnn"])) if "kernel" in text]
    assert titles == [
        "conv1: kernel (5, 5), stride (1, 1), padding (2, 2)",
        "conv2–3: kernel (5, 5), stride (1, 1), padding (2, 2)",
        *(f"{name}: kernel (3, 3), stride (1, 1), padding (1, 1)"
          for name in ("conv4", "conv5–6", "conv7", "conv8–9")),
    ]  # fmt: skip


def test_uneven_padding_and_strides_are_explained(built_networks):
    texts = written(build(built_networks, ["uneven"], width_mm=170))
    assert "conv1: kernel (7, 7), stride (2, 2), padding (3, 3)" in texts
    assert (
        "conv2: kernel (4, 4), stride (1, 1), padding (1.5, 1.5) (one side gets one more)" in texts
    )


def test_a_narrow_figure_breaks_formulas_and_loses_nothing(built_networks):
    for width in (60, 85, 170):
        texts = " ".join(written(build(built_networks, ["e-cnn"], width_mm=width)))
        for layer in networks.layers("e-cnn"):
            if layer.type == "Conv2d":
                channels, height, width_ = layer.output_shape
                assert f"= (B, {width_}, {height}, {channels})" in texts
        assert "…" not in texts


def test_a_name_that_looks_like_a_symbol_is_not_changed(built_networks):
    for name in ("k1", "C_in"):
        with built_networks.start_run(name, config={}, layers=networks.layers("small")):
            pass
    texts = written(build(built_networks, ["k1", "C_in"]))
    assert {"k1", "C_in"} <= set(texts)
    for name in ("k1", "C_in"):
        built_networks.delete(name)


def test_a_network_without_convolutions_says_so(built_networks):
    built = build(built_networks, ["e-dnn"])
    assert "no convolutions" in written(built)
    assert built.description.endswith("e-dnn: no convolutions.")
    assert built.table.empty
    header = figures.export(built, "csv").decode().strip()
    assert header.startswith("run_id,run,layer,input_width,")
    assert header.endswith("channels_last,channels_first")


def test_a_run_stored_before_kernels_were_kept_says_what_to_do(built_networks):
    with pytest.raises(InputError) as raised:
        build(built_networks, ["d-cnn", "old"])
    assert str(raised.value) == (
        "run 'old' was stored without the kernel, stride and padding of conv1, which are kept "
        "since; train it again with: fer-core train"
    )


def test_the_csv_is_the_info(built_networks):
    table = pd.read_csv(io.BytesIO(figures.export(build(built_networks, ["uneven"]), "csv")))
    first = table.iloc[0]
    assert (first["layer"], first["input_channels"], first["output_channels"]) == ("conv1", 1, 16)
    assert (first["kernel_width"], first["stride_height"], first["padding_width"]) == (7, 2, 3)
    assert list(table["output_width"]) == [24, 24, 8]
    assert list(table["padding_height"]) == [3, 1.5, 0]
    assert first["channels_first"] == (
        "(B, 1, 48, 48) → (B, 16, floor((48 + 2×3 − 7)/2) + 1, floor((48 + 2×3 − 7)/2) + 1) "
        "= (B, 16, 24, 24)"
    )


def test_the_description_holds_the_formula_and_each_convolution(built_networks):
    summary, line = build(built_networks, ["d-cnn"]).description.split("\n")
    assert (
        "(B, W, H, C_in) → (B, floor((W + 2 p1 − k1)/s1) + 1, floor((H + 2 p2 − k2)/s2) + 1, C_out)"
        in summary
    )
    assert line.startswith("d-cnn: conv1 (B, 48, 48, 1) → (B, floor((48 + 2×2 − 5)/1) + 1, ")
    assert line.count("conv") == 9
