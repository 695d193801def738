"""What was edited of reports: by template, language and the set of runs; gone with a run."""

import pytest

from fer_core.errors import InputError
from fer_core.store import RunStore

from .samples import make_epoch


@pytest.fixture
def runs(store):
    ids = []
    for name in ("a", "b"):
        with store.start_run(name, config={}, data="faces") as run:
            run.add_epoch(make_epoch(1))
        ids.append(run.id)
    return ids


def test_a_draft_is_the_set_of_runs_in_any_order_and_by_any_reference(store, runs):
    edits = {"texts": {"1-cnn": '第一\n\n"二"'}, "left_out": ["2-dnn"], "title": None}
    store.save_report_draft(["a", "b", "a"], "2017", "en", edits)
    assert store.report_draft(reversed(runs), "2017", "en") == edits
    assert store.report_draft(runs[:1], "2017", "en") is None
    assert store.report_draft(runs, "2017", "zh-TW") is None
    assert store.report_draft(runs, "comparison", "en") is None


def test_a_later_draft_takes_the_place_of_an_earlier_one_and_no_revision_changes(store, runs):
    before = [run.revision for run in store.runs()]
    store.save_report_draft(runs, "2017", "en", {"title": "one"})
    store.save_report_draft(runs, "2017", "zh-TW", {"title": "other"})
    store.save_report_draft(runs, "2017", "en", {"title": "two"})
    assert store.report_draft(runs, "2017", "en") == {"title": "two"}
    assert store.report_draft(runs, "2017", "zh-TW") == {"title": "other"}
    assert [run.revision for run in store.runs()] == before


def test_deleting_a_run_deletes_the_drafts_that_name_it_and_no_other(store, runs):
    store.save_report_draft(runs, "2017", "en", {"title": "both"})
    store.save_report_draft(["a"], "2017", "en", {"title": "a"})
    store.save_report_draft(["b"], "2017", "en", {"title": "b"})
    store.delete("b")
    assert store.report_draft(["a"], "2017", "en") == {"title": "a"}
    with store._database.read() as connection:
        rows = connection.exec_driver_sql("SELECT run_ids FROM report_drafts").fetchall()
    assert rows == [(f'["{runs[0]}"]',)]


def test_a_draft_is_deleted_once(store, runs):
    store.save_report_draft(runs, "2017", "en", {"title": "one"})
    assert store.delete_report_draft(runs, "2017", "en")
    assert not store.delete_report_draft(runs, "2017", "en")
    assert store.report_draft(runs, "2017", "en") is None


def test_a_draft_is_read_by_those_who_only_read(store, runs, path):
    store.save_report_draft(runs, "2017", "en", {"title": "one"})
    with RunStore.open(path, read_only=True) as reader:
        assert reader.report_draft(runs, "2017", "en") == {"title": "one"}


def test_an_unknown_run_is_named_and_nothing_is_stored(store, runs):
    with pytest.raises(InputError, match="no run 'ghost'"):
        store.save_report_draft(["a", "ghost"], "2017", "en", {})
    with pytest.raises(InputError, match="no run 'ghost'"):
        store.report_draft(["ghost"], "2017", "en")
