"""Options of methods, checked: an InputError names the option, the value and what it takes."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from fer_core.errors import InputError


def whole(name: str, value: Any, least: int, most: int | None = None) -> None:
    """Require a whole number of at least `least` and at most `most`."""
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_whole or value < least or (most is not None and value > most):
        span = f"from {least}" if most is None else f"from {least} to {most}"
        raise InputError(f"{name} is {value!r}; use a whole number {span}")


def number(name: str, value: Any, low: float, high: float) -> None:
    """Require a number from `low` to `high`."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        raise InputError(f"{name} is {value!r}; use a number from {low:g} to {high:g}")


def one_of(name: str, value: Any, choices: Sequence[str]) -> None:
    """Require one of the choices."""
    if value not in choices:
        raise InputError(f"{name} is {value!r}; use one of {', '.join(choices)}")
