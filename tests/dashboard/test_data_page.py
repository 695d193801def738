"""The page Data with 0, 1 and several data sets, with and without runs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import data_faces
from fer_core import figures
from fer_core.analysis.images import image_statistics
from fer_core.data.preview import preview
from fer_core.records import CLASS_NAMES, DatasetArrays
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.dashboard.conftest import HOSTILE
from tests.dashboard.test_hostile_text import rendered
from tests.dashboard.test_pages import commands, words
from tests.store.samples import make_arrays

Open = Callable[..., AppTest]
SECTIONS = ("classes", "samples", "audit", "means", "augmentation", "runs")


@pytest.fixture(scope="module")
def flagged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DatasetArrays]:
    """A store with one data set and no runs; its audit found something."""
    path = tmp_path_factory.mktemp("flagged") / "runs.db"
    with RunStore.open(path) as store:
        arrays = stores.add_flagged(store, "faces")
    return path, arrays


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data sets HOSTILE (test has no labels), flagged and synthetic; runs on the last."""
    path = tmp_path_factory.mktemp("several") / "runs.db"
    with RunStore.open(path) as store:
        stores.add_flagged(store, HOSTILE, seed=1, unlabelled="test")
        stores.add_flagged(store, "flagged")
        stores.add_faces(store, 140)
        stores.add_run(store, "a", epochs=2)
        stores.add_run(store, "b", epochs=3)
    return path


def section(app: AppTest, name: str) -> AppTest:
    app.button_group(key="data_section").set_value(name).run()
    assert not app.exception, app.exception
    return app


def block(app: AppTest) -> str:
    """The HTML of the faces on a page."""
    bodies = [each.proto.body for each in app.get("html")]
    [html] = [body for body in bodies if '<div class="tiles">' in body]
    return html.split('<div class="tiles">')[1]


def tiles(app: AppTest) -> list[list[str]]:
    """The samples on a page by group; each single image is one."""
    parts = block(app).split("<section>")
    alone, *groups = [[t.split("</b>")[0] for t in part.split("<b>")[1:]] for part in parts]
    return [*([sample] for sample in alone), *groups]


def test_without_a_store_the_page_names_the_command_that_makes_one(
    open_app: Open, tmp_path: Path
) -> None:
    assert commands(open_app(tmp_path / "runs.db", "data")) == ["fer-core demo"]


def test_without_data_sets_the_page_names_the_commands_that_make_one(
    open_app: Open, empty_store: Path
) -> None:
    app = open_app(empty_store, "data")
    assert "No data sets yet" in words(app)
    assert "fer-core data import PATH" in words(app)
    assert commands(app) == ["fer-core data synth"]


def test_data_without_runs_has_its_table_figure_and_splits(
    open_app: Open, flagged: tuple[Path, DatasetArrays]
) -> None:
    app = open_app(flagged[0], "data")
    table, splits = (frame.value for frame in app.dataframe)
    assert table.iloc[0][["name", "form", "images", "runs"]].tolist() == [
        "faces", "synthetic", 62, 0,
    ]  # fmt: skip
    assert table["splits"][0] == "train 40 · validation 12 · test 10"
    assert list(splits["Images"]) == [40, 12, 10]
    assert list(splits["With a twin in train"]) == [0, 1, 2]
    assert len(app.get("plotly_chart")) == 1
    assert commands(app) == ["fer-core figure class_counts faces -o class_counts.svg"]
    assert "No runs yet" not in words(app)
    section(app, "runs")
    assert commands(app) == ["fer-core train fast --data faces"]


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_of_every_data_set_is_drawn(open_app: Open, several: Path, name: str) -> None:
    app = open_app(several, "data", "a")
    assert app.selectbox(key="data").value == "synthetic", "the data of the picked run"
    for dataset in (HOSTILE, "flagged", "synthetic"):
        app.selectbox(key="data").set_value(dataset).run()
        section(app, name)
        for text in rendered(app):
            assert "evil.example" not in text
            assert "**y**" not in text


