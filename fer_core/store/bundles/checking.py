"""Checks of JSON values that somebody else wrote. A check returns the value, or raises BadFile."""

import math
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from fer_core.errors import InputError
from fer_core.store.names import clean_name

Check = Callable[[Any, str], Any]  # value, where in the file -> value

_TEXT_LENGTH = 500
_MOST = 2**63 - 1  # what SQLite keeps
# But for tabs and line breaks: what may steer a terminal, and halves of characters.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LARGEST = sys.float_info.max
_LATEST = 253_402_300_799.0  # the year 9999
_DEEPEST = 30  # tables within tables; displays go down into them
# What a browser would take for a tag, or Markdown for an image or a link.
_MARKUP = re.compile(r"<\s*[/!?a-zA-Z]|\]\s*\(")


class BadFile(ValueError):  # noqa: N818 - a state of the file; it becomes an InputError
    """The file is not as its form says. The message says what is wrong where."""


def fail(where: str, value: Any, wanted: str) -> BadFile:
    """Return the error for a value that does not belong there."""
    shown = ascii(value)
    return BadFile(f"{where} is {shown if len(shown) <= 60 else shown[:57] + '...'}, not {wanted}")


def fields(checks: Mapping[str, Check]) -> Check:
    """A table with exactly these keys."""

    def check(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise fail(where, value, "a table")
        for name in (*checks, *value):
            if name not in value or name not in checks:
                has = "lacks" if name in checks else "has an unknown"
                raise BadFile(f"{where} {has} {name[:60]!a}")
        return {name: each(value[name], f"{where}.{name}") for name, each in checks.items()}

    return check


def having(checks: Mapping[str, Check], *, optional: bool = False) -> Check:
    """A table with at least these keys, or, where they are optional, those of them that it has."""

    def check(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise fail(where, value, "a table")
        for name, each in checks.items():
            if name in value:
                each(value[name], f"{where}.{name}")
            elif not optional:
                raise BadFile(f"{where} lacks {name!a}")
        return value

    return check


def anything(value: Any, _where: str) -> Any:
    """Whatever JSON holds."""
    return value


def several(each: Check, count: int) -> Check:
    """A list of so many values."""

    def check(value: Any, where: str) -> list[Any]:
        found = listed(each)(value, where)
        if len(found) != count:
            raise BadFile(f"{where} has {len(found)} values, not {count}")
        return found

    return check


def listed(each: Check, *, different: str = "") -> Check:
    """A list of such values; different: the key in which they must differ, "" for any values,
    "=" for values that must differ themselves."""

    def check(value: Any, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise fail(where, value, "a list")
        found = [each(item, f"{where}[{place}]") for place, item in enumerate(value)]
        if different:
            keys = [item if different == "=" else item[different] for item in found]
            if len(set(keys)) < len(keys):
                twice = next(key for place, key in enumerate(keys) if key in keys[:place])
                raise BadFile(f"{where} has {twice!a} twice")
        return found

    return check


def mapped(key: Check, each: Check) -> Check:
    """A table with any such keys and values."""

    def check(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise fail(where, value, "a table")
        return {
            key(name, f"a key of {where}"): each(item, f"{where}.{name[:60]}")
            for name, item in value.items()
        }

    return check


def optional(each: Check) -> Check:
    """Such a value, or null."""
    return lambda value, where: None if value is None else each(value, where)


def one_of(*allowed: str) -> Check:
    """One of these texts."""

    def check(value: Any, where: str) -> str:
        if value not in allowed:
            raise fail(where, value, f"one of {', '.join(allowed)}")
        return value

    return check


def matching(pattern: str, wanted: str) -> Check:
    """A text of this form, as a whole."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: Any, where: str) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise fail(where, value, wanted)
        return value

    return check


def whole(low: int = 0, high: int = _MOST) -> Check:
    """A whole number in a range."""

    def check(value: Any, where: str) -> int:
        if type(value) is not int or not low <= value <= high:
            raise fail(where, value, f"a whole number from {low}" + f" to {high}" * (high < _MOST))
        return value

    return check


def number(low: float = -_LARGEST, high: float = _LARGEST) -> Check:
    """A finite number in a range."""

    def check(value: Any, where: str) -> int | float:
        if type(value) not in (int, float) or not low <= value <= high:
            raise fail(where, value, "a number" + f" from {low:g} to {high:g}" * (low > -_LARGEST))
        return value

    return check


def measured(low: float = -_LARGEST, high: float = _LARGEST) -> Check:
    """A number in a range, or what is none: of a training that diverged."""

    def check(value: Any, where: str) -> int | float:
        unknown = type(value) is float and not math.isfinite(value)
        return value if unknown else number(low, high)(value, where)

    return check


def boolean(value: Any, where: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise fail(where, value, "true or false")
    return value


def table(value: Any, where: str) -> dict[str, Any]:
    """Any table; its texts are of characters that a terminal only shows."""
    if not isinstance(value, dict):
        raise fail(where, value, "a table")
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        if depth > _DEEPEST:
            raise BadFile(f"{where} has tables within tables, more than {_DEEPEST} deep")
        if isinstance(each, dict):
            waiting += [(part, depth + 1) for part in (*each, *each.values())]
        elif isinstance(each, list):
            waiting += [(part, depth + 1) for part in each]
        elif isinstance(each, str) and _CONTROLS.search(each):
            raise fail(where, each, "without control characters")
    return value


def text(value: Any, where: str) -> str:
    """One line without markup; it may be empty."""
    return line(value, where) if value != "" else ""


def line(value: Any, where: str, length: int = _TEXT_LENGTH) -> str:
    """One line without markup or control characters, which is not empty."""
    if not isinstance(value, str) or not value:
        raise fail(where, value, "a text")
    try:
        clean_name("x" + value, where, length)  # unlike a name it may begin with a dash
    except InputError as error:
        raise BadFile(str(error).partition(";")[0]) from None
    return plain(value, where)


def plain(value: str, where: str) -> str:
    """A text without markup."""
    if _MARKUP.search(value):
        raise fail(where, value, "a text without markup")
    return value


def name(what: str, length: int) -> Check:
    """A name as the store keeps names, without markup."""

    def check(value: Any, where: str) -> str:
        if not isinstance(value, str):
            raise fail(where, value, "a text")
        try:
            cleaned = clean_name(value, what, length)
        except InputError as error:
            raise BadFile(f"{where}: {str(error).partition(';')[0]}") from None
        if cleaned != value:
            raise fail(where, value, f"a {what} as it is stored")
        return plain(value, where)

    return check


def moment(value: Any, where: str) -> float:
    """Seconds since 1970."""
    return number(0, _LATEST)(value, where)
