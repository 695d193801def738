"""The report as LaTeX: for pdfLaTeX, or for XeLaTeX where there is Chinese in it."""

from collections.abc import Iterator, Mapping

from fer_core.report.content import Block, Content, FigureBlock, Paragraph, TableBlock
from fer_core.report.documents import wording
from fer_core.report.documents.columns import widths
from fer_core.report.documents.tex_text import escape, needs_xetex
from fer_core.report.documents.wording import Grid

NEEDS = "pdf"

_GAP = 12 * 25.4 / 72.27  # mm; between columns: twice \tabcolsep
_TABLE_FONT = 10.0  # pt; \small at 11 pt
_ROOMIER = 1.08  # TeX's letters are wider than those that were measured

_PDFLATEX = r"""% Compile with pdfLaTeX, twice.
\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp}
\usepackage{lmodern}"""

# The first of these fonts that there is. xeCJK has none of its own.
_XELATEX = r"""% Compile with XeLaTeX, twice. If it stops for want of a Chinese font: install Noto CJK
% (apt-get install fonts-noto-cjk), or name one of your own in the two lines \setCJK...font.
\documentclass[11pt,a4paper]{article}
\usepackage{fontspec}
\usepackage{xeCJK}
\newcommand{\firstfont}[3]{\IfFontExistsTF{#1}{\newcommand{#3}{#1}}{#2}}
\firstfont{Noto Serif CJK TC}{\firstfont{Noto Serif TC}{\firstfont{Songti TC}{%
  \firstfont{PMingLiU}{\newcommand{\serifcjk}{AR PL UMing TW}}{\serifcjk}}{\serifcjk}}{\serifcjk}}{\serifcjk}
\firstfont{Noto Sans CJK TC}{\firstfont{Noto Sans TC}{\firstfont{PingFang TC}{%
  \firstfont{Microsoft JhengHei}{\newcommand{\sanscjk}{\serifcjk}}{\sanscjk}}{\sanscjk}}{\sanscjk}}{\sanscjk}
\setCJKmainfont{\serifcjk}
\setCJKsansfont{\sanscjk}
\setCJKmonofont{\sanscjk}
\XeTeXlinebreaklocale "zh"
\XeTeXlinebreakskip = 0pt plus 1pt"""

_COMMON = r"""\usepackage[margin=20mm]{geometry}
\usepackage{array,booktabs,longtable}
\usepackage{graphicx}
\usepackage{float}
\usepackage{caption}
\usepackage{parskip}
\usepackage[hidelinks]{hyperref}
\setlength{\emergencystretch}{3em}
\setcounter{secnumdepth}{0}
\newcolumntype{L}[1]{>{\raggedright\arraybackslash}p{#1}}
\newcolumntype{R}[1]{>{\raggedleft\arraybackslash}p{#1}}"""


def render(content: Content, files: Mapping[str, Mapping[str, bytes]]) -> bytes:  # noqa: ARG001
    """Return the document, UTF-8. It loads ``figures/<key>.pdf`` from beside it."""
    language, words = content.language, wording.wording(content.language)
    body = [rf"\title{{{escape(content.title)}}}", r"\author{}", r"\date{}"]
    body += [r"\begin{document}", r"\maketitle"]
    body += [rf"\begin{{quote}}\small {escape(note)}\end{{quote}}" for note in content.notes]
    body += [rf"\section{{{escape(words.runs)}}}", *_longtable(wording.runs(content))]
    for section in content.sections:
        body += ["", rf"\section{{{escape(section.heading)}}}"]
        for block in section.blocks:
            body += ["", *_block(language, block)]
    body.append(r"\end{document}")
    written = "\n".join(body)
    engine = _XELATEX if language != "en" or needs_xetex(written) else _PDFLATEX
    head = "\n".join((engine, _COMMON, *_labels(language)))
    return f"{head}\n{written}\n".encode()


def _labels(language: str) -> Iterator[str]:
    """Yield what makes captions say the same as in the other documents."""
    for kind, named in (("figure", wording.figure_label), ("table", wording.table_label)):
        form = named(language, "#2")
        yield rf"\DeclareCaptionLabelFormat{{{kind}label}}{{{form}}}"
        yield rf"\captionsetup[{kind}]{{labelformat={kind}label}}"
    colon = wording.wording(language).colon
    yield rf"\DeclareCaptionLabelSeparator{{report}}{{{colon}}}"
    yield r"\captionsetup{labelsep=report,font=small,justification=raggedright,singlelinecheck=off}"


def _block(language: str, block: Block) -> Iterator[str]:
    words = wording.wording(language)
    if isinstance(block, Paragraph):
        content = escape(wording.paragraph(language, block))
        yield rf"\emph{{{content}}}" if block.draft else content
    elif isinstance(block, FigureBlock):
        width, height = wording.placed(block)
        yield r"\begin{figure}[H]"
        yield r"\centering"
        yield rf"\includegraphics[width={width:.2f}mm,height={height:.2f}mm]{{figures/{block.key}.pdf}}"
        yield rf"\setcounter{{figure}}{{{block.number - 1}}}"
        yield rf"\caption{{{escape(block.caption)}}}\label{{fig:{block.key}}}"
        yield r"\end{figure}"
    elif isinstance(block, TableBlock):
        yield rf"\setcounter{{table}}{{{block.number - 1}}}"
        caption = rf"\caption{{{escape(block.caption)}}}\label{{tab:{block.key}}}\\"
        yield from _longtable(Grid.of(block), caption)
    else:
        yield r"\begin{quote}\small"
        yield rf"\textbf{{{escape(words.missing)}}} {escape(block.what)}"
        if command := wording.command(block):
            yield rf"{escape(words.command)} \texttt{{{escape(command)}}}"
        yield r"\end{quote}"


def _longtable(grid: Grid, caption: str = "") -> Iterator[str]:
    """Yield a table that breaks over pages, its header repeated; without a number if no caption."""
    yield r"{\small"
    yield rf"\begin{{longtable}}[l]{{@{{}}{_columns(grid)}@{{}}}}"
    if caption:
        yield caption
    yield r"\toprule"
    yield _row(grid.header)
    yield r"\midrule"
    yield r"\endhead"
    yield r"\bottomrule"
    yield r"\endlastfoot"
    yield from map(_row, grid.rows)
    yield r"\end{longtable}"
    if not caption:
        yield r"\addtocounter{table}{-1}"
    yield "}"


def tabular(grid: Grid) -> str:
    """Return a table for somebody's own document, which needs booktabs and array."""
    lines = [
        "% needs \\usepackage{booktabs,array}",
        rf"\begin{{tabular}}{{@{{}}{_columns(grid, own=True)}@{{}}}}",
        r"\toprule",
        _row(grid.header),
        r"\midrule",
        *map(_row, grid.rows),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _row(cells: tuple[str, ...]) -> str:
    return " & ".join(map(escape, cells)) + r" \\"


def _columns(grid: Grid, *, own: bool = False) -> str:
    room = wording.TEXT_WIDTH / _ROOMIER
    given, fits = widths(grid, font_size=_TABLE_FONT, gap=_GAP, room=room)
    if fits:
        return "".join("r" if numeric else "l" for numeric in grid.numeric)
    kinds = (r">{\raggedright\arraybackslash}p", r">{\raggedleft\arraybackslash}p")
    left, right = kinds if own else ("L", "R")
    return "".join(
        f"{right if numeric else left}{{{width * _ROOMIER:.1f}mm}}"
        for width, numeric in zip(given, grid.numeric, strict=True)
    )
