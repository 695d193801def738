"""The script that says where the cost of training stops being linear."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from fer_core.models import build, layer_table, preset_config

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def scaling(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("scaling")


def test_a_local_exponent_is_the_power_of_the_size_that_the_cost_grows_with(
    scaling: ModuleType,
) -> None:
    sizes = [1, 3, 6, 60]
    costs = [2, 2 * 3**0.5, 4 * 3**0.5, 4 * 3**0.5]  # a root, linear, constant
    assert scaling.local_exponents(sizes, costs) == pytest.approx([0.5, 1, 0])


def test_costs_of_a_batch_are_divided_by_its_images(scaling: ModuleType) -> None:
    seconds = iter([9.0, 9.0, 2.0, 8.0, 4.0, 8.0])  # the first two warm up
    points = [scaling.Point(size, size, {"width": size}, lambda: next(seconds)) for size in (2, 4)]
    first, second = scaling.measure(points, 2, lambda text: None)
    assert first["exponent"] is None
    assert first["seconds_an_image"] == {"median": 1.5, "min": 1, "max": 2}
    assert second["seconds"] == {"median": 8, "min": 8, "max": 8}
    assert second["exponent"] == pytest.approx({"median": 1.5, "min": 1, "max": 2})
    assert second["width"] == 4


def test_a_widened_network_has_so_many_times_as_many_filters(scaling: ModuleType) -> None:
    architecture = preset_config("fast", data="synthetic").architecture
    for factor in (0.25, 1, 2):
        wide = layer_table(build(scaling.widened(architecture, factor)))
        usual = layer_table(build(architecture))
        for ours, theirs in zip(wide, usual, strict=True):
            if ours.type == "Conv2d":
                assert ours.output_shape[0] == factor * theirs.output_shape[0]
        assert wide[-1].output_shape == (7,)


def test_the_scaling_script_measures_each_axis() -> None:
    script = [sys.executable, str(BENCHMARKS / "scaling.py"), "--json"]
    arguments = ["--smoke", "--rounds", "1"]
    found = subprocess.run([*script, *arguments], check=True, capture_output=True, text=True)
    document = json.loads(found.stdout)
    sizes = {"images": [16, 32], "batch_size": [2, 4]}
    for axis in ("model_size", "images", "batch_size"):
        first, second = document[axis]
        assert [first["size"], second["size"]] == sizes.get(axis, [3_341_248, 13_133_696])
        assert second["exponent"]["median"] == pytest.approx(second["exponent"]["max"])
        if axis != "images":
            assert 0 < first["in_convolutions"] < 1
    refused = subprocess.run(
        [*script, "--rounds", "0"], check=False, capture_output=True, text=True
    )
    assert refused.returncode == 2
    assert "--rounds is 0; use 1 or more" in refused.stderr
