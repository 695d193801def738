"""Every command as a person types it, in one small store."""

import csv
import dataclasses
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core.cli import demo
from fer_core.cli.main import run
from fer_core.config import RunConfig
from fer_core.data.audit import audited
from fer_core.experiment import train_run
from fer_core.records import DatasetArrays, SplitArrays
from fer_core.store import RunStore

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run `fer-core ARGUMENTS`; returns exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FER_STORE", str(tmp_path / "runs.db"))

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["fer-core", *arguments])
        with pytest.raises(SystemExit) as ended:
            run()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


@pytest.fixture
def trained(tiny_store: RunStore, tiny_config: RunConfig) -> str:
    """The name of a finished run; the store is the command's."""
    return train_run(tiny_store, tiny_config, name="first").name


def _json(result: tuple[int, str, str]) -> Any:
    code, out, _ = result
    assert code == 0
    return json.loads(out)


def test_the_main_job_in_five_commands(command: Command) -> None:
    made = _json(command("data", "synth", "--n", "140", "--json"))
    assert {s: v["count"] for s, v in made["splits"].items()} == {
        "train": 112,
        "validation": 14,
        "test": 14,
    }
    assert list(made["splits"]["train"]["classes"])[:2] == ["Angry", "Disgust"]
    assert _json(command("data", "list", "--json")) == [made]
    small = ("--set", "batch_size=16", "--epochs", "2")
    trained = _json(command("train", "e-dnn", "--name", "dnn", *small, "--json"))
    assert (trained["name"], trained["epochs"], trained["test_accuracy"]) == ("dnn", 2, None)
    score = _json(command("evaluate", "dnn", "--split", "test", "--average", "flip", "--json"))
    assert (score["n"], score["averaging"], score["test_readings"]) == (14, "flip", 1)
    assert score["interval"][0] <= score["accuracy"] <= score["interval"][1]
    code, _, err = command("figure", "learning_curves", "dnn", "-o", "curves.csv")
    assert code == 0, err
    assert Path("curves.csv").stat().st_size > 100
    (listed,) = _json(command("runs", "list", "--json"))
    assert listed["test_accuracy"] == score["accuracy"]
    assert (listed["test_averaging"], listed["synthetic"]) == ("flip", True)


def test_runs_show_has_the_history_and_the_configuration(command: Command, trained: str) -> None:
    shown = _json(command("runs", "show", trained, "--json"))
    assert [epoch["epoch"] for epoch in shown["history"]] == [1, 2, 3, 4]
    assert {"train_loss", "train_accuracy", "validation_loss", "validation_accuracy"} < set(
        shown["history"][0]
    )
    assert shown["config"]["batch_size"] == 16
    assert shown["versions"]["fer-lab"]
    assert shown["device"]
    code, out, _ = command("runs", "show", trained)
    assert code == 0
    assert "label_smoothing" in out


def test_runs_are_renamed_tagged_noted_and_deleted(command: Command, trained: str) -> None:
    assert command("runs", "rename", trained, "[red]second[/]")[0] == 0
    assert command("runs", "tag", "[red]second[/]", "a", "b")[0] == 0
    assert command("runs", "note", "[red]second[/]", "it <b>is</b>")[0] == 0
    (run_,) = _json(command("runs", "list", "--json"))
    assert (run_["name"], run_["tags"]) == ("[red]second[/]", ["a", "b"])
    assert run_["note"] == "it <b>is</b>"
    code, out, _ = command("runs", "list")
    assert code == 0
    assert "[red]second[/]" in out  # text, not markup
    code, _, err = command("runs", "delete", run_["id"])
    assert code == 2
    assert "--yes" in err
    assert command("runs", "delete", run_["id"], "--yes")[0] == 0
    assert _json(command("runs", "list", "--json")) == []
    report = _json(command("runs", "repair", "--json"))
    assert isinstance(report, dict)


def test_predictions_are_a_row_an_image(command: Command, trained: str) -> None:
    code, _, err = command("predictions", trained, "-o", "p.csv", "--weights", "last")
    assert code == 0, err
    rows = list(csv.DictReader(io.StringIO(Path("p.csv").read_text(encoding="utf-8"))))
    assert len(rows) == 14
    assert rows[3]["sample"] == "validation:3"
    assert rows[3]["name"].startswith("synthetic-")
    assert sum(float(rows[3][name]) for name in list(rows[3])[3:]) == pytest.approx(1, abs=1e-4)


