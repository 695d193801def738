"""The only exporter: a figure as svg, pdf, png, html or csv, the same bytes every time.

Chromium and plotly leave dates and random ids in what they write; they are replaced, so that
the same figure gives the same bytes for the same versions of library, browser and fonts.
"""

import hashlib
import html
import os
import re
import struct
import threading
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from fer_core.errors import InputError
from fer_core.figures import browser
from fer_core.figures.built import Built
from fer_core.figures.options import number, one_of

DEFAULT_DPI = 300.0
DPI = (50.0, 1200.0)


def export(built: Built, format: str, *, dpi: float = DEFAULT_DPI) -> bytes:
    """Return the figure in a format of FORMATS; dpi: of a png.

    Raises InputError for an unknown format, and, for svg, pdf and png, if there is no browser;
    ExportError if the browser fails.
    """
    return export_all(built, (format,), dpi=dpi)[format]


def export_all(
    built: Built, formats: Sequence[str], *, dpi: float = DEFAULT_DPI
) -> dict[str, bytes]:
    """Return the figure in several formats, as `export` does each, drawn once."""
    for format in formats:
        one_of("format", format, FORMATS)
    dpi = number("dpi", dpi, *DPI)
    drawn = [format for format in formats if format in _DRAWN]
    images = _draw(built, drawn, dpi / 96) if drawn else {}
    if "svg" in images:
        images["svg"] = _svg(built, images["svg"].decode())
    if "pdf" in images:
        images["pdf"] = _pdf(images["pdf"])
    if "png" in images:
        images["png"] = _png(images["png"], dpi)
    return {
        format: images[format] if format in images else _WRITTEN[format](built)
        for format in formats
    }


def write(built: Built, path: Path | str, *, dpi: float = DEFAULT_DPI) -> Path:
    """Write the figure to `path`, whose suffix is the format; all of it or nothing.

    Raises as `export` does, and InputError where the file cannot be written.
    """
    path = Path(path)
    format = path.suffix.removeprefix(".").lower()
    if format not in FORMATS:
        raise InputError(f"{path} does not end in one of: {', '.join('.' + f for f in FORMATS)}")
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {path.parent}; make it first")
    content = export(built, format, dpi=dpi)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; choose another place") from error
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _draw(built: Built, formats: Sequence[str], scale: float) -> dict[str, bytes]:
    figure = built.figure.to_dict()
    # Plotly gives traces random ids, which end up in the SVG's class names.
    figure["data"] = [{**trace, "uid": f"{i:06x}"} for i, trace in enumerate(figure["data"])]
    layout = built.figure.layout
    return browser.draw(
        figure, formats=formats, width=layout.width, height=layout.height, scale=scale
    )


def _svg(built: Built, drawn: str) -> bytes:
    """Sized in mm, and with the description inside for those who cannot see it."""
    svg = _replace_ids(_TAG.sub(_sorted, drawn))
    height = built.height_mm
    size = f'width="{built.width_mm:g}mm" height="{height:.3f}mm" role="img"'
    head, rest = svg.split(">", 1)
    head, found = re.subn(r' (?:width|height)="[^"]*"', "", head)
    if found != 2:
        raise ValueError(f"an SVG of another form than plotly's: {svg[:200]}")
    description = html.escape(built.description, quote=False)
    return f"{head} {size}><desc>{description}</desc>{rest}".encode()


# Plotly sets some elements' style before their place or after: what the page did before decides.
_TAG = re.compile(r'(<\w+)((?: [\w:-]+="[^"]*"){2,})')
_ATTRIBUTE = re.compile(r' [\w:-]+="[^"]*"')


def _sorted(tag: re.Match[str]) -> str:
    return tag[1] + "".join(sorted(_ATTRIBUTE.findall(tag[2])))


def _replace_ids(svg: str) -> str:
    """Replace the six random hex digits in the ids of one drawing by six of its content's hash.

    Not by constants: two figures within one document must not share ids.
    """
    drawing = re.search(r'id="defs-([0-9a-f]{6})"', svg)
    if drawing is None:
        raise ValueError(f"an SVG of another form than plotly's: {svg[:200]}")
    ids = re.compile(rf"""((?:id="|url\((?:'|"|&quot;)?#)[a-z]*[0-9]*-?){drawing[1]}""")
    digest = hashlib.sha256(ids.sub(r"\g<1>", svg).encode()).hexdigest()[:6]
    return ids.sub(rf"\g<1>{digest}", svg)


def _pdf(drawn: bytes) -> bytes:
    """One page as large as the figure; text stays text. Its dates are fixed, same length."""
    return re.sub(rb"(/(?:Creation|Mod)Date \(D:)\d{14}", rb"\g<1>20000101000000", drawn)


def _png(drawn: bytes, dpi: float) -> bytes:
    """With its resolution inside, so that documents place it at its size in mm.

    The chunk ``pHYs`` goes in front of the pixels (PNG specification, 11.3.5.3): to pack them anew
    would take longer than to draw them.
    """
    pixels_per_metre = round(dpi / 0.0254)
    chunk = b"pHYs" + struct.pack(">IIB", pixels_per_metre, pixels_per_metre, 1)
    size = struct.pack(">I", len(chunk) - 4), struct.pack(">I", zlib.crc32(chunk))
    start = drawn.index(b"IDAT") - 4
    return drawn[:start] + size[0] + chunk + size[1] + drawn[start:]


# Nothing may be loaded from anywhere, whatever a name in the figure says.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
)


def _html(built: Built) -> bytes:
    """One interactive file with plotly.js inside, for any browser, offline."""
    chart = built.figure.to_html(
        full_html=False,
        include_plotlyjs=True,
        include_mathjax=False,
        div_id="figure",
        config={"displaylogo": False, "toImageButtonOptions": {"format": "svg"}},
    )
    description = html.escape(built.description)
    return (
        f'<!DOCTYPE html>\n<html lang="{html.escape(built.language)}">\n<head>\n'
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{html.escape(built.name)}</title>\n</head>\n<body>\n"
        f'<figure aria-label="{description}">{chart}</figure>\n</body>\n</html>\n'
    ).encode()


def _csv(built: Built) -> bytes:
    """The drawn numbers in full precision, UTF-8, one header line."""
    return built.table.to_csv(index=False, lineterminator="\n").encode()


_DRAWN = ("svg", "pdf", "png")
_WRITTEN: dict[str, Callable[[Built], bytes]] = {"html": _html, "csv": _csv}
FORMATS = (*_DRAWN, *_WRITTEN)
