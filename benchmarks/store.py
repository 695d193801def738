"""The run store's speed, beside MLflow's SQLite store and Trackio's own local store.

Three tasks, in one process, in a store that already holds 1,000 runs of 50 epochs:
writing a run of 300 epochs, one transaction an epoch; listing all runs; reading the histories of
200 runs. Rounds are interleaved (ours, MLflow, Trackio, ours ...), each ratio is taken within its
round, and the median of the ratios is printed: how many times as long as ours the other takes.

Ours and MLflow sync each commit to the disk. Trackio by default does not (an epoch can be lost
when the power fails), so it is measured as it comes and once more with syncing.

    pip install 'fer-lab[bench]'        # without it, only ours is measured
    python benchmarks/store.py [--rounds 5] [--runs 1000] [--json]
"""

import argparse
import functools
import importlib.metadata
import importlib.util
import logging
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from measuring import machine, report, spread
from rich.markup import escape
from rich.table import Table
from sqlalchemy import insert, select

from fer_core.records import Epoch
from fer_core.store import RunStore, schema

EPOCHS_WRITTEN, EPOCHS_STORED, HISTORIES_READ = 300, 50, 200
METRICS = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds")
TASKS = {
    "write": f"{EPOCHS_WRITTEN} epochs, one transaction each",
    "list": "{runs:,} runs of 50 epochs listed",
    "read": f"{HISTORIES_READ} histories of {EPOCHS_STORED} epochs read",
}


class Subject(Protocol):
    """A store under test. Epochs hold METRICS; all calls are the store's own fastest way."""

    def add_run(self, epochs: int) -> None:
        """Store a run with one transaction an epoch."""

    def fill(self, runs: int) -> None:
        """Store runs of EPOCHS_STORED epochs, in whatever way is quick."""

    def list_runs(self) -> int:
        """Read what the list of runs shows and return how many there are."""

    def read_histories(self, count: int) -> int:
        """Read all metrics of `count` runs and return how many values there are."""


def values(epoch: int) -> dict[str, float]:
    """Return an epoch's metrics, by name."""
    return dict(zip(METRICS, (2 / epoch, 0.9, 2.1 / epoch, 0.6 + epoch / 1000, 2.0), strict=True))


class FerLab:
    def __init__(self, folder: Path) -> None:
        self.store = RunStore.open(folder / "fer-lab" / "runs.db")
        self.ids: list[str] = []

    def add_run(self, epochs: int) -> None:
        with self.store.start_run(config={"seed": 0}, preset="bench") as run:
            self.ids.append(run.id)
            for number in range(1, epochs + 1):
                run.add_epoch(Epoch(number, **values(number)))

    def fill(self, runs: int) -> None:
        # One run is written, its rows are copied: 50,000 synced transactions take minutes.
        self.add_run(EPOCHS_STORED)
        copies = [f"{self.ids[0]}-{number:05}" for number in range(runs - 1)]
        for table in (schema.runs, schema.run_details, schema.epochs):
            with self.store._database.write() as connection:
                rows = [dict(row) for row in connection.execute(select(table)).mappings()]
                new = [_renamed(row, copy) for copy in copies for row in rows]
                connection.execute(insert(table), new)
        self.ids += copies

    def list_runs(self) -> int:
        return len(self.store.runs())

    def read_histories(self, count: int) -> int:
        found = self.store.histories(self.ids[:count])
        return len(METRICS) * sum(len(epochs) for epochs in found.values())


def _renamed(row: dict[str, Any], run_id: str) -> dict[str, Any]:
    names = {"id": run_id, "name": run_id} if "name" in row else {"run_id": run_id}
    return {**row, **names}


class Mlflow:
    def __init__(self, folder: Path) -> None:
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        logging.disable(logging.WARNING)  # its migrations talk
        from mlflow.entities import Metric
        from mlflow.tracking import MlflowClient

        self.metric = Metric
        self.client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
        self.experiment = self.client.create_experiment("bench", f"file://{folder / 'artifacts'}")
        self.ids: list[str] = []

    def _metrics(self, epoch: int) -> list[Any]:
        return [self.metric(name, value, epoch, epoch) for name, value in values(epoch).items()]

    def _new(self) -> str:
        self.ids.append(self.client.create_run(self.experiment).info.run_id)
        return self.ids[-1]

    def add_run(self, epochs: int) -> None:
        run_id = self._new()
        for number in range(1, epochs + 1):
            self.client.log_batch(run_id, metrics=self._metrics(number))
        self.client.set_terminated(run_id)

    def fill(self, runs: int) -> None:
        metrics = [each for number in range(1, EPOCHS_STORED + 1) for each in self._metrics(number)]
        for _ in range(runs):
            self.client.log_batch(self._new(), metrics=metrics)

    def list_runs(self) -> int:
        found, token = 0, None
        while True:
            page = self.client.search_runs(
                [self.experiment], max_results=50_000, page_token=token, order_by=[]
            )
            found, token = found + len(page), page.token
            if not token:
                return found

    def read_histories(self, count: int) -> int:
        # What its pages use; the client's get_metric_history takes one query a run and metric.
        store = self.client._tracking_client.store
        ids = self.ids[:count]
        return sum(len(store.get_metric_history_bulk(ids, name, 10**6)) for name in METRICS)


