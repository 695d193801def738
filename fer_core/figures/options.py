"""Checks of what a person chose for a figure; each failure is one line that says what goes."""

from typing import Any

from fer_core.errors import InputError


def one_of(option: str, value: Any, choices: tuple[Any, ...]) -> None:
    """Raise InputError unless `value` is among `choices`."""
    if value not in choices:
        raise InputError(f"{option} '{value}' is none of: {', '.join(map(str, choices))}")


def number(option: str, value: Any, low: float, high: float, unit: str = "") -> float:
    """Return `value` (a number, or text that is one) if it is in low..high, else InputError."""
    try:
        parsed = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{option} '{value}' is not a number in {low:g}..{high:g}") from None
    if not low <= parsed <= high:
        raise InputError(f"{option} {parsed:g} is not in {low:g}..{high:g}{unit and ' ' + unit}")
    return parsed


def whole(option: str, value: Any, low: int, high: int) -> int:
    """Return `value` (or text) if it is a whole number in low..high, else raise InputError."""
    try:
        parsed = int(str(value))
    except ValueError:
        raise InputError(f"{option} '{value}' is not a whole number in {low}..{high}") from None
    if not low <= parsed <= high:
        raise InputError(f"{option} {parsed} is not in {low}..{high}")
    return parsed
