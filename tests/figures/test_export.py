import hashlib
import importlib
import io
import re
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser
from pypdf import PdfReader

from fer_core import figures
from fer_core.errors import InputError
from tests.figures import boxes

# `fer_core.figures.export` is also the name of the function.
export = importlib.import_module("fer_core.figures.export")
PT_PER_MM = 72 / 25.4


@pytest.fixture(scope="module")
def built(known):
    return {name: figures.build(name, known.store, ("cnn", "dnn")) for name in figures.FIGURES}


# Without a browser


def test_no_browser_is_one_line_at_once(built, monkeypatch):
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setattr(
        "choreographer.browsers.chromium.Chromium.find_browser", lambda *_, **__: None
    )
    started = time.monotonic()
    for format in ("svg", "pdf", "png"):
        with pytest.raises(InputError, match=r"apt-get install chromium\) or set BROWSER_PATH"):
            figures.export(built["learning_curves"], format)
    assert time.monotonic() - started < 2
    assert figures.export(built["learning_curves"], "csv")
    assert figures.export(built["learning_curves"], "html")


def test_a_named_browser_that_is_none_is_named(built, monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/chrome")
    with pytest.raises(InputError, match="BROWSER_PATH=/nowhere/chrome is no program"):
        figures.export(built["learning_curves"], "svg")


def test_writing_is_all_or_nothing(built, tmp_path, monkeypatch):
    path = tmp_path / "curves.csv"
    assert figures.write(built["learning_curves"], path) == path
    first = path.read_bytes()
    assert first == figures.export(built["learning_curves"], "csv")
    monkeypatch.setattr(export, "export", lambda *_, **__: b"half")
    monkeypatch.setattr("pathlib.Path.replace", _full_disk)
    with pytest.raises(InputError, match=r"cannot write .*: No space left on device; choose"):
        figures.write(built["learning_curves"], path)
    assert [file.name for file in tmp_path.iterdir()] == ["curves.csv"]
    assert path.read_bytes() == first


def _full_disk(*_):
    raise OSError(28, "No space left on device")


def test_where_and_what_cannot_be_written(built, tmp_path):
    curves = built["learning_curves"]
    with pytest.raises(InputError, match=r"x\.gif does not end in one of: \.svg, \.pdf, \.png"):
        figures.write(curves, tmp_path / "x.gif")
    with pytest.raises(InputError, match="there is no folder"):
        figures.write(curves, tmp_path / "missing" / "x.csv")
    with pytest.raises(InputError, match="format 'gif' is none of: svg, pdf, png, html, csv"):
        figures.export(curves, "gif")
    with pytest.raises(InputError, match=r"dpi 5 is not in 50\.\.1200"):
        figures.export(curves, "png", dpi=5)


# With one


@pytest.mark.browser
def test_pdf_is_a_page_of_the_size_asked_for(known, drawing):
    for name, width in (("learning_curves", 85), ("confusion_matrix", 170)):
        built = figures.build(name, known.store, ("cnn", "dnn"), width_mm=width)
        reader = PdfReader(io.BytesIO(figures.export(built, "pdf")))
        [page] = reader.pages
        assert float(page.mediabox.width) / PT_PER_MM == pytest.approx(width, abs=0.1)
        height = built.figure.layout.height / 96 * 25.4
        assert float(page.mediabox.height) / PT_PER_MM == pytest.approx(height, abs=0.2)
        assert reader.metadata.creation_date.year == 2000


@pytest.mark.browser
def test_pdf_text_extracts_and_has_the_size_asked_for(known, drawing):
    built = figures.build("confusion_matrix", known.store, ("cnn", "dnn"), font_size=9)
    [page] = PdfReader(io.BytesIO(figures.export(built, "pdf"))).pages
    sizes = Counter()

    def visit(text, cm, tm, _font, size):
        if text.strip():
            sizes[round(abs(size * (tm[0] or tm[1]) * (cm[0] or cm[1])), 1)] += 1

    words = Counter(page.extract_text(visitor_text=visit).split())
    cells = [t for t in built.figure.data if t.type == "scatter"]
    wanted = Counter(cell for trace in cells for cell in trace.text)
    wanted += Counter(["0.00", "0.25", "0.50", "0.75", "1.00"])  # of the colour bar
    assert {word: words[word] for word in wanted} == dict(wanted)
    notes = " ".join(a.text for a in built.figure.layout.annotations).split()
    assert not Counter(notes) - words
    # Not shrunk to leave a margin: 9 pt is 9 pt on paper.
    assert sizes.most_common(1)[0][0] == pytest.approx(9, abs=0.1)


@pytest.mark.browser
def test_pdf_has_chinese_text_beside_latin(known, drawing):
    built = figures.build("learning_curves", known.store, (known.chinese, "cnn"))
    [page] = PdfReader(io.BytesIO(figures.export(built, "pdf"))).pages
    text = unicodedata.normalize("NFKC", page.extract_text())
    assert known.chinese in text
    assert "Accuracy (%)" in text
    # Latin text stays TrueType; Skia draws the glyphs of CJK collections as Type3.
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    assert "LiberationSans" in str([font.get("/BaseFont") for font in fonts])


@pytest.mark.browser
def test_svg_is_sized_in_mm_and_describes_itself(known, drawing):
    built = figures.build("learning_curves", known.store, ("cnn", known.markup))
    root = ElementTree.fromstring(figures.export(built, "svg"))
    assert root.get("width") == "85mm"
    height = float(root.get("height").removesuffix("mm"))
    assert height == pytest.approx(built.figure.layout.height / 96 * 25.4, abs=0.001)
    assert root.find("{*}desc").text == built.description
    texts = [
        "".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")
    ]
    assert {"Loss", "Epoch", "cnn", known.markup} <= set(texts)


@pytest.mark.browser
@pytest.mark.parametrize(("dpi", "pixels"), [(300, 1004), (96, 321)])
def test_png_has_its_pixels_and_its_resolution(built, drawing, dpi, pixels):
    with Image.open(io.BytesIO(figures.export(built["learning_curves"], "png", dpi=dpi))) as image:
        assert image.width == pytest.approx(pixels, abs=1)
        assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.02)
        assert image.convert("RGBA").getchannel("A").getextrema() == (255, 255), "opaque"
        assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


