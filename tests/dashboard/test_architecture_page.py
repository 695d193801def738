"""The page Architecture: what it shows of one and of three runs, and of those that lack it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fer_core.store import RunStore
from tests.dashboard import stores
from tests.dashboard.test_pages import commands, words

Open = Callable[..., AppTest]
FIGURES = ("architecture_diagram", "architecture", "layer_arithmetic", "complexity")


def choose(app: AppTest, **values: str) -> AppTest:
    for key, value in values.items():
        app.button_group(key=key.replace("__", "-")).set_value(value)
        app.run()
        assert not app.exception, app.exception
    return app


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize(
    ("store", "runs"), [("one_run", ["only"]), ("three_runs", ["c", "a", "b"])]
)
def test_each_section_shows_its_figure_of_the_picked_runs(
    open_app: Open, request: pytest.FixtureRequest, store: str, runs: list[str], figure: str
) -> None:
    app = open_app(request.getfixturevalue(store), "architecture", *runs)
    choose(app, network_figure=figure)
    assert len(app.get("plotly_chart")) == 1
    assert commands(app) == [f"fer-core figure {figure} {' '.join(runs)} -o {figure}.svg"]
    shown = words(app)
    for name in runs:
        assert f"{name}: " in shown


def test_the_command_repeats_the_options_of_the_table(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "architecture", "a")
    choose(app, network_figure="architecture", architecture__rows="all")
    app.button_group(key="architecture-columns").set_value(["parameters", "shape"]).run()
    assert commands(app) == [
        "fer-core figure architecture a -o architecture.svg --set rows=all "
        "--set columns=shape,parameters"
    ]
    app.button_group(key="architecture-columns").set_value([]).run()
    assert not app.exception
    assert commands(app) == ["fer-core figure architecture a -o architecture.svg --set rows=all"], (
        "no column at all is as good as all"
    )


def test_complexity_is_worked_out_layer_by_layer(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "architecture", "a", "b")
    choose(app, network_figure="complexity")
    table = app.dataframe[0].value
    assert list(table["Run"]) == ["a"] * 4 + ["b"] * 4
    first = table.iloc[0]
    assert first["Multiply-adds worked out"] == "32 × 48 × 48 × 1 × 3 × 3"
    assert first["Multiply-adds"] == 663_552
    assert first["Parameters worked out"] == "32 × (1 × 3 × 3 + 1)"
    assert list(table["Activations (bytes)"])[:3] == [294_912] * 3


def test_complexity_of_runs_has_an_axis_to_choose(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "architecture", "a", "b")
    choose(app, network_figure="complexity", complexity__by="run", complexity__x="seconds")
    assert commands(app) == [
        "fer-core figure complexity a b -o complexity.svg --set by=run --set x=seconds"
    ]
    assert not app.dataframe
    assert "of 70 images" in words(app)
    assert "(synthetic data)" in words(app)


def test_runs_that_lack_what_a_figure_shows_are_left_out_with_the_reason(
    open_app: Open, tmp_path: Path
) -> None:
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store, 70)
        stores.add_run(store, "whole", epochs=2)
        stores.add_run(store, "old", epochs=2)
        with store.start_run("mine", config={}, preset="e-cnn"):
            pass
        old = store.run("old").id
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE run_details SET layers = json_remove(layers, '$[0].settings') "
            "WHERE run_id = ?", (old,),
        )  # fmt: skip
    app = open_app(path, "architecture", "whole", "old", "mine")
    assert "run 'mine' was stored without its layers" in words(app)
    assert commands(app) == [
        "fer-core figure architecture_diagram whole old -o architecture_diagram.svg"
    ]
    choose(app, network_figure="layer_arithmetic")
    assert "run 'old' was stored without the kernel, stride and padding of conv1" in words(app)
    assert commands(app) == ["fer-core figure layer_arithmetic whole -o layer_arithmetic.svg"]
    choose(app, network_figure="complexity", complexity__by="run")
    assert "fer-core evaluate mine --split validation" in words(app)
    assert commands(app) == ["fer-core figure complexity whole old -o complexity.svg --set by=run"]


def test_nothing_is_drawn_where_no_picked_run_has_it(open_app: Open, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store, store.start_run("mine", config={}):
        pass
    app = open_app(path, "architecture", "mine")
    assert "run 'mine' was stored without its layers" in words(app)
    assert not app.get("plotly_chart")
    assert not commands(app)
