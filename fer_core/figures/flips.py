"""The images that only one of two runs gets right, with what both say of them."""

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.answers import Answers, read_answers
from fer_core.analysis.pairs import compare
from fer_core.figures import judged, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.figures.options import whole
from fer_core.figures.tile_text import SMALLEST_TEXT
from fer_core.records import CLASS_NAMES, IMAGE_SIZE, VALIDATION
from fer_core.translation import Translate, translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

CAPTION_LINES = 2
FACETS = ("sides",)
LEAST = 2
FACES = True
MOST, COLUMNS = 70, 7


class Side(NamedTuple):
    """The images that `right` alone gets right, of two runs. total: how many there are; places:
    (K,) int64 in the split, of those that are shown, first the ones of which `wrong` is surest;
    samples: K texts ``validation:12``; names: K source names; images: (K, 48, 48) uint8."""

    right: Answers
    wrong: Answers
    total: int
    places: np.ndarray
    samples: tuple[str, ...]
    names: tuple[str, ...]
    images: np.ndarray


class Flips(NamedTuple):
    """What the figure shows. answers: of R runs; sides: for each run but the first, the images that
    the first gets right and it does not, and the other way round."""

    answers: tuple[Answers, ...]
    sides: tuple[tuple[Side, Side], ...]


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
    most: int = 14,
) -> Flips:
    """Read predictions of two or more runs and find where each and the first one part.

    most: images to show in each direction, 1 to 70. InputError for runs that are judged on
    different images, and from the store where predictions are not there.
    """
    most = whole("most", most, 1, MOST)
    answers = read_answers(store, run_ids, split=split, weights=weights, averaging=averaging)
    judged.need_same_images("flips", answers)
    first, *others = answers
    sides = []
    for other in others:
        pair = compare(first, other)
        sides.append(
            (
                _side(store, first, other, pair.a_only, most),
                _side(store, other, first, pair.b_only, most),
            )
        )
    return Flips(tuple(answers), tuple(sides))


def _side(store: "RunStore", right: Answers, wrong: Answers, places: np.ndarray, most: int) -> Side:
    surest = np.argsort(-wrong.probabilities[places].max(axis=1), kind="stable")
    shown = places[surest][:most]
    images = store.evaluation_split(right.run.id, right.split)
    indices, data = images.indices[shown], right.run.dataset_fingerprint
    names = store.sample_names(data, images.source)
    return Side(
        right,
        wrong,
        len(places),
        shown,
        tuple(f"{images.source}:{index}" for index in indices.tolist()),
        tuple(names[index] for index in indices.tolist()),
        store.images(data, images.source, indices),
    )


def draw(
    info: Flips, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw two sheets for each run but the first; below each image what both runs say."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    sheets = [_sheet(side, canvas, _) for both in info.sides for side in both]
    note = _(
        "Below each image the true class, with its probability by the run that is right, then what "
        "the other run takes it for."
    )
    return draw_sheets(canvas, (info.answers[0].run,), [sheets], (note,), _)


def _sheet(side: Side, canvas: Canvas, _: Translate) -> Sheet:
    classes = text.class_labels(_)
    # As many columns as leave the captions legible.
    widest = max(text.text_width(f"{name} 100 %", SMALLEST_TEXT) for name in classes)
    columns = max(1, min(COLUMNS, int(canvas.width / (1.15 * widest))))
    rows = max(1, ceil(len(side.places) / columns))
    shape = (rows, columns)
    images = np.zeros((rows * columns, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    images[: len(side.images)] = side.images
    captions, hover = [""] * images.shape[0], [""] * images.shape[0]
    for place, (label, true, said, share) in enumerate(_answers(side)):
        captions[place] = (
            f"{classes[label]} {100 * true:.0f} %\n{classes[said]} {100 * share:.0f} %"
        )
        hover[place] = f"{side.samples[place]} {text.clean(side.names[place])}"
    title = _("Only {right}, not {wrong}: {shown} of {total:,}")
    numbers = {"shown": len(side.places), "total": side.total}
    words = title.format(right="", wrong="", **numbers)
    room = (canvas.width - text.text_width(words, canvas.em) - canvas.em) / 2
    right, wrong = judged.labels((side.right, side.wrong), canvas.em, room, _)
    return Sheet(
        images.reshape(*shape, IMAGE_SIZE, IMAGE_SIZE),
        (np.arange(images.shape[0]) < len(side.images)).reshape(shape),
        hover,
        title=title.format(right=right, wrong=wrong, **numbers),
        captions=captions,
    )


def _answers(side: Side) -> list[tuple[int, float, int, float]]:
    """Return of each shown image its class, how probable the right run finds it, the class that
    the wrong run answers, and how probable it finds that."""
    return [
        (
            int(side.right.labels[place]),
            float(side.right.probabilities[place, side.right.labels[place]]),
            int(side.wrong.predicted[place]),
            float(side.wrong.probabilities[place].max()),
        )
        for place in side.places
    ]


def table(info: Flips) -> pd.DataFrame:
    """Return the shown images, a row each, probabilities in 0..1. Class names are English whatever
    the figure's language."""
    rows = []
    for both in info.sides:
        for side in both:
            for place, (label, true, said, share) in enumerate(_answers(side)):
                rows.append(
                    {
                        "run_id": side.right.run.id,
                        "run": side.right.run.name,
                        "wrong_run_id": side.wrong.run.id,
                        "wrong_run": side.wrong.run.name,
                        "wrong_weights": side.wrong.weights,
                        "synthetic": side.right.run.synthetic,
                        "split": side.right.split,
                        "weights": side.right.weights,
                        "averaging": side.right.averaging,
                        "sample": side.samples[place],
                        "name": side.names[place],
                        "class": CLASS_NAMES[label],
                        "probability": true,
                        "wrong_class": CLASS_NAMES[said],
                        "wrong_probability": share,
                    }
                )
    columns = ["run_id", "run", "wrong_run_id", "wrong_run", "sample", "class", "wrong_class"]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


def describe(info: Flips, *, language: str = "en") -> str:
    """Return how runs were judged, then for each two runs which images only one gets right."""
    _ = translator(language)
    classes = text.class_labels(_)
    lines = [
        _("Images that only one of two runs gets right; those first of which the other is surest."),
        judged.how(info.answers, _),
    ]
    for both in info.sides:
        for side in both:
            shown = [
                _("{sample} ({true} {true_share}, {said} {said_share})").format(
                    sample=sample,
                    true=classes[label],
                    true_share=text.percent(true),
                    said=classes[said],
                    said_share=text.percent(share),
                )
                for sample, (label, true, said, share) in zip(
                    side.samples, _answers(side), strict=True
                )
            ]
            said_ = _("{right} is right on {total:,} images on which {wrong} errs: {shown}.")
            told = said_.format(
                right=judged.named(side.right, _),
                wrong=judged.named(side.wrong, _),
                total=side.total,
                shown=listed(shown, _) or _("none"),
            )
            lines.append(sentences([told, judged.readings(side.right, _)], _))
    return "\n".join(lines)
