"""Fixtures for what a machine may lack: the real data set and a browser."""

import os
import shutil
from pathlib import Path

import pytest

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _unavailable(reason: str) -> None:
    """Skip with the reason; where CI says so, a skip is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must not skip this: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def fer2013_zip() -> Path:
    """Path of the real archive, from the environment variable FER2013."""
    named = os.environ.get("FER2013", "")
    if not named or not Path(named).is_file():
        _unavailable(f"FER2013 is {named!r}; set it to the path of fer2013.zip")
    return Path(named)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the system's Chromium or Chrome."""
    for name in _BROWSERS:
        if path := shutil.which(name):
            return path
    _unavailable("no Chromium; install it, e.g. apt-get install chromium")
    raise AssertionError("unreachable")
