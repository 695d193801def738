"""A stored run's network, ready to predict."""

from typing import NamedTuple

from fer_core.checkpoints import CheckpointFolder
from fer_core.config import RunConfig
from fer_core.device import Device, choose_device
from fer_core.errors import InputError
from fer_core.models import (
    OWN_FAMILY,
    Classifier,
    Normalise,
    input_side,
    network_for,
    read_source,
)
from fer_core.records import ENSEMBLE, Run
from fer_core.store import RunStore

AVERAGE = "average"
WEIGHTS = ("best", "last", AVERAGE)


class LoadedModel(NamedTuple):
    """A run's network on a device, with the weights it had after an epoch; sha256: of their
    file."""

    model: Classifier
    device: Device
    epoch: int
    sha256: str


def kept_weights(config: RunConfig) -> tuple[str, ...]:
    """Return which of WEIGHTS a run of this configuration keeps."""
    return WEIGHTS if config.weight_average else tuple(w for w in WEIGHTS if w != AVERAGE)


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
    """Load a run's weights: ``best`` (by validation accuracy), ``last``, or ``average`` (the
    moving average, after the last epoch).

    Raises InputError for a run without weights or a finished epoch, for one that kept no average,
    and for one whose checkpoint is gone.
    """
    if weights not in WEIGHTS:
        raise InputError(f"weights is {weights!r}; use one of {', '.join(WEIGHTS)}")
    config = trained_config(store, run)
    number = run.best_epoch if weights == "best" else run.epochs
    history = store.histories((run.id,))[run.id]
    epoch = next((epoch for epoch in history if epoch.epoch == number), None)
    if epoch is None:
        raise InputError(f"run {run.name!r} has no finished epoch; fer-core resume {run.name!r}")
    if weights not in kept_weights(config):
        raise InputError(
            f"run {run.name!r} kept no average of its weights; a run does with: "
            f"fer-core train {run.preset} --weight-average 0.999"
        )
    chosen = choose_device(device, precision=config.precision)
    normalise = Normalise(config.normalise)
    model = Classifier(normalise, network_for(config), input_side(config.architecture))
    folder = CheckpointFolder(store.checkpoint_folder(run.id))
    averaged = weights == AVERAGE
    sha256 = epoch.state_sha256 if averaged else epoch.weights_sha256
    try:
        load = folder.load_average if averaged else folder.load_weights
        model.load_state_dict(load(sha256))
    except InputError as error:
        raise InputError(f"run {run.name!r}: {error}; leave it out, or train it again") from None
    chosen.place(model)
    return LoadedModel(model, chosen, epoch.epoch, sha256 or "")
