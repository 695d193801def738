"""The peers that ours is measured against do what the recipe says, and the summary is right."""

import importlib
import json
import multiprocessing
import resource
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
import torchvision.transforms as transforms
from torchvision.transforms import v2

from fer_core.config import RunConfig
from fer_core.recipes import learning_rate_at
from fer_core.records import DatasetArrays

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def usual_ways(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("usual_ways")


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("training")


def test_both_kits_give_the_same_images_without_augmentation(
    usual_ways: ModuleType, tiny_config: RunConfig, tiny_faces: DatasetArrays
) -> None:
    images = tiny_faces.splits["train"].images[:5]
    mean, deviation = images.mean() / 255, images.std() / 255
    for normalise in ("none", "unit", "dataset", "per-image"):
        config = tiny_config.replace(normalise=normalise)
        by_kit = {
            kit: usual_ways.transform(config, mean, deviation, augmented=False, kit=kit)
            for kit in (transforms, v2)
        }
        whole = by_kit[v2](torch.tensor(images).unsqueeze(1).float() / 255)
        for image, changed in zip(images, whole, strict=True):
            alone = by_kit[transforms](usual_ways.Image.fromarray(image))
            torch.testing.assert_close(alone, changed, rtol=1e-4, atol=1e-4)
            expected = {
                "none": image,
                "unit": image / 255,
                "dataset": (image / 255 - mean) / deviation,
                "per-image": (image - image.mean()) / image.std(ddof=1),
            }[normalise]
            np.testing.assert_allclose(alone[0], expected, rtol=1e-3, atol=1e-3)


def test_augmentation_is_the_recipes_kind(usual_ways: ModuleType, tiny_config: RunConfig) -> None:
    def names(augment: str) -> list[str]:
        config = tiny_config.replace(augment=augment)
        found = usual_ways.transform(config, 0.5, 0.25, augmented=True, kit=v2).transforms
        return [type(step).__name__ for step in found]

    always = ["Resize", "function"]
    assert names("none") == always
    assert names("shift-flip") == ["RandomHorizontalFlip", "RandomAffine", *always]
    assert names("full") == ["RandomHorizontalFlip", "RandomAffine", *always, "RandomErasing"]


@pytest.mark.parametrize("amp", [False, True])
@pytest.mark.parametrize("workers", [0, -1])
def test_a_peer_learns_by_the_recipes_schedule(
    usual_ways: ModuleType,
    tiny_config: RunConfig,
    tiny_faces: DatasetArrays,
    workers: int,
    amp: bool,
) -> None:
    train = tiny_faces.splits["train"]
    config = tiny_config.replace(epochs=12, augment="none")
    peer = usual_ways.Peer(train.images, train.labels, config, workers=workers, amp=amp)
    batches = peer.validation(train.images, train.labels)
    before = peer.accuracy(batches)
    counts = [peer.train_epoch() for _ in range(config.epochs)]
    assert counts == [len(train.labels) // 16 * 16] * config.epochs
    assert peer.accuracy(batches) > max(before, 3 / 7)
    steps = len(train.labels) // 16
    last = learning_rate_at((11 + (steps - 1) / steps) / 12, config)
    assert {group["lr"] for group in peer.optimizer.param_groups} == {last}


def test_no_way_is_measured_twice(training: ModuleType) -> None:
    two = ["ours", "workers_0", "workers_2", "in_memory"]
    assert list(training.ways(2, bfloat16=False)) == two
    assert list(training.ways(1, bfloat16=True)) == [
        *("ours", "workers_0", "workers_0_amp", "workers_1", "workers_1_amp"),
        *("workers_2", "workers_2_amp", "in_memory"),
    ]
    assert list(training.ways(64, bfloat16=False)) == [*two[:-1], "workers_8", "in_memory"]


def test_ratios_are_taken_round_by_round_and_the_warm_up_apart(training: ModuleType) -> None:
    trained = training.Trained
    result = training.summary(
        {
            "ours": [trained(100, 9.0, 9.0), trained(100, 1.0, 2.0), trained(100, 2.0, 2.0)],
            "workers_2": [trained(100, 7.0, 9.0), trained(100, 3.0, 5.0), trained(100, 4.0, 9.0)],
        }
    )
    assert result["images_per_second"]["ours"] == {"median": 75, "min": 50, "max": 100}
    assert result["images_per_cpu_second"]["ours"] == {"median": 50, "min": 50, "max": 50}
    assert result["ratio"]["workers_2"] == pytest.approx(2.5)
    ratios = {"median": 2.5, "min": 2, "max": 3}
    assert result["ratio_spread"]["workers_2"] == pytest.approx(ratios)
    ratios = {"median": 3.5, "min": 2.5, "max": 4.5}
    assert result["cpu_ratio_spread"]["workers_2"] == pytest.approx(ratios)
    assert result["warm_up"]["workers_2"] == {"seconds": 7.0, "beyond_a_round": 3.5}
    assert result["rounds"] == 2


# A text, because a function of this module would bring torch with it: to unmap that, when the child
# is killed, takes time that nobody could have counted before.
WORK_AND_WAIT = """
import time
while time.process_time() < 0.5:
    pass
connection.send("worked")
connection.recv()
"""


def test_cpu_seconds_count_living_children_as_the_system_does_when_they_ended(
    training: ModuleType,
) -> None:
    def of_ended() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = of_ended()
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe()
    child = context.Process(target=exec, args=(WORK_AND_WAIT, {"connection": its}))
    child.start()
    its.close()  # so that a child that dies ends the test, and is not waited for
    try:
        assert ours.recv() == "worked"
        counted = training.cpu_seconds() - time.process_time()
    finally:
        child.kill()
        child.join()
    assert counted > 0.4
    assert counted == pytest.approx(of_ended() - before, abs=0.05)


def test_the_training_script_measures_each_way_against_ours() -> None:
    script = [sys.executable, str(BENCHMARKS / "training.py"), "--json"]
    arguments = ["--smoke", "--rounds", "1"]
    found = subprocess.run([*script, *arguments], check=True, capture_output=True, text=True)
    result = json.loads(found.stdout)["e-dnn"]
    speeds = result["images_per_second"]
    assert list(speeds) == ["ours", "workers_1_amp", "in_memory"]
    for way, ratio in result["ratio"].items():
        assert ratio == pytest.approx(speeds["ours"]["median"] / speeds[way]["median"])
        assert result["images_per_cpu_second"][way]["min"] > 0
    refused = subprocess.run(
        [*script, "--rounds", "0"], check=False, capture_output=True, text=True
    )
    assert refused.returncode == 2
    assert "--rounds is 0; use 1 or more" in refused.stderr
