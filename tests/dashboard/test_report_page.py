"""The page Report: who plays which part, a section as it will print, edits, what lacks, the zip."""

import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import commands, jobs, report_paper
from dashboard.report_commands import making
from fer_core.errors import InputError
from fer_core.records import VALIDATION
from fer_core.report import collect
from fer_core.report.content import FigureBlock, TableBlock
from fer_core.report.edits import Edits
from fer_core.report.plan import plan
from fer_core.report.template import TEMPLATES, read_template
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.dashboard.conftest import HOSTILE
from tests.dashboard.test_hostile_text import rendered
from tests.dashboard.test_pages import commands as shown_commands
from tests.dashboard.test_pages import words
from tests.report import cast
from tests.store.samples import make_arrays

Open = Callable[..., AppTest]
PATIENCE = 120  # seconds; a command starts in one or two on an idle machine


def add_dense(store: RunStore, name: str) -> None:
    """Add a run without convolutions on the synthetic faces."""
    with store.start_run(
        name, preset="e-dnn", data=stores.DATA, layers=cast.DENSE, config={"preset": "e-dnn"}
    ) as run:
        run.add_epoch(stores.epoch(1, 0.5))
    stores.predict(store, name, VALIDATION, margin=1)


@pytest.fixture(scope="session")
def cast_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs good and poor with a convolution, dense without, and real on faces of real people."""
    path = tmp_path_factory.mktemp("cast") / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store)
        stores.add_run(store, "good", epochs=3, best=0.6)
        stores.add_run(store, "poor", epochs=3, best=0.3, seed=1)
        add_dense(store, "dense")
        store.add_dataset("photographs", dataclasses.replace(make_arrays(1), synthetic=False))
        with store.start_run("real", preset="fast", data="photographs", layers=cast.CONVOLUTIONAL):
            pass
        stores.predict(store, "real", VALIDATION, margin=2)
    return path


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[Path]:
    """Runs a and dense: a store that may be written."""
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store)
        stores.add_run(store, "a", epochs=3)
        add_dense(store, "dense")
    yield path
    with RunStore.open(path, read_only=True) as store:
        for job in jobs.running(store, [run.id for run in store.runs()]):
            jobs.cancel(job)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Record the jobs that are started, and start none."""
    found: list[dict[str, Any]] = []

    def start(store: RunStore, command: str, runs: Any, *, stdin: bytes = b"", **choices: Any):
        ids = [run.id for run in runs]
        argv = commands.COMMANDS[command](ids, **choices)
        names = {run.id: run.name for run in runs}
        argv = [names.get(word, word) for word in argv]
        found.append({"words": argv, "stdin": stdin})
        raise InputError("no job is started in this test")

    monkeypatch.setattr(jobs, "start", start)
    return found


