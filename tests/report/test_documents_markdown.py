import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from fer_core.figures import text
from fer_core.report.documents import markdown
from tests.report import written

FILES = {"1-bars": {"png": b"", "csv": b""}, "2-wide": {"png": b"", "csv": b""}}


def parsed(source: str) -> list:
    return MarkdownIt("gfm-like", {"linkify": False}).parse(source)


def texts(source: str) -> list[str]:
    """What a reader sees of each line of text: code and text alone, joined."""
    return [
        "".join(child.content for child in token.children if child.type in ("text", "code_inline"))
        for token in parsed(source)
        if token.type == "inline"
    ]


def test_a_report_has_its_headings_tables_figures_and_captions_in_order():
    shown = texts(markdown.render(written.content(), FILES).decode())
    wanted = [
        "Report on cnn",
        "Of synthetic data: cnn.",
        "Runs",
        "1. Build a model: cnn",
        "Draft, from the stored numbers: cnn has 1,129,895 parameters.",
        "By hand.",
        "Figure 1: Accuracy of cnn.",
        "Table 1: Of cnn.",
        "2. Why?",
        "Missing: Not stored yet: cnn. Make it with: fer-core explain cnn --method saliency",
        "Missing: A DNN has no maps.",
        "Figure 2: A wide figure.",
        "Table 2: All epochs.",
    ]
    assert [line for line in shown if line in wanted] == wanted
    cells = shown[shown.index("Table 1: Of cnn.") + 1 :][:6]
    assert cells == ["Run", "Accuracy", "cnn", "65.4 %", "dnn", "32.7 %"]


def test_pictures_are_files_of_the_zip_and_describe_themselves():
    source = markdown.render(written.content(), FILES).decode()
    images = [
        child for token in parsed(source) for child in token.children or () if child.type == "image"
    ]
    assert [image.attrs["src"] for image in images] == ["figures/1-bars.png", "figures/2-wide.png"]
    assert images[0].content == "Two bars. cnn: 0.654"


def test_without_pictures_it_says_what_they_show_and_links_the_numbers():
    files = {key: {"csv": b""} for key in FILES}
    source = markdown.render(written.content(), files).decode()
    assert "![" not in source
    assert "[figures/1-bars.csv](figures/1-bars.csv)" in source
    assert "cnn: 0.654" in texts(source)


def test_names_are_text_and_nothing_else():
    source = markdown.render(written.content(written.HOSTILE), FILES).decode()
    tokens = [child for token in parsed(source) for child in (token, *(token.children or ()))]
    assert not [t for t in tokens if t.type in ("html_inline", "html_block", "s_open")]
    assert [t.attrs["href"] for t in tokens if t.type == "link_open"] == []
    assert {t.attrs["src"] for t in tokens if t.type == "image"} == {
        "figures/1-bars.png",
        "figures/2-wide.png",
    }
    shown = texts(source)
    assert f"Report on {written.SHOWN}" in shown
    assert written.SHOWN in shown  # a cell of a table
    assert len([t for t in tokens if t.type == "tr_open"]) == 3 + 3 + 41
    # GitHub links addresses that stand alone.
    without_code = re.sub(r"(?<!\\)(`+)(?!`).*?(?<!`)\1(?!`)", "", source)
    assert not re.search(r"[a-z]://|www\.|[a-z]@", without_code)


@given(st.text())
def test_any_text_comes_out_of_a_parser_as_it_went_in(content):
    line = text.clean(content)
    tokens = parsed(markdown.escape(content))
    assert [t.type for t in tokens if t.type.endswith("_open")] == ["paragraph_open"] * bool(line)
    assert "".join(texts(markdown.escape(content))) == line


@pytest.mark.parametrize("start", ["# a", "- a", "+ a", "1. a", "12) a", "=== a", "--- a", ": a"])
def test_no_line_starts_a_list_a_heading_or_a_rule(start):
    assert texts(f"above\n{markdown.escape(start)}") == [f"above{start}"]
