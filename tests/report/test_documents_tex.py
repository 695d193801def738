import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.report.documents import tex, tex_text
from fer_core.report.documents.wording import Grid
from tests.report import written

# What escaped text may consist of: our commands, and letters that are none of TeX's.
SAFE = re.compile(
    r"(?:\\(?:text(?:backslash|asciicircum|asciitilde|less|greater|bar|quotedbl|asciigrave"
    r"|quotesingle|times|div|pm|periodcentered|degree|mu|endash|emdash|quoteleft|quoteright"
    r"|quotedblleft|quotedblright|bullet)|ldots|allowbreak)\{\}"
    r"|\\ensuremath\{(?:-|\^\{2\}|\\[A-Za-z]+(?:\{o\})?)\}|\\[{}$&#%_]|\{[\[\]]\}|[-,]\{\}"
    r"|[^\\{}$&#%_^~<>|\"`'\[\],\x00-\x1f-])*"
)


@given(st.text())
def test_no_text_is_a_command(content):
    assert SAFE.fullmatch(tex_text.escape(content))


LATIN = st.characters(
    max_codepoint=0x17F, exclude_categories=("C", "Z"), exclude_characters=tex_text._NOT_IN_T1
)


@given(st.text(LATIN))
def test_latin_text_is_kept(content):
    """Undo the commands: what TeX shows is what was given."""
    shown = tex_text.escape(content).replace(r"\allowbreak{}", "")
    for character, command in sorted(tex_text._SPECIAL.items(), key=lambda each: -len(each[1])):
        shown = shown.replace(command, character) if len(command) > 4 else shown
    shown = re.sub(r"\{([\[\]])\}|([-,])\{\}", r"\1\2", shown)
    assert re.sub(r"\\([{}$&#%_])", r"\1", shown) == content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("--with-faces", r"-{}-{}with-{}faces"),
        (r"\input{a_b} 5%", r"\textbackslash{}input\{a\_b\} 5\%"),
        ("ρ = −0.6, Ω", r"\ensuremath{\rho} = \ensuremath{-}0.6,{} \ensuremath{\Omega}"),
        ("ﬁ ₂ 😀", "fi 2 U+1F600"),
        ("a" * 18, r"aaaaaaaa\allowbreak{}aaaaaaaa\allowbreak{}aa"),
        (
            "cnn-lr_0.003-seed1",
            r"cnn-{}\allowbreak{}lr\_\allowbreak{}0.\allowbreak{}003-{}\allowbreak{}seed1",
        ),
    ],
)
def test_what_tex_reads(content, expected):
    assert tex_text.escape(content) == expected


def test_a_report_in_latin_letters_is_for_pdflatex_and_one_with_chinese_for_xelatex():
    assert "% Compile with pdfLaTeX" in tex.render(written.content(), {}).decode()
    for content in (written.content("表情"), written.content("cnn", "zh-TW")):
        source = tex.render(content, {}).decode()
        assert source.startswith("% Compile with XeLaTeX")
        assert "inputenc" not in source


def test_the_document_has_its_parts_in_order_and_figures_at_their_size_in_mm():
    source = tex.render(written.content(), {}).decode()
    wanted = [
        r"\begin{document}",
        r"\section{Runs}",
        r"\section{1. Build a model: cnn}",
        r"\textbf{Draft,{} from the stored numbers:} \emph{cnn has 1,{}129,{}895 parameters.}",
        r"\includegraphics[width=85.00mm,height=52.92mm]{figures/1-bars.pdf}",
        r"\caption{Accuracy of cnn.}\label{fig:1-bars}",
        r"\caption{Of cnn.}\label{tab:1-accuracy}",
        r"cnn & 65.4 \% \\",
        r"\texttt{fer-{}core explain cnn -{}-{}method saliency}",
        r"\includegraphics[width=170.00mm,height=52.92mm]{figures/2-wide.pdf}",
        r"\begin{longtable}[l]{@{}rr@{}}",
        r"\end{document}",
    ]
    places = [source.index(each) for each in wanted]
    assert places == sorted(places)
    assert source.count(r"\caption{All epochs.}") == 1, "not again on each page of a long table"
    assert source.index(r"\caption{All epochs.}") < source.index(r"\endfirsthead")


def test_a_hostile_name_stays_within_the_document():
    source = tex.render(written.content(written.HOSTILE), {}).decode()
    assert r"\input{" not in source
    assert not re.search(r"\\(?:url|href|write|openin|include)\b", source)
    assert source.count(r"\begin{document}") == source.count(r"\end{document}") == 1
    assert r"U+1F600" in source


def test_a_table_of_long_words_has_columns_that_break_and_fit_the_page():
    grid = Grid(("Run", "Text", "n"), (("a" * 80, "word " * 40, "3"),), (False, False, True))
    table = tex.tabular(grid)
    widths = [float(each) for each in re.findall(r"p\{([\d.]+)mm\}", table)]
    assert len(widths) == 3
    assert sum(widths) + 2 * 8 * 25.4 / 72.27 == pytest.approx(170, abs=3)
    assert r"\raggedleft" in table


def test_latin_letters_that_the_fonts_lack_are_named_by_their_code():
    assert tex_text.escape("Łódź Ŧ ŀ ſ") == "Łódź U+0166 U+0140 s"
