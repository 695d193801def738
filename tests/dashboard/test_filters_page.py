"""Page Filters: what it shows of what is stored, what it offers to compute."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from dashboard import commands, jobs
from fer_core.errors import InputError
from fer_core.store import RunStore
from tests.dashboard.conftest import Open
from tests.dashboard.test_explanations_missing import stand_in
from tests.dashboard.test_explanations_page import choose
from tests.dashboard.test_pages import commands as shown_commands
from tests.dashboard.test_pages import words
from tests.figures import filtered


@pytest.fixture
def filters_store(three_runs: Path, tmp_path: Path) -> Path:
    """Runs a, b and c; a has all of conv1, and its filters of epoch-2; b its filters."""
    shutil.copytree(three_runs.parent, tmp_path, dirs_exist_ok=True)
    with RunStore.open(tmp_path / "runs.db") as store:
        filtered.add(store, "a")
        filtered.add_layer(store, "a", "conv1", weights="epoch-2")
        filtered.add_layer(store, "b", "conv1")
    return tmp_path / "runs.db"


# The commands


def test_commands_leave_out_what_is_default() -> None:
    made = commands.COMMANDS
    assert made["filters"](["a"], layer="conv2") == ["filters", "a", "--layers=conv2"]
    found = made["filters"](["a"], layer="last", style="natural", weights="epoch-12")
    assert found == ["filters", "a", "--layers=last", "--style=natural", "--weights=epoch-12"]
    found = made["outputs"](["a"], layer="conv2", sample="test:1", weights="last")
    assert found == ["outputs", "a", "--sample=test:1", "--layers=conv2", "--weights=last"]
    assert made["dream"](["a"], layer="conv2", sample="test:1") == [
        "dream", "a", "--sample=test:1", "--layer=conv2",
    ]  # fmt: skip
    found = made["adversarial"](["a"], attack="pgd", sample="test:1")
    assert found == ["adversarial", "a", "--sample=test:1", "--attack=pgd"]
    found = made["adversarial"](["a"], attack="fgsm", robustness=True)
    assert found == ["adversarial", "a", "--robustness"]


@pytest.mark.parametrize(
    ("command", "choices", "message"),
    [
        ("filters", {"runs": ["a", "b"], "layer": "conv1"}, "2 runs to look into; pick one"),
        ("filters", {"layer": "conv1 --force"}, "layer is 'conv1 --force'; use a name"),
        ("filters", {"layer": ""}, "layer is ''; use a name"),
        ("filters", {"layer": "conv1", "style": "--help"}, "style is '--help'; use one of plain"),
        ("filters", {"layer": "conv1", "weights": "epoch-0"}, "weights is 'epoch-0'; use best"),
        ("outputs", {"layer": "conv1", "sample": "x --force"}, "sample is 'x --force'; give split"),
        ("dream", {"layer": "conv1", "sample": ""}, "sample is ''; give split:index"),
        ("adversarial", {"attack": "x", "robustness": True}, "attack is 'x'; use one of fgsm, pgd"),
    ],
)
def test_commands_refuse_what_no_widget_offers(
    command: str, choices: dict[str, Any], message: str
) -> None:
    given = {"runs": ["a"], **choices}
    with pytest.raises(InputError) as raised:
        commands.COMMANDS[command](given.pop("runs"), **given)
    assert str(raised.value).startswith(message)


# Showing


def test_stored_filters_are_shown_with_the_detail_of_one(
    open_app: Open, filters_store: Path
) -> None:
    app = open_app(filters_store, "filters", "a")
    assert shown_commands(app) == [
        "fer-core figure filters a -o filters.svg --set layer=conv1",
        "fer-core figure filter_detail a -o filter_detail.svg --set layer=conv1",
    ]
    assert "8 filters at step 20; dead: 1; duplicates (correlation 0.95 or more): 1." in words(app)
    grid = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert len(grid["layout"]["images"]) == 1, "one picture for all filters"


def test_a_filter_is_chosen_from_a_list(open_app: Open, filters_store: Path) -> None:
    app = open_app(filters_store, "filters", "a", "b")
    app.selectbox(key="filter_number").set_value(4).run()
    with RunStore.open(filters_store, read_only=True) as store:
        app.selectbox(key="filter_side").set_value(f"{store.run('b').id} best").run()
    assert not app.exception, app.exception
    command = shown_commands(app)[-1]
    expected = "fer-core figure filter_detail b -o filter_detail.svg"
    assert command == f"{expected} --set layer=conv1 --set number=4"


def test_steps_order_and_weights_are_those_of_the_figure(
    open_app: Open, filters_store: Path
) -> None:
    app = open_app(filters_store, "filters", "a")
    assert app.select_slider(key="filter_step").options == ["0", "10", "20"]
    app.select_slider(key="filter_step").set_value(10).run()
    app.selectbox(key="filter_order").set_value("similarity").run()
    app.toggle(key="filter_activations").set_value(True).run()
    app.multiselect(key="filter_weights").set_value(["best", "epoch-2"]).run()
    assert not app.exception, app.exception
    command = shown_commands(app)[0]
    for option in ("step=10", "order=similarity", "activations=on", "weights=best,epoch-2"):
        assert f"--set {option}" in command
    assert "a, epoch-2 (synthetic data), conv1: 8 filters at step 10" in words(app)


@pytest.mark.parametrize(
    "figure",
    ["layer_outputs", "kernels", "class_images", "adversarial", "robustness_curve", "dream"],
)
def test_the_other_figures_are_shown_of_the_run_that_has_them(
    open_app: Open, filters_store: Path, figure: str
) -> None:
    app = open_app(filters_store, "filters", "a", "c")
    choose(app, "filter_figure", figure)
    [command] = [c for c in shown_commands(app) if c.startswith("fer-core figure")]
    assert command.startswith(f"fer-core figure {figure} a -o {figure}.svg")
    assert len(app.get("plotly_chart")) == 1


def test_what_cannot_be_computed_says_why(open_app: Open, filters_store: Path) -> None:
    app = open_app(filters_store, "filters", "c")
    assert "c: its checkpoints are not on this disk." in words(app)
    assert not app.get("plotly_chart")


def test_an_image_that_is_not_there_is_one_line(open_app: Open, filters_store: Path) -> None:
    app = open_app(filters_store, "filters", "a")
    choose(app, "filter_figure", "layer_outputs")
    app.text_input(key="filter_sample").set_value("validation:9999").run()
    assert not app.exception, app.exception
    assert "no image validation:9999; validation has 0 to 69" in words(app)


# Computing


def test_a_click_computes_what_is_missing_with_the_command_shown(
    open_app: Open, trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(jobs, "start", stand_in(started, error="no space left; delete a run"))
    app = open_app(trained_store.path, "filters", "first")
    [command] = shown_commands(app)
    assert command == "fer-core filters first --layers=conv1"
    run_id = trained_store.run("first").id
    app.button(key=f"filters-{run_id}").click().run()
    app.run()
    assert not app.exception, app.exception
    assert started == [("first", ["filters", run_id, "--layers=conv1"])]
    assert "no space left; delete a run" in words(app)
    filtered.add_layer(trained_store, "first", "conv1")
    app.run()
    assert shown_commands(app)[0].startswith("fer-core figure filters first ")
    app.selectbox(key="filter_style").set_value("natural").run()
    assert shown_commands(app) == ["fer-core filters first --layers=conv1 --style=natural"]
    assert "no space left" not in words(app)


@pytest.mark.parametrize(
    ("figure", "command"),
    [
        ("layer_outputs", "fer-core outputs first --sample=train:0 --layers=conv1"),
        ("kernels", "fer-core filters first --layers=conv1"),
        ("class_images", "fer-core filters first --layers=conv1"),
        ("adversarial", "fer-core adversarial first --sample=train:0"),
        ("robustness_curve", "fer-core adversarial first --robustness"),
        ("dream", "fer-core dream first --sample=train:0 --layer=conv1"),
    ],
)
def test_each_figure_offers_its_command(
    open_app: Open, trained_store: RunStore, figure: str, command: str
) -> None:
    app = open_app(trained_store.path, "filters", "first")
    choose(app, "filter_figure", figure)
    assert shown_commands(app) == [command]


def test_the_architecture_leads_here(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "architecture", "a")
    links = [link.proto.page for link in app.get("page_link")]
    assert any("filters" in link for link in links), links
