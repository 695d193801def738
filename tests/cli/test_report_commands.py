"""`fer-core report` and `report-draft`: what they say, keep and refuse; the writing is a stand-in
that keeps what it was asked."""

import io
import json
import sys
import zipfile
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from fer_core.cli import reporting
from fer_core.figures.export import DEFAULT_DPI
from fer_core.report import archive
from fer_core.report import plan as planning
from fer_core.report.command import FORMATS
from fer_core.report.template import Template, parse, read_template
from fer_core.store import RunStore
from tests.cli.conftest import Command
from tests.report import cast

Asked = list[dict[str, Any]]
TEMPLATE = """
slots = []
title = {en = "Title", "zh-TW" = "標題"}

[[sections]]
key = "1-training"
question = {en = "How?", "zh-TW" = "如何？"}
of = ["all"]
items = [{figure = "learning_curves"}]

[[sections]]
key = "2-confusion"
question = {en = "Which?", "zh-TW" = "哪些？"}
of = ["all"]
items = [{figure = "confusion_matrix", each = true}]
"""


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> RunStore:
    """Runs a and b with convolutions, without predictions."""
    with RunStore.open(tmp_path / "runs.db") as store:
        cast.add_data(store)
        cast.add(store, "a")
        cast.add(store, "b", accuracy=0.6)
    return store