PROCESS = """
import hashlib, sys
from fer_core import figures
from fer_core.figures import browser
from fer_core.store import RunStore
store = RunStore.open(sys.argv[1], read_only=True)
for name in figures.FIGURES:
    built = figures.build(name, store, ("cnn", "dnn"))
    for format in figures.FORMATS:
        print(hashlib.sha256(figures.export(built, format)).hexdigest())
print(browser._browser._kaleido.subprocess.pid)
store.close()
"""


@pytest.mark.browser
def test_the_same_bytes_twice_and_in_another_process_that_ends_cleanly(
    known, built, drawing, remaining
):
    here = [
        [figures.export(built[name], format) for name in built for format in figures.FORMATS]
        for _ in range(2)
    ]
    assert here[0] == here[1]
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROCESS, str(known.store.path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, "")
    *there, pid = process.stdout.split()
    assert there == [hashlib.sha256(content).hexdigest() for content in here[0]]
    assert remaining(int(pid)) == []


@pytest.mark.browser
def test_pixels_of_faces_stay_crisp_in_every_format(known, drawing):
    """A face is 48 squares of one grey each: in the middle of each stands its level."""
    built = figures.build("samples", known.store, ("made-up",), per_class=4, width_mm=100)
    image = built.info.datasets[0].images[0]
    [source] = [picture.source for picture in built.figure.layout.images]
    svg = figures.export(built, "svg").decode()
    assert svg.count("<image ") == 1
    assert source in svg, "the stored pixels, not plotly's sampling of them"
    [page] = PdfReader(io.BytesIO(figures.export(built, "pdf"))).pages
    [inside] = page.images
    assert inside.image.size == (4 * (4 * 48 + 3 * 3), 4 * (6 * 48 + 5 * 3))
    np.testing.assert_array_equal(np.asarray(inside.image.convert("L"))[:192:4, :192:4], image)

    with Image.open(io.BytesIO(figures.export(built, "png", dpi=600))) as page:
        pixels = np.asarray(page.convert("L")).astype(int)
    scale = pixels.shape[1] / built.figure.layout.width
    x, y = built.figure.layout.xaxis, built.figure.layout.yaxis
    left, top = x.domain[0] * pixels.shape[1], (1 - y.domain[1]) * pixels.shape[0]
    side = (x.domain[1] - x.domain[0]) * built.figure.layout.width * scale / (4 * 48 + 3 * 3)
    centres = (np.arange(48) + 0.5) * side
    drawn = pixels[np.ix_((top + centres).astype(int), (left + centres).astype(int))]
    assert np.abs(drawn - image).max() <= 2


