"""Scripts that need a GPU or many hours run here tiny, so that they work where there is one."""

import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fer_core.config import OPTIMIZERS
from fer_core.data.synthetic import synthesise
from fer_core.explain import EXPLAINERS
from fer_core.records import AVERAGINGS

ROOT = Path(__file__).parent.parent


GPU = ROOT / "benchmarks" / "gpu"


def _on_a_bare_machine(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a GPU script where neither store nor dashboard can be imported."""
    bare = tmp_path / "bare"
    bare.mkdir(exist_ok=True)
    for name in ("sqlalchemy", "alembic", "streamlit", "plotly", "pandas", "typer"):
        (bare / f"{name}.py").write_text("raise ImportError('not on this machine')")
    return subprocess.run(
        [sys.executable, str(GPU / arguments[0]), *arguments[1:]],
        check=False, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(bare)},
    )  # fmt: skip


def test_the_graph_script_writes_each_part(tmp_path: Path) -> None:
    output = tmp_path / "graph.json"
    done = _on_a_bare_machine(tmp_path, "graph.py", "--smoke", "-o", str(output))
    assert done.returncode == 0, done.stderr
    document = json.loads(output.read_text(encoding="utf-8"))
    same = {"loss": 0.0, "weights": 0.0}  # on a CPU nothing is captured
    for optimizer in OPTIMIZERS:
        assert document["differences"][optimizer] == {"captured": same, "eager again": same}
    assert len(document["falls_back"]) == 4
    assert all(found == {"log": [], **same} for found in document["falls_back"].values())
    assert document["resumed"] == same
    found = document["speed"]["e-dnn"]
    # 6 operations for each multiply-add of 112 images, 2 for each of 14.
    assert found["floor"] == pytest.approx(3_383_744 * (6 * 112 + 2 * 14) / 790e12)
    median = statistics.median(found["captured"]["all"])
    assert found["captured"]["share_of_floor"] == pytest.approx(found["floor"] / median)
    assert sum(row["share"] for row in document["profile"]["top"]) <= 1
    assert "aten::mm" in [row["name"] for row in document["profile"]["top"]]
    refused = _on_a_bare_machine(tmp_path, "graph.py", "--smoke", "-o", str(output), "--only", "x")
    assert refused.returncode == 2
    assert refused.stderr.startswith("--only is 'x'; use one of differences")


def test_the_idle_share_is_what_no_kernel_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(GPU))
    from profiling import idle_share

    assert idle_share([(0, 4), (2, 5), (3, 4), (8, 10)]) == pytest.approx(3 / 10)
    assert idle_share([(8, 10), (0, 8)]) == 0


def test_presets_are_trained_once_a_seed_and_combined_without_test(tmp_path: Path) -> None:
    output = tmp_path / "smoke.json"
    train = ["train_preset.py", "--smoke", "-o", str(output), "--seeds"]
    done = _on_a_bare_machine(tmp_path, *train, "3")
    assert done.returncode == 0, done.stderr
    first = json.loads(output.read_text(encoding="utf-8"))["seeds"]["3"]
    assert [row["epoch"] for row in first["history"]] == [1, 2]
    times = [row["from_start"] for row in first["history"]]
    seconds = first["seconds"]
    assert 0 < seconds["until_training"] < times[0] < times[1] < seconds["from_start_to_end"]
    assert list(first["validation"]) == [
        f"{weights} {averaging}" for weights in ("last", "average") for averaging in AVERAGINGS
    ]
    assert first["validation"]["last none"] == first["history"][-1]["validation_accuracy"]
    assert "test" not in first

    done = _on_a_bare_machine(tmp_path, *train, "3,4", "--read-test")
    assert done.returncode == 0, done.stderr
    seeds = json.loads(output.read_text(encoding="utf-8"))["seeds"]
    labels = synthesise(140).splits["test"].labels
    for seed, found in seeds.items():
        assert found["test_readings"] == len(found["test"]) == 2 * len(AVERAGINGS)
        with np.load(tmp_path / f"smoke-{seed}.npz") as kept:
            right = kept["test average flip"].argmax(1) == labels
        assert found["test"]["average flip"] == right.mean()
    assert seeds["3"]["history"] == first["history"]  # not trained again
    assert seeds["4"]["history"] != first["history"]
    other = _on_a_bare_machine(tmp_path, *train, "3", "--set", "epochs=1")
    assert other.returncode == 2
    assert "holds another measurement" in other.stderr

    combine = ["ensemble.py", "--smoke", str(output), "-o", str(tmp_path / "ensemble.json")]
    done = _on_a_bare_machine(tmp_path, *combine)
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "ensemble.json").read_text(encoding="utf-8"))
    assert document["candidates"] == 2
    assert sum(member["share"] for member in document["members"]) == pytest.approx(1)
    mean = 0
    for member in document["members"]:
        with np.load(tmp_path / f"{member['name']}.npz") as kept:
            mean += member["share"] * kept[f"test {member['weights']}"]
    assert document["test"]["accuracy"] == (mean.argmax(1) == labels).mean()
    assert document["test_readings"] == 1
    again = _on_a_bare_machine(tmp_path, *combine)
    assert again.returncode == 2
    assert "holds a reading of test; name another file" in again.stderr


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
