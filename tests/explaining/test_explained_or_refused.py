"""Layers, targets, runs without weights, and every wrong request."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fer_core.config import RunConfig
from fer_core.ensembling import make_ensemble
from fer_core.errors import InputError
from fer_core.experiment import Silent, train_run
from fer_core.explain import EXPLAINERS
from fer_core.explain.maps import Maps
from fer_core.explain.subject import Subject
from fer_core.explaining import Request, carry_out, plan
from fer_core.records import (
    CLASS_NAMES,
    EXPLANATION,
    TEST,
    VALIDATION,
    DatasetArrays,
    Epoch,
)
from fer_core.store import RunStore
from tests.explaining.asked import Calls, explained, refused


def test_layers_are_stored_by_their_full_names_for_the_methods_that_know_layers(
    trained_store: RunStore, calls: Calls
) -> None:
    done = explained(trained_store, samples="test:0")
    assert [(key.method, key.layer) for key in done.stored] == [
        ("saliency", ""),
        ("segmented", ""),
        ("seeing", "conv1"),
    ]
    done = explained(trained_store, samples="test:0", layers=("last", "conv1", "max_pool1"))
    assert [(key.method, key.layer) for key in done.stored] == [
        ("saliency", "conv1"),
        ("saliency", "max_pool1"),
        ("seeing", "max_pool1"),
    ]
    assert calls.segmented == [1]


@pytest.fixture(scope="module")
def dense(tiny_config: RunConfig) -> RunConfig:
    layers = [{"flatten": True}, {"dense": 7, "then": []}]
    return tiny_config.replace(
        architecture={"family": "sequential", "layers": layers}, preset="dnn", epochs=1
    )


def test_on_a_dnn_a_method_about_convolutions_is_skipped_with_its_reason_or_refused_by_name(
    tiny_store: RunStore, dense: RunConfig
) -> None:
    train_run(tiny_store, dense, name="dnn", device="cpu")
    done = explained(tiny_store, "dnn", samples="test:0")
    assert [key.method for key in done.stored] == ["saliency", "segmented"]
    ((what, why),) = done.skipped
    assert what == "seeing"
    assert "this network has none" in why
    told = refused(tiny_store, "dnn", samples="test:1", methods=("saliency", "seeing"))
    assert "this network has none" in told


def test_what_a_method_refuses_it_refuses_before_anything_is_stored(
    trained_store: RunStore, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {"samples": "test:0,test:1"}
    told = refused(trained_store, **asked, methods=("segmented", "seeing"), layers=("dense1",))
    assert told == "layer 'dense1' has no place in the image"
    wrong = {"segmented": {"segments": 1}}
    assert refused(trained_store, **asked, options=wrong) == "segments is 1; give 2 or more"

    def never(subject: Subject) -> Maps:
        raise InputError("this network's activations are unknown")

    monkeypatch.setitem(EXPLAINERS, "seeing", SimpleNamespace(explain=never, SIGNED=False))
    done = explained(trained_store, **asked)
    assert sorted(key.method for key in done.stored) == 2 * ["saliency"] + 2 * ["segmented"]
    assert done.skipped == (("seeing", "this network's activations are unknown"),)


def test_unlabelled_images_are_explained_for_what_is_predicted_or_a_class(
    tmp_path: Path, tiny_faces: DatasetArrays, dense: RunConfig
) -> None:
    test = tiny_faces.splits[TEST]
    bare = dataclasses.replace(test, labels=np.full_like(test.labels, -1))
    arrays = dataclasses.replace(tiny_faces, splits={**tiny_faces.splits, TEST: bare})
    with RunStore.open(tmp_path / "runs.db") as store:
        store.add_dataset("tiny", arrays)
        train_run(store, dense, name="dnn", device="cpu")
        explained(store, "dnn", methods=("saliency",), samples="test:0,validation:0")
        unlabelled, labelled = store.tensor_keys("dnn", EXPLANATION)
        assert unlabelled.provenance["true"] is None
        assert labelled.provenance["true"] in CLASS_NAMES
        assert unlabelled.target == unlabelled.provenance["predicted"]
        done = explained(store, "dnn", methods=("saliency",), samples="test:1", targets="fear")
        assert [key.target for key in done.stored] == ["Fear"]
        told = refused(store, "dnn", samples="validation:1,test:1", targets="true")
        assert told == "targets is 'true', but test:1 has no label; use predicted or a class"
        for drawing in ({"correct": True}, {"per_class": 2}, {"wrong": True}):
            told = refused(store, "dnn", split=TEST, **drawing)
            assert "14 of 14 images of tiny's test have no label" in told


def test_true_targets_are_the_labels(trained_store: RunStore, tiny_faces: DatasetArrays) -> None:
    names = ",".join(f"validation:{index}" for index in range(14))
    done = explained(trained_store, methods=("saliency",), samples=names, targets="true")
    labels = tiny_faces.splits[VALIDATION].labels
    assert [key.target for key in done.stored] == [CLASS_NAMES[label] for label in labels]


def test_what_is_told_beforehand_is_about_what_the_file_grows_by(trained_store: RunStore) -> None:
    def size() -> int:
        with trained_store._database.maintenance() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return trained_store.path.stat().st_size

    names = ",".join(f"train:{index}" for index in range(60))
    planned = plan(
        trained_store, "first", Request(methods=("saliency",), samples=names), device="cpu"
    )
    before = size()
    carry_out(trained_store, planned)
    assert (size() - before) / 1e6 == pytest.approx(planned.megabytes, rel=0.15)


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        ({"methods": ("limes",)}, "method is 'limes'; use one of saliency, segmented, seeing"),
        ({"samples": "test:99"}, "no image test:99; test has 0 to 13"),
        ({"samples": "nobody.png"}, "no image 'nobody.png'; give split:index, as test:12"),
        ({"samples": " , "}, "samples is ' , '; name images, as test:12,train:5566"),
        ({"samples": "test:1", "per_class": 2}, "samples test:1 are named, so none are drawn"),
        ({"samples": "test:1", "split": "test"}, "samples test:1 are named, so none are drawn"),
        ({"targets": "joyous"}, "targets is 'joyous'; use predicted, true, or a class: angry"),
        ({"layers": ("conv9",)}, "no layer 'conv9'; use last or one of conv1"),
        (
            {"layers": ("conv1",), "methods": ("segmented",)},
            "layers are conv1, but segmented know none; leave them out, or add one of the methods "
            "saliency, seeing",
        ),
        ({"weights": "worst"}, "weights is 'worst'; use one of best, last, average"),
        ({"weights": "average"}, "run 'first' kept no average of its weights"),
        ({"output": "loss"}, "output is 'loss'; use one of logit, probability"),
        ({"seed": -1}, "seed is -1; give 0 or more"),
        ({"per_class": 0}, "per-class is 0; give 1 or more"),
        ({"split": "private"}, "run 'first' has no split 'private'; use one of test, train"),
        ({"split": "test"}, "make them with: fer-core evaluate first --split test"),
        (
            {"options": {"segmented": {"kernel": 1}}},
            "segmented has no option 'kernel'; use one of segments, scale",
        ),
        ({"options": {"saliency": {"kernel": 1}}}, "saliency has no option 'kernel'; it has none"),
        (
            {"options": {"segmented": {"segments": 3}}, "methods": ("saliency",)},
            "there is an option for segmented, but the methods are saliency; add it to them",
        ),
    ],
)
def test_a_wrong_request_is_one_line_and_stores_nothing(
    trained_store: RunStore, calls: Calls, request_: dict[str, Any], line: str
) -> None:
    assert line in refused(trained_store, **request_)
    assert calls == Calls([], [])


def test_where_no_image_fits_that_is_said(trained_store: RunStore) -> None:
    stored = trained_store.predictions("first", VALIDATION)
    labels = trained_store.evaluation_split("first", VALIDATION).labels
    perfect = np.eye(7, dtype=np.float32)[labels]
    trained_store.add_predictions("first", dataclasses.replace(stored, probabilities=perfect))
    told = refused(trained_store, wrong=True)
    assert told == "run 'first' has no wrong image on validation (best weights); choose others"


class _Stopped(Silent):
    def batch(self, done: int, total: int) -> None:
        raise KeyboardInterrupt


def test_runs_without_weights_say_why(trained_store: RunStore, tiny_config: RunConfig) -> None:
    make_ensemble(trained_store, ["first", "second"], name="both")
    with trained_store.start_run("logged", data="tiny") as writer:
        writer.add_epoch(Epoch(1, validation_accuracy=0.5))
    with pytest.raises(KeyboardInterrupt):
        train_run(trained_store, tiny_config, name="stopped", progress=_Stopped(), device="cpu")
    for name, words in (
        ("both", "is an ensemble: it has no weights of its own"),
        ("logged", "was logged by a loop of its own, so it has no weights here"),
        ("stopped", "has no finished epoch; fer-core resume 'stopped'"),
    ):
        assert f"run {name!r} {words}" in refused(trained_store, name, samples="test:0")
    with pytest.raises(InputError, match="no run 'nobody'"):
        explained(trained_store, "nobody")


def test_an_unfinished_run_with_an_epoch_is_explained(
    trained_store: RunStore, tiny_config: RunConfig
) -> None:
    class _AfterOne(Silent):
        def epoch(self, epoch: Epoch) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_run(trained_store, tiny_config, name="cut", progress=_AfterOne(), device="cpu")
    done = explained(trained_store, "cut", methods=("saliency",), samples="test:0")
    assert done.stored[0].provenance["epoch"] == 1
    assert "make them with: fer-core evaluate cut --split validation" in refused(
        trained_store, "cut"
    )
