"""What commands print: documents on stdout, progress and notes on stderr."""

import json
import math
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from fer_core.errors import InputError
from fer_core.records import Epoch, Run

if TYPE_CHECKING:
    from fer_core.device import Device
    from fer_core.store import RunStore

# Run names are text, never markup.
stderr = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)
stdout = Console(markup=False, highlight=False, soft_wrap=True)
if not stdout.is_terminal:  # a file or a pipe has no width that a table must be cut to
    stdout.width = 200


def tells_events() -> bool:
    """Say whether a program reads us: it sets FER_EVENTS=1.

    Then progress, result and error are JSON lines on stderr: ``{"done", "total"}``,
    ``{"result"}``, ``{"error"}``.
    """
    return os.environ.get("FER_EVENTS") == "1"


def tell(**event: Any) -> None:
    """Write one event as a line of JSON."""
    print(json.dumps(event), file=sys.stderr, flush=True)


def print_json(document: Any) -> None:
    """Print exactly one JSON document; what is not a number, or infinite, is null."""
    if tells_events():
        tell(result=_finite(document))
        return
    json.dump(_finite(document), sys.stdout, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


def _finite(value: Any) -> Any:
    """Return the value with null for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def open_store(*, read_only: bool = False) -> Iterator["RunStore"]:
    """Open the store that FER_STORE names, or ./runs/runs.db."""
    from fer_core.store import RunStore

    with RunStore.open(read_only=read_only) as store:
        yield store


def settings(pairs: list[str]) -> dict[str, str]:
    """Read ``key=value`` texts; raises InputError for one without an equals sign."""
    values = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InputError(f"--set takes key=value, got {pair!r}; e.g. --set batch_size=64")
        values[key.strip().replace("-", "_")] = value
    return values


def run_summary(run: Run) -> dict[str, Any]:
    """Return the JSON form of a run in a list."""
    test = run.test_score
    return {
        "id": run.id,
        "name": run.name,
        "preset": run.preset,
        "status": run.status,
        "dataset": run.dataset,
        "synthetic": run.synthetic,
        "seed": run.seed,
        "parameters": run.parameters,
        "epochs": run.epochs,
        "epochs_planned": run.epochs_planned,
        "best_epoch": run.best_epoch,
        "validation_accuracy": run.validation_accuracy,
        "test_accuracy": test.accuracy if test else None,
        "test_weights": test.weights if test else None,
        "test_averaging": test.averaging if test else None,
        "leaderboard_public": run.leaderboard_public,
        "leaderboard_private": run.leaderboard_private,
        "seconds": run.seconds,
        "tags": list(run.tags),
        "note": run.note,
    }


def left_out(images: int, counts: Mapping[str, int]) -> str:
    """Say how many images a run left out of training, and how many of them for what."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    return f"{images:,} images ({kinds})"


@contextmanager
def counting(label: str) -> Iterator[Any]:
    """Show a bar while something counts up; yields the function (done, total) that moves it."""
    if tells_events():
        yield lambda done, total: tell(done=done, total=total)
        return
    with _bar() as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class TrainingProgress:
    """A live line while a run trains, and a line that stays for each epoch."""

    def __init__(self) -> None:
        self._bar = _bar(TextColumn("{task.fields[speed]}"))
        self._task: TaskID | None = None
        self._run = ""
        self._epochs = 0
        self._done = 0

    def __enter__(self) -> "TrainingProgress":
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._bar.stop()
        if kind is KeyboardInterrupt and self._task is not None:
            name = shlex.quote(self._run)
            stderr.print(f"interrupted; finished epochs are stored. Go on: fer-core resume {name}")

    def start(self, run: str, *, first_epoch: int, epochs: int, device: "Device") -> None:
        """Show which run trains where."""
        stderr.print(
            f"{run}: epoch {first_epoch} to {epochs} on {device.name} "
            f"({device.precision}, {device.threads} threads)"
        )
        self._run, self._epochs, self._done = run, epochs, first_epoch - 1
        self._task = self._bar.add_task(f"epoch {first_epoch}/{epochs}", total=None, speed="")

    def batch(self, done: int, total: int) -> None:
        """Move the bar by images."""
        if self._task is not None:
            self._bar.update(
                self._task,
                completed=self._done * total + done,
                total=self._epochs * total,
                speed=self._speed(),
            )

    def epoch(self, epoch: Epoch) -> None:
        """Leave one line for the finished epoch."""
        self._done = epoch.epoch
        if self._task is not None and self._done < self._epochs:
            told = f"epoch {self._done + 1}/{self._epochs}, loss {epoch.train_loss:.3f}"
            told += f", accuracy {epoch.validation_accuracy:.1%}"
            self._bar.update(self._task, description=told)
        stderr.print(
            f"  epoch {epoch.epoch:>3}/{self._epochs}"
            f"  loss {epoch.train_loss:.3f}  accuracy {epoch.train_accuracy:6.2%}"
            f"  validation loss {epoch.validation_loss:.3f}"
            f"  accuracy {epoch.validation_accuracy:6.2%}  {epoch.seconds:.1f} s"
        )

    def _speed(self) -> str:
        task = next(task for task in self._bar.tasks if task.id == self._task)
        return f"{task.speed:,.0f} images/s" if task.speed else ""


def _bar(*columns: TextColumn) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        *columns,
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=stderr,
        transient=True,
        disable=not stderr.is_terminal,  # in a file a bar would leave an empty line
    )
