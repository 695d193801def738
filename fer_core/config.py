"""RunConfig: everything that decides a run's result, as one flat, frozen record."""

import dataclasses
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fer_core.errors import InputError
from fer_core.setting_texts import Stage, read_kinds, read_numbers, read_stages

AUGMENT_KINDS: dict[str, tuple[str, ...]] = {
    "none": (),
    "shift-flip": ("shift", "flip"),
    "rotate-shift-flip": ("rotate", "shift", "flip"),
    "full": ("rotate", "shift", "zoom", "flip", "erase"),
}
NORMALISE_KINDS = ("none", "unit", "dataset", "per-image")
OPTIMIZERS = ("sgd", "adam", "adamw", "rmsprop", "muon")
SCHEDULES = ("constant", "one-cycle", "cosine", "step")
CLASS_WEIGHTS = ("none", "balanced")
PRECISIONS = ("auto", "float32", "bfloat16")
# Where a setting comes from: a report gives it, it was worked out from what a report gives, it is
# this project's choice, or whoever started the run gave it.
SOURCES = ("reported", "reconstructed", "ours", "given")


def _kinds_with(step: str) -> tuple[str, ...]:
    return tuple(kind for kind, steps in AUGMENT_KINDS.items() if step in steps)


# Settings that act only together with some values of another setting; None: with any but "".
ACTS_WITH: dict[str, tuple[str, tuple[str, ...] | None]] = {
    **{step: ("augment", _kinds_with(step)) for step in ("rotate", "shift", "zoom", "erase")},
    "momentum": ("optimizer", ("sgd", "muon")),
    "nesterov": ("optimizer", ("sgd",)),
    "warmup": ("schedule", ("cosine",)),
    "step_every": ("schedule", ("step",)),
    "step_factor": ("schedule", ("step",)),
    **dict.fromkeys(("teacher_weight", "temperature", "teacher_sha256"), ("teacher", None)),
}


def acts(key: str, config: Mapping[str, Any]) -> bool:
    """Return whether a setting does something beside the other ones of a configuration."""
    other, values = ACTS_WITH.get(key, ("", ()))
    if other not in config:
        return True
    return config[other] != "" if values is None else config[other] in values


