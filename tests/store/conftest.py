"""A store with a small data set, a count of its queries, scripts in processes of their own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from fer_core.records import DatasetArrays
from fer_core.store import RunStore

from .samples import make_arrays

Script = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def arrays() -> DatasetArrays:
    return make_arrays()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "runs.db"


@pytest.fixture(scope="session")
def template(arrays: DatasetArrays, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store that holds the data set ``faces``."""
    folder = tmp_path_factory.mktemp("template")
    with RunStore.open(folder / "runs.db") as opened:
        opened.add_dataset("faces", arrays)
    return folder


@pytest.fixture
def store(path: Path, template: Path) -> Iterator[RunStore]:
    shutil.copytree(template, path.parent)
    with RunStore.open(path) as opened:
        yield opened


@pytest.fixture
def queries() -> Iterator[list[str]]:
    """Every statement that any store executes, transactions' BEGIN excluded."""
    executed: list[str] = []

    def note(connection, cursor, statement, *rest) -> None:
        if not statement.startswith("BEGIN"):
            executed.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield executed
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def script() -> Script:
    """Run Python text in a process of its own: script(text, *arguments)."""

    def run(text: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", text, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parent)},
        )

    return run
