"""A network in words: its input, layers by kind, and parameters as Keras counts them."""

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from fer_core.figures import facets, network, text
from fer_core.records import ENSEMBLE, IMAGE_SIZE, Layer, Run
from fer_core.translation import Translate, translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return a paragraph for each run that was stored with its layers."""
    _ = translator(language)
    found = []
    for run in runs:
        layers = store.details(run.id).layers
        if layers:
            found.append(sentences(_sentences(run, layers, _), _))
        elif run.preset != ENSEMBLE:
            said = _("{name}: {parameters:,} parameters; its layers are not stored.")
            if not run.parameters:  # a loop of one's own that did not count them
                said = _("{name}: its layers are not stored.")
            found.append(said.format(name=facets.named(run, _), parameters=run.parameters))
    return found


def _sentences(run: Run, layers: tuple[Layer, ...], _: Translate) -> list[str]:
    kinds: dict[str, list[Layer]] = {}
    for layer in layers:
        kinds.setdefault(network.kind(layer), []).append(layer)
    return [
        _input(run, layers[0], _),
        _convolutions(kinds.get("convolution", []), _),
        *(
            sentence.format(layers=_counted(kinds[kind], _))
            for kind, sentence in (
                ("pool", _("Pooling: {layers}.")),
                ("norm", _("Normalisation layers: {layers}.")),
                ("activation", _("Activations: {layers}.")),
                ("dropout", _("Dropout: {layers}.")),
                ("sum", _("Sums of residual blocks and their inputs: {layers}.")),
                ("other", _("Other layers: {layers}.")),
            )
            if kind in kinds
        ),
        _dense(kinds.get("dense", []), _),
        _parameters(layers, _),
    ]


def _input(run: Run, first: Layer, _: Translate) -> str:
    name = facets.named(run, _)
    if len(first.input_shape) != 3:
        return _("{name} is built as follows.").format(name=name)
    channels, height, width = first.input_shape
    said = _("{name} takes images of {width} × {height} pixels with {channels} channel.")
    if (height, width) != (IMAGE_SIZE, IMAGE_SIZE):
        said = _(
            "{name} takes images scaled from {full} × {full} to {width} × {height} pixels, with "
            "{channels} channel."
        )
    return said.format(name=name, width=width, height=height, channels=channels, full=IMAGE_SIZE)


def _convolutions(layers: list[Layer], _: Translate) -> str:
    if not layers:
        return _("It has no convolution.")
    said = [(layer.output_shape[0], " ".join(network.settings(layer, _))) for layer in layers]
    each = []
    for (filters, settings), group in groupby(said):
        words = _("{count} with {filters} filters ({settings})")
        if not settings:
            words = _("{count} with {filters} filters")
        each.append(
            words.format(count=len(list(group)), filters=filters, settings=text.clean(settings))
        )
    return _("Convolutions, {count} in all, in this order: {each}.").format(
        count=len(layers), each=listed(each, _)
    )


def _counted(layers: list[Layer], _: Translate) -> str:
    words = Counter(text.clean(network.words(layer, _)) for layer in layers)
    form = _("{count} {layer}")
    return listed((form.format(count=count, layer=name) for name, count in words.items()), _)


def _dense(layers: list[Layer], _: Translate) -> str:
    if not layers:
        return ""
    return _("Dense layers, {count} in all: {units} units.").format(
        count=len(layers), units=listed((str(layer.output_shape[0]) for layer in layers), _)
    )


def _parameters(layers: tuple[Layer, ...], _: Translate) -> str:
    return _(
        "Parameters, counted as Keras does: {total:,}, of which {trainable:,} are trainable and "
        "{fixed:,} are not."
    ).format(
        total=sum(layer.parameters for layer in layers),
        trainable=sum(layer.trainable for layer in layers),
        fixed=sum(layer.non_trainable for layer in layers),
    )
