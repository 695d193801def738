"""What figures of predictions share: the words for how runs were judged, and their names."""

from collections.abc import Sequence, Set

from fer_core.analysis.answers import Answers
from fer_core.errors import InputError
from fer_core.figures import facets
from fer_core.records import TRAIN, VALIDATION
from fer_core.translation import Translate
from fer_core.words import listed, sentences, weights_chosen


def need_same_images(figure: str, answers: Sequence[Answers]) -> None:
    """Raise InputError unless all runs are judged on the same images."""
    for each in answers[1:]:
        if each.fingerprint != answers[0].fingerprint:
            raise InputError(
                f"{answers[0].subject.name!r} and {each.subject.name!r} are judged on different "
                f"{each.split} images; {figure} takes runs with the same data, --validation and "
                "--seed"
            )


def how(answers: Sequence[Answers], _: Translate) -> str:
    """Say the split, the weights and how they were chosen, and the averaging; a sentence."""
    first = answers[0]
    weights = {each.weights for each in answers}
    chosen = weights_chosen((each.weights for each in answers), _)
    told = _("On {split}; weights: {weights}; averaging: {averaging}.")
    said = [told.format(split=_(first.split), weights=chosen, averaging=_(first.averaging))]
    said.append(flattered(first.split, weights, _))
    if len({each.fingerprint for each in answers}) > 1:
        said.append(_("The runs are judged on different images."))
    return sentences(said, _)


def flattered(split: str, weights: Set[str], _: Translate) -> str:
    """Say of answers on the images by which the epoch was chosen that they are; "" of others."""
    if split != VALIDATION or "best" not in weights:
        return ""
    if len(weights) == 1:
        return _("The epoch was chosen on these images, which flatters it here.")
    return _("The best epoch was chosen on these images, which flatters it here.")


def named(answers: Answers, _: Translate) -> str:
    """Return the run's name for a sentence; it says so when its data are synthetic."""
    return facets.named(answers.subject, _)


def readings(answers: Answers, _: Translate) -> str:
    """Say how often the run has read a test split; "" for others."""
    if answers.split in (TRAIN, VALIDATION):
        return ""
    said = _("Readings of {split} so far: {readings}.")
    return said.format(split=_(answers.split), readings=answers.readings)


def labels(answers: Sequence[Answers], size: float, room: float, _: Translate) -> list[str]:
    """Return a label for each run, as `facets.labels` does."""
    return facets.labels([each.subject for each in answers], size, room, _)


def notes(answers: Sequence[Answers], _: Translate) -> str:
    """Return what stands in a corner: n where it is one for all, and "synthetic data"."""
    counts = {len(each.labels) for each in answers}
    said = [_("n = {count:,}").format(count=counts.pop())] if len(counts) == 1 else []
    if all(each.run.synthetic for each in answers):
        said.append(_("synthetic data"))
    return listed(said, _)
