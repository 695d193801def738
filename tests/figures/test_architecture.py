import io

import pandas as pd
import pytest

from fer_core import figures
from fer_core.errors import InputError
from tests.figures import networks

# As report E prints them, and as its counts add up.
E_CNN = [
    ("conv1", (32, 48, 48), 320),
    ("conv2", (64, 48, 48), 18_496),
    ("max_pool1", (64, 24, 24), 0),
    ("conv3", (64, 24, 24), 36_928),
    ("conv4", (128, 24, 24), 73_856),
    ("max_pool2", (128, 12, 12), 0),
    ("conv5", (128, 12, 12), 147_584),
    ("conv6", (256, 12, 12), 295_168),
    ("max_pool3", (256, 6, 6), 0),
    ("conv7", (256, 6, 6), 590_080),
    ("flatten1", (9216,), 0),
    ("dense1", (1024,), 9_438_208),
    ("dense2", (7,), 7_175),
]


def build(store, runs, **options):
    return figures.build("architecture", store, runs, **options)


def written(built):
    """All texts of the figure."""
    return [text for trace in built.figure.data if trace.mode == "text" for text in trace.text]


def test_rows_are_those_of_report_e(built_networks):
    [each] = build(built_networks, ["e-cnn"]).info.networks
    assert [(row.main.name, row.output_shape, row.parameters) for row in each.rows] == E_CNN
    assert (each.parameters, each.trainable, each.non_trainable) == (10_607_815, 10_607_815, 0)


def test_totals_and_shapes_are_those_of_report_d(built_networks):
    built = build(built_networks, ["d-cnn"], width_mm=170)
    [each] = built.info.networks
    shapes = [row.output_shape for row in each.rows]
    maps = [(32, 48, 48)] * 3 + [(32, 24, 24)] + [(128, 24, 24)] * 3 + [(128, 12, 12)]
    maps += [(512, 12, 12)] * 3 + [(512, 6, 6)]
    assert shapes == [*maps, (18432,), (512,), (7,)]
    texts = written(built)
    for number in ("15,145,607", "15,140,551", "5,056"):
        assert number in texts
    # Products of 25 * 1 * 32 * 48 * 48 and so on, by hand.
    by_hand = 48**2 * 32 * 25 * (1 + 32 + 32) + 24**2 * 128 * 9 * (32 + 128 + 128)
    by_hand += 12**2 * 512 * 9 * (128 + 512 + 512) + 18432 * 512 + 512 * 7
    assert f"{by_hand:,}" in texts


def test_names_types_and_numbers_of_a_row_are_written(built_networks):
    wide = written(build(built_networks, ["d-cnn"], width_mm=170))
    assert "Conv2d 5×5, LeakyReLU 0.05, BatchNorm2d" in wide
    narrow = written(build(built_networks, ["d-cnn"]))
    assert "conv4: Conv2d 3×3, LeakyReLU 0.05, BatchNorm2d" in narrow
    for text in ("128 × 24 × 24", "37,504", "21,233,664"):
        assert text in wide
        assert text in narrow


def test_all_rows_and_chosen_columns(built_networks):
    built = build(built_networks, ["d-cnn"], rows="all", columns="parameters, shape")
    assert len(built.info.networks[0].rows) == len(networks.layers("d-cnn"))
    texts = written(built)
    assert "batch_norm1" in texts
    assert texts[0] == "Layer"
    assert {"Output shape", "Parameters"} <= set(texts)
    assert "Multiply-adds" not in texts
    assert not [text for text in texts if "Conv2d" in text]


@pytest.mark.parametrize("width", [85, 170])
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        *((name, "folded") for name in networks.ARCHITECTURES),
        # One by one the layers of the network of twenty are 63 rows: more than a page holds.
        *((name, "all") for name in networks.ARCHITECTURES if name != "twenty"),
    ],
)
def test_a_table_fits_on_a_page(built_networks, width, name, rows):
    height = build(built_networks, [name], width_mm=width, rows=rows).figure.layout.height
    assert height <= 235 * 96 / 25.4


def test_types_that_are_left_out_are_said_to_be(built_networks):
    missing = "without types, for want of room"
    texts = written(build(built_networks, ["e-cnn", "d-cnn", "fast"], width_mm=170))
    assert missing in texts
    assert not [text for text in texts if "Conv2d" in text]
    texts = written(build(built_networks, ["e-cnn", "d-cnn"], width_mm=170))
    assert missing not in texts
    assert [text for text in texts if "Conv2d" in text]
    chosen = build(built_networks, ["e-cnn"], columns="shape")
    assert missing not in written(chosen), "nobody asked for them"


def test_two_models_are_beside_each_other_where_there_is_room(built_networks):
    def lefts(width):
        built = build(built_networks, ["e-cnn", "e-dnn"], width_mm=width)
        trace = next(trace for trace in built.figure.data if trace.mode == "text")
        return {text: x for x, text in zip(trace.x, trace.text, strict=True) if text[0] == "e"}

    narrow, wide = lefts(85), lefts(170)
    assert narrow["e-cnn"] == narrow["e-dnn"]
    assert wide["e-cnn"] < 170 / 2 / 25.4 * 96 < wide["e-dnn"]


def test_the_csv_is_the_info(built_networks):
    built = build(built_networks, ["e-cnn", "d-cnn"])
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")), dtype={"output_shape": str})
    mine = table[table["run"] == "e-cnn"]
    assert list(mine["layer"]) == [name for name, _, _ in E_CNN]
    assert list(mine["output_shape"]) == ["x".join(map(str, shape)) for _, shape, _ in E_CNN]
    assert list(mine["parameters"]) == [count for _, _, count in E_CNN]
    assert mine["operations"].sum() == built.info.networks[0].operations
    theirs = table[table["run"] == "d-cnn"]
    assert (theirs["trainable"].sum(), theirs["non_trainable"].sum()) == (15_140_551, 5_056)
    first = theirs.iloc[0]
    assert (first["type"], first["kernel"]) == ("Conv2d + LeakyReLU + BatchNorm2d", "5x5")
    assert (first["input_shape"], first["output_shape"]) == ("1x48x48", "32x48x48")


def test_the_description_states_counts_and_layers(built_networks):
    text = build(built_networks, ["d-cnn", "e-dnn"]).description
    summary, first, second = text.split("\n")
    assert "multiply-adds for one image" in summary
    assert first.startswith("d-cnn: 9 convolutions and 2 dense layers; 15,145,607 parameters ")
    assert "(15,140,551 trainable, 5,056 not)" in first
    assert "conv1 (Conv2d 5×5, LeakyReLU 0.05, BatchNorm2d) 32 × 48 × 48; " in first
    assert "0 convolutions and 8 dense layers; 3,386,503 parameters" in second


def test_an_older_run_is_shown_without_kernels(built_networks):
    texts = written(build(built_networks, ["old"], width_mm=170))
    assert "Conv2d, LeakyReLU, BatchNorm2d" in texts
    assert "15,145,607" in texts


def test_wrong_options_are_one_line(built_networks):
    for options, message in (
        ({"columns": "type,size"}, "column 'size' is none of: type, shape, parameters, operations"),
        ({"columns": ""}, "column '' is none of: type, shape, parameters, operations"),
        ({"rows": "some"}, "rows 'some' is none of: folded, all"),
    ):
        with pytest.raises(InputError) as raised:
            build(built_networks, ["e-cnn"], **options)
        assert str(raised.value) == message
