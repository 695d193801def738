"""What is stored of filters and of images made for them: values, what lacks, what survives what."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from fer_core.config import RunConfig
from fer_core.ensembling import make_ensemble
from fer_core.errors import InputError
from fer_core.experiment import train_run
from fer_core.explain import filters as ascending
from fer_core.explain.adversarial import Smallest, robustness
from fer_core.explain.class_images import class_images
from fer_core.explain.dream import dream
from fer_core.explain.filters import Ascent, ascend
from fer_core.loading import LoadedModel, load_model
from fer_core.microscope import (
    Outcome,
    Plan,
    Study,
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
    CLASS_IMAGES,
    CLASS_NAMES,
    DREAM,
    FILTER_ACTIVATIONS,
    FILTER_SIMILARITY,
    FILTERS,
    KERNELS,
    LAYER_OUTPUTS,
    ROBUSTNESS,
    TOP_IMAGES,
    TRAIN,
    VALIDATION,
    DatasetArrays,
    Epoch,
    TensorRecord,
)
from fer_core.store import RunStore

KINDS = (
    *(FILTERS, FILTER_ACTIVATIONS, KERNELS, TOP_IMAGES, FILTER_SIMILARITY, CLASS_IMAGES),
    *(LAYER_OUTPUTS, ADVERSARIAL, ROBUSTNESS, DREAM),
)
SHORT: dict[str, Any] = {"steps": 4, "record_every": 2}


def study(store: RunStore, run: str = "first", **options: Any) -> Study:
    return Study(store, run, device="cpu", **options)


def ascended(store: RunStore, run: str = "first", **options: Any) -> Outcome:
    """Filters without class images, unless they are asked for."""
    of = {name: options.pop(name) for name in ("weights", "force") if name in options}
    planned = plan_filters(study(store, run, **of), **{**SHORT, "classes": "none", **options})
    return carry_out(planned)


def all_keys(store: RunStore, run: str = "first") -> list[Any]:
    return [key for kind in KINDS for key in store.tensor_keys(run, kind)]


def one(store: RunStore, kind: str, run: str = "first", **key: str) -> TensorRecord:
    (record,) = store.tensors(run, kind, **key)
    return record


def model_of(store: RunStore, run: str = "first", weights: str = "best") -> LoadedModel:
    loaded = load_model(store, store.run(run), weights, "cpu")
    loaded.model.eval()
    return loaded


def pixels(faces: DatasetArrays, split: str) -> torch.Tensor:
    return torch.tensor(faces.splits[split].images, dtype=torch.float32)[:, None] / 255


@torch.no_grad()
def responses(loaded: LoadedModel, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The convolution's output and what follows its batch norm, written out."""
    model = loaded.model
    convolution, norm = list(model.network.children())[:2]
    assert isinstance(convolution, torch.nn.Conv2d)
    assert isinstance(norm, torch.nn.BatchNorm2d)
    mean, deviation = model.normalise.constants(images)
    own = convolution((images - mean) / deviation)
    shape = (1, -1, 1, 1)
    centred = (own - norm.running_mean.view(shape)) / (norm.running_var.view(shape) + norm.eps) ** (
        1 / 2
    )
    return own, functional.relu(centred * norm.weight.view(shape) + norm.bias.view(shape))


def test_stored_filters_are_what_the_ascent_gives_with_all_they_depend_on(
    trained_store: RunStore,
) -> None:
    done = ascended(trained_store, layers=("last",), seed=3, style="natural")
    assert [key.kind for key in done.stored] == [
        *(FILTERS, FILTER_ACTIVATIONS, KERNELS, TOP_IMAGES, FILTER_SIMILARITY)
    ]
    loaded = model_of(trained_store)
    expected = ascend(loaded.model, "conv1", style="natural", seed=3, **SHORT)
    images, values = (one(trained_store, kind) for kind in (FILTERS, FILTER_ACTIVATIONS))
    assert (images.array.shape, images.array.dtype) == ((4, 3, 48, 48), np.float16)
    np.testing.assert_array_equal(images.array, expected.images.astype(np.float16))
    np.testing.assert_array_equal(values.array, expected.activations)
    assert values.array.dtype == np.float32
    for record in (images, values):
        key = (record.method, record.layer, record.sample, record.target, record.weights)
        assert key == ("natural", "conv1", "", "", "best")
        whole = dict(record.provenance)
        versions = whole.pop("versions")
        assert versions == loaded.device.versions() | {"precision": "float32"}
        assert whole == {
            "checkpoint_sha256": loaded.sha256,
            "epoch": loaded.epoch,
            "seed": 3,
            "options": {"steps": 4, "record_every": 2},
            "filters": [0, 1, 2, 3],
            "dead": np.flatnonzero(expected.dead).tolist(),
            "steps": [0, 2, 4],
        }


