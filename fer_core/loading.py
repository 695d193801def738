"""A stored run's network, ready to predict."""

import re
from typing import NamedTuple

from fer_core.checkpoints import CheckpointFolder, kept_name
from fer_core.config import RunConfig
from fer_core.device import Device, choose_device
from fer_core.errors import InputError
from fer_core.models import (
    OWN_FAMILY,
    Classifier,
    Normalise,
    network_for,
    read_source,
    side_in_epoch,
)
from fer_core.records import ENSEMBLE, WEIGHTS, Run
from fer_core.store import RunStore

AVERAGE = "average"


class LoadedModel(NamedTuple):
    """A run's network on a device, with the weights it had after an epoch; sha256: of their
    file."""

    model: Classifier
    device: Device
    epoch: int
    sha256: str


def kept_weights(config: RunConfig, epochs: int) -> tuple[str, ...]:
    """Return which weights a run of this configuration keeps after `epochs`: of WEIGHTS, and
    ``epoch-N`` of its `keep_epochs`."""
    kept = (kept_name(epoch) for epoch in config.kept_epochs if epoch <= epochs)
    return (*(w for w in WEIGHTS if w != AVERAGE or config.weight_average), *kept)


def trained_config(store: RunStore, run: Run) -> RunConfig:
    """Return the configuration of a run that was trained here.

    Raises InputError for a run without weights, and when the file of its network has changed.
    """
    config = store.details(run.id).config
    if run.preset == ENSEMBLE:
        raise InputError(
            f"run {run.name!r} is an ensemble: it has no weights of its own, only predictions that "
            "its members stored"
        )
    if "architecture" not in config:
        raise InputError(
            f"run {run.name!r} was logged by a loop of its own, so it has no weights here; go on "
            "in that loop with store.continue_run and run.add_predictions"
        )
    found = RunConfig.from_dict(config)
    if found.architecture.get("family") == OWN_FAMILY:
        read_source(found.architecture, run=run.name)
    return found


def load_model(
    store: RunStore, run: Run, weights: str = "best", device: str = "auto"
) -> LoadedModel:
    """Load a run's weights: ``best`` (by validation accuracy), ``last``, ``average`` (the moving
    average, after the last epoch), or ``epoch-N``, where they were kept.

    Raises InputError for a run without weights or a finished epoch, for one that kept no average
    or not this epoch, and for one whose checkpoint is gone.
    """
    numbered = re.fullmatch(r"epoch-([1-9][0-9]*)", weights)
    if weights not in WEIGHTS and not numbered:
        raise InputError(f"weights is {weights!r}; use one of {', '.join(WEIGHTS)} or epoch-N")
    config = trained_config(store, run)
    number = run.best_epoch if weights == "best" else run.epochs
    number = int(numbered[1]) if numbered else number
    history = store.histories((run.id,))[run.id]
    epoch = next((epoch for epoch in history if epoch.epoch == number), None)
    if not history:
        raise InputError(f"run {run.name!r} has no finished epoch; fer-core resume {run.name!r}")
    if epoch is None:
        raise InputError(
            f"weights is {weights!r}, but run {run.name!r} has epochs 1 to {run.epochs}"
        )
    if weights == AVERAGE and not config.weight_average:
        raise InputError(
            f"run {run.name!r} kept no average of its weights; a run does with: "
            f"fer-core train {run.preset} --weight-average 0.999"
        )
    if numbered and number not in (run.best_epoch, run.epochs, *config.kept_epochs):
        kept = ", ".join(kept_weights(config, run.epochs))
        raise InputError(
            f"run {run.name!r} kept no weights of epoch {number}, only {kept}; a run does with: "
            f"fer-core train {run.preset} --keep-epochs {number}"
        )
    chosen = choose_device(device, precision=config.precision)
    normalise = Normalise(config.normalise)
    model = Classifier(normalise, network_for(config), side_in_epoch(config, epoch.epoch))
    folder = CheckpointFolder(store.checkpoint_folder(run.id))
    averaged = weights == AVERAGE
    if averaged and epoch.state_sha256 is None:
        raise InputError(
            f"run {run.name!r} was imported, and the average of its weights is not shared; use "
            "--weights best or last"
        )
    try:
        load = folder.load_average if averaged else folder.load_weights
        model.load_state_dict(load(epoch))
    except InputError as error:
        raise InputError(f"run {run.name!r}: {error}; leave it out, or train it again") from None
    except RuntimeError:  # torch lists every weight that does not fit
        raise InputError(
            f"run {run.name!r}: its weights do not fit its network; leave it out, or train it again"
        ) from None
    chosen.place(model)
    sha256 = epoch.state_sha256 if averaged else epoch.weights_sha256
    return LoadedModel(model, chosen, epoch.epoch, sha256 or "")