def until(app: AppTest, holds: Callable[[], Any]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, words(app)
        time.sleep(0.2)
        app.run()
        assert not app.exception


def answer(app: AppTest) -> Any:
    return next(area for area in app.text_area if area.label == "Answer")


def caption(app: AppTest, block: str) -> Any:
    return next(area for area in app.text_area if area.label == f"Caption of {block}")


def stored(path: Path, names: list[str], **options: Any) -> dict[str, Any] | None:
    with RunStore.open(path, read_only=True) as store:
        planned = plan(store, names, **options)
        return store.report_draft(
            [run.id for run in planned.runs], planned.template.name, planned.language
        )


def drafted(path: Path, names: list[str], key: str, **options: Any) -> Any:
    """The section as the library drafts it."""
    with RunStore.open(path, read_only=True) as store:
        return collect.section(store, plan(store, names, **options), key)


# What is shown


def test_a_section_shows_its_draft_and_every_block_at_its_size_in_print(
    open_app: Open, cast_store: Path
) -> None:
    names = ["good", "dense"]
    app = open_app(cast_store, "report", *names, section="5-confusion")
    section = drafted(cast_store, names, "5-confusion")
    assert [box.value for box in app.subheader] == [report_paper.escaped(section.heading)]
    paragraphs = [block.text for block in section.blocks if hasattr(block, "text")]
    assert answer(app).value == "\n\n".join(paragraphs)
    figures = [block for block in section.blocks if isinstance(block, FigureBlock)]
    assert len(figures) >= 4
    charts = app.get("plotly_chart")
    specs = [json.loads(chart.proto.spec) for chart in charts]
    widths = [round(spec["layout"]["width"] * 25.4 / 96) for spec in specs]
    assert widths == [170] * len(figures)
    for block in section.blocks:
        if isinstance(block, (FigureBlock, TableBlock)):
            assert caption(app, block.key).value == block.caption
    app.button_group(key="report-width").set_value(85).run()
    specs = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert {round(spec["layout"]["width"] * 25.4 / 96) for spec in specs} == {85}
    assert "fer-core report good dense --width-mm 85 -o report.zip" in shown_commands(app)


def test_a_template_has_its_own_sections_and_parts(open_app: Open, cast_store: Path) -> None:
    app = open_app(cast_store, "report", "good", "dense")
    assert not [box for box in app.selectbox if (box.key or "").startswith("report-part-")]
    app.selectbox(key="report-template").set_value("2018-fall").run()
    assert not app.exception
    assert app.button_group(key="report-section-2018-fall").options == [
        section.key.replace("-", " ") for section in read_template("2018-fall").sections
    ]
    assert app.selectbox(key="report-part-cnn").value == "good"
    assert app.selectbox(key="report-part-dnn").value == "dense"
    assert "Inferred: the only run whose network has convolutions." in words(app)
    assert app.query_params["template"] == "2018-fall"
    assert "fer-core report good dense --template 2018-fall -o report.zip" in shown_commands(app)


def test_a_part_is_said_and_emptied_again(open_app: Open, cast_store: Path) -> None:
    app = open_app(cast_store, "report", "good", "poor", template="2018-fall")
    assert app.selectbox(key="report-part-cnn").value == "good", "the more accurate"
    assert app.selectbox(key="report-part-dnn").value is None
    assert "Not inferred: no run has a network without convolutions." in words(app)
    app.selectbox(key="report-part-cnn").set_value("poor").run()
    command = "fer-core report poor good --template 2018-fall --slot cnn=poor -o report.zip"
    assert command in shown_commands(app)
    assert app.query_params["part"] == "cnn=poor"
    app.selectbox(key="report-part-cnn").set_value(None).run()
    assert app.selectbox(key="report-part-cnn").value == "good"
    assert "part" not in app.query_params


def test_what_was_chosen_is_there_after_another_page(open_app: Open, cast_store: Path) -> None:
    app = open_app(cast_store, "report", "good", "poor", template="2018-fall")
    app.selectbox(key="report-part-cnn").set_value("poor").run()
    app.button_group(key="report-section-2018-fall").set_value("3-confusion").run()
    app.query_params.clear()  # as a link to another page does
    app.query_params["runs"] = ["good", "poor"]
    app.switch_page("app_pages/runs.py").run()
    app.switch_page("app_pages/report.py").run()
    assert app.selectbox(key="report-template").value == "2018-fall"
    assert app.selectbox(key="report-part-cnn").value == "poor"
    assert app.button_group(key="report-section-2018-fall").value == "3-confusion"
    assert app.query_params["part"] == "cnn=poor"


def test_a_url_says_parts_and_what_is_unknown_in_it_is_passed_over(
    open_app: Open, cast_store: Path
) -> None:
    said = {"template": "2018-fall", "part": "cnn=poor", "section": "3-confusion"}
    app = open_app(cast_store, "report", "good", "poor", **said)
    assert app.selectbox(key="report-part-cnn").value == "poor"
    assert app.button_group(key="report-section-2018-fall").value == "3-confusion"
    odd = {"template": "<b>", "part": "cnn=<i>", "section": "../x", "report_language": "xx"}
    app = open_app(cast_store, "report", "good", **odd)
    assert app.selectbox(key="report-template").value == "comparison"
    assert not app.exception


def test_faces_of_real_people_are_asked_for_where_there_are_any(
    open_app: Open, cast_store: Path
) -> None:
    app = open_app(cast_store, "report", "good")
    assert not [box for box in app.checkbox if box.key == "report-faces"]
    app = open_app(cast_store, "report", "real", section="1-data")
    assert "samples of real shows faces of real people" in words(app)
    app.checkbox(key="report-faces").check().run()
    assert "samples of real shows faces" not in words(app)
    assert "fer-core report real --with-faces -o report.zip" in shown_commands(app)


def test_the_report_speaks_the_chosen_language(open_app: Open, cast_store: Path) -> None:
    app = open_app(cast_store, "report", "good", section="5-confusion")
    app.selectbox(key="report-report_language").set_value("zh-TW").run()
    assert app.subheader[0].value == report_paper.escaped(
        read_template("comparison").sections[4].question["zh-TW"]
    )
    assert "fer-core report good --lang zh-TW -o report.zip" in shown_commands(app)


# What is edited


def test_an_edit_starts_report_draft_with_all_edits_on_standard_input(
    open_app: Open, own_store: Path, started: list[dict[str, Any]]
) -> None:
    app = open_app(own_store, "report", "a", "dense", template="2018-fall", section="2-dnn")
    answer(app).set_value("In my words.\n\nTwice.").run()
    assert started[-1]["words"] == [
        *("report-draft", "a", "dense", "--template=2018-fall", "--edits=-")
    ]
    expected = Edits(texts={"2-dnn": "In my words.\n\nTwice."})
    assert json.loads(started[-1]["stdin"]) == expected.to_json()
    caption(app, "2-dnn-parameters").set_value("Sizes\nof both").run()
    app.text_input(key="report-title").set_value("My report").run()
    app.checkbox(key="report-tick-4-complexity").uncheck().run()
    expected = Edits(
        title="My report",
        texts={"2-dnn": "In my words.\n\nTwice."},
        captions={"2-dnn-parameters": "Sizes of both"},
        left_out=("4-complexity",),
    )
    assert json.loads(started[-1]["stdin"]) == expected.to_json()
    assert answer(app).value == "In my words.\n\nTwice.", "what is not stored yet is not lost"
    assert "Not kept yet: no job is started in this test" in words(app)
    count = len(started)
    app.button(key="report-save").click().run()
    assert len(started) == count + 1
    assert started[-1] == started[-2]


def test_an_edit_is_there_after_a_reload_and_the_draft_comes_back(
    open_app: Open, own_store: Path
) -> None:
    about = {"template": "2018-fall", "section": "3-confusion"}
    app = open_app(own_store, "report", "a", "dense", **about)
    own = answer(app).value
    answer(app).set_value("Mine.").run()
    assert app.button(key="report-back").label == "Back to the draft"
    until(app, lambda: "Changes are kept in the store." in words(app))
    options = {"template": "2018-fall"}
    kept = stored(own_store, ["a", "dense"], **options)
    assert kept == Edits(texts={"3-confusion": "Mine."}).to_json()
    assert list((own_store.parent / "jobs").iterdir()) == [], "its log is gone"

    app = open_app(own_store, "report", "a", "dense", **about)
    assert answer(app).value == "Mine."
    app.button(key="report-back").click().run()
    assert answer(app).value == own
    until(app, lambda: "Changes are kept in the store." in words(app))
    assert stored(own_store, ["a", "dense"], **options) is None


def test_a_newer_save_takes_the_place_of_one_under_way(open_app: Open, own_store: Path) -> None:
    app = open_app(own_store, "report", "a", section="3-training")
    answer(app).set_value("First.").run()
    answer(app).set_value("Second.").run()
    answer(app).set_value("Third.").run()
    logs = list((own_store.parent / "jobs").glob("*.log"))
    assert len(logs) <= 1
    until(app, lambda: "Changes are kept in the store." in words(app))
    assert stored(own_store, ["a"]) == Edits(texts={"3-training": "Third."}).to_json()


def test_a_page_that_is_loaded_while_a_change_is_saved_waits_for_it(
    open_app: Open, own_store: Path
) -> None:
    with RunStore.open(own_store, read_only=True) as store:
        edits = Edits(texts={"3-training": "Mine."}).to_json()
        about: dict[str, Any] = {"template": "comparison", "slots": {}, "language": "en"}
        run = store.run("a")
        jobs.start(store, "report-draft", [run], stdin=json.dumps(edits).encode(), **about)
    app = open_app(own_store, "report", "a", section="3-training")
    if answer(app).value != "Mine.":
        assert "Keeping what you changed ..." in words(app)
    until(app, lambda: "Changes are kept in the store." in words(app))
    assert answer(app).value == "Mine."


def test_what_is_changed_elsewhere_is_shown_here(open_app: Open, own_store: Path) -> None:
    app = open_app(own_store, "report", "a", section="3-training")
    with RunStore.open(own_store) as store:
        store.save_report_draft(["a"], "comparison", "en", {"texts": {"3-training": "Elsewhere."}})
    app.run()
    assert answer(app).value == "Elsewhere."
    app.text_input(key="report-title").set_value("Title").run()
    until(app, lambda: "Changes are kept in the store." in words(app))
    kept = stored(own_store, ["a"])
    assert kept == Edits(title="Title", texts={"3-training": "Elsewhere."}).to_json()


def test_what_cannot_be_kept_is_said_in_one_line_and_stays_in_its_box(
    open_app: Open, own_store: Path, started: list[dict[str, Any]]
) -> None:
    app = open_app(own_store, "report", "a", section="3-training")
    answer(app).set_value("a bell \x07").run()
    assert not app.exception
    assert not started
    assert answer(app).value == "a bell \x07"
    assert "U+0007" in words(app)
    answer(app).set_value("no bell").run()
    assert json.loads(started[-1]["stdin"])["texts"] == {"3-training": "no bell"}
    assert "U+0007" not in words(app)
    for section in read_template("comparison").sections:
        app.checkbox(key=f"report-tick-{section.key}").uncheck().run()
    assert "every section is left out; keep one of" in words(app)
    kept = json.loads(started[-1]["stdin"])["left_out"]
    assert len(kept) == len(read_template("comparison").sections) - 1


def test_a_draft_of_what_the_report_does_not_have_any_more_is_named(
    open_app: Open, own_store: Path
) -> None:
    with RunStore.open(own_store) as store:
        edits = {"captions": {"5-confusion-confusion_matrix-old": "x"}, "title": "Mine"}
        store.save_report_draft(["a"], "comparison", "en", edits)
    app = open_app(own_store, "report", "a")
    assert "left out: 5-confusion-confusion_matrix-old" in words(app)
    assert app.text_input(key="report-title").value == "Mine"


def test_a_left_out_section_leaves_the_report_and_its_label_stays(
    open_app: Open, own_store: Path
) -> None:
    edits = Edits(left_out=("3-training",)).to_json()
    with RunStore.open(own_store) as store:
        store.save_report_draft(["a"], "comparison", "en", edits)
    app = open_app(own_store, "report", "a", section="3-training")
    assert "This section is left out of the report." in words(app)
    assert not app.checkbox(key="report-tick-3-training").value
    sections = app.button_group(key="report-section-comparison").options
    assert ":gray[3 training]" in sections


# What is missing


def test_what_is_missing_is_made_by_a_button_and_then_shown(
    open_app: Open, trained_store: RunStore
) -> None:
    app = open_app(trained_store.path, "report", "first", section="7-explanations")
    assert "Not stored yet: run 'first' has no stored saliency" in words(app)
    assert "fer-core explain first --methods saliency" in shown_commands(app)
    assert not app.get("plotly_chart")
    next(button for button in app.button if button.label == "Compute it").click().run()
    until(app, lambda: app.get("plotly_chart"))
    assert trained_store.tensor_keys("first", "explanation")
    assert "has no stored saliency" not in words(app)


def test_runs_without_weights_get_no_button(open_app: Open, cast_store: Path) -> None:
    app = open_app(cast_store, "report", "good", section="8-filters")
    assert "Not stored yet: run 'good' has no stored plain filters" in words(app)
    assert "fer-core filters good" in shown_commands(app)
    assert not [button for button in app.button if button.label == "Compute it"]
    assert "good: its checkpoints are not on this disk." in words(app)


def test_every_command_that_templates_name_for_what_they_lack_can_be_started(
    tmp_path: Path,
) -> None:
    found = set()
    with RunStore.open(tmp_path / "runs.db") as store:
        stores.add_faces(store, 140)
        for name in ("a", "b"):
            stores.add_run(store, name, epochs=2, test=False)
        with store.start_run("new", preset="fast", data=stores.DATA, layers=stores.LAYERS):
            pass  # nobody has evaluated it
        for template in TEMPLATES:
            slots = dict.fromkeys(read_template(template).slots, "a")
            planned = plan(store, ["a", "b", "new"], template=template, slots=slots)
            for section in planned.template.sections:
                missing = collect.section(store, planned, section.key).missing
                found |= {each.command for each in missing if each.command}
    assert {command[0] for command in found} == {
        *("data", "dream", "adversarial", "evaluate", "explain", "filters", "outputs")
    }
    for command in found:
        made = making(command)
        assert made is not None, command
        argv = commands.COMMANDS[made.command]([made.subject], **made.choices)
        split = [part for word in argv for part in word.split("=", 1)]
        without_default = [word for word in command if word not in ("--split", "validation")]
        assert split == without_default


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("runs", "delete", "a", "--yes"),
        ("train", "fast"),
        ("explain", "a", "--force"),
        ("explain", "a", "--methods"),
        ("evaluate", "a", "--device", "cuda"),
        ("data", "preview", "a", "--seed", "1"),
    ],
)
def test_other_commands_are_not_started(command: tuple[str, ...]) -> None:
    assert making(command) is None