@pytest.mark.browser
def test_no_text_lies_on_other_text_or_outside(known, drawing, browser: Browser):
    """Every label of every figure, in widths and numbers of runs that reports have."""
    hostile = ("cnn", known.long, known.chinese, known.markup, "dnn", "real")
    cases = [
        ("learning_curves", hostile[:1], {}),
        ("learning_curves", (*hostile, "new"), {"smoothing": 0.5}),
        ("learning_curves", hostile, {"width_mm": 170, "x": "time"}),
        ("learning_curves", hostile[:3], {"width_mm": 120, "font_size": 12}),
        ("confusion_matrix", hostile[:1], {"normalise": "counts"}),
        ("confusion_matrix", hostile[:2], {}),
        ("confusion_matrix", hostile, {}),
        ("confusion_matrix", hostile, {"width_mm": 170}),
        ("confusion_matrix", hostile[:3], {"width_mm": 170, "font_size": 7}),
    ]
    shelf = ("made-up", "photographs", known.long, known.chinese, known.markup)
    for name in ("class_counts", "audit", "samples", "augmentation_preview", "mean_faces"):
        cases += [
            (name, shelf[:1], {}),
            (name, shelf[1:2], {"width_mm": 60}),
            (name, shelf, {}),
            (name, shelf, {"width_mm": 170}),
            (name, shelf[:2], {"width_mm": 120, "font_size": 12}),
        ]
    for name in ("saliency_panel", "explanations", "lime_panel", "mean_explanation"):
        cases += [
            (name, hostile[:1], {}),
            (name, hostile[:1], {"width_mm": 60}),
            (name, hostile, {"width_mm": 170}),
            (name, hostile[:2], {"width_mm": 120, "font_size": 12}),
        ]
    cases += [
        ("explanations", hostile[:1], {"width_mm": 170, "per_class": 2}),
        ("mean_explanation", hostile[:1], {"by": "cell"}),
        ("mean_explanation", hostile, {"by": "cell", "width_mm": 170, "scale": "shared"}),
    ]
    page = browser.new_page(viewport={"width": 800, "height": 1600})
    for name, runs, options in cases:
        built = figures.build(name, known.store, runs, **options)
        page.set_content(f"<body style='margin: 0'>{figures.export(built, 'svg').decode()}</body>")
        texts = page.evaluate(boxes.OF_TEXTS)
        size = built.figure.layout.width, built.figure.layout.height
        assert texts
        assert boxes.outside(texts, *size) == [], (name, options)
        assert boxes.overlapping(texts) == [], (name, options)
    page.close()


def test_ids_come_from_the_content(built):
    plotly = '<svg><defs id="defs-0a1b2c"/><g clip-path="url(#clip0a1b2cxy)"/><t>0a1b2c</t></svg>'
    other = plotly.replace('"defs-0a1b2c', '"defs-999999').replace("clip0a1b2c", "clip999999")
    replaced = export._replace_ids(plotly)
    assert replaced == export._replace_ids(other)
    assert "<t>0a1b2c</t>" in replaced
    assert len(set(re.findall(r"(?:defs-|clip)([0-9a-f]{6})", replaced))) == 1
    assert replaced != export._replace_ids(plotly.replace("<t>0a", "<t>1a"))
