"""The page Errors: pairs, mistakes and suspects of one run or of several that agree."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import galleries
from fer_core.analysis.label_noise import suspects
from fer_core.data.synthetic import synthesise
from fer_core.figures.text import percent
from fer_core.records import CLASS_NAMES
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.dashboard.test_compare_page import answers, judged
from tests.dashboard.test_pages import words

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _all_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(galleries, "A_PAGE", 96)


def shown(app: AppTest, section: str) -> list[str]:
    app.button_group(key="errors_section").set_value(section).run()
    assert not app.exception
    return judged(app)


def samples(places: np.ndarray) -> list[str]:
    return [f"validation:{place}" for place in places]


def test_of_one_run_the_pairs_are_its_confusion(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "errors", "c")
    [c] = answers(three_runs, "c")
    counts = np.zeros((7, 7), int)
    np.add.at(counts, (c.labels, c.predicted), 1)
    np.fill_diagonal(counts, 0)
    table = app.dataframe[0].value
    assert table["Images"].tolist() == sorted(counts[counts > 0].tolist(), reverse=True)
    for _row, pair in table.iterrows():
        true, said = (CLASS_NAMES.index(pair[key]) for key in ("True class", "Taken for"))
        assert pair["Images"] == counts[true, said]
        assert pair["Of the true class"] == percent(counts[true, said] / (c.labels == true).sum())
    # Below it, the images of the first pair.
    true, said = (CLASS_NAMES.index(table[key][0]) for key in ("True class", "Taken for"))
    members = np.flatnonzero((c.labels == true) & (c.predicted == said))
    order = np.argsort(-c.probabilities[members, said], kind="stable")
    assert judged(app) == samples(members[order])


def test_a_ticked_pair_shows_its_images(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "errors", "c")
    app.session_state.pairs_table = {"selection": {"rows": [2], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    pair = app.dataframe[0].value.iloc[2]
    assert f"{pair['True class']} taken for {pair['Taken for']}" in words(app)
    assert len(judged(app)) == pair["Images"]


def test_mistakes_are_filtered_by_run_class_and_agreement(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "errors", "a", "b", "c")
    runs = answers(three_runs, "a", "b", "c")
    labels = runs[0].labels
    said = np.array([run.predicted for run in runs])
    votes = np.array([[(said[:, i] == k).sum() for k in range(7)] for i in range(len(labels))])
    votes[np.arange(len(labels)), labels] = 0
    assert set(shown(app, "mistakes")) == set(samples(np.flatnonzero(votes.max(axis=1) >= 2)))
    for agreement, least in (("one", 1), ("all", 3)):
        app.button_group(key="errors_agreement").set_value(agreement).run()
        expected = samples(np.flatnonzero(votes.max(axis=1) >= least))
        if expected:
            assert set(judged(app)) == set(expected)
        else:
            assert "There are no such images." in words(app)
    app.selectbox(key="errors_run").set_value("c").run()
    app.selectbox(key="errors_true").set_value(2).run()
    assert not app.exception
    c = runs[2]
    members = np.flatnonzero((labels == 2) & (c.predicted != 2))
    surest = np.argsort(-c.probabilities[members].max(axis=1), kind="stable")
    assert judged(app) == samples(members[surest])
    app.selectbox(key="errors_said").set_value(4).run()
    assert set(judged(app)) == set(samples(np.flatnonzero((labels == 2) & (c.predicted == 4))))


def test_suspects_are_those_of_confident_learning(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "errors", "b", "c")
    app.button_group(key="errors_agreement").set_value("one").run()
    found = suspects(answers(three_runs, "b", "c"), least_votes=1)
    assert found
    assert shown(app, "suspects") == [f"validation:{each.index}" for each in found]
    assert f"{len(found)} images that at least 1 of 2 runs confidently call" in words(app)


def test_runs_on_other_images_are_left_out(open_app: Open, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store:
        for seed, name in enumerate(("one", "other")):
            store.add_dataset(name, synthesise(140, seed=seed))
            with store.start_run(name, config={}, data=name) as run:
                pass
            stores.predict(store, run.id, "validation", margin=1)
    app = open_app(path, "errors", "one", "other")
    assert "other: judged on other images than one, and left out here." in words(app)
    assert app.selectbox(key="errors_run").options == ["all", "one"]
