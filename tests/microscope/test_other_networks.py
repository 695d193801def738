"""Dense and own networks, runs without weights, and every wrong request."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core.config import RunConfig
from fer_core.ensembling import make_ensemble
from fer_core.errors import InputError
from fer_core.experiment import train_run
from fer_core.microscope import (
    Plan,
    ascents,
    carry_out,
    plan_adversarial,
    plan_dream,
    plan_filters,
    plan_outputs,
)
from fer_core.models import preset_config
from fer_core.records import (
    ADVERSARIAL,
    CLASS_NAMES,
    FILTER_ACTIVATIONS,
    FILTER_SIMILARITY,
    FILTERS,
    KERNELS,
    LAYER_OUTPUTS,
    TOP_IMAGES,
    DatasetArrays,
    Epoch,
)
from fer_core.store import RunStore
from tests.microscope.asked import (
    KINDS,
    SHORT,
    all_keys,
    ascended,
    model_of,
    one,
    study,
)


def dense(tiny_config: RunConfig, *widths: int) -> RunConfig:
    layers = [{"flatten": True}, *({"dense": width} for width in widths), {"dense": 7, "then": []}]
    architecture = {"family": "sequential", "after_dense": ["relu"], "layers": layers}
    return tiny_config.replace(architecture=architecture, preset="dnn", epochs=1)


def test_of_a_dnn_the_units_of_the_first_layer_are_the_filters(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    train_run(tiny_store, dense(tiny_config, 5), name="dnn", device="cpu")
    done = ascended(tiny_store, "dnn")
    assert {(key.kind, key.layer) for key in done.stored} == {
        (kind, "dense1") for kind in (FILTERS, FILTER_ACTIVATIONS, TOP_IMAGES, FILTER_SIMILARITY)
    }
    assert one(tiny_store, FILTERS, "dnn").array.shape == (5, 3, 48, 48)
    assert np.isnan(one(tiny_store, TOP_IMAGES, "dnn").array[..., 2:]).all()
    looked = study(tiny_store, "dnn")
    carry_out(plan_outputs(looked, samples="test:0", layers=("dense1", "dense2")))
    assert one(tiny_store, LAYER_OUTPUTS, "dnn", layer="dense2").array.shape == (7, 1, 1)
    with pytest.raises(InputError, match="this network has none"):
        plan_dream(looked, samples="test:0")
    with pytest.raises(InputError, match="layer 'dense1' has no maps; name a convolution"):
        plan_dream(looked, samples="test:0", layer="dense1")


def test_more_filters_than_can_be_looked_at_are_refused_by_name(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    train_run(tiny_store, dense(tiny_config, 1025), name="wide", device="cpu")
    with pytest.raises(InputError) as error:
        ascended(tiny_store, "wide")
    assert str(error.value) == (
        "layer dense1 has 1025 filters, and 1024 are the most at once; name some with --filters, "
        "as 0,3,17"
    )
    assert all_keys(tiny_store, "wide") == []
    done = ascended(tiny_store, "wide", filters=(0, 1024))
    assert [key.kind for key in done.stored] == [FILTERS, FILTER_ACTIVATIONS, TOP_IMAGES]
    assert done.skipped == ((FILTER_SIMILARITY, "dense1 has 1025 filters, and 1024 are the most"),)
    assert one(tiny_store, TOP_IMAGES, "wide").array.shape == (1025, 9, 4)


def test_a_network_of_ones_own_and_an_epoch_kept(
    tiny_store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = """
from torch import nn
import torch

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 3, 5, stride=4)
        self.shared = nn.Conv2d(3, 3, 1)
        self.head = nn.Linear(3 * 11 * 11, 7)

    def forward(self, images):
        maps = torch.relu_(self.stem(images))
        maps = self.shared(self.shared(maps))
        return self.head(maps.flatten(1))
