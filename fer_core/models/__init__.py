"""Networks by name: an architecture's `family` chooses who builds it."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from fer_core.config import RunConfig
from fer_core.errors import InputError
from fer_core.models import own, sequential
from fer_core.models.classifier import Classifier, Normalise
from fer_core.models.layers import count_parameters, layer_table
from fer_core.models.own import FAMILY as OWN_FAMILY
from fer_core.models.own import read_source
from fer_core.models.own_check import check_own
from fer_core.models.presets import (
    preset_config,
    preset_description,
    preset_names,
    preset_text,
)
from fer_core.models.sizing import MATCH_BY, match_parameters
from fer_core.records import IMAGE_SIZE

MODELS: dict[str, Callable[[Mapping[str, Any]], nn.Module]] = {
    "sequential": sequential.build,
    OWN_FAMILY: own.build,
}


def input_side(architecture: Mapping[str, Any]) -> int:
    """Return the side, in pixels, of the images that the network sees."""
    return int(architecture.get("side", IMAGE_SIZE))


def side_in_epoch(config: RunConfig, epoch: int) -> int:
    """Return the side of the images in an epoch, counted from 1: of its stage in `config.sides`,
    and of the architecture after them."""
    for stage in config.stages:
        if epoch <= stage.last_epoch(config.epochs):
            return stage.side
    return input_side(config.architecture)


def build(architecture: Mapping[str, Any]) -> nn.Module:
    """Build the network that `architecture` describes: (N, 1, side, side) -> logits (N, 7)."""
    family = architecture.get("family")
    if family not in MODELS:
        raise InputError(
            f"family is {family!r}; use one of {', '.join(MODELS)}, "
            'e.g. family = "sequential" for a list of layers'
        )
    return MODELS[family](architecture)


def parameter_count(config: RunConfig) -> int:
    """Return how many parameters a run's network has, without making room for them where it is
    not one's own.

    Raises InputError for an architecture that cannot be built, as `network_for` does.
    """
    own_code = config.architecture.get("family") == OWN_FAMILY  # may do what "meta" cannot
    with torch.device("cpu" if own_code else "meta"):
        return count_parameters(network_for(config))


def network_for(config: RunConfig) -> nn.Module:
    """Build the network of a run: its architecture, with `config.dropout` where that is a number.

    Raises InputError for a dropout rate when the architecture has no dropout layer.
    """
    network = build(config.architecture)
    if config.dropout is not None:
        layers = [module for module in network.modules() if isinstance(module, nn.Dropout)]
        if not layers:
            raise InputError(
                f"dropout is {config.dropout:g}, but the architecture has no dropout layer to "
                "set; add one, e.g. { dropout = 0.5 }"
            )
        for layer in layers:
            layer.p = config.dropout
    for stage in config.stages:
        _try_side(network, stage.side)
    return network


def _try_side(network: nn.Module, side: int) -> None:
    """Raise InputError where the network takes no images of this side."""
    where = next((p.device for p in network.parameters()), torch.device("cpu"))
    modes = {module: module.training for module in network.modules()}
    try:
        with torch.no_grad():  # dropout and statistics are off: asking changes nothing
            network.eval()(torch.zeros(1, 1, side, side, device=where))
    except RuntimeError:
        raise InputError(
            f"sides has {side}, but the network takes only images of its own side; end its maps "
            "with { global_average_pool = true } in place of a plain flatten"
        ) from None
    finally:
        for module, mode in modes.items():
            module.training = mode


__all__ = [
    "MATCH_BY",
    "MODELS",
    "OWN_FAMILY",
    "Classifier",
    "Normalise",
    "build",
    "check_own",
    "input_side",
    "layer_table",
    "match_parameters",
    "network_for",
    "parameter_count",
    "preset_config",
    "preset_description",
    "preset_names",
    "preset_text",
    "read_source",
    "side_in_epoch",
]
