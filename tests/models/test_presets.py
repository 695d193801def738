from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from torch import nn

from fer_core.config import SOURCES, RunConfig
from fer_core.errors import InputError
from fer_core.models import (
    build,
    input_side,
    layer_table,
    parameter_count,
    preset_config,
    preset_description,
    preset_names,
    preset_text,
    presets,
)
from fer_core.models.layers import count_parameters

# Total and trainable, as the reports count them.
PARAMETERS = {
    "b-cnn": (4_880_743, 4_870_887),
    "b-cnn-listed": (11_845_095, 11_838_055),
    "b-dnn": (5_532_679, 5_524_487),
    "d-cnn": (15_145_607, 15_140_551),
    "e-cnn": (10_607_815, 10_607_815),
    "e-dnn": (3_386_503, 3_386_503),
}
# Report A gives no drawing, only about how many there are.
ABOUT = {"a-cnn-deep": 3.0e6, "a-cnn-wide": 3.0e6, "a-dnn": 2.9e6}
OURS = {"fast", "d-cnn-small", "dnn", "cnn", "best", "tiny"}


def _architecture(name: str) -> dict:
    return dict(preset_config(name, data="d").architecture)


def _layers(name: str) -> dict[str, Any]:
    return {layer.name: layer for layer in layer_table(build(_architecture(name)))}


def test_every_preset_is_known_here() -> None:
    assert set(preset_names()) == {*PARAMETERS, *ABOUT, *OURS}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_the_reports(name: str) -> None:
    layers = layer_table(build(_architecture(name)))
    total = sum(layer.parameters for layer in layers)
    assert (total, sum(layer.trainable for layer in layers)) == PARAMETERS[name]
    assert sum(layer.non_trainable for layer in layers) == total - PARAMETERS[name][1]


@pytest.mark.parametrize("name", ABOUT)
def test_parameters_are_near_to_what_report_a_says(name: str) -> None:
    assert parameter_count(preset_config(name, data="d")) == pytest.approx(ABOUT[name], rel=0.03)


def test_tiny_has_at_most_110_000_parameters() -> None:
    assert 100_000 < parameter_count(preset_config("tiny", data="d")) <= 110_000


def test_best_is_torchvisions_resnet_18_with_a_stem_for_small_grey_images() -> None:
    theirs = torchvision.models.resnet18(num_classes=7)
    theirs.conv1 = nn.Conv2d(1, 64, 3, padding=1, bias=False)
    theirs.maxpool = nn.Identity()
    torch.manual_seed(0)
    ours = build(_architecture("best"))
    blocks = [block for name in "1234" for block in getattr(theirs, f"layer{name}")]
    residuals = [module for name, module in ours.named_children() if "residual" in name]
    pairs = [(theirs.conv1, ours.conv1), (theirs.bn1, ours.batch_norm1), (theirs.fc, ours.dense1)]
    for theirs_, ours_ in zip(blocks, residuals, strict=True):
        parts = [theirs_.conv1, theirs_.bn1, theirs_.conv2, theirs_.bn2]
        own = [part for part in ours_.block if not isinstance(part, nn.ReLU)]
        pairs += [*zip(parts, own, strict=True)]
        if theirs_.downsample is not None:
            pairs += [*zip(theirs_.downsample, ours_.shortcut, strict=True)]
    for their, own in pairs:
        their.load_state_dict(own.state_dict())
    images = torch.rand(2, 1, 44, 44)
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(images), theirs.eval()(images))
    assert count_parameters(ours) == count_parameters(theirs)


def test_report_a_s_deep_net_has_more_layers_and_the_wide_one_more_filters() -> None:
    deep, wide = _layers("a-cnn-deep"), _layers("a-cnn-wide")
    filters = {
        name: [layer.output_shape[0] for layer in layers.values() if layer.type == "Conv2d"]
        for name, layers in (("deep", deep), ("wide", wide))
    }
    assert len(filters["deep"]) == 2 * len(filters["wide"])
    assert min(filters["wide"]) > min(filters["deep"])
    assert max(filters["wide"]) > max(filters["deep"])


