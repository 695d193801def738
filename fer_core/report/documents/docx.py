"""The report as a Word document, A4: real headings, captions with Word's own numbers."""

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from fer_core.figures import text
from fer_core.figures.canvas import TEXT_WIDTH_MM
from fer_core.files import zip_member
from fer_core.report.content import Block, Content, FigureBlock, Missing, Paragraph, TableBlock
from fer_core.report.documents import wording
from fer_core.report.documents.columns import widths
from fer_core.report.documents.wording import Grid

NEEDS = "png"

# Arial has the widths of the figures' Liberation Sans; each system with Word has one of the two.
_LATIN, _CHINESE, _MONO = "Arial", "Microsoft JhengHei", "Courier New"
_MARGIN, _GAP = 20.0, 2.8  # mm; the gap is the padding of cells, both sides
_TABLE_FONT = 9.0
_BOLD, _ROOMIER = 1.12, 1.04
_INK = RGBColor(0x1A, 0x1A, 0x1A)
_SIZES = {"Normal": 11, "Title": 20, "Heading 1": 14, "Caption": 9.5, "Intense Quote": 10}
_LONGEST_PROPERTY = 255  # characters


def render(content: Content, files: Mapping[str, Mapping[str, bytes]]) -> bytes:
    """Return the document; files: of each figure its png."""
    document = Document()
    _page(document, content)
    words = wording.wording(content.language)
    document.add_paragraph(text.clean(content.title), "Title")
    for note in content.notes:
        document.add_paragraph(text.clean(note), "Intense Quote")
    document.add_heading(words.runs, 1)
    _table(document, wording.runs(content))
    for section in content.sections:
        document.add_heading(text.clean(section.heading), 1)
        for block in section.blocks:
            _block(document, content.language, block, files)
    written = io.BytesIO()
    document.save(written)
    return _repacked(written.getvalue())


def _page(document: Any, content: Content) -> None:
    [page] = document.sections
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(_MARGIN)
    for name, size in _SIZES.items():
        style = document.styles[name]
        style.font.size, style.font.color.rgb = Pt(size), _INK
        style.font.italic = False
        _set_fonts(style.element.get_or_add_rPr())
    document.styles["Caption"].font.bold = False
    document.styles["Normal"].paragraph_format.space_after = Pt(6)
    heading = document.styles["Heading 1"].paragraph_format
    heading.space_before, heading.space_after = Pt(18), Pt(6)
    for name in ("Title", "Intense Quote"):  # rules above and below, of the template
        for border in document.styles[name].element.iter(qn("w:pBdr")):
            border.getparent().remove(border)
            break
    quote = document.styles["Intense Quote"].paragraph_format
    quote.left_indent = quote.right_indent = Mm(5)
    document.styles["Intense Quote"].font.bold = False
    foot = page.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _field(foot, "PAGE", "1")
    properties = document.core_properties
    properties.title = text.clean(content.title)[:_LONGEST_PROPERTY]
    properties.language = content.language
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = datetime(2000, 1, 1, tzinfo=UTC)
    properties.revision = 1


def _set_fonts(properties: Any) -> None:
    """The template's fonts are a theme's; they would win over names."""
    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for name, font in (
        ("ascii", _LATIN),
        ("hAnsi", _LATIN),
        ("cs", _LATIN),
        ("eastAsia", _CHINESE),
    ):
        fonts.set(qn(f"w:{name}"), font)
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    lang = OxmlElement("w:lang")
    lang.set(qn("w:val"), "en-US")  # of Latin words: else they break anywhere
    lang.set(qn("w:eastAsia"), "zh-TW")
    properties.append(lang)


def _block(
    document: Any, language: str, block: Block, files: Mapping[str, Mapping[str, bytes]]
) -> None:
    if isinstance(block, Paragraph):
        paragraph = document.add_paragraph()
        if block.draft:
            paragraph.add_run(f"{wording.wording(language).draft} ").bold = True
        run = paragraph.add_run(text.clean(block.text))
        run.italic = (block.draft and language == "en") or None  # Chinese has no italics
    elif isinstance(block, FigureBlock):
        _figure(document, block, files[block.key]["png"])
        _caption(document, language, block, "Figure")
    elif isinstance(block, TableBlock):
        above = _caption(document, language, block, "Table").paragraph_format
        above.keep_with_next, above.space_before = True, Pt(12)
        _table(document, Grid.of(block))
    else:
        _missing(document, language, block)


