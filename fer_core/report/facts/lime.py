"""LIME: how well its surrogate fits, how many segments, and beside it what the run finds."""

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from fer_core.analysis import metrics
from fer_core.figures import facets, text
from fer_core.records import CLASS_NAMES, EXPLANATION, SEGMENT_WEIGHTS, Run, TensorKey
from fer_core.report.facts.answers import answers_of
from fer_core.translation import Translate, translator
from fer_core.words import clauses, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return a paragraph for each run with stored explanations by LIME of its best weights."""
    _ = translator(language)
    found = []
    for run in runs:
        keys = [
            key
            for key in store.tensor_keys(run.id, EXPLANATION)
            if key.method == "lime" and key.weights == "best"
        ]
        if keys:
            told = [_fit(store, run, keys, _), _by_class(store, run, keys, _)]
            found.append(sentences(told, _))
    return found


def _fit(store: "RunStore", run: Run, keys: list[TensorKey], _: Translate) -> str:
    r2 = [value for key in keys if (value := _r2(key)) is not None]
    segments = [
        len(record.array)
        for record in store.tensors(run.id, SEGMENT_WEIGHTS, method="lime", weights="best")
    ]
    said = [_("LIME of {name}: {count} images explained").format(
        name=facets.named(run, _), count=len({key.sample for key in keys})
    )]  # fmt: skip
    if segments:
        form = _("{count} segments an image")
        if len(set(segments)) > 1:
            form = _("{least} to {count} segments an image")
        said.append(form.format(least=min(segments), count=max(segments)))
    if r2:
        form = _("R² of its linear models {least:.2f} to {most:.2f}, median {median:.2f}")
        said.append(form.format(least=min(r2), most=max(r2), median=float(np.median(r2))))
    return _("{said}.").format(said=clauses(said, _))


def _by_class(store: "RunStore", run: Run, keys: list[TensorKey], _: Translate) -> str:
    """Set the fit for images of each class beside how many of its images the run finds."""
    answers = answers_of(store, [run])
    if not answers:
        return ""
    counts = metrics.confusion_counts(answers[0].labels, answers[0].predicted)
    recall, support = metrics.recall(counts), counts.sum(axis=1)
    fits = defaultdict(list)
    for key in keys:
        value, true = _r2(key), key.provenance.get("true")
        if value is not None and true in CLASS_NAMES:
            fits[CLASS_NAMES.index(str(true))].append(value)
    labels = text.class_labels(_)
    said = [
        _("{label}: R² {r2:.2f} ({images}), found {recall} of {count:,}").format(
            label=labels[label],
            r2=float(np.mean(values)),
            images=len(values),
            recall=text.percent(recall[label]),
            count=int(support[label]),
        )
        for label, values in sorted(fits.items())
        if support[label]
    ]
    if not said:
        return ""
    return _(
        "By true class, mean R² (of so many images) beside the recall on validation (best epoch "
        "on validation): {classes}."
    ).format(classes=clauses(said, _))


def _r2(key: TensorKey) -> float | None:
    extras = key.provenance.get("extras")
    value = extras.get("r2") if isinstance(extras, dict) else None
    return None if value is None else float(value)
