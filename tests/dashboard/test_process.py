"""What the dashboard's process loads, and what its settings promise."""

import subprocess
import sys
import tomllib
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "dashboard"

# Draws every page over a store, then tells what was loaded on the way.
DRAW_ALL = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1], default_timeout=60)
app.query_params["runs"] = ["a", "b"]
app.run()
for page in sys.argv[2:]:
    app.switch_page("app_pages/" + page).run()
    assert not app.exception, app.exception
    without = ("runs.py", "photo.py", "errors.py", "filters.py")  # these have no filters stored
    assert page in without or app.get("plotly_chart"), page
heavy = {"torch", "torchvision", "fer_core.train", "fer_core.experiment", "fer_core.models"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
doubled = {"queries", "sidebar", "show", "texts", "tables", "states", "jobs", "waiting"}
assert not doubled & set(sys.modules), doubled & set(sys.modules)
"""


def test_no_page_loads_torch_or_a_module_twice(three_runs: Path) -> None:
    pages = [path.name for path in sorted((FOLDER / "app_pages").glob("[a-z]*.py"))]
    assert pages == [
        "architecture.py",
        "compare.py",
        "confusion.py",
        "data.py",
        "ensemble.py",
        "errors.py",
        "explanations.py",
        "filters.py",
        "learning_curves.py",
        "photo.py",
        "report.py",
        "runs.py",
    ]
    command = [sys.executable, "-c", DRAW_ALL, str(FOLDER / "streamlit_app.py"), *pages]
    # An installed wheel has no repository around it: run from elsewhere.
    done = subprocess.run(
        command,
        cwd=three_runs.parent,
        env={**_environment(), "FER_STORE": str(three_runs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _environment() -> dict[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def test_the_settings_keep_to_this_machine() -> None:
    settings = tomllib.loads((FOLDER / ".streamlit" / "config.toml").read_text())
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["server"]["maxUploadSize"] <= 10
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["client"]["showErrorDetails"] == "none"
    assert settings["client"]["showErrorLinks"] is False
    themes = settings["theme"]["light"], settings["theme"]["dark"]
    assert all(len(theme["chartCategoricalColors"]) == 8 for theme in themes)
    assert "http" not in (FOLDER / ".streamlit" / "config.toml").read_text()


def test_every_page_file_is_short() -> None:
    for path in (FOLDER / "app_pages").glob("[a-z]*.py"):
        assert 20 <= len(path.read_text().splitlines()) <= 80, path
