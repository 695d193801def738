"""Runs combined: who is in an ensemble, how, and how accurate it is beside its members."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fer_core.analysis.metrics import accuracy_of
from fer_core.errors import InputError
from fer_core.figures import facets, text
from fer_core.records import ENSEMBLE, VALIDATION, Run, RunDetails
from fer_core.translation import Translate, translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return a paragraph for each of the runs that is an ensemble."""
    _ = translator(language)
    return [
        sentences([_combines(details, _), *_reaches(store, details, _)], _)
        for details in (store.details(run.id) for run in runs if run.preset == ENSEMBLE)
    ]


def _combines(details: RunDetails, _: Translate) -> str:
    config: Mapping[str, Any] = details.config
    members = config["members"]
    vote, weighting = config["combine"] == "vote", config["weighting"]
    said = _("{name} combines {count} runs by the mean of their probabilities: {members}.")
    if vote:
        said = _("{name} combines {count} runs by a majority vote: {members}.")
    elif weighting == VALIDATION:
        said = _(
            "{name} combines {count} runs by the mean of their probabilities, with the weights "
            "that have the least log loss on validation: {members}."
        )
    form = _("{name} ({weight:.2f})")
    each = (
        form.format(name=text.clean(name), weight=float(weight)) for name, weight in members.items()
    )
    return said.format(
        name=facets.named(details.run, _), count=len(members), members=listed(each, _)
    )


def _reaches(store: "RunStore", details: RunDetails, _: Translate) -> list[str]:
    score = details.run.score(VALIDATION)
    if score is None:
        return []
    said = _("On validation: accuracy {accuracy} of {count:,} images (best weights).")
    accuracy = text.estimated(accuracy_of(score.correct, score.count))
    sentences = [
        said.format(accuracy=accuracy, count=score.count),
        _("The epochs of its members were chosen on the validation images, which flatters it."),
    ]
    alone = []
    config: Mapping[str, Any] = details.config
    for name, run_id in config["member_ids"].items():
        try:
            own = store.run(run_id).score(VALIDATION)
        except InputError:  # deleted since
            continue
        if own is not None:
            alone.append((own.accuracy, name, text.estimated(accuracy_of(own.correct, own.count))))
    if alone:
        _value, name, reached = max(alone)
        said = _("Its most accurate member alone, of {count} in the store: {name}, {accuracy}.")
        sentences.append(said.format(count=len(alone), name=text.clean(name), accuracy=reached))
    return sentences
