"""How runs were trained, and what their curves say: recipe, best epoch, convergence, gap, time."""

from typing import TYPE_CHECKING

from fer_core.analysis import curves
from fer_core.analysis.metrics import accuracy_of
from fer_core.errors import InputError
from fer_core.figures import facets, learning_curves, text
from fer_core.figures.learning_curves import RunCurves
from fer_core.records import TRAIN, VALIDATION, Epoch, Run, RunDetails
from fer_core.report.facts import recipe
from fer_core.report.teachers import with_names
from fer_core.translation import Translate, translator
from fer_core.words import clauses, listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return a paragraph for each run that trained; an ensemble has no epochs."""
    _ = translator(language)
    histories = store.histories([run.id for run in runs])
    trained = [run for run in runs if histories.get(run.id)]
    if not trained:
        return []
    info = learning_curves.collect(store, tuple(run.id for run in trained))
    return [sentences(_sentences(store, each, histories[each.run.id], _), _) for each in info.runs]


def _sentences(
    store: "RunStore", each: RunCurves, history: tuple[Epoch, ...], _: Translate
) -> list[str]:
    details = store.details(each.run.id)
    return [
        _recipe(store, details, _),
        *_images(store, details, _),
        _best(store, each, _),
        _seconds(history, details, _),
    ]


def _recipe(store: "RunStore", details: RunDetails, _: Translate) -> str:
    words = recipe.words(with_names(store, details.config), _)
    name = facets.named(details.run, _)
    if not words:
        return _("{name}: its recipe is not stored.").format(name=name)
    return _("Recipe of {name}: {settings}.").format(
        name=name, settings=clauses([*words, _("seed {seed}").format(seed=details.run.seed)], _)
    )


def _images(store: "RunStore", details: RunDetails, _: Translate) -> list[str]:
    try:
        train, validation = (
            len(store.evaluation_split(details.run.id, split).labels)
            for split in (TRAIN, VALIDATION)
        )
    except InputError:  # a loop of one's own without stored data
        return []
    said = _("Trained on {train:,} images of {data}, judged on {validation:,} for validation.")
    sentences = [
        said.format(train=train, data=text.clean(details.run.dataset), validation=validation)
    ]
    if details.dropped:
        labels = text.audit_labels(_)
        dropped = (f"{labels.get(kind, kind)} {n:,}" for kind, n in details.dropped.items())
        said = _("Left out of training: {dropped}.")
        sentences.append(said.format(dropped=listed(dropped, _)))
    return sentences


def _best(store: "RunStore", each: RunCurves, _: Translate) -> str:
    run, done = each.run, len(each.epoch)
    if each.best is None or each.stops_improving is None:
        return _("{done} epochs ({status}); no validation accuracy is stored.").format(
            done=done, status=_(run.status)
        )
    count = learning_curves.validation_count(store, run)
    value = float(each.raw["validation_accuracy"][each.best])
    best = text.percent(value)
    if count:
        exact = accuracy_of(round(value * count), count)
        best = _("{accuracy} (n = {count:,})").format(accuracy=text.estimated(exact), count=count)
    return _(
        "Best validation accuracy {best} at epoch {best_epoch} of {done} ({status}; {planned} "
        "planned); it stops improving at epoch {stop}, the first within one standard error "
        "({tolerance:.1f} points) of the best. Training minus validation accuracy: {gap} points "
        "at the best epoch, {last_gap} at the last."
    ).format(
        best=best,
        best_epoch=each.epoch[each.best],
        done=done,
        status=_(run.status),
        planned=max(run.epochs_planned, done),
        stop=each.epoch[each.stops_improving],
        tolerance=100 * each.tolerance,
        gap=text.points(each.gap[each.best]),
        last_gap=text.points(each.gap[-1]),
    )


def _seconds(history: tuple[Epoch, ...], details: RunDetails, _: Translate) -> str:
    seconds = curves.seconds_an_epoch([epoch.seconds for epoch in history])
    if seconds is None:
        return ""
    return _("An epoch took {seconds:.3g} s (median of {count}; {device}).").format(
        seconds=seconds,
        count=len(history),
        device=text.clean(details.device) or _("device unknown"),
    )
