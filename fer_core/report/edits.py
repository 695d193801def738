"""What a person changed of a report: title, texts, captions, sections left out. JSON both ways."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fer_core.errors import InputError
from fer_core.store.names import clean_text

TITLE, TEXT, CAPTION = 200, 20_000, 2_000  # characters, at most


@dataclass(frozen=True)
class Edits:
    """Texts in place of those of the template and of the drafts.

    texts: by section key; a blank line parts paragraphs, "" leaves a section without words;
    captions: by block key; left_out: keys of sections.
    """

    title: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    captions: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "title": self.title,
            "texts": dict(self.texts),
            "captions": dict(self.captions),
            "left_out": list(self.left_out),
        }

    @classmethod
    def from_json(cls, value: Any) -> "Edits":
        """Read what `to_json` returns; keys may lack.

        Raises InputError, one line with key and value, for unknown keys, for other types than
        texts, for texts that are too long and for control characters.
        """
        if not isinstance(value, dict):
            raise InputError(f'edits are {_shown(value)}; write {{"texts": {{"1-cnn": "..."}}}}')
        known = {"title", "texts", "captions", "left_out"}
        for key in value:
            if key not in known:
                raise InputError(f"edits have no {key!r}; use {', '.join(sorted(known))}")
        title = value.get("title")
        return cls(
            None if title is None else _one_line(title, "title", TITLE),
            {k: clean_text(v, f"text of {k!r}", TEXT) for k, v in _table(value, "texts").items()},
            {
                key: _one_line(each, f"caption of {key!r}", CAPTION)
                for key, each in _table(value, "captions").items()
            },
            _keys(value.get("left_out", [])),
        )


def _one_line(text: Any, what: str, length: int) -> str:
    cleaned = " ".join(clean_text(text, what, length).split())
    if not cleaned:
        raise InputError(f"the {what} is empty; leave it out to have the report's own")
    return cleaned


def _table(value: dict[str, Any], name: str) -> dict[str, Any]:
    table = value.get(name, {})
    if not isinstance(table, dict):
        raise InputError(f'{name} is {_shown(table)}; write {{"key": "text"}}')
    return table


def _keys(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(each, str) for each in value):
        raise InputError(f'left_out is {_shown(value)}; write ["key", ...] of sections')
    return tuple(dict.fromkeys(value))


def _shown(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:80]}..."
