"""Images changed to be answered otherwise: how many are, how little is enough, accuracy left."""

from typing import TYPE_CHECKING, Any

import numpy as np

from fer_core.analysis.metrics import accuracy_of
from fer_core.figures import facets, text
from fer_core.figures.adversarial import ATTACKS
from fer_core.records import ADVERSARIAL, CLASS_NAMES, ROBUSTNESS, Run, TensorRecord
from fer_core.translation import Translate, translator
from fer_core.words import clauses, listed, sentences, weights_name

if TYPE_CHECKING:
    from fer_core.store import RunStore

_WEIGHTS = "best"


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return a paragraph for each run with stored attacks on its best weights."""
    _ = translator(language)
    found = []
    for run in runs:
        told = []
        for attack, name in ATTACKS.items():
            changed = store.tensors(run.id, ADVERSARIAL, method=attack, weights=_WEIGHTS)
            for target in dict.fromkeys(record.target for record in changed):
                images = [record for record in changed if record.target == target]
                told.append(_changed(run, name, target, images, _))
            curves = store.tensors(run.id, ROBUSTNESS, method=attack, weights=_WEIGHTS)
            told += [_curve(run, name, record, _) for record in curves]
        if told:
            found.append(sentences(told, _))
    return found


def _changed(run: Run, attack: str, target: str, records: list[TensorRecord], _: Translate) -> str:
    said: list[dict[str, Any]] = [dict(record.provenance) for record in records]
    before, after = (np.array([each[when] for each in said]) for when in ("before", "after"))
    altered = int((before.argmax(axis=1) != after.argmax(axis=1)).sum())
    epsilons = dict.fromkeys(f"{float(each['epsilon']):g}" for each in said)
    words = [
        _("{attack} on {name} changes each pixel by at most {epsilon} grey levels").format(
            attack=attack, name=facets.named(run, _), epsilon=" / ".join(epsilons)
        )
    ]
    if target in CLASS_NAMES:
        words.append(_("aimed at {target}").format(target=_(target)))
    form = _("the answer to {altered} of {count} images of {splits} changes ({weights} weights)")
    splits = dict.fromkeys(record.sample.rpartition(":")[0] for record in records)
    words.append(
        form.format(
            altered=altered,
            count=len(said),
            splits=listed((_(split) for split in splits), _),
            weights=weights_name(_WEIGHTS, _),
        )
    )
    smallest = [each["smallest_epsilon"] for each in said]
    reached = sorted(float(value) for value in smallest if value is not None)
    if reached:
        form = _(
            "the smallest change that reaches the aim, of {count} images where one does: median "
            "{median:.1f} grey levels, least {least:.1f}, most {most:.1f}"
        )
        words.append(
            form.format(
                count=len(reached),
                median=float(np.median(reached)),
                least=reached[0],
                most=reached[-1],
            )
        )
    return _("{said}.").format(said=clauses(words, _))


def _curve(run: Run, attack: str, record: TensorRecord, _: Translate) -> str:
    count = int(str(record.provenance["n"]))
    points = (
        _("{accuracy} at {epsilon:g}").format(
            accuracy=text.estimated(accuracy_of(round(share * count), count)), epsilon=epsilon
        )
        for epsilon, share in record.array.tolist()
    )
    said = _(
        "Accuracy of {name} under {attack} by grey levels, on {count:,} images of {split} "
        "({weights} weights, 95 % Wilson intervals): {points}."
    )
    return said.format(
        name=facets.named(run, _),
        attack=attack,
        count=count,
        split=_(record.sample),
        weights=weights_name(_WEIGHTS, _),
        points=listed(points, _),
    )
