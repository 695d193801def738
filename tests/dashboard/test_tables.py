import dataclasses

import pandas as pd
import pytest

from dashboard import details, tables
from fer_core.records import FINISHED, STALE, Run, RunDetails, Score
from fer_core.translation import translator

_ = translator()
RUN = Run(
    id="260102-030405-ab12",
    name="Vgg-Small",
    preset="fast",
    status=FINISHED,
    dataset="faces",
    dataset_fingerprint="f" * 64,
    synthetic=False,
    seed=3,
    parameters=1_170_000,
    epochs=40,
    epochs_planned=40,
    best_epoch=37,
    validation_accuracy=0.6543,
    seconds=725.4,
    created_at=1_700_000_000.0,
    updated_at=1_700_000_000.0,
    revision=9,
    tags=("baseline",),
    note="with a hat",
    scores=(Score("test", "best", "flip", 3589, 2400, 3301, 2180),),
)
BARE = dataclasses.replace(
    RUN, status=STALE, best_epoch=None, validation_accuracy=None, scores=(), synthetic=True
)


@pytest.mark.parametrize(
    ("words", "found"),
    [("", 2), ("vgg FAST", 2), ("baseline hat", 2), ("stale", 1), ("synthetic", 1), ("ab12", 0)],
)
def test_the_filter_wants_every_word_somewhere(words: str, found: int) -> None:
    assert len(tables.matching([RUN, BARE], words, str)) == found


def test_an_id_is_found_by_its_beginning() -> None:
    assert tables.matching([RUN], "260102-03", str) == [RUN]


def test_a_row_says_how_test_was_read_and_that_data_are_synthetic() -> None:
    table = tables.runs([RUN, BARE], [[0.1, 0.2], []], _)
    assert set(tables.run_columns(_)) - set(table) == {"leaderboard"}, "none was noted"
    first, second = (row for _index, row in table.iterrows())
    assert first["validation"] == pytest.approx(65.43)
    assert first["test"] == "66.9 %  [65.3, 68.4]"
    assert first["test_on"] == "3,589 · best · flip"
    assert first["data"] == "faces"
    assert second["data"] == "faces (synthetic)"
    assert pd.isna(second["validation"])
    assert (second["test"], second["test_on"]) == ("", "")


def test_facts_hold_accuracies_with_and_without_twins() -> None:
    facts = {fact.label: (fact.value, fact.note) for fact in details.facts(RUN, _)}
    assert facts["Best validation accuracy"] == ("65.4 %", "epoch 37 of 40")
    assert facts["Test accuracy"] == ("66.9 %", "[65.3, 68.4] · n 3,589 · best · flip")
    assert facts["Test, without twins"] == ("66.0 %", "[64.4, 67.6] · n 3,301 · best · flip")
    assert facts["Parameters"] == ("1,170,000", "fast")
    assert facts["Training time"] == ("12 min 05 s", "40 of 40 epochs")


def test_a_loop_that_planned_nothing_and_an_ensemble_have_no_plan() -> None:
    assert [tables.epochs_text(*each) for each in ((3, 40), (0, 40), (3, 0), (0, 0))] == [
        "3 / 40",
        "0 / 40",
        "3",
        "",
    ]
    facts = {f.label: f.note for f in details.facts(dataclasses.replace(RUN, epochs_planned=0), _)}
    assert facts["Training time"] == "40 epochs"
    ensemble = dataclasses.replace(RUN, epochs=0, epochs_planned=0, preset="ensemble")
    assert "Training time" not in {fact.label for fact in details.facts(ensemble, _)}


def test_a_run_without_numbers_has_dashes() -> None:
    facts = {fact.label: (fact.value, fact.note) for fact in details.facts(BARE, _)}
    assert facts["Best validation accuracy"] == ("–", None)
    assert facts["Test accuracy"] == ("–", "test was not read yet")


def test_settings_are_shown_as_text_or_json() -> None:
    made = RunDetails(
        RUN, {"data": "x", "epochs": 4, "architecture": {"filters": [32]}}, (), {}, ""
    )
    table = details.pairs(dict(made.config), _)
    assert list(table["Value"]) == ["x", "4", '{"filters": [32]}']


def test_leaderboard_scores_stand_apart_as_noted_and_only_where_there_are_some() -> None:
    noted = dataclasses.replace(RUN, leaderboard_public=0.68514, leaderboard_private=0.67)
    assert "leaderboard" not in tables.runs([RUN, BARE], [[], []], _)
    table = tables.runs([noted, RUN], [[], []], _)
    assert list(table["leaderboard"]) == ["0.68514 public · 0.67 private", ""]
    assert tables.run_columns(_)["leaderboard"]["label"] == "Leaderboard (noted)"
    assert list(table["test"]) == list(tables.runs([RUN, RUN], [[], []], _)["test"])
    facts = {fact.label: fact for fact in details.facts(noted, _)}
    assert facts["Leaderboard (noted)"].value == "0.68514 public · 0.67 private"
    assert facts["Leaderboard (noted)"].note == "noted by a person, not measured here"
    assert "Leaderboard (noted)" not in [fact.label for fact in details.facts(RUN, _)]
