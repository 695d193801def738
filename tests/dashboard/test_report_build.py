"""The page Report builds the zip and hands it out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import commands, jobs
from fer_core.errors import InputError
from fer_core.report.edits import Edits
from fer_core.store import RunStore
from tests.dashboard.reports import answer, stored, until
from tests.dashboard.test_pages import words

Open = Callable[..., AppTest]


def test_building_waits_for_what_is_being_saved(
    open_app: Open, own_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, dict[str, Any] | None]] = []
    start = jobs.start

    def note(store: RunStore, command: str, *given: Any, **choices: Any) -> Any:
        started.append((command, stored(own_store, ["a"])))
        return start(store, command, *given, **choices)

    monkeypatch.setattr(jobs, "start", note)
    app = open_app(own_store, "report", "a", section="3-training")
    answer(app).set_value("Mine.")
    app.button(key="report-start").click().run()
    until(app, lambda: len(started) == 2)
    edits = Edits(texts={"3-training": "Mine."}).to_json()
    assert started == [("report-draft", None), ("report", edits)]


def test_the_report_is_built_with_what_was_chosen(
    open_app: Open, own_store: Path, started: list[dict[str, Any]]
) -> None:
    app = open_app(own_store, "report", "a", "dense", template="2018-fall")
    app.button_group(key="report-formats").set_value(["md", "html"]).run()
    app.button(key="report-start").click().run()
    assert started[-1]["words"] == [
        *("report", "a", "dense", "--template=2018-fall", "--formats=md,html")
    ]
    assert "no job is started in this test" in words(app)
    app.button_group(key="report-formats").set_value([]).run()
    assert "Choose a format of the documents." in words(app)
    assert app.button(key="report-start").disabled


@pytest.fixture
def submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick command in the place of ``report`` that writes a file, too."""
    source = tmp_path / "test.csv"
    source.write_text(f"id,feature\n0,{' '.join(['7'] * 48 * 48)}\n")

    def submit(runs: list[str], **choices: Any) -> list[str]:
        return ["predict", *runs, f"--test={source}"]

    monkeypatch.setitem(commands.COMMANDS, "report", submit)


def test_what_was_built_can_be_downloaded_until_it_is_built_anew(
    open_app: Open, trained_store: RunStore, submission: None
) -> None:
    def files() -> list[str]:
        return sorted(path.suffix for path in (trained_store.folder / "jobs").iterdir())

    app = open_app(trained_store.path, "report", "first")
    app.button(key="report-start").click().run()
    until(app, lambda: app.get("download_button"))
    assert files() == [".log", ".zip"]
    assert "Something was changed since the report was built." not in words(app)
    app.button_group(key="report-width").set_value(85).run()
    assert "Something was changed since the report was built." in words(app)
    [built] = (trained_store.folder / "jobs").glob("*.zip")
    app.button(key="report-start").click().run()
    assert not built.exists()
    until(app, lambda: app.get("download_button"))
    assert files() == [".log", ".zip"]
    [built] = (trained_store.folder / "jobs").glob("*.zip")
    built.unlink()  # it was kept long enough
    app.run()
    assert not app.get("download_button")


def test_without_a_browser_the_page_says_what_will_lack(
    open_app: Open, own_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise InputError("no browser; install one")

    monkeypatch.setattr("dashboard.report_build.find_browser", missing)
    app = open_app(own_store, "report", "a")
    assert "no browser; install one" in words(app)
