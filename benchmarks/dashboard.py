"""The dashboard's speed in a real browser, over a store of 1,000 runs of 50 epochs.

What is timed: from the start of the process to the first page, drawn (and the same for a
Streamlit app of one line, which is what nobody can save); from a click on a page's name to that
page, drawn; from a click to 512 faces with their probabilities on the screen. Every start has a
fresh process and a browser without a cache. Medians of rounds.

    python benchmarks/dashboard.py [--rounds 5] [--runs 1000] [--json]     # needs Chromium
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from measuring import machine, report, spread
from playwright.sync_api import Browser, Page, sync_playwright
from rich.table import Table
from store import FerLab

from fer_core.data.synthetic import synthesise
from fer_core.figures.browser import find_browser
from fer_core.records import CLASS_NAMES, Predictions
from fer_core.store import RunStore

DASHBOARD = Path(__file__).parent.parent / "dashboard"
FACES, HAPPY = 512, CLASS_NAMES.index("Happy")
TASKS = {
    "empty": "an empty Streamlit app: process start to first page",
    "start": "process start to first page, {runs:,} runs",
    "runs": "switch to Runs, {runs:,} runs",
    "first_chart": "the first chart of a fresh browser (it loads plotly.js)",
    "learning_curves": "switch to Learning curves, 2 runs",
    "confusion": "switch to Confusion, 1 run",
    "faces": f"{FACES} faces with probabilities",
}


def fill(folder: Path, runs: int) -> Path:
    """Make the store: copies of one history, and one run that takes 600 faces for happy."""
    bench = FerLab(folder)
    bench.fill(runs - 1)
    store = bench.store
    store.add_dataset("synthetic", synthesise(6000))
    fingerprint = store.dataset("synthetic").fingerprint
    happy = np.flatnonzero(store.labels(fingerprint, "train") == HAPPY)[:600]
    new = store.start_run("seen", config={}, data="synthetic", held_out=happy)
    with new as run:
        judged = store.evaluation_split(run.id, "validation")
        odds = np.random.default_rng(0).random((len(judged.labels), len(CLASS_NAMES)))
        odds[:, HAPPY] += 1
        shares = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
        run.add_predictions(
            Predictions("validation", "best", "none", shares, 1, "0" * 64, judged.fingerprint)
        )
    store.close()
    return store.path


@contextmanager
def server(app: Path, store: Path) -> Iterator[str]:
    """Run a Streamlit app; yield its address as soon as the process was started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    command += ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    process = subprocess.Popen(
        command,
        env={**os.environ, "FER_STORE": str(store)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(20)


def open_first(page: Page, url: str, drawn: str) -> None:
    """Open the page as soon as the server answers, and wait until it is drawn."""
    while True:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health"):
                break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    page.goto(url)
    wait(page, drawn)


def wait(page: Page, drawn: str) -> None:
    page.locator(drawn).first.wait_for(state="attached")
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def switch(page: Page, name: str, drawn: str) -> float:
    start = time.perf_counter()
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=name, exact=True).wait_for()
    wait(page, drawn)
    return time.perf_counter() - start


def measure(browser: Browser, empty: Path, store: Path, runs: list[str]) -> dict[str, float]:
    """Do every task once and return seconds by task."""
    seconds = {}
    for task, app, drawn in (("empty", empty, "text=here"), ("start", DASHBOARD, "canvas")):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        start = time.perf_counter()
        with server(app, store) as url:
            open_first(page, url, drawn)
            seconds[task] = time.perf_counter() - start
            if task == "start":
                query = "&".join(f"runs={name}" for name in runs)
                page.goto(f"{url}/?{query}")
                wait(page, "canvas")
                chart = ".js-plotly-plot .main-svg"
                seconds["first_chart"] = switch(page, "Learning curves", chart)
                seconds["runs"] = switch(page, "Runs", "canvas")
                seconds["learning_curves"] = switch(page, "Learning curves", chart)
                seconds["confusion"] = switch(page, "Confusion", f"{chart} .textpoint")
                seconds["faces"] = show_faces(page)
            context.close()
    return seconds


def show_faces(page: Page) -> float:
    for label in ("True class", "Predicted class"):
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name="Happy", exact=True).click()
    wait(page, ".faces figure:nth-child(24)")
    start = time.perf_counter()
    page.get_by_text(str(FACES), exact=True).click()
    page.locator(f".faces figure:nth-child({FACES}) b").wait_for()
    wait(page, ".faces")
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--json", action="store_true", dest="as_json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        empty = folder / "empty.py"
        empty.write_text("import streamlit as st\nst.write('here')\n", encoding="utf-8")
        store = fill(folder, arguments.runs)
        with RunStore.open(store, read_only=True) as opened:
            picked = [run.name for run in opened.runs()[:2]]
        browser = playwright.chromium.launch(
            executable_path=find_browser(),
            args=["--no-sandbox", "--disable-background-networking"],
        )
        rounds = []
        for number in range(arguments.rounds):
            rounds.append(measure(browser, empty, store, picked))
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
        browser.close()
    results = {task: spread([each[task] for each in rounds]) for task in TASKS}
    table = Table("task", "median s", "min", "max", title="The dashboard in Chromium")
    for task, label in TASKS.items():
        found = results[task]
        cells = (f"{found[key]:.2f}" for key in ("median", "min", "max"))
        table.add_row(label.format(runs=arguments.runs), *cells)
    document = {**machine(), "rounds": arguments.rounds, "runs": arguments.runs, "seconds": results}
    report(document, table, as_json=arguments.as_json)


if __name__ == "__main__":
    main()
