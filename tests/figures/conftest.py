"""A store with runs and data sets whose numbers are known, and the browser that draws them."""

import base64
import io
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import psutil
import pytest
from PIL import Image

from fer_core.data.preview import preview
from fer_core.figures import Built, browser
from fer_core.fingerprints import dataset_fingerprint, split_fingerprint
from fer_core.records import (
    AUDIT_FLAGS,
    CLASS_NAMES,
    EXPLANATION_METHODS,
    DatasetArrays,
    Epoch,
    Predictions,
    SplitArrays,
)
from fer_core.store import RunStore
from tests.figures import explained, filtered, networks

VALIDATION_IMAGES, TWINS = 200, 20
LONG = "a-name-of-eighty-characters-with-all-that-somebody-put-into-it-lr0.003-seed00001"
CHINESE = "表情辨識實驗第一次訓練的結果"
MARKUP = "<b>bold</b> & <script>alert(1)</script> %{x} $x$"


class Known(NamedTuple):
    """What was put into the store, to compute the expected numbers from."""

    store: RunStore
    labels: np.ndarray
    twins: np.ndarray
    histories: dict[str, tuple[Epoch, ...]]
    probabilities: dict[str, np.ndarray]
    arrays: dict[str, DatasetArrays]
    long: str = LONG
    chinese: str = CHINESE
    markup: str = MARKUP


def _arrays(synthetic: bool, seed: int, unlabelled: str = "") -> DatasetArrays:
    rng = np.random.default_rng(seed)
    counts = {"train": 100, "validation": VALIDATION_IMAGES, "test": 50}
    splits = {
        name: SplitArrays(
            rng.integers(0, 256, (count, 48, 48), dtype=np.uint8),
            rng.integers(0, 6, count).astype(np.int8),  # no image of class 6, Neutral
            tuple(f"{name}-{index}" for index in range(count)),
        )
        for name, count in counts.items()
    }
    groups = {
        name: np.arange(1000 * k, 1000 * k + n, dtype=np.int32)
        for k, (name, n) in enumerate(counts.items())
    }
    groups["validation"][:TWINS] = groups["train"][:TWINS]
    if unlabelled:
        splits[unlabelled].labels[:] = -1
    prints = {name: split_fingerprint(s.images, s.labels) for name, s in splits.items()}
    return DatasetArrays(
        form="made-up",
        splits=splits,
        identical_groups=groups,
        near_groups=groups,
        flags={
            name: rng.integers(0, 1 << len(AUDIT_FLAGS), count).astype(np.uint16)
            & rng.integers(0, 1 << len(AUDIT_FLAGS), count).astype(np.uint16)
            for name, count in counts.items()
        },
        fingerprints=prints,
        fingerprint=dataset_fingerprint(prints),
        synthetic=synthetic,
    )


def _history(epochs: int, top: float, seed: int) -> tuple[Epoch, ...]:
    rng = np.random.default_rng(seed)
    rise = 1 - np.exp(-np.arange(1, epochs + 1) / 6)
    return tuple(
        Epoch(
            epoch=number,
            train_loss=float(2 - 1.5 * share + rng.normal(0, 0.01)),
            train_accuracy=float(0.2 + 0.7 * share),
            validation_loss=float(2 - share + rng.normal(0, 0.03)),
            validation_accuracy=float(0.2 + (top - 0.2) * share + rng.normal(0, 0.01)),
            seconds=10.0 + seed,
        )
        for number, share in enumerate(rise, start=1)
    )


def _explain(store: RunStore, name: str, labels: np.ndarray, probabilities: np.ndarray) -> None:
    """Store maps of two images of each class that has any, all methods for `cnn`."""
    places = [place for label in range(6) for place in np.flatnonzero(labels == label)[:2].tolist()]
    samples = [f"validation:{place}" for place in places]
    blank = {f"gradcam {samples[0]}": np.zeros((48, 48), np.float32)}
    explained.add(
        store,
        name,
        samples,
        list(EXPLANATION_METHODS) if name == "cnn" else ["saliency", "lime"],
        predicted=[CLASS_NAMES[guess] for guess in probabilities[places].argmax(axis=1)],
        true=[CLASS_NAMES[labels[place]] for place in places],
        arrays=blank,
    )


