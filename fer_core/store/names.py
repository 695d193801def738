"""What a run's name, its tags and its note may be. Markup is allowed: escaping is for displays."""

import unicodedata
from collections.abc import Iterable

from fer_core.errors import InputError

NAME_LENGTH = 80
TAG_LENGTH = 40
NOTE_LENGTH = 10_000

# Line separators, unpaired surrogates, and the marks that reverse the text around them.
_REFUSED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
_REFUSED = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_name(name: str, what: str = "name", length: int = NAME_LENGTH) -> str:
    """Return the name stripped and in its composed Unicode form.

    Raises InputError unless it has 1 to `length` characters, none of them control characters,
    and for a name that a command line would take for an option.
    """
    if not isinstance(name, str):
        raise InputError(f"the {what} is {name!r}; give a text")
    cleaned = normal(name)
    if not 1 <= len(cleaned) <= length:
        raise InputError(
            f"the {what} {_shown(cleaned)} has {len(cleaned)} characters; give 1 to {length}"
        )
    if cleaned.startswith("-"):
        raise InputError(f"the {what} {_shown(cleaned)} looks like an option; start it without -")
    for character in cleaned:
        if unicodedata.category(character) in _REFUSED_CATEGORIES or character in _REFUSED:
            raise InputError(
                f"the {what} {_shown(cleaned)} has the control character U+{ord(character):04X}; "
                "leave it out"
            )
    return cleaned


def normal(text: str) -> str:
    """Return a text as names are stored: stripped and in its composed Unicode form."""
    return unicodedata.normalize("NFC", text.strip())


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags cleaned like names, each once, in order."""
    if isinstance(tags, str):
        raise InputError(f"the tags are {tags!r}; give a list of texts")
    return tuple(dict.fromkeys(clean_name(tag, "tag", TAG_LENGTH) for tag in tags))


def clean_note(note: str) -> str:
    """Return the note stripped; line breaks and tabs are kept."""
    return clean_text(note, "note", NOTE_LENGTH)


def clean_text(text: str, what: str, length: int) -> str:
    """Return a text of several lines stripped and in its composed Unicode form.

    Raises InputError for more than `length` characters, and for control characters other than line
    breaks and tabs, and for the two that are no characters, which no document can hold.
    """
    if not isinstance(text, str):
        raise InputError(f"the {what} is {text!r}; give a text")
    cleaned = normal(text.replace("\r\n", "\n"))
    if len(cleaned) > length:
        raise InputError(f"the {what} has {len(cleaned):,} characters; {length:,} is the most")
    for character in cleaned:
        refused = unicodedata.category(character) in {"Cc", "Cs"} or character in "\ufffe\uffff"
        if refused and character not in "\n\t":
            raise InputError(
                f"the {what} has the control character U+{ord(character):04X}; leave it out"
            )
    return cleaned


def _shown(text: str) -> str:
    short = text if len(text) <= NAME_LENGTH else f"{text[:NAME_LENGTH]}..."
    return ascii(short) if not short.isprintable() else repr(short)
