import os
import platform
import subprocess
import sys
import time

import psutil
import pytest
from sqlalchemy import update

from fer_core.store import liveness, schema
from fer_core.store.liveness import Process, this_process


def test_this_process_is_alive_however_old_its_heartbeat():
    assert this_process().pid == os.getpid()
    assert not this_process().is_gone(heartbeat_at=0.0)


def test_a_process_that_ended_is_gone_at_once_even_before_it_is_waited_for():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        started = psutil.Process(child.pid).create_time()
        process = Process(platform.node(), child.pid, started)
        assert not process.is_gone(heartbeat_at=0.0)
        child.kill()
        deadline = time.monotonic() + 10
        while not process.is_gone(heartbeat_at=time.time()):
            assert time.monotonic() < deadline
    finally:
        child.communicate()
    assert process.is_gone(heartbeat_at=time.time())


def test_another_process_with_the_same_number_is_not_this_one():
    now = this_process()
    assert Process(now.host, now.pid, now.started - 60).is_gone(heartbeat_at=time.time())
    assert not Process(now.host, now.pid, now.started - 1).is_gone(heartbeat_at=0.0)


def test_on_another_host_the_heartbeat_decides():
    elsewhere = Process("some-other-host", os.getpid(), this_process().started)
    assert not elsewhere.is_gone(heartbeat_at=time.time() - 100)
    assert elsewhere.is_gone(heartbeat_at=time.time() - 140)


def test_a_process_that_may_not_be_looked_at_counts_as_alive(monkeypatch):
    def deny(pid):
        raise psutil.AccessDenied(pid)

    monkeypatch.setattr(liveness.psutil, "Process", deny)
    assert not Process(platform.node(), 1, 0.0).is_gone(heartbeat_at=0.0)


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, "running"),
        ({"pid": 2**22 + 1}, "stale"),
        ({"process_started": 1.0}, "stale"),
        ({"host": "elsewhere"}, "running"),
        ({"host": "elsewhere", "heartbeat_at": 1.0}, "stale"),
    ],
)
def test_stale_is_derived_when_read_and_never_stored(store, values, status):
    with store.start_run("a", config={}):
        with store._database.write() as connection:
            if values:
                connection.execute(update(schema.runs).values(values))
        assert store.run("a").status == status
        assert store.runs()[0].status == status
        with store._database.read() as connection:
            assert connection.execute(schema.runs.select()).one().status == "running"
