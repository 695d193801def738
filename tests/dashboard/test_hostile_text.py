"""Names, notes and URLs are anyone's to write: they are shown as text, or left out."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import faces
from fer_core.store import RunStore
from tests.dashboard.conftest import HOSTILE

Open = Callable[..., AppTest]

# What shows Markdown or HTML; all else is plain text (or a canvas).
MARKDOWN = ("title", "header", "subheader", "caption", "markdown", "html", "metric")


def rendered(app: AppTest) -> list[str]:
    elements = [element for kind in MARKDOWN for element in app.get(kind)]
    shown = [str(element.proto) for element in elements]
    labels = [
        str(getattr(element.proto, "label", ""))
        for kind in ("button", "selectbox", "multiselect", "slider", "expander", "download_button")
        for element in app.get(kind)
    ]
    return [*shown, *labels]


@pytest.mark.parametrize(
    "page",
    ["runs", "learning_curves", "confusion", "architecture", "photo", "explanations", "errors"],
)
def test_markup_in_names_notes_and_tags_reaches_no_markdown(
    open_app: Open, stopped_runs: Path, page: str
) -> None:
    app = open_app(stopped_runs, page, HOSTILE, "killed")
    assert app.multiselect(key="runs").value == [HOSTILE, "killed"]
    for shown in rendered(app):
        # The faces of a cell lead to a page of ours; there, names are percent-encoded.
        text = re.sub(r'href=\\"explanations\?[A-Za-z0-9%&;=+._-]*\\"', "", shown)
        # Over the bars of several runs their names are text of HTML, which is not Markdown.
        text = re.sub(r"<h6>[^<]*</h6>", "", text)
        assert "evil.example" not in text
        assert "**y**" not in text
        assert "<i>tag" not in text


def test_markup_is_shown_as_it_is(open_app: Open, stopped_runs: Path) -> None:
    app = open_app(stopped_runs, "runs", HOSTILE)
    assert HOSTILE in list(app.dataframe[0].value["name"])
    texts = [text.value for text in app.text]
    assert f"# note {HOSTILE}" in texts
    assert any("<i>tag</i>" in text for text in texts)


def test_commands_quote_names_for_the_shell(
    open_app: Open, tmp_path: Path, three_runs: Path
) -> None:
    name = "a; rm -rf $HOME 'x'"
    with RunStore.open(tmp_path / "runs.db") as store, store.start_run(name, config={}):
        pass
    app = open_app(tmp_path / "runs.db", "learning_curves", name)
    quoted = "'a; rm -rf $HOME '\"'\"'x'\"'\"''"
    assert app.code[0].value == f"fer-core figure learning_curves {quoted} -o learning_curves.svg"


def test_unknown_runs_in_the_url_are_left_out_with_a_note(open_app: Open, three_runs: Path) -> None:
    unknown = "**nope** <b>" + "x" * 500
    app = open_app(three_runs, "learning_curves", "a", unknown, *(f"n{i}" for i in range(50)))
    assert app.multiselect(key="runs").value == ["a"]
    noted = [text.value for text in app.sidebar.text]
    assert noted[0] == unknown[:80]
    assert len(noted) == 5
    app.multiselect(key="runs").set_value(["a", "b"]).run()
    assert not app.sidebar.text, "the note goes with the next choice"


def test_a_run_deleted_while_it_was_picked_is_left_out(open_app: Open, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with RunStore.open(path) as store:
        for name in ("a", "b"):
            with store.start_run(name, config={}):
                pass
        app = open_app(path, "runs", "a", "b")
        store.delete("a")
        app.run()
    assert not app.exception
    assert app.multiselect(key="runs").value == ["b"]
    assert [text.value for text in app.sidebar.text] == ["a"]


def test_faces_escape_every_text() -> None:
    import numpy as np

    face = faces.Face(HOSTILE, '"><script>', (("<u>", 0.25), ("b", 0.75)))
    html = faces.grid(np.zeros((1, 48, 48), np.uint8), [face], true="b", predicted="<u>")
    for markup in ("<b>x", "<script", "<u>", '"">'):
        assert markup not in html
    assert "&lt;script&gt;" in html


def test_tiles_escape_every_text() -> None:
    import numpy as np

    tile = faces.Tile(HOSTILE, "<u>", '"><script>')
    html = faces.tiles(np.zeros((1, 48, 48), np.uint8), [("<i>heading", [tile])])
    for markup in ("<b>x", "<script", "<u>", "<i>heading", '"">'):
        assert markup not in html
    assert "&lt;script&gt;" in html
