"""A training loop of one's own writes a run: by name, with what it knows."""

import math
import subprocess
import sys

import numpy as np
import pytest
import torch

from fer_core.errors import InputError
from fer_core.records import Epoch
from fer_core.store import RunStore, writing


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is told to go on."""
    now = [100.0]
    monkeypatch.setattr(writing.time, "perf_counter", lambda: now[0])
    return now


def shares(count, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(7), count)


def test_a_run_needs_a_name_and_its_data_only(path, store):
    with RunStore.open(path).start_run("mine", data="faces") as run:
        run.add_epoch(train_loss=1.5, validation_accuracy=0.25)
        run.add_predictions("validation", shares(12))
    listed = store.run("mine")
    assert (listed.preset, listed.status, listed.parameters) == ("", "finished", 0)
    assert (listed.epochs, listed.epochs_planned) == (1, 0)
    assert (listed.best_epoch, listed.validation_accuracy) == (1, 0.25)
    assert listed.score("validation").count == 12
    assert store.details(run.id).config == {}


def test_epochs_count_on_and_know_what_they_are_told(store, clock):
    with store.start_run("mine", data="faces") as run:
        clock[0] += 2.5
        run.add_epoch(train_loss=np.float32(1.5), learning_rate=1e-3)
        clock[0] += 4.0
        run.add_epoch(validation_accuracy=torch.tensor(0.5))
        run.add_epoch(7, validation_loss=None, seconds=9.0)
        run.add_epoch(epoch=8, train_accuracy=1)
        run.add_epoch(Epoch(9, 1.0, 0.5, 1.0, 0.75, 3.0))
    first, second, seventh, eighth, ninth = store.histories([run.id])[run.id]
    assert (first.epoch, first.train_loss, first.learning_rate, first.seconds) == (
        1,
        1.5,
        1e-3,
        2.5,
    )
    assert math.isnan(first.validation_accuracy)
    assert (second.epoch, second.validation_accuracy, second.seconds) == (2, 0.5, 4.0)
    assert (seventh.epoch, seventh.seconds) == (7, 9.0)
    assert math.isnan(seventh.validation_loss)
    assert (eighth.train_accuracy, eighth.seconds) == (1.0, 0.0)
    assert ninth == Epoch(9, 1.0, 0.5, 1.0, 0.75, 3.0)
    assert store.run("mine").best_epoch == 9
    assert store.run("mine").seconds == 18.5


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"val_loss": 1},
            "an epoch has no 'val_loss'; use train_loss, train_accuracy, ",
        ),
        ({"weights_sha256": "ab"}, "an epoch has no 'weights_sha256'"),
        ({"epoch": 0}, "epoch is 0; epochs count from 1"),
        ({"epoch": "first"}, "epoch is 'first'; epochs count from 1"),
        ({"validation_accuracy": 67.5}, "validation_accuracy is 67.5; give a fraction from 0 to 1"),
        ({"train_loss": "low"}, "train_loss is a str, 'low'; give a number"),
        ({"train_loss": torch.ones(2)}, r"train_loss is a Tensor, tensor\(\[1., 1.\]\); give a n"),
        ({"train_loss": [1.0]}, r"train_loss is a list, \[1.0\]; give a number"),
    ],
)
def test_an_epoch_that_cannot_be_is_refused(store, given, words):
    with store.start_run("mine") as run, pytest.raises(InputError, match=words):
        run.add_epoch(**given)
    assert store.run("mine").epochs == 0


def test_images_and_labels_are_those_that_the_splits_mean_for_the_run(store, arrays):
    held_out, dropped = np.array([30, 8, 3]), np.array([5])
    with store.start_run("a", data="faces", held_out=held_out, dropped=dropped) as run:
        train, validation = run.images("train"), run.images("validation")
        labels = run.labels("validation")
        public = run.labels("public")
    source = arrays.splits["train"]
    trained = np.setdiff1d(np.arange(40), [*held_out, *dropped])
    np.testing.assert_array_equal(train, source.images[trained])
    np.testing.assert_array_equal(validation, source.images[held_out])
    np.testing.assert_array_equal(labels, source.labels[held_out])
    np.testing.assert_array_equal(public, arrays.splits["validation"].labels)
    assert (train.dtype, labels.dtype) == (np.uint8, np.int8)


def test_probabilities_are_stored_for_the_images_of_their_split(store, arrays):
    with store.start_run("mine", data="faces") as run:
        for number, accuracy in enumerate((0.2, 0.6, 0.4), start=1):
            run.add_epoch(number, validation_accuracy=accuracy)
        run.add_predictions("validation", shares(12))  # float64
        run.add_predictions("validation", shares(12, 1).tolist(), weights="last")
        run.add_predictions("test", torch.tensor(shares(10)), averaging="flip", epoch=1)
        run.add_predictions("validation", shares(12), weights="epoch-2")
    store.add_predictions("mine", "train", shares(40), weights="average")
    epochs = {
        (split, weights): store.predictions("mine", split, weights, averaging).epoch
        for split, weights, averaging in store.predicted("mine")
    }
    assert epochs == {
        ("validation", "best"): 2,
        ("validation", "last"): 3,
        ("test", "best"): 1,
        ("validation", "epoch-2"): 2,
        ("train", "average"): 3,
    }
    stored = store.predictions("mine", "validation")
    assert stored.fingerprint == arrays.fingerprints["validation"]
    np.testing.assert_array_equal(stored.probabilities, shares(12).astype(np.float32))
    labels = arrays.splits["validation"].labels
    right = (shares(12).argmax(axis=1) == labels).sum()
    assert store.run("mine").score("validation").correct == right
    assert [each.split for each in store.details("mine").test_readings] == ["test"]


def test_without_epochs_the_validation_accuracy_is_that_of_the_predictions(store, arrays):
    with store.start_run("sklearn", data="faces") as run:
        run.add_predictions("validation", np.eye(7)[run.labels("validation")])
    assert store.run("sklearn").validation_accuracy == 1.0
    assert store.runs()[0].best_epoch is None
    assert store.predictions("sklearn", "validation").epoch == 0


LOGITS = torch.randn(12, 7)
WRONG = {
    "rows": (("validation", shares(11)), r"float32 \(11, 7\); give float32 \(12, 7\), a row an im"),
    "labels": (("validation", np.arange(12) % 7), r"float32 \(12,\); give float32 \(12, 7\)"),
    "logits": (("validation", LOGITS.abs() + 1), r"sum to .*; each row sums to 1 \(apply softmax"),
    "negative": (("validation", LOGITS), "not all finite and positive"),
    "gradient": (
        ("validation", LOGITS.softmax(1).requires_grad_()),
        r"are a Tensor that is no array of numbers \(Can't call numpy",
    ),
    "texts": (("validation", [["a"] * 7] * 12), "are a list that is no array of numbers"),
    "ragged": (("validation", [[0.5], [0.5, 0.5]]), "are a list that is no array of numbers"),
    "none": (("validation",), r"float32 \(\); give float32"),
    "split": (("val", shares(12)), "'mine' has no split 'val'; use one of test, train, validation"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_probabilities_is_refused(store, case):
    arguments, words = WRONG[case]
    with store.start_run("mine", data="faces") as run:
        with pytest.raises(InputError, match=words) as caught:
            run.add_predictions(*arguments)
        assert "\n" not in str(caught.value)
        assert store.predicted("mine") == ()


def test_a_run_without_data_has_no_images(store):
    with store.start_run("mine") as run:
        for call in (run.images, run.labels):
            with pytest.raises(InputError, match="without a data set, so it has no train images"):
                call("train")


def test_logging_needs_no_torch(path, store):
    code = """if True:
        import sys
        import numpy as np
        from fer_core.data.holdout import held_out_indices
        from fer_core.store import RunStore
        with RunStore.open(sys.argv[1]).start_run("mine", data="faces") as run:
            run.add_epoch(validation_accuracy=0.5)
            count = len(run.images("validation"))
            run.add_predictions("validation", np.full((count, 7), 1 / 7))
        assert "torch" not in sys.modules
    """
    subprocess.run([sys.executable, "-W", "error", "-c", code, str(path)], check=True)
    assert store.run("mine").epochs == 1
