"""Stores in every state, and the dashboard run by AppTest over one of them."""

import dataclasses
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import commands, jobs
from fer_core.errors import InputError
from fer_core.records import FAILED, INTERRUPTED, STALE, VALIDATION
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.dashboard.reports import add_dense
from tests.report import cast
from tests.store.samples import make_arrays

APP = Path(__file__).parents[2] / "dashboard" / "streamlit_app.py"
HOSTILE = "<b>x</b> **y** ![z](http://evil.example/z.png) :smile: $a^2$"

Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "runs.db"
    RunStore.open(path).close()
    return path


@pytest.fixture(scope="session")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("one") / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store)
        stores.add_run(store, "only", epochs=4)
    return path


@pytest.fixture(scope="session")
def three_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs a, b and c; a and b were evaluated on test, and three of their images explained."""
    path = tmp_path_factory.mktemp("three") / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store)
        for seed, (name, best) in enumerate((("a", 0.7), ("b", 0.6), ("c", 0.4))):
            stores.add_run(store, name, epochs=6, best=best, seed=seed, test=name != "c")
            if name != "c":
                stores.explain(store, name, ("validation:0", "validation:1", "validation:2"))
    return path


@pytest.fixture(scope="session")
def stopped_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs that ended badly, and one whose name, note and tags are markup."""
    path = tmp_path_factory.mktemp("stopped") / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store)
        stores.add_run(store, "killed", status=STALE, epochs=3)
        stores.add_run(store, "stopped", status=INTERRUPTED, epochs=3)
        stores.add_run(store, "broken", status=FAILED, epochs=0)
        run_id = stores.add_run(store, HOSTILE, epochs=3)
        store.set_note(run_id, f"# note {HOSTILE}")
        store.set_tags(run_id, ["<i>tag</i>"])
    return path


@pytest.fixture
def other_version(tmp_path: Path) -> Callable[[str], Path]:
    """Make a store whose schema has this version."""

    def make(version: str) -> Path:
        path = tmp_path / version / "runs.db"
        RunStore.open(path).close()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
        return path

    return make


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Return what opens a page of the dashboard over a store, with runs picked by the URL, which
    may say more."""

    def open_(store: Path, page: str = "runs", *runs: str, **query: str) -> AppTest:
        monkeypatch.setenv("FER_STORE", str(store))
        app = AppTest.from_file(APP, default_timeout=30)
        if runs:
            app.query_params["runs"] = list(runs)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        if page != "runs":
            app.switch_page(f"app_pages/{page}.py").run()
        assert not app.exception, app.exception
        return app

    yield open_
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def cast_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs good and poor with a convolution, dense without, and real on faces of real people."""
    path = tmp_path_factory.mktemp("cast") / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store)
        stores.add_run(store, "good", epochs=3, best=0.6)
        stores.add_run(store, "poor", epochs=3, best=0.3, seed=1)
        add_dense(store, "dense")
        store.add_dataset("photographs", dataclasses.replace(make_arrays(1), synthetic=False))
        with store.start_run("real", preset="fast", data="photographs", layers=cast.CONVOLUTIONAL):
            pass
        stores.predict(store, "real", VALIDATION, margin=2)
    return path


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[Path]:
    """Runs a and dense: a store that may be written."""
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store)
        stores.add_run(store, "a", epochs=3)
        add_dense(store, "dense")
    yield path
    with RunStore.open(path, read_only=True) as store:
        for job in jobs.running(store, [run.id for run in store.runs()]):
            jobs.cancel(job)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Record the jobs that are started, and start none."""
    found: list[dict[str, Any]] = []

    def start(store: RunStore, command: str, runs: Any, *, stdin: bytes = b"", **choices: Any):
        ids = [run.id for run in runs]
        argv = commands.COMMANDS[command](ids, **choices)
        names = {run.id: run.name for run in runs}
        argv = [names.get(word, word) for word in argv]
        found.append({"words": argv, "stdin": stdin})
        raise InputError("no job is started in this test")

    monkeypatch.setattr(jobs, "start", start)
    return found
