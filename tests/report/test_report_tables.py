"""Tables print what figures print, and their csv holds the same in full precision."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer_core.errors import InputError
from fer_core.report.tables import TABLES
from fer_core.report.tables.printing import Printed
from fer_core.store import RunStore
from tests.report.small import CONFIGS, small_store

TABLES_FOLDER = Path(__file__).parents[2] / "fer_core" / "report" / "tables"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    with small_store(tmp_path_factory.mktemp("report")) as store:
        yield store


def made(store: RunStore, name: str, *runs: str, **options: str) -> tuple[Printed, pd.DataFrame]:
    module = TABLES[name]
    info = module.collect(store, tuple(store.run(each).id for each in runs), **options)
    return module.printed(info, language="en"), module.table(info)


def test_every_table_is_in_the_table():
    written = {
        path.stem
        for path in TABLES_FOLDER.glob("*.py")
        if "\ndef printed(" in path.read_text(encoding="utf-8")
    }
    assert written == set(TABLES)
    assert Printed._fields == ("header", "rows", "numeric", "caption")


def test_parameters_are_counted_as_keras_does(small):
    printed, table = made(small, "parameters", "cnn", "dnn", "bare")
    assert printed.rows == (
        ("cnn (synthetic data)", "1", "1", "8,099", "8,095", "4"),
        ("dnn (synthetic data)", "0", "1", "16,135", "16,135", "0"),
        ("bare", "–", "–", "–", "–", "–"),
    )
    assert printed.numeric == (False, True, True, True, True, True)
    assert table["parameters"].tolist() == [8099, 16_135, 0]
    assert table["trainable"].isna().tolist() == [False, False, True]


def test_layers_stand_one_below_the_other_with_their_sum(small):
    printed, table = made(small, "layers", "cnn")
    assert printed.header == ("Layer", "Type", "Output shape", "Parameters")
    assert printed.rows[0] == ("conv1", "Conv2d 3×3", "2 × 48 × 48", "20")
    assert printed.rows[-1][-1] == "8,099 (8,095 trainable, 4 not)"
    assert len(printed.rows) == 7 + 1
    assert "Run: cnn (synthetic data)." in printed.caption
    assert table["parameters"].sum() == 8099
    folded, _table = made(small, "layers", "cnn", rows="folded")
    assert folded.rows[0] == ("conv1", "Conv2d 3×3 + BatchNorm2d + ReLU", "2 × 48 × 48", "28")


def test_the_name_of_a_run_stands_in_the_first_of_its_rows(small):
    printed, _table = made(small, "layers", "cnn", "dnn")
    assert [row[0] for row in printed.rows] == ["cnn", *[""] * 7, "dnn", *[""] * 2]
    assert printed.numeric == (False, False, False, False, True)
    assert "All of synthetic data." in printed.caption


def test_a_recipe_leaves_out_what_did_nothing_and_the_layers(small):
    printed, table = made(small, "recipe", "cnn", "dnn")
    settings = dict(zip(table["setting"], printed.rows, strict=True))
    assert settings["augment"] == ("augment", "shift-flip", "none")
    assert settings["learning_rate"] == ("learning_rate", "0.001", "0.001")
    assert "shift" in settings  # it acts in cnn
    assert not {"momentum", "rotate"} & {*settings}


def test_a_recipe_names_teachers_that_are_here(small):
    cnn = small.run("cnn").id
    taught = {"teacher": f"{cnn},gone", "teacher_weight": 0.6, "temperature": 2.0}
    config = {**CONFIGS["dnn"], **taught, "teacher_sha256": "c0ffee,abba"}
    with small.start_run("student", config=config, preset="small") as run:
        pass
    try:
        printed, table = made(small, "recipe", "cnn", "student")
    finally:
        small.delete(run.id)
    rows = dict(zip(table["setting"], printed.rows, strict=True))
    assert rows["teacher"] == ("teacher", "–", f"cnn ({cnn}), gone")
    assert rows["temperature"] == ("temperature", "–", "2.0")
    assert "teacher_sha256" not in rows  # that is for provenance.json


def test_a_recipe_can_show_only_what_differs(small):
    printed, table = made(small, "recipe", "cnn", "dnn", show="differing")
    assert printed.rows == (("augment", "shift-flip", "none"),)
    assert table.iloc[0].tolist() == ["augment", "shift-flip", "none"]
    same, _table = made(small, "recipe", "cnn", show="differing")
    assert same.rows == ()
    assert same.caption.startswith("No setting that is stored differs.")
    with pytest.raises(InputError, match="show 'some' is none of"):
        made(small, "recipe", "cnn", show="some")


def test_scores_have_interval_n_and_those_without_twins(small):
    printed, table = made(small, "scores", "cnn", "dnn")
    assert printed.rows[0][:5] == ("cnn", "80.0 % [49.0, 94.3]", "10", "77.8 % [45.3, 93.7]", "9")
    # Recalls 2/3, 1, 2/3; F1 2/3, 8/9, 4/5; log loss of 0.82 eight times and 0.03 twice.
    assert printed.rows[0][5:] == ("77.8 %", "78.5 %", "0.860", "2")
    assert "best epoch on validation" in printed.caption
    assert "Readings" not in printed.header
    assert table["accuracy"].tolist() == pytest.approx([0.8, 7 / 9, 0.6, 5 / 9])
    assert table["images"].tolist() == ["all", "without_twins"] * 2
    test, _table = made(small, "scores", "cnn", split="test")
    assert test.header[-1] == "Readings"
    assert test.rows[0][-1] == "1"


def test_class_scores_are_precision_recall_f1_and_n(small):
    printed, _table = made(small, "class_scores", "cnn")
    assert printed.rows[0] == ("Angry", "66.7 %", "66.7 %", "[20.8, 93.9]", "66.7 %", "3")
    assert printed.rows[3] == ("Happy", "80.0 %", "100.0 %", "[51.0, 100.0]", "88.9 %", "4")
    assert printed.rows[1] == ("Disgust", "–", "–", "–", "–", "0")


def test_confusion_is_counted_by_true_class(small):
    printed, table = made(small, "confusion", "cnn")
    assert printed.header == ("True label", "Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise",
                              "Neutral", "n")  # fmt: skip
    assert printed.rows[0] == ("Angry", "2", "0", "0", "1", "0", "0", "0", "3")
    assert table["count"].sum() == 10
    pairs, table = made(small, "confusion", "cnn", show="pairs")
    assert pairs.rows == (
        ("Angry", "Happy", "1", "3", "33.3 %"),
        ("Neutral", "Angry", "1", "3", "33.3 %"),
    )
    assert table["share"].tolist() == pytest.approx([1 / 3, 1 / 3])


def test_pairs_have_difference_interval_and_exact_test(small):
    printed, table = made(small, "pairs", "cnn", "dnn")
    [row] = printed.rows
    assert row[:3] == ("cnn", "dnn", "+20.0")
    assert row[4:] == ("3", "1", "0.62", "0.62", "no")
    assert table["p"].iloc[0] == pytest.approx(0.625)
    assert table["difference"].tolist() == pytest.approx([0.2, 2 / 9])
    # Bonett and Price: a = 4/12, b = 2/12, half = 1.96 sqrt((a + b - (a - b)^2) / 12)
    assert table["low"].iloc[0] == pytest.approx(1 / 6 - 1.959964 * (0.5 - 1 / 36) ** 0.5 / 12**0.5)
    assert "n = 10. On validation;" in printed.caption
    with pytest.raises(InputError, match="two or more different runs"):
        made(small, "pairs", "cnn", "cnn")


def test_weights_of_one_run_are_rows_of_their_own(tmp_path):
    with small_store(tmp_path) as store:
        run = store.run("cnn")
        best = store.predictions(run.id, "validation")
        judged = store.evaluation_split(run.id, "validation")
        right = np.eye(7, dtype=np.float32)[judged.labels]
        store.add_predictions(run.id, replace(best, weights="last", probabilities=right))
        printed, table = made(store, "pairs", "cnn", weights="last,best")
        [row] = printed.rows
        # 8 of 10 are right with the best weights, all with the last ones.
        assert row[:3] == ("cnn, last", "cnn, best", "+20.0")
        assert table[["a_weights", "b_weights"]].iloc[0].tolist() == ["last", "best"]
        assert "weights: last / best epoch on validation" in printed.caption
        for name in ("scores", "class_scores", "confusion"):
            printed, table = made(store, name, "cnn", weights="last,best")
            names = [row[0] for row in printed.rows if row[0]]
            assert names == ["cnn, last", "cnn, best"]
            assert table["weights"].unique().tolist() == ["last", "best"]
            assert table["run"].unique().tolist() == ["cnn"]
        printed, _table = made(store, "scores", "cnn", weights="last,best")
        assert [row[1].split(" [")[0] for row in printed.rows] == ["100.0 %", "80.0 %"]


def test_each_convolution_has_its_own_numbers(small):
    printed, table = made(small, "layer_arithmetic", "cnn")
    assert printed.rows == (
        ("conv1", "(B, 48, 48, 1)", "(3, 3)", "(1, 1)", "(1, 1)", "(B, 48, 48, 2)"),
    )
    assert table["output_channels"].tolist() == [2]


def test_costs_are_worked_out_and_add_up(small):
    printed, table = made(small, "complexity", "cnn")
    assert printed.rows[0] == (
        "conv1", "2 × 48 × 48", "2 × 48 × 48 × 1 × 3 × 3 = 41,472", "2 × (1 × 3 × 3 + 1) = 20",
        "18,432",
    )  # fmt: skip
    assert printed.rows[-1] == ("total", "", "49,536", "8,099", "69,148")
    assert table["activation_bytes"].sum() == 69_148


def test_readings_of_test_are_counted_by_weights(small):
    printed, table = made(small, "test_readings", "cnn", "dnn")
    assert printed.rows == (
        ("cnn", "test", "best", "none", "c0ffee", "1"),
        ("dnn", "–", "–", "–", "–", "0"),
    )
    assert table["readings"].tolist() == [1, 0]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_a_table_is_rectangular_in_both_languages_and_says_synthetic(small, name, language):
    ids = tuple(small.run(each).id for each in ("cnn", "dnn"))
    info = TABLES[name].collect(small, ids)
    printed = TABLES[name].printed(info, language=language)
    assert printed.rows
    for row in printed.rows:
        assert len(row) == len(printed.header) == len(printed.numeric)
        assert all("nan" not in cell for cell in row)
    assert "." in printed.caption or "。" in printed.caption
    if language == "en":
        assert "All of synthetic data." in printed.caption
