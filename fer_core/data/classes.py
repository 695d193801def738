"""Class names as people write them."""

from fer_core.records import CLASS_NAMES

_SYNONYMS = (
    ("angry", "anger"),
    ("disgust", "disgusted"),
    ("fear", "fearful", "afraid"),
    ("happy", "happiness", "joy"),
    ("sad", "sadness"),
    ("surprise", "surprised"),
    ("neutral",),
)
_BY_NAME = {name: index for index, names in enumerate(_SYNONYMS) for name in names}


def class_index(name: str) -> int | None:
    """Return the official index, 0 to 6, of a class by its name; None for an unknown one.

    Never by position: folders and many copies list the classes alphabetically.
    """
    return _BY_NAME.get(name.strip().lower())


def known_names() -> str:
    """Return the names for an error's line: ``angry, disgust, ...``."""
    return ", ".join(name.lower() for name in CLASS_NAMES)
