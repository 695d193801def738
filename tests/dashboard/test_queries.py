from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy
from streamlit.testing.v1 import AppTest

from dashboard import queries
from fer_core.store import RunStore
from tests.dashboard import stores

Open = Callable[..., AppTest]


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """What is sent to any database."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", note)
    yield sent
    sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", note)


def reads(statements: list[str]) -> int:
    assert all(each.startswith(("SELECT", "BEGIN")) for each in statements), statements
    return sum(each.startswith("SELECT") for each in statements)


@pytest.fixture(scope="module")
def many_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("many") / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store)
        for name in "abc":
            stores.add_run(store, name, epochs=6)
        stores.add_many(store, 300)
    return path


@pytest.mark.parametrize("page", ["runs", "learning_curves", "confusion", "architecture", "data"])
def test_queries_of_a_page_do_not_grow_with_the_runs_in_the_store(
    open_app: Open, three_runs: Path, many_runs: Path, statements: list[str], page: str
) -> None:
    counts = []
    for store in (three_runs, many_runs):
        statements.clear()
        open_app(store, page, "a", "b")
        counts.append(reads(statements))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("page", "lists"),
    [("runs", 2), ("learning_curves", 2), ("confusion", 2), ("architecture", 2), ("data", 3)],
)
def test_a_page_drawn_again_only_lists_the_runs(
    open_app: Open, three_runs: Path, statements: list[str], page: str, lists: int
) -> None:
    app = open_app(three_runs, page, "a", "b", "c")
    statements.clear()
    app.run()
    assert reads(statements) == lists, "runs and their scores; data sets on the page Data"


def test_what_changed_is_read_again_and_nothing_else(
    open_app: Open, tmp_path: Path, statements: list[str]
) -> None:
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store, 70)
        stores.add_run(store, "done", epochs=3)
        with stores.training(store, "live", epochs=2, planned=5, best=0.6) as run:
            app = open_app(path, "runs", "live")
            assert len(app.dataframe[0].value["curve"][0]) == 2
            run.add_epoch(stores.epoch(3, 0.6))
            statements.clear()
            app.run()
            histories = [each for each in statements if "FROM epochs" in each]
            assert len(histories) == 1
            assert len(app.dataframe[0].value["curve"][0]) == 3
            assert app.dataframe[0].value["status"][0] == ["running"]
            assert app.metric[4].delta == "3 of 5 epochs"


def test_training_now_is_in_the_sidebar(open_app: Open, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store, 70)
        with stores.training(store, "live", epochs=2, planned=5, best=0.6):
            app = open_app(path)
            assert [text.value for text in app.sidebar.text] == ["live"]
            assert "epoch 2 of 5" in [caption.value for caption in app.sidebar.caption]
    app.run()
    assert not app.sidebar.text


def test_a_cell_holds_its_images_the_most_confident_first(three_runs: Path) -> None:
    with RunStore.open(three_runs, read_only=True) as store:
        run = store.run("a")
        judged = store.evaluation_split(run.id, "test")
        probabilities = store.predictions(run.id, "test").probabilities
        found = [
            queries.cell(
                store, run, split="test", weights="best", averaging="none", true=i, predicted=j
            )
            for i in range(7)
            for j in range(7)
        ]
        images = np.array(store.images(run.dataset_fingerprint, "test"))
        names = store.sample_names(run.dataset_fingerprint, "test")
    assert sum(len(cell.samples) for cell in found) == len(judged.labels)
    for place, cell in enumerate(found):
        true, predicted = divmod(place, 7)
        indices = [int(sample.removeprefix("test:")) for sample in cell.samples]
        assert (judged.labels[indices] == true).all()
        assert (probabilities[indices].argmax(axis=1) == predicted).all()
        np.testing.assert_array_equal(cell.probabilities, probabilities[indices])
        np.testing.assert_array_equal(cell.images, images[indices])
        assert cell.names == tuple(names[index] for index in indices)
        assert (np.diff(cell.probabilities[:, predicted]) <= 0).all()


def test_samples_of_a_held_out_part_are_named_in_train(tmp_path: Path) -> None:
    with RunStore.open(tmp_path / "runs.db") as store:
        stores.add_faces(store, 140)
        held_out = np.arange(3, 60, 4)
        new = store.start_run("x", config={}, data=stores.DATA, held_out=held_out)
        with new as run:
            stores.predict(store, run.id, "validation", margin=2)
        labels = store.labels(store.run("x").dataset_fingerprint, "train")
        samples = [
            sample
            for true in range(7)
            for predicted in range(7)
            for sample in queries.cell(
                store,
                store.run("x"),
                split="validation",
                weights="best",
                averaging="none",
                true=true,
                predicted=predicted,
            ).samples
        ]
    assert sorted(samples) == sorted(f"train:{index}" for index in held_out)
    assert len(labels) > 60
