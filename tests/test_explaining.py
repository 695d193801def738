"""Stored explanations: which images, which targets, what lacks, and what survives what."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from fer_core.config import RunConfig
from fer_core.ensembling import make_ensemble
from fer_core.errors import InputError
from fer_core.experiment import Silent, evaluate_run, train_run
from fer_core.explain import EXPLAINERS, Explanation, explain, saliency
from fer_core.explain.maps import Maps
from fer_core.explain.subject import Subject
from fer_core.explaining import Outcome, Request, carry_out, computing, plan
from fer_core.loading import load_model
from fer_core.records import (
    CLASS_NAMES,
    EXPLANATION,
    SEGMENT_WEIGHTS,
    SEGMENTS,
    TEST,
    VALIDATION,
    DatasetArrays,
    Epoch,
)
from fer_core.store import RunStore


class Calls(NamedTuple):
    """How many images each call of a method was given."""

    segmented: list[int]
    seeing: list[int]


@pytest.fixture(autouse=True)
def calls() -> Iterator[Calls]:
    """Three methods only: saliency; one with LIME's extras; one about a convolution."""
    counted = Calls([], [])

    def segmented(
        subject: Subject, *, seed: int = 0, segments: int = 4, scale: float = 1.0
    ) -> Maps:
        """Weights by class for vertical stripes; the second image has one segment less."""
        if segments < 2:
            raise InputError(f"segments is {segments}; give 2 or more")
        counted.segmented.append(len(subject.images))
        columns = torch.arange(48) * segments // 48
        stripes = columns.expand(len(subject.images), 48, 48).clone()
        stripes[subject.images.mean((1, 2, 3)) > 0.5] //= 2
        random = torch.Generator().manual_seed(seed)
        weights = scale * torch.randn(len(stripes), 7, segments, generator=random).double()
        rows = torch.arange(len(stripes))
        of_target = weights[rows, subject.targets]
        maps = of_target.gather(1, stripes.flatten(1)).reshape(stripes.shape)
        r2 = torch.arange(7).expand(len(stripes), 7) / 10
        extras = {"segments": stripes, "weights": weights, "r2": r2, "gap": rows + 0.5}
        return Maps(maps, extras)

    def seeing(subject: Subject, *, layer: str = "last") -> Maps:
        counted.seeing.append(len(subject.images))
        if layer.startswith("dense"):
            raise InputError(f"layer {layer!r} has no place in the image")
        return Maps(subject.images[:, 0], layer=layer)

    kept = dict(EXPLAINERS)
    EXPLAINERS.clear()  # and not monkeypatch: it would bring the methods back in another order
    EXPLAINERS["saliency"] = saliency
    EXPLAINERS["segmented"] = SimpleNamespace(explain=segmented, SIGNED=True)
    EXPLAINERS["seeing"] = SimpleNamespace(explain=seeing, SIGNED=False)
    yield counted
    EXPLAINERS.clear()
    EXPLAINERS.update(kept)


def explained(store: RunStore, run: str = "first", **request: Any) -> Outcome:
    return carry_out(store, plan(store, run, Request(**request), device="cpu"))


def refused(store: RunStore, run: str = "first", **request: Any) -> str:
    """The line with which a request is refused; nothing is stored."""
    before = len(store.tensor_keys(run, EXPLANATION))
    with pytest.raises(InputError) as error:
        explained(store, run, **request)
    assert len(store.tensor_keys(run, EXPLANATION)) == before
    assert "\n" not in str(error.value)
    return str(error.value)


def predicted(store: RunStore, run: str = "first", split: str = VALIDATION) -> np.ndarray:
    return store.predictions(run, split).probabilities.argmax(1)


def drawn(store: RunStore, run: str = "first", **request: Any) -> list[str]:
    planned = plan(store, run, Request(methods=("saliency",), **request), device="cpu")
    return [sample.name for sample in planned.samples]


def blobs(store: RunStore) -> tuple[int, int]:
    """How many arrays there are, and how many should be there."""
    with store._database.read() as connection:
        own = [
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            for table in ("blobs", "predictions", "tensors")
        ]
    return own[0], own[1] + own[2]