@pytest.fixture
def flawed(tiny_store: RunStore, tiny_faces: DatasetArrays) -> DatasetArrays:
    """A data set `flawed` in the command's store: 60 black images of one class, a twin."""
    train, test = tiny_faces.splits["train"], tiny_faces.splits["test"]
    images, labels = train.images.copy(), train.labels.copy()
    images[:60], labels[:60] = 0, 2
    images[70] = test.images[1]
    names = ("\x1b[31mred[/]", *train.names[1:])
    splits = {**tiny_faces.splits, "train": SplitArrays(images, labels, names)}
    splits["test"] = dataclasses.replace(test, labels=np.full_like(test.labels, -1), regions=None)
    splits["validation"] = dataclasses.replace(splits["validation"], regions=None)
    arrays = audited("folder", splits)
    tiny_store.add_dataset("flawed", arrays)
    return arrays


def test_data_audit_counts_what_was_found(command: Command, flawed: DatasetArrays) -> None:
    found = _json(command("data", "audit", "flawed", "--json"))
    assert (found["name"], found["black"], found["flat"], found["text_like"]) == (
        "flawed",
        60,
        0,
        0,
    )
    assert found["identical"] == {"groups": 2, "surplus": 60, "conflicting": 0}
    assert found["near_identical"] == found["identical"]
    assert found["twins"] == {"validation": 0, "test": 1}
    assert list(found["splits"]) == ["train", "validation", "test"]
    assert found["splits"]["train"] == {
        "images": 112,
        "black": 60,
        "flat": 0,
        "text_like": 0,
        "copy": 59,
        "conflict": 0,
        "near_copy": 59,
        "near_conflict": 0,
        "twin": 1,
    }
    assert found["splits"]["test"]["copy"] == 1
    code, out, _ = command("data", "audit", "flawed")
    assert code == 0
    rows = [re.findall(r"[\w-]+", line) for line in out.splitlines()]
    assert ["near-copy", "59", "0", "1"] in rows
    assert ["identical", "to", "one", "in", "train", "0", "1"] in rows
    assert "identical: 2 pictures that are there more than once, 60 surplus images, 0" in out


def test_data_audit_lists_the_images_of_a_finding(command: Command, flawed: DatasetArrays) -> None:
    code, out, _ = command("data", "audit", "flawed", "--show", "black")
    assert code == 0
    assert "\x1b" not in out
    assert "red[/]" in out  # text, not markup
    assert "train:49 " in out
    assert "train:50 " not in out
    assert out.splitlines()[-1] == "60 images, the first 50 shown; all: --json"
    shown = _json(command("data", "audit", "flawed", "--show", "black", "--json"))["show"]
    assert (shown["kind"], shown["count"], len(shown["samples"])) == ("black", 60, 60)
    assert shown["samples"][59] == {
        "sample": "train:59",
        "name": flawed.splits["train"].names[59],
        "class": "Fear",
    }
    shown = _json(command("data", "audit", "flawed", "--show", "near_copy", "--json"))["show"]
    assert shown["kind"] == "near-copy"
    assert [row["sample"] for row in shown["samples"][-2:]] == ["train:59", "test:1"]
    assert shown["samples"][-1]["class"] is None
    assert shown["samples"][-1]["group"] == flawed.near_groups["train"][70]
    code, out, _ = command("data", "audit", "flawed", "--show", "flat")
    assert (code, out) == (0, "0 images\n")


