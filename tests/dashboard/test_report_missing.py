"""The page Report makes what is missing, by commands that it may start and no other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import commands
from dashboard.report_commands import making
from fer_core.errors import InputError
from fer_core.report import collect
from fer_core.report.plan import plan
from fer_core.report.template import TEMPLATES, read_template
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.dashboard.reports import until
from tests.dashboard.test_pages import commands as shown_commands
from tests.dashboard.test_pages import words

Open = Callable[..., AppTest]


def test_what_is_missing_is_made_by_a_button_and_then_shown(
    open_app: Open, trained_store: RunStore
) -> None:
    app = open_app(trained_store.path, "report", "first", section="7-explanations")
    assert "Not stored yet: run 'first' has no stored saliency" in words(app)
    assert "fer-core explain first --methods saliency" in shown_commands(app)
    assert not app.get("plotly_chart")
    next(button for button in app.button if button.label == "Compute it").click().run()
    until(app, lambda: app.get("plotly_chart"))
    assert trained_store.tensor_keys("first", "explanation")
    assert "has no stored saliency" not in words(app)


def test_runs_without_weights_get_no_button(open_app: Open, cast_store: Path) -> None:
    app = open_app(cast_store, "report", "good", section="8-filters")
    assert "Not stored yet: run 'good' has no stored plain filters" in words(app)
    assert "fer-core filters good" in shown_commands(app)
    assert not [button for button in app.button if button.label == "Compute it"]
    assert "good: its checkpoints are not on this disk." in words(app)


def test_every_command_that_templates_name_for_what_they_lack_can_be_started(
    tmp_path: Path,
) -> None:
    found = set()
    with RunStore.open(tmp_path / "runs.db") as store:
        stores.add_faces(store, 140)
        for name in ("a", "b"):
            stores.add_run(store, name, epochs=2, test=False)
        with store.start_run("new", preset="fast", data=stores.DATA, layers=stores.LAYERS):
            pass  # nobody has evaluated it
        for template in TEMPLATES:
            slots = dict.fromkeys(read_template(template).slots, "a")
            planned = plan(store, ["a", "b", "new"], template=template, slots=slots)
            for section in planned.template.sections:
                missing = collect.section(store, planned, section.key).missing
                found |= {each.command for each in missing if each.command}
    assert {command[0] for command in found} == {
        *("data", "dream", "adversarial", "evaluate", "explain", "filters", "outputs")
    }
    for command in found:
        made = making(command)
        assert made is not None, command
        argv = commands.COMMANDS[made.command]([made.subject], **made.choices)
        split = [part for word in argv for part in word.split("=", 1)]
        without_default = [word for word in command if word not in ("--split", "validation")]
        assert split == without_default


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("runs", "delete", "a", "--yes"),
        ("train", "fast"),
        ("explain", "a", "--force"),
        ("explain", "a", "--methods"),
        ("evaluate", "a", "--device", "cuda"),
        ("data", "preview", "a", "--seed", "1"),
    ],
)
def test_other_commands_are_not_started(command: tuple[str, ...]) -> None:
    assert making(command) is None


@pytest.mark.parametrize(
    ("command", "runs", "choices", "message"),
    [
        ("evaluate", ["a", "b"], {}, "2 runs to evaluate; pick one"),
        ("evaluate", ["a"], {"split": "train"}, "split 'train' is none of"),
        ("evaluate", ["a"], {"weights": "--device"}, "weights '--device' is none of"),
        ("preview", ["a"], {"dataset": "--help"}, "data set is '--help'"),
        ("preview", [], {"dataset": "faces"}, "data set is 'faces'; use one that"),
    ],
)
def test_commands_refuse_what_no_widget_offers(
    command: str, runs: list[str], choices: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        commands.COMMANDS[command](runs, **choices)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"template": "2020"}, "template '2020' is none of"),
        ({"language": "de"}, "language 'de' is none of"),
        ({"slots": {"cnn": "b"}}, "cnn is 'b', none of the runs of the report"),
        ({"slots": {"--yes": "a"}}, "part '--yes' is none of"),
        ({"formats": ["exe"]}, "format 'exe' is none of"),
        ({"formats": []}, "formats is ''; name some of"),
        ({"width_mm": 1e9}, "width is 1000000000.0; use one of 170, 85"),
    ],
)
def test_report_refuses_what_no_widget_offers(changed: dict[str, Any], message: str) -> None:
    given = {"template": "2017", "slots": {}, "language": "en", **changed}
    with pytest.raises(InputError, match=message):
        commands.COMMANDS["report"](["a"], **given)


def test_the_commands_leave_out_what_is_default() -> None:
    about: dict[str, Any] = {"template": "comparison", "slots": {}, "language": "en"}
    assert commands.COMMANDS["report"](["a", "b"], **about) == ["report", "a", "b"]
    about = {"template": "2017", "slots": {"cnn": "b"}, "language": "zh-TW"}
    told = ["a", "b", "--template=2017", "--slot=cnn=b", "--lang=zh-TW"]
    argv = commands.COMMANDS["report"](
        ["a", "b"], **about, formats=("html", "md"), width_mm=85, with_faces=True
    )
    assert argv == ["report", *told, "--formats=md,html", "--width-mm=85", "--with-faces"]
    argv = commands.COMMANDS["report-draft"](["a", "b"], **about)
    assert argv == ["report-draft", *told, "--edits=-"]
    argv = commands.COMMANDS["report-draft"](["a", "b"], **about, clear=True)
    assert argv == ["report-draft", *told, "--clear"]
