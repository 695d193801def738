"""Page Explanations: what is not stored is computed by a click, or named by its command."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import pytest

from dashboard import commands, jobs
from dashboard.jobs import RUNNING, Job
from fer_core.records import EXPLANATION, Run
from fer_core.store import RunStore
from fer_core.store.liveness import this_process
from tests.dashboard import stores
from tests.dashboard.test_explanations_page import STORED, Open, asked, choose, drawn
from tests.dashboard.test_pages import commands as shown_commands
from tests.dashboard.test_pages import words
from tests.figures import explained


def stand_in(
    arguments: list[tuple[str, list[str]]], **told: Any
) -> Callable[[RunStore, str, Sequence[Run]], Job]:
    """What starts no process: it stores what the command would, and leaves its log."""

    def start(store: RunStore, command: str, runs: Sequence[Run], **choices: Any) -> Job:
        arguments.append((runs[0].name, commands.COMMANDS[command]([runs[0].id], **choices)))
        if "result" in told:
            with RunStore.open(store.path) as writing:
                stores.explain(writing, runs[0].name, choices["samples"], choices["methods"])
        process = this_process()
        who = {"command": command, "runs": [runs[0].id], "process": asdict(process)}
        (store.folder / "jobs").mkdir(exist_ok=True)
        log = store.folder / "jobs" / "stand-in.log"
        log.write_text(json.dumps({"job": who}) + "\n" + json.dumps(told) + "\n")
        return Job(log, command, (runs[0].id,), process, RUNNING)

    return start


def test_a_click_computes_what_is_missing_and_shows_it(
    open_app: Open, trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores.explain(trained_store, "first", STORED[:1])
    started: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(jobs, "start", stand_in(started, result={"stored": 4}))
    app = open_app(trained_store.path, "explanations", "first", sample=",".join(STORED))
    run_id = trained_store.run("first").id
    app.button(key=f"explain-{run_id}").click().run()
    assert not app.exception, app.exception
    app.run()
    methods, samples = "--methods=saliency,lime", "--samples=validation:1,validation:2"
    assert started == [("first", ["explain", run_id, methods, samples])]
    assert len(trained_store.tensor_keys("first", EXPLANATION)) == 6
    assert drawn(app) == list(STORED)
    assert not [button for button in app.button if button.key == f"explain-{run_id}"]


def test_what_went_wrong_is_said_until_something_else_is_asked_for(
    open_app: Open, trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "start", stand_in([], error="no space left; delete a run"))
    app = open_app(trained_store.path, "explanations", "first", sample=STORED[0])
    app.button(key=f"explain-{trained_store.run('first').id}").click().run()
    app.run()
    assert "no space left; delete a run" in words(app)
    app.text_input(key="sample").set_value(STORED[1]).run()
    assert "no space left" not in words(app)


def test_progress_is_shown_and_no_second_job_is_offered(
    open_app: Open, trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "start", stand_in([], done=2, total=6))
    app = open_app(trained_store.path, "explanations", "first", "second", sample=STORED[0])
    app.button(key=f"explain-{trained_store.run('first').id}").click().run()
    assert not app.exception, app.exception
    assert "2 of 6" in str(app.get("progress")[0].proto)
    compute = [button for button in app.button if button.key.startswith("explain-")]
    assert [button.disabled for button in compute] == [True, True]
    app.session_state["job-explain"].unlink()


def test_methods_about_a_layer_and_about_pixels_are_two_commands(
    open_app: Open, trained_store: RunStore
) -> None:
    app = open_app(trained_store.path, "explanations", "first", sample=STORED[0])
    app.selectbox(key="explain_layer").set_value("conv1").run()
    choose(app, "explain_methods", ["gradcam", "lime"])
    [command] = [c for c in shown_commands(app) if "explain" in c]
    assert command.endswith("--methods=gradcam --samples=validation:0 --layers=conv1")
    explained.add(
        trained_store, "first", STORED[:1], ["gradcam"], predicted=["Sad"], true=["Sad"],
        layer="conv1",
    )  # fmt: skip
    app.run()
    assert asked(app, "first") == (["lime"], [STORED[0]])
    assert "--layers" not in shown_commands(app)[0]