def _probabilities(labels: np.ndarray, right: float, seed: int) -> np.ndarray:
    """Never class 1 (Disgust), so that its column of the confusion matrix is empty."""
    rng = np.random.default_rng(seed)
    answers = np.where(rng.random(len(labels)) < right, labels, rng.integers(2, 7, len(labels)))
    answers[answers == 1] = 0
    probabilities = np.full((len(labels), 7), 0.05, np.float32)
    probabilities[np.arange(len(labels)), answers] = 0.7
    return probabilities


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    """Runs: cnn, dnn, the long, the Chinese and the marked-up name on made-up faces (20 epochs,
    predictions, explanations of two images of each class, filters), `real` on others, `first` with
    one epoch and `new` with none. Data sets: made-up,
    photographs (test has no labels), and synthetic ones with the same long, Chinese and marked-up
    names; each with an augmentation preview."""
    with RunStore.open(tmp_path_factory.mktemp("figures") / "runs.db") as store:
        made_up = _arrays(True, 0)
        arrays = {"made-up": made_up, "photographs": _arrays(False, 1, "test")}
        arrays |= {
            name: _arrays(True, seed) for seed, name in enumerate((LONG, CHINESE, MARKUP), 2)
        }
        for name, data in arrays.items():
            store.add_dataset(name, data)
            train = data.splits["train"]
            shown = preview(train.images[3], sample="train:3", name=train.names[3])
            store.add_dataset_tensor(data.fingerprint, shown)
        histories, probabilities = {}, {}
        runs = {"cnn": 20, "dnn": 20, LONG: 20, CHINESE: 20, MARKUP: 20, "first": 1, "new": 0}
        for seed, (name, epochs) in enumerate({**runs, "real": 20}.items()):
            data = "photographs" if name == "real" else "made-up"
            histories[name] = _history(epochs, 0.75 - 0.03 * seed, seed)
            with store.start_run(
                name,
                config={"epochs": 20, "seed": seed},
                preset="e-cnn",
                data=data,
                epochs_planned=20,
                layers=networks.layers("small"),
                parameters=networks.parameters("small"),
                device=f"device {seed % 2}",
            ) as run:
                for epoch in histories[name]:
                    run.add_epoch(epoch)
            if epochs < 20:
                continue
            judged = store.evaluation_split(run.id, "validation")
            probabilities[name] = _probabilities(judged.labels, 0.7, seed)
            for split in ("validation", "test") if name != "real" else ("validation",):
                judged = store.evaluation_split(run.id, split)
                given = probabilities[name][: len(judged.labels)]
                store.add_predictions(
                    run.id,
                    Predictions(split, "best", "none", given, 17, "hash", judged.fingerprint),
                )
            labels = store.evaluation_split(run.id, "validation").labels
            _explain(store, name, labels, probabilities[name])
            filtered.add(store, name)
        yield Known(
            store,
            made_up.splits["validation"].labels,
            np.arange(VALIDATION_IMAGES) < TWINS,
            histories,
            probabilities,
            arrays,
        )


@pytest.fixture(scope="session")
def pictures() -> Callable[[Built], list[np.ndarray]]:
    """Return the pictures of a figure, one pixel for each of the images'."""

    def read(built: Built) -> list[np.ndarray]:
        found = []
        for picture in built.figure.layout.images:
            content = base64.b64decode(picture.source.split(",")[1])
            enlarged = np.asarray(Image.open(io.BytesIO(content)))
            pixels = enlarged[::4, ::4]
            np.testing.assert_array_equal(enlarged, pixels.repeat(4, axis=0).repeat(4, axis=1))
            found.append(pixels)
        return found

    return read


@pytest.fixture(scope="session")
def built_networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    """A run for each of the networks, under its name; `old`, which lacks what is kept of layers
    since, and `bare`, without any."""
    with RunStore.open(tmp_path_factory.mktemp("networks") / "runs.db") as store:
        for name in networks.ARCHITECTURES:
            layers = networks.layers(name)
            with store.start_run(name, config={}, layers=layers):
                pass
        old = [replace(each, input_shape=(), settings={}) for each in networks.layers("d-cnn")]
        with store.start_run("old", config={}, layers=tuple(old)):
            pass
        with store.start_run("bare", config={}):
            pass
        yield store


@pytest.fixture
def drawing(chromium: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The browser that figures are drawn with."""
    monkeypatch.setenv("BROWSER_PATH", chromium)
    return chromium


@pytest.fixture
def remaining() -> Callable[[int], list[psutil.Process]]:
    """What still runs, after at most 5 s, of the session that the process `pid` led."""

    def wait(pid: int) -> list[psutil.Process]:
        for _ in range(50):
            found = [process for process in psutil.process_iter() if _session(process) == pid]
            if not found:
                break
            time.sleep(0.1)
        return found

    return wait


def _session(process: psutil.Process) -> int | None:
    try:
        return None if process.status() == psutil.STATUS_ZOMBIE else os.getsid(process.pid)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return None


@pytest.fixture(scope="session", autouse=True)
def _no_browser_left_running() -> Iterator[None]:
    yield
    browser.stop()