@pytest.mark.parametrize("name", preset_names())
def test_parameters_are_counted_as_the_layer_table_does(name: str) -> None:
    config = preset_config(name, data="d")
    layers = layer_table(build(config.architecture), input_side(config.architecture))
    assert parameter_count(config) == sum(layer.parameters for layer in layers)


def test_report_b_pools_keep_the_odd_edge() -> None:
    layers = _layers("b-cnn")
    shapes = [layers[f"average_pool{n}"].output_shape for n in range(1, 6)]
    assert shapes == [(32, 24, 24), (64, 12, 12), (64, 6, 6), (128, 3, 3), (128, 2, 2)]
    assert layers["flatten1"].output_shape == (512,)


def test_report_d_s_output_shapes() -> None:
    layers = _layers("d-cnn")
    blocks = [((32, 48, 48), (32, 24, 24)), ((128, 24, 24), (128, 12, 12))]
    blocks.append(((512, 12, 12), (512, 6, 6)))
    for block, (maps, pooled) in enumerate(blocks):
        for number in range(3 * block + 1, 3 * block + 4):
            for kind in ("conv", "leaky_relu", "batch_norm"):
                assert layers[f"{kind}{number}"].output_shape == maps
        assert layers[f"max_pool{block + 1}"].output_shape == pooled
    assert layers["flatten1"].output_shape == (18432,)
    assert [layers[f"dense{n}"].output_shape for n in (1, 2)] == [(512,), (7,)]
    network = build(_architecture("d-cnn"))
    assert network.conv1.kernel_size == (5, 5)
    assert network.leaky_relu9.negative_slope == 0.05
    order = list(dict(network.named_children()))
    assert order[:3] == ["conv1", "leaky_relu1", "batch_norm1"]
    assert order[-4:] == ["dense1", "relu1", "batch_norm10", "dense2"]


def test_report_e_s_output_shapes() -> None:
    layers = _layers("e-cnn")
    assert [layers[f"conv{n}"].output_shape for n in range(1, 8)] == [
        (32, 48, 48), (64, 48, 48), (64, 24, 24), (128, 24, 24), (128, 12, 12), (256, 12, 12),
        (256, 6, 6),
    ]  # fmt: skip
    assert [layers[f"max_pool{n}"].output_shape for n in range(1, 4)] == [
        (64, 24, 24), (128, 12, 12), (256, 6, 6),
    ]  # fmt: skip
    assert layers["flatten1"].output_shape == (9216,)
    assert [layers[f"dense{n}"].output_shape for n in (1, 2)] == [(1024,), (7,)]
    dense = [_layers("e-dnn")[f"dense{n}"].output_shape[0] for n in range(1, 9)]
    assert dense == [1024, 512, 512, 256, 256, 128, 64, 7]


def test_the_small_net_of_report_d_has_its_three_convolutions() -> None:
    layers = _layers("d-cnn-small")
    assert [layers[f"conv{n}"].output_shape[0] for n in (1, 2, 3)] == [64, 128, 512]
    assert "conv4" not in layers


@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        ("a-cnn-wide", {"augment": "shift-flip"}),
        ("b-cnn", {"epochs": 250, "batch_size": 128}),
        ("b-cnn-listed", {"epochs": 250, "batch_size": 128}),
        ("b-dnn", {"epochs": 250, "batch_size": 128}),
        *(
            (
                name,
                {
                    "epochs": 400,
                    "batch_size": 512,
                    "optimizer": "adam",
                    "learning_rate": 0.00027,
                    "normalise": "dataset",
                },
            )
            for name in ("e-cnn", "e-dnn")
        ),
    ],
)
def test_recipes_are_what_the_reports_give(name: str, recipe: dict[str, Any]) -> None:
    config = preset_config(name, data="d")
    for key, value in recipe.items():
        assert (getattr(config, key), config.sources[key]) == (value, "reported"), key


