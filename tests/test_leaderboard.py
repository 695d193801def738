"""The leaderboard says what the store says, and docs/results.md what the leaderboard says."""

import dataclasses
import importlib
import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from fer_core.config import RunConfig
from fer_core.ensembling import make_ensemble
from fer_core.errors import InputError
from fer_core.evaluating import evaluate_run
from fer_core.experiment import train_run
from fer_core.models import preset_config
from fer_core.records import DatasetArrays
from fer_core.store import RunStore

ROOT = Path(__file__).parent.parent
HOW = {"split": "validation", "weights": "last", "averaging": "none"}


@pytest.fixture
def text(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("leaderboard_text")


@pytest.fixture
def leaderboard(monkeypatch: pytest.MonkeyPatch, text: ModuleType) -> ModuleType:
    module = importlib.import_module("leaderboard")
    monkeypatch.setattr(module, "IMAGES", 14)  # of the tiny faces' validation and test
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny_faces: DatasetArrays) -> Path:
    """A store of e-dnn with the seeds 3 and 1, and with another learning rate."""
    folder = tmp_path_factory.mktemp("leaderboard")
    with RunStore.open(folder / "runs.db") as store:
        store.add_dataset("faces", dataclasses.replace(tiny_faces, synthetic=False))
        for name, settings in (
            ("b", {"seed": 3}),
            ("a", {"seed": 1, "keep_epochs": "1"}),
            ("other", {"seed": 2, "learning_rate": 0.01}),
        ):
            config = preset_config("e-dnn", data="faces", epochs=1, drop="black", **settings)
            train_run(store, config, name=name, device="cpu")
        for name in ("a", "b"):
            evaluate_run(store, name, "test", device="cpu")
        evaluate_run(store, "a", "test", averaging="flip", device="cpu")
        make_ensemble(store, ["a", "b"], name="both", splits=["test"])
    return folder


@pytest.fixture
def store(folder: Path) -> Iterator[RunStore]:
    with RunStore.open(folder / "runs.db", read_only=True) as store:
        yield store


def test_an_entry_holds_what_the_store_holds(
    leaderboard: ModuleType, text: ModuleType, store: RunStore
) -> None:
    entry = leaderboard.entry_of(store, ["b", "a"], name="dense", **HOW)
    labels = store.evaluation_split("a", "validation").labels
    expected = [
        float(
            (store.predictions(run, "validation", "last").probabilities.argmax(1) == labels).mean()
        )
        for run in ("a", "b")
    ]
    assert tuple(entry) == text.KEYS
    assert entry["accuracies"] == pytest.approx(expected)
    assert entry["mean"] == pytest.approx(np.mean(expected))
    assert entry["seeds"] == [1, 3]
    assert (entry["name"], entry["members"]) == ("dense", 1)
    assert {key: entry[key] for key in HOW} == HOW
    assert entry["test_readings"] == 3
    versions = store.details(store.run("a").id).versions
    assert entry["machine"].startswith(f"{versions['machine']}, {versions['threads']} threads, ")
    assert entry["command"] == (
        "for seed in 1 3; do fer-core train e-dnn --data faces --set epochs=1 --set drop=black "
        "--seed $seed --name e-dnn-$seed && fer-core evaluate e-dnn-$seed --split validation "
        "--weights last; done"
    )


def test_an_ensembles_entry_counts_its_members_and_their_readings(
    leaderboard: ModuleType, store: RunStore
) -> None:
    how = {"split": "test", "weights": "best", "averaging": "none"}
    entry = leaderboard.entry_of(store, ["both"], name="two", **how)
    score = store.run("both").score("test")
    assert score is not None
    assert entry["accuracies"] == [score.accuracy]
    assert (entry["members"], entry["seeds"], entry["test_readings"]) == (2, [1, 3], 4)
    assert entry["command"] == (
        "for run in a b; do fer-core evaluate $run --split test; done; "
        "fer-core ensemble a b --weights equal --split test"
    )


@pytest.mark.parametrize(
    ("runs", "changed", "message"),
    [
        (["a", "other"], {}, "'a' and 'other' differ in learning_rate"),
        (["a", "a"], {}, "two of a, a have one seed"),
        (
            ["a", "b"],
            {"averaging": "flip"},
            "fer-core evaluate a --split validation --average flip",
        ),
        (["a", "nobody"], {}, "no run 'nobody'"),
    ],
)
def test_runs_that_make_no_entry_are_refused(
    leaderboard: ModuleType,
    store: RunStore,
    runs: list[str],
    changed: dict[str, str],
    message: str,
) -> None:
    with pytest.raises(InputError, match=message):
        leaderboard.entry_of(store, runs, name="x", **{**HOW, **changed})


def test_a_configuration_that_no_preset_gives_needs_its_command(
    leaderboard: ModuleType, tiny_store: RunStore, tiny_config: RunConfig, tiny_faces: DatasetArrays
) -> None:
    real = dataclasses.replace(tiny_faces, synthetic=False, fingerprint="0" * 64)
    tiny_store.add_dataset("real", real)
    train_run(tiny_store, tiny_config.replace(data="real", epochs=1), name="own", device="cpu")
    with pytest.raises(InputError, match="name it with --command"):
        leaderboard.entry_of(tiny_store, ["own"], name="x", **HOW)
    entry = leaderboard.entry_of(tiny_store, ["own"], name="x", command="mine", **HOW)
    assert entry["command"] == "mine"
    train_run(tiny_store, tiny_config.replace(epochs=1), name="drawn", device="cpu")
    with pytest.raises(InputError, match="synthetic faces"):
        leaderboard.entry_of(tiny_store, ["drawn"], name="x", **HOW)