@pytest.mark.parametrize(
    ("command", "runs", "choices", "message"),
    [
        ("evaluate", ["a", "b"], {}, "2 runs to evaluate; pick one"),
        ("evaluate", ["a"], {"split": "train"}, "split 'train' is none of"),
        ("evaluate", ["a"], {"weights": "--device"}, "weights '--device' is none of"),
        ("preview", ["a"], {"dataset": "--help"}, "data set is '--help'"),
        ("preview", [], {"dataset": "faces"}, "data set is 'faces'; use one that"),
    ],
)
def test_commands_refuse_what_no_widget_offers(
    command: str, runs: list[str], choices: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        commands.COMMANDS[command](runs, **choices)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"template": "2020"}, "template '2020' is none of"),
        ({"language": "de"}, "language 'de' is none of"),
        ({"slots": {"cnn": "b"}}, "cnn is 'b', none of the runs of the report"),
        ({"slots": {"--yes": "a"}}, "part '--yes' is none of"),
        ({"formats": ["exe"]}, "format 'exe' is none of"),
        ({"formats": []}, "formats is ''; name some of"),
        ({"width_mm": 1e9}, "width is 1000000000.0; use one of 170, 85"),
    ],
)
def test_report_refuses_what_no_widget_offers(changed: dict[str, Any], message: str) -> None:
    given = {"template": "2017", "slots": {}, "language": "en", **changed}
    with pytest.raises(InputError, match=message):
        commands.COMMANDS["report"](["a"], **given)


