"""Migrating, with the real migrations and a made-up next one."""

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import alembic.command
import pytest
from alembic.config import Config
from sqlalchemy import create_engine

from fer_core.store import RunStore, StoreError, opening, schema

from .samples import make_epoch

HEAD = opening.HEAD
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade():
    with op.batch_alter_table("runs") as batch:
        batch.add_column(sa.Column("mood", sa.Text, nullable=False, server_default="calm"))
        batch.drop_column("note")
    {more}
"""

# Brings a store to the next revision in a process of its own: path, scripts.
PREPARE = """
import sys
from pathlib import Path
from fer_core.store import opening

opening.MIGRATIONS, opening.HEAD = Path(sys.argv[2]), "9999"
opening.prepare(Path(sys.argv[1]))
"""


@pytest.fixture
def following(tmp_path, monkeypatch):
    """Make the store's head a next revision; its argument ends that migration's body."""

    def install(more: str = "") -> Path:
        scripts = tmp_path / "scripts 100%"
        shutil.copytree(opening.MIGRATIONS, scripts)
        (scripts / "versions" / "9999_mood.py").write_text(NEXT.format(more=more, head=HEAD))
        monkeypatch.setattr(opening, "MIGRATIONS", scripts)
        monkeypatch.setattr(opening, "HEAD", "9999")
        return scripts

    return install


def tables(path):
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'"
        found = dict(connection.execute(query))
    # A migrated table may have its name in quotes and its constraints in another order.
    return {
        name: sql and sorted(line.strip(", ") for line in sql.replace('"', "").splitlines())
        for name, sql in found.items()
    }


def upgrade(connection, revision):
    configuration = Config()
    configuration.set_main_option("script_location", str(opening.MIGRATIONS))
    configuration.attributes["connection"] = connection
    alembic.command.upgrade(configuration, revision)


def rows(path, query):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_the_newest_revision_is_the_one_that_the_code_expects():
    from alembic.script import ScriptDirectory

    configuration = Config()
    configuration.set_main_option("script_location", str(opening.MIGRATIONS))
    assert ScriptDirectory.from_config(configuration).get_heads() == [opening.HEAD]


def test_migrating_from_nothing_gives_the_schema_of_a_fresh_store(tmp_path):
    fresh, migrated = tmp_path / "fresh.db", tmp_path / "migrated.db"
    RunStore.open(fresh).close()
    engine = create_engine(f"sqlite:///{migrated}")
    with engine.begin() as connection:
        upgrade(connection, "head")
    engine.dispose()
    assert set(tables(fresh)) >= set(schema.metadata.tables)
    assert tables(fresh) == tables(migrated)
    assert rows(fresh, "SELECT * FROM alembic_version") == rows(
        migrated, "SELECT * FROM alembic_version"
    )


def test_an_older_store_is_backed_up_then_migrated_with_its_rows(store, path, following):
    with store.start_run("kept", config={"a": 1}, data="faces") as run:
        run.add_epoch(make_epoch(1))
    store.close()
    following()
    opening.prepare(path)
    assert rows(path, "SELECT version_num FROM alembic_version") == [("9999",)]
    assert rows(path, "SELECT name, mood FROM runs") == [("kept", "calm")]
    assert rows(path, "SELECT epoch FROM epochs") == [(1,)]  # a rebuilt table did not cascade
    (backup,) = path.parent.glob("runs.db.backup-*")
    assert backup.name.startswith(f"runs.db.backup-{HEAD}-")
    assert rows(backup, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert rows(backup, "SELECT name, note FROM runs") == [("kept", "")]


@pytest.mark.parametrize("more", ["raise RuntimeError('midway')", "op.execute('BROKEN')"])
def test_a_migration_that_fails_leaves_the_store_as_it_was(store, path, following, more):
    with store.start_run("kept", config={}) as run:
        run.add_epoch(make_epoch(1))
    store.close()
    before = tables(path)
    following(more)
    with pytest.raises((RuntimeError, StoreError)):
        RunStore.open(path)
    assert tables(path) == before
    assert rows(path, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert rows(path, "SELECT epoch FROM epochs") == [(1,)]


def test_a_migration_that_orphans_rows_is_undone(store, path, following):
    with store.start_run("kept", config={}) as run:
        run.add_epoch(make_epoch(1))
    store.close()
    following("op.execute('DELETE FROM runs')")
    with pytest.raises(StoreError, match="rows without a run"):
        RunStore.open(path)
    assert rows(path, "SELECT name FROM runs") == [("kept",)]


def test_processes_that_meet_migrate_once(path, following, script):
    RunStore.open(path).close()
    scripts = following("import time; time.sleep(0.5)")
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: script(PREPARE, path, scripts), range(2)))
    assert [(result.returncode, result.stderr) for result in results] == [(0, ""), (0, "")]
    assert len(list(path.parent.glob("*backup*"))) == 1
    assert rows(path, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_a_migration_that_is_killed_leaves_the_store_as_it_was(store, path, following, script):
    with store.start_run("kept", config={}) as run:
        run.add_epoch(make_epoch(1))
    store.close()
    before = tables(path)
    scripts = following("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert script(PREPARE, path, scripts).returncode == -9
    assert tables(path) == before
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows(path, "SELECT epoch FROM epochs") == [(1,)]


def test_a_store_of_the_first_version_keeps_its_runs(path):
    path.parent.mkdir()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        upgrade(connection, "0001")
        connection.exec_driver_sql(
            "INSERT INTO runs VALUES ('240101-000000-abcd', 'old', 'fast', 'finished', 'faces', "
            "'f00d', 0, 0, 1, 2, 2, 1, 0.5, 4.0, 1.0, 2.0, 3, '[]', 'kept', 'host', 1, 1.0, 1.0, "
            "'token')"
        )
        connection.exec_driver_sql(
            "INSERT INTO run_details VALUES ('240101-000000-abcd', '{}', '[]', '{}', '', NULL, '')"
        )
        connection.exec_driver_sql(
            "INSERT INTO epochs VALUES ('240101-000000-abcd', 1, 1, 0.4, 1, 0.5, 2, NULL, NULL, "
            "NULL)"
        )
    engine.dispose()
    with RunStore.open(path) as store:
        run = store.run("old")
        assert (run.note, run.validation_accuracy, run.leaderboard_public) == ("kept", 0.5, None)
        assert store.details(run.id).dropped == {}
        assert store.dropped(run.id).tolist() == []
        assert [epoch.epoch for epoch in store.histories([run.id])[run.id]] == [1]
        store.set_leaderboard(run.id, public=0.6)
    assert len(list(path.parent.glob("runs.db.backup-0001-*"))) == 1
