"""A configuration in words, each setting only where it did something."""

from collections.abc import Mapping
from typing import Any

from fer_core.config import AUGMENT_KINDS
from fer_core.figures import text
from fer_core.figures.configuration_difference import brief
from fer_core.translation import Translate
from fer_core.words import listed

_OPTIMIZERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop", "muon": "Muon"}

_LARGEST = 1e100


def words(config: Mapping[str, Any], _: Translate) -> list[str]:
    """Return a phrase for each setting of a recipe that a configuration has; those that change
    nothing (a weight decay of 0) are left out. A loop of one's own may have none of them."""
    known = {key: brief(value, _) for key, value in config.items()}
    always = {
        "learning_rate": _("learning rate {value}"),
        "batch_size": _("batch size {value}"),
    }
    said = []
    if "optimizer" in config:
        name = _OPTIMIZERS.get(known["optimizer"], known["optimizer"])
        said.append(_("optimizer {value}").format(value=name))
    said += [form.format(value=known[key]) for key, form in always.items() if key in config]
    said += _schedule(config, known, _) + _extras(config, known, _) + _teacher(config, known, _)
    if "normalise" in config:
        said.append(_("normalisation: {value}").format(value=normalisation(known["normalise"], _)))
    if "augment" in config:
        said.append(_("augmentation: {value}").format(value=augmentation(config, _)))
    return said


def normalisation(kind: str, _: Translate) -> str:
    """Return a kind of normalisation in words."""
    return {
        "none": _("none"),
        "unit": _("grey levels to 0..1"),
        "dataset": _("mean and deviation of the training images"),
        "per-image": _("mean and deviation of each image"),
    }.get(kind, kind)


def augmentation(config: Mapping[str, Any], _: Translate) -> str:
    """Return what augmentation does, with its strengths, or "none"."""
    kind = str(config["augment"])
    if kind not in AUGMENT_KINDS:
        return text.clean(kind)
    said = []
    for step in AUGMENT_KINDS[kind]:
        strength = _number(config, step)
        if step == "flip":
            said.append(_("half of the images mirrored"))
        elif strength:
            said.append(
                {
                    "rotate": _("rotation up to {value:g} degrees"),
                    "shift": _("shift up to {percent:g} % of the side"),
                    "zoom": _("zoom up to {percent:g} %"),
                    "erase": _("a rectangle erased in {percent:g} % of the images"),
                }[step].format(value=strength, percent=100 * strength)
            )
    return listed(said, _) or _("none")


def _schedule(config: Mapping[str, Any], known: Mapping[str, str], _: Translate) -> list[str]:
    if "schedule" not in config:
        return []
    said = [_("schedule {value}").format(value=known["schedule"])]
    if config["schedule"] == "cosine" and (warmup := _number(config, "warmup")):
        said.append(_("warm-up over {value:.0%} of the training").format(value=warmup))
    every, factor = _number(config, "step_every"), _number(config, "step_factor")
    if config["schedule"] == "step" and every and factor is not None:
        form = _("times {factor:g} after each {every:.0%} of the training")
        said.append(form.format(factor=factor, every=every))
    return said


def _teacher(config: Mapping[str, Any], known: Mapping[str, str], _: Translate) -> list[str]:
    if not config.get("teacher") or not {"teacher_weight", "temperature"} <= set(config):
        return []
    form = _("taught by {value} with {weight} of the loss, at temperature {temperature}")
    said = {"weight": known["teacher_weight"], "temperature": known["temperature"]}
    return [form.format(value=known["teacher"], **said)]


def _number(config: Mapping[str, Any], key: str) -> float | None:
    """Return a setting that is a number; a loop of one's own may keep anything."""
    value = config.get(key)
    return value if isinstance(value, (int, float)) and abs(value) < _LARGEST else None


def _extras(config: Mapping[str, Any], known: Mapping[str, str], _: Translate) -> list[str]:
    forms = {
        "weight_decay": _("weight decay {value}"),
        "label_smoothing": _("label smoothing {value}"),
        "mixup": _("mixup {value}"),
        "class_weights": _("class weights {value}"),
        "dropout": _("all dropout rates {value}"),
        "weight_average": _("moving average of the weights, decay {value}"),
        "precise_batch_norm": _("batch norm statistics of all training images at the end"),
        "sides": _("smaller images first (pixels:part of the training) {value}"),
        "patience": _("early stop after {value} epochs without a better one"),
    }
    if config.get("optimizer") == "sgd":
        forms = {"momentum": _("momentum {value}"), "nesterov": _("Nesterov {value}"), **forms}
    idle = (None, 0, "", "none", False)
    return [
        form.format(value=known[key])
        for key, form in forms.items()
        if config.get(key) not in idle or (key == "dropout" and config.get(key) == 0.0)
    ]
