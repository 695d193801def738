import dataclasses

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from fer_core.config import RunConfig
from fer_core.data.holdout import held_out_indices
from fer_core.errors import InputError
from fer_core.evaluating import evaluate_run
from fer_core.experiment import Silent, resume_run, train_run
from fer_core.records import FINISHED, INTERRUPTED, DatasetArrays, Epoch
from fer_core.store import RunStore


class _Interrupt(Silent):
    """Ctrl-C in the middle of an epoch."""

    def __init__(self, *, after: int) -> None:
        self.after = after

    def epoch(self, epoch: Epoch) -> None:
        self.after -= 1

    def batch(self, done: int, total: int) -> None:
        if self.after == 0:
            raise KeyboardInterrupt


def _history(store: RunStore, run_id: str) -> list[Epoch]:
    return [dataclasses.replace(e, seconds=0) for e in store.histories((run_id,))[run_id]]


def test_a_run_leaves_history_checkpoints_and_validation_predictions(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    run = train_run(tiny_store, tiny_config, name="first")
    assert (run.status, run.epochs, run.epochs_planned) == (FINISHED, 4, 4)
    history = tiny_store.histories((run.id,))[run.id]
    assert run.validation_accuracy == max(epoch.validation_accuracy for epoch in history)
    for weights, epoch in (("best", run.best_epoch), ("last", 4)):
        stored = tiny_store.predictions(run.id, "validation", weights)
        assert stored.epoch == epoch
        score = run.score("validation", weights)
        assert score is not None
        # What the history says of an epoch is what its stored probabilities say.
        assert score.accuracy == history[stored.epoch - 1].validation_accuracy
    assert run.test_score is None
    details = tiny_store.details(run.id)
    assert RunConfig.from_dict(details.config) == tiny_config
    assert details.test_readings == ()
    assert details.versions["torch"] == torch.__version__
    assert run.parameters == sum(layer.parameters for layer in details.layers)


def test_interrupted_and_resumed_is_uninterrupted(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    whole = train_run(tiny_store, tiny_config, name="whole")
    with pytest.raises(KeyboardInterrupt):
        train_run(tiny_store, tiny_config, name="cut", progress=_Interrupt(after=2))
    cut = tiny_store.run("cut")
    assert (cut.status, cut.epochs) == (INTERRUPTED, 2)
    resumed, differences = resume_run(tiny_store, "cut")
    assert differences == ()
    assert resumed.status == FINISHED
    assert _history(tiny_store, resumed.id) == _history(tiny_store, whole.id)
    for weights in ("best", "last"):
        np.testing.assert_array_equal(
            tiny_store.predictions(whole.id, "validation", weights).probabilities,
            tiny_store.predictions(resumed.id, "validation", weights).probabilities,
        )


def test_epochs_that_are_kept_are_evaluated_and_can_be_used_like_best_and_last(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    run = train_run(tiny_store, tiny_config.replace(keep_epochs="1"), name="kept")
    history = tiny_store.histories((run.id,))[run.id]
    score = run.score("validation", "epoch-1")
    assert score is not None
    assert score.accuracy == history[0].validation_accuracy
    stored = tiny_store.predictions(run.id, "validation", "epoch-1")
    assert stored.checkpoint_sha256 == history[0].weights_sha256
    # The last epoch's weights are there under its number, too.
    last = evaluate_run(tiny_store, run.id, weights="epoch-4")
    assert last.correct == run.score("validation", "last").correct  # type: ignore[union-attr]
    gone = next(number for number in (2, 3) if number != run.best_epoch)
    message = f"kept no weights of epoch {gone}, only best, last, epoch-1; a run does with"
    with pytest.raises(InputError, match=message):
        evaluate_run(tiny_store, run.id, weights=f"epoch-{gone}")
    with pytest.raises(InputError, match="'epoch-5', but run 'kept' has epochs 1 to 4"):
        evaluate_run(tiny_store, run.id, weights="epoch-5")


def test_an_interrupted_run_keeps_the_same_epochs(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    config = tiny_config.replace(keep_epochs="1,3")
    whole = train_run(tiny_store, config, name="whole")
    with pytest.raises(KeyboardInterrupt):
        train_run(tiny_store, config, name="cut", progress=_Interrupt(after=2))
    resumed, _ = resume_run(tiny_store, "cut")
    for weights in ("epoch-1", "epoch-3"):
        np.testing.assert_array_equal(
            tiny_store.predictions(whole.id, "validation", weights).probabilities,
            tiny_store.predictions(resumed.id, "validation", weights).probabilities,
        )


def test_the_average_of_the_weights_is_evaluated_beside_best_and_last(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    run = train_run(tiny_store, tiny_config.replace(weight_average=0.9), name="averaged")
    assert {score.weights for score in run.scores} == {"best", "last", "average"}
    stored = tiny_store.predictions(run.id, "validation", "average")
    last = tiny_store.predictions(run.id, "validation", "last")
    history = tiny_store.histories((run.id,))[run.id]
    assert (stored.epoch, stored.checkpoint_sha256) == (4, history[-1].state_sha256)
    difference = np.abs(stored.probabilities - last.probabilities).max()
    assert 1e-4 < difference < 0.5
    assert evaluate_run(tiny_store, run.id, "test", weights="average").weights == "average"
    plain = train_run(tiny_store, tiny_config.replace(epochs=1), name="plain")
    assert {score.weights for score in plain.scores} == {"best", "last"}
    with pytest.raises(InputError, match="'plain' kept no average of its weights; a run does with"):
        evaluate_run(tiny_store, "plain", weights="average")


def test_a_run_that_stops_early_is_finished(tiny_store: RunStore, tiny_config: RunConfig) -> None:
    config = tiny_config.replace(
        epochs=9, learning_rate=1e-9, schedule="constant", augment="none", patience=2
    )
    run = train_run(tiny_store, config, name="stopped")
    assert (run.status, run.epochs, run.epochs_planned, run.best_epoch) == (FINISHED, 3, 9, 1)
    assert tiny_store.predictions(run.id, "validation", "last").epoch == 3


def test_a_dropout_rate_without_a_layer_for_it_starts_no_run(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    layers = [layer for layer in tiny_config.architecture["layers"] if "dropout" not in layer]
    bare = {**tiny_config.architecture, "layers": layers}
    with pytest.raises(InputError, match="has no dropout layer"):
        train_run(tiny_store, tiny_config.replace(architecture=bare, dropout=0.5))
    assert tiny_store.runs() == ()


def test_a_run_without_checkpoints_starts_again(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train_run(tiny_store, tiny_config, name="cut", progress=_Interrupt(after=2))
    run = tiny_store.run("cut")
    for path in tiny_store.checkpoint_folder(run.id).iterdir():
        path.unlink()
    resumed, _ = resume_run(tiny_store, "cut")
    assert [e.epoch for e in _history(tiny_store, run.id)] == [1, 2, 3, 4]
    assert resumed.status == FINISHED


def test_resume_says_what_differs_and_refuses_a_finished_run(
    tiny_store: RunStore, tiny_config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train_run(tiny_store, tiny_config, name="cut", progress=_Interrupt(after=1))
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    _, differences = resume_run(tiny_store, "cut")
    assert [d.split(" was ")[0] for d in differences] == ["python"]
    assert differences[0].endswith("is 3.99.0")
    with pytest.raises(InputError, match="finished"):
        resume_run(tiny_store, "cut")


def test_test_is_read_only_when_asked_and_each_reading_is_logged(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    run = train_run(tiny_store, tiny_config)
    evaluate_run(tiny_store, run.id, "test")
    score = evaluate_run(tiny_store, run.id, "test", weights="last", averaging="flip")
    assert (score.count, score.weights, score.averaging) == (14, "last", "flip")
    readings = tiny_store.details(run.id).test_readings
    assert [(r.weights, r.averaging) for r in readings] == [("best", "none"), ("last", "flip")]
    history = tiny_store.histories((run.id,))[run.id]
    assert readings[1].checkpoint_sha256 == history[-1].weights_sha256


def test_wrong_requests_are_named(tiny_store: RunStore, tiny_config: RunConfig) -> None:
    with pytest.raises(KeyboardInterrupt):
        train_run(tiny_store, tiny_config, name="cut", progress=_Interrupt(after=1))
    with pytest.raises(InputError, match="test is read when training is over"):
        evaluate_run(tiny_store, "cut", "test")
    with pytest.raises(InputError, match="weights is 'worst'; use one of best, last, average"):
        evaluate_run(tiny_store, "cut", weights="worst")
    with pytest.raises(InputError, match="averaging is 'five'; use one of none, flip, crops"):
        evaluate_run(tiny_store, "cut", averaging="five")
    with pytest.raises(InputError, match="no data set 'faces'"):
        train_run(tiny_store, tiny_config.replace(data="faces"))


def test_a_fraction_of_train_is_held_out_and_kept_from_training(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    run = train_run(tiny_store, tiny_config.replace(validation=0.25, epochs=1))
    held_out = tiny_store.held_out(run.id)
    validation = tiny_store.evaluation_split(run.id, "validation")
    assert validation.source == "train"
    np.testing.assert_array_equal(validation.indices, held_out)
    assert tiny_store.evaluation_split(run.id, "public").source == "validation"
    labels = tiny_store.labels(run.dataset_fingerprint, "train")
    share = np.bincount(labels[held_out], minlength=7) / np.bincount(labels, minlength=7)
    np.testing.assert_allclose(share, 0.25, atol=0.05)


def test_without_a_validation_split_15_percent_are_held_out(
    tiny_store: RunStore, tiny_config: RunConfig, tiny_faces: DatasetArrays
) -> None:
    keep = ("train", "test")
    partial = dataclasses.replace(
        tiny_faces,
        splits={name: tiny_faces.splits[name] for name in keep},
        identical_groups={name: tiny_faces.identical_groups[name] for name in keep},
        fingerprints={name: tiny_faces.fingerprints[name] for name in keep},
        fingerprint="0" * 64,
    )
    tiny_store.add_dataset("two-splits", partial)
    run = train_run(tiny_store, tiny_config.replace(data="two-splits", epochs=1))
    assert tiny_store.details(run.id).config["validation"] == 0.15
    assert len(tiny_store.held_out(run.id)) == pytest.approx(0.15 * 112, abs=4)


def test_held_out_images_are_seeded_stratified_and_sorted() -> None:
    labels = np.repeat(np.arange(7), [100, 10, 1, 50, 2, 30, 40]).astype(np.int8)
    chosen = held_out_indices(labels, 0.2, seed=1)
    assert np.bincount(labels[chosen], minlength=7).tolist() == [20, 2, 0, 10, 1, 6, 8]
    np.testing.assert_array_equal(chosen, held_out_indices(labels, 0.2, seed=1))
    assert not np.array_equal(chosen, held_out_indices(labels, 0.2, seed=2))
    assert (np.diff(chosen) > 0).all()


def test_dataset_normalisation_uses_the_training_images(
    tiny_store: RunStore, tiny_config: RunConfig, tiny_faces: DatasetArrays
) -> None:
    run = train_run(tiny_store, tiny_config.replace(normalise="dataset", epochs=1))
    weights = load_file(tiny_store.checkpoint_folder(run.id) / "last.safetensors")
    images = tiny_faces.splits["train"].images / 255
    assert weights["normalise.mean"].item() == pytest.approx(images.mean(), rel=1e-5)
    assert weights["normalise.deviation"].item() == pytest.approx(images.std(), rel=1e-5)
