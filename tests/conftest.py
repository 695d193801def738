"""Fixtures: what a machine may lack (the real data set, a browser) and small things to train."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from fer_core.config import RunConfig
from fer_core.data.synthetic import synthesise
from fer_core.experiment import train_run
from fer_core.records import DatasetArrays
from fer_core.store import RunStore
from fer_core.translation import translator

# How long an example takes depends on what else the machine does: it decides nothing here.
settings.register_profile("fer-lab", deadline=None)
settings.load_profile("fer-lab")

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _unavailable(reason: str) -> None:
    """Skip with the reason; where CI says so, a skip is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must not skip this: {reason}")
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _main_stays() -> Iterator[None]:
    """Put back what streamlit's AppTest takes for `__main__`: a process that a later test starts
    would begin by running the dashboard."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def fer2013_zip() -> Path:
    """Path of the real archive, from the environment variable FER2013."""
    named = os.environ.get("FER2013", "")
    if not named or not Path(named).is_file():
        _unavailable(f"FER2013 is {named!r}; set it to the path of fer2013.zip")
    return Path(named)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the system's Chromium or Chrome."""
    for name in _BROWSERS:
        if path := shutil.which(name):
            return path
    _unavailable("no Chromium; install it, e.g. apt-get install chromium")
    raise AssertionError("unreachable")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for all tests: playwright allows one synchronous session a process."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def complete() -> Iterator[None]:
    """A message that the Chinese catalogue lacks, however it was asked for, is an error."""

    class Refusing:
        def gettext(self, message: str) -> str:
            raise AssertionError(f"no translation of {message!r}")

    translator.cache_clear()
    translator("zh-TW").__self__.add_fallback(Refusing())  # type: ignore[attr-defined]
    yield
    translator.cache_clear()


@pytest.fixture(scope="session")
def tiny_faces() -> DatasetArrays:
    """140 synthetic faces: 112 to train on, 14 for validation, 14 for test."""
    return synthesise(140, seed=3)


@pytest.fixture
def tiny_store(tmp_path: Path, tiny_faces: DatasetArrays) -> Iterator[RunStore]:
    """A store that holds the tiny faces as `tiny`."""
    with RunStore.open(tmp_path / "runs.db") as store:
        store.add_dataset("tiny", tiny_faces)
        yield store


@pytest.fixture(scope="session")
def tiny_config() -> RunConfig:
    """A convolution with batch norm, dropout and every augmentation: seconds, not minutes."""
    layers = [
        {"conv": 4},
        {"max_pool": 4},
        {"dropout": 0.1},
        {"flatten": True},
        {"dense": 7, "then": []},
    ]
    architecture = {"family": "sequential", "after_conv": ["batch_norm", "relu"], "layers": layers}
    return RunConfig(
        preset="tiny",
        architecture=architecture,
        data="tiny",
        epochs=4,
        batch_size=16,
        schedule="one-cycle",
        learning_rate=0.01,
        weight_decay=0.05,
        label_smoothing=0.1,
        augment="full",
        precision="float32",
    )


@pytest.fixture(scope="session")
def trained_folder(
    tmp_path_factory: pytest.TempPathFactory, tiny_faces: DatasetArrays, tiny_config: RunConfig
) -> Path:
    """The folder of a store with the finished runs `first`, `second` and `third`: to be copied."""
    folder = tmp_path_factory.mktemp("trained")
    with RunStore.open(folder / "runs.db") as store:
        store.add_dataset("tiny", tiny_faces)
        for seed, name in enumerate(("first", "second", "third")):
            config = tiny_config.replace(seed=seed, epochs=4 - seed)
            train_run(store, config, name=name, device="cpu")
    return folder


@pytest.fixture
def trained_store(trained_folder: Path, tmp_path: Path) -> Iterator[RunStore]:
    """A store of one's own with the finished runs `first`, `second` and `third`."""
    shutil.copytree(trained_folder, tmp_path, dirs_exist_ok=True)
    with RunStore.open(tmp_path / "runs.db") as store:
        yield store