@dataclass(frozen=True)
class RunConfig:
    """A run's configuration: flat, JSON both ways, unknown keys are errors.

    preset: name the architecture and recipe came from; architecture: what `fer_core.models.build`
    takes; data: name of the stored data set; validation: ``official`` or the held-out fraction of
    train; augment: a kind of AUGMENT_KINDS, `rotate` in degrees, `shift` and `zoom` as fractions of
    the image's side, `erase` as the probability of a blanked rectangle. momentum: of sgd and muon;
    nesterov: of sgd. warmup: the part of the training over which the schedule ``cosine`` rises;
    step_every, step_factor: the schedule ``step`` multiplies the rate by the factor after each such
    part of the training. mixup: its alpha, 0 for none; dropout: in place of every dropout rate of
    the architecture; weight_average: decay of the moving average of the weights, 0 for none;
    precise_batch_norm: whether the last planned epoch ends with batch norm statistics of the whole
    training split; patience: epochs without a better validation accuracy after which training ends,
    0 for never.
    sides: of the images in the earlier parts of the training, as ``32:0.4,40:0.3``; the rest is
    trained at the architecture's side. keep_epochs: numbers of epochs, comma-separated, whose
    weights are kept beside the best and the last ones; it decides nothing. drop: kinds of
    AUDIT_FLAGS, comma-separated and in their order, whose images are left out of training. teacher:
    runs that teach, comma-separated (ids in a stored run's configuration); teacher_weight: their
    part of the loss; temperature: of their and the student's probabilities in it; teacher_sha256:
    of their weights' files, in the same order, put there when a run starts. sources: for fields,
    one of SOURCES; it decides nothing. docs/recipes.md says what each setting does.
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
    momentum: float = 0.9
    nesterov: bool = False
    schedule: str = "constant"
    warmup: float = 0.0
    step_every: float = 0.3
    step_factor: float = 0.1
    class_weights: str = "none"
    label_smoothing: float = 0.0
    mixup: float = 0.0
    dropout: float | None = None
    weight_average: float = 0.0
    precise_batch_norm: bool = False
    patience: int = 0
    sides: str = ""
    keep_epochs: str = ""
    augment: str = "none"
    rotate: float = 12.0
    shift: float = 0.1
    zoom: float = 0.1
    erase: float = 0.25
    normalise: str = "per-image"
    precision: str = "auto"
    drop: str = ""
    teacher: str = ""
    teacher_weight: float = 0.7
    temperature: float = 2.0
    teacher_sha256: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key, allowed in (
            ("optimizer", OPTIMIZERS),
            ("schedule", SCHEDULES),
            ("class_weights", CLASS_WEIGHTS),
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
            ("momentum", 0.0, 0.9999),
            ("warmup", 0.0, 0.9),
            ("step_every", 0.001, 1.0),
            ("step_factor", 0.0, 1.0),
            ("label_smoothing", 0.0, 0.9),
            ("mixup", 0.0, 100.0),
            ("dropout", 0.0, 0.99),
            ("weight_average", 0.0, 0.99999),
            ("patience", 0, 100_000),
            ("rotate", 0.0, 180.0),
            ("shift", 0.0, 1.0),
            ("zoom", 0.0, 0.9),
            ("erase", 0.0, 1.0),
            ("teacher_weight", 0.0, 1.0),
            ("temperature", 0.1, 100.0),
        ):
            value = getattr(self, key)
            if value is not None and not low <= value <= high:
                raise InputError(f"{key} is {value!r}; use a number from {low:.12g} to {high:.12g}")
        if self.validation != "official" and not (
            isinstance(self.validation, float) and 0.01 <= self.validation <= 0.9
        ):
            raise InputError(
                f"validation is {self.validation!r}; use 'official' or a fraction from 0.01 to 0.9"
            )
        if self.nesterov and self.momentum == 0:
            raise InputError("nesterov is true with momentum 0; use a momentum such as 0.9")
        for key, source in self.sources.items():
            if source not in SOURCES:
                raise InputError(f"the source of {key} is {source!r}; use {', '.join(SOURCES)}")
        object.__setattr__(self, "drop", ",".join(read_kinds(self.drop)))
        read_stages(self.sides)
        object.__setattr__(self, "teacher", ",".join(self.teachers))
        numbers = read_numbers(self.keep_epochs, self.epochs)
        object.__setattr__(self, "keep_epochs", ",".join(map(str, numbers)))

    def refuse_idle(self, keys: Iterable[str]) -> None:
        """Raise InputError for one of `keys`, settings that a person gave, that does nothing."""
        for key in keys:
            if acts(key, vars(self)):
                continue
            other, values = ACTS_WITH[key]
            if values is None:
                raise InputError(f"{key} does nothing without a {other}; give one, too")
            raise InputError(
                f"{key} does nothing with {other} {getattr(self, other)!r}; "
                f"use {other} {' or '.join(values)}"
            )

    @property
    def kept_epochs(self) -> tuple[int, ...]:
        """The epochs of `keep_epochs`, ascending."""
        return read_numbers(self.keep_epochs, self.epochs)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of `sides`, in order."""
        return read_stages(self.sides)

    @property
    def teachers(self) -> tuple[str, ...]:
        """The runs of `teacher`."""
        return tuple(run.strip() for run in self.teacher.split(",") if run.strip())

    @property
    def dropped_kinds(self) -> tuple[str, ...]:
        """The kinds of AUDIT_FLAGS in `drop`."""
        return read_kinds(self.drop)

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
    if kind is bool and str(value).lower() in _TRUTHS:
        return _TRUTHS[str(value).lower()]
    if isinstance(kind, types.UnionType) and not isinstance(value, bool):  # float, or else
        if value is None and types.NoneType in typing.get_args(kind):
            return None
        try:
            return float(value)
        except (TypeError, ValueError):
            if str in typing.get_args(kind):
                return value
    if isinstance(value, Mapping) and typing.get_origin(kind) is Mapping:
        return value
    raise InputError(f"{key} is {value!r}; it takes {_article(kind)}")


def _article(kind: Any) -> str:
    if kind in _ARTICLES:
        return _ARTICLES[kind]
    return "a table" if typing.get_origin(kind) is Mapping else "a number"


_TRUTHS = {"true": True, "false": False}
_ARTICLES = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
