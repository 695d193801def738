"""The only exporter: a figure as svg, pdf, png, html or csv, the same bytes every time.

Chromium and plotly leave dates and random ids in what they write; they are replaced, so that
the same figure gives the same bytes for the same versions of library, browser and fonts.
"""

import hashlib
import html
import io
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

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
    one_of("format", format, tuple(FORMATS))
    if format == "png":
        return _png(built, number("dpi", dpi, *DPI))
    return FORMATS[format](built)


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


def _draw(built: Built, format: Any, scale: float = 1.0) -> bytes:
    figure = built.figure.to_dict()
    # Plotly gives traces random ids, which end up in the SVG's class names.
    figure["data"] = [{**trace, "uid": f"{i:06x}"} for i, trace in enumerate(figure["data"])]
    layout = built.figure.layout
    return browser.draw(
        figure, format=format, width=layout.width, height=layout.height, scale=scale
    )


def _svg(built: Built) -> bytes:
    """Sized in mm, and with the description inside for those who cannot see it."""
    svg = _replace_ids(_draw(built, "svg").decode())
    height = built.height_mm
    size = f'width="{built.width_mm:g}mm" height="{height:.3f}mm" role="img"'
    svg, found = re.subn(
        r'(<svg [^>]*?)width="[^"]*" height="[^"]*"', rf"\g<1>{size}", svg, count=1
    )
    if not found:
        raise ValueError(f"an SVG of another form than plotly's: {svg[:200]}")
    start = svg.index(">") + 1
    description = html.escape(built.description, quote=False)
    return f"{svg[:start]}<desc>{description}</desc>{svg[start:]}".encode()


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


def _pdf(built: Built) -> bytes:
    """One page as large as the figure; text stays text. Its dates are fixed, same length."""
    return re.sub(
        rb"(/(?:Creation|Mod)Date \(D:)\d{14}", rb"\g<1>20000101000000", _draw(built, "pdf")
    )


def _png(built: Built, dpi: float = DEFAULT_DPI) -> bytes:
    """Opaque, with its resolution inside, so that documents place it at its size in mm."""
    drawn = _draw(built, "png", scale=dpi / 96)
    with Image.open(io.BytesIO(drawn)) as image:
        page = Image.new("RGB", image.size, "white")
        page.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    result = io.BytesIO()
    page.save(result, "PNG", dpi=(dpi, dpi))
    return result.getvalue()


# Nothing may be loaded from anywhere, whatever a name in the figure says.
_POLICY = (
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
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{html.escape(built.name)}</title>\n</head>\n<body>\n"
        f'<figure aria-label="{description}">{chart}</figure>\n</body>\n</html>\n'
    ).encode()


def _csv(built: Built) -> bytes:
    """The drawn numbers in full precision, UTF-8, one header line."""
    return built.table.to_csv(index=False, lineterminator="\n").encode()


FORMATS: dict[str, Callable[[Built], bytes]] = {
    "svg": _svg,
    "pdf": _pdf,
    "png": _png,
    "html": _html,
    "csv": _csv,
}
