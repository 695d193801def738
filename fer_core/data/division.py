"""How a run divides the images of train: trained on, held out for validation, left out."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fer_core.config import RunConfig
from fer_core.data.holdout import held_out_indices
from fer_core.errors import InputError
from fer_core.records import AUDIT_FLAGS, UNLABELLED

_LEAST = 2  # what batch norm needs


class Division(NamedTuple):
    """Sorted indices into train, (K,) int32 each; all other images are trained on.

    held_out: serve as validation; dropped: left out for what the audit found; dropped_counts:
    how many of those for each kind asked for, an image of several kinds counts for each.
    """

    held_out: np.ndarray
    dropped: np.ndarray
    dropped_counts: dict[str, int]


def divide(config: RunConfig, labels: np.ndarray, flags: Callable[[], np.ndarray]) -> Division:
    """Divide the images of train as the configuration says.

    labels: (N,) int8, -1 where unlabelled; flags: called when the configuration drops something,
    returns (N,) uint16, a bit for each of AUDIT_FLAGS. What is held out is drawn first and stays:
    with one seed, runs are judged on the same images whatever they drop. Raises InputError when
    an unlabelled image or fewer than two images remain.
    """
    held_out = np.empty(0, np.int32)
    if isinstance(config.validation, float):
        held_out = held_out_indices(labels, config.validation, seed=config.seed)
    found = _found(flags(), config.dropped_kinds, held_out) if config.drop else {}
    dropped = np.flatnonzero(np.any([np.zeros(len(labels), bool), *found.values()], axis=0))
    unlabelled = int((np.delete(labels, dropped) == UNLABELLED).sum())
    if unlabelled:
        raise InputError(
            f"{unlabelled} training images of {config.data!r} have no label; "
            "import a source whose training split is labelled"
        )
    trained = len(labels) - len(held_out) - len(dropped)
    if trained < _LEAST:
        raise InputError(
            f"drop is {config.drop!r}, and of {len(labels) - len(held_out)} training images of "
            f"{config.data!r} it leaves {trained}; drop fewer kinds, see: fer-core data audit"
        )
    counts = {kind: int(images.sum()) for kind, images in found.items()}
    return Division(held_out, dropped.astype(np.int32), counts)


def _found(
    flags: np.ndarray, kinds: tuple[str, ...], held_out: np.ndarray
) -> dict[str, np.ndarray]:
    """Return (N,) bool for each kind, without the images held out."""
    free = np.ones(len(flags), bool)
    free[held_out] = False
    return {kind: free & ((flags >> AUDIT_FLAGS.index(kind)) & 1 == 1) for kind in kinds}
