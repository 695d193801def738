"""gettext by call, never process-wide: two browser sessions may speak two languages."""

import gettext as _gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path

DEFAULT_LANGUAGE = "en"

Translate = Callable[[str], str]


@cache
def translator(language: str = DEFAULT_LANGUAGE) -> Translate:
    """Return the function that translates a message into `language` (``en``, ``zh-TW``).

    Messages without a translation come back as they are.
    """
    catalogue = _gettext.translation(
        "fer_lab",
        localedir=Path(__file__).parent / "locale",
        languages=[language.replace("-", "_")],
        fallback=True,
    )
    return catalogue.gettext
