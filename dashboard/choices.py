"""What can be chosen on a page: the options of a figure, as far as the store has them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from fer_core.records import PUBLIC, TEST, VALIDATION, Run
from fer_core.translation import Translate


class Choice(NamedTuple):
    """One option of a figure: its name, its label, and labels by value, the default first."""

    name: str
    label: str
    options: Mapping[str, str]


def predictions(runs: Sequence[Run], _: Translate) -> list[Choice]:
    """Return the options of a figure of predictions: those that at least one run has."""
    scores = [score for run in runs for score in run.scores]
    words = {
        VALIDATION: _("validation"),
        TEST: _("test"),
        PUBLIC: _("public"),
        "best": _("best epoch"),
        "last": _("last epoch"),
        "average": _("averaged"),
        "none": _("none"),
        "flip": _("flip"),
        "crops": _("crops"),
    }
    # A loop of one's own may have none of its best epoch.
    weights = [score.weights for score in scores] or ["best"]
    for number in filter(None, map(_epoch, weights)):
        words[f"epoch-{number}"] = _("epoch {number}").format(number=number)
    choices = [
        ("split", _("Split"), VALIDATION, [score.split for score in scores]),
        ("weights", _("Weights"), "best" if "best" in weights else min(weights), weights),
        ("averaging", _("Averaging"), "none", [score.averaging for score in scores]),
    ]
    return [
        Choice(
            name,
            label,
            {value: words.get(value, value) for value in [first, *_sorted(set(rest) - {first})]},
        )
        for name, label, first, rest in choices
    ]


def confusion(runs: Sequence[Run], _: Translate) -> list[Choice]:
    """Return the options of a confusion matrix."""
    return [
        *predictions(runs, _),
        Choice(
            "normalise",
            _("Normalised by"),
            {
                "true": _("true class"),
                "predicted": _("predicted class"),
                "all": _("all images"),
                "counts": _("counts"),
            },
        ),
    ]


def _sorted(values: Iterable[str]) -> list[str]:
    return sorted(values, key=lambda value: (_epoch(value), value))


def _epoch(weights: str) -> int:
    """Return the epoch that weights are of, 0 for those that have another name."""
    number = weights.removeprefix("epoch-")
    return int(number) if number != weights else 0


def photo(_: Translate) -> list[Choice]:
    """Return the options of a prediction, named as those of `commands.predict`."""
    return [
        Choice("crop", _("Faces"), {"auto": _("find them"), "none": _("it is one face")}),
        Choice(
            "weights",
            _("Weights"),
            {"best": _("best epoch"), "last": _("last epoch"), "average": _("averaged")},
        ),
        Choice(
            "average",
            _("Averaging"),
            {"none": _("none"), "flip": _("flip"), "crops": _("crops")},
        ),
    ]


def networks(figure: str, _: Translate) -> list[Choice]:
    """Return the options of a figure of the page Architecture, but for the columns of its table."""
    return {
        "architecture": [
            Choice(
                "rows",
                _("Batch norm, activations, dropout"),
                {"folded": _("with their layer"), "all": _("in rows of their own")},
            )
        ],
        "complexity": [
            Choice("by", _("Compare"), {"layer": _("layers"), "run": _("runs")}),
            Choice(
                "x",
                _("Accuracy against"),
                {
                    "parameters": _("parameters"),
                    "operations": _("multiply-adds"),
                    "seconds": _("seconds an epoch"),
                },
            ),
        ],
    }.get(figure, [])


def columns(_: Translate) -> dict[str, str]:
    """Return the labels of the columns of the table of layers."""
    return {
        "type": _("Type"),
        "shape": _("Output shape"),
        "parameters": _("Parameters"),
        "operations": _("Multiply-adds"),
    }