def test_the_commands_leave_out_what_is_default() -> None:
    about: dict[str, Any] = {"template": "comparison", "slots": {}, "language": "en"}
    assert commands.COMMANDS["report"](["a", "b"], **about) == ["report", "a", "b"]
    about = {"template": "2017", "slots": {"cnn": "b"}, "language": "zh-TW"}
    told = ["a", "b", "--template=2017", "--slot=cnn=b", "--lang=zh-TW"]
    argv = commands.COMMANDS["report"](
        ["a", "b"], **about, formats=("html", "md"), width_mm=85, with_faces=True
    )
    assert argv == ["report", *told, "--formats=md,html", "--width-mm=85", "--with-faces"]
    argv = commands.COMMANDS["report-draft"](["a", "b"], **about)
    assert argv == ["report-draft", *told, "--edits=-"]
    argv = commands.COMMANDS["report-draft"](["a", "b"], **about, clear=True)
    assert argv == ["report-draft", *told, "--clear"]


# The zip


def test_building_waits_for_what_is_being_saved(
    open_app: Open, own_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, dict[str, Any] | None]] = []
    start = jobs.start

    def note(store: RunStore, command: str, *given: Any, **choices: Any) -> Any:
        started.append((command, stored(own_store, ["a"])))
        return start(store, command, *given, **choices)

    monkeypatch.setattr(jobs, "start", note)
    app = open_app(own_store, "report", "a", section="3-training")
    answer(app).set_value("Mine.")
    app.button(key="report-start").click().run()
    until(app, lambda: len(started) == 2)
    edits = Edits(texts={"3-training": "Mine."}).to_json()
    assert started == [("report-draft", None), ("report", edits)]


