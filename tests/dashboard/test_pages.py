"""Each page with 0, 1 and 3 runs, and in every state that has no content to show."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import confusion_cell
from fer_core.store import RunStore
from tests.dashboard import stores

PAGES = (
    "runs",
    "learning_curves",
    "confusion",
    "architecture",
    "photo",
    "explanations",
    "compare",
    "errors",
    "ensemble",
    "report",
)
Open = Callable[..., AppTest]


def words(app: AppTest) -> str:
    """All text of a page, in order of kind."""
    kinds = (app.title, app.subheader, app.text, app.caption, app.markdown, app.code)
    return "\n".join(element.value for kind in kinds for element in kind)


def cards(app: AppTest) -> list[str]:
    """The samples of the faces on a page."""
    bodies = [each.proto.body for each in app.get("html")]
    html = next(body for body in bodies if "<figure" in body)
    assert html.count("<em>") == 7 * html.count("<figure")
    return [part.split("<")[0] for part in html.split("<b>")[1:]]


def commands(app: AppTest) -> list[str]:
    return [code.value for code in app.code]


@pytest.mark.parametrize("page", PAGES)
def test_without_a_store_a_page_names_the_command_that_makes_one(
    open_app: Open, tmp_path: Path, page: str
) -> None:
    app = open_app(tmp_path / "runs" / "runs.db", page)
    assert "no run store at" in words(app)
    assert commands(app) == ["fer-core demo"]
    assert not (tmp_path / "runs").exists(), "the dashboard must not create a store"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("version", "command"),
    [("0000", "fer-core runs repair"), ("9999", "pip install --upgrade fer-lab")],
)
def test_a_store_of_another_version_is_left_as_it_is(
    open_app: Open, other_version: Callable[[str], Path], page: str, version: str, command: str
) -> None:
    path = other_version(version)
    before = path.read_bytes()
    assert commands(open_app(path, page)) == [command]
    assert path.read_bytes() == before


@pytest.mark.parametrize("page", PAGES)
def test_a_file_that_is_no_store_is_said_so(open_app: Open, tmp_path: Path, page: str) -> None:
    path = tmp_path / "runs.db"
    path.write_text("nothing like a database")
    app = open_app(path, page)
    assert "cannot be used" in words(app)
    assert commands(app) == ["FER_STORE=runs/runs.db fer-core dashboard"]


@pytest.mark.parametrize("page", PAGES)
def test_with_no_runs_a_page_names_the_command_that_trains(
    open_app: Open, empty_store: Path, page: str
) -> None:
    app = open_app(empty_store, page)
    assert "No runs yet" in words(app)
    assert commands(app) == ["fer-core demo"]
    assert not app.dataframe


def test_with_data_and_no_runs_the_command_only_trains(open_app: Open, tmp_path: Path) -> None:
    with RunStore.open(tmp_path / "runs.db") as store:
        stores.add_faces(store, 70)
    assert commands(open_app(tmp_path / "runs.db")) == ["fer-core train fast"]


@pytest.mark.parametrize("page", PAGES[1:])
def test_with_no_run_picked_a_page_says_how_to_pick(
    open_app: Open, three_runs: Path, page: str
) -> None:
    app = open_app(three_runs, page)
    assert "Pick one or more runs" in words(app)
    assert not app.get("plotly_chart")


@pytest.mark.parametrize(
    ("store", "runs"), [("one_run", ["only"]), ("three_runs", ["a", "b", "c"])]
)
def test_runs_shows_a_row_a_run_and_the_details_of_one(
    open_app: Open, request: pytest.FixtureRequest, store: str, runs: list[str]
) -> None:
    app = open_app(request.getfixturevalue(store), "runs", *runs)
    table, scores = (frame.value for frame in app.dataframe)
    assert list(table["name"]) == runs[::-1], "newest first"
    assert [len(curve) for curve in table["curve"]] == [len(table["curve"][0])] * len(runs)
    assert app.session_state.runs_table["selection"]["rows"] == list(range(len(runs)))[::-1]
    assert app.selectbox(key="details_of").options == runs
    assert list(scores["Split"]) == ["validation", "validation", "test"]
    assert list(scores["Images"]) == [70, 70, 70]
    labels = [metric.label for metric in app.metric]
    assert labels[:3] == ["Best validation accuracy", "Test accuracy", "Test, without twins"]
    assert app.metric[3].value == "10,607,815"
    assert app.metric[1].value == scores["Accuracy, 95 % interval"][2].split("  ")[0]


@pytest.mark.parametrize(
    ("section", "first"),
    [("configuration", "preset"), ("layers", "conv1"), ("versions", "device")],
)
def test_the_details_hold_what_the_run_was_made_with(
    open_app: Open, one_run: Path, section: str, first: str
) -> None:
    app = open_app(one_run, "runs", "only")
    app.button_group(key="section").set_value(section).run()
    assert not app.exception
    assert app.dataframe[1].value.iloc[0, 0] == first


def test_the_details_log_every_reading_of_test(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "runs", "a", "c")
    app.button_group(key="section").set_value("readings").run()
    assert list(app.dataframe[1].value["Split"]) == ["test"]
    app.selectbox(key="details_of").set_value("c").run()
    assert len(app.dataframe) == 1
    assert "Nothing stored yet." in words(app)
    assert app.metric[1].value == "–"


def test_the_filter_finds_runs_and_keeps_those_picked(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "runs", "a")
    app.text_input(key="filter").set_value("B e-CNN finished").run()
    assert list(app.dataframe[0].value["name"]) == ["b"]
    assert app.multiselect(key="runs").value == ["a"]
    app.text_input(key="filter").set_value("nothing like it").run()
    assert "No run matches this filter." in words(app)


@pytest.mark.parametrize(
    ("store", "runs"), [("one_run", ["only"]), ("three_runs", ["c", "a", "b"])]
)
def test_learning_curves_shows_the_picked_runs(
    open_app: Open, request: pytest.FixtureRequest, store: str, runs: list[str]
) -> None:
    path = request.getfixturevalue(store)
    app = open_app(path, "learning_curves", *runs)
    table = app.dataframe[0].value
    assert list(table["name"]) == runs
    with RunStore.open(path, read_only=True) as opened:
        assert list(table["best"]) == [opened.run(name).best_epoch for name in runs]
    assert commands(app) == [
        f"fer-core figure learning_curves {' '.join(runs)} -o learning_curves.svg"
    ]
    assert len(app.get("plotly_chart")) == 1


def test_the_command_repeats_every_choice(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "learning_curves", "a")
    app.slider(key="smoothing").set_value(0.5)
    app.button_group(key="x").set_value("time")
    app.button_group(key="width-learning_curves").set_value(170).run()
    assert commands(app) == [
        "fer-core figure learning_curves a -o learning_curves.svg "
        "--set x=time --set smoothing=0.5 --width-mm 170"
    ]


@pytest.mark.parametrize(
    ("store", "runs"), [("one_run", ["only"]), ("three_runs", ["a", "b", "c"])]
)
def test_confusion_shows_the_faces_of_a_cell(
    open_app: Open, request: pytest.FixtureRequest, store: str, runs: list[str]
) -> None:
    path = request.getfixturevalue(store)
    app = open_app(path, "confusion", *runs)
    app.selectbox(key="cell_true").set_value(3)
    app.selectbox(key="cell_predicted").set_value(3).run()
    with RunStore.open(path, read_only=True) as opened:
        run_id = opened.run(runs[0]).id
        labels = opened.evaluation_split(run_id, "validation").labels
        probabilities = opened.predictions(run_id, "validation").probabilities
    members = [
        index
        for index in range(len(labels))
        if labels[index] == 3 and probabilities[index].argmax() == 3
    ]
    members.sort(key=lambda index: -probabilities[index, 3])
    assert cards(app) == [f"validation:{index}" for index in members[:24]]


def test_confusion_on_test_leaves_out_runs_without_predictions(
    open_app: Open, three_runs: Path
) -> None:
    app = open_app(three_runs, "confusion", "a", "c")
    assert app.button_group(key="split").options == ["validation", "test"]
    app.button_group(key="split").set_value("test").run()
    assert not app.exception
    assert "c: no such predictions are stored yet." in words(app)
    assert commands(app) == [
        "fer-core evaluate c --split test",
        "fer-core figure confusion_matrix a -o confusion_matrix.svg --set split=test",
    ]
    assert app.selectbox(key="cell_run").options == ["a"]


@pytest.mark.parametrize("page", ["runs", "learning_curves"])
@pytest.mark.parametrize("name", ["killed", "stopped", "broken"])
def test_a_run_that_ended_early_comes_with_the_command_that_resumes_it(
    open_app: Open, stopped_runs: Path, page: str, name: str
) -> None:
    app = open_app(stopped_runs, page, name)
    assert f"fer-core resume {name}" in commands(app)


def test_confusion_of_a_run_without_predictions_names_the_command(
    open_app: Open, stopped_runs: Path
) -> None:
    app = open_app(stopped_runs, "confusion", "killed")
    assert commands(app) == ["fer-core evaluate killed --split validation"]
    assert not app.get("plotly_chart")


def test_faces_are_shown_page_by_page(
    open_app: Open, one_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confusion_cell, "A_PAGE", (4, 96))
    app = open_app(one_run, "confusion", "only")
    app.selectbox(key="cell_true").set_value(3)
    app.selectbox(key="cell_predicted").set_value(3).run()
    first = cards(app)
    assert len(first) == 4
    app.session_state.cell_page = 2
    app.run()
    second = cards(app)
    app.session_state.cell_page = 999
    app.run()
    assert 1 <= len(cards(app)) <= 4, "a page beyond the last is the last"
    app.button_group(key="cell_size").set_value(96).run()
    assert cards(app)[:8] == [*first, *second]


def test_what_cannot_be_shown_is_said_in_one_line(open_app: Open, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store, 140)
        stores.add_run(store, "a", epochs=2)
        for folder in (tmp_path / "datasets").iterdir():
            folder.rename(tmp_path / "elsewhere")
    app = open_app(path, "confusion", "a")
    assert "This cannot be shown" in words(app)
    assert "datasets" in words(app)


def test_a_store_that_goes_away_is_said_and_found_again(open_app: Open, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store, store.start_run("a", config={}):
        pass
    app = open_app(path, "runs", "a")
    path.rename(tmp_path / "moved.db")
    app.run()
    assert commands(app) == ["fer-core demo"]
    (tmp_path / "moved.db").rename(path)
    app.run()
    assert list(app.dataframe[0].value["name"]) == ["a"]
