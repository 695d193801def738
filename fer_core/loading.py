"""A stored run's network, ready to predict."""

from typing import NamedTuple

from fer_core.checkpoints import CheckpointFolder
from fer_core.config import RunConfig
from fer_core.device import Device, choose_device
from fer_core.errors import InputError
from fer_core.models import Classifier, Normalise, build, input_side
from fer_core.records import Run
from fer_core.store import RunStore

WEIGHTS = ("best", "last")


class LoadedModel(NamedTuple):
    """A run's network on a device, with the weights it had after an epoch; sha256: of their
    file."""

    model: Classifier
    device: Device
    epoch: int
    sha256: str


def load_model(
    store: RunStore, run: Run, weights: str = "best", device: str = "auto"
) -> LoadedModel:
    """Load a run's weights: ``best`` (by validation accuracy) or ``last``.

    Raises InputError for a run without a finished epoch, and for one whose checkpoint is gone.
    """
    if weights not in WEIGHTS:
        raise InputError(f"weights is {weights!r}; use {' or '.join(WEIGHTS)}")
    number = run.best_epoch if weights == "best" else run.epochs
    history = store.histories((run.id,))[run.id]
    epoch = next((epoch for epoch in history if epoch.epoch == number), None)
    if epoch is None:
        raise InputError(f"run {run.name!r} has no finished epoch; fer-core resume {run.name!r}")
    config = RunConfig.from_dict(store.details(run.id).config)
    chosen = choose_device(device, precision=config.precision)
    architecture = config.architecture
    normalise = Normalise(config.normalise)
    model = Classifier(normalise, build(architecture), input_side(architecture))
    folder = CheckpointFolder(store.checkpoint_folder(run.id))
    try:
        model.load_state_dict(folder.load_weights(epoch.weights_sha256))
    except InputError as error:
        raise InputError(f"run {run.name!r}: {error}; leave it out, or train it again") from None
    chosen.place(model)
    return LoadedModel(model, chosen, epoch.epoch, epoch.weights_sha256 or "")
