"""Is the process that writes a run still there?

Judged by host, process id and that process's start, so that a killed run can go on at once.
Only on another host, where nobody can look, the heartbeat's age decides.
"""

import os
import platform
import time
from dataclasses import dataclass
from functools import cache

import psutil

HEARTBEAT_SECONDS = 15.0
HEARTBEAT_LIMIT_SECONDS = 120.0
# The start is computed from the clock, which is set now and then while a run trains.
_START_TOLERANCE_SECONDS = 5.0


@dataclass(frozen=True)
class Process:
    """A process on some host; `started` in seconds since 1970."""

    host: str
    pid: int
    started: float

    def is_gone(self, heartbeat_at: float) -> bool:
        """Tell whether the process has ended; `heartbeat_at` is its last sign of life."""
        if self.host != platform.node():
            return time.time() - heartbeat_at > HEARTBEAT_LIMIT_SECONDS
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
            return abs(process.create_time() - self.started) > _START_TOLERANCE_SECONDS
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            return False


def this_process() -> Process:
    """Return the running process, in a forked child the child."""
    return _process(os.getpid())


def process_of(pid: int) -> Process:
    """Return the process that has this id now."""
    return Process(platform.node(), pid, psutil.Process(pid).create_time())


_process = cache(process_of)  # for our own id only, which stays
