import os

import pytest
from sqlalchemy import update

from fer_core.store import RunStore, schema

from .samples import make_arrays, make_epoch

GONE = 2**22 + 1  # no process has this number


@pytest.fixture
def stale(store):
    with store.start_run("a", config={}) as run:
        run.add_epoch(make_epoch(1))
    with store._database.write() as connection:
        connection.execute(update(schema.runs).values(status="running", pid=GONE))
    return run.id


def test_a_sound_store_needs_nothing(store):
    report = store.repair()
    assert (report.interrupted, report.removed, report.unknown, report.problems) == ((),) * 4


def test_stale_runs_become_interrupted_and_running_ones_stay(store, stale):
    with store.start_run("b", config={}):
        assert store.repair().interrupted == ("a",)
        assert {run.name: run.status for run in store.runs()} == {
            "a": "interrupted",
            "b": "running",
        }
    assert store.repair().interrupted == ()


def test_what_crashes_leave_is_removed_and_nothing_else(store, stale, path):
    folder = store.folder
    checkpoints = store.checkpoint_folder(stale)
    checkpoints.mkdir(parents=True)
    for name in ("last.safetensors", "next.safetensors", "next.safetensors.tmp"):
        (checkpoints / name).write_bytes(name.encode())
    old = folder / "datasets" / f".new-{GONE}-0a"
    mine = folder / "datasets" / f".new-{os.getpid()}-0a"
    backup = folder / f"runs.db.backup-0001-20260101-000000.tmp-{GONE}"
    doomed = folder / ".deleted-runs.db-260101-000000-abcd"
    others = folder / ".deleted-other.db-260101-000000-abcd"
    for each in (old, mine, doomed, others):
        each.mkdir()
        (each / "file").touch()
    backup.touch()
    (folder / "runs.db.backup-0001-20260101-000000").touch()
    report = store.repair()
    gone = {checkpoints / "next.safetensors.tmp", old, backup, doomed}
    assert set(report.removed) == set(map(str, gone))
    assert not any(each.exists() for each in gone)
    assert mine.exists()
    assert others.exists()
    assert sorted(each.name for each in checkpoints.iterdir()) == [
        "last.safetensors",
        "next.safetensors",
    ]
    assert (folder / "runs.db.backup-0001-20260101-000000").exists()


def test_a_deletion_that_was_cut_off_before_its_commit_is_undone(store, stale):
    checkpoints = store.checkpoint_folder(stale)
    checkpoints.mkdir(parents=True)
    (checkpoints / "last.safetensors").write_bytes(b"weights")
    checkpoints.parent.rename(store.folder / f".deleted-runs.db-{stale}")
    assert store.repair().removed == ()
    assert (checkpoints / "last.safetensors").read_bytes() == b"weights"


def test_folders_of_another_store_beside_this_one_are_named_and_left_alone(store, tmp_path):
    with RunStore.open(store.folder / "other.db") as other:
        dataset = other.add_dataset("mine", make_arrays(seed=8))
        with other.start_run("x", config={}) as run:
            other.checkpoint_folder(run.id).mkdir(parents=True)
    report = store.repair()
    expected = {store.folder / run.id, store.folder / "datasets" / dataset.fingerprint}
    assert set(report.unknown) == set(map(str, expected))
    assert all(each.is_dir() for each in expected)
    assert report.removed == ()


def test_damaged_arrays_and_a_damaged_file_are_problems(store, arrays, path):
    labels = store.folder / "datasets" / arrays.fingerprint / "test.labels.npy"
    content = bytearray(labels.read_bytes())
    content[-1] ^= 1
    labels.write_bytes(bytes(content))
    (problem,) = store.repair().problems
    assert "data set 'faces': test is missing or damaged; import it again" in problem


def test_readers_cannot_repair(store, path):
    from fer_core.store import StoreError

    with RunStore.open(path, read_only=True) as reader, pytest.raises(StoreError):
        reader.repair()
