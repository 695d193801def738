"""Text in figures: what fits where, what must be escaped, how numbers are written.

Widths come from a table, not from the fonts of the machine, so that a figure is laid out the
same everywhere.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol

from fer_core.records import CLASS_NAMES
from fer_core.translation import Translate

# Latin first: with a CJK font in front, a PDF's Latin text does not extract. The last two are
# for screens elsewhere; Arial has the widths of Liberation Sans.
FONT_FAMILY = "Liberation Sans, Noto Sans CJK TC, Arial, sans-serif"

# Advance widths of Liberation Sans (and Arial, Helvetica) for ASCII 32 to 126, in 1/1000 em.
_ASCII_WIDTHS = (
    (278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278)
    + (556,) * 10
    + (278, 278, 584, 584, 584, 556)
    + (1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778)
    + (667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556)
    + (333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556)
    + (556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584)
)
_OTHER_WIDTHS = {"–": 556, "·": 556, "×": 584, "−": 584}
ELLIPSIS = "…"
LOWER = 0.1  # em; so much too high plotly puts the middle of a scatter's text


def clean(text: str) -> str:
    """Make one printable line of any text: no controls, no direction marks, no surrogates."""
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category in ("Cs", "Cn", "Co"):
            kept.append("\N{REPLACEMENT CHARACTER}")  # XML and fonts have no place for it
        elif category != "Cf":
            kept.append(" " if category in ("Cc", "Zl", "Zp") else character)
    return " ".join("".join(kept).split())


def escape(text: str) -> str:
    """Return `text` so that plotly, which reads pseudo-HTML and TeX everywhere, draws it as it
    is."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("$", "&#36;")


def text_width(text: str, size: float) -> float:
    """Return the width of one line in the unit of the font `size`; never much too small."""
    return sum(map(_character_width, text)) * size / 1000


def _character_width(character: str) -> int:
    code = ord(character)
    if 32 <= code <= 126:
        return _ASCII_WIDTHS[code - 32]
    if unicodedata.combining(character):
        return 0
    if character in _OTHER_WIDTHS:
        return _OTHER_WIDTHS[character]
    # Accented Latin, Greek and Cyrillic letters are at most about as wide as a capital.
    return 722 if code < 0x0530 else 1000


