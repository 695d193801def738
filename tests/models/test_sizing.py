from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_core.errors import InputError
from fer_core.models import build, layer_table, match_parameters, parameter_count, preset_config

SIZABLE = {name: dict(preset_config(name, data="d").architecture) for name in ("dnn", "cnn")}


def _parameters(architecture: dict[str, Any]) -> int:
    return sum(layer.parameters for layer in layer_table(build(architecture)))


def _total(architecture: dict[str, Any]) -> int:
    return sum(layer.parameters for layer in layer_table(build(architecture), 40))


def _kinds(architecture: dict[str, Any]) -> list[str]:
    return [key for layer in architecture["layers"] for key in layer]


@pytest.mark.parametrize("target", ["e-cnn", "e-dnn", "b-cnn", "a-cnn-wide", "fast"])
@pytest.mark.parametrize("name", SIZABLE)
def test_widths_match_a_preset_to_within_1_percent_and_the_layers_stay(
    name: str, target: str
) -> None:
    wanted = parameter_count(preset_config(target, data="d"))
    sized = match_parameters(SIZABLE[name], wanted)
    assert _parameters(sized) == pytest.approx(wanted, rel=0.01)
    assert _kinds(sized) == _kinds(SIZABLE[name])
    assert sized["layers"][-1] == SIZABLE[name]["layers"][-1]  # seven logits
    assert [layer.get("repeat") for layer in sized["layers"]] == [
        layer.get("repeat") for layer in SIZABLE[name]["layers"]
    ]


def test_all_widths_change_by_one_factor() -> None:
    before = [layer["conv"] for layer in SIZABLE["cnn"]["layers"] if "conv" in layer]
    sized = match_parameters(SIZABLE["cnn"], 10_607_815)
    after = [layer["conv"] for layer in sized["layers"] if "conv" in layer]
    factors = [new / old for new, old in zip(after, before, strict=True)]
    assert factors == pytest.approx([factors[0]] * 3, rel=0.02)
    assert factors[0] > 3


def test_any_list_of_layers_can_be_sized() -> None:
    architecture = dict(preset_config("e-dnn", data="d").architecture)
    assert _parameters(match_parameters(architecture, 500_000)) == pytest.approx(5e5, rel=0.01)


@pytest.mark.parametrize("wanted", [30_000, 300_000])
def test_widths_within_residual_blocks_are_sized_too(wanted: int) -> None:
    architecture = dict(preset_config("tiny", data="d").architecture)
    sized = match_parameters(architecture, wanted)
    table = layer_table(build(sized), 40)
    assert sum(layer.parameters for layer in table) == pytest.approx(wanted, rel=0.01)
    narrow, wide = (
        [layer.output_shape[0] for layer in layer_table(build(each), 40) if layer.type == "Conv2d"]
        for each in sorted((architecture, sized), key=lambda each: _total(each))
    )
    assert all(one < other for one, other in zip(narrow, wide, strict=True))
    assert architecture == dict(preset_config("tiny", data="d").architecture)  # as it was


@settings(max_examples=8)
@given(st.integers(2_500, 50_000_000))
def test_a_dnn_comes_within_1_percent_of_whatever_it_can_have(wanted: int) -> None:
    architecture = match_parameters(SIZABLE["dnn"], wanted)
    config = preset_config("dnn", data="d").replace(architecture=architecture)
    assert parameter_count(config) == pytest.approx(wanted, rel=0.01)


@pytest.mark.parametrize("wanted", [1_000_000, 3_386_503])
def test_depth_changes_the_repeats_and_hardly_the_widths(wanted: int) -> None:
    sized = match_parameters(SIZABLE["cnn"], wanted, by="depth")
    assert _parameters(sized) == pytest.approx(wanted, rel=0.01)
    repeats = {layer["repeat"] for layer in sized["layers"] if "repeat" in layer}
    assert len(repeats) == 1
    assert repeats.pop() > 2
    widths = [layer["conv"] for layer in sized["layers"] if "conv" in layer]
    assert widths == pytest.approx([32, 64, 128], rel=0.15)


@pytest.mark.parametrize(
    ("name", "wanted", "by", "message"),
    [
        ("dnn", 5, "width", r"no widths give 5 parameters to within 1%; .* \[1, 1, 1\] with 2,323"),
        ("cnn", 5, "width", r"no widths give 5 parameters to within 1%"),
        ("dnn", 0, "width", r"no widths give 0 parameters"),
        ("dnn", 10**10, "width", r"10,000,000,000 parameters are too many; 500,000,000 is the mo"),
        ("dnn", 5, "depth", r"5 parameters are out of reach by depth: repeats of 1 to 32 give"),
        ("dnn", 10**8, "depth", r"100,000,000 parameters are out of .* use --match-by width"),
        ("dnn", 10**6, "size", r"matched by width or depth, not by 'size'"),
    ],
)
def test_what_cannot_be_matched_is_said_in_one_line(
    name: str, wanted: int, by: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        match_parameters(SIZABLE[name], wanted, by=by)
    assert "\n" not in str(caught.value)


def test_an_architecture_without_what_is_to_change_is_refused() -> None:
    flat = {"family": "sequential", "layers": [{"flatten": True}, {"dense": 7}]}
    with pytest.raises(InputError, match="without hidden layers has no width to size"):
        match_parameters(flat, 100_000)
    with pytest.raises(InputError, match=r"no layer has a repeat .* \{ dense = 512, repeat = 3 \}"):
        match_parameters(preset_config("e-dnn", data="d").architecture, 100_000, by="depth")
    with pytest.raises(InputError, match="only an architecture that is a list of layers"):
        match_parameters({"family": "own"}, 100_000)
    with pytest.raises(InputError, match=r"layer 1 is { cnov = 3 }"):
        match_parameters({"family": "sequential", "layers": [{"cnov": 3}]}, 100_000)
