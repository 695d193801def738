"""Networks by name: an architecture's `family` chooses who builds it."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from fer_core.errors import InputError
from fer_core.models import own, sequential
from fer_core.models.classifier import Classifier, Normalise
from fer_core.models.layers import layer_table
from fer_core.models.own import FAMILY as OWN_FAMILY
from fer_core.models.own import read_source
from fer_core.models.own_check import check_own
from fer_core.models.presets import preset_config, preset_description, preset_names
from fer_core.records import IMAGE_SIZE

MODELS: dict[str, Callable[[Mapping[str, Any]], nn.Module]] = {
    "sequential": sequential.build,
    OWN_FAMILY: own.build,
}


def input_side(architecture: Mapping[str, Any]) -> int:
    """Return the side, in pixels, of the images that the network sees."""
    return int(architecture.get("side", IMAGE_SIZE))


def build(architecture: Mapping[str, Any]) -> nn.Module:
    """Build the network that `architecture` describes: (N, 1, side, side) -> logits (N, 7)."""
    family = architecture.get("family")
    if family not in MODELS:
        raise InputError(f"family is {family!r}; use one of {', '.join(MODELS)}")
    return MODELS[family](architecture)


__all__ = [
    "MODELS",
    "OWN_FAMILY",
    "Classifier",
    "Normalise",
    "build",
    "check_own",
    "input_side",
    "layer_table",
    "preset_config",
    "preset_description",
    "preset_names",
    "read_source",
]