def test_an_ascent_may_start_from_an_image(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    ascended(trained_store, start="test:5")
    record = one(trained_store, FILTERS, sample="test:5")
    start = pixels(tiny_faces, "test")[5, 0].numpy()
    np.testing.assert_array_equal(record.array[:, 0], np.stack([start.astype(np.float16)] * 4))
    assert not np.array_equal(record.array[0, 1], record.array[1, 1])


def test_kernels_are_the_weights_of_the_first_convolution(trained_store: RunStore) -> None:
    ascended(trained_store, layers=("conv1",))
    record = one(trained_store, KERNELS, layer="conv1")
    weight = dict(model_of(trained_store).model.named_parameters())
    (expected,) = (each for each in weight.values() if each.ndim == 4)
    np.testing.assert_array_equal(record.array, expected.detach().numpy())
    assert record.array.shape == (4, 1, 3, 3)
    assert record.provenance["seed"] is None


def test_top_images_and_similarity_are_those_of_a_forward_pass_written_out(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    ascended(trained_store, split=VALIDATION)
    _, activation = responses(model_of(trained_store), pixels(tiny_faces, VALIDATION))
    means = activation.mean((2, 3)).numpy()
    top = one(trained_store, TOP_IMAGES)
    assert (top.layer, top.sample) == ("conv1", VALIDATION)
    assert (top.array.shape, top.array.dtype) == ((4, 9, 4), np.float32)
    live = 0
    for number, rows in enumerate(top.array):
        order = np.argsort(-means[:, number], kind="stable")[:9]
        np.testing.assert_allclose(rows[:, 0], means[order, number], rtol=1e-4, atol=1e-6)
        if len(set(means[:, number])) < 14:
            continue  # of equals, rounding decides
        live += 1
        np.testing.assert_array_equal(rows[:, 1], order)
        flat = activation[order, number].flatten(1).argmax(1).numpy()
        np.testing.assert_array_equal(rows[:, 2:], np.stack(np.divmod(flat, 48), axis=1))
    assert live, "no live filter: the test tests less than it says"
    assert (top.provenance["source"], top.provenance["n"]) == (VALIDATION, 14)
    similarity = one(trained_store, FILTER_SIMILARITY)
    rows = activation.transpose(0, 1).flatten(1).double().numpy()
    with np.errstate(invalid="ignore"):
        expected = np.nan_to_num(np.corrcoef(rows))
    np.testing.assert_allclose(similarity.array, expected, atol=1e-4)
    assert (similarity.array.shape, similarity.array.dtype) == ((4, 4), np.float32)
    assert similarity.provenance["n"] == 14


def test_similarity_is_over_a_drawn_part_of_a_large_split(
    trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fer_core.microscope.answers.SIMILARITY_IMAGES", 20)
    ascended(trained_store)
    record = one(trained_store, FILTER_SIMILARITY, sample=TRAIN)
    assert (record.provenance["n"], record.provenance["source"]) == (20, TRAIN)
    assert record.provenance["options"] == {"images": 20, "seed": 0}


def test_top_images_of_a_held_out_split_are_named_as_in_the_source(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    config = tiny_config.replace(validation=0.25, epochs=1)
    run = train_run(tiny_store, config, name="held", device="cpu")
    ascended(tiny_store, "held", split=VALIDATION)
    record = one(tiny_store, TOP_IMAGES, "held")
    held_out = set(tiny_store.held_out(run.id).tolist())
    assert (record.sample, record.provenance["source"]) == (VALIDATION, TRAIN)
    assert set(record.array[..., 1].astype(int).ravel().tolist()) <= held_out


def test_class_images_start_from_noise_and_from_the_mean_of_the_training_images(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    ascended(trained_store, classes="both", seed=2)
    loaded = model_of(trained_store)
    face = pixels(tiny_faces, TRAIN).double().mean((0, 1)).float()
    for sample, start in (("noise", "noise"), ("mean-face", face)):
        record = one(trained_store, CLASS_IMAGES, sample=sample, method="plain")
        expected = class_images(loaded.model, start=start, steps=4, seed=2)
        np.testing.assert_allclose(record.array, expected.images, atol=1e-5)
        assert (record.array.shape, record.array.dtype) == ((7, 48, 48), np.float32)
        found = np.array(record.provenance["probabilities"])
        np.testing.assert_allclose(found, expected.probabilities, atol=1e-4)
    ascended(trained_store, classes="mean-face", style="natural")
    assert one(trained_store, CLASS_IMAGES, method="natural").sample == "mean-face"


def test_a_layers_outputs_are_those_of_a_forward_pass_written_out(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    planned = plan_outputs(study(trained_store), samples="test:3,train:9", layers=("last",))
    assert [key.sample for key in carry_out(planned).stored] == ["test:3", "train:9"]
    record = one(trained_store, LAYER_OUTPUTS, sample="train:9", layer="conv1")
    own, activation = responses(model_of(trained_store), pixels(tiny_faces, TRAIN)[9:10])
    assert (record.array.shape, record.array.dtype) == ((4, 48, 48), np.float16)
    np.testing.assert_allclose(record.array, own[0], rtol=2e-3, atol=1e-3)
    assert record.array.min() < 0, "what follows a ReLU would not be the layer's own output"
    expected = activation.mean((2, 3))[0].tolist()
    assert record.provenance["activations"] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_values_that_float16_cannot_hold_are_stored_as_they_are(trained_store: RunStore) -> None:
    loaded = model_of(trained_store)
    with torch.no_grad():
        for parameter in loaded.model.network.parameters():
            if parameter.ndim == 4:
                parameter.mul_(1e6)
    looked = study(trained_store)
    looked.loaded = loaded
    carry_out(plan_outputs(looked, samples="test:3"))
    array = one(trained_store, LAYER_OUTPUTS).array
    assert array.dtype == np.float32
    assert np.isfinite(array).all()
    assert np.abs(array).max() > 65504


@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_an_attack_is_stored_with_the_probabilities_before_and_after(
    trained_store: RunStore, tiny_faces: DatasetArrays, attack: str
) -> None:
    planned = plan_adversarial(
        study(trained_store), samples="test:3", attack=attack, epsilon=6.0, seed=4
    )
    carry_out(planned)
    record = one(trained_store, ADVERSARIAL, method=attack, sample="test:3", target="")
    original, changed = record.array
    assert (record.array.shape, record.array.dtype) == ((2, 48, 48), np.float32)
    np.testing.assert_allclose(original, tiny_faces.splits["test"].images[3], atol=1e-4)
    assert 0 <= changed.min() <= changed.max() <= 255
    assert 5 < np.abs(changed - original).max() <= 6 + 1e-4
    model = model_of(trained_store).model
    said = record.provenance
    for name, levels in (("before", original), ("after", changed)):
        with torch.no_grad():
            image = torch.from_numpy(levels.copy() / 255)[None, None]
            expected = model(image).softmax(1)[0]
        assert said[name] == pytest.approx(expected.tolist(), abs=1e-4)
    label = tiny_faces.splits["test"].labels[3]
    assert said["true"] == said["away_from"] == CLASS_NAMES[label]
    assert said["after"][label] < said["before"][label]
    assert said["epsilon"] == 6.0
    wrong_already = int(np.argmax(said["before"])) != label
    assert (said["smallest_epsilon"] == 0) == wrong_already
    assert said["seed"] == (4 if attack == "pgd" else None)


def test_an_attack_may_aim_at_a_class(trained_store: RunStore) -> None:
    carry_out(plan_adversarial(study(trained_store), samples="test:3", target="SAD", epsilon=6))
    record = one(trained_store, ADVERSARIAL, target="Sad")
    place = CLASS_NAMES.index("Sad")
    assert record.provenance["after"][place] > record.provenance["before"][place]
    assert record.provenance["away_from"] is None


def test_an_attack_that_never_comes_through_has_no_smallest_epsilon(
    trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = Smallest(np.array([np.inf]), np.zeros((1, 1, 48, 48), np.float32))
    monkeypatch.setattr("fer_core.microscope.attacks.smallest_epsilon", lambda *_, **__: never)
    carry_out(plan_adversarial(study(trained_store), samples="test:3"))
    assert one(trained_store, ADVERSARIAL).provenance["smallest_epsilon"] is None


@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_robustness_begins_at_the_accuracy_of_the_run(
    trained_store: RunStore, tiny_faces: DatasetArrays, attack: str
) -> None:
    carry_out(plan_adversarial(study(trained_store), curve=True, attack=attack, seed=1))
    record = one(trained_store, ROBUSTNESS, method=attack, sample=VALIDATION)
    epsilons, accuracy = record.array.T
    assert (record.array.shape, record.array.dtype) == ((7, 2), np.float64)
    assert epsilons.tolist() == [0, 0.5, 1, 2, 4, 8, 16]
    score = trained_store.run("first").score(VALIDATION)
    assert score is not None
    assert accuracy[0] == score.accuracy
    options = {"seed": 1} if attack == "pgd" else {}
    labels = tiny_faces.splits[VALIDATION].labels.astype(np.int64)
    images = pixels(tiny_faces, VALIDATION)
    expected = robustness(
        model_of(trained_store).model, images, labels, [2.0], attack=attack, **options
    )
    assert accuracy[3] == expected[0]
    assert record.provenance["n"] == 14
    split = trained_store.evaluation_split("first", VALIDATION)
    assert record.provenance["fingerprint"] == split.fingerprint


def test_robustness_on_a_drawn_part_says_so_and_another_seed_draws_others(
    trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[np.ndarray] = []

    def counted(_model: Any, images: np.ndarray, *_: Any, **__: Any) -> np.ndarray:
        drawn.append(images)
        return np.zeros(7)

    monkeypatch.setattr("fer_core.microscope.attacks.robustness", counted)
    for most, seed in ((5, 0), (9, 0), (5, 1)):
        planned = plan_adversarial(study(trained_store), curve=True, most=most, seed=seed)
        carry_out(planned)
    five, nine, others = ({image.tobytes() for image in images} for images in drawn)
    assert (len(five), len(nine)) == (5, 9)
    assert five < nine
    assert five != others
    record = one(trained_store, ROBUSTNESS)
    assert (record.provenance["n"], record.provenance["seed"]) == (5, 1)


def test_a_stored_dream_is_what_the_maker_gives(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    carry_out(plan_dream(study(trained_store), samples="test:3", octaves=2, steps=3, seed=1))
    record = one(trained_store, DREAM, sample="test:3", layer="conv1")
    image = pixels(tiny_faces, "test")[3, 0]
    expected = dream(model_of(trained_store).model, image, "conv1", octaves=2, steps=3, seed=1)
    np.testing.assert_allclose(record.array, expected, atol=1e-5)
    assert record.provenance["options"] == {"octaves": 2, "steps": 3}


def everything(store: RunStore, **options: Any) -> list[Plan]:
    looked = study(store, **options)
    return [
        plan_filters(looked, **SHORT),
        plan_outputs(looked, samples="test:0,test:1"),
        plan_adversarial(looked, samples="test:0", attack="pgd", curve=True, most=4),
        plan_dream(looked, samples="test:0", steps=2),
    ]


def test_asking_again_computes_nothing_and_writes_nothing(trained_store: RunStore) -> None:
    stored = [len(carry_out(planned).stored) for planned in everything(trained_store)]
    assert stored == [7, 2, 2, 1]
    revision = trained_store.run("first").revision
    for planned, count in zip(everything(trained_store), stored, strict=True):
        assert (planned.jobs, planned.lacking, planned.megabytes) == ((), 0, 0)
        assert len(planned.present) == count
        assert carry_out(planned) == Outcome((), ())
    assert trained_store.run("first").revision == revision
    assert [p.lacking for p in everything(trained_store, force=True)] == stored
    assert [p.lacking for p in everything(trained_store, weights="last")] == stored


def test_what_changes_a_result_is_computed_anew_and_what_does_not_is_kept(
    trained_store: RunStore,
) -> None:
    ascended(trained_store, classes="noise")
    for change, kinds in (
        ({"seed": 1}, {FILTERS, FILTER_ACTIVATIONS, CLASS_IMAGES}),
        ({"steps": 2, "seed": 1}, {FILTERS, FILTER_ACTIVATIONS, CLASS_IMAGES}),
        ({"steps": 2, "seed": 1, "record_every": 1}, {FILTERS, FILTER_ACTIVATIONS}),
        (
            {"steps": 2, "seed": 1, "record_every": 1, "split": "test"},
            {TOP_IMAGES, FILTER_SIMILARITY},
        ),
    ):
        done = ascended(trained_store, classes="noise", **change)
        assert {key.kind for key in done.stored} == kinds, change
    record = one(trained_store, TOP_IMAGES, sample=TRAIN)
    old = dict(record.provenance) | {"checkpoint_sha256": "old"}
    trained_store.add_tensor("first", dataclasses.replace(record, provenance=old))
    assert {key.kind for key in ascended(trained_store, seed=5).stored} == {
        *(FILTERS, FILTER_ACTIVATIONS, TOP_IMAGES)
    }


def test_some_filters_are_kept_beside_the_others_that_are_asked_for_later(
    trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []

    def counted(*arguments: Any, **options: Any) -> Ascent:
        asked.append(options["filters"])
        return ascend(*arguments, **options)

    monkeypatch.setattr(ascents, "ascend", counted)
    ascended(trained_store, filters=(3, 1, 3))
    first = one(trained_store, FILTERS)
    assert first.provenance["filters"] == [1, 3]
    ascended(trained_store, filters=(3,))
    assert asked == [[1, 3]], "a filter that is there is not ascended again"
    ascended(trained_store)
    whole = one(trained_store, FILTERS)
    assert asked == [[1, 3], [0, 2]]
    assert whole.provenance["filters"] == [0, 1, 2, 3]
    assert one(trained_store, FILTER_ACTIVATIONS).array.shape == (4, 3)
    np.testing.assert_array_equal(whole.array[[1, 3]], first.array)
    ascended(trained_store, filters=(2,), force=True)
    assert asked[2:] == [[2]]
    assert one(trained_store, FILTERS).array.shape == (4, 3, 48, 48)


def test_the_same_seed_gives_the_same_bytes(trained_store: RunStore) -> None:
    def content() -> list[bytes]:
        for planned in everything(trained_store, force=True):
            carry_out(planned)
        return [
            record.array.tobytes()
            for kind in KINDS
            for record in trained_store.tensors("first", kind)
        ]

    assert content() == content()


def interrupting(monkeypatch: pytest.MonkeyPatch, after: int) -> Callable[[], None]:
    """Batches of two filters, and Ctrl-C in the batch after so many; returns what undoes it."""
    monkeypatch.setattr(ascending, "_AT_ONCE", {"cpu": 2})
    calls = []

    def interrupted(*arguments: Any, **options: Any) -> Ascent:
        calls.append(options["filters"])
        if len(calls) > after:
            raise KeyboardInterrupt
        return ascend(*arguments, **options)

    monkeypatch.setattr(ascents, "ascend", interrupted)
    return lambda: monkeypatch.setattr(ascents, "ascend", ascend)


def test_ctrl_c_while_filters_climb_keeps_those_before_and_the_rest_ends_as_if_uninterrupted(
    trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = interrupting(monkeypatch, after=1)
    told: list[tuple[int, int]] = []
    planned = plan_filters(study(trained_store), classes="none", **SHORT)
    with pytest.raises(KeyboardInterrupt):
        carry_out(planned, lambda *counts: told.append(counts))
    done, total = told[-1]
    assert 0 < done < total
    assert [count for count, _ in told] == sorted(count for count, _ in told)
    assert one(trained_store, FILTERS).provenance["filters"] == [0, 1]
    assert one(trained_store, FILTER_ACTIVATIONS).array.shape == (2, 3)
    go_on()
    ascended(trained_store)
    resumed = one(trained_store, FILTERS).array.tobytes()
    ascended(trained_store, force=True)
    assert one(trained_store, FILTERS).array.tobytes() == resumed


KILLED = """
import os, signal, sys
from fer_core.explain import filters
from fer_core.microscope import Study, ascents, carry_out, plan_filters
from fer_core.store import RunStore

filters._AT_ONCE = {"cpu": 2}
ascend = ascents.ascend

def dying(*arguments, **options):
    if options["filters"] == [2, 3]:
        os.kill(os.getpid(), signal.SIGKILL)
    return ascend(*arguments, **options)

ascents.ascend = dying
with RunStore.open(sys.argv[1]) as store:
    carry_out(plan_filters(Study(store, "first", device="cpu"), steps=4, record_every=2))
"""


def test_killed_while_filters_climb_keeps_those_before(trained_store: RunStore) -> None:
    command = [sys.executable, "-c", KILLED, str(trained_store.path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr
    assert one(trained_store, FILTERS).provenance["filters"] == [0, 1]


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
