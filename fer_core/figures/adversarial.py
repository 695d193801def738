"""Images changed by a few grey levels, beside what was changed and what the model then answers."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.sides import Side, sides
from fer_core.errors import NotStored
from fer_core.figures import colour_bars, facets, map_tiles, palette, stored_arrays, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.figures.options import one_of
from fer_core.figures.wanted_maps import named
from fer_core.records import ADVERSARIAL, CLASS_NAMES, TensorRecord
from fer_core.translation import Translate, translator
from fer_core.words import clauses, listed, sentences, weights_names

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACES = True
FACETS = ("sides",)
ATTACKS = {"fgsm": "FGSM", "pgd": "PGD"}
TIMES = 10  # what differences are multiplied by
MOST_SAMPLES = 14  # where none are named


class Attacked(NamedTuple):
    """An image. image, changed: (48, 48) float32 in grey levels 0..255; before, after: (7,)
    float64 probabilities; epsilon: grey levels; smallest: the smallest epsilon that reaches its
    aim, None where none that was tried does."""

    sample: str
    true: str | None
    target: str
    image: np.ndarray
    changed: np.ndarray
    before: np.ndarray
    after: np.ndarray
    epsilon: float
    smallest: float | None


class SideAttacked(NamedTuple):
    """A run with one of its weights."""

    side: Side
    images: tuple[Attacked, ...]


class Adversarial(NamedTuple):
    """What the figure shows."""

    sides: tuple[SideAttacked, ...]
    attack: str


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    samples: str = "",
    attack: str = "fgsm",
    target: str = "",
    weights: str = "best",
) -> Adversarial:
    """Read changed images.

    samples: ``test:12,train:5566``, or "" for the first 14 stored; attack: ``fgsm`` or ``pgd``;
    target: the class aimed at, "" for away from the true one; weights: several, with commas
    between, become facets. InputError for what is not stored.
    """
    one_of("attack", attack, tuple(ATTACKS))
    one_of("target", target, ("", *CLASS_NAMES))
    found = []
    for side in sides(store, run_ids, weights):
        asked = [stored_arrays.sample_of(store, side, each) for each in named(samples)]
        key = {"method": attack, "target": target, "weights": side.weights}
        records = {
            each.sample: each
            for each in store.tensors(side.run.id, ADVERSARIAL, samples=asked or None, **key)
        }
        lacks = [sample for sample in asked if sample not in records]
        if lacks or not records:
            raise lacking(side, lacks, attack, target)
        shown = asked or list(records)[:MOST_SAMPLES]
        found.append(SideAttacked(side, tuple(_attacked(records[each]) for each in shown)))
    return Adversarial(tuple(found), attack)


def lacking(side: Side, samples: list[str], attack: str, target: str) -> NotStored:
    """Return the error for changed images that are not stored."""
    options = {"attack": attack if attack != "fgsm" else "", "target": target}
    one = samples[0] if samples else "validation:0"
    made_with = stored_arrays.command(side, "adversarial", sample=one, **options)

    def what(_: Translate) -> str:
        form = _("{attack} images of {samples}") if samples else _("{attack} images")
        return form.format(attack=attack, samples=listed(samples, _))

    return stored_arrays.lacking(side, what, made_with)


def _attacked(record: TensorRecord) -> Attacked:
    said: dict[str, Any] = dict(record.provenance)
    image, changed = record.array
    return Attacked(
        record.sample,
        said["true"],
        record.target,
        image,
        changed,
        np.array(said["before"], np.float64),
        np.array(said["after"], np.float64),
        float(said["epsilon"]),
        said["smallest_epsilon"],
    )


def draw(
    info: Adversarial, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a row for each image: as it is, the difference, and changed."""
    _ = translator(language)
    pixels = palette.colours(np.linspace(-1, 1, 128)[None], signed=True)
    return draw_sheets(
        Canvas(width_mm, font_size),
        [each.side.subject for each in info.sides],
        [[_sheet(each, _)] for each in info.sides],
        [_settings(info, _)],
        _,
        [colour_bars.Bar(pixels, (_("darker"), "0", _("brighter")))],
    )