def test_a_stored_map_is_what_the_method_gives_for_the_image(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    done = explained(trained_store, methods=("saliency",), samples="test:3,train:9")
    assert [(key.method, key.sample, key.layer) for key in done.stored] == [
        ("saliency", "test:3", ""),
        ("saliency", "train:9", ""),
    ]
    stored = trained_store.tensors("first", EXPLANATION)
    loaded = load_model(trained_store, trained_store.run("first"), device="cpu")
    for record, (split, index) in zip(stored, (("test", 3), ("train", 9)), strict=True):
        image = tiny_faces.splits[split].images[index]
        pixels = torch.tensor(image, dtype=torch.float32)[None, None] / 255
        with torch.no_grad():
            probabilities = loaded.model.eval()(pixels).softmax(1)[0].numpy()
        target = probabilities.argmax()
        expected = explain("saliency", loaded.model, pixels, targets=np.array([target])).maps[0]
        assert (record.array.shape, record.array.dtype) == ((48, 48), np.float32)
        np.testing.assert_allclose(record.array, expected, rtol=1e-4, atol=1e-6)
        assert record.array.max() > 0
        assert record.target == CLASS_NAMES[target] == record.provenance["predicted"]
        assert record.provenance["probability"] == pytest.approx(probabilities[target], rel=1e-4)
        assert record.provenance["true"] == CLASS_NAMES[tiny_faces.splits[split].labels[index]]


def test_the_provenance_says_all_that_a_map_depends_on(trained_store: RunStore) -> None:
    explained(
        trained_store,
        methods=("segmented",),
        samples="test:3",
        targets="HAPPY",
        weights="last",
        output="probability",
        seed=5,
        options={"segmented": {"segments": 3}},
    )
    (record,) = trained_store.tensors("first", EXPLANATION)
    loaded = load_model(trained_store, trained_store.run("first"), "last", "cpu")
    assert (record.target, record.weights) == ("Happy", "last")
    label = trained_store.labels(trained_store.run("first").dataset_fingerprint, TEST)[3]
    whole = dict(record.provenance)
    assert 0 < whole.pop("probability") < 1
    assert whole.pop("predicted") in CLASS_NAMES
    versions = whole.pop("versions")
    assert versions == loaded.device.versions() | {"precision": "float32"}
    assert set(versions) >= {"fer-lab", "python", "torch", "numpy", "machine", "threads"}
    assert whole == {
        "checkpoint_sha256": loaded.sha256,
        "epoch": 4,
        "seed": 5,
        "output": "probability",
        "options": {"segments": 3, "scale": 1.0},
        "signed": True,
        "true": CLASS_NAMES[label],
        "extras": {"r2": pytest.approx(0.3), "gap": 0.5},
    }


def test_segments_and_the_targets_weights_are_stored_beside_the_map(
    trained_store: RunStore, calls: Calls
) -> None:
    explained(trained_store, methods=("segmented",), per_class=2, split="train")
    maps = trained_store.tensors("first", EXPLANATION)
    segments = trained_store.tensors("first", SEGMENTS)
    weights = trained_store.tensors("first", SEGMENT_WEIGHTS)
    assert len(maps) == 14
    counts = set()
    for each, places, values in zip(maps, segments, weights, strict=True):
        assert (each.sample, each.target) == (places.sample, places.target)
        assert (each.sample, each.target) == (values.sample, values.target)
        assert (places.array.dtype, places.array.shape) == (np.int16, (48, 48))
        assert values.array.dtype == np.float64
        np.testing.assert_array_equal(values.array[places.array].astype(np.float32), each.array)
        assert each.provenance["extras"]["r2"] == pytest.approx(CLASS_NAMES.index(each.target) / 10)
        counts.add(len(values.array))
        assert places.array.max() + 1 == len(values.array)
    assert counts == {2, 4}, "no image with fewer segments: the test tests less than it says"
    explained(
        trained_store,
        methods=("segmented",),
        per_class=2,
        split="train",
        options={"segmented": {"segments": 6}},
    )
    assert len(trained_store.tensors("first", SEGMENTS)) == 14
    assert max(len(r.array) for r in trained_store.tensors("first", SEGMENT_WEIGHTS)) == 6
    found, wanted = blobs(trained_store)
    assert found == wanted


def test_by_default_one_right_and_one_wrong_image_of_each_class_is_drawn(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    labels, guesses = tiny_faces.splits[VALIDATION].labels, predicted(trained_store)
    expected = [
        f"validation:{index}"
        for label in range(7)
        for right in (True, False)
        for index in np.random.default_rng(0).permutation(len(labels)).tolist()
        if labels[index] == label and (guesses[index] == label) == right
    ]
    by_cell: dict[tuple[int, bool], str] = {}
    for name in expected:
        index = int(name.split(":")[1])
        by_cell.setdefault((labels[index], guesses[index] == labels[index]), name)
    assert drawn(trained_store) == list(by_cell.values())
    planned = plan(trained_store, "first", Request(), device="cpu")
    assert len(planned.skipped) == 14 - len(by_cell) > 0
    assert all("images on validation, not 1" in skipped.why for skipped in planned.skipped)


def test_more_a_class_are_those_and_further_ones_and_another_seed_draws_others(
    trained_store: RunStore,
) -> None:
    one, two = (drawn(trained_store, split="train", per_class=count) for count in (3, 6))
    assert (len(one), len(two), len(set(two))) == (21, 42, 42)
    assert set(one) < set(two)
    assert drawn(trained_store, split="train", per_class=3) == one
    assert drawn(trained_store, "second", split="train", per_class=3) == one
    assert set(drawn(trained_store, split="train", per_class=3, seed=1)) != set(one)


@pytest.mark.parametrize("kind", ["correct", "wrong"])
def test_only_right_or_only_wrong_images_are_drawn_from_the_split_and_weights_asked_for(
    trained_store: RunStore, tiny_faces: DatasetArrays, kind: str
) -> None:
    asked = {"split": TEST, "weights": "last", "per_class": 9, kind: True}
    told = refused(trained_store, **asked)
    assert told.endswith("make them with: fer-core evaluate first --split test --weights last")
    evaluate_run(trained_store, "first", TEST, weights="last", device="cpu")
    guesses = trained_store.predictions("first", TEST, "last").probabilities.argmax(1)
    right = guesses == tiny_faces.splits[TEST].labels
    expected = {f"test:{index}" for index in np.flatnonzero(right == (kind == "correct"))}
    assert set(drawn(trained_store, **asked)) == expected


def test_predictions_by_other_weights_are_not_what_images_are_drawn_by(
    trained_store: RunStore,
) -> None:
    stored = trained_store.predictions("first", VALIDATION)
    trained_store.add_predictions("first", dataclasses.replace(stored, checkpoint_sha256="old"))
    assert refused(trained_store) == (
        "the predictions of run 'first' on validation are by other best weights (epoch "
        f"{stored.epoch}); make them anew with: fer-core evaluate first --split validation "
        "--weights best"
    )
    assert len(drawn(trained_store, per_class=1)) == 7, "any image will do without predictions"


def test_held_out_images_are_named_as_in_the_source(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    run = train_run(tiny_store, tiny_config.replace(validation=0.25, epochs=1), device="cpu")
    names = drawn(tiny_store, run.id, per_class=1)
    held_out = set(tiny_store.held_out(run.id).tolist())
    assert len(names) == 7
    assert all(
        split == "train" and int(index) in held_out
        for split, index in (n.split(":") for n in names)
    )


def test_asking_again_computes_only_what_lacks(trained_store: RunStore, calls: Calls) -> None:
    asked: dict[str, Any] = {"methods": ("segmented",), "samples": "test:0,test:1,test:2"}
    assert len(explained(trained_store, **asked).stored) == 3
    assert calls.segmented == [1, 2], "the first image, then the others in one batch"
    calls.segmented.clear()
    revision = trained_store.run("first").revision

    again = plan(trained_store, "first", Request(**asked), device="cpu")
    assert (again.lacking, again.megabytes) == (0, 0)
    assert [key.sample for key in again.present] == ["test:0", "test:1", "test:2"]
    assert carry_out(trained_store, again) == Outcome((), ())
    assert calls.segmented == []
    assert trained_store.run("first").revision == revision

    more = explained(trained_store, **{**asked, "samples": "test:1,test:3,test:1"})
    assert [key.sample for key in more.stored] == ["test:3"]
    assert calls.segmented == [1]
    for change in (
        {"seed": 1},
        {"output": "probability"},
        {"options": {"segmented": {"scale": 2.0}}},
        {"weights": "last"},
        {"force": True},
    ):
        calls.segmented.clear()
        assert len(explained(trained_store, **asked, **change).stored) == 3, change
        assert sum(calls.segmented) == 3
    assert {key.weights for key in trained_store.tensor_keys("first", EXPLANATION)} == {
        "best",
        "last",
    }


def test_a_method_with_a_score_of_its_own_explains_that_unless_asked_otherwise(
    trained_store: RunStore, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EXPLAINERS["segmented"], "OUTPUT", "probability", raising=False)

    def outputs() -> list[object]:
        keys = trained_store.tensor_keys("first", EXPLANATION)
        return [key.provenance["output"] for key in keys]

    asked: dict[str, Any] = {"methods": ("saliency", "segmented"), "samples": "test:0"}
    explained(trained_store, **asked)
    assert outputs() == ["logit", "probability"]
    assert explained(trained_store, **asked, output="probability").stored[0].method == "saliency"
    assert explained(trained_store, **asked, output="logit").stored[1].method == "segmented"
    assert outputs() == ["logit", "logit"]


def test_an_explanation_by_an_earlier_checkpoint_is_computed_anew(
    trained_store: RunStore, calls: Calls
) -> None:
    asked = {"methods": ("segmented",), "samples": "test:0"}
    explained(trained_store, **asked)
    (record,) = trained_store.tensors("first", EXPLANATION)
    old = dict(record.provenance) | {"checkpoint_sha256": "old"}
    trained_store.add_tensor("first", dataclasses.replace(record, provenance=old))
    assert len(explained(trained_store, **asked).stored) == 1
    (renewed,) = trained_store.tensors("first", EXPLANATION)
    assert renewed.provenance == record.provenance


def test_the_same_seed_gives_the_same_bytes(trained_store: RunStore) -> None:
    def content(**request: Any) -> list[bytes]:
        explained(trained_store, methods=("saliency", "segmented"), force=True, **request)
        records = trained_store.tensors("first", EXPLANATION)
        return [
            each.array.tobytes() for each in sorted(records, key=lambda r: (r.method, r.sample))
        ]

    first = content(samples="test:0,test:1,train:5")
    assert content(samples="test:0,test:1,train:5") == first
    assert content(samples="test:0,test:1,train:5", seed=1)[3:] != first[3:]


def test_ctrl_c_while_a_batch_is_computed_keeps_those_before(
    trained_store: RunStore, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computing, "BATCH", 2)
    names = ",".join(f"test:{index}" for index in range(6))
    request = Request(methods=("segmented",), samples=names)
    told: list[tuple[int, int]] = []
    planned = plan(trained_store, "first", request, device="cpu")

    def interrupted(*arguments: Any, **options: Any) -> Explanation:
        if len(calls.segmented) == 2:
            raise KeyboardInterrupt
        return explain(*arguments, **options)

    monkeypatch.setattr(computing, "explain", interrupted)
    with pytest.raises(KeyboardInterrupt):
        carry_out(trained_store, planned, lambda *counts: told.append(counts))
    assert told == [(0, 6), (1, 6), (3, 6)]
    assert len(trained_store.tensor_keys("first", EXPLANATION)) == 3
    assert len(trained_store.tensor_keys("first", SEGMENTS)) == 3
    calls.segmented.clear()
    monkeypatch.setattr(computing, "explain", explain)
    done = explained(trained_store, methods=("segmented",), samples=names)
    assert sum(calls.segmented) == len(done.stored) == 3


KILLED = """
import os, signal, sys
from fer_core.explaining import Request, carry_out, computing, plan
from fer_core.store import RunStore

computing.BATCH = 2
explain = computing.explain

def dying(*arguments, **options):
    dying.calls += 1
    if dying.calls == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return explain(*arguments, **options)

dying.calls = 0
computing.explain = dying
request = Request(methods=("saliency",), samples=",".join(f"test:{i}" for i in range(6)))
with RunStore.open(sys.argv[1]) as store:
    carry_out(store, plan(store, "first", request, device="cpu"))
"""


def test_killed_while_a_batch_is_computed_keeps_those_before(trained_store: RunStore) -> None:
    command = [sys.executable, "-c", KILLED, str(trained_store.path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr
    kept = [key.sample for key in trained_store.tensor_keys("first", EXPLANATION)]
    assert kept == ["test:0", "test:1", "test:2"]
    done = explained(trained_store, methods=("saliency",), samples="test:0,test:2,test:4")
    assert [key.sample for key in done.stored] == ["test:4"]


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
