"""The script that times trainings to a target: what it computes, and that it goes on."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("time_to_accuracy")


def curve(*epochs: tuple[float, float]) -> list[dict[str, float]]:
    return [{"seconds": seconds, "accuracy": accuracy} for seconds, accuracy in epochs]


def test_the_first_epoch_that_reaches_the_target_counts(script: ModuleType) -> None:
    rising = curve((10, 0.3), (20, 0.6), (30, 0.5), (40, 0.7))
    assert script.reached(rising, 0.6) == 20
    assert script.reached(rising, 0.61) == 40
    assert script.reached(rising, 0.71) is None


def test_a_summary_counts_only_seeds_that_reach_the_target(script: ModuleType) -> None:
    curves = {"0": curve((10, 0.6)), "1": curve((20, 0.5), (40, 0.6)), "2": curve((15, 0.55))}
    found = script.summary(curves, [0.5, 0.6, 0.9])
    assert found["0.5"] == {"reached": 3, "seeds": 3, "mean": 15, "min": 10, "max": 20}
    assert found["0.6"] == {"reached": 2, "seeds": 3, "mean": 25, "min": 10, "max": 40}
    assert found["0.9"] == {"reached": 0, "seeds": 3, "mean": None, "min": None, "max": None}


def test_a_ratio_is_of_one_seed_with_which_both_reach_the_target(script: ModuleType) -> None:
    ours = {"0": curve((10, 0.6)), "1": curve((20, 0.6)), "2": curve((9, 0.1))}
    peer = {"0": curve((25, 0.6)), "1": curve((20, 0.1)), "2": curve((9, 0.9))}
    assert script.ratios(ours, peer, 0.6) == [2.5]


def test_the_script_trains_each_seed_once_in_each_way_and_goes_on(tmp_path: Path) -> None:
    output = tmp_path / "times.json"
    command = [sys.executable, str(BENCHMARKS / "time_to_accuracy.py"), "--smoke", "--json"]
    arguments = ["--peer", "--workers", "0", "-o", str(output), "--target", "0.001"]
    first = subprocess.run(
        [*command, *arguments, "--seeds", "5"], check=True, capture_output=True, text=True
    )
    trained = json.loads(first.stdout)["trained"]
    assert set(trained["e-dnn"]) == {"ours", "peer"}
    for curves in trained["e-dnn"].values():
        assert list(curves) == ["5"]
        early, late = (epoch["seconds"] for epoch in curves["5"])
        assert 0 < early < late
    # The file decides: what it holds is not trained again, and is judged by the present targets.
    stored = json.loads(output.read_text(encoding="utf-8"))
    stored["trained"]["e-dnn"]["peer"]["5"] = curve((3, 0.2), (8, 0.4))
    stored["trained"]["e-dnn"]["ours"]["5"] = curve((2, 0.4), (4, 0.4))
    output.write_text(json.dumps(stored), encoding="utf-8")
    arguments[-1] = "0.4"
    again = subprocess.run(
        [*command, *arguments, "--seeds", "5"], check=True, capture_output=True, text=True
    )
    assert again.stderr == ""
    document = json.loads(again.stdout)
    assert document["summary"]["e-dnn"]["ours"]["0.4"]["mean"] == 2
    assert document["ratio"] == {"e-dnn": {"0.4": [4.0]}}
    refused = subprocess.run(
        [*command, *arguments, "--workers", "1"], check=False, capture_output=True, text=True
    )
    assert refused.returncode == 2
    assert refused.stderr == (
        f"error: {output} was measured with another workers; name another file\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name the data set and one or more presets, or use --smoke"),
        (["--smoke", "--target", "60"], "--target is 60; use a share such as 0.6"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], message: str) -> None:
    command = [sys.executable, str(BENCHMARKS / "time_to_accuracy.py"), *arguments]
    refused = subprocess.run(command, check=False, capture_output=True, text=True)
    assert refused.returncode == 2
    assert message in refused.stderr
