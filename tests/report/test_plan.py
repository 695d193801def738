"""What is decided before anything is drawn: runs and their order, keys, what edits may name."""

from pathlib import Path

import pytest

from fer_core.errors import InputError
from fer_core.report import drafts
from fer_core.report import plan as planning
from fer_core.report.command import arguments, formats_of
from fer_core.report.edits import Edits
from fer_core.report.plan import edited, plan
from fer_core.report.template import parse
from fer_core.store import RunStore
from tests.report import cast

TEMPLATE = """
slots = ["cnn", "dnn", "poor"]
title = {en = "Title", "zh-TW" = "標題"}

[[sections]]
key = "1-curves"
question = {en = "How?", "zh-TW" = "如何？"}
of = ["cnn", "dnn"]
items = [{figure = "learning_curves"}, {figure = "learning_curves", options = {x = "time"}}]

[[sections]]
key = "2-each"
question = {en = "Each?", "zh-TW" = "各自？"}
of = ["all"]
items = [{figure = "confusion_matrix", each = true}, {figure = "architecture", of = ["poor"]}]
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(planning, "read_template", lambda name: parse(TEMPLATE, name))
    with RunStore.open(tmp_path / "runs.db") as store:
        cast.add_data(store)
        cast.add(store, "dense", cast.DENSE)
        cast.add(store, "深 net")
        yield store


def names(runs) -> list[str]:
    return [run.name for run in runs]


def test_runs_of_parts_come_first_in_the_order_of_the_templates_parts(store: RunStore) -> None:
    cast.add(store, "logged", ())
    planned = plan(store, ["logged", "dense", "深 net", "logged"])
    assert names(planned.runs) == ["深 net", "dense", "logged"]
    assert {slot: names(runs) for slot, runs in planned.slots.items()} == {
        "cnn": ["深 net"],
        "dnn": ["dense"],
        "poor": [],
        "all": ["深 net", "dense", "logged"],
    }
    assert set(planned.reasons) == {"cnn", "dnn", "poor"}
    assert planned.said == {}
    first, second = planned.sections
    assert planned.lacking(first) == ()
    assert planned.lacking(second) == ("poor",)


def test_keys_are_ascii_unique_and_stay_whatever_is_stored_or_ticked(store: RunStore) -> None:
    for name in ("A b", "a-B", "表情"):
        cast.add(store, name, ())
    planned = plan(store, ["深 net", "dense", "A b", "a-B", "表情"])
    chinese = store.run("表情").id
    expected = (
        "1-curves-learning_curves",
        "1-curves-learning_curves-2",
        "2-each-confusion_matrix-net",
        "2-each-confusion_matrix-dense",
        "2-each-confusion_matrix-A-b",
        "2-each-confusion_matrix-a-B-2",
        f"2-each-confusion_matrix-{chinese}",
    )
    assert planned.blocks == expected
    assert edited(planned, Edits(left_out=("1-curves",))).blocks == expected


def test_an_optional_section_is_left_out_while_nobody_plays_one_of_its_parts(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = TEMPLATE.replace('key = "2-each"', 'key = "2-each"\noptional = true')
    monkeypatch.setattr(planning, "read_template", lambda name: parse(text, name))
    planned = plan(store, ["深 net", "dense"])
    assert [section.key for section in planned.template.sections] == ["1-curves", "2-each"]
    assert [section.key for section in planned.sections] == ["1-curves"]
    planned = plan(store, ["深 net", "dense"], slots={"poor": "dense"})
    assert [section.key for section in planned.sections] == ["1-curves", "2-each"]


def test_a_named_part_is_kept_and_wrong_ones_refused(store: RunStore) -> None:
    planned = plan(store, ["dense", "深 net"], slots={"poor": "dense"})
    assert names(planned.slots["poor"]) == ["dense"]
    assert planned.said == {"poor": store.run("dense").id}
    assert "poor" not in planned.reasons
    with pytest.raises(InputError, match="no part 'before'; its parts are cnn, dnn, poor"):
        plan(store, ["dense"], slots={"before": "dense"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"language": "fr"}, "language 'fr' is none of: en, zh-TW"),
        ({"width_mm": 2}, "width 2 is not in 60..600 mm"),
        ({"font_size": "big"}, "font size 'big' is not a number"),
        ({"edits": Edits(texts={"9-x": "a"})}, "the text of '9-x': the report comparison has no"),
        ({"edits": Edits(captions={"1-curves": "a"})}, "the caption of '1-curves'"),
        ({"edits": Edits(left_out=("x",))}, "to leave out 'x'"),
        ({"edits": Edits(left_out=("1-curves", "2-each"))}, "every section is left out"),
    ],
)
def test_wrong_input_is_one_line(store: RunStore, changes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(store, ["dense"], **changes)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_report_needs_runs_that_are_there(store: RunStore) -> None:
    with pytest.raises(InputError, match="a report needs at least one run"):
        plan(store, [])
    with pytest.raises(InputError, match="no run 'ghost'"):
        plan(store, ["dense", "ghost"])


def test_edits_go_through_json_and_back() -> None:
    whole = Edits("Title", {"1-a": "One.\n\nTwo."}, {"1-a-b": "Caption"}, ("2-c",))
    assert Edits.from_json(whole.to_json()) == whole
    assert Edits.from_json({}) == Edits()
    assert Edits.from_json({"title": " a \n b ", "texts": {"1-a": " x\r\ny "}}) == Edits(
        "a b", {"1-a": "x\ny"}
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "edits are []"),
        ({"colour": 1}, "edits have no 'colour'"),
        ({"title": 1}, "the title is 1; give a text"),
        ({"title": " "}, "the title is empty"),
        ({"title": "a" * 201}, "the title has 201 characters; 200 is the most"),
        ({"texts": []}, "texts is []"),
        ({"texts": {"1-a": None}}, "the text of '1-a' is None"),
        ({"texts": {"1-a": "a\x00b"}}, "the text of '1-a' has the control character U+0000"),
        ({"texts": {"1-a": "a\ud800"}}, "the text of '1-a' has the control character U+D800"),
        ({"texts": {"1-a": "a\uffff"}}, "the text of '1-a' has the control character U+FFFF"),
        ({"captions": {"k": ""}}, "the caption of 'k' is empty"),
        ({"left_out": "1-a"}, "left_out is '1-a'"),
        ({"left_out": [1]}, "left_out is [1]"),
    ],
)
def test_wrong_edits_are_one_line(value, words: str) -> None:
    with pytest.raises(InputError) as caught:
        Edits.from_json(value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_draft_is_kept_for_the_set_of_runs_and_the_language(store: RunStore) -> None:
    edits = Edits(texts={"1-curves": "Mine."}, captions={"2-each-confusion_matrix-net": "So."})
    drafts.save(store, plan(store, ["dense", "深 net"], edits=edits))
    again = plan(store, ["深 net", "dense"], slots={"poor": "dense"})
    assert drafts.stored(store, again) == edits
    assert drafts.stored(store, plan(store, ["dense", "深 net"], language="zh-TW")) is None
    assert drafts.stored(store, plan(store, ["dense"])) is None
    store.rename("深 net", "deep")
    planned, gone = drafts.drafted(again := plan(store, ["deep", "dense"]), edits)
    assert gone == ("2-each-confusion_matrix-net",)
    assert (planned.edits.texts, planned.edits.captions) == ({"1-curves": "Mine."}, {})
    assert drafts.clear(store, again)
    assert drafts.stored(store, again) is None
    assert not drafts.clear(store, again)


def test_the_command_leaves_out_what_is_as_by_default_and_plans_the_same(store: RunStore) -> None:
    planned = plan(store, ["dense", "深 net"])
    assert arguments(planned) == ("report", "深 net", "dense")
    planned = plan(
        store,
        ["dense", "深 net"],
        template="2017",
        slots={"poor": "dense"},
        language="zh-TW",
        width_mm=85,
        font_size=8.5,
        with_faces=True,
    )
    assert arguments(planned, formats=("md",), dpi=600, draft=False) == (
        *("report", "深 net", "dense", "--template", "2017", "--slot", "poor=dense"),
        *("--lang", "zh-TW", "--formats", "md", "--width-mm", "85", "--font-size", "8.5"),
        *("--dpi", "600", "--with-faces", "--no-draft"),
    )


def test_formats_are_put_in_order_and_checked() -> None:
    assert formats_of(" html,DOCX,html") == ("docx", "html")
    for text, words in (("pdf,md", "format 'pdf' is none of: docx"), (",", "formats is ','")):
        with pytest.raises(InputError, match=words):
            formats_of(text)


def test_one_run_alone_differs_in_nothing_and_is_not_said_to(tmp_path: Path) -> None:
    with RunStore.open(tmp_path / "runs.db") as store:
        cast.add_data(store)
        for name in ("one", "two"):
            cast.add(store, name)
        differing = {"2-models-configuration_difference", "3-training-recipe"}
        assert not differing & {*plan(store, ["one"]).blocks}
        assert differing <= {*plan(store, ["one", "two"]).blocks}
