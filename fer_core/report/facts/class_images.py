"""Images made for each class: what the model makes of them."""

from typing import TYPE_CHECKING

import numpy as np

from fer_core.figures import facets, text
from fer_core.records import CLASS_IMAGES, CLASS_NAMES, Run, TensorRecord
from fer_core.translation import Translate, translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return a paragraph for each run with stored class images of its best weights."""
    _ = translator(language)
    found = []
    for run in runs:
        records = store.tensors(run.id, CLASS_IMAGES, weights="best")
        if records:
            head = _("Images that raise each class's logit, by gradient ascent on {name}.")
            told = [head.format(name=facets.named(run, _)), *(_start(each, _) for each in records)]
            found.append(sentences(told, _))
    return found


def _start(record: TensorRecord, _: Translate) -> str:
    shares = np.array(record.provenance["probabilities"], np.float64)
    right = shares.argmax(axis=1) == np.arange(len(CLASS_NAMES))
    own = (
        f"{label} {text.percent(share)}"
        for label, share in zip(text.class_labels(_), shares.diagonal(), strict=True)
    )
    start = {"noise": _("noise"), "mean-face": _("mean face")}.get(record.sample, record.sample)
    said = _(
        "From {start} ({style}): {count} of 7 are taken for their class; probability of that "
        "class: {own}."
    )
    return said.format(
        start=start, style=_(record.method), count=int(right.sum()), own=listed(own, _)
    )
