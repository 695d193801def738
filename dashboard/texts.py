"""Words and numbers as the pages show them: translated, with the same digits everywhere."""

import shlex
from datetime import datetime

import streamlit as st

from fer_core.figures import text
from fer_core.translation import (
    LANGUAGES,
    Translate,
    language_for,
    language_names,
    translator,
)

MISSING = "–"


def language() -> str:
    """Return the language of this browser session: as picked, as the URL says, or the browser's.

    The titles of the pages need it before the picker has been drawn for the first time.
    """
    picked = st.session_state.get("language")
    if picked in LANGUAGES:
        return str(picked)
    # A bound widget's URL holds what its options are called.
    by_name = {name: language for language, name in language_names().items()}
    return by_name.get(st.query_params.get("language", ""), browser_language())


def browser_language() -> str:
    """Return the language that this browser asks for, else English."""
    return language_for(st.context.locale)


def translate() -> Translate:
    """Return gettext for this browser session; two sessions may speak two languages."""
    return translator(language())


def percent(share: float | None) -> str:
    """Write a share of 0..1 with one decimal: ``65.4 %``."""
    return MISSING if share is None else text.percent(share)


def count(number: int | None) -> str:
    """Write a whole number: ``10,607,815``."""
    return MISSING if number is None else f"{number:,}"


def duration(seconds: float) -> str:
    """Write a time span: ``48 s``, ``12 min 05 s``, ``3 h 20 min``."""
    _ = translate()
    whole = round(seconds)
    if whole < 60:
        return _("{seconds} s").format(seconds=whole)
    if whole < 3600:
        return _("{minutes} min {seconds:02d} s").format(minutes=whole // 60, seconds=whole % 60)
    hours, minutes = divmod(whole // 60, 60)
    return _("{hours} h {minutes:02d} min").format(hours=hours, minutes=minutes)


def moment(timestamp: float) -> datetime:
    """Return seconds since 1970 as this machine's local time, for date columns."""
    return datetime.fromtimestamp(timestamp).replace(microsecond=0)


def command(*words: str) -> str:
    """Write a command line as a shell takes it, whatever a run's name holds."""
    return shlex.join(words)


def file_argument(name: str) -> str:
    """Write a file's name so that no program takes it for an option, or for standard input."""
    return f"./{name}" if name.startswith("-") else name