@pytest.mark.parametrize("name", preset_names())
def test_every_field_of_a_preset_says_where_it_comes_from(name: str) -> None:
    content = presets._read(name)
    sources = preset_config(name, data="d").sources
    fields = {*content["recipe"], *content["architecture"]} - {"family"}
    assert fields <= set(sources)
    assert set(sources.values()) <= set(SOURCES) - {"given"}


@pytest.mark.parametrize("name", preset_names())
def test_settings_override_the_recipe(name: str) -> None:
    config = preset_config(name, data="faces", epochs=3, learning_rate=0.5)
    assert (config.preset, config.data, config.epochs) == (name, "faces", 3)
    assert (config.learning_rate, config.sources["learning_rate"]) == (0.5, "given")
    assert preset_description(name)


def test_an_unknown_preset_is_named_with_the_others() -> None:
    with pytest.raises(InputError, match=r"no preset 'vgg'; use one of a-cnn-deep, .* \.toml file"):
        preset_config("vgg", data="d")


MINE = """
[architecture]
family = "sequential"
layers = [{ flatten = true }, { dense = 8, then = ["relu"] }, { dense = 7 }]
"""


def test_a_file_works_like_a_preset(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINE + "[recipe]\nepochs = 3\nrotate = 5\n", encoding="utf-8")
    config = preset_config(str(path), data="faces", seed=4)
    assert (config.preset, config.epochs, config.rotate, config.seed) == ("mine.toml", 3, 5.0, 4)
    assert config.sources == {"seed": "given"}
    assert parameter_count(config) == 2304 * 8 + 8 + 8 * 7 + 7
    assert preset_description(str(path)) == ""
    assert preset_text(str(path)) == path.read_text(encoding="utf-8")
    path.write_text(MINE, encoding="utf-8")  # the recipe may be left out, and is then ours
    defaults = RunConfig(preset="mine.toml", architecture=config.architecture, data="faces")
    assert preset_config(str(path), data="faces") == defaults


def test_a_preset_s_file_is_a_beginning_for_one_s_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(preset_text("d-cnn").replace("512, repeat", "256, repeat"), encoding="utf-8")
    assert parameter_count(preset_config(str(path), data="d")) < 15_145_607
    assert preset_config(str(path), data="d").sources["layers"] == "reported"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[architecture\n", r"mine.toml is no TOML file: .*line 1"),
        (MINE + "[recepi]\n", r"mine.toml: unknown recepi; it has a description and the tables"),
        ("architecture = 3\n", r"mine.toml: architecture is 3; write a table: \[architecture\]"),
        ("", r"family is None; use one of sequential"),
        (MINE + "[recipe]\nepoch = 3\n", r"unknown setting 'epoch'; use one of"),
        (MINE + "[recipe]\nepochs = 'many'\n", r"epochs is 'many'; it takes a whole number"),
        (MINE + "[recipe]\ndata = 'x'\n", r"sets data in its recipe"),
        (MINE + "[sources]\nguessed = ['layers']\n", r"'guessed' is no list of fields in \[sour"),
        (MINE + "[sources]\nours = 'layers'\n", r"'ours' is no list of fields in \[sources\]"),
        (MINE + "[sources]\nours = ['epochs']\n", r"has 'epochs' in \[sources\] but not in its"),
        (MINE + "[sources]\nours = ['dense']\nreported = ['dense']\n", r"'dense' in .* twice"),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wrong(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        parameter_count(preset_config(str(path), data="d"))
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.toml cannot be read: No such file"):
        preset_config(str(tmp_path / "none.toml"), data="d")
    (tmp_path / "latin.toml").write_bytes(b"description = '\xe9'\n")
    with pytest.raises(InputError, match=r"latin.toml is no TOML file: .*utf-8"):
        preset_config(str(tmp_path / "latin.toml"), data="d")


def test_a_setting_that_would_do_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="rotate does nothing with augment 'none'"):
        preset_config("e-dnn", data="d", rotate=1.0)
    assert preset_config("e-dnn", data="d", rotate=1.0, augment="full").rotate == 1.0