def test_a_data_set_without_an_audit_says_how_to_get_one(
    command: Command, tiny_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    for path in (tiny_store.folder / "datasets" / tiny_faces.fingerprint).glob("*.flags.npy"):
        path.unlink()
    code, out, err = command("data", "audit", "tiny", "--json")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "import the data set again with: fer-core data import" in err
    small = ("train", "e-dnn", "--data", "tiny", "--epochs", "1", "--set", "batch_size=16")
    code, _, err = command(*small, "--drop", "black")
    assert code == 1
    assert "import the data set again" in err
    assert tiny_store.runs() == ()
    assert command(*small)[0] == 0  # dropping nothing, it needs no audit


def test_train_drops_findings_and_tells_how_many(command: Command, flawed: DatasetArrays) -> None:
    small = ("--data", "flawed", "--epochs", "1", "--set", "batch_size=16")
    arguments = ("train", "e-dnn", "--name", "clean", "--drop", "twin,black", *small)
    code, _, err = command(*arguments)
    assert code == 0
    assert "left out of training: 61 images (60 black, 1 twin)" in err
    shown = _json(command("runs", "show", "clean", "--json"))
    assert (shown["dropped_images"], shown["dropped"]) == (61, {"black": 60, "twin": 1})
    assert shown["config"]["drop"] == "black,twin"
    code, out, _ = command("runs", "show", "clean")
    assert code == 0
    assert "61 images (60 black, 1 twin)" in out
    assert command("train", "e-dnn", "--name", "whole", *small)[0] == 0
    shown = _json(command("runs", "show", "whole", "--json"))
    assert (shown["dropped_images"], shown["dropped"], shown["config"]["drop"]) == (0, {}, "")
    assert "left out" not in command("runs", "show", "whole")[1]


def test_presets_show_counts_parameters_as_the_reports(command: Command) -> None:
    shown = _json(command("presets", "show", "e-cnn", "--json"))
    assert shown["parameters"] == {
        "total": 10_607_815,
        "trainable": 10_607_815,
        "non_trainable": 0,
    }
    assert shown["layers"][0] == {
        "name": "conv1",
        "type": "Conv2d",
        "output_shape": [32, 48, 48],
        "parameters": 320,
    }
    names = [preset["name"] for preset in _json(command("presets", "list", "--json"))]
    assert names == ["e-cnn", "e-dnn", "fast"]
    assert "10,607,815 parameters" in command("presets", "show", "e-cnn")[1]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "Missing command; see: fer-core --help"),
        (("bogus",), "No such command 'bogus'"),
        (("train",), "'preset'; see: fer-core train --help"),
        (("train", "vgg"), "no preset 'vgg'; use one of e-cnn, e-dnn, fast"),
        (("train", "fast"), "no data set in the store; make one: fer-core data synth"),
        (("train", "fast", "--data", "x"), "no data set 'x'"),
        (("train", "fast", "--set", "speed"), "--set takes key=value, got 'speed'"),
        (("train", "fast", "--set", "speed=1"), "unknown setting 'speed'"),
        (("train", "fast", "--epochs", "0"), "epochs is 0"),
        (("train", "fast", "--augment", "mirror"), "augment is 'mirror'"),
        (("resume", "x"), "no run 'x'"),
        (("evaluate", "x"), "no run 'x'"),
        (("data", "import", "nothing.zip"), "nothing.zip"),
        (("data", "synth", "--n", "3"), "3"),
        (("data", "audit", "x"), "no data set 'x'"),
        (("data", "audit", "x", "--show", "y"), "no finding 'y'; use one of black, flat"),
        (("train", "fast", "--drop", "blurred"), "drop is 'blurred': no finding 'blurred'"),
        (("figure", "pie", "x", "-o", "a.svg"), "x"),
        (("runs", "show", "x"), "no run 'x'"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    command: Command, arguments: tuple[str, ...], named: str
) -> None:
    with RunStore.open():  # there is a store, and nothing in it
        pass
    code, out, err = command(*arguments)
    assert code == 2
    assert out == ""
    lines = [line for line in err.splitlines() if line.startswith("fer-core: ")]
    assert err.splitlines() == lines
    assert len(lines) == 1
    assert named in lines[0]


def test_reading_commands_name_what_makes_a_store(command: Command) -> None:
    code, _, err = command("runs", "list")
    assert code == 2
    assert "make demo" in err
    assert not Path("runs.db").exists()


def test_a_refused_import_leaves_no_store_behind(command: Command) -> None:
    Path("faces.csv").write_text("a,b\n", encoding="utf-8")
    code, _, err = command("data", "import", "faces.csv")
    assert code == 2
    assert "faces.csv" in err
    assert [path.name for path in Path().iterdir()] == ["faces.csv"]


def test_ctrl_c_says_how_to_go_on(
    command: Command, tiny_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(self: object, epoch: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fer_core.cli.output.TrainingProgress.epoch", interrupt)
    arguments = ("train", "e-dnn", "--name", "my run", "--epochs", "3", "--set", "batch_size=16")
    code, _, err = command(*arguments)
    assert code == 130
    assert "Go on: fer-core resume 'my run'" in err
    assert (tiny_store.run("my run").status, tiny_store.run("my run").epochs) == ("interrupted", 1)


def test_a_wrong_figure_or_format_writes_nothing(command: Command, trained: str) -> None:
    for arguments in (("pie", trained, "-o", "a.csv"), ("confusion_matrix", trained, "-o", "a.x")):
        code, _, err = command("figure", *arguments)
        assert code == 2, err
    code, _, err = command("figure", "confusion_matrix", trained, "-o", "a.csv", "--set", "q=1")
    assert code == 2
    assert "q" in err
    assert [path.name for path in Path().iterdir() if path.name.startswith("a.")] == []


def test_verbose_shows_the_traceback(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["fer-core", "runs", "list", "--verbose"])
    with pytest.raises(Exception, match="make demo"):
        run()


def test_the_demo_trains_evaluates_and_keeps_what_is_there(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "DEMO_RUNS", (("dnn", "e-dnn", 2, ["batch_size=16"]),))
    assert command("demo", "--n", "140")[0] == 0
    (run_,) = _json(command("runs", "list", "--json"))
    assert run_["name"] == "synthetic-dnn"
    assert run_["test_accuracy"] is not None
    code, _, err = command("demo", "--n", "140")
    assert code == 0
    assert "is there already" in err
    assert len(_json(command("runs", "list", "--json"))) == 1
