"""Networks by name: an architecture's `family` chooses who builds it."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from fer_core.errors import InputError
from fer_core.models import sequential
from fer_core.models.classifier import Classifier, Normalise
from fer_core.models.layers import layer_table
from fer_core.models.presets import preset_config, preset_description, preset_names

MODELS: dict[str, Callable[[Mapping[str, Any]], nn.Module]] = {
    "sequential": sequential.build,
}


def build(architecture: Mapping[str, Any]) -> nn.Module:
    """Build the network that `architecture` describes: (N, 1, 48, 48) -> logits (N, 7)."""
    family = architecture.get("family")
    if family not in MODELS:
        raise InputError(f"family is {family!r}; use one of {', '.join(MODELS)}")
    return MODELS[family](architecture)


__all__ = [
    "MODELS",
    "Classifier",
    "Normalise",
    "build",
    "layer_table",
    "preset_config",
    "preset_description",
    "preset_names",
]
