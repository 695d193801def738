"""The runs of a shared file: their arrays and weights, checked against the data set's."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize

from fer_core.errors import InputError
from fer_core.records import TRAIN, Predictions
from fer_core.store import evaluation
from fer_core.store.bundles import known_arrays
from fer_core.store.bundles.archive import Archive, weights_name
from fer_core.store.bundles.checking import BadFile
from fer_core.store.bundles.shared_data import SharedDataset, check_array, read_array
from fer_core.store.evaluation import JudgedRun, Splits

NONE = np.empty(0, np.int32)


def check_run(
    archive: Archive,
    run: Mapping[str, Any],
    shared: SharedDataset | None,
    data: Splits | None,
    known_as: str | None,
) -> list[dict[str, int | None]]:
    """Check all that a run holds; return the counts of the score of each of its predictions.

    shared: its data set in the file; data: what answers for that data set, the file or the store
    that has it as `known_as`.
    """
    where = f"run {run['name']!a}"
    held_out, dropped = (
        _indices(archive, run[what], shared, f"{where}: {what}") for what in ("held_out", "dropped")
    )
    if shared is not None and len(held_out) and shared.pictured:
        fingerprint = evaluation.fingerprint_of(shared, shared.fingerprint, held_out)
        if fingerprint != run["held_out_fingerprint"]:
            raise BadFile(f"{where}: the held-out images are not those of their fingerprint")
    counted = {split: len(names) for split, names in shared.names.items()} if shared else {}
    seen = [
        known_arrays.check_tensor(each, read_array(archive, each["array"]), counted, where)
        for each in run["tensors"]
    ]
    known_arrays.check_together(seen, where)
    for sha256 in sorted(set(run["checkpoints"].values())):
        _check_weights(archive, sha256)
    if shared is None or data is None:
        return []
    trained = {each["fingerprint"] for each in run["predictions"] if each["split"] == TRAIN}
    if len(trained) > 1:
        raise BadFile(f"{where}: its predictions on train are for different images")
    judged = JudgedRun(
        run["id"],
        run["name"],
        known_as or shared.name,
        shared.fingerprint,
        run["held_out_fingerprint"],
        None if shared.pictured else next(iter(trained), None),
    )
    counts = []
    for each in run["predictions"]:
        array = read_array(archive, each["array"])
        names = ("split", "weights", "averaging", "epoch", "checkpoint_sha256", "fingerprint")
        given = Predictions(probabilities=array, **{name: each[name] for name in names})
        try:
            images = evaluation.resolve(data, judged, held_out, dropped, each["split"])
            evaluation.check(given, images)
        except InputError as error:
            raise BadFile(f"{where}: {str(error).partition(';')[0]}") from None
        counts.append(evaluation.counts_of(given, images))
    return counts


def _indices(
    archive: Archive, sha256: str | None, shared: SharedDataset | None, where: str
) -> np.ndarray:
    if sha256 is None or shared is None:
        return NONE
    if TRAIN not in shared.parts:
        raise BadFile(f"{where} is given, but its data set has no {TRAIN}")
    array = read_array(archive, sha256)
    count = len(shared.names[TRAIN])
    check_array(array, np.int32, (array.size,), 0, count - 1, where)
    if len(np.unique(array)) < array.size:
        raise BadFile(f"{where} has an index twice")
    return array


def _check_weights(archive: Archive, sha256: str) -> None:
    """The file's own library checks that what its header says is what lies there."""
    name = weights_name(sha256)
    try:
        deserialize(archive.read(name))
    except SafetensorError as error:
        reason = (str(error).splitlines() or ["?"])[0][:100]
        raise BadFile(f"{name} is no file of weights ({reason})") from None