def _sheet(each: SideAttacked, _: Translate) -> Sheet:
    images, rows, captions, hover = [], [], [], []
    for one in each.images:
        difference = (TIMES * (one.changed - one.image) / 255).clip(-1, 1)
        levels = [map_tiles.grey(np.rint(a).astype(np.uint8)) for a in (one.image, one.changed)]
        images.append([levels[0], palette.colours(difference, signed=True), levels[1]])
        split, _colon, index = one.sample.rpartition(":")
        rows.append(f"{_(one.true) if one.true else _('no label')}\n{split}:\n{index}")
        least = _("none") if one.smallest is None else f"≥ {one.smallest:.1f}"
        captions += [_answer(one.before, _), f"ε {least}", _answer(one.after, _)]
        hover += [f"{one.sample}, {_all(shares, _)}" for shares in (one.before, one.after)]
        hover.insert(-1, one.sample)
    return Sheet(
        np.array(images),
        np.ones((len(rows), 3), bool),
        hover,
        rows=rows,
        columns=[_("Image"), _("Difference"), _("Changed")],
        captions=captions,
        framed=True,
    )


def _answer(probabilities: np.ndarray, _: Translate) -> str:
    best = int(probabilities.argmax())
    return f"{_(CLASS_NAMES[best])}\n{text.whole_percent(probabilities[best])}"


def _all(probabilities: np.ndarray, _: Translate) -> str:
    pairs = zip(CLASS_NAMES, probabilities, strict=True)
    return listed((f"{_(name)} {100 * share:.0f} %" for name, share in pairs), _)


def _settings(info: Adversarial, _: Translate) -> str:
    every = [one for each in info.sides for one in each.images]
    told = [
        _(
            "{attack}, each pixel changed by at most {epsilon} grey levels; {weights} weights."
        ).format(
            attack=ATTACKS[info.attack],
            epsilon=" / ".join(dict.fromkeys(f"{one.epsilon:g}" for one in every)),
            weights=weights_names((each.side.weights for each in info.sides), _),
        ),
        _("Difference: times {times}.").format(times=TIMES),
        _("ε: the smallest change, in grey levels, that alters the answer so."),
    ]
    if every[0].target:
        told.insert(1, _("Aimed at {target}.").format(target=_(every[0].target)))
    return sentences(told, _)


def table(info: Adversarial) -> pd.DataFrame:
    """Return the images, a row each, with all probabilities before and after."""
    rows = []
    for each in info.sides:
        for one in each.images:
            row = {
                **each.side.own,
                "attack": info.attack,
                "sample": one.sample,
                "true": one.true,
                "target": one.target,
                "epsilon": one.epsilon,
                "smallest_epsilon": one.smallest,
                "largest_change": float(np.abs(one.changed - one.image).max()),
            }
            for when, shares in (("before", one.before), ("after", one.after)):
                row |= {
                    f"{when}_{name}": float(share)
                    for name, share in zip(CLASS_NAMES, shares, strict=True)
                }
            rows.append(row)
    return pd.DataFrame(rows)


def describe(info: Adversarial, *, language: str = "en") -> str:
    """Return the figure in words, a line for each run: each image's answer before and after."""
    _ = translator(language)
    lines = []
    for each in info.sides:
        images = [
            _("{sample}: {before}, changed {after}").format(
                sample=one.sample,
                before=_answer(one.before, _).replace("\n", " "),
                after=_answer(one.after, _).replace("\n", " "),
            )
            for one in each.images
        ]
        name = facets.named(each.side.subject, _)
        lines.append(_("{name}: {facts}.").format(name=name, facts=clauses(images, _)))
    first = _("Images before and after an attack. {settings}").format(settings=_settings(info, _))
    return "\n".join([text.clean(first), *lines])