def test_the_report_is_built_with_what_was_chosen(
    open_app: Open, own_store: Path, started: list[dict[str, Any]]
) -> None:
    app = open_app(own_store, "report", "a", "dense", template="2018-fall")
    app.button_group(key="report-formats").set_value(["md", "html"]).run()
    app.button(key="report-start").click().run()
    assert started[-1]["words"] == [
        *("report", "a", "dense", "--template=2018-fall", "--formats=md,html")
    ]
    assert "no job is started in this test" in words(app)
    app.button_group(key="report-formats").set_value([]).run()
    assert "Choose a format of the documents." in words(app)
    assert app.button(key="report-start").disabled


@pytest.fixture
def submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick command in the place of ``report`` that writes a file, too."""
    source = tmp_path / "test.csv"
    source.write_text(f"id,feature\n0,{' '.join(['7'] * 48 * 48)}\n")

    def submit(runs: list[str], **choices: Any) -> list[str]:
        return ["predict", *runs, f"--test={source}"]

    monkeypatch.setitem(commands.COMMANDS, "report", submit)


def test_what_was_built_can_be_downloaded_until_it_is_built_anew(
    open_app: Open, trained_store: RunStore, submission: None
) -> None:
    def files() -> list[str]:
        return sorted(path.suffix for path in (trained_store.folder / "jobs").iterdir())

    app = open_app(trained_store.path, "report", "first")
    app.button(key="report-start").click().run()
    until(app, lambda: app.get("download_button"))
    assert files() == [".log", ".zip"]
    assert "Something was changed since the report was built." not in words(app)
    app.button_group(key="report-width").set_value(85).run()
    assert "Something was changed since the report was built." in words(app)
    [built] = (trained_store.folder / "jobs").glob("*.zip")
    app.button(key="report-start").click().run()
    assert not built.exists()
    until(app, lambda: app.get("download_button"))
    assert files() == [".log", ".zip"]
    [built] = (trained_store.folder / "jobs").glob("*.zip")
    built.unlink()  # it was kept long enough
    app.run()
    assert not app.get("download_button")


def test_without_a_browser_the_page_says_what_will_lack(
    open_app: Open, own_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise InputError("no browser; install one")

    monkeypatch.setattr("dashboard.report_build.find_browser", missing)
    app = open_app(own_store, "report", "a")
    assert "no browser; install one" in words(app)


# Names


def test_markup_in_names_and_texts_is_shown_as_it_is(open_app: Open, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store, 140)
        stores.add_run(store, HOSTILE, epochs=2)
        stores.add_run(store, "b", epochs=2, seed=1)
        edits = Edits(title=HOSTILE, texts={"2-models": HOSTILE}, captions={})
        store.save_report_draft([HOSTILE, "b"], "comparison", "en", edits.to_json())
    for key in ("2-models", "4-accuracy", "5-confusion", "7-explanations"):
        app = open_app(path, "report", HOSTILE, "b", section=key)
        if key == "2-models":
            assert answer(app).value == HOSTILE
        for shown in rendered(app):
            assert "**y**" not in shown or "&lt;b&gt;x" in shown, shown  # cells of tables are HTML
            assert "<b>x" not in shown
    app = open_app(path, "report", HOSTILE, "b", template="2017")
    for shown in rendered(app):
        assert "evil.example" not in shown or "&lt;b&gt;x" in shown


def test_cells_of_tables_are_escaped() -> None:
    block = TableBlock("k", 1, "", ("<i>h",), ((HOSTILE,),), (True,), None)  # type: ignore[arg-type]
    html = report_paper.markup(block)
    assert "<i>" not in html
    assert "<b>" not in html
    assert '<td class="right">&lt;b&gt;x&lt;/b&gt;' in html


def test_a_heading_is_no_markdown() -> None:
    assert report_paper.escaped("1. *a* [b](c) <i>") == r"1\. \*a\* \[b\]\(c\) \<i\>"
