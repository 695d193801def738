"""The report as LaTeX: for pdfLaTeX, or for XeLaTeX where there is Chinese in it."""

from collections.abc import Iterator, Mapping

from fer_core.figures.canvas import TEXT_WIDTH_MM
from fer_core.report.content import Block, Content, FigureBlock, Paragraph, TableBlock
from fer_core.report.documents import wording
from fer_core.report.documents.columns import widths
from fer_core.report.documents.tex_text import escape, needs_xetex
from fer_core.report.documents.wording import Grid

NEEDS = "pdf"

_GAP = 8 * 25.4 / 72.27  # mm; between columns: twice \tabcolsep
_IN_ONE_PIECE = 15  # rows; so many fit on a page if each takes three lines
_TABLE_FONT = 10.0  # pt; \small at 11 pt
_ROOMIER = 1.08  # TeX's letters are wider than those that were measured

_PDFLATEX = r"""% Compile with pdfLaTeX, twice.
\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp}
\usepackage{lmodern}"""

# The first of these fonts that there is: xeCJK brings none of its own.
_XELATEX = r"""% Compile with XeLaTeX, twice. If it stops for want of a Chinese font: get Noto CJK
% (apt-get install fonts-noto-cjk), or add the name of one of your own to the two lists.
\documentclass[11pt,a4paper]{article}
\usepackage{fontspec}
\usepackage{xeCJK}
\newcommand{\tryfont}[2]{\ifdefined#1\else\IfFontExistsTF{#2}{\newcommand{#1}{#2}}{}\fi}
\tryfont{\serifcjk}{Noto Serif CJK TC}
\tryfont{\serifcjk}{Noto Serif TC}
\tryfont{\serifcjk}{Songti TC}
\tryfont{\serifcjk}{PMingLiU}
\tryfont{\serifcjk}{AR PL UMing TW}
\tryfont{\sanscjk}{Noto Sans CJK TC}
\tryfont{\sanscjk}{Noto Sans TC}
\tryfont{\sanscjk}{PingFang TC}
\tryfont{\sanscjk}{Microsoft JhengHei}
\tryfont{\sanscjk}{AR PL UKai TW}
\setCJKmainfont{\serifcjk}
\setCJKsansfont{\sanscjk}
\setCJKmonofont{\sanscjk}"""

_COMMON = r"""\usepackage[margin=20mm]{geometry}
\usepackage{array,booktabs,longtable}
\usepackage{graphicx}
\usepackage{float}
\usepackage{caption}
\usepackage{parskip}
\usepackage[hidelinks]{hyperref}
\setlength{\emergencystretch}{3em}
\setlength{\tabcolsep}{4pt}
\setlength{\LTpre}{6pt}
\setlength{\LTpost}{6pt}
\setlength{\LTcapwidth}{\textwidth}
\setcounter{secnumdepth}{0}
\newcolumntype{L}[1]{>{\raggedright\arraybackslash}p{#1}}
\newcolumntype{R}[1]{>{\raggedleft\arraybackslash}p{#1}}"""


def render(content: Content, files: Mapping[str, Mapping[str, bytes]]) -> bytes:  # noqa: ARG001
    """Return the document, UTF-8. It loads ``figures/<key>.pdf`` from beside it."""
    language, words = content.language, wording.wording(content.language)
    title = escape(content.title)
    body = [rf"\hypersetup{{pdftitle={{{title}}}}}", r"\begin{document}"]
    body.append(rf"{{\LARGE\raggedright {title}\par}}\bigskip")
    body += [rf"\begin{{quote}}\small {escape(note)}\end{{quote}}" for note in content.notes]
    body += [rf"\section{{{escape(words.runs)}}}", *_table(wording.runs(content))]
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
        content = escape(block.text)
        if block.draft and language == "en":  # Chinese has no italics
            content = rf"\emph{{{content}}}"
        yield rf"\textbf{{{escape(words.draft)}}} {content}" if block.draft else content
    elif isinstance(block, FigureBlock):
        width, height = wording.placed(block)
        yield r"\begin{figure}[H]"
        yield r"\centering"
        size = f"width={width:.2f}mm,height={height:.2f}mm"
        yield rf"\includegraphics[{size}]{{figures/{block.key}.pdf}}"
        yield rf"\setcounter{{figure}}{{{block.number - 1}}}"
        yield rf"\caption{{{escape(block.caption)}}}\label{{fig:{block.key}}}"
        yield r"\end{figure}"
    elif isinstance(block, TableBlock):
        caption = rf"\caption{{{escape(block.caption)}}}\label{{tab:{block.key}}}"
        yield rf"\setcounter{{table}}{{{block.number - 1}}}"
        yield from _table(Grid.of(block), caption)
    else:
        yield r"\begin{quote}\small"
        yield rf"\textbf{{{escape(words.missing)}}} {escape(block.what)}"
        if command := wording.command(block):
            yield rf"{escape(words.command)} \texttt{{{escape(command)}}}"
        yield r"\end{quote}"


def _table(grid: Grid, caption: str = "") -> Iterator[str]:
    """Yield a table in one piece where it is small, else one that breaks over pages."""
    if len(grid.rows) <= _IN_ONE_PIECE:
        yield r"\begin{table}[H]\small"
        yield caption
        yield from _lines(grid)
        yield r"\end{table}"
        return
    yield r"{\small"
    yield from _long_lines(grid, caption)
    yield "}"


def _lines(grid: Grid, *, own: bool = False) -> list[str]:
    """Return a table that stays in one piece."""
    return [
        rf"\begin{{tabular}}{{@{{}}{_columns(grid, own=own)}@{{}}}}",
        *_head(grid),
        *map(_row, grid.rows),
        r"\bottomrule",
        r"\end{tabular}",
    ]


def _long_lines(grid: Grid, caption: str) -> list[str]:
    """Return a table that breaks over pages, each with its header; the caption stands once."""
    return [
        rf"\begin{{longtable}}[l]{{@{{}}{_columns(grid)}@{{}}}}",
        *([rf"{caption}\\"] if caption else []),
        *_head(grid),
        r"\endfirsthead",
        *_head(grid),
        r"\endhead",
        r"\bottomrule",
        r"\endlastfoot",
        *map(_row, grid.rows),
        r"\end{longtable}",
    ]


def _head(grid: Grid) -> tuple[str, str, str]:
    return r"\toprule", _row(grid.header), r"\midrule"


def tabular(grid: Grid) -> str:
    """Return a table for somebody's own document, which needs booktabs and array."""
    lines = [r"% needs \usepackage{array,booktabs}", *_lines(grid, own=True)]
    return "\n".join(lines) + "\n"


def _row(cells: tuple[str, ...]) -> str:
    return " & ".join(map(escape, cells)) + r" \\"


def _columns(grid: Grid, *, own: bool = False) -> str:
    room = TEXT_WIDTH_MM / _ROOMIER
    given, fits = widths(grid, font_size=_TABLE_FONT, gap=_GAP, room=room)
    if fits:
        return "".join("r" if numeric else "l" for numeric in grid.numeric)
    kinds = (r">{\raggedright\arraybackslash}p", r">{\raggedleft\arraybackslash}p")
    left, right = kinds if own else ("L", "R")
    return "".join(
        f"{right if numeric else left}{{{width * _ROOMIER:.1f}mm}}"
        for width, numeric in zip(given, grid.numeric, strict=True)
    )
