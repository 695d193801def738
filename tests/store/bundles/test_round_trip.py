"""What is exported and imported is the same, and exported again it is the same file."""

import numpy as np
import pytest

from fer_core.errors import InputError
from fer_core.records import EXPLANATION, FILTERS, INTERRUPTED, RUNNING
from fer_core.store import RunStore
from tests.store.bundles import shared
from tests.store.samples import make_arrays, make_predictions


def test_every_row_and_every_array_comes_back_bit_for_bit(synthetic, whole, empty):
    imported = empty.import_runs(whole)
    assert {run.name: run.new for run in imported.runs} == {"first": True, "second": True}
    assert (imported.pictured, imported.without_images) == (("faces",), ())
    assert shared.content(empty.path) == shared.content(synthetic)
    source = shared.files(synthetic.parent)
    states = {name for name in source if ".state." in name}
    assert len(states) == 2
    assert shared.files(empty.folder) == {
        name: content for name, content in source.items() if name not in states
    }
    assert empty.repair().problems == empty.repair().unknown == empty.repair().removed == ()


def test_the_records_are_the_same_through_the_store(synthetic, whole, empty):
    empty.import_runs(whole)
    with RunStore.open(synthetic, read_only=True) as source:
        for name in ("first", "second"):
            run, there = source.run(name), empty.run(name)
            assert (there.epochs, there.best_epoch, there.scores) == (3, 2, run.scores)
            assert source.details(name).layers == empty.details(name).layers
            assert source.details(name).test_readings == empty.details(name).test_readings
            assert source.predicted(name) == empty.predicted(name)
            for split in ("validation", "train", "public", "test"):
                of, here = (store.evaluation_split(name, split) for store in (source, empty))
                assert of.fingerprint == here.fingerprint
                np.testing.assert_array_equal(of.labels, here.labels)
                np.testing.assert_array_equal(of.twins, here.twins)


def test_exported_again_it_is_the_same_file(whole, empty, tmp_path):
    empty.import_runs(whole)
    empty.export_runs(["second", "first", "first"], tmp_path / "again.ferlab", faces=True)
    assert (tmp_path / "again.ferlab").read_bytes() == whole.read_bytes()


