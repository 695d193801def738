"""The report as one HTML file: interactive charts, plotly.js inside, nothing loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from fer_core.figures import text
from fer_core.figures.export import POLICY
from fer_core.report.content import Block, Content, FigureBlock, Missing, Paragraph
from fer_core.report.documents import wording
from fer_core.report.documents.wording import Grid

NEEDS = ""


def render(content: Content, files: Mapping[str, Mapping[str, bytes]]) -> bytes:  # noqa: ARG001
    """Return the document, UTF-8. It draws its figures itself: files are not looked at."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,  # every string: names, captions and texts are anybody's
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = templates.get_template("report.html.jinja").render(
        content=content,
        words=wording.wording(content.language),
        policy=POLICY,
        runs=wording.runs(content),
        clean=text.clean,
        library=Markup(get_plotlyjs()),  # noqa: S704  # plotly's own file
        sections=[
            (section, [_block(content.language, block) for block in section.blocks])
            for section in content.sections
        ],
    )
    return page.encode()


def _block(language: str, block: Block) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "draft": block.draft, "text": text.clean(block.text)}
    if isinstance(block, Missing):
        return {
            "kind": "missing",
            "what": text.clean(block.what),
            "command": wording.command(block),
        }
    common = {"key": block.key, "caption": wording.caption(language, block)}
    if isinstance(block, FigureBlock):
        alt = "\n".join(map(text.clean, block.alt.splitlines()))
        return {"kind": "figure", "alt": alt, "chart": _chart(block), **common}
    return {"kind": "table", "grid": Grid.of(block), **common}


def _chart(block: FigureBlock) -> Markup:
    """Return the chart's element and script; plotly writes names so that no tag can end it."""
    chart = block.built.figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        include_mathjax=False,
        div_id=f"chart-{block.key}",
        config={
            "displaylogo": False,
            "responsive": False,
            "toImageButtonOptions": {"format": "svg", "filename": block.key},
        },
    )
    return Markup(chart)  # noqa: S704