def test_the_chosen_data_set_is_the_urls(open_app: Open, several: Path) -> None:
    app = open_app(several, "data", data="flagged")
    assert app.selectbox(key="data").value == "flagged"


def test_an_unknown_data_set_in_the_url_is_named_as_text(open_app: Open, several: Path) -> None:
    app = open_app(several, "data", data="**nope**" + "x" * 200)
    note = "This store has no data set of that name: **nope**" + "x" * 72
    assert note in [text.value for text in app.text]
    assert app.selectbox(key="data").value == HOSTILE
    app.selectbox(key="data").set_value("flagged").run()
    assert note not in [text.value for text in app.text]


def test_samples_are_filtered_by_split_and_class(
    open_app: Open, flagged: tuple[Path, DatasetArrays]
) -> None:
    path, arrays = flagged
    app = section(open_app(path, "data"), "samples")
    assert tiles(app) == [[f"train:{index}"] for index in range(40)]
    app.button_group(key="browse_split").set_value("validation")
    app.selectbox(key="browse_class").set_value(3).run()
    members = np.flatnonzero(arrays.splits["validation"].labels == 3)
    assert tiles(app) == [[f"validation:{index}"] for index in members]
    assert "Happy" in block(app)
    assert f"{len(members)} images, in the order of their source." in words(app)
    name = arrays.splits["validation"].names[members[0]]
    assert name not in block(app)
    app.toggle(key="browse_names").set_value(True).run()
    assert f"<em>{name}</em>" in block(app)


def test_samples_are_turned_page_by_page(
    open_app: Open, flagged: tuple[Path, DatasetArrays], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_faces, "A_PAGE", (15, 30))
    path, arrays = flagged
    app = section(open_app(path, "data"), "samples")
    assert tiles(app) == [[f"train:{index}"] for index in range(15)]
    key = f"browse-{arrays.fingerprint}-train-None"
    app.session_state[key] = 3
    app.run()
    assert tiles(app) == [[f"train:{index}"] for index in range(30, 40)]
    app.button_group(key="browse_size").set_value(30).run()
    assert tiles(app) == [[f"train:{index}"] for index in range(30, 40)], "the last page of two"
    app.button_group(key="browse_split").set_value("test").run()
    assert tiles(app) == [[f"test:{index}"] for index in range(10)]


def test_unlabelled_images_are_a_class_to_choose(open_app: Open, several: Path) -> None:
    app = open_app(several, "data")
    assert app.selectbox(key="data").value == HOSTILE
    assert "test: 10 images, no labels" in str(app.get("plotly_chart")[0].proto)
    section(app, "samples")
    app.button_group(key="browse_split").set_value("test")
    app.selectbox(key="browse_class").set_value(-1).run()
    assert tiles(app) == [[f"test:{index}"] for index in range(10)]
    assert block(app).count("no label") == 10


def test_a_seeded_grid_says_its_command(open_app: Open, several: Path) -> None:
    app = open_app(several, "data", "a")
    section(app, "samples")
    app.button_group(key="samples_form").set_value("figure").run()
    assert commands(app) == ["fer-core figure samples synthetic -o samples.svg"]
    app.number_input[0].set_value(7).run()
    assert commands(app) == ["fer-core figure samples synthetic -o samples.svg --set seed=7"]


def test_findings_show_the_faces_that_belong_together(
    open_app: Open, flagged: tuple[Path, DatasetArrays]
) -> None:
    path, arrays = flagged
    app = section(open_app(path, "data"), "audit")
    chooser = app.button_group(key="finding_kind")
    assert chooser.options == ["all black (2)", "copy (3)", "conflict (2)", "twin (5)"]
    assert tiles(app) == [["train:0"], ["train:1"]]
    first, second = ["train:3", "validation:2", "test:0"], ["train:30", "test:1"]
    for kind, groups in {
        "copy": [first, second],
        "conflict": [second],
        "twin": [first, second],
    }.items():
        app.button_group(key="finding_kind").set_value(kind).run()
        assert tiles(app) == groups
    labels = [int(arrays.splits[s].labels[i]) for s, i in (("train", 30), ("test", 1))]
    last = block(app).split("<section>")[2]
    assert [CLASS_NAMES[label] in last for label in labels] == [True, True]
    assert last.startswith("<h6>2 images, labels differ</h6>") == (labels[0] != labels[1])


