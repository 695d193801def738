"""What runs make of chosen images: the probabilities of all seven classes, side by side."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.answers import Answers, read_answers
from fer_core.errors import InputError
from fer_core.figures import facets, judged, palette, text
from fer_core.figures.canvas import PX_PER_MM, TALLEST, Canvas
from fer_core.figures.wanted_maps import named
from fer_core.records import CLASS_NAMES, VALIDATION
from fer_core.translation import Translate, translator
from fer_core.words import clauses, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

CAPTION_LINES = 2
FACES = True
MOST = 28
_CLASSES = len(CLASS_NAMES)
_THINNEST = 0.42  # em, of a bar where a page has the room


class Probabilities(NamedTuple):
    """What the figure shows. answers: of R runs; places: (K,) int64 of the images in the split;
    samples: K texts ``validation:12``; names: K source names; images: (K, 48, 48) uint8."""

    answers: tuple[Answers, ...]
    places: np.ndarray
    samples: tuple[str, ...]
    names: tuple[str, ...]
    images: np.ndarray


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
    samples: str = "",
) -> Probabilities:
    """Read predictions of runs for chosen images.

    samples: at most 28, as ``validation:12`` or source names, with commas between; "" for the
    first image of each class. InputError for images that are not of the split that the runs are
    judged on, for runs that are judged on different images, and from the store where predictions
    are not there.
    """
    answers = read_answers(store, run_ids, split=split, weights=weights, averaging=averaging)
    judged.need_same_images("probabilities", answers)
    first = answers[0]
    images, data = store.evaluation_split(first.run.id, split), first.run.dataset_fingerprint
    asked = named(samples)
    if len(asked) > MOST:
        raise InputError(f"{len(asked)} images; probabilities shows at most {MOST}")
    if asked:
        places = [_place(store, first, each, images.source, images.indices) for each in asked]
    else:
        own = [np.flatnonzero(first.labels == label)[:1] for label in range(_CLASSES)]
        places = np.concatenate(own).tolist()
    if not places:
        raise InputError(f"{split} of run {first.run.name!r} holds no images; use another split")
    shown = np.array(list(dict.fromkeys(places)))
    indices = images.indices[shown]
    sources = store.sample_names(data, images.source)
    return Probabilities(
        tuple(answers),
        shown,
        tuple(f"{images.source}:{index}" for index in indices.tolist()),
        tuple(sources[index] for index in indices.tolist()),
        store.images(data, images.source, indices),
    )


def _place(
    store: "RunStore", answers: Answers, asked: str, source: str, indices: np.ndarray
) -> int:
    split, index = store.sample(answers.run.dataset_fingerprint, asked)
    found = np.flatnonzero((indices == index) & (split == source))
    if not len(found):
        raise InputError(
            f"image {asked} is not of the {answers.split} images of run {answers.run.name!r}; "
            f"choose one of {source}"
        )
    return int(found[0])


def draw(
    info: Probabilities,
    *,
    styles: palette.Styles,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:
    """Draw each image beside its bars: seven groups, a bar for each run in the run's colour."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    em, line = canvas.em, canvas.line
    classes = text.class_labels(_)
    entries = judged.labels(info.answers, em, canvas.legend_room, _)
    labels = max(text.text_width(name, em) for name in classes) + 0.9 * em
    picture, edge = min(16 * PX_PER_MM, 6 * em), 0.3 * em
    columns = facets.columns(len(info.places), canvas.width, picture + labels + 14 * em)
    width = canvas.width / columns
    top, rows = canvas.legend_height(entries) + 0.2 * em, -(-len(info.places) // columns)
    # Thinner bars where all would not fit on a page.
    fits = ((TALLEST - 1 - top - 2.6 * em - line) / rows - line - 0.5 * em) / _CLASSES
    pitch = max(1.2 * em, min((len(info.answers) * _THINNEST + 0.3) * em, fits))
    step = line + _CLASSES * pitch + 0.5 * em
    canvas.set_height(top + rows * step + 2.6 * em + line)
    for position, (place, sample) in enumerate(zip(info.places, info.samples, strict=True)):
        row, column = divmod(position, columns)
        x, y = column * width + edge, top + row * step
        title = f"{sample} · {classes[info.answers[0].labels[place]]}"
        title = text.shorten(title, em, width - 2 * edge)
        canvas.note(text.escape(title), x, y + line / 2, xanchor="left")
        canvas.picture(info.images[position], (x, y + line, picture, picture))
        lowest = position + columns >= len(info.places)
        left = x + picture + labels
        canvas.panel(
            position + 1,
            (left, y + line, (column + 1) * width - 1.3 * em - left, _CLASSES * pitch),
            titles=(_("Probability (%)") if lowest else "", ""),
            xaxis={"range": [0, 100], "tickvals": [0, 50, 100], "showticklabels": lowest}
            | {"fixedrange": True},
            yaxis={
                "range": [_CLASSES - 0.5, -0.5],
                "tickvals": list(range(_CLASSES)),
                "ticktext": [text.escape(name) for name in classes],
                "ticks": "",
                "ticklabelstandoff": 3,
                "showgrid": False,
                "fixedrange": True,
            },
        )
        _add(canvas, info, position, styles, entries, _)
    canvas.legend("legend", entries, 0, itemclick=False, itemdoubleclick=False)
    facets.synthetic_note(
        canvas, [each.run for each in info.answers], edge, canvas.height - 0.6 * line, _
    )
    canvas.layout |= {"showlegend": True, "dragmode": False}
    return canvas.figure()


def _add(
    canvas: Canvas,
    info: Probabilities,
    position: int,
    styles: palette.Styles,
    entries: list[str],
    _: Translate,
) -> None:
    suffix = "" if position == 0 else str(position + 1)
    thick = 0.86 / len(info.answers)
    looks = palette.variants(info.answers, styles)
    for number, (each, look) in enumerate(zip(info.answers, looks, strict=True)):
        shift = (number - (len(info.answers) - 1) / 2) * thick
        shares = 100 * each.probabilities[info.places[position]].astype(float)
        canvas.add(
            "bar",
            orientation="h",
            x=shares,
            y=np.arange(_CLASSES) + shift,
            width=thick,
            marker={"color": look.colour, "pattern": {"shape": look.pattern, "size": 4}},
            name=text.escape(entries[number]),
            showlegend=position == 0,
            hovertext=[
                f"{text.escape(text.clean(each.subject.name))}, {name}: {share:.1f} %"
                for name, share in zip(text.class_labels(_), shares, strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
            xaxis=f"x{suffix}",
            yaxis=f"y{suffix}",
        )


def table(info: Probabilities) -> pd.DataFrame:
    """Return a row for each run, image and class, probabilities in 0..1. Class names are English
    whatever the figure's language."""
    return pd.DataFrame(
        [
            {
                "run_id": each.run.id,
                "run": each.run.name,
                "synthetic": each.run.synthetic,
                "split": each.split,
                "weights": each.weights,
                "averaging": each.averaging,
                "sample": sample,
                "name": name,
                "true": CLASS_NAMES[each.labels[place]],
                "class": CLASS_NAMES[label],
                "probability": float(each.probabilities[place, label]),
            }
            for each in info.answers
            for place, sample, name in zip(info.places, info.samples, info.names, strict=True)
            for label in range(_CLASSES)
        ]
    )


def describe(info: Probabilities, *, language: str = "en") -> str:
    """Return how runs were judged, then for each run what it finds most probable of each image."""
    _ = translator(language)
    classes = text.class_labels(_)
    lines = [
        _("Probabilities of the seven classes for {count} chosen images.").format(
            count=len(info.places)
        ),
        judged.how(info.answers, _),
    ]
    for each in info.answers:
        said = [
            _("{sample}, {true}: {answer} {share}").format(
                sample=sample,
                true=classes[each.labels[place]],
                answer=classes[each.predicted[place]],
                share=text.percent(float(each.probabilities[place].max())),
            )
            for place, sample in zip(info.places, info.samples, strict=True)
        ]
        told = _("{name}: {facts}.").format(name=judged.named(each, _), facts=clauses(said, _))
        lines.append(sentences([told, judged.readings(each, _)], _))
    return "\n".join(lines)
