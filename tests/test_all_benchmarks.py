"""What fell beyond noise is marked, what lies within it is not; numbers are made up."""

import importlib
import json
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fer_core.errors import InputError

ROOT = Path(__file__).parent.parent
HERE = {"processor": "Example", "cores": 2, "threads": "2"}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("all")


def around(median: float, low: float, high: float) -> dict[str, float]:
    return {"median": median, "min": low, "max": high}


RECORDED = around(2.4, 2.3, 2.5)


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (around(2.0, 1.9, 2.1), "fell"),
        (around(2.0, 1.9, 2.31), "as recorded"),  # one round reaches the worst recorded one
        (around(2.2, 2.1, 2.29), "as recorded"),  # ranges apart, medians 8 % apart
        (around(2.15, 2.1, 2.2), "fell"),  # 10.4 %
        (around(2.4, 2.3, 2.5), "as recorded"),
        (around(2.9, 2.8, 3.0), "rose"),
        (None, "not measured"),
    ],
)
def test_a_ratio_fell_when_ranges_do_not_meet_and_medians_are_a_tenth_apart(
    bench: ModuleType, present: dict[str, float] | None, expected: str
) -> None:
    assert bench.verdict(RECORDED, present) == expected


def test_what_was_not_recorded_is_not_judged(bench: ModuleType) -> None:
    assert bench.verdict(None, RECORDED) == "not recorded"


def test_only_ratios_with_a_spread_are_taken_from_a_document(bench: ModuleType) -> None:
    document = {
        "fast": {
            "images_per_second": {"ours": around(9, 8, 10)},
            "ratio": {"workers_2": 2.4},
            "ratio_spread": {"workers_2": RECORDED, "ours": around(1, 1, 1)},
            "cpu_ratio_spread": {"workers_2": around(3, 2, 4)},
        },
        "zip": {"ratio": around(5, 4, 6)},
        "rounds": 3,
    }
    assert dict(bench.ratios_of(document)) == {
        "fast / ratio_spread / workers_2": RECORDED,
        "fast / cpu_ratio_spread / workers_2": around(3, 2, 4),
        "zip / ratio": around(5, 4, 6),
    }


def run_with(
    bench: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    present: dict[str, float],
    *options: str,
    machine: dict[str, Any] = HERE,
) -> int:
    """Run the script with RECORDED in its file and `present` in place of a measurement."""
    recorded = tmp_path / "recorded.json"
    if not recorded.exists():
        stored = {"data": {"command": "x", "machine": HERE, "ratios": {"zip / ratio": RECORDED}}}
        recorded.write_text(json.dumps(stored), encoding="utf-8")
    measured = {"command": "y", "machine": machine, "ratios": {"zip / ratio": present}}
    monkeypatch.setattr(bench, "run", lambda *arguments: measured)
    arguments = ["all.py", "--recorded", str(recorded), "--only", "data", *options]
    monkeypatch.setattr("sys.argv", arguments)
    return bench.main()


def test_a_ratio_that_fell_is_marked_and_the_exit_code_is_1(
    bench: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fallen = around(1.5, 1.4, 1.6)
    assert run_with(bench, monkeypatch, tmp_path, fallen) == 1
    shown = capsys.readouterr().out
    assert "fell" in shown
    assert "1 of 1 ratios fell" in shown
    assert run_with(bench, monkeypatch, tmp_path, fallen, "--json") == 1
    [row] = json.loads(capsys.readouterr().out)["ratios"]
    assert row == {
        "benchmark": "data",
        "ratio": "zip / ratio",
        "recorded": RECORDED,
        "present": fallen,
        "verdict": "fell",
    }


def test_a_ratio_within_noise_is_not_marked(
    bench: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_with(bench, monkeypatch, tmp_path, around(2.2, 2.1, 2.35)) == 0
    assert "0 of 1 ratios fell" in capsys.readouterr().out


def test_another_processor_is_said_and_the_exit_code_does_not_tell(
    bench: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = HERE | {"processor": "Other"}
    fallen = around(1.5, 1.4, 1.6)
    assert run_with(bench, monkeypatch, tmp_path, fallen, machine=other) == 0
    shown = capsys.readouterr().out
    assert "data was recorded with another processor: Example, here Other" in shown
    assert "1 of 1 ratios fell" in shown


def test_recording_writes_what_was_measured_and_keeps_the_rest(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    new = around(1.5, 1.4, 1.6)
    recorded = tmp_path / "recorded.json"
    recorded.write_text(json.dumps({"filters": "kept"}), encoding="utf-8")
    assert run_with(bench, monkeypatch, tmp_path, new, "--record") == 0
    stored = json.loads(recorded.read_text(encoding="utf-8"))
    assert stored["filters"] == "kept"
    assert stored["data"]["ratios"] == {"zip / ratio": new}
    assert run_with(bench, monkeypatch, tmp_path, new) == 0


def test_a_script_that_fails_makes_the_exit_code_1_and_the_others_run(
    bench: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(script: str, *options: str) -> dict[str, Any]:
        if script == "filters":
            raise subprocess.CalledProcessError(3, script)
        return {"command": "x", "machine": HERE, "ratios": {"zip / ratio": RECORDED}}

    monkeypatch.setattr(bench, "run", run)
    recorded = tmp_path / "recorded.json"
    recorded.write_text("{}", encoding="utf-8")
    arguments = ["--recorded", str(recorded), "--only", "filters", "--only", "data"]
    monkeypatch.setattr("sys.argv", ["all.py", *arguments])
    assert bench.main() == 1
    shown = capsys.readouterr().out
    assert "filters failed with exit code 3" in shown
    assert "not recorded" in shown


def test_wrong_arguments_are_refused(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="--only is 'x'; use one of training-fast, "):
        bench.chosen(["x"])
    monkeypatch.setattr("sys.argv", ["all.py", "--recorded", str(tmp_path / "none.json")])
    with pytest.raises(InputError, match="nothing is recorded; record it with --record"):
        bench.main()


def test_a_real_script_gives_ratios(bench: ModuleType) -> None:
    measured = bench.run("filters", "--smoke")
    assert measured["command"] == "python benchmarks/filters.py --smoke --json"
    assert measured["machine"]["cores"] >= 1
    assert set(measured["ratios"]) == {
        f"layers / {layer} / ratio_spread / {way}"
        for layer in ("e-cnn conv2", "fast conv2", "fast conv6")
        for way in ("one by one", "loop")
    }


def test_what_is_recorded_was_recorded_by_the_script(bench: ModuleType) -> None:
    recorded = json.loads(bench.RECORDED.read_text(encoding="utf-8"))
    assert set(recorded) <= set(bench.BENCHMARKS)
    for benchmark, entry in recorded.items():
        script, *options = bench.BENCHMARKS[benchmark]
        assert entry["command"] == f"python benchmarks/{script}.py {' '.join(options)} --json"
        assert entry["machine"]["date"]
        assert entry["ratios"]
