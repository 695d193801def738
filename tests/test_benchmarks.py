"""Scripts that need a GPU or many hours run here tiny, so that they work where there is one."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fer_core.explain import EXPLAINERS

ROOT = Path(__file__).parent.parent


def test_the_gpu_script_runs_unattended_and_writes_json(tmp_path: Path) -> None:
    output = tmp_path / "epochs.json"
    script = ROOT / "benchmarks" / "gpu" / "epochs.py"
    subprocess.run([sys.executable, str(script), "--smoke", "-o", str(output)], check=True)
    document = json.loads(output.read_text(encoding="utf-8"))
    assert document["smoke"] is True
    assert document["presets"]["e-dnn"]["median"] > 0
    assert document["resumed"] == {"validation_accuracy": 0.0, "weights": 0.0}


def test_the_recipes_script_trains_each_change_once_and_goes_on(tmp_path: Path) -> None:
    output = tmp_path / "recipes.json"
    script = [sys.executable, str(ROOT / "benchmarks" / "recipes.py"), "--smoke", "--json"]
    arguments = ["--preset", "e-dnn", "-o", str(output), "--only", "mixup", "--only", "augment"]
    first = subprocess.run([*script, *arguments], check=True, capture_output=True, text=True)
    document = json.loads(first.stdout)
    assert list(document["summary"]) == [
        "as it comes",  # which is without augmentation
        "augment shift-flip",
        "augment rotate-shift-flip",
        "augment rotate-shift-flip, 1 degree",
        "augment full",
        "mixup 0.2",
    ]
    own, plain = (document["trained"][n]["0"]["accuracy"] for n in ("mixup 0.2", "as it comes"))
    assert document["summary"]["mixup 0.2"]["points"] == pytest.approx(100 * (own - plain))
    again = subprocess.run([*script, *arguments], check=True, capture_output=True, text=True)
    assert again.stderr == ""  # nothing is trained twice
    assert json.loads(again.stdout)["summary"] == document["summary"]
    other = [*script, "--preset", "a-dnn", *arguments[2:]]
    refused = subprocess.run(other, check=False, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "holds another measurement" in refused.stderr


def test_the_script_of_explanations_measures_each_method_against_the_same_maps() -> None:
    script = [sys.executable, str(ROOT / "benchmarks" / "explain.py"), "--smoke", "--json"]
    done = subprocess.run([*script, "--device", "cpu"], check=True, capture_output=True, text=True)
    document = json.loads(done.stdout)
    assert list(document["methods"]) == [name for name in EXPLAINERS if name != "lime"]
    for method, result in document["methods"].items():
        for other in {"captum", *result["ratio"]}:
            speeds = [result["images_per_second"][way]["median"] for way in ("ours", other)]
            assert result["ratio"][other] == pytest.approx(speeds[0] / speeds[1])
            if method != "smoothgrad":  # the noise is another
                assert result["agreement"][other]["min"] > 0.999, (method, other)


def test_every_change_that_the_script_measures_is_in_the_table_of_recipes() -> None:
    text = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    script = (ROOT / "benchmarks" / "recipes.py").read_text(encoding="utf-8")
    for name in re.findall(r'^    "(.+?)": \{', script, flags=re.M):
        assert f"`{name}`" in text, name


def test_the_presets_script_trains_each_run_once_and_compares_pairs(tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "benchmarks" / "presets.py"), "--smoke", "--json"]
    arguments = ["--only", "a-dnn", "--only", "a-cnn-deep"]
    found = subprocess.run([*script, *arguments], check=True, capture_output=True, text=True)
    document = json.loads(found.stdout)
    runs = document["runs"]
    assert list(runs) == ["a-dnn", "a-dnn-long", "a-cnn-deep"]
    assert [run["epochs"] for run in runs.values()] == [1, 2, 1]
    assert all(low < high for low, high in (run["interval"] for run in runs.values()))
    assert [(pair["a"], pair["b"]) for pair in document["pairs"]] == [
        ("a-cnn-deep", "a-dnn"),
        ("a-cnn-deep", "a-dnn-long"),
    ]
    for pair in document["pairs"]:
        gained = (pair["a_only"] - pair["b_only"]) / runs[pair["a"]]["n"]
        assert pair["points"] == pytest.approx(100 * gained)
    refused = subprocess.run([*script, "--only", "x"], check=False, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "--only x: there are" in refused.stderr


def test_the_filters_script_compares_ways_that_climb_to_the_same_images() -> None:
    script = [sys.executable, str(ROOT / "benchmarks" / "filters.py"), "--smoke", "--json"]
    found = subprocess.run(script, check=True, capture_output=True, text=True)
    layers = json.loads(found.stdout)["layers"]
    assert list(layers) == ["e-cnn conv2", "fast conv2", "fast conv6"]
    for result in layers.values():
        assert list(result["seconds"]) == ["one batch", "one by one", "loop"]
        assert result["ratio"]["one batch"] == 1
        assert max(result["difference"].values()) < 1e-3
    refused = subprocess.run(
        [*script[:2], "--steps", "0"], check=False, capture_output=True, text=True
    )
    assert refused.returncode == 2
    assert "--steps is 0; use 1 or more" in refused.stderr


def test_the_lime_script_compares_weights_and_times() -> None:
    script = [sys.executable, str(ROOT / "benchmarks" / "lime_engine.py"), "--smoke", "--json"]
    ran = subprocess.run(script, check=True, capture_output=True, text=True)
    result = json.loads(ran.stdout)["e-dnn"]
    assert result["difference"]["float64"] < 1e-7 < result["largest_weight"]
    for way in ("package_10", "package_128"):
        ratio = result["seconds"][way]["median"] / result["seconds"]["ours"]["median"]
        assert result["ratio"][way] == pytest.approx(ratio)  # of one round
