import dataclasses

import numpy as np
import pytest

from fer_core.errors import InputError
from fer_core.fingerprints import split_fingerprint

from .samples import make_arrays, make_predictions


@pytest.fixture
def official(store):
    """A run that trained on all of train."""
    with store.start_run("official", config={}, data="faces") as run:
        pass
    return run.id


HELD_OUT = np.array([30, 8, 3])


@pytest.fixture
def held_out(store):
    """A run that held three images of train out: two of them have twins in test."""
    with store.start_run("held-out", config={}, data="faces", held_out=HELD_OUT) as run:
        pass
    return run.id


def test_official_splits_are_the_sources(store, arrays, official):
    for name, twins in (("validation", [2]), ("test", [0, 1])):
        judged = store.evaluation_split(official, name)
        assert (judged.name, judged.source) == (name, name)
        assert judged.indices.tolist() == list(range(len(arrays.splits[name].labels)))
        assert judged.indices.dtype == np.int64
        np.testing.assert_array_equal(judged.labels, arrays.splits[name].labels)
        assert np.flatnonzero(judged.twins).tolist() == twins
        assert judged.fingerprint == arrays.fingerprints[name]


def test_a_held_out_part_of_train_is_the_validation_split(store, arrays, held_out):
    judged = store.evaluation_split(held_out, "validation")
    train = arrays.splits["train"]
    assert (judged.source, judged.indices.tolist()) == ("train", HELD_OUT.tolist())
    np.testing.assert_array_equal(judged.labels, train.labels[HELD_OUT])
    assert judged.fingerprint == split_fingerprint(train.images[HELD_OUT], train.labels[HELD_OUT])
    assert not judged.twins.any()


def test_the_sources_validation_split_is_then_public(store, arrays, held_out, official):
    judged = store.evaluation_split(held_out, "public")
    assert (judged.name, judged.source) == ("public", "validation")
    assert judged.fingerprint == arrays.fingerprints["validation"]
    assert not judged.twins.any()  # train:3 was held out
    with pytest.raises(InputError, match="no split 'public'; use one of test, train, validation"):
        store.evaluation_split(official, "public")


def test_twins_are_those_of_images_that_the_run_trained_on(store, official):
    with store.start_run("one", config={}, data="faces", held_out=np.array([30])) as run:
        pass
    assert np.flatnonzero(store.evaluation_split(run.id, "test").twins).tolist() == [0]
    assert np.flatnonzero(store.evaluation_split(official, "test").twins).tolist() == [0, 1]


def test_train_is_what_the_run_trained_on(store, arrays, official, held_out):
    judged = store.evaluation_split(held_out, "train")
    trained = np.setdiff1d(np.arange(40), HELD_OUT)
    assert judged.indices.tolist() == trained.tolist()
    assert judged.twins.all()
    train = arrays.splits["train"]
    assert judged.fingerprint == split_fingerprint(train.images[trained], train.labels[trained])
    assert store.evaluation_split(official, "train").fingerprint == arrays.fingerprints["train"]


def test_unlabelled_splits_are_refused_where_labels_are_needed(store):
    store.add_dataset("kaggle", make_arrays(seed=3, unlabelled="test"))
    with store.start_run("k", config={}, data="kaggle") as run:
        pass
    with pytest.raises(InputError, match="10 of 10 images of kaggle's test have no label"):
        store.evaluation_split(run.id, "test")
    assert store.evaluation_split(run.id, "test", needs_labels=False).labels.tolist() == [-1] * 10
    store.add_predictions(run.id, make_predictions(store, run.id, "test"))
    assert store.predictions(run.id, "test").probabilities.shape == (10, 7)
    assert store.run(run.id).scores == ()


def test_a_run_without_a_data_set_has_no_splits(store):
    with store.start_run("loose", config={}) as run:
        pass
    with pytest.raises(InputError, match="without a data set"):
        store.evaluation_split(run.id, "test")


def test_predictions_come_back_with_their_score(store, official):
    labels = store.evaluation_split(official, "test").labels.astype(np.int64)
    classes = labels.copy()
    classes[[0, 5, 6]] = (labels[[0, 5, 6]] + 1) % 7  # test:0 and test:1 are twins
    given = make_predictions(store, official, "test", classes, averaging="flip", created_at=12.5)
    store.add_predictions(official, given)
    back = store.predictions(official, "test", averaging="flip")
    np.testing.assert_array_equal(back.probabilities, given.probabilities)
    assert (back.split, back.weights, back.averaging) == ("test", "best", "flip")
    assert (back.epoch, back.checkpoint_sha256, back.created_at) == (3, "c0ffee", 12.5)
    assert back.fingerprint == given.fingerprint
    score = store.run(official).score("test", averaging="flip")
    assert (score.count, score.correct) == (10, 7)
    assert (score.count_without_twins, score.correct_without_twins) == (8, 6)
    assert score.accuracy == 0.7


def test_ties_go_to_the_lowest_class(store, official):
    given = make_predictions(store, official, "test")
    labels = store.evaluation_split(official, "test").labels
    equal = np.full((10, 7), 1 / 7, np.float32)
    store.add_predictions(official, dataclasses.replace(given, probabilities=equal))
    assert store.run(official).test_score.correct == int((labels == 0).sum())


