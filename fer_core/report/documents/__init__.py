"""Documents: one content, four formats. A format is a module with `render` and a line here.

NEEDS names the format of the figures' files that a document cannot do without: "" where it can.
"""

from collections.abc import Mapping

from fer_core.report.documents import docx, html, markdown, tex

DOCUMENTS = {"docx": docx, "md": markdown, "tex": tex, "html": html}

# For each figure's key its file in each format that there is: ``{"2-curves": {"png": b"..."}}``.
Files = Mapping[str, Mapping[str, bytes]]

__all__ = ["DOCUMENTS", "Files"]
