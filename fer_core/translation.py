"""gettext by call, never process-wide: two browser sessions may speak two languages."""

import gettext as _gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path

from fer_core.errors import InputError

DEFAULT_LANGUAGE = "en"
# All but English have a catalogue: locale/<language>/LC_MESSAGES/fer_lab.po, compiled to .mo.
LANGUAGES = (DEFAULT_LANGUAGE, "zh-TW")

Translate = Callable[[str], str]


@cache
def translator(language: str = DEFAULT_LANGUAGE) -> Translate:
    """Return the function that translates a message into `language`, one of LANGUAGES.

    Raises InputError for a language without a catalogue.
    """
    if language not in LANGUAGES:
        raise InputError(f"language '{language}' is none of: {', '.join(LANGUAGES)}")
    if language == DEFAULT_LANGUAGE:
        return _gettext.NullTranslations().gettext
    return _gettext.translation(
        "fer_lab",
        localedir=Path(__file__).parent / "locale",
        languages=[language.replace("-", "_")],
    ).gettext


def language_names() -> dict[str, str]:
    """Return what each language is called in itself: ``{"en": "English", ...}``."""
    return {language: _name(translator(language)) for language in LANGUAGES}


def _name(_: Translate) -> str:
    # The catalogue of a language has its own name here.
    return _("English")


def language_for(locale: str | None) -> str:
    """Return the language for a browser's ``navigator.language``: ``zh-Hant-HK`` -> ``zh-TW``.

    English where there is none. Simplified Chinese (zh, zh-CN) is another script: English, too.
    """
    tags = (locale or "").casefold().replace("_", "-").split("-")
    traditional = tags[0] == "zh" and {"tw", "hk", "mo", "hant"} & set(tags[1:])
    return "zh-TW" if traditional and "hans" not in tags else DEFAULT_LANGUAGE