def shorten(text: str, size: float, room: float) -> str:
    """Return `text` if it is at most `room` wide, else its beginning and end around "…".

    The end stays because names that belong together differ there ("...-seed2").
    """
    if text_width(text, size) <= room:
        return text
    head, tail = text[: len(text) // 2], text[len(text) // 2 :]
    while (head or tail) and text_width(head + ELLIPSIS + tail, size) > room:
        if len(head) > len(tail):
            head = head[:-1]
        else:
            tail = tail[1:]
    return head.rstrip() + ELLIPSIS + tail.lstrip()


def run_labels(names: list[str], size: float, room: float) -> list[str]:
    """Return a distinct label for each run, at most `room` wide, not yet escaped.

    Where names become equal by shortening, their position in front tells them apart.
    """
    cleaned = [clean(name) for name in names]
    labels = [shorten(name, size, room) for name in cleaned]
    return [
        shorten(f"{position}: {name}", size, room) if labels.count(label) > 1 else label
        for position, (name, label) in enumerate(zip(cleaned, labels, strict=True), start=1)
    ]


def class_labels(translate: Translate) -> list[str]:
    """Return the seven class names in the official order."""
    return [translate(name) for name in CLASS_NAMES]


def method_labels(translate: Translate) -> dict[str, str]:
    """Return the names of the methods of explanation, by EXPLANATION_METHODS."""
    _ = translate
    return {
        "saliency": _("Saliency"),
        "smoothgrad": _("SmoothGrad"),
        "integrated_gradients": _("Integrated gradients"),
        "gradcam": _("Grad-CAM"),
        "guided_backprop": _("Guided backprop"),
        "guided_gradcam": _("Guided Grad-CAM"),
        "lime": _("LIME"),
        "occlusion": _("Occlusion"),
    }


def audit_labels(translate: Translate) -> dict[str, str]:
    """Return the words for what an audit finds, by AUDIT_FLAGS."""
    _ = translate
    return {
        "black": _("all black"),
        "flat": _("almost flat"),
        "text-like": _("text-like"),
        "copy": _("copy"),
        "conflict": _("conflict"),
        "near-copy": _("near copy"),
        "near-conflict": _("near conflict"),
        "twin": _("twin"),
    }


def fill(pieces: Sequence[str], size: float, room: float) -> list[str]:
    """Join pieces with spaces into lines at most `room` wide; a wider piece is shortened.

    Full-width punctuation, which ends Chinese pieces, brings its own space.
    """
    lines: list[str] = []
    for piece in pieces:
        space = "" if lines and lines[-1].endswith(("，", "：")) else " "
        longer = f"{lines[-1]}{space}{piece}" if lines else piece
        if lines and text_width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(shorten(piece, size, room))
    return lines


# Where a word may be broken: after a space or hyphen, before an inner capital (Smooth|Grad),
# between Chinese characters, and after their punctuation.
_BREAKS = re.compile(
    r"(?<=[ -])|(?<=[a-z])(?=[A-Z])|(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])"
    r"|(?<=[、。，：；）])(?![、。，：；）])"
)


def broken(label: str, size: float, room: float) -> list[str]:
    """Break a label into as few lines as fit in `room`; a piece that does not is shortened."""
    lines = [""]
    for piece in _BREAKS.split(label):
        if lines[-1] and text_width((lines[-1] + piece).strip(), size) > room:
            lines.append("")
        lines[-1] += piece
    return [shorten(line.strip(), size, room) for line in lines]


def compact(number: float) -> str:
    """Write a count with three digits and a prefix of 1000: ``663 k``, ``42.5 M``."""
    for power, prefix in ((9, "G"), (6, "M"), (3, "k")):
        scaled = number / 10**power
        if scaled >= 0.9995:
            digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{scaled:.{digits}f} {prefix}"
    return f"{number:.0f}"


def three_digits(value: float) -> str:
    """Write a number that has no unit of its own: ``0.972``, ``1.20``, ``12.0``."""
    return f"{value:#.3g}".rstrip(".")


def percent(share: float) -> str:
    """Write a share in 0..1 as every figure and table does: ``65.4 %``; unknown: ``–``."""
    return f"{100 * share:.1f} %" if math.isfinite(share) else "–"


def whole_percent(share: float) -> str:
    """Write a share as it stands on a small image: ``65 %``; unknown: ``–``."""
    return f"{100 * share:.0f} %" if math.isfinite(share) else "–"


class Estimated(Protocol):
    """A share in 0..1 with its 95 % interval."""

    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def estimated(share: Estimated) -> str:
    """Write a share with its 95 % interval: ``65.4 % [63.8, 67.0]``; unknown: ``–``."""
    if not math.isfinite(share.value):
        return "–"
    return f"{percent(share.value)} {interval(share.low, share.high)}"


def share(count: int, total: int) -> str:
    """Write a part of a whole as a percentage, small ones with two decimals; "–" of nothing."""
    if not total:
        return "–"
    part = count / total
    if 0 < part < 0.0001:
        return "< 0.01 %"
    return f"{100 * part:.2f} %" if 0 < part < 0.001 else percent(part)


def points(difference: float) -> str:
    """Write a difference of shares in percentage points, signed: ``+12.3``; unknown: ``–``."""
    return f"{100 * difference:+.1f}" if math.isfinite(difference) else "–"


def interval(low: float, high: float) -> str:
    """Write a 95 % interval of shares: ``[63.8, 67.0]``."""
    return f"[{100 * low:.1f}, {100 * high:.1f}]"
