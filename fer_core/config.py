"""RunConfig: everything that decides a run's result, as one flat, frozen record."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fer_core.errors import InputError
from fer_core.records import AUDIT_FLAGS

AUGMENT_KINDS: dict[str, tuple[str, ...]] = {
    "none": (),
    "shift-flip": ("shift", "flip"),
    "rotate-shift-flip": ("rotate", "shift", "flip"),
    "full": ("rotate", "shift", "zoom", "flip", "erase"),
}
NORMALISE_KINDS = ("none", "unit", "dataset", "per-image")
OPTIMIZERS = ("adam", "adamw")
SCHEDULES = ("constant", "one-cycle")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class RunConfig:
    """A run's configuration: flat, JSON both ways, unknown keys are errors.

    preset: name the architecture and recipe came from; architecture: what
    `fer_core.models.build` takes; data: name of the stored data set; validation: ``official``
    or the held-out fraction of train; augment: a kind of AUGMENT_KINDS, `rotate` in degrees,
    `shift` and `zoom` as fractions of the image's side, `erase` as the probability of a
    blanked rectangle; drop: kinds of AUDIT_FLAGS, comma-separated and in their order, whose
    images are left out of training.
    """

    preset: str
    architecture: Mapping[str, Any]
    data: str
    validation: str | float = "official"
    seed: int = 0
    epochs: int = 40
    batch_size: int = 128
    optimizer: str = "adamw"
    learning_rate: float = 0.001
    weight_decay: float = 0.0
    schedule: str = "constant"
    label_smoothing: float = 0.0
    augment: str = "none"
    rotate: float = 12.0
    shift: float = 0.1
    zoom: float = 0.1
    erase: float = 0.25
    normalise: str = "per-image"
    precision: str = "auto"
    drop: str = ""

    def __post_init__(self) -> None:
        for key, allowed in (
            ("optimizer", OPTIMIZERS),
            ("schedule", SCHEDULES),
            ("augment", tuple(AUGMENT_KINDS)),
            ("normalise", NORMALISE_KINDS),
            ("precision", PRECISIONS),
        ):
            if getattr(self, key) not in allowed:
                raise InputError(
                    f"{key} is {getattr(self, key)!r}; use one of {', '.join(allowed)}"
                )
        for key, low, high in (
            ("seed", 0, 2**32 - 1),
            ("epochs", 1, 100_000),
            ("batch_size", 2, 65_536),
            ("learning_rate", 1e-9, 1e3),
            ("weight_decay", 0.0, 10.0),
            ("label_smoothing", 0.0, 0.9),
            ("rotate", 0.0, 180.0),
            ("shift", 0.0, 1.0),
            ("zoom", 0.0, 0.9),
            ("erase", 0.0, 1.0),
        ):
            value = getattr(self, key)
            if not low <= value <= high:
                raise InputError(f"{key} is {value!r}; use a number from {low:g} to {high:g}")
        if self.validation != "official" and not (
            isinstance(self.validation, float) and 0.01 <= self.validation <= 0.9
        ):
            raise InputError(
                f"validation is {self.validation!r}; use 'official' or a fraction from 0.01 to 0.9"
            )

        object.__setattr__(self, "drop", ",".join(_kinds(self.drop)))

    @property
    def dropped_kinds(self) -> tuple[str, ...]:
        """The kinds of AUDIT_FLAGS in `drop`."""
        return _kinds(self.drop)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "RunConfig":
        """Build a configuration from JSON values; unknown keys and wrong types are errors."""
        return cls(**{key: _converted(key, value) for key, value in values.items()})

    def replace(self, **values: Any) -> "RunConfig":
        """Return a copy with some values changed; texts are converted to the field's type."""
        return self.from_dict({**self.to_dict(), **values})


_TYPES = typing.get_type_hints(RunConfig)


def _converted(key: str, value: Any) -> Any:
    if key not in _TYPES:
        raise InputError(f"unknown setting {key!r}; use one of {', '.join(_TYPES)}")
    kind = _TYPES[key]
    if kind in (int, float, str) and not isinstance(value, bool):
        try:
            number = kind(value)
        except (TypeError, ValueError, OverflowError):
            raise InputError(f"{key} is {value!r}; it takes {_ARTICLES[kind]}") from None
        if kind is int and float(value) != number:
            raise InputError(f"{key} is {value!r}; it takes {_ARTICLES[kind]}")
        return number
    if isinstance(kind, types.UnionType) and not isinstance(value, bool):  # str | float
        try:
            return float(value)
        except (TypeError, ValueError):
            return value
    if isinstance(value, Mapping) and kind not in (int, float, str):
        return value
    raise InputError(f"{key} is {value!r}; it takes another type")


def _kinds(drop: str) -> tuple[str, ...]:
    named = {kind.strip().replace("_", "-") for kind in drop.split(",")} - {""}
    if unknown := sorted(named - set(AUDIT_FLAGS)):
        raise InputError(
            f"drop is {drop!r}: no finding {unknown[0]!r}; use some of {', '.join(AUDIT_FLAGS)}"
        )
    return tuple(kind for kind in AUDIT_FLAGS if kind in named)


_ARTICLES = {int: "a whole number", float: "a number", str: "a text"}