@pytest.fixture(autouse=True)
def small_template(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(name: str) -> Template:
        return parse(TEMPLATE, name) if name == "comparison" else read_template(name)

    monkeypatch.setattr(planning, "read_template", read)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    calls: Asked = []

    def write(
        store: RunStore, plan: Any, path: Path, *, progress: Callable, **options: Any
    ) -> Path:
        progress(1, 1)
        path.write_bytes(b"zip")
        calls.append({"plan": plan, "path": path, **options})
        return path

    monkeypatch.setattr(archive, "write", write)
    return calls


def test_a_report_is_written_and_what_lacks_is_listed_with_its_command(
    command: Command, asked: Asked
) -> None:
    code, out, err = command("report", "b", "a", "-o", "r.zip", "--width-mm", "85", "--dpi", "150")
    assert (code, out) == (0, "")
    (call,) = asked
    assert call["plan"].width_mm == 85
    assert (call["formats"], call["dpi"]) == (("docx", "md", "tex", "html"), 150)
    assert call["command"] == "fer-core report b a --width-mm 85 --dpi 150"
    assert "missing in 2-confusion: Not stored yet: run 'a' has no predictions" in err
    assert "  make it: fer-core evaluate a --split validation" in err
    assert err.splitlines()[-1] == "r.zip: 1 figures, 0 tables"


def test_without_a_browser_one_line_says_what_is_left_out(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setattr(
        "choreographer.browsers.chromium.Chromium.find_browser", lambda *_, **__: None
    )
    code, _, err = command("report", "a", "b", "-o", str(tmp_path / "r.zip"))
    assert code == 0
    (line,) = [line for line in err.splitlines() if line.startswith("left out: ")]
    assert "pictures of figures, report.docx, report.tex" in line
    with zipfile.ZipFile(tmp_path / "r.zip") as packed:
        names = packed.namelist()
    assert {"report.html", "report.md"} <= {*names}
    assert not {"report.docx", "report.tex"} & {*names}


def test_the_document_says_what_is_in_it(command: Command, asked: Asked) -> None:
    code, out, _ = command("report", "a", "-o", "r.zip", "--formats", "html,md", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["template"] == "comparison"
    assert told["figures"] == ["1-training-learning_curves"]
    assert [each["command"] for each in told["missing"]] == [
        ["evaluate", "a", "--split", "validation"]
    ]
    assert (told["output"], told["draft"]) == ("r.zip", False)
    assert asked[0]["formats"] == ("md", "html")


def test_events_tell_progress_and_result(
    command: Command, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_EVENTS", "1")
    code, out, err = command("report", "a", "-o", "r.zip", "--json")
    assert (code, out) == (0, "")
    events = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert {"done": 2, "total": 2} in events
    assert events[-1]["result"]["output"] == "r.zip"


def test_a_draft_is_stored_printed_used_and_cleared(command: Command, asked: Asked) -> None:
    edits = {
        "title": "Mine",
        "texts": {"1-training": "It went well."},
        "captions": {},
        "left_out": ["2-confusion"],
    }
    Path("edits.json").write_text(json.dumps(edits), encoding="utf-8-sig")
    code, _, err = command("report-draft", "a", "b", "--edits", "edits.json")
    assert (code, err) == (0, "draft stored\n")
    code, out, _ = command("report-draft", "b", "a")
    assert json.loads(out) == edits
    code, out, err = command("report", "b", "a", "-o", "r.zip")
    assert code == 0
    assert "with the texts of the stored draft" in err
    assert asked[0]["plan"].edits.title == "Mine"
    assert [section.key for section in asked[0]["plan"].sections] == ["1-training"]
    command("report", "b", "a", "-o", "r.zip", "--no-draft")
    assert asked[1]["plan"].edits.title is None
    assert asked[1]["command"] == "fer-core report b a --no-draft"
    code, out, _ = command("report-draft", "a", "b", "--clear", "--json")
    told = json.loads(out)
    assert told["edits"] is None
    assert told["sections"] == ["1-training", "2-confusion"]
    assert "1-training-learning_curves" in told["blocks"]
    assert command("report-draft", "a", "b")[2].startswith("no draft is stored")


def test_edits_come_from_standard_input(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.TextIOWrapper(io.BytesIO('{"title": "標題"}'.encode()))
    monkeypatch.setattr(sys, "stdin", text)
    assert command("report-draft", "a", "--edits", "-")[0] == 0
    assert json.loads(command("report-draft", "a", "--json")[1])["edits"]["title"] == "標題"


def test_a_caption_of_a_run_that_was_renamed_is_named_and_left_out(
    command: Command, asked: Asked, store: RunStore
) -> None:
    key = "2-confusion-confusion_matrix-a"
    Path("edits.json").write_text(json.dumps({"captions": {key: "x"}}), encoding="utf-8")
    assert command("report-draft", "a", "--edits", "edits.json")[0] == 0
    assert command("runs", "rename", "a", "c")[0] == 0
    code, _, err = command("report", "c", "-o", "r.zip")
    assert code == 0
    assert f"the draft's '{key}' is not in this report any more; left out" in err
    assert asked[0]["plan"].edits.captions == {}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("report", "a", "-o", "r.pdf"), "r.pdf does not end in .zip"),
        (("report", "a", "-o", "no/r.zip"), "no/r.zip: cannot be written"),
        (("report", "ghost", "-o", "r.zip"), "no run 'ghost'"),
        (("report", "a", "-o", "r.zip", "--formats", "pdf"), "format 'pdf' is none of: docx"),
        (("report", "a", "-o", "r.zip", "--template", "1999"), "template '1999' is none of"),
        (("report", "a", "-o", "r.zip", "--lang", "fr"), "language 'fr' is none of: en, zh-TW"),
        (("report", "a", "-o", "r.zip", "--slot", "cnn"), "--slot takes PART=RUN, got 'cnn'"),
        (("report", "a", "-o", "r.zip", "--slot", "x=a"), "the template has no part 'x'"),
        (
            ("report", "a", "-o", "r.zip", "--slot", "x=a", "--slot", "x=b"),
            "--slot x stands there twice",
        ),
        (("report", "a", "-o", "r.zip", "--width-mm", "5"), "width 5 is not in 60..600 mm"),
        (("report-draft", "a", "--edits", "none.json"), "none.json: cannot be read"),
        (("report-draft", "a", "--edits", "."), ".: cannot be read"),
        (("report-draft", "a", "--edits", "bad.json"), "bad.json: no JSON"),
        (("report-draft", "a", "--edits", "deep.json"), "deep.json: no JSON"),
        (("report-draft", "a", "--edits", "large.json"), "more than 2,000,000 bytes"),
        (("report-draft", "a", "--edits", "other.json"), "edits have no 'colour'"),
        (("report-draft", "a", "--edits", "unknown.json"), "the text of '9-x'"),
        (("report-draft", "a", "--edits", "bad.json", "--clear"), "exclude each other"),
    ],
)
def test_wrong_input_is_one_line_and_changes_nothing(
    command: Command, asked: Asked, store: RunStore, arguments: tuple[str, ...], named: str
) -> None:
    Path("bad.json").write_text("{", encoding="utf-8")
    Path("deep.json").write_text("[" * 100_000, encoding="utf-8")
    Path("large.json").write_text(" " * 2_000_001, encoding="utf-8")
    Path("other.json").write_text('{"colour": 1}', encoding="utf-8")
    Path("unknown.json").write_text('{"texts": {"9-x": "a"}}', encoding="utf-8")
    Path("r.zip").write_bytes(b"old")
    before = sorted(path.name for path in Path().iterdir() if "runs.db-" not in path.name)
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert named in err
    assert asked == []
    assert Path("r.zip").read_bytes() == b"old"
    after = sorted(path.name for path in Path().iterdir() if "runs.db-" not in path.name)
    assert after == before
    with RunStore.open(store.path) as again:
        assert again.report_draft(["a"], "comparison", "en") is None


def test_what_the_commands_take_for_granted_is_what_a_plan_does() -> None:
    own = {name: p.default for name, p in signature(reporting.report).parameters.items()}
    theirs = {name: p.default for name, p in signature(planning.plan).parameters.items()}
    for name in ("template", "width_mm", "font_size", "with_faces"):
        assert own[name] == theirs[name]
    assert own["lang"] == theirs["language"]
    assert (own["formats"], own["dpi"]) == (",".join(FORMATS), DEFAULT_DPI)
    draft = {name: p.default for name, p in signature(reporting.report_draft).parameters.items()}
    assert (draft["template"], draft["lang"]) == (own["template"], own["lang"])
