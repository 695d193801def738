"""Parts are filled where only one run can be meant, and it is said why."""

from pathlib import Path

import numpy as np
import pytest

from fer_core.errors import InputError
from fer_core.report.slots import SLOTS, assign
from fer_core.store import RunStore
from tests.report import cast


@pytest.fixture
def store(tmp_path: Path):
    with RunStore.open(tmp_path / "runs.db") as store:
        cast.add_data(store)
        yield store


def parts(store: RunStore, *names: str, language: str = "en", **said: str):
    runs = [store.run(name) for name in names]
    found = assign(store, runs, SLOTS, said, language=language)
    return {slot: part.run and part.run.name for slot, part in found.items()}, found


def test_one_convolutional_and_one_dense_run_play_cnn_and_dnn(store: RunStore) -> None:
    cast.add(store, "a", cast.DENSE)
    cast.add(store, "b")
    names, found = parts(store, "a", "b")
    assert names == {
        "cnn": "b",
        "dnn": "a",
        "before": None,
        "after": None,
        "poor": None,
        "explain": "b",
    }
    assert found["cnn"].why == "the only run whose network has convolutions"
    assert found["before"].why == ("no two runs differ in augmentation and normalisation alone")


def test_a_run_without_layers_is_neither(store: RunStore) -> None:
    cast.add(store, "logged", ())
    names, _ = parts(store, "logged")
    assert set(names.values()) == {None}


def test_of_several_the_cnn_is_the_most_accurate_on_the_same_validation_images(
    store: RunStore,
) -> None:
    cast.add(store, "worse", accuracy=0.4, width=1)
    cast.add(store, "best", accuracy=0.6, width=2)
    names, found = parts(store, "worse", "best")
    assert names["cnn"] == "best"
    assert found["cnn"].why == ("of 2 runs with convolutions the most accurate on validation")
    cast.add(store, "equal", accuracy=0.6, width=3)
    assert parts(store, "worse", "best", "equal")[0]["cnn"] is None
    cast.add(store, "others", accuracy=0.5, width=4, held_out=np.arange(6))
    assert parts(store, "best", "others")[0]["cnn"] is None, "judged on other images"


def test_two_dense_runs_leave_the_part_open(store: RunStore) -> None:
    cast.add(store, "a", cast.DENSE)
    cast.add(store, "b", cast.DENSE)
    names, found = parts(store, "a", "b")
    assert names["dnn"] is None
    assert found["dnn"].why == "several runs have a network without convolutions"
    assert parts(store, "a", "b", dnn="b")[0]["dnn"] == "b"


@pytest.mark.parametrize(
    ("one", "other", "known"),
    [
        ({}, {"augment": "shift-flip"}, True),
        ({"augment": "shift-flip"}, {"augment": "full", "rotate": 5.0}, True),
        ({}, {"normalise": "per-image"}, True),
        ({}, {"augment": "full", "normalise": "dataset", "keep_epochs": "1"}, True),
        ({}, {"augment": "full", "seed": 1}, False),
        ({}, {"augment": "full", "epochs": 9}, False),
        ({}, {"seed": 1}, False),
        ({"normalise": "unit"}, {"normalise": "per-image"}, False),
        ({"augment": "full"}, {"normalise": "per-image"}, False),
        ({"augment": "full"}, {"augment": "full", "rotate": 5.0}, False),
    ],
)
def test_before_and_after_differ_in_preparation_alone(
    store: RunStore, one: dict[str, object], other: dict[str, object], known: bool
) -> None:
    cast.add(store, "less", **one)  # type: ignore[arg-type]
    cast.add(store, "more", **other)  # type: ignore[arg-type]
    for order in (("less", "more"), ("more", "less")):
        names, _ = parts(store, *order)
        expected = ("less", "more") if known else (None, None)
        assert (names["before"], names["after"]) == expected


def test_of_three_a_named_before_or_after_decides_where_it_leaves_one_pair(
    store: RunStore,
) -> None:
    for name, augment in (("none", "none"), ("some", "shift-flip"), ("full", "full")):
        cast.add(store, name, augment=augment)
    names, found = parts(store, "none", "some", "full")
    assert (names["before"], names["after"]) == (None, None)
    assert found["after"].why == (
        "several pairs of runs differ in augmentation and normalisation alone"
    )
    names, found = parts(store, "none", "some", "full", before="some")
    assert (names["before"], names["after"]) == ("some", "full")
    assert found["before"].why == ""
    names, _ = parts(store, "none", "some", "full", before="none", after="some")
    assert (names["before"], names["after"]) == ("none", "some")


def test_explain_is_the_cnn_or_the_one_run_with_explanations(store: RunStore) -> None:
    cast.add(store, "cnn", accuracy=0.6)
    cast.add(store, "dnn", cast.DENSE)
    assert parts(store, "cnn", "dnn")[0]["explain"] == "cnn"
    cast.explain(store, "dnn")
    names, found = parts(store, "cnn", "dnn")
    assert (names["explain"], found["explain"].why) == (
        "dnn",
        "the only run with stored explanations",
    )
    cast.explain(store, "cnn")
    assert parts(store, "cnn", "dnn")[0]["explain"] == "cnn"
    assert parts(store, "dnn")[0]["explain"] == "dnn"


def test_poor_is_the_one_other_convolutional_run_that_is_less_accurate(store: RunStore) -> None:
    cast.add(store, "good", accuracy=0.6, width=1)
    cast.add(store, "bad", accuracy=0.3, width=2)
    assert parts(store, "good", "bad")[0]["poor"] == "bad"
    assert parts(store, "good", "bad", cnn="bad")[0]["poor"] is None, "it is more accurate"
    cast.add(store, "third", accuracy=0.2, width=3)
    assert parts(store, "good", "bad", "third")[0]["poor"] is None
    cast.add(store, "augmented", accuracy=0.5, width=1, augment="full")
    names, _ = parts(store, "good", "augmented")
    assert (names["before"], names["poor"]) == ("good", None), "it plays another part"


def test_wrong_parts_are_refused(store: RunStore) -> None:
    cast.add(store, "a")
    cast.add(store, "b")
    runs = [store.run("a")]
    with pytest.raises(InputError, match="no part 'rnn'; its parts are cnn, dnn"):
        assign(store, runs, SLOTS, {"rnn": "a"}, language="en")
    with pytest.raises(InputError, match="no part 'cnn'; it has none"):
        assign(store, runs, (), {"cnn": "a"}, language="en")
    with pytest.raises(InputError, match="no run 'c'"):
        assign(store, runs, SLOTS, {"cnn": "c"}, language="en")
    with pytest.raises(InputError, match="cnn=b: 'b' is none of the runs of the report"):
        assign(store, runs, SLOTS, {"cnn": "b"}, language="en")


def test_a_recipe_of_ones_own_may_name_several_augmentations(store: RunStore) -> None:
    for name, kinds in (("one", ["flip"]), ("two", ["flip", "rotate"])):
        with store.start_run(name, config={"augment": kinds, "normalise": "none"}):
            pass
    names, _found = parts(store, "one", "two")
    assert names["before"] is names["after"] is None
