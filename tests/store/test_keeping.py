import numpy as np
import pytest

from fer_core.errors import InputError
from fer_core.records import TensorRecord
from fer_core.store import RunStore, StoreError, opening, repairing

from .samples import make_epoch, make_predictions


@pytest.fixture
def run(store):
    with store.start_run("a", config={}, data="faces") as writer:
        writer.add_epoch(make_epoch(1))
        writer.add_predictions(make_predictions(store, writer.id, "test"))
        writer.add_tensor(TensorRecord("filters", np.zeros(500_000)))
    folder = store.checkpoint_folder(writer.id)
    folder.mkdir(parents=True)
    (folder / "last.safetensors").write_bytes(b"weights")
    return writer.id


def test_a_run_is_renamed(store, run):
    store.rename("a", " <script>b</script> ")
    assert store.run(run).name == "<script>b</script>"
    store.rename(run, "<script>b</script>")  # its own name is free to it
    store.rename(run, run)  # and its own id


def test_a_taken_name_or_another_runs_id_is_refused(store, run):
    with store.start_run("b", config={}) as other:
        pass
    for name in ("b", other.id):
        with pytest.raises(InputError, match="of another run"):
            store.rename(run, name)
    with pytest.raises(InputError, match="control character"):
        store.rename(run, "a\tb")
    assert store.run(run).name == "a"


def test_tags_and_notes_are_replaced(store, run):
    store.set_tags(run, ["thesis", " thesis", "best"])
    store.set_note(run, "line 1\nline 2 ")
    assert store.run(run).tags == ("thesis", "best")
    assert store.run(run).note == "line 1\nline 2"
    store.set_tags(run, [])
    store.set_note(run, "")
    assert (store.run(run).tags, store.run(run).note) == ((), "")


@pytest.mark.parametrize("call", ["rename", "set_tags", "set_note", "delete"])
def test_an_unknown_run_is_named(store, call):
    arguments = {"rename": ("b",), "set_tags": ([],), "set_note": ("",), "delete": ()}[call]
    with pytest.raises(InputError, match="no run 'ghost'"):
        getattr(store, call)("ghost", *arguments)


def test_deleting_removes_rows_and_checkpoints_and_frees_the_space(store, run, path):
    with store._database.maintenance() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.stat().st_size
    assert before > 4_000_000
    store.delete("a")
    assert store.runs() == ()
    assert not (store.folder / run).exists()
    assert path.stat().st_size < before - 3_900_000
    with store._database.read() as connection:
        for table in ("epochs", "predictions", "tensors", "blobs", "run_details", "test_readings"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0


def test_the_other_runs_stay(store, run):
    with store.start_run("b", config={}, data="faces", held_out=np.arange(5)) as other:
        other.add_epoch(make_epoch(1))
    store.delete(run)
    assert [each.name for each in store.runs()] == ["b"]
    assert len(store.histories([other.id])[other.id]) == 1
    assert store.held_out("b").tolist() == [0, 1, 2, 3, 4]


def test_a_run_that_trains_is_not_deleted(store):
    with store.start_run("b", config={}) as writer:
        with pytest.raises(InputError, match="stop that first"):
            store.delete("b")
        writer.add_epoch(make_epoch(1))
    assert store.run("b").epochs == 1


def test_a_deletion_that_is_not_committed_leaves_the_checkpoints(store, run, monkeypatch):
    from sqlalchemy.engine.default import DefaultDialect

    def fail(dialect, connection):
        raise StoreError("no")

    with monkeypatch.context() as patch:
        patch.setattr(DefaultDialect, "do_commit", fail)
        with pytest.raises(StoreError):
            store.delete(run)
    assert store.run(run).name == "a"
    assert (store.checkpoint_folder(run) / "last.safetensors").read_bytes() == b"weights"


def test_space_that_cannot_be_freed_now_does_not_spoil_the_deletion(store, run, monkeypatch):
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.05)
    with RunStore.open(store.path) as other:
        freed = repairing.free_space

        def meanwhile(database):
            with store._database.write():  # somebody else writes just then
                freed(database)

        monkeypatch.setattr(repairing, "free_space", meanwhile)
        other.delete(run)
    assert store.runs() == ()


def test_scores_of_a_leaderboard_are_noted_and_taken_back(store, run):
    assert (store.run(run).leaderboard_public, store.run(run).leaderboard_private) == (None, None)
    revision = store.run(run).revision
    store.set_leaderboard(run, public=0.68514)
    assert (store.run(run).leaderboard_public, store.run(run).leaderboard_private) == (
        0.68514,
        None,
    )
    assert store.run(run).revision == revision + 1
    store.set_leaderboard(run)
    assert store.run(run).leaderboard_public is None


@pytest.mark.parametrize("score", [-0.1, 68.5, float("nan")])
def test_a_score_that_is_no_share_is_refused(store, run, score):
    with pytest.raises(InputError, match=r"private score is .*; give a share from 0 to 1"):
        store.set_leaderboard(run, private=score)
    assert store.run(run).leaderboard_private is None
