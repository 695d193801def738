"""Jobs are real commands over a small trained store."""

import json
import os
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from dashboard import commands, jobs
from dashboard.jobs import DEAD, FAILED, FINISHED, RUNNING, Job
from fer_core import predicting
from fer_core.errors import InputError
from fer_core.records import VALIDATION, DatasetArrays
from fer_core.store import RunStore
from fer_core.store.liveness import Process, this_process
from tests.data.writers import encoded

PATIENCE = 120.0  # seconds; for a machine that does other things as well


@pytest.fixture
def face(tiny_faces: DatasetArrays) -> np.ndarray:
    return tiny_faces.splits[VALIDATION].images[0]


@pytest.fixture
def picture(face: np.ndarray) -> bytes:
    return encoded(Image.fromarray(face), "PNG")


@pytest.fixture
def endless(trained_store: RunStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A further command that does not end by itself."""

    def train(runs: list[str]) -> list[str]:
        options = ["--data", "tiny", "--epochs", "100000", "--device", "cpu"]
        return ["train", "e-dnn", *options, "--set", "batch_size=16"]

    monkeypatch.setitem(commands.COMMANDS, "endless", train)
    yield
    for job in jobs.running(trained_store, [run.id for run in trained_store.runs()]):
        jobs.cancel(job)


def wait(job: Job, state: str) -> Job:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        now = jobs.read(job.log)
        assert now, "the log is gone"
        if now.state == state:
            return now
        assert now.state == RUNNING, now
        time.sleep(0.05)
    raise AssertionError(job.log.read_text())


def is_gone(process: Process) -> bool:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        if process.is_gone(time.time()):
            return True
        time.sleep(0.05)
    return False


def test_a_job_s_result_is_the_command_s(
    trained_store: RunStore, face: np.ndarray, picture: bytes
) -> None:
    runs = predicting.find_runs(trained_store, ["second", "first"])
    hostile = "$(touch pwned); `id` --keep <b>.png"
    started = jobs.start(
        trained_store, "predict", runs, stdin=picture, picture="-", name=hostile, average="flip"
    )
    assert started.state == RUNNING
    assert started.log.parent == trained_store.folder / "jobs"
    assert stat.S_IMODE(started.log.stat().st_mode) == 0o600
    assert stat.S_IMODE(started.log.parent.stat().st_mode) == 0o700
    ended = wait(started, FINISHED)
    assert (ended.done, ended.total) == (1, 2)
    (found,) = ended.result["faces"]
    assert found["file"] == hostile
    expected = predicting.predict(trained_store, runs, face[np.newaxis], averaging="flip")
    for answer in expected:
        shares = list(found["probabilities"][answer.run.name].values())
        np.testing.assert_allclose(shares, answer.probabilities[0], rtol=1e-5)
    assert ended.result["kept"] is False
    assert not list(Path.cwd().glob("pwned*"))
    jobs.forget(ended)
    assert jobs.read(started.log) is None
    assert not list(started.log.parent.iterdir())


def test_the_picture_lies_nowhere_while_a_job_runs_or_after_it(
    trained_store: RunStore, picture: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    marked = picture + b"the end of this picture"
    run = trained_store.run("first")
    job = jobs.start(trained_store, "predict", [run], stdin=marked, picture="-", name="a.png")
    for _ in range(2):
        assert not list((tmp_path / "temporary").iterdir())
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert not [path for path in files if b"the end of this picture" in path.read_bytes()]
        assert wait(job, FINISHED).result["faces"]


@pytest.fixture
def submission(
    trained_store: RunStore, face: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A further command that writes a file, beside its log."""
    source = tmp_path / "test.csv"
    source.write_text(f"id,feature\n0,{' '.join(map(str, face.ravel()))}\n")

    def submit(runs: list[str]) -> list[str]:
        return ["predict", *runs, f"--test={source}"]

    monkeypatch.setitem(commands.COMMANDS, "submit", submit)
    monkeypatch.setitem(commands.OUTPUTS, "submit", ".csv")
    return "submit"


def test_what_a_job_writes_lies_beside_its_log_and_goes_with_it(
    trained_store: RunStore, submission: str
) -> None:
    job = jobs.start(trained_store, submission, [trained_store.run("first")])
    assert job.output == job.log.with_suffix(".csv")
    ended = wait(job, FINISHED)
    assert ended.output
    assert ended.result["output"] == str(ended.output)
    assert ended.output.read_text().splitlines()[0] == "id,label"
    half_written = job.log.with_name(f"{job.log.stem}.csv.tmp")
    half_written.touch()
    jobs.forget(ended)
    assert not list(job.log.parent.iterdir())


def test_a_job_that_writes_nothing_has_no_output(trained_store: RunStore, picture: bytes) -> None:
    run = trained_store.run("first")
    job = jobs.start(trained_store, "predict", [run], stdin=picture, picture="-")
    assert job.output is None
    wait(job, FINISHED)


def test_a_draft_waits_for_no_job_and_none_waits_for_it(
    trained_store: RunStore, endless: None, picture: bytes
) -> None:
    first, second = (trained_store.run(name) for name in ("first", "second"))
    about = {"template": "comparison", "slots": {}, "language": "en"}
    edits = b'{"title": "Mine"}'
    jobs.start(trained_store, "endless", [first])
    draft = jobs.start(trained_store, "report-draft", [first, second], stdin=edits, **about)
    other = jobs.start(trained_store, "predict", [second], stdin=picture, picture="-")
    assert wait(draft, FINISHED).result["edits"]["title"] == "Mine"
    kept = trained_store.report_draft([first.id, second.id], "comparison", "en")
    assert kept
    assert kept["title"] == "Mine"
    wait(other, FINISHED)


def test_a_failed_job_says_the_command_s_one_line(trained_store: RunStore) -> None:
    run = trained_store.run("first")
    job = jobs.start(trained_store, "predict", [run], stdin=b"a text", picture="-", name="note.jpg")
    reason = "note.jpg: not a JPEG, PNG, WebP or BMP picture; replace it or take it out"
    assert wait(job, FAILED).error == reason


def test_a_run_has_one_job_at_a_time(
    trained_store: RunStore, endless: None, picture: bytes
) -> None:
    first, second, third = (trained_store.run(name) for name in ("first", "second", "third"))
    job = jobs.start(trained_store, "endless", [first, second])
    assert jobs.running(trained_store, [second.id]) == [job]
    assert jobs.running(trained_store, [third.id]) == []
    for runs in ([first], [third, second]):
        with pytest.raises(InputError, match=r"a job of (first|second) is under way; wait for it"):
            jobs.start(trained_store, "predict", runs, stdin=picture, picture="-")
    other = jobs.start(trained_store, "predict", [third], stdin=picture, picture="-")
    wait(other, FINISHED)
    jobs.cancel(job)
    again = jobs.start(trained_store, "predict", [first], stdin=picture, picture="-")
    wait(again, FINISHED)


def test_a_cancelled_job_s_process_and_log_are_gone(trained_store: RunStore, endless: None) -> None:
    job = jobs.start(trained_store, "endless", [trained_store.run("first")])
    assert not job.process.is_gone(time.time())
    jobs.cancel(job)
    assert is_gone(job.process)
    assert jobs.read(job.log) is None
    jobs.cancel(job)  # twice is no error


def test_a_killed_job_is_seen_as_dead(trained_store: RunStore, endless: None) -> None:
    job = jobs.start(trained_store, "endless", [trained_store.run("first")])
    os.kill(job.process.pid, signal.SIGKILL)
    dead = wait(job, DEAD)
    assert (dead.result, dead.error) == (None, "")
    assert jobs.running(trained_store, job.runs) == []


def write_log(store: RunStore, process: Process, *lines: str, name: str = "x") -> Path:
    (store.folder / "jobs").mkdir(exist_ok=True)
    who = {"command": "predict", "runs": ["r"], "process": asdict(process)}
    log = store.folder / "jobs" / f"{name}.log"
    log.write_text("\n".join([*lines, json.dumps({"job": who})]))
    return log


def test_a_process_of_the_same_number_that_started_at_another_time_is_another(
    trained_store: RunStore,
) -> None:
    mine = this_process()
    log = write_log(trained_store, mine)
    job = jobs.read(log)
    assert job
    assert job.state == RUNNING
    write_log(trained_store, Process(mine.host, mine.pid, mine.started - 100))
    now = jobs.read(log)
    assert now
    assert now.state == DEAD
    jobs.cancel(now)
    assert psutil.pid_exists(mine.pid), "we are still here"


def test_lines_that_are_no_events_are_passed_over(trained_store: RunStore) -> None:
    told = ('{"done": 1, "total": 3}', "UserWarning: [1, 2]", "[1, 2]", "7", '{"done": 2, "to')
    job = jobs.read(write_log(trained_store, this_process(), *told))
    assert job
    assert (job.state, job.done, job.total) == (RUNNING, 1, 3)
    (trained_store.folder / "jobs" / "y.log").write_text('{"done": 1}\n')
    assert jobs.read(trained_store.folder / "jobs" / "y.log") is None


def test_logs_of_jobs_that_ended_long_ago_are_tidied_up(trained_store: RunStore) -> None:
    mine = this_process()
    ended = '{"result": 1}'
    logs = {
        "old": write_log(trained_store, mine, ended, name="old"),
        "new": write_log(trained_store, mine, ended, name="new"),
        "long": write_log(trained_store, mine, name="long"),
        "dead": write_log(trained_store, Process(mine.host, mine.pid, 0), name="dead"),
        "odd": trained_store.folder / "jobs" / "odd.log",
    }
    logs["odd"].write_text("no job's")
    past = time.time() - jobs.KEEP_SECONDS - 10
    for name in ("old", "long", "dead", "odd"):
        os.utime(logs[name], (past, past))
    jobs.tidy(trained_store)
    assert {name for name, log in logs.items() if log.exists()} == {"new", "long"}


def test_what_can_be_downloaded_is_kept_longer_and_then_tidied_up_too(
    trained_store: RunStore, submission: str
) -> None:
    def write(name: str, command: str, age: float) -> list[Path]:
        log = write_log(trained_store, this_process(), '{"result": 1}', name=name)
        log.write_text(log.read_text().replace('"predict"', f'"{command}"'))
        output = log.with_suffix(".csv")
        output.touch()
        for path in (log, output):
            os.utime(path, (time.time() - age, time.time() - age))
        return [log, output]

    kept = write("kept", submission, jobs.KEEP_SECONDS + 10)
    gone = write("gone", submission, jobs.KEEP_OUTPUT_SECONDS + 10)
    left = write("left", "predict", jobs.KEEP_SECONDS + 10)
    left[0].unlink()  # a log that somebody removed: what it wrote has no reader any more
    jobs.tidy(trained_store)
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in [*gone, *left])


def test_the_log_of_a_job_that_no_page_waits_for_goes_by_itself(
    trained_store: RunStore, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "KEEP_SECONDS", 0.1)
    run = trained_store.run("first")
    job = jobs.start(trained_store, "predict", [run], stdin=picture, picture="-")
    give_up = time.monotonic() + PATIENCE
    while job.log.exists() and time.monotonic() < give_up:
        time.sleep(0.05)
    assert not job.log.exists()
    assert not psutil.pid_exists(job.process.pid), "it was waited for"
