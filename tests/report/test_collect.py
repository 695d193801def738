"""Sections with their blocks: drafts and edits, numbers, captions, what is missing, faces."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from fer_core import figures
from fer_core.errors import InputError, NotStored
from fer_core.records import VALIDATION
from fer_core.report import collect, drafts
from fer_core.report import plan as planning
from fer_core.report.content import FigureBlock, Missing, Paragraph, TableBlock
from fer_core.report.edits import Edits
from fer_core.report.facts import FACTS
from fer_core.report.plan import plan
from fer_core.report.tables import TABLES, Printed
from fer_core.report.template import parse
from fer_core.store import RunStore
from tests.dashboard.stores import predict
from tests.report import cast
from tests.store.samples import make_arrays

TEMPLATE = """
slots = ["cnn", "dnn"]
title = {en = "Title", "zh-TW" = "標題"}

[[sections]]
key = "1-words"
question = {en = "What?", "zh-TW" = "什麼？"}
of = ["cnn", "dnn"]
items = [
    {facts = "counted"},
    {table = "epochs", of = ["all"]},
    {figure = "learning_curves", options = {metric = "loss"}},
]

[[sections]]
key = "2-looks"
question = {en = "Where?", "zh-TW" = "哪裡？"}
of = ["cnn"]
items = [
    {facts = "counted", options = {unit = "runs in all"}},
    {figure = "confusion_matrix", each = true, caption = {en = "Who is who.", "zh-TW" = "誰。"}},
    {figure = "explanations"},
    {figure = "probabilities"},
    {figure = "flips"},
    {figure = "confusion_matrix", options = {normalise = "nowhere"}},
]
"""


def _paragraphs(store: RunStore, runs: Any, *, language: str = "en", unit: str = "runs"):
    return [f"{len(runs)} {unit} ({language})"]


def _printed(info: Any, *, language: str = "en") -> Printed:
    rows = tuple((name, f"{count:,}") for name, count in info)
    return Printed(("run", "epochs"), rows, (False, True), f"Epochs ({language}).")


FACT = SimpleNamespace(paragraphs=_paragraphs)
TABLE = SimpleNamespace(
    collect=lambda store, run_ids: [(store.run(i).name, store.run(i).epochs) for i in run_ids],
    table=lambda info: pd.DataFrame(info, columns=["run", "epochs"]),
    printed=_printed,
)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """cnn of synthetic data with predictions, dnn without, real of other data with predictions."""
    monkeypatch.setitem(FACTS, "counted", FACT)
    monkeypatch.setitem(TABLES, "epochs", TABLE)
    monkeypatch.setattr(planning, "read_template", lambda name: parse(TEMPLATE, name))
    with RunStore.open(tmp_path / "runs.db") as store:
        cast.add_data(store)
        cast.add(store, "cnn")
        cast.add(store, "dnn", cast.DENSE)
        arrays = dataclasses.replace(make_arrays(1), synthetic=False)
        store.add_dataset("photographs", arrays)
        with store.start_run("real", preset="fast", data="photographs", layers=cast.CONVOLUTIONAL):
            pass
        for name in ("cnn", "real"):
            predict(store, name, VALIDATION, margin=2)
        yield store


def kinds(blocks: Any) -> list[type]:
    return [type(block) for block in blocks]


def test_facts_become_drafted_paragraphs_and_tables_come_printed_and_in_full(
    store: RunStore,
) -> None:
    found = collect.section(store, plan(store, ["dnn", "cnn"]), "1-words")
    assert found.heading == "What?"
    text, table, figure = found.blocks
    assert text == Paragraph("2 runs (en)", draft=True)
    assert isinstance(table, TableBlock)
    assert (table.key, table.caption) == ("1-words-epochs", "Epochs (en).")
    assert (table.header, table.numeric) == (("run", "epochs"), (False, True))
    assert table.rows == (("cnn", "1"), ("dnn", "1"))
    assert table.data["epochs"].tolist() == [1, 1]
    assert isinstance(figure, FigureBlock)
    assert figure.built.info.metric == "loss"
    assert figure.caption == figure.built.description.split("\n")[0]
    assert (figure.built.language, figure.built.width_mm) == ("en", 170)


def test_the_language_and_size_of_the_plan_are_those_of_all_parts(store: RunStore) -> None:
    planned = plan(store, ["dnn", "cnn"], language="zh-TW", width_mm=85, font_size=8)
    found = collect.content(store, planned)
    assert (found.title, found.language) == ("標題", "zh-TW")
    first, second = found.sections
    assert first.heading == "什麼？"
    assert first.blocks[0] == Paragraph("2 runs (zh-TW)", draft=True)
    curves, matrix, _ = found.figures
    assert (curves.built.language, curves.built.width_mm) == ("zh-TW", 85)
    assert curves.built.figure.layout.font.size == pytest.approx(8 * 96 / 72)
    assert matrix.caption.endswith("誰。")
    assert second.blocks[0] == Paragraph("1 runs in all (zh-TW)", draft=True)


def test_figures_and_tables_are_numbered_through_the_report(store: RunStore) -> None:
    steps: list[tuple[int, int]] = []
    found = collect.content(
        store, plan(store, ["dnn", "cnn"]), progress=lambda *step: steps.append(step)
    )
    assert [(figure.number, figure.key) for figure in found.figures] == [
        (1, "1-words-learning_curves"),
        (2, "2-looks-confusion_matrix-cnn"),
        (3, "2-looks-probabilities"),
    ]
    assert [table.number for table in found.tables] == [1]
    assert found.figures[1].caption == "cnn: Who is who."
    assert steps == [(n, 8) for n in range(1, 9)]
    assert collect.section(store, plan(store, ["cnn"]), "2-looks").blocks[1].number == 1


def test_what_is_not_stored_is_missing_with_the_command_that_makes_it(store: RunStore) -> None:
    found = collect.section(store, plan(store, ["dnn", "cnn"]), "2-looks")
    assert kinds(found.blocks) == [Paragraph, FigureBlock, Missing, FigureBlock, Missing]
    lacks, refused = found.missing
    assert lacks.command == ("explain", "cnn")
    assert lacks.what == (
        "Not stored yet: run 'cnn' has no stored explanations (predicted class, best weights)."
    )
    assert refused.command == ()
    assert refused.what.startswith("Cannot be shown: "), refused
    assert "nowhere" in refused.what


def test_what_is_not_stored_is_said_in_the_language_of_the_report(store: RunStore) -> None:
    planned = plan(store, ["dnn", "cnn"], language="zh-TW")
    lacks, _refused = collect.section(store, planned, "2-looks").missing
    assert lacks.what == (
        "尚未儲存：實驗 'cnn' 缺少「模型解釋」（解釋對象：預測類別、權重：最佳）。"
    )
    assert lacks.command == ("explain", "cnn")


def test_what_compares_runs_is_left_out_of_a_section_on_one_run(store: RunStore) -> None:
    planned = plan(store, ["dnn", "cnn"])
    assert not any("flips" in key for key in planned.blocks)


def test_predictions_that_are_not_stored_name_their_command(store: RunStore) -> None:
    with pytest.raises(NotStored) as caught:
        figures.build("confusion_matrix", store, ["dnn"], split="test")
    assert caught.value.command == ("evaluate", "dnn", "--split", "test")
    assert str(caught.value).endswith("make them with: fer-core evaluate dnn --split test")


def test_a_part_that_nobody_plays_is_said(store: RunStore) -> None:
    found = collect.section(store, plan(store, ["cnn"]), "1-words")
    assert kinds(found.blocks) == [Paragraph, TableBlock, FigureBlock, Missing]
    assert found.missing[0].what == (
        "No run plays the part dnn: no run has a network without convolutions. Name one with "
        "--slot dnn=RUN."
    )
    found = collect.section(store, plan(store, ["dnn"]), "2-looks")
    assert kinds(found.blocks) == [Missing]


def test_edited_texts_and_captions_take_the_place_of_drafts(store: RunStore) -> None:
    edits = Edits(
        title="Mine",
        texts={"1-words": "One,\nstill one.\n \nTwo.\n\nTwo.", "2-looks": ""},
        captions={"2-looks-confusion_matrix-cnn": "As is."},
    )
    found = collect.content(store, plan(store, ["dnn", "cnn"], edits=edits))
    first, second = found.sections
    assert found.title == "Mine"
    assert first.blocks[:3] == (
        Paragraph("One,\nstill one."),
        Paragraph("Two."),
        Paragraph("Two."),
    )
    assert kinds(first.blocks[3:]) == [TableBlock, FigureBlock]
    assert found.figures[1].caption == "As is."
    assert not [block for block in second.blocks if isinstance(block, Paragraph)]


def test_a_section_that_is_left_out_leaves_no_gap_in_the_numbers(store: RunStore) -> None:
    planned = plan(store, ["dnn", "cnn"], edits=Edits(left_out=("1-words",)))
    found = collect.content(store, planned)
    assert [section.key for section in found.sections] == ["2-looks"]
    assert found.figures[0].number == 1
    assert collect.section(store, planned, "1-words").heading == "What?"


def test_faces_of_real_people_are_left_out_unless_asked_for(store: RunStore) -> None:
    planned = plan(store, ["real"])
    found = collect.content(store, planned)
    faces = [each for each in found.sections[1].missing if "--with-faces" in each.what]
    assert [each.what.split(" of ")[0] for each in faces] == [
        "explanations",
        "probabilities",
    ]
    assert all(each.command == () and "real shows faces" in each.what for each in faces)
    assert len(found.notes) == 1
    assert "--with-faces" in found.notes[0]
    shown = collect.content(store, plan(store, ["real"], with_faces=True))
    assert "2-looks-probabilities" in [figure.key for figure in shown.figures]
    assert shown.notes == ()


def test_synthetic_data_are_noted(store: RunStore) -> None:
    found = collect.content(store, plan(store, ["cnn", "dnn"]))
    assert found.notes == ("All numbers and images are of synthetic data.",)
    found = collect.content(store, plan(store, ["cnn", "real"]))
    assert found.notes[0] == "Of synthetic data: cnn."


def test_an_unknown_section_is_refused(store: RunStore) -> None:
    with pytest.raises(InputError, match="has no section '3-x'; use one of 1-words, 2-looks"):
        collect.section(store, plan(store, ["cnn"]), "3-x")


def test_captions_say_of_which_images_and_weights_and_what_flatters(store: RunStore) -> None:
    [_, matrix, probabilities] = collect.content(store, plan(store, ["dnn", "cnn"])).figures
    how = "On validation; weights: best epoch on validation; averaging: none."
    flattered = "The epoch was chosen on these images, which flatters it here."
    assert probabilities.caption.endswith(f" chosen images. {how} {flattered}")
    first = matrix.built.caption
    assert first.startswith("Confusion matrix on validation,")
    assert first.endswith(f"weights: best epoch on validation; averaging: none. {flattered}")


def test_parts_of_a_tall_figure_have_keys_and_captions_of_their_own(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also beside a run whose name ends as the key of a part does."""
    cast.add(store, "cnn-part1", accuracy=0.4)
    predict(store, "cnn-part1", VALIDATION, margin=1)
    text = TEMPLATE.replace(
        '{figure = "confusion_matrix", each = true,',
        '{figure = "confusion_matrix", each = true, of = ["all"]}, {figure = "confusion_matrix",',
    )
    monkeypatch.setattr(planning, "read_template", lambda name: parse(text, name))
    build = figures.build_pages
    in_two = lambda *args, **options: build(*args, **options) * 2  # noqa: E731
    monkeypatch.setattr(figures, "build_pages", in_two)
    named = plan(store, ["cnn", "cnn-part1"], slots={"cnn": "cnn"})
    found = collect.section(store, named, "2-looks").blocks
    keys = [block.key for block in found if isinstance(block, FigureBlock)]
    assert "2-looks-confusion_matrix-cnn--part1" in keys
    assert "2-looks-confusion_matrix-cnn-part1--part1" in keys
    assert len(set(keys)) == len(keys)
    edits = Edits(captions={"2-looks-confusion_matrix-cnn--part2": "The second."})
    edited, gone = drafts.drafted(named, edits)
    assert gone == ()
    shown = {
        block.key: block.caption
        for block in collect.section(store, edited, "2-looks").blocks
        if isinstance(block, FigureBlock)
    }
    assert shown["2-looks-confusion_matrix-cnn--part2"] == "The second."
    assert shown["2-looks-confusion_matrix-cnn--part1"].endswith("(Part 1 of 2.)")
    with pytest.raises(InputError, match="the caption of '2-looks-x'"):
        plan(store, ["cnn"], edits=Edits(captions={"2-looks-x--part1": "No."}))
