"""One server over one small store and one browser for all tests; a fresh page for each."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from fer_core.store import RunStore
from tests.dashboard import stores

DASHBOARD = Path(__file__).parents[2] / "dashboard"
HOSTILE = "<b>x</b> **y** ![z](http://evil.example/z.png) :smile:"
PATIENCE = 60_000  # ms; what is waited for comes in one or two seconds on an idle machine


@dataclass(frozen=True)
class Server:
    """Where the dashboard answers, and the store it shows."""

    url: str
    store: Path


@pytest.fixture(scope="session")
def server(
    chromium: str, trained_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A dashboard over the runs of `trained_folder`, and newer ones that have no weights."""
    folder = tmp_path_factory.mktemp("e2e")
    shutil.copytree(trained_folder, folder, dirs_exist_ok=True)
    path = folder / "runs.db"
    with RunStore.open(path) as store:
        stores.add_faces(store)
        stores.add_flagged(store, "flagged")
        for seed, (name, best) in enumerate(((HOSTILE, 0.5), ("c", 0.4), ("b", 0.6), ("a", 0.7))):
            stores.add_run(store, name, epochs=6, best=best, seed=seed)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(DASHBOARD)]
    command += ["--server.port", str(port), "--server.headless", "true"]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "FER_STORE": str(path)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://localhost:{port}"
        _wait_until_healthy(url, process, folder / "server.log")
        yield Server(url, path)
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < give_up:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health") as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page that may ask nobody but the server, and whose scripts may not fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=server.url)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    asked: list[str] = []
    failed: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    yield page
    context.close()
    own = (server.url, server.url.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(own)] == []
    assert asked, "requests were recorded"
    assert failed == []
