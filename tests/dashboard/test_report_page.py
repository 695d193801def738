"""The page Report: who plays which part, and a section as it will print."""

import json
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from dashboard import report_paper
from fer_core.report.content import FigureBlock, TableBlock
from fer_core.report.edits import Edits
from fer_core.report.template import read_template
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.dashboard.conftest import HOSTILE
from tests.dashboard.reports import answer, caption, drafted
from tests.dashboard.test_hostile_text import rendered
from tests.dashboard.test_pages import commands as shown_commands
from tests.dashboard.test_pages import words

Open = Callable[..., AppTest]


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
        section.label["en"] for section in read_template("2018-fall").sections
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
