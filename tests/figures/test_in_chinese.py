"""Every figure in Traditional Chinese: complete, the same numbers, nothing cut or overlapping."""

import re

import pytest
from playwright.sync_api import Browser

from fer_core import figures
from fer_core.errors import InputError
from fer_core.records import CLASS_NAMES
from tests.figures import boxes

IDEOGRAPHS = re.compile("[\u3400-\u9fff]")
# They show names of settings and their values only.
WITHOUT_WORDS = {"configuration_difference"}


def drawn_text(built: figures.Built) -> list[str]:
    """What is written on the figure, without the names of runs and data sets."""
    layout, found = built.figure.layout, []
    for key in layout:
        if key.startswith(("xaxis", "yaxis")):
            found += [layout[key].title.text or "", *(layout[key].ticktext or ())]
    found += [note.text for note in layout.annotations]
    for trace in built.figure.data:
        words = getattr(trace, "text", None)
        found += [trace.name or "", *(words if isinstance(words, tuple) else ())]
    return found


@pytest.mark.parametrize("name", figures.FIGURES)
def test_every_figure_is_chinese_and_its_numbers_are_not(known, complete, name):
    runs = ("cnn", "dnn")[: max(1, figures.least_of(name))]
    english, chinese = (
        figures.build(name, known.store, runs, language=language) for language in ("en", "zh-TW")
    )
    assert english.table.equals(chinese.table)
    assert figures.export(english, "csv") == figures.export(chinese, "csv")
    lines = chinese.description.split("\n")
    assert IDEOGRAPHS.search(lines[0])
    assert "Project-Id-Version" not in chinese.description  # what gettext makes of no message
    words = drawn_text(chinese)
    assert IDEOGRAPHS.search("".join(words)) or name in WITHOUT_WORDS
    assert not [word for word in words if any(each in str(word) for each in CLASS_NAMES)]


@pytest.mark.parametrize("name", ["confusion_matrix", "class_counts"])
def test_an_unknown_language_is_refused_before_anything_is_read(known, monkeypatch, name):
    def collect(store, references):
        raise AssertionError("read")

    monkeypatch.setattr(figures.FIGURES[name], "collect", collect)
    with pytest.raises(InputError, match="language 'de' is none of: en, zh-TW"):
        figures.build(name, known.store, ("cnn",), language="de")


@pytest.mark.browser
@pytest.mark.parametrize("width_mm", [85, 170])
def test_no_chinese_text_is_cut_or_lies_on_another(known, drawing, browser: Browser, width_mm):
    page = browser.new_page(viewport={"width": 800, "height": 1600})
    for name in figures.FIGURES:
        runs = ("cnn", "dnn")[: max(1, figures.least_of(name))]
        built = figures.build(name, known.store, runs, language="zh-TW", width_mm=width_mm)
        svg = figures.export(built, "svg").decode()
        page.set_content(f"<body style='margin: 0'>{svg}</body>")
        texts = page.evaluate(boxes.OF_TEXTS)
        # Names of layers and settings may be cut, words not.
        cut = [text for text, *_box in texts if "…" in text and IDEOGRAPHS.search(text)]
        assert cut == [], name
        assert boxes.outside(texts, built.figure.layout.width, built.figure.layout.height) == []
        # Fonts with Chinese have taller boxes around letters of the same height.
        assert boxes.overlapping(texts, shared=2) == [], name
    page.close()


@pytest.mark.browser
def test_labels_of_maps_fit_where_they_are_small(known, drawing, browser: Browser):
    page = browser.new_page(viewport={"width": 800, "height": 1600})
    for name in ("saliency_panel", "explanations", "lime_panel", "mean_explanation"):
        for runs, width_mm in ((("cnn", known.chinese), 170), (("cnn",), 60)):
            built = figures.build(name, known.store, runs, language="zh-TW", width_mm=width_mm)
            svg = figures.export(built, "svg").decode()
            page.set_content(f"<body style='margin: 0'>{svg}</body>")
            texts = page.evaluate(boxes.OF_TEXTS)
            assert any("生氣" in text[0] for text in texts)
            assert not any("…" in text[0] for text in texts), (name, runs)
            size = built.figure.layout.width, built.figure.layout.height
            assert boxes.outside(texts, *size) == [], (name, runs)
            assert boxes.overlapping(texts) == [], (name, runs)
    page.close()