class Trackio:
    def __init__(self, folder: Path, *, synchronous: str) -> None:
        os.environ["TRACKIO_DIR"] = str(folder / "trackio")
        from trackio.sqlite_storage import SQLiteStorage

        self.storage = SQLiteStorage
        self.synchronous = synchronous
        self.project = f"bench-{synchronous.lower()}"
        self.ids: list[str] = []

    def _log(self, run: str, epochs: list[int]) -> None:
        # The setting is read when a connection is opened, which is at each call.
        os.environ["TRACKIO_SQLITE_SYNCHRONOUS"] = self.synchronous
        self.storage.bulk_log(
            self.project, run, [values(number) for number in epochs], epochs, run_id=run
        )

    def _new(self) -> str:
        self.ids.append(uuid.uuid4().hex)
        return self.ids[-1]

    def add_run(self, epochs: int) -> None:
        run = self._new()
        for number in range(1, epochs + 1):
            self._log(run, [number])

    def fill(self, runs: int) -> None:
        for _ in range(runs):
            self._log(self._new(), list(range(1, EPOCHS_STORED + 1)))

    def list_runs(self) -> int:
        records = self.storage.get_run_records(self.project)
        self.storage.get_max_steps_for_runs(self.project)
        return len(records)

    def read_histories(self, count: int) -> int:
        runs = [{"run": run, "run_id": run} for run in self.ids[:count]]
        found = self.storage.get_logs_batch(self.project, runs)
        return len(METRICS) * sum(len(each["logs"]) for each in found)


def subjects(folder: Path) -> dict[str, Subject]:
    """Return ours, and of the others those that are installed."""
    found: dict[str, Subject] = {"FER Lab": FerLab(folder)}
    if importlib.util.find_spec("mlflow"):
        found["MLflow"] = Mlflow(folder)
    if importlib.util.find_spec("trackio"):
        found["Trackio"] = Trackio(folder, synchronous="NORMAL")
        found["Trackio, synced"] = Trackio(folder, synchronous="FULL")
    return found


def measure(
    stores: dict[str, Subject], runs: int, rounds: int
) -> dict[str, dict[str, list[float]]]:
    """Return seconds by task and store, one for each round."""
    seconds: dict[str, dict[str, list[float]]] = {task: {n: [] for n in stores} for task in TASKS}
    histories = min(HISTORIES_READ, runs)
    for number in range(rounds):
        for name, store in stores.items():
            for task, call, expected in (
                ("list", store.list_runs, runs + number),
                (
                    "read",
                    functools.partial(store.read_histories, histories),
                    histories * EPOCHS_STORED * len(METRICS),
                ),
                ("write", functools.partial(store.add_run, EPOCHS_WRITTEN), None),
            ):
                taken, result = timed(call)
                if result != expected:
                    raise SystemExit(f"{name}, {task}: {result} instead of {expected}")
                seconds[task][name].append(taken)
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return seconds


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that a call takes, and what it returns."""
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=1000, help="stored runs (default 1000)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stores = subjects(Path(folder))
        for name, store in stores.items():
            taken, _ = timed(lambda store=store: store.fill(arguments.runs))
            print(f"{name}: filled in {taken:.0f} s", file=sys.stderr)
        seconds = measure(stores, arguments.runs, arguments.rounds)
    ours, *others = stores
    ratios = {
        task: {
            name: spread([b / a for a, b in zip(by[ours], by[name], strict=True)])
            for name in others
        }
        for task, by in seconds.items()
    }
    versions = {
        name: importlib.metadata.version(name)
        for name in ("sqlalchemy", "mlflow", "trackio")
        if importlib.util.find_spec(name)
    }
    document = {
        "machine": machine(),
        "versions": versions,
        "rounds": arguments.rounds,
        "runs": arguments.runs,
        "seconds": {t: {n: spread(v) for n, v in by.items()} for t, by in seconds.items()},
        "ratio": ratios,
    }
    table = Table(title="Run stores: median seconds, and how many times as long as ours")
    table.add_column("task")
    for name in stores:
        table.add_column(name, justify="right")
    for task, title in TASKS.items():
        cells = [f"{spread(seconds[task][ours])['median']:.4f}"]
        for name in others:
            median = spread(seconds[task][name])["median"]
            cells.append(f"{median:.4f} ({ratios[task][name]['median']:.1f}x)")
        table.add_row(title.format(runs=arguments.runs), *cells)
    note = "" if others else escape("Only ours; the others: pip install 'fer-lab[bench]'")
    report(document, table, as_json=arguments.json, note=note)


if __name__ == "__main__":
    main()
