"""Words for what the store holds, and lists of words, in the language of a translator."""

from collections.abc import Iterable
from functools import reduce

from fer_core.translation import Translate


def N_(message: str) -> str:  # noqa: N802 - the name by which extractors know it
    """Mark a message that is translated elsewhere, by its value: ``_(run.status)``."""
    return message


# Values that pages and figures translate as they find them.
STORED = (
    *(N_("Angry"), N_("Disgust"), N_("Fear"), N_("Happy"), N_("Sad"), N_("Surprise")),
    N_("Neutral"),
    *(N_("train"), N_("validation"), N_("test"), N_("public")),
    *(N_("none"), N_("flip"), N_("crops")),
    *(N_("running"), N_("finished"), N_("interrupted"), N_("failed"), N_("stale")),
    *(N_("predicted"), N_("true")),
    *(N_("logit"), N_("probability")),
    *(N_("plain"), N_("natural")),
)


def weights_name(weights: str, _: Translate) -> str:
    """Return the word for weights: ``best``, ``last``, ``average``; ``epoch-5`` as it is."""
    words = {"best": _("best"), "last": _("last"), "average": _("average")}
    return words.get(weights, weights)


def weights_chosen(weights: Iterable[str], _: Translate) -> str:
    """Name the different ones among weights and say of the best ones what they were chosen by."""
    best = _("best epoch on validation")
    names = (best if each == "best" else weights_name(each, _) for each in weights)
    return " / ".join(dict.fromkeys(names))


def weights_names(weights: Iterable[str], _: Translate) -> str:
    """Name the different ones among the weights that a figure shows: ``best / last``."""
    return " / ".join(dict.fromkeys(weights_name(each, _) for each in weights))


def listed(parts: Iterable[str], _: Translate) -> str:
    """Join words as a list: ``a, b, c``."""
    return _joined(parts, _("{first}, {second}"))


def clauses(parts: Iterable[str], _: Translate) -> str:
    """Join parts that hold commas: ``a, b; c``."""
    return _joined(parts, _("{first}; {second}"))


def sentences(parts: Iterable[str], _: Translate) -> str:
    """Put whole sentences behind each other; Chinese has no space between them."""
    return _joined(parts, _("{first} {second}"))


def _joined(parts: Iterable[str], pattern: str) -> str:
    kept = [part for part in parts if part]
    return reduce(lambda first, second: pattern.format(first=first, second=second), kept or [""])