def test_the_same_settings_again_replace_and_others_are_kept(store, official):
    wrong = (store.evaluation_split(official, "test").labels.astype(np.int64) + 1) % 7
    store.add_predictions(official, make_predictions(store, official, "test", wrong))
    for weights, averaging in (("best", "none"), ("last", "none"), ("best", "flip")):
        store.add_predictions(
            official,
            make_predictions(store, official, "test", weights=weights, averaging=averaging),
        )
    scores = store.run(official).scores
    assert [(score.weights, score.averaging) for score in scores] == [
        ("best", "none"),
        ("last", "none"),
        ("best", "flip"),
    ]
    assert {score.correct for score in scores} == {10}
    with store._database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM blobs").scalar() == 3


def test_each_reading_of_a_test_split_is_logged(store, official, held_out):
    for split in ("validation", "test", "test"):
        store.add_predictions(official, make_predictions(store, official, split))
    for split in ("validation", "public"):
        store.add_predictions(held_out, make_predictions(store, held_out, split))
    readings = store.details(official).test_readings
    assert [(each.split, each.checkpoint_sha256) for each in readings] == [("test", "c0ffee")] * 2
    assert readings[0].read_at <= readings[1].read_at
    assert [each.split for each in store.details(held_out).test_readings] == ["public"]


def rows(*values):
    return np.array(values, np.float32)


GOOD = np.full((10, 7), 1 / 7, np.float32)
BAD = {
    "float64": (GOOD.astype(np.float64), r"float64 \(10, 7\); give float32"),
    "rows": (GOOD[:9], r"float32 \(9, 7\); give float32 \(10, 7\)"),
    "classes": (GOOD[:, :6], r"float32 \(10, 6\)"),
    "list": (GOOD.tolist(), "list"),
    "logits": (GOOD * 3, "row 0, sum to 3; .*softmax"),
    "off": (np.concatenate([GOOD[:9], GOOD[:1] * 1.002]), "row 9, sum to 1.002"),
    "nan": (np.where(np.eye(10, 7) > 0, np.nan, GOOD).astype(np.float32), "not all finite"),
    "infinite": (np.where(np.eye(10, 7) > 0, np.inf, GOOD).astype(np.float32), "not all finite"),
    "negative": (GOOD + rows(0.5, -0.5, 0, 0, 0, 0, 0), "not all finite and positive"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_probabilities_is_refused_with_nothing_stored(store, official, case):
    probabilities, words = BAD[case]
    given = make_predictions(store, official, "test")
    revision = store.run(official).revision
    with pytest.raises(InputError, match=words):
        store.add_predictions(official, dataclasses.replace(given, probabilities=probabilities))
    assert store.run(official).revision == revision
    assert store.details(official).test_readings == ()


def test_sums_may_be_off_by_a_thousandth(store, official):
    given = make_predictions(store, official, "test")
    near = dataclasses.replace(given, probabilities=GOOD * np.float32(1.0009))
    store.add_predictions(official, near)
    assert store.run(official).test_score.count == 10


@pytest.mark.parametrize("weights", ["", "Best", "epoch-0", "epoch-", "epoch-3 ", "worst"])
def test_weights_are_best_last_average_or_an_epoch(store, official, weights):
    with pytest.raises(InputError, match="use best, last, average or epoch-N"):
        store.add_predictions(official, make_predictions(store, official, "test", weights=weights))
    store.add_predictions(official, make_predictions(store, official, "test", weights="epoch-12"))


def test_predictions_of_other_images_are_refused(store, official, held_out):
    with pytest.raises(InputError, match="for other images"):
        store.add_predictions(
            official, make_predictions(store, official, "test", fingerprint="ab" * 32)
        )
    with pytest.raises(InputError, match="give float32"):
        store.add_predictions(held_out, make_predictions(store, official, "validation"))


def test_missing_predictions_name_the_command_that_makes_them(store, official):
    with store.start_run("trained", preset="fast", data="faces"):
        pass
    with pytest.raises(InputError, match=r"fer-core evaluate trained --split test$"):
        store.predictions("trained", "test")
    with pytest.raises(InputError, match=r"--split public --average flip --weights last$"):
        store.predictions("trained", "public", "last", "flip")
    store.rename("trained", "two words")
    with pytest.raises(InputError, match="evaluate 'two words' --split test"):
        store.predictions("two words", "test")
    with pytest.raises(InputError, match=r"'official' has no predictions on test .*add_predict"):
        store.predictions(official, "test")


def test_what_a_run_left_out_is_not_trained_on_and_has_no_twins(store, arrays):
    left_out = {"copy": 2, "conflict": 1}
    settings = {"held_out": np.array([30]), "dropped": np.array([3, 5]), "dropped_counts": left_out}
    with store.start_run("dropping", config={}, data="faces", **settings) as run:
        pass
    assert store.details(run.id).dropped == left_out
    assert store.dropped(run.id).tolist() == [3, 5]
    trained = store.evaluation_split(run.id, "train")
    assert trained.indices.tolist() == [i for i in range(40) if i not in (3, 5, 30)]
    train = arrays.splits["train"]
    assert trained.fingerprint == split_fingerprint(
        train.images[trained.indices], train.labels[trained.indices]
    )
    assert not store.evaluation_split(run.id, "public").twins.any()  # of train:3
    assert not store.evaluation_split(run.id, "test").twins.any()  # of train:3 and train:30


def test_a_run_that_leaves_nothing_out_says_so(store, official):
    assert store.dropped(official).tolist() == []
    assert store.details(official).dropped == {}


@pytest.mark.parametrize("indices", [np.array([40]), np.array([1, 1]), np.array([0.5])])
def test_impossible_indices_to_leave_out_start_no_run(store, indices):
    refused = pytest.raises(InputError, match="dropped")
    with refused, store.start_run("x", config={}, data="faces", dropped=indices):
        pass
    assert store.runs() == ()
