"""Two stores to share from, one of synthetic and one of real faces, and files that they wrote."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fer_core.errors import InputError
from fer_core.store import RunStore
from tests.store.bundles import shared
from tests.store.samples import make_arrays


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the runs `first` and `second` on synthetic faces."""
    return shared.filled(tmp_path_factory.mktemp("synthetic") / "runs.db", make_arrays())


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same on what passes for real faces."""
    return shared.filled(tmp_path_factory.mktemp("real") / "runs.db", shared.real_faces())


@pytest.fixture(scope="session")
def whole(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of both runs on synthetic faces, with all that they hold."""
    path = tmp_path_factory.mktemp("file") / "runs.ferlab"
    with RunStore.open(synthetic, read_only=True) as store:
        store.export_runs(["first", "second"], path, faces=True)
    return path


@pytest.fixture(scope="session")
def faceless(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of both runs on real faces, without those."""
    path = tmp_path_factory.mktemp("file") / "runs.ferlab"
    with RunStore.open(real, read_only=True) as store:
        store.export_runs(["first", "second"], path)
    return path


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[RunStore]:
    """An empty store."""
    with RunStore.open(tmp_path / "there" / "runs.db") as store:
        yield store


@pytest.fixture
def refused(empty: RunStore, tmp_path: Path) -> Callable[[Path], str]:
    """Import a file that must be refused; return the line that says why."""

    def import_(path: Path) -> str:
        before = shared.content(empty.path), shared.files(empty.folder)
        with pytest.raises(InputError) as error:
            empty.import_runs(path)
        assert (shared.content(empty.path), shared.files(empty.folder)) == before
        assert {each.name for each in empty.folder.iterdir()} <= {
            "runs.db", "runs.db-wal", "runs.db-shm", "datasets",
        }  # fmt: skip
        assert not list((empty.folder / "datasets").glob("*"))
        assert not list(tmp_path.glob("outside*"))
        line = str(error.value)
        assert "\n" not in line
        assert line.isprintable()
        assert line.startswith(f"{path}: ")
        assert len(line) < 600
        return line

    return import_