def _figure(document: Any, block: FigureBlock, png: bytes) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(6)
    width, height = wording.placed(block)
    picture = paragraph.add_run().add_picture(io.BytesIO(png), Mm(width), Mm(height))
    described = picture._inline.docPr
    described.set("name", block.key)
    described.set("descr", "\n".join(map(text.clean, block.alt.splitlines())))


def _caption(document: Any, language: str, block: FigureBlock | TableBlock, sequence: str) -> Any:
    """Add ``Figure 3: ...`` whose number is a field, so that Word lists and counts them."""
    before, after = wording.label(language, block).split(str(block.number))
    paragraph = document.add_paragraph(style="Caption")
    paragraph.add_run(before)
    _field(paragraph, f"SEQ {sequence} \\* ARABIC", str(block.number))
    colon = wording.wording(language).colon
    paragraph.add_run(f"{after}{colon}{text.clean(block.caption)}")
    return paragraph


def _field(paragraph: Any, instruction: str, shown: str) -> None:
    """Add what Word computes anew; shown: until it does."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), f" {instruction} ")
    field.append(paragraph.add_run(shown)._r)
    paragraph._p.append(field)


def _missing(document: Any, language: str, block: Missing) -> None:
    words = wording.wording(language)
    paragraph = document.add_paragraph(style="Intense Quote")
    paragraph.add_run(words.missing).bold = True
    paragraph.add_run(f" {text.clean(block.what)}")
    if command := wording.command(block):
        paragraph.add_run(f" {words.command} ")
        paragraph.add_run(command).font.name = _MONO


def _table(document: Any, grid: Grid) -> None:
    room = (TEXT_WIDTH_MM - _GAP) / _ROOMIER
    shares, _ = widths(grid, font_size=_TABLE_FONT, gap=_GAP, room=room, bold=_BOLD)
    given = [share * _ROOMIER for share in shares]
    table = document.add_table(0, len(grid.header))
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    _rules(table._tbl.tblPr, "tblBorders", ("top", "bottom"), 8)
    _padding(table._tbl.tblPr)
    for number, column in enumerate(table.columns):
        column.width = Mm(given[number] + _GAP)
    for place, cells in enumerate((grid.header, *grid.rows)):
        row = table.add_row()
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if place == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for number, (cell, content) in enumerate(zip(row.cells, cells, strict=True)):
            cell.width = Mm(given[number] + _GAP)
            if place == 0:
                _rules(cell._tc.get_or_add_tcPr(), "tcBorders", ("bottom",), 4)
            [paragraph] = cell.paragraphs
            paragraph.paragraph_format.space_before = Pt(1)
            paragraph.paragraph_format.space_after = Pt(1)
            # A table stays in one piece where a page can hold it.
            paragraph.paragraph_format.keep_with_next = place < min(len(grid.rows), 20) or None
            if grid.numeric[number]:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            run = paragraph.add_run(content)
            run.font.size, run.bold = Pt(_TABLE_FONT), place == 0 or None
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _rules(properties: Any, kind: str, sides: tuple[str, ...], eighths: int) -> None:
    """Add horizontal rules; eighths: their width, of a point."""
    borders = OxmlElement(f"w:{kind}")
    for side in sides:
        rule = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", str(eighths)), ("space", "0")):
            rule.set(qn(f"w:{name}"), value)
        borders.append(rule)
    properties.append(borders)


def _padding(properties: Any) -> None:
    """Set what is left free at both sides of each cell."""
    padding = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        width = OxmlElement(f"w:{side}")
        width.set(qn("w:w"), str(round(_GAP / 2 / 25.4 * 1440)))
        width.set(qn("w:type"), "dxa")
        padding.append(width)
    properties.append(padding)


def _repacked(document: bytes) -> bytes:
    """Return the same package without the time of its making."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            member = zip_member(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(member, old.read(name))
    return packed.getvalue()
