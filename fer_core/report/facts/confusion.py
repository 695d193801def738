"""Which classes runs take for which, and which they find most and least often."""

from typing import TYPE_CHECKING

import numpy as np

from fer_core.analysis.answers import Answers
from fer_core.analysis.class_share import recall_against_share
from fer_core.analysis.mistakes import confused_pairs, mistakes
from fer_core.analysis.wording import p_text
from fer_core.errors import InputError
from fer_core.figures import judged, text
from fer_core.records import TRAIN, Run
from fer_core.report.facts.answers import answers_of
from fer_core.translation import Translate, translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

_PAIRS = 3  # in words; the matrix has all


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return a paragraph for each run that has predicted validation."""
    _ = translator(language)
    return [
        sentences([_confused(each, _), *_found(store, each, _)], _)
        for each in answers_of(store, runs)
    ]


def _confused(each: Answers, _: Translate) -> str:
    pairs = confused_pairs(mistakes([each]), each.labels)
    pairs.sort(key=lambda pair: -pair.share)
    classes = text.class_labels(_)
    support = np.bincount(each.labels, minlength=7)
    name, split = judged.named(each, _), _(each.split)
    if not pairs:
        return _("{name} makes no mistake on {split} (n = {count:,}).").format(
            name=name, split=split, count=len(each.labels)
        )
    said = [
        _("{true} for {said} ({count:,} of {support:,}, {share})").format(
            true=classes[pair.true],
            said=classes[pair.said],
            count=pair.count,
            support=int(support[pair.true]),
            share=text.percent(pair.share),
        )
        for pair in pairs[:_PAIRS]
    ]
    return _(
        "{name} on {split} (n = {count:,}; weights: {weights}): by share of the true class, most "
        "often taken are {pairs}."
    ).format(
        name=name,
        split=split,
        count=len(each.labels),
        weights=_("best epoch on validation"),
        pairs=listed(said, _),
    )


def _found(store: "RunStore", each: Answers, _: Translate) -> list[str]:
    try:
        trained = store.evaluation_split(each.run.id, TRAIN).labels
    except InputError:  # an imported run may come without what it was trained on
        trained = np.empty(0, np.int64)
    found = recall_against_share(each.labels, each.predicted, trained)
    support = np.bincount(each.labels, minlength=7)
    classes = text.class_labels(_)

    def class_in_words(label: int) -> str:
        form = _("{label} ({recall} {interval}, n = {count:,})")
        if trained.size:
            form = _("{label} ({recall} {interval}, n = {count:,}; {share} of the training images)")
        return form.format(
            label=classes[label],
            recall=text.percent(found.recall[label]),
            interval=text.interval(*found.intervals[label]),
            count=int(support[label]),
            share=text.percent(found.shares[label]),
        )

    order = [int(i) for i in np.argsort(-found.recall, kind="stable") if support[i]]
    sentences = [
        _("Found most often: {best}; least often: {worst}.").format(
            best=listed((class_in_words(label) for label in order[:2]), _),
            worst=listed((class_in_words(label) for label in order[:-3:-1]), _),
        )
    ]
    if trained.size and np.isfinite(found.correlation):
        said = _(
            "Rank correlation of a class's recall with its share of the training images: "
            "{value:.2f} ({p}, {count} classes)."
        )
        p, count = p_text(found.p), int((support > 0).sum())
        sentences.append(said.format(value=found.correlation, p=p, count=count))
    return sentences
