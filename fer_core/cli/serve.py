"""``fer-core dashboard``: open the dashboard over the store."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from fer_core.errors import InputError


def dashboard(
    port: Annotated[int, typer.Option(help="Port on localhost.")] = 8501,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Open the dashboard on http://localhost:8501 over ./runs/runs.db, or FER_STORE's file.

    Example: fer-core dashboard --port 8600
    """
    specification = importlib.util.find_spec("dashboard")
    if specification is None or specification.origin is None:
        raise InputError("the package 'dashboard' is not installed; run: make install")
    folder = Path(specification.origin).parent
    store = Path(os.environ.get("FER_STORE", "runs/runs.db")).absolute()
    command = [sys.executable, "-m", "streamlit", "run", str(folder)]
    command += ["--server.port", str(port)]
    if not browser or not sys.stdin.isatty():
        command += ["--server.headless", "true"]
    environment = {**os.environ, "FER_STORE": str(store)}
    raise typer.Exit(subprocess.run(command, env=environment, check=False).returncode)