def test_a_large_group_shows_its_first_images(tmp_path: Path, open_app: Open) -> None:
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store:
        arrays = stores.add_flagged(store, "faces")
        folder = store.folder / "datasets" / arrays.fingerprint
    groups = np.load(folder / "train.groups.npy")
    groups[10:30] = groups[3]
    np.save(folder / "train.groups.npy", groups)
    app = section(open_app(path, "data"), "audit")
    app.button_group(key="finding_kind").set_value("copy").run()
    assert tiles(app)[0] == ["train:3", *(f"train:{index}" for index in range(10, 21))]
    assert "23 images (the first 12)" in block(app)


def test_nothing_found_is_said(open_app: Open, tmp_path: Path) -> None:
    with RunStore.open(tmp_path / "runs.db") as store:
        store.add_dataset("clean", make_arrays())
    app = section(open_app(tmp_path / "runs.db", "data"), "audit")
    assert "The audit found nothing in this data set." in words(app)


def test_brightness_and_contrast_are_those_of_the_images(
    open_app: Open, flagged: tuple[Path, DatasetArrays]
) -> None:
    path, arrays = flagged
    app = section(open_app(path, "data"), "means")
    table = app.dataframe[1].value
    test = arrays.splits["test"]
    expected = image_statistics(test.images, test.labels)
    for name, row in table.set_index("Class").iterrows():
        place = CLASS_NAMES.index(str(name))
        np.testing.assert_allclose(row["test: brightness"], expected.brightness[place])
        np.testing.assert_allclose(row["test: contrast"], expected.contrast[place])


def test_augmentation_shows_what_is_stored_else_the_command(open_app: Open, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store:
        arrays = stores.add_flagged(store, "my faces")
        app = section(open_app(path, "data"), "augmentation")
        assert commands(app) == ["fer-core data preview 'my faces'"]
        drawn = []
        for index, seed in ((5, 0), (5, 1), (6, 0)):
            image = arrays.splits["train"].images[index]
            record = preview(image, sample=f"train:{index}", name="x", seed=seed)
            store.add_dataset_tensor(arrays.fingerprint, record)
            app.run()
            drawn.append(str(app.get("plotly_chart")[0].proto))
    assert len(set(drawn)) == 3, "a new preview of the same face is drawn anew"
    assert app.selectbox[1].options == ["train:6", "train:5"]
    assert commands(app)[0] == (
        "fer-core figure augmentation_preview 'my faces' -o augmentation_preview.svg "
        "--set sample=train:6"
    )


def test_the_runs_that_used_the_images_are_listed(open_app: Open, several: Path) -> None:
    app = section(open_app(several, "data", "a"), "runs")
    assert list(app.dataframe[1].value["name"]) == ["b", "a"]
    assert list(app.dataframe[0].value["runs"]) == [0, 0, 2]


def test_what_was_chosen_for_another_data_set_does_no_harm(open_app: Open, several: Path) -> None:
    app = section(open_app(several, "data"), "audit")
    app.selectbox(key="data").set_value("flagged").run()
    app.button_group(key="finding_kind").set_value("conflict").run()
    app.selectbox(key="data").set_value("synthetic").run()
    assert not app.exception
    app.session_state["data"] = None
    app.run()
    assert not app.exception
    assert app.selectbox(key="data").value == HOSTILE


def test_the_words_of_the_page_are_those_of_the_figure(open_app: Open, several: Path) -> None:
    app = open_app(several, "data", "a")
    with RunStore.open(several, read_only=True) as store:
        built = figures.build("class_counts", store, ("synthetic",))
    summary, fact = built.description.split("\n")
    texts = [text.value for text in app.text]
    assert summary in texts
    assert fact in texts
