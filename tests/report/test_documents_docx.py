import io
import re
import zipfile

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from PIL import Image

from fer_core.report.documents import docx
from tests.report import written


@pytest.fixture(scope="module")
def files():
    picture = io.BytesIO()
    Image.new("RGB", (100, 60), "white").save(picture, "PNG", dpi=(300, 300))
    return {key: {"png": picture.getvalue()} for key in ("1-bars", "2-wide")}


@pytest.fixture(scope="module")
def rendered(files):
    return docx.render(written.content(), files)


@pytest.fixture(scope="module")
def document(rendered):
    return Document(io.BytesIO(rendered))


def text_of(paragraph) -> str:
    """With the numbers of captions, which are fields."""
    return "".join(node.text or "" for node in paragraph._p.iter(qn("w:t")))


def test_headings_and_captions_are_words_own(document):
    found = [(each.style.name, text_of(each)) for each in document.paragraphs]
    assert [text for style, text in found if style == "Title"] == ["Report on cnn"]
    assert [text for style, text in found if style == "Heading 1"] == [
        "Runs",
        "1. Build a model: cnn",
        "2. Why?",
    ]
    assert [text for style, text in found if style == "Caption"] == [
        "Figure 1: Accuracy of cnn.",
        "Table 1: Of cnn.",
        "Figure 2: A wide figure.",
        "Table 2: All epochs.",
    ]
    fields = [node.get(qn("w:instr")) for node in document.element.iter(qn("w:fldSimple"))]
    assert [each.split()[1] for each in fields] == ["Figure", "Table", "Figure", "Table"]


def test_drafts_and_what_is_missing_are_told(document):
    texts = [text_of(each) for each in document.paragraphs]
    assert "Draft, from the stored numbers: cnn has 1,129,895 parameters." in texts
    assert (
        "Missing: Not stored yet: cnn. Make it with: fer-core explain cnn --method saliency"
        in texts
    )


def test_pictures_have_their_size_in_mm_and_say_what_they_show(document):
    sizes = [(shape.width.mm, shape.height.mm) for shape in document.inline_shapes]
    assert sizes == [pytest.approx((85, 52.92), abs=0.01), pytest.approx((170, 52.92), abs=0.01)]
    described = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert described == ["Two bars.\ncnn: 0.654"] * 2
    [section] = document.sections
    assert (section.page_width.mm, section.page_height.mm) == pytest.approx((210, 297), abs=0.1)


def test_tables_repeat_their_header_and_align_numbers(document):
    _, accuracy, epochs = document.tables
    assert [[cell.text for cell in row.cells] for row in accuracy.rows] == [
        ["Run", "Accuracy"],
        ["cnn", "65.4 %"],
        ["dnn", "32.7 %"],
    ]
    assert [cell.paragraphs[0].alignment for cell in accuracy.rows[1].cells] == [
        None,
        WD_ALIGN_PARAGRAPH.RIGHT,
    ]
    assert len(epochs.rows) == 41
    repeated = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in epochs.rows]
    assert repeated == [True] + [False] * 40
    assert sum(column.width.mm for column in epochs.columns) < 170


def test_chinese_has_a_chinese_font(files):
    document = Document(io.BytesIO(docx.render(written.content("表情", "zh-TW"), files)))
    for name in ("Normal", "Heading 1", "Caption", "Title"):
        fonts = document.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == "Microsoft JhengHei"
        assert fonts.get(qn("w:ascii")) == "Arial"
        assert not [each for each in fonts.attrib if each.endswith("Theme")]
    assert document.core_properties.language == "zh-TW"


def test_the_same_content_gives_the_same_bytes_and_no_clock_time(rendered, files):
    assert docx.render(written.content(), files) == rendered
    with zipfile.ZipFile(io.BytesIO(rendered)) as package:
        assert {member.date_time for member in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = package.read("docProps/core.xml").decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\d", core)) == {"2000-01-01"}


def test_names_are_text_and_nothing_points_outside(files):
    rendered = docx.render(written.content(written.HOSTILE), files)
    document = Document(io.BytesIO(rendered))
    assert document.paragraphs[0].text == f"Report on {written.SHOWN}"
    assert document.tables[1].rows[1].cells[0].text == written.SHOWN
    with zipfile.ZipFile(io.BytesIO(rendered)) as package:
        for name in package.namelist():
            assert b'TargetMode="External"' not in package.read(name), name
