"""The options of ``fer-core train`` that change a recipe."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fer_core.store import RunStore

Command = Callable[..., tuple[int, str, str]]

# Each option with a value that the preset e-dnn does not have.
OPTIONS: dict[str, tuple[str, Any]] = {
    "--augment": ("full", "full"),
    "--rotate": ("1", 1.0),
    "--shift": ("0.05", 0.05),
    "--zoom": ("0.2", 0.2),
    "--erase": ("0.5", 0.5),
    "--normalise": ("unit", "unit"),
    "--optimizer": ("sgd", "sgd"),
    "--schedule": ("cosine", "cosine"),
    "--weight-average": ("0.9", 0.9),
    "--patience": ("3", 3),
    "--class-weights": ("balanced", "balanced"),
    "--label-smoothing": ("0.1", 0.1),
    "--mixup": ("0.2", 0.2),
    "--dropout": ("0.25", 0.25),
}
SETTINGS = {"batch_size": 16, "learning_rate": 0.02, "nesterov": True, "warmup": 0.2}


def test_each_option_reaches_the_stored_configuration(
    command: Command, tiny_store: RunStore
) -> None:
    given = [text for option, (value, _) in OPTIONS.items() for text in (option, value)]
    given += [text for key, value in SETTINGS.items() for text in ("--set", f"{key}={value}")]
    code, out, err = command("train", "e-dnn", "--epochs", "2", *given, "--json")
    assert code == 0, err
    run = tiny_store.run(json.loads(out)["id"])
    config = tiny_store.details(run.id).config
    stored = {option: config[option[2:].replace("-", "_")] for option in OPTIONS}
    assert stored == {option: value for option, (_, value) in OPTIONS.items()}
    assert {key: config[key] for key in SETTINGS} == SETTINGS
    assert {config["sources"][key] for key in (*SETTINGS, "epochs", "mixup")} == {"given"}
    assert {score.weights for score in run.scores} == {"best", "last", "average"}


def test_every_option_has_its_help_in_a_panel(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    _, out, _ = command("train", "--help")
    panels = re.split(r"╭─ (.+?) ─+╮", out)
    texts = dict(zip(panels[1::2], panels[2::2], strict=True))
    assert set(texts) == {
        "Arguments", "Options", "Size", "Augmentation and normalisation", "Optimisation",
        "Regularisation", "Distillation",
    }  # fmt: skip
    for option in OPTIONS:
        assert re.search(rf"{option} +<\w+> +\w", out), option
        assert option not in texts["Options"]


def test_a_teacher_is_named_by_name_and_stored_by_id(
    command: Command, trained_store: RunStore
) -> None:
    run = ("train", "e-dnn", "--epochs", "1", "--set", "batch_size=64")
    options = ("--teacher", "second", "--teacher-weight", "0.5", "--temperature", "4")
    code, out, err = command(*run, *options, "--name", "student", "--json")
    assert code == 0, err
    config = trained_store.details(json.loads(out)["id"]).config
    second = trained_store.run("second").id
    assert (config["teacher"], config["teacher_weight"], config["temperature"]) == (second, 0.5, 4)
    code, out, err = command(*run, "--teacher", "nobody")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "no run 'nobody'" in err


def test_a_run_that_stopped_early_says_at_which_epoch(
    command: Command, tiny_store: RunStore
) -> None:
    # A rate of nearly zero: no epoch after the first is better.
    still = ("--set", "learning_rate=1e-9", "--set", "batch_size=16", "--patience", "2")
    code, out, err = command("train", "e-dnn", "--epochs", "9", "--name", "still", *still)
    assert code == 0, err
    assert "stopped early after epoch 3 of 9" in err
    assert "no better since epoch 1" in err
    assert "in epoch 1 of 3" in out
    code, out, _ = command("runs", "list", "--json")
    (listed,) = json.loads(out)
    assert (listed["status"], listed["epochs"], listed["epochs_planned"]) == ("finished", 3, 9)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--rotate", "1"), "rotate does nothing with augment 'none'; use augment rotate-shift-"),
        (("--augment", "shift-flip", "--erase", "0.1"), "erase does nothing with augment 'shift-f"),
        (("--augment", "full", "--rotate", "400"), "rotate is 400.0; use a number from 0 to 180"),
        (("--optimizer", "lion"), "optimizer is 'lion'; use one of sgd, adam, adamw, rmsprop, "),
        (("--set", "momentum=0.5"), "momentum does nothing with optimizer 'adam'; use optimizer"),
        (("--schedule", "cyclic"), "schedule is 'cyclic'; use one of constant, one-cycle, cosine"),
        (("--class-weights", "yes"), "class_weights is 'yes'; use one of none, balanced"),
        (("--mixup", "-1"), "mixup is -1.0; use a number from 0 to 100"),
        (("--mixup", "some"), "Invalid value for '--mixup'"),
        (("--dropout", "1"), "dropout is 1.0; use a number from 0 to 0.99"),
        (("--weight-average", "1"), "weight_average is 1.0; use a number from 0 to 0.99999"),
        (
            ("--sides", "32"),
            "sides is '32': '32' is no side from 8 to 48 with a part of the training",
        ),
        (("--sides", "32:0.6,40:0.4"), "'40:0.4' is no side from 8 to 48 with a part of the train"),
        (("--sides", "64:0.5"), "'64:0.5' is no side from 8 to 48 with a part of the training"),
        (("--sides", "32:0.5"), "sides has 32, but the network takes only images of its own side"),
        (
            ("--teacher", "a", "--temperature", "0"),
            "temperature is 0.0; use a number from 0.1 to 1",
        ),
        (
            ("--teacher-weight", "0.5"),
            "teacher_weight does nothing without a teacher; give one, too",
        ),
        (("--set", "teacher_sha256=x"), "--set does not take teacher_sha256; see: fer-core train"),
        (("--patience", "-3"), "patience is -3; use a number from 0 to 100000"),
        (("--set", "data=x"), "--set does not take data; see: fer-core train --help"),
        (("--set", "name=x", "--set", "preset=x"), "--set does not take name, preset"),
        (("--set", "nesterov=perhaps"), "nesterov is 'perhaps'; it takes true or false"),
    ],
)
def test_a_wrong_option_is_one_line_before_a_store_is_made(
    command: Command, arguments: tuple[str, ...], named: str
) -> None:
    code, out, err = command("train", "e-dnn", *arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert named in err
    assert not Path("runs.db").exists()


def test_a_dropout_rate_needs_a_dropout_layer(command: Command) -> None:
    code, _, err = command("train", "b-dnn", "--dropout", "0.5")
    assert code == 2
    assert "dropout is 0.5, but the architecture has no dropout layer to set; add one" in err
    assert not Path("runs.db").exists()