"""
    Path("net.py").write_text(text, encoding="utf-8")
    config = preset_config("net.py:Net", data="tiny", epochs=2, keep_epochs="1", batch_size=32)
    train_run(tiny_store, config, name="own", device="cpu")
    for weights in ("epoch-1", "last"):
        done = ascended(tiny_store, "own", layers=("conv1",), weights=weights)
        assert {key.weights for key in done.stored} == {weights}
        assert {key.layer for key in done.stored} == {"conv1"}
        record = one(tiny_store, KERNELS, "own", weights=weights)
        assert record.provenance["epoch"] == (1 if weights == "epoch-1" else 2)
        expected = model_of(tiny_store, "own", weights).model.network.stem.weight
        np.testing.assert_array_equal(record.array, expected.detach().numpy())
    with pytest.raises(InputError, match="runs 2 times for one image; name a layer that runs once"):
        ascended(tiny_store, "own", layers=("shared",))
    with pytest.raises(InputError, match="run 'own' has epochs 1 to 2"):
        study(tiny_store, "own", weights="epoch-3")
    Path("net.py").write_text(text + "\n# changed\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"net\.py"):
        study(tiny_store, "own")


def test_runs_without_weights_say_why(trained_store: RunStore) -> None:
    make_ensemble(trained_store, ["first", "second"], name="both")
    with trained_store.start_run("logged", data="tiny") as writer:
        writer.add_epoch(Epoch(1, validation_accuracy=0.5))
    for name, words in (
        ("both", "is an ensemble: it has no weights of its own"),
        ("logged", "was logged by a loop of its own, so it has no weights here"),
        ("nobody", "no run 'nobody'"),
    ):
        with pytest.raises(InputError, match=words):
            study(trained_store, name)


def test_an_unlabelled_image_is_led_away_from_what_is_predicted_and_has_no_robustness(
    tmp_path: Path, tiny_faces: DatasetArrays, tiny_config: RunConfig
) -> None:
    test = tiny_faces.splits["test"]
    unlabelled = dataclasses.replace(test, labels=np.full_like(test.labels, -1))
    faces = dataclasses.replace(tiny_faces, splits={**tiny_faces.splits, "test": unlabelled})
    with RunStore.open(tmp_path / "runs.db") as store:
        store.add_dataset("tiny", faces)
        train_run(store, tiny_config.replace(epochs=1), name="first", device="cpu")
        carry_out(plan_adversarial(study(store), samples="test:0"))
        said = one(store, ADVERSARIAL).provenance
        assert said["true"] is None
        assert said["away_from"] == CLASS_NAMES[int(np.argmax(said["before"]))]
        assert said["smallest_epsilon"] != 0
        with pytest.raises(InputError, match="14 of 14 images of tiny's test have no label"):
            plan_adversarial(study(store), curve=True, split="test")
        ascended(store, split="test")
        assert one(store, TOP_IMAGES).sample == "test"


def test_size_said_before_is_what_the_store_grows_by(trained_store: RunStore) -> None:
    planned = plan_filters(study(trained_store), steps=40, record_every=10)
    carry_out(planned)
    arrays = [r.array.nbytes for kind in KINDS for r in trained_store.tensors("first", kind)]
    assert sum(arrays) / 1e6 == pytest.approx(planned.megabytes, rel=0.02)


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"style": "wild"}, "style is 'wild'; use one of plain, natural"),
        ({"steps": 0}, "ascent-steps is 0; use a whole number from 1 to 10000"),
        ({"steps": 10**9}, "ascent-steps is 1000000000; use a whole number from 1 to 10000"),
        ({"record_every": 3}, "record_every is 3, which does not divide 4 steps; use 2"),
        ({"record_every": 0}, "record_every is 0, which does not divide 4 steps; use 1"),
        ({"seed": -1}, "seed is -1; use 0 or more"),
        ({"start": "face"}, "no image 'face'"),
        ({"start": "test:99"}, "no image test:99; test has 0 to 13"),
        ({"start": "test:1,test:2"}, "start is 'test:1,test:2'; name one image, or noise"),
        ({"split": "private"}, "run 'first' has no split 'private'"),
        ({"classes": "all"}, "class-images is 'all'; use one of noise, mean-face, both, none"),
        ({"layers": ("conv9",)}, "no layer 'conv9'; use last or one of conv1"),
        ({"layers": ("conv1", "")}, "no layer ''; use last or one of conv1"),
        ({"filters": (4,)}, "no filter 4 in conv1; it has 0 to 3"),
        ({"filters": ()}, "filters is empty; name some, or use all"),
        (
            {"steps": 10_000, "record_every": 1, "layers": ("max_pool1",)},
            "4 filters of max_pool1 at 10001 steps take 184 MB, and 100 MB is the most; use a "
            "larger --record-every, or name some with --filters",
        ),
    ],
)
def test_a_wrong_request_for_filters_is_one_line_and_stores_nothing(
    trained_store: RunStore, asked: dict[str, Any], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ascents, "_MOST_BYTES", 100_000_000)
    with pytest.raises(InputError) as error:
        plan_filters(study(trained_store), **{**SHORT, **asked})
    assert line in str(error.value)
    assert "\n" not in str(error.value)
    assert all_keys(trained_store) == []


@pytest.mark.parametrize(
    ("plan", "asked", "line"),
    [
        (plan_outputs, {"samples": ","}, "samples is ','; name images, as test:12,train:5566"),
        (plan_outputs, {"layers": ("conv2",)}, "no layer 'conv2'; use last or one of conv1"),
        (plan_dream, {"octaves": 0}, "octaves is 0; use a whole number from 1 to 100"),
        (plan_dream, {"octaves": 10**6}, "octaves is 1000000; use a whole number from 1 to 100"),
        (plan_dream, {"octaves": 9}, "with 9 octaves the image of (48, 48) shrinks to (3, 3)"),
        (plan_dream, {"steps": 0}, "steps is 0; use 1 or more"),
        (plan_dream, {"seed": -1}, "seed is -1; use 0 or more"),
        (plan_adversarial, {"attack": "x"}, "attack is 'x'; use one of fgsm, pgd"),
        (plan_adversarial, {"epsilon": -1.0}, "epsilon is -1; use 0 to 255 grey levels"),
        (plan_adversarial, {"epsilon": float("nan")}, "epsilon is nan; use 0 to 255 grey levels"),
        (plan_adversarial, {"target": "joyous"}, "target is 'joyous'; use a class: angry, disgust"),
        (plan_adversarial, {"seed": -1}, "seed is -1; use 0 or more"),
        (plan_adversarial, {"curve": True, "most": 0}, "images is 0; use a whole number from 1"),
        (plan_adversarial, {"curve": True, "split": "x"}, "run 'first' has no split 'x'"),
    ],
)
def test_a_wrong_request_about_images_is_one_line(
    trained_store: RunStore, plan: Callable[..., Plan], asked: dict[str, Any], line: str
) -> None:
    with pytest.raises(InputError) as error:
        plan(study(trained_store), **{"samples": "test:0", **asked})
    assert line in str(error.value)
    assert "\n" not in str(error.value)
