"""The loops of docs/own.md log runs, and the pages show them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from test_readme import marked_blocks

from fer_core import figures
from fer_core.data.synthetic import synthesise
from fer_core.records import FINISHED, Run
from fer_core.store import RunStore

BLOCKS = marked_blocks("docs/own.md")
APP = Path(__file__).parents[1] / "dashboard" / "streamlit_app.py"


class StandInModel:
    """Trains as Keras does: it calls back, and it knows what it predicts."""

    def fit(
        self, images: Any, labels: Any, *, validation_data: Any, epochs: int, callbacks: Any
    ) -> None:
        assert images.shape == (560, 48, 48, 1)
        assert images.max() == pytest.approx(1, abs=0.1)
        self.labels = validation_data[1]
        for callback in callbacks:
            callback.model = self
        for epoch in range(epochs):
            self.right = min(epoch + 1, 4) * 10
            logs = {"loss": 2 - epoch / 5, "accuracy": 0.2 + epoch / 10, "val_loss": 1.9}
            for callback in callbacks:
                callback.on_epoch_end(epoch, {**logs, "val_accuracy": self.right / 70})

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Right about the first `right` images, wrong about the others."""
        assert images.shape == (70, 48, 48, 1)
        given = self.labels.astype(np.int64)
        given[self.right :] = (given[self.right :] + 1) % 7
        return 0.9 * np.eye(7, dtype=np.float32)[given] + np.float32(0.1 / 7)


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the runs of all loops."""
    path = tmp_path_factory.mktemp("own") / "runs.db"
    with RunStore.open(path) as store, pytest.MonkeyPatch.context() as patch:
        store.add_dataset("synthetic", synthesise(700, seed=1))
        patch.setenv("FER_STORE", str(path))
        names: dict[str, Any] = {"model": StandInModel()}
        for block in BLOCKS.values():
            # One namespace for the callback and its use; __name__ for the class's module.
            exec(block, names if "LogToRun" in block else {"__name__": "loop"})
    return path


def test_each_loop_is_tested() -> None:
    assert list(BLOCKS) == ["pytorch", "scikit-learn", "keras callback", "keras fit"]


@pytest.mark.parametrize("name", ["plain-pytorch", "scikit-learn", "keras"])
def test_a_loop_leaves_its_history_and_its_best_predictions(logged: Path, name: str) -> None:
    with RunStore.open(logged, read_only=True) as store:
        run = store.run(name)
        history = store.histories([run.id])[run.id]
    assert (run.status, run.epochs, run.epochs_planned) == (FINISHED, 5, 5)
    assert all(epoch.train_loss > 0 and epoch.seconds >= 0 for epoch in history)
    assert history[-1].train_accuracy > history[0].train_accuracy
    best = max(epoch.validation_accuracy for epoch in history)
    assert run.validation_accuracy == best
    score = run.score("validation")
    assert score is not None
    # What the loop says of its best epoch is what its stored probabilities say.
    assert score.accuracy == pytest.approx(best)
    assert score.count == 70


def test_the_stand_in_stops_improving_and_its_best_epoch_is_kept(logged: Path) -> None:
    with RunStore.open(logged, read_only=True) as store:
        assert store.run("keras").best_epoch == 4
        assert store.predictions("keras", "validation").epoch == 4


def test_the_layers_of_a_network_are_counted(logged: Path) -> None:
    with RunStore.open(logged, read_only=True) as store:
        run = store.run("plain-pytorch")
        layers = store.details(run.id).layers
    assert [layer.name for layer in layers] == ["conv1", "1", "2", "dense1"]
    assert run.parameters == 16 * 25 + 16 + 3_600 * 7 + 7


def _open(store: Path, page: str, *runs: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=30)
    app.query_params["runs"] = list(runs)
    app.run()
    if page != "runs":
        app.switch_page(f"app_pages/{page}.py").run()
    assert not app.exception, app.exception
    return app


def test_the_pages_show_logged_runs_and_an_ensemble_of_them(
    logged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fer_core.ensembling import make_ensemble

    monkeypatch.setenv("FER_STORE", str(logged))
    names = ["plain-pytorch", "scikit-learn", "keras"]
    with RunStore.open(logged) as store:
        runs: dict[str, Run] = {name: store.run(name) for name in names}
        made = make_ensemble(store, names, name="together")

    app = _open(logged, "runs", "together")
    table = app.dataframe[0].value.set_index("name")
    assert table["epochs"].to_dict() == {"together": "", **dict.fromkeys(names, "5 / 5")}
    assert table["preset"]["together"] == "ensemble"
    assert made.validation_accuracy is not None
    assert table["validation"]["together"] == pytest.approx(100 * made.validation_accuracy)
    assert table["parameters"]["together"] == runs["plain-pytorch"].parameters
    labels = [metric.label for metric in app.metric]
    assert "Training time" not in labels  # it took none

    app = _open(logged, "learning_curves", *names, "together")
    curves = app.dataframe[0].value.set_index("name")
    assert curves["best"].dropna().to_dict() == {name: runs[name].best_epoch for name in names}
    assert curves["gap"]["keras"] == "0.0" or curves["gap"]["keras"].startswith(("+", "-"))
    words = [text.value for text in app.text]
    assert any("together (synthetic data): an ensemble, without epochs." in text for text in words)

    app = _open(logged, "confusion", *names, "together")
    assert len(app.get("plotly_chart")) == 1
    assert app.selectbox(key="cell_run").options == [*names, "together"]
    with RunStore.open(logged, read_only=True) as store:
        info = figures.build("confusion_matrix", store, ["together"]).info
        labels_ = store.evaluation_split(made.id, "validation").labels
    assert info.runs[0].counts.sum(axis=1).tolist() == np.bincount(labels_, minlength=7).tolist()
    assert info.runs[0].counts.trace() == round(made.validation_accuracy * 70)


def test_pages_of_runs_that_say_little(
    logged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No epochs planned, no accuracy, no predictions, no data; or predictions of the last."""
    path = tmp_path / "runs.db"
    monkeypatch.setenv("FER_STORE", str(path))
    with RunStore.open(path) as store:
        store.add_dataset("synthetic", synthesise(70, seed=1))
        with store.start_run("losses") as run:
            for loss in (2.0, 1.5):
                run.add_epoch(train_loss=loss, seconds=3.0)
        with store.start_run("last", data="synthetic", preset="") as run:
            run.add_epoch(validation_accuracy=0.5)
            run.add_predictions("validation", np.eye(7)[run.labels("validation")], weights="last")
        with pytest.raises(KeyboardInterrupt), store.start_run("cut", data="synthetic"):
            raise KeyboardInterrupt

    app = _open(path, "runs", "losses")
    table = app.dataframe[0].value.set_index("name")
    assert table["epochs"].to_dict() == {"losses": "2", "last": "1", "cut": ""}
    assert [list(curve) for curve in table["curve"]] == [[], [0.5], []]
    assert table["parameters"].isna().all()
    facts = {metric.label: metric.value for metric in app.metric}
    assert facts["Training time"] == "6 s"
    assert (facts["Best validation accuracy"], facts["Parameters"]) == ("–", "–")

    app = _open(path, "learning_curves", "losses", "cut")
    words = "\n".join(text.value for text in app.text)
    assert "losses: 2 epochs (finished); no validation accuracy is stored." in words
    assert app.dataframe[0].value["time"].tolist()[0] == "6 s"
    assert "with RunStore.open().continue_run('cut') as run:" in [code.value for code in app.code]

    app = _open(path, "confusion", "last")
    assert app.button_group(key="weights").options == ["last epoch"]
    assert len(app.get("plotly_chart")) == 1

    app = _open(path, "confusion", "cut")
    assert [code.value for code in app.code] == [
        "RunStore.open().add_predictions('cut', 'validation', probabilities, weights='best', "
        "averaging='none')"
    ]


def test_an_ensemble_without_such_predictions_says_what_makes_them(
    logged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_STORE", str(logged))
    with RunStore.open(logged) as store:
        with store.start_run("both-weights", data="synthetic") as run:
            even = np.full((70, 7), 1 / 7)
            for weights in ("best", "last"):
                run.add_predictions("validation", even, weights=weights)
            run.add_predictions("test", even)
        if "pair" not in {each.name for each in store.runs()}:
            from fer_core.ensembling import make_ensemble

            make_ensemble(store, ["both-weights", "keras"], name="pair")
    app = _open(logged, "confusion", "both-weights", "pair")
    app.button_group(key="weights").set_value("last").run()
    assert "pair: an ensemble has the best weights of its members only." in [
        text.value for text in app.text
    ]
    app.button_group(key="weights").set_value("best")
    app.button_group(key="split").set_value("test").run()
    assert "fer-core evaluate pair --split test" in [code.value for code in app.code]
