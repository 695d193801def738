"""The page Compare: the sentence, the pairs, the images behind a cell and behind a flip."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import galleries
from fer_core.analysis.answers import read_answers
from fer_core.analysis.pairs import compare
from fer_core.analysis.wording import pair_sentence
from fer_core.data.synthetic import synthesise
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.dashboard.test_pages import cards, commands, words

Open = Callable[..., AppTest]


def answers(path: Path, *names: str, split: str = "validation"):
    with RunStore.open(path, read_only=True) as store:
        return read_answers(store, names, split=split)


def judged(app: AppTest) -> list[str]:
    """The samples of the faces in a gallery."""
    bodies = [each.proto.body for each in app.get("html")]
    html = next(body for body in bodies if "faces judged" in body)
    return [part.split(" ")[0] for part in html.split("<b>")[1:]]


def test_with_one_run_picked_it_asks_for_another(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "compare", "a")
    assert "Pick another run to compare this one with" in words(app)
    assert not app.get("plotly_chart")


def test_two_runs_are_compared_in_words(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "compare", "a", "c")
    pair = compare(*answers(three_runs, "a", "c"))
    assert pair_sentence(pair) in words(app)
    assert f"Only a is right on {len(pair.a_only)} images" in words(app)
    assert f"kappa of their answers: {pair.kappa:.2f}" in words(app)
    assert commands(app) == [
        "fer-core figure accuracy_intervals a c -o accuracy_intervals.svg",
        "fer-core figure confusion_difference a c -o confusion_difference.svg",
    ]
    assert not app.dataframe, "one pair needs no table"


def test_of_three_runs_any_two_can_be_chosen(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "compare", "a", "b", "c")
    table = app.dataframe[0].value
    assert list(zip(table["Run"], table["minus"], strict=True)) == [
        ("a", "b"), ("a", "c"), ("b", "c"),
    ]  # fmt: skip
    assert "Holm's correction for 3 pairs" in words(app)
    app.selectbox(key="pair_first").set_value("c").run()
    app.selectbox(key="pair_second").set_value("b").run()
    assert not app.exception
    assert commands(app)[1].startswith("fer-core figure confusion_difference c b ")
    assert app.selectbox(key="cell_run").options == ["c", "b"]
    b, c = answers(three_runs, "b", "c")
    pair = compare(b, c)
    assert f"Only b is right on {len(pair.a_only)} images" in words(app)


def test_a_cell_holds_all_its_images_or_those_that_changed(
    open_app: Open, three_runs: Path
) -> None:
    app = open_app(three_runs, "compare", "a", "c")
    app.selectbox(key="cell_run").set_value("c")
    app.selectbox(key="cell_true").set_value(2)
    app.selectbox(key="cell_predicted").set_value(4).run()
    a, c = answers(three_runs, "a", "c")
    cell = (c.labels == 2) & (c.predicted == 4)
    assert len(cards(app)) == cell.sum() > 0
    app.toggle(key="cell_changed").set_value(True).run()
    assert not app.exception
    changed = np.flatnonzero(cell & (a.predicted != 4))
    assert 0 < len(changed) < cell.sum()
    assert sorted(cards(app)) == sorted(f"validation:{index}" for index in changed)


@pytest.mark.parametrize("side", ["a", "b"])
def test_flips_come_with_both_runs_and_a_link_where_maps_are_stored(
    open_app: Open, three_runs: Path, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(galleries, "A_PAGE", 96)
    app = open_app(three_runs, "compare", "a", "c")
    app.button_group(key="compare_section").set_value("flips").run()
    app.selectbox(key="flips_side").set_value(side).run()
    assert not app.exception
    a, c = answers(three_runs, "a", "c")
    right, wrong = (a, c) if side == "a" else (c, a)
    places = np.flatnonzero(right.right & ~wrong.right)
    surest = places[np.argsort(-wrong.probabilities[places].max(axis=1), kind="stable")]
    assert judged(app) == [f"validation:{place}" for place in surest]
    html = next(e.proto.body for e in app.get("html") if "faces judged" in e.proto.body)
    assert html.count("<em>") == 14 * len(places)
    linked = {sample for sample in judged(app) if sample.split(":")[1] in ("0", "1", "2")}
    assert html.count("<a href") == len(linked)
    for sample in linked:  # run c has no maps
        assert f"explanations?runs=a&amp;sample={sample.replace(':', '%3A')}" in html


def test_the_configuration_shows_what_differs_or_all(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "compare", "a", "c")
    app.button_group(key="compare_section").set_value("configuration").run()
    assert commands(app)[1].endswith("configuration_difference.svg")
    app.toggle(key="compare_all").set_value(True).run()
    assert not app.exception
    assert commands(app)[1].endswith("--set show=all")


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("classes", ["class_scores", "recall_against_share"]),
        ("calibration", ["calibration"]),
        ("seeds", ["group_effects"]),
    ],
)
def test_further_figures_are_of_all_runs(
    open_app: Open, three_runs: Path, section: str, names: list[str]
) -> None:
    app = open_app(three_runs, "compare", "a", "b", "c")
    app.button_group(key="compare_section").set_value(section).run()
    assert not app.exception
    expected = [f"fer-core figure {name} a b c -o {name}.svg" for name in names]
    assert commands(app)[1:] == expected


def test_a_run_is_never_compared_with_itself(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "compare", "a", "b", "c")
    app.selectbox(key="pair_first").set_value("b").run()
    assert not app.exception
    assert app.selectbox(key="pair_second").options == ["a", "c"]
    other = app.selectbox(key="pair_second").value
    assert other in ("a", "c")
    assert app.selectbox(key="cell_run").options == ["b", other]


def test_runs_on_different_images_are_compared_unpaired(open_app: Open, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store, 140)
        stores.add_run(store, "a", epochs=2)
        store.delete("a")
        for seed, name in enumerate(("one", "other")):
            store.add_dataset(name, synthesise(140, seed=seed))
            with store.start_run(name, config={}, data=name) as run:
                pass
            stores.predict(store, run.id, "validation", margin=2)
    app = open_app(path, "compare", "one", "other")
    assert "they are not compared one by one" in words(app)
    app.button_group(key="compare_section").set_value("flips").run()
    assert not app.exception
    assert "judged on different images" in words(app)


def test_runs_without_such_predictions_are_left_out(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "compare", "a", "b", "c")
    app.button_group(key="split").set_value("test").run()
    assert not app.exception
    assert "fer-core evaluate c --split test" in commands(app)
    assert "fer-core figure accuracy_intervals a b -o accuracy_intervals.svg --set split=test" in (
        commands(app)
    )
