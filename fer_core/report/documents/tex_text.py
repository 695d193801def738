"""Any text as TeX that shows it: nothing of it is a command, and no engine stumbles over it."""

import re
import unicodedata

from fer_core.figures import text

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "[": r"{[}",  # else it starts an option after \\ and \item
    "]": r"{]}",
    # Two of them would become a dash, ?` and !` a Spanish mark.
    "-": r"-{}",
    ",": r",{}",
    # What pdfLaTeX has no letters for, in fonts that every TeX has.
    "\N{MINUS SIGN}": r"\ensuremath{-}",
    "\N{MULTIPLICATION SIGN}": r"\texttimes{}",
    "\N{DIVISION SIGN}": r"\textdiv{}",
    "\N{PLUS-MINUS SIGN}": r"\textpm{}",
    "\N{MIDDLE DOT}": r"\textperiodcentered{}",
    "\N{DEGREE SIGN}": r"\textdegree{}",
    "\N{MICRO SIGN}": r"\textmu{}",
    "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
    "\N{EN DASH}": r"\textendash{}",
    "\N{EM DASH}": r"\textemdash{}",
    "\N{LEFT SINGLE QUOTATION MARK}": r"\textquoteleft{}",
    "\N{RIGHT SINGLE QUOTATION MARK}": r"\textquoteright{}",
    "\N{LEFT DOUBLE QUOTATION MARK}": r"\textquotedblleft{}",
    "\N{RIGHT DOUBLE QUOTATION MARK}": r"\textquotedblright{}",
    "\N{BULLET}": r"\textbullet{}",
    "\N{RIGHTWARDS ARROW}": r"\ensuremath{\rightarrow}",
    "\N{LEFTWARDS ARROW}": r"\ensuremath{\leftarrow}",
    "\N{LESS-THAN OR EQUAL TO}": r"\ensuremath{\leq}",
    "\N{GREATER-THAN OR EQUAL TO}": r"\ensuremath{\geq}",
    "\N{NOT EQUAL TO}": r"\ensuremath{\neq}",
    "\N{ALMOST EQUAL TO}": r"\ensuremath{\approx}",
    "\N{SUPERSCRIPT TWO}": r"\ensuremath{^{2}}",
}
# TeX's names of Greek letters are Unicode's, but for these; others look like Latin letters.
_GREEK = {"lamda": "lambda", "epsilon": "varepsilon", "phi": "varphi", "omicron": "mathrm{o}"}
_GREEK_NAME = re.compile(r"GREEK (SMALL|CAPITAL) LETTER ([A-Z]+)")
_GREEK_CAPITALS = frozenset(
    ("GAMMA", "DELTA", "THETA", "LAMDA", "XI", "PI", "SIGMA", "UPSILON", "PHI", "PSI", "OMEGA")
)
_WORD = re.compile(r"\S{13,}")
# Where a long word may end a line: after these, else after so many characters.
_JOINTS = re.compile(r"(?<=[-_/.:])(?=\w)")
_LONGEST, _PIECE = 16, 8

# Scripts that the fonts of the XeLaTeX preamble have: Chinese, Japanese and what goes with them.
_CJK = re.compile(
    "[\u2e80-\u2fff\u3000-\u30ff\u3100-\u312f\u3190-\u31bf\u31f0-\u33ff\u3400-\u9fff"
    "\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]"
)

# Of the Latin letters up to U+017F those that T1 fonts lack: pdfLaTeX stops at them.
_NOT_IN_T1 = frozenset("ĦħĸĿŀŉŦŧſ")


def escape(content: str) -> str:
    """Return TeX that shows one line of text as it is.

    Long words may be broken. A letter of neither Latin nor Chinese is named by its code
    (``U+1F600``): no font that every TeX has would show it.
    """
    line = _WORD.sub(_breakable, text.clean(content))
    return "".join(map(_character, line))


def needs_xetex(content: str) -> bool:
    """Say whether the text has letters that pdfLaTeX cannot set."""
    return _CJK.search(content) is not None


_BREAK = "\N{ZERO WIDTH SPACE}"  # clean() has removed those of the text


def _breakable(word: re.Match[str]) -> str:
    letters = word[0]
    if _CJK.search(letters):  # may be broken anywhere as it is
        return letters
    pieces: list[str] = []
    for part in _JOINTS.split(letters):
        step = len(part) if len(part) <= _LONGEST else _PIECE
        pieces += [part[at : at + step] for at in range(0, len(part), step)]
    return _BREAK.join(pieces)


def _character(character: str) -> str:
    if character == _BREAK:
        return r"\allowbreak{}"
    if character in _SPECIAL:
        return _SPECIAL[character]
    latin = "\u00a1" <= character <= "\u017f" and character not in _NOT_IN_T1
    if character.isascii() or _CJK.match(character) or latin:
        return character
    if greek := _GREEK_NAME.fullmatch(unicodedata.name(character, "")):
        size, name = greek.groups()
        if size == "SMALL" or name in _GREEK_CAPITALS:
            command = _GREEK.get(name.lower(), name.lower())
            return rf"\ensuremath{{\{command if size == 'SMALL' else command.capitalize()}}}"
    plain = unicodedata.normalize("NFKC", character)  # of ligatures, raised and lowered digits
    if plain != character and plain.isascii():
        return "".join(map(_character, plain))
    return f"U+{ord(character):04X}"
