"""The page Report keeps what a person changes, whatever happens meanwhile."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from dashboard import jobs
from fer_core.report.edits import Edits
from fer_core.report.template import read_template
from fer_core.store import RunStore
from tests.dashboard.reports import answer, caption, stored, until
from tests.dashboard.test_pages import words

Open = Callable[..., AppTest]


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
