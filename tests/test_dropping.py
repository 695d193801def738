"""Runs that leave images out of training for what the audit found in them."""

import dataclasses

import numpy as np
import pytest
from safetensors.torch import load_file

from fer_core.config import RunConfig
from fer_core.data.audit import audited
from fer_core.errors import InputError
from fer_core.experiment import Silent, resume_run, train_run
from fer_core.records import DatasetArrays, Epoch
from fer_core.store import RunStore


class _InterruptInEpoch3(Silent):
    """Ctrl-C in the middle of the third epoch."""

    done = 0

    def epoch(self, epoch: Epoch) -> None:
        self.done = epoch.epoch

    def batch(self, done: int, total: int) -> None:
        if self.done == 2:
            raise KeyboardInterrupt


@pytest.fixture
def flawed(tiny_store: RunStore, tiny_faces: DatasetArrays) -> DatasetArrays:
    """The tiny faces, with two black ones, a conflict, a copy, a twin; stored as `flawed`."""
    train, test = tiny_faces.splits["train"], tiny_faces.splits["test"]
    images, labels = train.images.copy(), train.labels.copy()
    images[[10, 20]], labels[20] = 0, labels[10]
    images[31], labels[30], labels[31] = images[30], 3, 4
    images[41], labels[41] = images[40], labels[40]
    images[50], labels[50] = test.images[0], test.labels[0]
    splits = {
        **tiny_faces.splits,
        "train": dataclasses.replace(train, images=images, labels=labels),
    }
    arrays = audited("synthetic", splits, synthetic=True)
    tiny_store.add_dataset("flawed", arrays)
    return arrays


def test_dropped_images_are_left_out_of_training_alone(
    tiny_store: RunStore, tiny_config: RunConfig, flawed: DatasetArrays
) -> None:
    config = tiny_config.replace(
        data="flawed", drop="twin,conflict,black", epochs=1, normalise="dataset"
    )
    run = train_run(tiny_store, config)
    details = tiny_store.details(run.id)
    assert details.dropped == {"black": 2, "conflict": 2, "twin": 1}
    assert details.config["drop"] == "black,conflict,twin"
    assert tiny_store.dropped(run.id).tolist() == [10, 20, 30, 31, 50]
    trained = tiny_store.evaluation_split(run.id, "train").indices
    assert trained.tolist() == [i for i in range(112) if i not in (10, 20, 30, 31, 50)]
    for split in ("validation", "test"):
        assert len(tiny_store.evaluation_split(run.id, split).indices) == 14
    # What training saw: the statistics of its images are in its weights.
    weights = load_file(tiny_store.checkpoint_folder(run.id) / "last.safetensors")
    images = flawed.splits["train"].images[trained] / 255
    assert weights["normalise.mean"].item() == pytest.approx(images.mean(), rel=1e-5)
    assert weights["normalise.deviation"].item() == pytest.approx(images.std(), rel=1e-5)


def test_a_twin_that_was_dropped_is_none(
    tiny_store: RunStore, tiny_config: RunConfig, flawed: DatasetArrays
) -> None:
    config = tiny_config.replace(data="flawed", epochs=1)
    whole, without = (train_run(tiny_store, config.replace(drop=d)) for d in ("", "twin"))
    assert tiny_store.evaluation_split(whole.id, "test").twins.sum() == 1
    assert not tiny_store.evaluation_split(without.id, "test").twins.any()
    assert tiny_store.details(whole.id).dropped == {}


def test_with_one_seed_runs_hold_out_the_same_images_whatever_they_drop(
    tiny_store: RunStore, tiny_config: RunConfig, flawed: DatasetArrays
) -> None:
    config = tiny_config.replace(data="flawed", validation=0.5, epochs=1, seed=2)
    whole = train_run(tiny_store, config)
    dropping = train_run(tiny_store, config.replace(drop="black,copy,conflict"))
    held_out = tiny_store.held_out(whole.id)
    np.testing.assert_array_equal(held_out, tiny_store.held_out(dropping.id))
    flags = flawed.flags["train"]
    wanted = np.setdiff1d(np.flatnonzero(flags & 0b11001), held_out)
    assert 0 < len(wanted) < np.count_nonzero(flags & 0b11001)  # some were held out, and stay
    np.testing.assert_array_equal(tiny_store.dropped(dropping.id), wanted)
    trained = tiny_store.evaluation_split(dropping.id, "train").indices
    np.testing.assert_array_equal(
        trained, np.setdiff1d(np.arange(112), np.concatenate([held_out, wanted]))
    )
    counts = tiny_store.details(dropping.id).dropped
    assert counts["black"] == np.isin([10, 20], wanted).sum()


def test_a_resumed_run_drops_the_same_images_even_when_the_audit_now_finds_others(
    tiny_store: RunStore, tiny_config: RunConfig, flawed: DatasetArrays
) -> None:
    config = tiny_config.replace(data="flawed", drop="black,conflict")
    whole = train_run(tiny_store, config, name="whole")
    with pytest.raises(KeyboardInterrupt):
        train_run(tiny_store, config, name="cut", progress=_InterruptInEpoch3())
    folder = tiny_store.folder / "datasets" / flawed.fingerprint
    for path in folder.glob("*.flags.npy"):
        path.unlink()
    resumed, differences = resume_run(tiny_store, "cut")
    assert differences == ()
    losses = [
        [epoch.train_loss for epoch in tiny_store.histories((run.id,))[run.id]]
        for run in (whole, resumed)
    ]
    assert losses[0] == losses[1]
    np.testing.assert_array_equal(tiny_store.dropped(resumed.id), tiny_store.dropped(whole.id))


def test_a_drop_that_leaves_nothing_or_unlabelled_images_is_refused(
    tiny_store: RunStore, tiny_config: RunConfig, tiny_faces: DatasetArrays
) -> None:
    train = tiny_faces.splits["train"]
    black = dataclasses.replace(train, images=np.zeros_like(train.images))
    tiny_store.add_dataset(
        "black", audited("synthetic", {**tiny_faces.splits, "train": black}, synthetic=True)
    )
    config = tiny_config.replace(data="black", drop="black")
    with pytest.raises(InputError, match="drop is 'black', and of 112 training images") as caught:
        train_run(tiny_store, config)
    assert "\n" not in str(caught.value)
    images, labels = train.images.copy(), train.labels.copy()
    images[3], labels[[3, 4]] = 0, -1
    partly = dataclasses.replace(train, images=images, labels=labels)
    tiny_store.add_dataset(
        "partly", audited("synthetic", {**tiny_faces.splits, "train": partly}, synthetic=True)
    )
    with pytest.raises(InputError, match=r"^2 training images of 'partly' have no label"):
        train_run(tiny_store, tiny_config.replace(data="partly"))
    with pytest.raises(InputError, match=r"^1 training images of 'partly' have no label"):
        train_run(tiny_store, tiny_config.replace(data="partly", drop="black"))
    assert tiny_store.runs() == ()
