"""How accurate runs are: interval, n, split, weights and how chosen, without twins, readings."""

from typing import TYPE_CHECKING

import numpy as np

from fer_core.analysis.metrics import accuracy_of
from fer_core.errors import InputError
from fer_core.figures import facets, text
from fer_core.records import ENSEMBLE, TRAIN, VALIDATION, Run, Score
from fer_core.translation import Translate, translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return a paragraph for each run: every stored score of its best weights, and what a person
    noted of a leaderboard."""
    _ = translator(language)
    return [sentences(_sentences(store, run, _), _) for run in runs]


def _sentences(store: "RunStore", run: Run, _: Translate) -> list[str]:
    scores = [score for score in run.scores if score.weights == "best"]
    if not scores:
        said = _("{name}: no predictions of its best weights are stored.")
        return [said.format(name=facets.named(run, _)), _leaderboard(run, _)]
    scores.sort(key=lambda score: (score.split != VALIDATION, score.split, score.averaging))
    sentences = [_score(store, run, score, _) for score in scores]
    if any(score.split == VALIDATION for score in scores):
        sentences.append(
            _("The epochs of its members were chosen on the validation images, which flatters it.")
            if run.preset == ENSEMBLE
            else _("The epoch was chosen on the validation images, which flatters it there.")
        )
    for split in dict.fromkeys(score.split for score in scores):
        sentences += [_baseline(store, run, split, _), _readings(store, run, split, _)]
    return [*sentences, _leaderboard(run, _)]


def _score(store: "RunStore", run: Run, score: Score, _: Translate) -> str:
    epoch = store.predictions(run.id, score.split, score.weights, score.averaging).epoch
    if run.preset == ENSEMBLE:
        weights = _("the best weights of its members")
    elif not epoch or run.best_epoch is None:
        weights = _("the best weights")
    elif epoch != run.best_epoch:  # it trained on after these were stored
        form = _("epoch {epoch} (now the best on validation is epoch {best})")
        weights = form.format(epoch=epoch, best=run.best_epoch)
    else:
        weights = _("epoch {epoch}, the best on validation").format(epoch=epoch)
    said = _(
        "{name} on {split}: accuracy {accuracy} of {count:,} images (95 % Wilson interval), "
        "{without} of the {without_count:,} without an identical twin in its training data; "
        "weights: {weights}; averaging: {averaging}."
    )
    if not score.count_without_twins:
        said = _(
            "{name} on {split}: accuracy {accuracy} of {count:,} images (95 % Wilson interval), "
            "each of which, or an identical one, is in its training data; weights: {weights}; "
            "averaging: {averaging}."
        )
    return said.format(
        name=facets.named(run, _),
        split=_(score.split),
        accuracy=text.estimated(accuracy_of(score.correct, score.count)),
        count=score.count,
        without=text.estimated(accuracy_of(score.correct_without_twins, score.count_without_twins)),
        without_count=score.count_without_twins,
        weights=weights,
        averaging=_(score.averaging),
    )


def _baseline(store: "RunStore", run: Run, split: str, _: Translate) -> str:
    """What always saying the most frequent class of these images would reach."""
    try:
        labels = store.evaluation_split(run.id, split).labels
    except InputError:
        return ""
    counts = np.bincount(labels, minlength=7)
    said = _("Always saying {label} would be right for {share} of the images of {split}.")
    return said.format(
        label=text.class_labels(_)[int(counts.argmax())],
        share=text.percent(counts.max() / max(1, counts.sum())),
        split=_(split),
    )


def _readings(store: "RunStore", run: Run, split: str, _: Translate) -> str:
    if split in (TRAIN, VALIDATION):
        return ""
    read = sum(reading.split == split for reading in store.details(run.id).test_readings)
    return _("Readings of {split} so far: {readings}.").format(split=_(split), readings=read)


def _leaderboard(run: Run, _: Translate) -> str:
    noted = [
        form.format(value=value)
        for form, value in (
            (_("{value:.5f} public"), run.leaderboard_public),
            (_("{value:.5f} private"), run.leaderboard_private),
        )
        if value is not None
    ]
    if not noted:
        return ""
    return _("Noted of the leaderboard: {noted}.").format(noted=listed(noted, _))
