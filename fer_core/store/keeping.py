"""Keeping runs: rename, tag, note, leaderboard scores, delete."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import delete, select

from fer_core.errors import InputError
from fer_core.store import repairing
from fer_core.store.changes import check_name_is_free, refuse_if_alive, touch
from fer_core.store.database import Database
from fer_core.store.drafts import delete_drafts_of
from fer_core.store.names import clean_name, clean_note, clean_tags
from fer_core.store.runs import find
from fer_core.store.schema import runs


def rename(database: Database, reference: str, new: str) -> None:
    """Give a run another name."""
    name = clean_name(new, "run's name")
    with database.write() as connection:
        run_id = find(connection, reference, database.path)
        check_name_is_free(connection, name, database, but=run_id)
        touch(connection, run_id, name=name)


def set_tags(database: Database, reference: str, tags: Iterable[str]) -> None:
    """Replace a run's tags."""
    cleaned = list(clean_tags(tags))
    with database.write() as connection:
        run_id = find(connection, reference, database.path)
        touch(connection, run_id, tags=cleaned)


def set_note(database: Database, reference: str, note: str) -> None:
    """Replace a run's note."""
    cleaned = clean_note(note)
    with database.write() as connection:
        run_id = find(connection, reference, database.path)
        touch(connection, run_id, note=cleaned)


def set_leaderboard(
    database: Database, reference: str, public: float | None, private: float | None
) -> None:
    """Replace the scores that a person noted of a leaderboard."""
    for name, score in (("public", public), ("private", private)):
        if score is not None and not 0 <= score <= 1:
            raise InputError(f"{name} score is {score!r}; give a share from 0 to 1, as 0.68514")
    with database.write() as connection:
        run_id = find(connection, reference, database.path)
        touch(connection, run_id, leaderboard_public=public, leaderboard_private=private)


def delete_run(database: Database, reference: str) -> None:
    """Delete a run, its checkpoints and the drafts that name it; the disk gets the space back."""
    folder, doomed = Path(), Path()
    try:
        with database.write() as connection:
            run_id = find(connection, reference, database.path)
            row = connection.execute(select(runs).where(runs.c.id == run_id)).one()
            refuse_if_alive(row)
            folder, doomed = repairing.folders(database.path, run_id)
            delete_drafts_of(connection, run_id)
            connection.execute(delete(runs).where(runs.c.id == run_id))
            # Renamed before the commit: after a crash `repair` sees by the row which one it is.
            if folder.exists():
                folder.rename(doomed)
    except BaseException:
        if doomed.name and doomed.exists() and not folder.exists():
            doomed.rename(folder)
        raise
    shutil.rmtree(doomed, ignore_errors=True)
    repairing.free_space(database)
