"""Commands that a page starts instead of working itself: each its own process with its own log.

A job is one of `commands.COMMANDS`, started as a list of arguments, never through a shell, and at
most one at a time for each run (but for `commands.APART`). It goes on when the page is drawn anew
or closed. Its log,
``jobs/<id>.log`` beside the store's file, holds JSON lines: who it is, then what the command tells
(see fer_core.cli.output.tell). The log goes when its end was seen, or was long enough ago, and
with it the file that the command wrote, where it writes one.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from dashboard.commands import APART, COMMANDS, OUTPUTS
from fer_core.errors import InputError
from fer_core.records import Run
from fer_core.store import RunStore
from fer_core.store.liveness import Process, process_of

RUNNING, FINISHED, FAILED, DEAD = "running", "finished", "failed", "dead"
KEEP_SECONDS = 600.0  # for how long the log of an ended job waits for a page that shows it
KEEP_OUTPUT_SECONDS = 86_400.0  # and for how long a file can be downloaded
_one_at_a_time = threading.Lock()


class Job(NamedTuple):
    """A started command. runs: the ids it works on; done of total: how far it is, 0 of 0 where
    it has not told yet; result: its JSON document; error: its one line, if it failed."""

    log: Path
    command: str
    runs: tuple[str, ...]
    process: Process
    state: str
    done: int = 0
    total: int = 0
    result: Any = None
    error: str = ""

    @property
    def output(self) -> Path | None:
        """The file that the command writes; None for a command without one."""
        suffix = OUTPUTS.get(self.command)
        return self.log.with_suffix(suffix) if suffix else None


def start(
    store: RunStore, command: str, runs: Sequence[Run], *, stdin: bytes = b"", **choices: Any
) -> Job:
    """Start a command on runs of this store.

    stdin: what the command reads from standard input; it lies in a file without a name that only
    the command holds, so that nothing is left of it when the command ends, however it ends.
    Raises InputError for what is not allowed, and while a job of one of the runs is under way,
    unless the command is one of `commands.APART`.
    """
    if command not in COMMANDS:
        raise InputError(f"no command {command!r}; use one of {', '.join(COMMANDS)}")
    ids = [store.run(run.id).id for run in runs]
    words = COMMANDS[command](ids, **choices)
    with _one_at_a_time:
        tidy(store)
        busy = [job for job in running(store, ids) if job.command not in APART]
        if busy and command not in APART:
            names = ", ".join(run.name for run in runs if run.id in busy[0].runs)
            raise InputError(f"a job of {names} is under way; wait for it or cancel it")
        try:
            return _started(store, command, ids, [*words, "--json"], stdin)
        except OSError as error:
            folder = _folder(store)
            raise InputError(f"no job can be started in {folder}: {error.strerror}") from None


def _started(store: RunStore, command: str, ids: list[str], words: list[str], stdin: bytes) -> Job:
    folder = _folder(store)
    folder.mkdir(mode=0o700, exist_ok=True)
    log = folder / f"{time.strftime('%y%m%d-%H%M%S')}-{secrets.token_hex(4)}.log"
    log.touch(mode=0o600, exist_ok=False)
    if command in OUTPUTS:
        words = [*words, f"--output={log.absolute().with_suffix(OUTPUTS[command])}"]
    with log.open("ab") as file, tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-m", "fer_core", *words],
            stdin=source,
            stdout=subprocess.DEVNULL,
            stderr=file,
            env={**os.environ, "FER_STORE": str(store.path.absolute()), "FER_EVENTS": "1"},
            start_new_session=True,  # Ctrl-C in the dashboard's terminal is not meant for it
        )
        process = process_of(child.pid)
        who = {"command": command, "runs": ids, "process": asdict(process)}
        file.write(json.dumps({"job": who}).encode() + b"\n")
    job = Job(log, command, tuple(ids), process, RUNNING)
    threading.Thread(target=_see_off, args=(child, job), daemon=True).start()
    return job


def _see_off(child: subprocess.Popen[bytes], job: Job) -> None:
    """Wait for a job's end, and remove its log where no page has."""
    child.wait()
    time.sleep(_keep(job))
    forget(job)


def read(log: Path) -> Job | None:
    """Return a job as its log tells; None where there is no such log any more."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        told_at = log.stat().st_mtime
    except OSError:
        return None
    told: dict[str, Any] = {}
    for line in lines:
        with suppress(ValueError):  # a library's warning, or a line that is being written
            event = json.loads(line)
            told |= event if isinstance(event, dict) else {}
    if "job" not in told:
        return None
    who = told.pop("job")
    job = Job(
        log,
        who["command"],
        tuple(who["runs"]),
        Process(**who["process"]),
        RUNNING,
        **{key: told[key] for key in ("done", "total", "result", "error") if key in told},
    )
    if job.error:
        return job._replace(state=FAILED)
    if job.result is not None:
        return job._replace(state=FINISHED)
    return job._replace(state=DEAD) if job.process.is_gone(told_at) else job


def running(store: RunStore, run_ids: Sequence[str]) -> list[Job]:
    """Return the jobs under way that work on one of these runs."""
    return [job for job in _all(store) if job.state == RUNNING and {*job.runs} & {*run_ids}]


def cancel(job: Job) -> None:
    """End a job, if it has not ended, and remove its log. What it stored, stays."""
    with suppress(psutil.Error):
        process = psutil.Process(job.process.pid)
        if not job.process.is_gone(time.time()):
            process.terminate()
            try:
                process.wait(3)
            except psutil.TimeoutExpired:
                process.kill()
    forget(job)


def forget(job: Job) -> None:
    """Remove the log of a job whose end was seen, and what it wrote, half-written files, too."""
    for path in job.log.parent.glob(f"{job.log.stem}.*"):
        path.unlink(missing_ok=True)


def tidy(store: RunStore) -> None:
    """Remove what is left of jobs that ended long ago, also of those of an earlier dashboard."""
    for path in _folder(store).glob("*"):
        with suppress(OSError):
            job = read(path.with_name(f"{path.name.partition('.')[0]}.log"))
            old = time.time() - path.stat().st_mtime > (_keep(job) if job else KEEP_SECONDS)
            if old and (job is None or job.state != RUNNING):
                path.unlink()


def _keep(job: Job) -> float:
    return KEEP_OUTPUT_SECONDS if job.output else KEEP_SECONDS


def _all(store: RunStore) -> list[Job]:
    jobs = (read(log) for log in sorted(_folder(store).glob("*.log")))
    return [job for job in jobs if job is not None]


def _folder(store: RunStore) -> Path:
    return store.folder / "jobs"
