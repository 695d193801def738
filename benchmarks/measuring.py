"""What the benchmarks share: where they ran, what they used, medians, one JSON document."""

import datetime
import json
import multiprocessing
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from fer_core.errors import InputError


def machine() -> dict[str, Any]:
    """Return what a reader needs to judge the numbers."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [x for x in cpuinfo.read_text(encoding="utf-8").splitlines() if "model name" in x]
        name = models[0].split(":")[1].strip() if models else name
    return {
        "processor": name,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
    }


def cpu_seconds() -> float:
    """Return the CPU time that this process and its living children have used, in seconds.

    Children that live are counted on Linux only; `resource` counts those that have ended.
    """
    used = time.process_time()
    for child in multiprocessing.active_children():
        status = Path(f"/proc/{child.pid}/stat")
        if status.exists():
            # The name in brackets may hold spaces; from what follows it, user and system time.
            user, system = status.read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
            used += (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return used


def spread(values: list[float]) -> dict[str, float]:
    """Return median, minimum and maximum."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Say what a person can put right as the command line does, and exit with 2."""
    try:
        yield
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def report(document: Mapping[str, Any], table: Table, *, as_json: bool, note: str = "") -> None:
    """Print the table, or with --json exactly one document."""
    if as_json:
        json.dump(document, sys.stdout, indent=2)
        sys.stdout.write("\n")
        return
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    if note:
        console.print(note)
