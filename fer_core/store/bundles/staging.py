"""Files of an import, written and synced beside their places before the rows are, and put in
place just before those are committed.

A folder that is put in place carries a mark until its row is committed: after a kill, `repair`
and the next import know by it that nothing refers to the folder.
"""

import os
import re
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from fer_core.errors import InputError
from fer_core.files import sync
from fer_core.store import dataset_files
from fer_core.store.errors import full_disk

_STAGED = re.compile(r"\.import-([0-9]+)-[0-9a-f]+")
_MARK = re.compile(r"imported-([0-9]+)\.tmp")  # which `repair` clears away in a known run
_CHECKPOINTS = "checkpoints"


class Staging:
    """The files of one import: ``with Staging(folder) as staging``.

    Leaving the block takes back what was put in place, unless `keep` was called.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._staged = folder / f".import-{os.getpid()}-{secrets.token_hex(4)}"
        self._runs: list[str] = []
        self._datasets: list[tuple[Path, Path]] = []
        self._placed: list[Path] = []
        self._kept = False

    def __enter__(self) -> "Staging":
        return self

    def add_weights(self, run_id: str, contents: Mapping[str, Callable[[], bytes]]) -> None:
        """Write a run's checkpoints, by name, beside their place."""
        if not contents:
            return
        folder = self._staged / run_id / _CHECKPOINTS
        try:
            folder.mkdir(parents=True)
            for name, read in contents.items():
                with (folder / f"{name}.safetensors").open("xb") as file:
                    file.write(read())
                    file.flush()
                    os.fsync(file.fileno())
            (folder.parent / f"imported-{os.getpid()}.tmp").touch()
            sync(folder)
            sync(folder.parent)
        except OSError as error:
            raise full_disk(self._folder, error.strerror or error) from None
        self._runs.append(run_id)

    def add_dataset(self, temporary: Path, final: Path) -> None:
        """Take over the folder that `dataset_files.write_parts` wrote."""
        self._datasets.append((temporary, final))

    def place(self) -> None:
        """Put everything in place; called within the transaction that writes the rows.

        Raises InputError where a folder of a run's id is in the way.
        """
        try:
            for run_id in self._runs:
                final = self._folder / run_id
                if final.exists() and is_left_over(final):
                    shutil.rmtree(final)
                if final.exists():
                    raise InputError(
                        f"{final} is there, of a run that this store does not know; import into "
                        "a store in another folder, which FER_STORE names"
                    )
                (self._staged / run_id).rename(final)
                self._placed.append(final)
            for temporary, final in self._datasets:
                if not final.exists():
                    self._placed.append(final)
                dataset_files.publish(temporary, final)
            sync(self._folder)
        except OSError as error:
            raise full_disk(self._folder, error.strerror or error) from None

    def keep(self) -> None:
        """Let everything stay: the rows are committed."""
        self._kept = True
        for run_id in self._runs:
            (self._folder / run_id / f"imported-{os.getpid()}.tmp").unlink(missing_ok=True)

    def __exit__(self, *exception: object) -> None:
        for folder in [] if self._kept else self._placed:
            shutil.rmtree(folder, ignore_errors=True)
        for temporary, _ in self._datasets:
            shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(self._staged, ignore_errors=True)


def is_left_over(path: Path) -> bool:
    """Tell whether a folder is staged by, or carries the mark of, an import whose process is gone;
    of a folder with a mark, only when no run in the store has its id."""
    owners = [_STAGED.fullmatch(path.name)]
    if path.is_dir():
        owners += [_MARK.fullmatch(each.name) for each in path.iterdir()]
    pids = [int(match[1]) for match in owners if match]
    return bool(pids) and not any(psutil.pid_exists(pid) for pid in pids)
