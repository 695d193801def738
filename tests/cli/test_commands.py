"""Every command as a person types it, in one small store."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fer_core.cli import demo
from fer_core.cli.main import run
from fer_core.config import RunConfig
from fer_core.experiment import train_run
from fer_core.store import RunStore

Command = Callable[..., tuple[int, str, str]]


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
    code, out, _ = command("evaluate", "dnn", "--split", "train")
    assert code == 0
    assert "nan" not in out, "all images of train have a twin there"
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
    assert "10,607,815 parameters" in command("presets", "show", "e-cnn")[1]


NET = """from torch import nn
def net():
    return nn.Sequential(nn.Flatten(), nn.LayerNorm(2304), nn.Linear(2304, 7))
"""


def test_a_network_of_ones_own_is_shown_trained_and_written_out(
    command: Command, tiny_store: RunStore
) -> None:
    Path("net.py").write_text(NET, encoding="utf-8")
    assert command("presets", "show", "net.py:net")[0] == 0
    assert command("train", "net.py:net", "--epochs", "1", "--set", "batch_size=16")[0] == 0
    (run_,) = tiny_store.runs()
    assert (run_.preset, run_.parameters) == ("net.py:net", 2 * 2304 + 2304 * 7 + 7)
    Path("net.py").write_text(NET + "#", encoding="utf-8")
    code, _, err = command("evaluate", run_.id)
    assert code == 2
    assert "net.py has changed" in err
    code, out, _ = command("runs", "show", run_.name, "--source")
    assert (code, out) == (0, NET)


def test_a_run_of_a_preset_has_no_file(command: Command, trained: str) -> None:
    code, _, err = command("runs", "show", trained, "--source")
    assert code == 2
    assert "run 'first' was not trained from a file of one's own" in err


def test_an_ensemble_is_made_listed_and_evaluated(
    command: Command, tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    for seed in (1, 2):
        train_run(tiny_store, tiny_config.replace(seed=seed, epochs=1), name=f"m{seed}")
    made = _json(command("ensemble", "m1", "m2", "--weights", "validation", "--json"))
    assert (made["name"], made["preset"], made["test_accuracy"]) == ("ensemble-1", "ensemble", None)
    assert [member["name"] for member in made["members"]] == ["m1", "m2"]
    assert sum(member["weight"] for member in made["members"]) == pytest.approx(1)
    code, _, err = command("ensemble", "m1", "m2", "--split", "test")
    assert code == 2
    assert "fer-core evaluate m1 --split test" in err
    for name in ("m1", "m2"):
        assert command("evaluate", name, "--split", "test")[0] == 0
    score = _json(command("evaluate", "ensemble-1", "--split", "test", "--json"))
    assert (score["n"], score["test_readings"]) == (14, 1)
    code, out, _ = command("ensemble", "m1", "m2", "--split", "test", "--name", "[b]both[/b]")
    assert code == 0
    assert "[b]both[/b]" in out
    for arguments, words in (
        (("evaluate", "ensemble-1", "--weights", "last"), "an ensemble of the best weights"),
        (("resume", "ensemble-1"), "'ensemble-1' is an ensemble: it has no weights of its own"),
    ):
        code, _, err = command(*arguments)
        assert code == 2
        assert words in err
    assert command("runs", "show", "ensemble-1")[0] == 0


def test_a_logged_run_is_shown_and_has_no_weights(command: Command, tiny_store: RunStore) -> None:
    with tiny_store.start_run("mine", data="tiny") as run_:
        run_.add_epoch(train_loss=1.25)
    shown = _json(command("runs", "show", "mine", "--json"))
    assert shown["history"][0]["train_loss"] == 1.25
    assert shown["history"][0]["validation_accuracy"] is None, "JSON has no not-a-number"
    code, out, _ = command("runs", "show", "mine")
    assert code == 0
    assert "nan" not in out
    for arguments in (("resume", "mine"), ("evaluate", "mine")):
        code, _, err = command(*arguments)
        assert code == 2
        assert "run 'mine' was logged by a loop of its own, so it has no weights here" in err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "Missing command; see: fer-core --help"),
        (("bogus",), "No such command 'bogus'"),
        (("train",), "'preset'; see: fer-core train --help"),
        (("train", "vgg"), "no preset 'vgg'; use one of a-cnn-deep, a-cnn-wide, a-dnn"),
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
        (("figure", "pie", "x", "-o", "a.svg"), "figure 'pie' is none of: learning_curves"),
        (("figure", "samples", "x", "-o", "a.svg"), "no data set and no run 'x'"),
        (("train", "net.py:Net"), "no file 'net.py' in"),
        (("presets", "show", "net.py"), "no file 'net.py' in"),
        (("runs", "show", "x", "--source"), "no run 'x'"),
        (("ensemble",), "'runs'; see: fer-core ensemble --help"),
        (("ensemble", "x"), "no run 'x'"),
        (("explain",), "'run'; see: fer-core explain --help"),
        (("explain", "x"), "no run 'x'"),
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
    code, _, err = command("figure", "confusion_matrix", trained, "-o", "a.csv", "--lang", "de")
    assert code == 2
    assert err == "fer-core: language 'de' is none of: en, zh-TW\n"
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
    explanations = _json(command("runs", "show", "synthetic-dnn", "--json"))["explanations"]
    assert explanations["saliency"] >= 7
    code, _, err = command("demo", "--n", "140")
    assert code == 0
    assert "is there already" in err
    assert _json(command("runs", "show", run_["id"], "--json"))["explanations"] == explanations
    assert len(_json(command("runs", "list", "--json"))) == 1
