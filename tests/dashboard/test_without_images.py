"""Runs on real faces that were shared without them: each page shows what there is, and says which
command adds the images where it would show some."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fer_core.data.synthetic import synthesise
from fer_core.records import INTERRUPTED
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.dashboard.test_pages import commands, words

Open = Callable[..., AppTest]
COMMAND = "fer-core data import PATH --name synthetic"


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has runs a, b and the interrupted c from a file without faces."""
    folder = tmp_path_factory.mktemp("imported")
    with RunStore.open(folder / "source" / "runs.db") as store:
        faces = synthesise(700, seed=1)
        splits = {
            name: dataclasses.replace(split, regions=None) for name, split in faces.splits.items()
        }
        real = dataclasses.replace(faces, synthetic=False, splits=splits)
        store.add_dataset(stores.DATA, real)
        for seed, name in enumerate("ab"):
            stores.add_run(store, name, epochs=6, best=0.6, seed=seed, test=True)
            stores.explain(store, name, ("validation:0", "validation:1"))
        stores.add_run(store, "c", status=INTERRUPTED, epochs=2)
        store.export_runs(["a", "b", "c"], folder / "runs.ferlab")
    path = folder / "store" / "runs.db"
    with RunStore.open(path) as store:
        store.import_runs(folder / "runs.ferlab")
    return path


def told(app: AppTest) -> int:
    """How often the page names the command that adds the images."""
    assert not app.exception, app.exception
    assert "This cannot be shown" not in words(app)
    return commands(app).count(COMMAND)


@pytest.mark.parametrize(
    ("page", "times"),
    [
        ("runs", 0), ("learning_curves", 0), ("confusion", 1), ("compare", 1), ("errors", 1),
        ("ensemble", 0), ("explanations", 1), ("filters", 0), ("architecture", 0), ("data", 0),
        ("photo", 0),
    ],
)  # fmt: skip
def test_a_page_says_once_that_the_images_are_not_here(page, times, imported, open_app):
    assert told(open_app(imported, page, "a", "b")) == times


@pytest.mark.parametrize(
    ("page", "key", "section", "times"),
    [
        ("data", "data_section", "samples", 1),
        ("data", "data_section", "means", 1),
        ("data", "data_section", "augmentation", 1),
        ("data", "data_section", "runs", 0),
        ("compare", "compare_section", "flips", 1),
        ("compare", "compare_section", "classes", 0),
        ("errors", "errors_section", "mistakes", 1),
        ("errors", "errors_section", "suspects", 1),
        ("filters", "filter_figure", "layer_outputs", 1),
        ("filters", "filter_figure", "adversarial", 1),
        ("filters", "filter_figure", "dream", 1),
    ],
)
def test_a_section_says_so(page, key, section, times, imported, open_app):
    app = open_app(imported, page, "a", "b")
    app.button_group(key=key).set_value(section).run()
    assert told(app) == times


def test_the_command_makes_the_faces_appear(imported, open_app, tmp_path):
    shutil.copytree(imported.parent, tmp_path / "copy")
    path = tmp_path / "copy" / imported.name
    assert told(open_app(path, "confusion", "a", "b")) == 1
    with RunStore.open(path) as store:
        faces = dataclasses.replace(synthesise(700, seed=1), synthetic=False)
        store.add_dataset(stores.DATA, faces)
    assert told(open_app(path, "confusion", "a", "b")) == 0


def test_a_run_that_was_imported_unfinished_does_not_offer_to_go_on(imported, open_app):
    app = open_app(imported, "learning_curves", "c")
    assert "c: imported as it was stopped." in words(app)
    assert "fer-core train e-cnn" in commands(app)
    assert not any("resume" in command for command in commands(app))
