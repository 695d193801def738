"""The report as Markdown (CommonMark with GitHub's tables), figures as files beside it."""

import re
from collections.abc import Iterator, Mapping

from fer_core.figures import text
from fer_core.report.content import Block, Content, FigureBlock, Missing, Paragraph, TableBlock
from fer_core.report.documents import wording
from fer_core.report.documents.wording import Grid

NEEDS = ""

# What starts markup within a line, for CommonMark, GitHub's extensions and pandoc's.
_INLINE = re.compile(r"[\\`*_\[\]<>|~&$^{}@]|(?<=[a-z]):(?=//)|(?<=www)\.", re.IGNORECASE)
# What starts a heading, a list or a rule at a line's beginning.
_START = re.compile(r"^(?:([#=]|[+:-](?=\s|$)|-(?=-))|(\d+)([.)])(?=\s|$))")


def render(content: Content, files: Mapping[str, Mapping[str, bytes]]) -> bytes:
    """Return the document, UTF-8. files: see `documents`."""
    words = wording.wording(content.language)
    parts = [f"# {escape(content.title)}"]
    parts += [f"> {escape(note)}" for note in content.notes]
    parts += [f"## {escape(words.runs)}", _table(wording.runs(content))]
    for section in content.sections:
        parts.append(f"## {escape(section.heading)}")
        for block in section.blocks:
            parts += _block(content.language, block, files)
    return ("\n\n".join(parts) + "\n").encode()


def _block(language: str, block: Block, files: Mapping[str, Mapping[str, bytes]]) -> Iterator[str]:
    if isinstance(block, Paragraph):
        draft = escape(wording.wording(language).draft)
        content = escape(block.text)
        yield f"**{draft}** *{content}*" if block.draft else content
    elif isinstance(block, FigureBlock):
        if "png" in files[block.key]:
            yield f"![{escape(block.alt)}](figures/{block.key}.png)"
        else:
            yield from map(escape, block.alt.splitlines())
            yield f"[figures/{block.key}.csv](figures/{block.key}.csv)"
        yield _caption(language, block)
    elif isinstance(block, TableBlock):
        yield _caption(language, block)
        yield _table(Grid.of(block))
    else:
        yield _missing(language, block)


def _missing(language: str, block: Missing) -> str:
    words = wording.wording(language)
    line = f"> **{escape(words.missing)}** {escape(block.what)}"
    command = wording.command(block)
    return f"{line} {escape(words.command)} {_code(command)}" if command else line


def _caption(language: str, block: FigureBlock | TableBlock) -> str:
    label, colon = wording.label(language, block), wording.wording(language).colon
    return f"**{escape(label)}{colon.rstrip()}** {escape(block.caption)}"


def _table(grid: Grid) -> str:
    rule = ["---:" if numeric else ":---" for numeric in grid.numeric]
    rows = [[escape(cell) for cell in row] for row in (grid.header, *grid.rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:]))


def escape(content: str) -> str:
    """Return one line of Markdown that shows `content` as it is."""
    line = _INLINE.sub(r"\\\g<0>", text.clean(content))
    return _START.sub(lambda found: f"{found[2] or ''}\\{found[1] or found[3]}", line)


def _code(content: str) -> str:
    """Return a span of code; its fence is longer than any within."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", content)), default=0))
    pad = " " if content.startswith("`") or content.endswith("`") else ""
    return f"{fence}{pad}{content}{pad}{fence}"
