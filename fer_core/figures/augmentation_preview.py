"""What augmentation makes of one face: each kind at several strengths, as training sees it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.errors import NotStored
from fer_core.figures import facets, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.records import AUGMENTATION, Dataset
from fer_core.translation import Translate, translator
from fer_core.words import clauses, listed

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("datasets",)
SUBJECT = "dataset"
FACES = True


class DatasetPreview(NamedTuple):
    """One data set's face. image: (48, 48) uint8 as stored, `name` its source name; seen:
    (K, S, D, 48, 48) uint8 by kind, strength and draw; kinds: what acts in each of the K;
    strengths: S factors of `settings`, the recipe's rotate (degrees), shift, zoom (shares of
    the side) and erase (probability)."""

    dataset: Dataset
    sample: str
    name: str
    image: np.ndarray
    seen: np.ndarray
    kinds: Mapping[str, tuple[str, ...]]
    strengths: tuple[float, ...]
    settings: Mapping[str, float]
    seed: int


class AugmentationPreviews(NamedTuple):
    """What the figure shows."""

    datasets: tuple[DatasetPreview, ...]


def collect(store: "RunStore", names: tuple[str, ...], *, sample: str = "") -> AugmentationPreviews:
    """Read what ``fer-core data preview`` stored of each data set.

    sample: ``split:index`` or a source name; by default the face that was stored last. Raises
    NotStored where there is none, with the command that makes it.
    """
    found = []
    for dataset in (store.dataset(name) for name in names):
        command = ["data", "preview", dataset.name]
        wanted = ""
        if sample:
            wanted = "{}:{}".format(*store.sample(dataset.fingerprint, sample))
            command += ["--sample", wanted]
        stored = store.dataset_tensors(dataset.fingerprint, AUGMENTATION)
        chosen = [record for record in stored if wanted in ("", record.sample)]
        if not chosen:
            raise _lacking(f"{dataset.name} {wanted}".strip(), tuple(command))
        record = chosen[-1]
        split, index = store.sample(dataset.fingerprint, record.sample)
        made: Mapping[str, Any] = record.provenance
        found.append(
            DatasetPreview(
                dataset=dataset,
                sample=record.sample,
                name=made["name"],
                image=store.images(dataset.fingerprint, split, [index])[0],
                seen=record.array,
                kinds={kind: tuple(parts) for kind, parts in made["kinds"].items()},
                strengths=tuple(made["strengths"]),
                settings=made["settings"],
                seed=made["seed"],
            )
        )
    return AugmentationPreviews(tuple(found))


def draw(
    info: AugmentationPreviews, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw the face as it is stored and, below it, a row for each kind: strengths side by side,
    each with the same random draws."""
    _ = translator(language)
    sheets = [
        [_original(each, _), *(_row(each, k, _) for k in range(len(each.kinds)))]
        for each in info.datasets
    ]
    datasets = [each.dataset for each in info.datasets]
    return draw_sheets(Canvas(width_mm, font_size), datasets, sheets, (), _)


def _original(each: DatasetPreview, _: Translate) -> Sheet:
    title = _("As stored: {sample}").format(sample=each.sample)
    hover = f"{each.sample} {text.clean(each.name)}"
    return Sheet(each.image[None, None], np.ones((1, 1), bool), [hover], title=title)


def _row(each: DatasetPreview, kind: int, _: Translate) -> Sheet:
    name, parts = list(each.kinds.items())[kind]
    strengths, draws = each.seen.shape[1:3]
    labels = [_("strength × {factor:g}").format(factor=factor) for factor in each.strengths]
    return Sheet(
        each.seen[kind].reshape(1, strengths * draws, *each.image.shape),
        np.ones((1, strengths * draws), bool),
        [
            _acting(name, parts, each.settings, factor, _)
            for factor in each.strengths
            for _draw in range(draws)
        ],
        groups=[(label if kind == 0 else "", draws) for label in labels],
        title=_acting(name, parts, each.settings, 1, _),
    )


def _lacking(face: str, command: tuple[str, ...]) -> NotStored:
    return NotStored(
        lambda _: _("no augmentation preview of {face} is stored").format(face=face),
        command,
        make="make it",
    )


def _acting(
    kind: str, parts: tuple[str, ...], settings: Mapping[str, float], factor: float, _: Translate
) -> str:
    """Say what a kind does at a strength: ``full: rotate 12°, shift 10 %, flip``."""
    words = {
        "rotate": _("rotate {value:g}°").format(value=factor * settings["rotate"]),
        "shift": _("shift {value:g} %").format(value=100 * factor * settings["shift"]),
        "zoom": _("zoom {value:g} %").format(value=100 * factor * settings["zoom"]),
        "flip": _("flip"),
        "erase": _("erase {value:g} %").format(value=100 * factor * settings["erase"]),
    }
    return _("{setting}: {values}").format(
        setting=kind, values=listed((words[part] for part in parts), _)
    )


def table(info: AugmentationPreviews) -> pd.DataFrame:
    """Return the drawn images, a row each, with the strengths that made it: `rotate` in degrees,
    `shift` and `zoom` as shares of the side, `erase` as a probability, 0 for what a kind leaves
    out; `flip`: whether the kind mirrors half of the images."""
    return pd.DataFrame(
        [
            {
                "dataset": each.dataset.name,
                "synthetic": each.dataset.synthetic,
                "sample": each.sample,
                "name": each.name,
                "seed": each.seed,
                "kind": kind,
                "strength": factor,
                "draw": draw,
                **{
                    setting: factor * value if setting in parts else 0.0
                    for setting, value in each.settings.items()
                },
                "flip": "flip" in parts,
            }
            for each in info.datasets
            for kind, parts in each.kinds.items()
            for factor in each.strengths
            for draw in range(each.seen.shape[2])
        ]
    )


def describe(info: AugmentationPreviews, *, language: str = "en") -> str:
    """Return the figure in words, one line for each data set: which face, what acts how much."""
    _ = translator(language)
    lines = [
        _(
            "One face under each kind of augmentation, as training sees it; each column the same "
            "random draws, strengths as factors of the recipe's."
        )
    ]
    for each in info.datasets:
        kinds = clauses(
            (_acting(name, parts, each.settings, 1, _) for name, parts in each.kinds.items()),
            _,
        )
        lines.append(
            _("{name}, {sample}, seed {seed}: {kinds}; strengths × {strengths}.").format(
                name=facets.named(each.dataset, _),
                sample=each.sample,
                seed=each.seed,
                kinds=kinds,
                strengths=listed((f"{factor:g}" for factor in each.strengths), _),
            )
        )
    return "\n".join(lines)
