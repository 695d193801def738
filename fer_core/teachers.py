"""The runs that teach another one: which may, and their networks."""

from typing import NamedTuple

import numpy as np

from fer_core.config import RunConfig
from fer_core.errors import InputError
from fer_core.loading import AVERAGE, load_model, trained_config
from fer_core.models import Classifier
from fer_core.records import ENSEMBLE, FINISHED, Run
from fer_core.store import RunStore


class Teachers(NamedTuple):
    """networks: on the device, in evaluation mode; ids and sha256: of their runs and of the files
    that hold their weights, as RunConfig has them."""

    networks: tuple[Classifier, ...]
    ids: str
    sha256: str


def load_teachers(
    store: RunStore, config: RunConfig, *, fingerprint: str, held_out: np.ndarray, device: str
) -> Teachers:
    """Load the teachers that a configuration names, none where it names none.

    Their weights are the moving average where a run has it, else those of the last epoch: no epoch
    that was chosen on validation. fingerprint: of the data set that the student trains on;
    held_out: the indices into train that it is judged on.

    Raises InputError for a run that is not finished, has no weights here, was trained on another
    data set or held out other images than the student, and for one named twice.
    """
    runs: list[Run] = []
    loaded = []
    for reference in config.teachers:
        run = store.run(reference)
        if run in runs:
            raise InputError(f"teacher {run.name!r} is named twice; name each run once")
        _refuse_unfit(store, run, config, fingerprint, held_out)
        runs.append(run)
        loaded.append(load_model(store, run, _weights(store, run), device))
        loaded[-1].model.eval().requires_grad_(False)
    return Teachers(
        tuple(each.model for each in loaded),
        ",".join(run.id for run in runs),
        ",".join(each.sha256 for each in loaded),
    )


def load_same_teachers(
    store: RunStore, config: RunConfig, *, fingerprint: str, held_out: np.ndarray, device: str
) -> Teachers:
    """Load the teachers of a run that goes on; raises InputError, too, where their weights are not
    those that it began with."""
    teachers = load_teachers(
        store, config, fingerprint=fingerprint, held_out=held_out, device=device
    )
    if teachers.sha256 != config.teacher_sha256:
        raise InputError(
            f"the weights of its teachers {teachers.ids} are others than when it began; put those "
            "back, or train it again"
        )
    return teachers


def _refuse_unfit(
    store: RunStore, run: Run, config: RunConfig, fingerprint: str, held_out: np.ndarray
) -> None:
    if run.preset == ENSEMBLE:
        raise InputError(
            f"teacher {run.name!r} is an ensemble, which has no weights of its own; name its "
            "members, comma-separated"
        )
    theirs = trained_config(store, run)
    if run.status != FINISHED:
        raise InputError(
            f"teacher {run.name!r} is {run.status}; finish it first: fer-core resume {run.name!r}"
        )
    if run.dataset_fingerprint != fingerprint:
        raise InputError(
            f"teacher {run.name!r} was trained on {run.dataset!r}, which has other images than "
            f"{config.data!r}; name a run of the same data"
        )
    if not np.array_equal(store.held_out(run.id), held_out):
        seed = "" if theirs.validation == "official" else f" --seed {theirs.seed}"
        raise InputError(
            f"teacher {run.name!r} was not kept from the images that this run is judged on; hold "
            f"out the same as it did: --validation {theirs.validation}{seed}"
        )


def _weights(store: RunStore, run: Run) -> str:
    last = store.histories((run.id,))[run.id][-1]
    averaged = trained_config(store, run).weight_average and last.state_sha256
    return AVERAGE if averaged else "last"
