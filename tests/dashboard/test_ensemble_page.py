"""The page Ensemble: members are judged on validation, test only once they are saved."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import commands
from fer_core.analysis.answers import read_answers
from fer_core.analysis.selection import forward_selection
from fer_core.ensembling import WEIGHTINGS
from fer_core.errors import InputError
from fer_core.figures.text import percent
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.dashboard.test_pages import words

Open = Callable[..., AppTest]
PATIENCE = 60  # seconds; a command starts in one or two on an idle machine


@pytest.fixture
def own_store(tmp_path: Path) -> Path:
    """Runs a, b and c, which predicted validation and test."""
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store)
        for seed, (name, best) in enumerate((("a", 0.5), ("b", 0.4), ("c", 0.1))):
            stores.add_run(store, name, epochs=2, best=best, seed=seed)
    return path


def probabilities(path: Path, *names: str, split: str = "validation"):
    with RunStore.open(path, read_only=True) as store:
        found = read_answers(store, names, split=split)
    return np.stack([each.probabilities for each in found]), found[0].labels


def mean_accuracy(path: Path, *names: str, split: str = "validation") -> str:
    shares, labels = probabilities(path, *names, split=split)
    return percent((shares.mean(axis=0).argmax(axis=1) == labels).mean())


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_members_are_judged_on_validation_alone(open_app: Open, own_store: Path) -> None:
    app = open_app(own_store, "ensemble", "a", "b", "c")
    assert app.multiselect(key="members").value == ["a", "b", "c"]
    assert metrics(app)["Validation accuracy"] == mean_accuracy(own_store, "a", "b", "c")
    alone = max((mean_accuracy(own_store, name) for name in "abc"), key=lambda t: float(t[:-2]))
    assert metrics(app)["Best member alone"] == alone
    assert "Test" not in metrics(app)
    app.multiselect(key="members").set_value(["b", "c"]).run()
    assert metrics(app)["Validation accuracy"] == mean_accuracy(own_store, "b", "c")
    assert "fer-core ensemble b c" in [code.value for code in app.code]
    app.button_group(key="combine").set_value("vote").run()
    assert "fer-core ensemble b c --vote" in [code.value for code in app.code]
    app.multiselect(key="members").set_value(["b"]).run()
    assert "Choose two or more members." in words(app)
    with RunStore.open(own_store, read_only=True) as store:
        readings = [len(store.details(name).test_readings) for name in "abc"]
        assert readings == [1, 1, 1], "none but the evaluation of each"


def test_forward_selection_chooses_members(open_app: Open, own_store: Path) -> None:
    app = open_app(own_store, "ensemble", "c", "b", "a")
    chosen = forward_selection(*probabilities(own_store, "c", "b", "a"))
    app.button(key="take_best").click().run()
    assert not app.exception
    best = {"cba"[place] for place in chosen.order[: chosen.best]}
    assert set(app.multiselect(key="members").value) == best
    app.multiselect(key="runs").set_value(["a", "b"]).run()
    assert app.multiselect(key="members").value == ["a", "b"], "other candidates: all of them"


@pytest.mark.parametrize("test", [False, True])
def test_saving_makes_a_run_and_shows_test_only_if_combined(
    open_app: Open, own_store: Path, test: bool
) -> None:
    app = open_app(own_store, "ensemble", "a", "b")
    app.text_input(key="ensemble_name").set_value("both")
    app.toggle(key="with_test").set_value(test).run()
    app.button(key="save_ensemble").click().run()
    give_up = time.monotonic() + PATIENCE
    while "saved_ensemble" not in app.session_state and time.monotonic() < give_up:
        time.sleep(0.2)
        app.run()
        assert not app.exception
    app.run()
    assert "both: on every page, as any other run." in words(app)
    accuracy = metrics(app)["Validation"]
    assert accuracy.split(" [")[0] == mean_accuracy(own_store, "a", "b")
    with RunStore.open(own_store, read_only=True) as store:
        run = store.run("both")
        assert (run.preset, bool(run.score("test"))) == ("ensemble", test)
    assert ("Test" in metrics(app)) == test
    if test:
        expected = mean_accuracy(own_store, "a", "b", split="test")
        assert metrics(app)["Test"].split(" [")[0] == expected


def test_a_name_that_is_taken_is_said_in_one_line(open_app: Open, own_store: Path) -> None:
    app = open_app(own_store, "ensemble", "a", "b")
    app.text_input(key="ensemble_name").set_value("c").run()
    app.button(key="save_ensemble").click().run()
    give_up = time.monotonic() + PATIENCE
    while "This cannot be shown" not in words(app) and time.monotonic() < give_up:
        time.sleep(0.2)
        app.run()
    assert "'c'" in words(app)
    assert not app.exception
    assert "saved_ensemble" not in app.session_state


def test_runs_that_cannot_be_combined_are_left_out(open_app: Open, stopped_runs: Path) -> None:
    app = open_app(stopped_runs, "ensemble", "killed", "stopped")
    assert "killed: an ensemble takes finished runs." in words(app)
    assert not app.get("plotly_chart")


def test_the_command_leaves_out_what_is_default() -> None:
    assert commands.ensemble(["a", "b"]) == ["ensemble", "a", "b"]
    words = commands.ensemble(["a", "b"], name="--vote", combine="validation", test=True)
    assert words == ["ensemble", "a", "b", "--name=--vote", "--weights=validation", "--split=test"]
    assert set(commands.COMBINATIONS) == {*WEIGHTINGS, "vote"}


@pytest.mark.parametrize(
    ("runs", "choices", "message"),
    [
        (["a"], {}, "1 runs to combine; choose two or more"),
        (["a", "b"], {"combine": "median"}, "combine is 'median'; use one of equal, validation"),
    ],
)
def test_the_command_refuses_what_no_widget_offers(
    runs: list[str], choices: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        commands.ensemble(runs, **choices)
