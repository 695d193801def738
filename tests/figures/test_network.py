from dataclasses import replace

import pytest

from fer_core.errors import InputError
from fer_core.figures import network
from fer_core.translation import translator
from tests.figures import networks

_ = translator()


def row_names(rows):
    return [[layer.name for layer in row.layers] for row in rows]


def test_what_only_changes_values_is_folded_into_the_layer_before():
    assert row_names(network.fold(networks.layers("small"))) == [
        ["conv1", "batch_norm1", "relu1"],
        ["max_pool1", "dropout1"],
        ["flatten1"],
        ["dense1"],
    ]


def test_sums_of_residual_blocks_are_folded_and_their_shortcuts_named():
    rows = network.fold(networks.layers("residual"))
    assert row_names(rows)[2:6] == [
        ["conv2", "residual1.block.batch_norm2", "residual1.block.relu2"],
        ["conv3", "residual1.block.batch_norm3", "residual1.add", "relu3"],
        ["conv4", "residual2.shortcut.batch_norm4"],
        ["conv5", "residual2.block.batch_norm5", "residual2.block.relu4"],
    ]
    assert network.words(rows[4].main, _) == "Conv2d 1×1 stride 2 shortcut"
    assert network.words(rows[4].layers[1], _) == "BatchNorm2d"
    assert network.kind(rows[3].layers[2]) == "sum"


def test_a_network_that_begins_with_batch_norm_keeps_it_in_a_row():
    layers = networks.layers("small")
    rows = network.fold((layers[1], *layers))
    assert row_names(rows)[0] == ["batch_norm1"]


def test_a_layer_after_another_shape_is_not_folded():
    """A branch: this ReLU follows something else than the layer before it in the table."""
    conv, norm, *_rest = networks.layers("small")
    other = replace(norm, output_shape=(8, 24, 24))
    assert row_names(network.fold((conv, other))) == [["conv1"], ["batch_norm1"]]


def test_sums_are_over_all_layers_of_a_row():
    rows = network.fold(networks.layers("small"))
    # 8 filters of 5 x 5 and a bias each; batch norm: scale, shift, mean and variance of 8 maps.
    assert rows[0].parameters == 8 * 26 + 32
    assert rows[0].operations == 8 * 48 * 48 * 25
    assert rows[0].activation_bytes == 3 * 4 * 8 * 48 * 48
    assert rows[1].activation_bytes == 2 * 4 * 8 * 12 * 12
    assert rows[1].output_shape == (8, 12, 12)


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("Conv2d", "convolution"),
        ("ConvTranspose2d", "convolution"),
        ("Linear", "dense"),
        ("Bilinear", "other"),
        ("AdaptiveAvgPool2d", "pool"),
        ("BatchNorm2d", "norm"),
        ("GroupNorm", "norm"),
        ("Dropout", "dropout"),
        ("ReLU6", "activation"),
        ("GELU", "activation"),
        ("PReLU", "activation"),
        ("LogSoftmax", "activation"),
        ("Hardswish", "activation"),
        ("Flatten", "flatten"),
        ("Upsample", "other"),
        ("MyBlock", "other"),
    ],
)
def test_layers_are_known_by_the_names_of_torchs_classes(type_, kind):
    assert network.kind(replace(networks.layers("small")[0], type=type_)) == kind


def test_words_hold_the_class_and_what_it_is_set_to():
    assert [network.words(layer, _) for layer in networks.layers("uneven")[:3]] == [
        "Conv2d 7×7 stride 2",
        "ReLU",
        "Conv2d 4×4",
    ]
    d = networks.layers("d-cnn")
    assert [network.words(d[place], _) for place in (1, 2, 9, 10)] == [
        "LeakyReLU 0.05",
        "BatchNorm2d",
        "MaxPool2d 2×2",
        "Dropout 0.1",
    ]
    pool = replace(d[9], settings={"kernel": (3, 3), "stride": (2, 1)})
    assert network.words(pool, _) == "MaxPool2d 3×3 stride 2×1"
    grouped = replace(d[0], settings={**d[0].settings, "groups": 4})
    assert network.words(grouped, _) == "Conv2d 5×5 4 groups"


def test_layers_of_older_runs_are_named_without_settings(built_networks):
    each = network.read(built_networks, "old")
    assert network.words(each.layers[0], _) == "Conv2d"
    assert row_names(each.rows) == row_names(network.read(built_networks, "d-cnn").rows)


def test_a_run_without_layers_says_how_to_keep_them(built_networks):
    with pytest.raises(InputError, match=r"run 'bare' was stored without its layers; .*layers="):
        network.read(built_networks, "bare")
