"""Which explanations are asked for, and the command that makes those that are not stored."""

from collections.abc import Sequence
from typing import NamedTuple

from fer_core.errors import NotStored
from fer_core.records import CLASS_NAMES, TEST, TRAIN, VALIDATION, Layer, Run, TensorKey
from fer_core.translation import Translate
from fer_core.words import listed, weights_name

PREDICTED, TRUE = "predicted", "true"
TARGETS = (PREDICTED, TRUE, *CLASS_NAMES)
SCALES = ("own", "shared")
# Methods that need the maps of a convolution, which a network of dense layers has not.
CONVOLUTIONAL = ("gradcam", "guided_gradcam")
_SPLITS = (TRAIN, VALIDATION, TEST)
LAYERED = ("saliency", *CONVOLUTIONAL)  # methods that can be about a layer; others are about pixels


class Wanted(NamedTuple):
    """What is asked for. methods, samples: "" or names with commas between, in the order they are
    shown; per_class: how many images of each class where no samples are named; layer: a full name,
    "" for what each method has (its deepest layer, where it has several); target: one of TARGETS;
    weights: of the run, or several."""

    methods: str = ""
    samples: str = ""
    per_class: int = 1
    layer: str = ""
    target: str = PREDICTED
    weights: str = "best"


def named(text: str) -> tuple[str, ...]:
    """Return the parts of ``a,b``, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def place(sample: str) -> tuple[int, str, int]:
    """Return what ``split:index`` is sorted by: the splits in their order, others behind them."""
    split, _, index = sample.rpartition(":")
    return _SPLITS.index(split) if split in _SPLITS else len(_SPLITS), split, int(index)


def possible(method: str, layers: Sequence[Layer]) -> bool:
    """Say whether a network of these layers can be explained by a method."""
    return method not in CONVOLUTIONAL or any(layer.type.startswith("Conv") for layer in layers)


def command(
    run: Run, methods: Sequence[str], samples: Sequence[str], wanted: Wanted
) -> tuple[str, ...]:
    """Return the arguments of fer-core that make these maps of a run."""
    words = ["explain", run.name]
    words += ["--methods", ",".join(methods)] if methods else []
    words += ["--samples", ",".join(samples)] if samples else []
    words += ["--layers", wanted.layer] if wanted.layer and {*LAYERED} & {*methods} else []
    words += ["--targets", wanted.target] if wanted.target != PREDICTED else []
    words += ["--weights", wanted.weights] if wanted.weights != "best" else []
    return tuple(words)


def lacking(
    run: Run, what: Sequence[str], methods: Sequence[str], samples: Sequence[str], wanted: Wanted
) -> NotStored:
    """Return the error for `what` that is not stored, with the command that makes it."""

    def say(_: Translate) -> str:
        form = _("run {run!r} has no stored {what} ({which})")
        if samples:
            form = _("run {run!r} has no stored {what} of {samples} ({which})")
        which = [
            _("layer {layer}").format(layer=wanted.layer) if wanted.layer else "",
            _("{target} class").format(target=_(wanted.target)),
            _("{weights} weights").format(weights=weights_name(wanted.weights, _)),
        ]
        return form.format(
            run=run.name,
            what=listed(what, _) or _("explanations"),
            samples=listed(samples, _),
            which=listed(which, _),
        )

    return NotStored(say, command(run, methods, samples, wanted))


def is_of(key: TensorKey, target: str) -> bool:
    """Say whether a map is of the class that `target`, one of TARGETS, means for its image."""
    return key.target == key.provenance.get(target, target)