def test_the_same_runs_give_the_same_bytes_at_any_time(synthetic, whole, tmp_path, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    with RunStore.open(synthetic, read_only=True) as store:
        store.export_runs(["second", "first"], tmp_path / "later.ferlab", faces=True)
    assert (tmp_path / "later.ferlab").read_bytes() == whole.read_bytes()


def test_imported_twice_nothing_changes(whole, empty):
    empty.import_runs(whole)
    before = shared.content(empty.path), shared.files(empty.folder), empty.runs()
    again = empty.import_runs(whole)
    assert {run.name: run.new for run in again.runs} == {"first": False, "second": False}
    assert (again.pictured, again.datasets) == ((), {"faces": "faces"})
    assert (shared.content(empty.path), shared.files(empty.folder), empty.runs()) == before


def test_a_name_a_tag_and_what_was_computed_since_do_not_make_another_run(whole, empty):
    empty.import_runs(whole)
    empty.rename("first", "Anna")
    empty.set_tags("second", ["mine"])
    other = make_predictions(empty, "Anna", "test", averaging="flip")
    empty.add_predictions("Anna", other)
    again = empty.import_runs(whole)
    assert {run.name: run.new for run in again.runs} == {"Anna": False, "second": False}
    assert empty.run("second").tags == ("mine",)


def test_a_run_that_differs_from_the_one_here_is_refused_with_what_differs(whole, empty):
    empty.import_runs(whole)
    run_id = empty.run("first").id
    classes = np.zeros(10, int)
    empty.add_predictions(run_id, make_predictions(empty, run_id, "test", classes))
    with pytest.raises(InputError, match=rf"other predictions; keep it, .* delete {run_id}"):
        empty.import_runs(whole)
    empty.delete(run_id)
    again = empty.import_runs(whole)
    assert {run.name: run.new for run in again.runs} == {"first": True, "second": False}


def test_another_revision_after_deleting_and_importing(whole, empty):
    """Pages keep answers under id and revision."""
    empty.import_runs(whole)
    empty.set_note("first", "changed")
    empty.delete("first")
    empty.import_runs(whole)
    assert empty.run("first").revision > 1_000_000_000


def test_taken_names_get_a_number(whole, empty):
    empty.add_dataset("faces", make_arrays(seed=9))
    for name in ("first", "first-2"):
        with empty.start_run(name):
            pass
    imported = empty.import_runs(whole)
    assert {run.shared_name: run.name for run in imported.runs} == {
        "first": "first-3",
        "second": "second",
    }
    assert imported.datasets == {"faces": "faces-2"}
    assert empty.run("first-3").dataset == "faces-2"
    assert empty.evaluation_split("first-3", "test").name == "test"


def test_a_data_set_that_is_here_under_another_name_is_taken(whole, empty):
    empty.add_dataset("mine", make_arrays())
    before = shared.files(empty.folder)
    imported = empty.import_runs(whole)
    assert (imported.datasets, imported.pictured) == ({"faces": "mine"}, ())
    assert [each.name for each in empty.datasets()] == ["mine"]
    assert empty.run("first").dataset == "mine"
    assert before.items() <= shared.files(empty.folder).items()


def test_a_run_that_is_training_comes_in_as_interrupted(empty, tmp_path):
    file = tmp_path / "running.ferlab"
    with RunStore.open(tmp_path / "here" / "runs.db") as store, store.start_run("now") as run:
        run.add_epoch(train_loss=1.0)
        store.export_runs(["now"], file)
        assert store.run("now").status == RUNNING
    empty.import_runs(file)
    assert (empty.run("now").status, empty.run("now").epochs) == (INTERRUPTED, 1)
    with empty.continue_run("now") as run:  # a loop of one's own has its weights
        run.add_epoch(train_loss=0.5)


def test_without_weights(synthetic, empty, tmp_path):
    file = tmp_path / "light.ferlab"
    with RunStore.open(synthetic, read_only=True) as store:
        store.export_runs(["first"], file, weights=False)
    assert not any("weights" in name for name in shared.Tampered(file).members)
    empty.import_runs(file)
    assert not empty.checkpoint_folder(empty.run("first").id).exists()


def test_weights_that_are_gone_are_told(synthetic, tmp_path):
    path = shared.copy(synthetic, tmp_path / "copy")
    with RunStore.open(path) as store:
        for weights in store.checkpoint_folder(store.run("first").id).iterdir():
            weights.write_bytes(b"changed")
        done = store.export_runs(["first", "second"], tmp_path / "runs.ferlab")
    assert done.lacking == ("the weights of first are not on this disk",)


def test_what_synthetic_faces_gave_goes_along_but_photos_do_not(synthetic, empty, tmp_path):
    file = tmp_path / "runs.ferlab"
    with RunStore.open(synthetic, read_only=True) as store:
        done = store.export_runs(["first"], file)
    assert done.left_out == {"own": 1, "photo": 1}
    empty.import_runs(file)
    assert empty.tensors("first", "photo") == ()
    assert len(empty.tensors("first", EXPLANATION)) == 2
    assert len(empty.tensors("first", FILTERS)) == 2


def test_an_export_that_fails_leaves_the_old_file(synthetic, tmp_path):
    (tmp_path / "runs.ferlab").write_bytes(b"old")
    with RunStore.open(synthetic, read_only=True) as store:
        with pytest.raises(InputError, match="no run 'none'"):
            store.export_runs(["first", "none"], tmp_path / "runs.ferlab")
        with pytest.raises(InputError, match="cannot be written"):
            store.export_runs(["first"], tmp_path / "no" / "runs.ferlab")
    assert [path.name for path in tmp_path.iterdir()] == ["runs.ferlab"]
    assert (tmp_path / "runs.ferlab").read_bytes() == b"old"


def test_what_an_import_would_refuse_is_not_exported(synthetic, tmp_path):
    path = shared.copy(synthetic, tmp_path / "copy")
    with RunStore.open(path) as store:
        store.rename("first", "<img src=x>")
        with pytest.raises(InputError, match=r"without markup.*runs rename"):
            store.export_runs(["<img src=x>"], tmp_path / "runs.ferlab")
    assert not (tmp_path / "runs.ferlab").exists()
