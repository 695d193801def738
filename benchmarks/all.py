"""All benchmarks that run on a CPU and have a peer, short, against what was recorded before.

Only ratios to the peers are compared, never seconds: machines differ, and the speed of one drifts.
A ratio is ours over the peer's, taken round by round; more is better. It fell when the ranges do
not meet (its best round now is below the worst one recorded) and the median is more than 10 %
lower. The ranges hold the noise of rounds, the 10 % that of days: on one machine, one ratio was up
to 9 % apart within a day. A ratio that fell is marked, and the exit code is 1, as it is when a
benchmark fails. On another processor than the recorded one, or with other threads, this is said;
ratios are marked all the same, but the exit code is 0: the code need not be the cause.

    python benchmarks/all.py [--only data] [--json]        # or: make bench
    python benchmarks/all.py --record [--only data]        # writes benchmarks/recorded.json

--record writes after each benchmark: a recording that was cut off goes on with --only.
"""

import argparse
import importlib.util
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from measuring import errors_in_one_line, machine, report
from rich.table import Table

from fer_core.errors import InputError
from fer_core.files import write_atomically

HERE = Path(__file__).parent
RECORDED = HERE / "recorded.json"
LEAST_FALL = 0.10  # of the median
# Each is measured and recorded by itself: a script and its options.
BENCHMARKS: dict[str, tuple[str, ...]] = {
    "training-fast": ("training", "--preset", "fast", "--rounds", "3"),
    "training-e-cnn": ("training", "--preset", "e-cnn", "--rounds", "3"),
    "explain": ("explain", "--rounds", "3", "--images", "8", "--device", "cpu"),
    "filters": ("filters", "--rounds", "3", "--filters", "16", "--steps", "20"),
    "lime_engine": ("lime_engine", "--rounds", "3", "--samples", "500"),
    "data": ("data", "--rounds", "3", "--images", "2000"),
    "store": ("store", "--rounds", "3", "--runs", "200"),
}
# Peers that are not installed with the rest: without them there is no ratio.
NEEDS = {"store": "mlflow"}

Spread = Mapping[str, float]  # median, min, max


def ratios_of(document: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Spread]]:
    """Yield each ratio with a spread that a script's document holds, by where it stands."""
    if not isinstance(document, Mapping):
        return
    if set(document) == {"median", "min", "max"}:
        # A way over itself, as some scripts list it, is 1 and says nothing.
        if any("ratio" in key for key in path) and set(document.values()) != {1}:
            yield " / ".join(path), document
        return
    for key, value in document.items():
        yield from ratios_of(value, (*path, str(key)))


def verdict(recorded: Spread | None, present: Spread | None) -> str:
    """Return ``fell``, ``rose``, ``as recorded``, ``not recorded`` or ``not measured``."""
    if recorded is None:
        return "not recorded"
    if present is None:
        return "not measured"
    if (
        present["max"] < recorded["min"]
        and present["median"] < (1 - LEAST_FALL) * recorded["median"]
    ):
        return "fell"
    if (
        present["min"] > recorded["max"]
        and present["median"] * (1 - LEAST_FALL) > recorded["median"]
    ):
        return "rose"
    return "as recorded"


def compared(recorded: Mapping[str, Any], present: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row a ratio of the benchmarks that were run now."""
    rows = []
    for benchmark, measured in present.items():
        before = recorded.get(benchmark, {}).get("ratios", {})
        now = measured["ratios"]
        for ratio in before | now:
            rows.append(
                {
                    "benchmark": benchmark,
                    "ratio": ratio,
                    "recorded": before.get(ratio),
                    "present": now.get(ratio),
                    "verdict": verdict(before.get(ratio), now.get(ratio)),
                }
            )
    return rows


def elsewhere(recorded: Mapping[str, Any], present: Mapping[str, Any]) -> list[str]:
    """Return a line for each benchmark that was recorded on another processor."""
    lines = []
    for benchmark, measured in present.items():
        before = recorded.get(benchmark)
        if before is None:
            continue
        for key in ("processor", "cores", "threads"):
            was, now = before["machine"][key], measured["machine"][key]
            if was != now:
                lines.append(f"{benchmark} was recorded with another {key}: {was}, here {now}")
    return lines


def run(script: str, *options: str) -> dict[str, Any]:
    """Run a script and return its ratios, and where, when and how they were measured."""
    command = shlex.join(["python", f"benchmarks/{script}.py", *options, "--json"])
    print(command, file=sys.stderr)
    done = subprocess.run(
        [sys.executable, str(HERE / f"{script}.py"), *options, "--json"],
        check=True,
        stdout=subprocess.PIPE,
    )
    return {
        "command": command,
        "machine": machine() | {"threads": os.environ.get("OMP_NUM_THREADS", "as many as cores")},
        "ratios": dict(ratios_of(json.loads(done.stdout))),
    }


def chosen(only: list[str]) -> list[str]:
    """Return the benchmarks to run: those asked for, or all whose peers are installed."""
    if unknown := sorted(set(only) - set(BENCHMARKS)):
        raise InputError(f"--only is {unknown[0]!r}; use one of {', '.join(BENCHMARKS)}")
    found = []
    for benchmark in only or BENCHMARKS:
        if benchmark in NEEDS and importlib.util.find_spec(NEEDS[benchmark]) is None:
            print(f"{benchmark} is left out: pip install 'fer-lab[bench]'", file=sys.stderr)
        else:
            found.append(benchmark)
    return found


def read(path: Path, *, needed: bool) -> dict[str, Any]:
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    if needed:
        raise InputError(f"{path}: nothing is recorded; record it with --record")
    return {}


def main() -> int:
    """Run, then compare or record; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", default=[], help="a benchmark; repeatable")
    parser.add_argument("--recorded", type=Path, default=RECORDED, help="the file")
    parser.add_argument("--record", action="store_true", help="write it instead of comparing")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    recorded = read(arguments.recorded, needed=not arguments.record)
    present: dict[str, Any] = {}
    failed = []
    for benchmark in chosen(arguments.only):
        try:
            present[benchmark] = run(*BENCHMARKS[benchmark])
        except subprocess.CalledProcessError as error:
            failed.append(f"{benchmark} failed with exit code {error.returncode}")
            continue
        if arguments.record:
            text = json.dumps(recorded | present, indent=2)
            write_atomically(arguments.recorded, f"{text}\n".encode())
    rows = compared(recorded, present)
    other = elsewhere(recorded, present)
    fell = [row for row in rows if row["verdict"] == "fell"]
    table = Table("benchmark", "ratio", "recorded", "now", "")
    for row in rows:
        cells = [_text(row[key]) for key in ("recorded", "present")]
        table.add_row(
            *(row["benchmark"], row["ratio"], *cells, row["verdict"]),
            style="red" if row in fell else "",
        )
    notes = [*other, *failed, f"{len(fell)} of {len(rows)} ratios fell"]
    document = {"machine": machine(), "ratios": rows, "elsewhere": other, "failed": failed}
    report(document, table, as_json=arguments.json, note="\n".join(notes))
    if arguments.record:
        return int(bool(failed))
    return int(bool(failed) or (bool(fell) and not other))


def _text(values: Spread | None) -> str:
    if values is None:
        return ""
    return f"{values['median']:.2f} ({values['min']:.2f} to {values['max']:.2f})"


if __name__ == "__main__":
    with errors_in_one_line():
        sys.exit(main())