def test_other_images_than_those_of_fer2013_are_refused(
    leaderboard: ModuleType, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaderboard, "IMAGES", 3589)
    with pytest.raises(InputError, match="judged on 14 validation images"):
        leaderboard.entry_of(store, ["a"], name="x", **HOW)


def entry(name: str, split: str, *accuracies: float, members: int = 1) -> dict[str, Any]:
    return {
        "name": name,
        "members": members,
        "split": split,
        "seeds": list(range(len(accuracies))),
        "accuracies": list(accuracies),
        "mean": statistics.fmean(accuracies),
        "weights": "last",
        "averaging": "flip",
        "test_readings": 2,
        "machine": "cpu Example, 2 threads",
        "command": "fer-core train x | tee log",
    }


def test_an_entry_takes_the_place_of_its_name_and_split(leaderboard: ModuleType) -> None:
    old = [entry("a", "test", 0.7), entry("b", "test", 0.6), entry("a", "validation", 0.9)]
    found = leaderboard.placed(old, entry("a", "test", 0.5))
    assert [(each["name"], each["split"], each["mean"]) for each in found] == [
        ("b", "test", 0.6),
        ("a", "test", 0.5),
        ("a", "validation", 0.9),
    ]


def test_adding_and_rendering_write_the_files(
    leaderboard: ModuleType, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries, results = tmp_path / "entries.json", tmp_path / "results.md"
    entries.write_text("[]", encoding="utf-8")
    results.write_text(
        "# Before\n\n<!-- leaderboard -->\nold\n<!-- end of the leaderboard -->\n\nAfter\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("sys.argv", ["leaderboard.py", "--entries", str(tmp_path / "no"), "render"])
    with pytest.raises(InputError, match="no: no such file or directory; name one with --entries"):
        leaderboard.main()
    files = ["leaderboard.py", "--entries", str(entries), "--results", str(results)]
    what = ["--name", "dense", "--split", "test", "--weights", "best", "--averaging", "none"]
    monkeypatch.setattr("sys.argv", [*files, "add", str(folder / "runs.db"), "a", "b", *what])
    leaderboard.main()
    [written] = json.loads(entries.read_text(encoding="utf-8"))
    monkeypatch.setattr("sys.argv", [*files, "render"])
    leaderboard.main()
    once = results.read_text(encoding="utf-8")
    leaderboard.main()
    assert results.read_text(encoding="utf-8") == once
    assert once.startswith("# Before\n\n<!-- leaderboard -->\n\n## Leaderboard\n")
    assert once.endswith("\n\n<!-- end of the leaderboard -->\n\nAfter\n")
    assert "old" not in once.split("\n")
    assert f"| `dense` | 1 | PrivateTest | {written['mean']:.2%} |" in once
    assert written["command"] in once
    assert "Learning curves" not in once
    (results.parent / leaderboard.CURVES).mkdir()
    (results.parent / leaderboard.CURVES / "dense.svg").touch()
    leaderboard.main()
    drawn = "![Learning curves of dense, a run a seed](learning-curves/dense.svg)\n"
    assert drawn in results.read_text(encoding="utf-8")


def test_ours_on_test_stand_beside_the_claims_and_those_on_validation_do_not(
    text: ModuleType,
) -> None:
    entries = [entry("one", "test", 0.5, 0.7), entry("six", "test", 0.75, members=6)]
    section = text.section([*entries, entry("tuned", "validation", 0.9)])
    claims = section.partition("### Published claims")[2]
    assert "| **one** (ours) | 60.00% | one model, mean of 2 | none: the last epoch |" in claims
    assert "| **six** (ours) | 75.00% | ensemble of 6 |" in claims
    assert "tuned" not in claims
    assert "73.28 %" in claims
    low, high = text.wilson_interval(round(0.6 * 3589), 3589)
    assert (
        f"| 60.00% | {low:.2%} to {high:.2%} | 50.00%, 70.00% | 0, 1 | last | flip | 2 |" in section
    )
    with pytest.raises(InputError, match="write both marks"):
        text.with_section("no marks", entries)


def test_the_entries_are_what_they_must_be(text: ModuleType) -> None:
    entries = json.loads((ROOT / "docs" / "leaderboard.json").read_text(encoding="utf-8"))
    assert len({(each["name"], each["split"]) for each in entries}) == len(entries)
    for each in entries:
        assert tuple(each) == text.KEYS
        assert each["split"] in text.SPLITS
        assert each["members"] >= 1
        assert each["mean"] == pytest.approx(statistics.fmean(each["accuracies"]), abs=1e-12)
        for accuracy in each["accuracies"]:
            assert 0 < accuracy < 1
            assert accuracy * 3589 == pytest.approx(round(accuracy * 3589), abs=1e-6)
        if each["members"] == 1:
            assert len(set(each["seeds"])) == len(each["accuracies"])
        assert each["test_readings"] >= (len(each["accuracies"]) if each["split"] == "test" else 0)
        assert each["machine"]
        assert each["command"]


def test_the_results_say_what_the_entries_say(text: ModuleType) -> None:
    entries = json.loads((ROOT / "docs" / "leaderboard.json").read_text(encoding="utf-8"))
    results = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    curves = {path.stem for path in (ROOT / "docs" / text.CURVES).glob("*.svg")}
    assert curves <= {entry["name"] for entry in entries}
    assert text.with_section(results, entries, curves) == results, (
        "python benchmarks/leaderboard.py render"
    )
