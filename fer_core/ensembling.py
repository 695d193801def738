"""Ensembles: runs whose predictions are those of other runs, combined. No model runs for it.

An ensemble is stored as a run of its own, without epochs or weights. Its configuration says how it
combines whom: `combine` (``mean`` or ``vote``), `weighting` (``equal`` or ``validation``), and by
each member's name its weight, id and the hash of the checkpoint that predicted.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from importlib import metadata
from typing import Any

import numpy as np

from fer_core.analysis import ensembles
from fer_core.errors import InputError
from fer_core.records import (
    ENSEMBLE,
    FINISHED,
    PUBLIC,
    TEST,
    VALIDATION,
    Predictions,
    Run,
    Score,
)
from fer_core.store import RunStore

WEIGHTINGS = ("equal", "validation")
_BEST = "best"  # the weights of each member: those that its validation chose


def make_ensemble(
    store: RunStore,
    references: Sequence[str],
    *,
    name: str | None = None,
    weighting: str = "equal",
    vote: bool = False,
    splits: Sequence[str] = (),
) -> Run:
    """Combine what runs have predicted with their best weights, and store it as a run.

    weighting: every member alike, or by `ensembles.validation_weights`, chosen on validation
    alone. vote: shares of votes instead of the mean of probabilities. Each split and averaging
    that all members have predicted for the same images is combined; ``test`` and ``public``
    only where `splits` asks for them, and each of those is logged as a reading.

    Raises InputError, before anything is stored, for fewer than two different finished runs, for
    runs that are judged on other images than each other, and for predictions that are missing, with
    the command that makes them.
    """
    if weighting not in WEIGHTINGS:
        raise InputError(f"weights are {weighting!r}; use one of {', '.join(WEIGHTINGS)}")
    if vote and weighting != "equal":
        raise InputError("a vote counts every member alike; leave out --vote or --weights")
    members = _members(store, references)
    combined = _predictions_of_all(store, members, asked={VALIDATION, *splits})
    first = next(iter(combined.values()))  # on validation
    weights = np.full(len(members), 1 / len(members))
    if weighting == "validation":
        labels = store.evaluation_split(members[0].id, VALIDATION).labels
        weights = ensembles.validation_weights(_stack(first), labels)
    config = {
        "combine": "vote" if vote else "mean",
        "weighting": weighting,
        "members": {run.name: float(w) for run, w in zip(members, weights, strict=True)},
        "member_ids": {run.name: run.id for run in members},
        "member_checkpoints": {
            run.name: each.checkpoint_sha256 for run, each in zip(members, first, strict=True)
        },
    }
    with store.start_run(
        name,
        config=config,
        preset=ENSEMBLE,
        data=members[0].dataset,
        held_out=store.held_out(members[0].id),
        dropped=_dropped(store, members),
        parameters=sum(run.parameters for run in members),
        versions={name: metadata.version(name) for name in ("fer-lab", "numpy", "scipy")},
    ) as writer:
        for predictions in combined.values():
            writer.add_predictions(_combine(config, predictions))
    return store.run(writer.id)


def evaluate_ensemble(
    store: RunStore, reference: str, split: str, *, weights: str = _BEST, averaging: str = "none"
) -> Score:
    """Combine what the members of a stored ensemble have predicted on a split, and store it.

    Each call on a test split is logged as a reading of it. Raises InputError where a member is
    gone, or has no such predictions.
    """
    run = store.run(reference)
    if weights != _BEST:
        raise InputError(
            f"weights is {weights!r}; run {run.name!r} is an ensemble of the best weights of its "
            "members, and has no others"
        )
    store.evaluation_split(run.id, split)  # there is such a split, with labels
    config: Mapping[str, Any] = store.details(run.id).config
    members = [_member(store, run, *each) for each in config["member_ids"].items()]
    predictions = [store.predictions(each.id, split, _BEST, averaging) for each in members]
    store.add_predictions(run.id, _combine(config, predictions))
    score = store.run(run.id).score(split, _BEST, averaging)
    if score is None:
        raise RuntimeError(f"the predictions of {run.name!r} on {split} were not stored")
    return score


def _members(store: RunStore, references: Sequence[str]) -> list[Run]:
    members = [store.run(reference) for reference in references]
    names = [run.name for run in members]
    if len(set(names)) < max(2, len(names)):
        raise InputError(
            f"an ensemble takes two or more different runs, got {', '.join(names) or 'none'}; see: "
            "fer-core runs list"
        )
    for run in members:
        if run.status != FINISHED:
            raise InputError(f"run {run.name!r} is {run.status}; an ensemble takes finished runs")
        if run.dataset_fingerprint != members[0].dataset_fingerprint:
            raise InputError(
                f"run {run.name!r} is of data set {run.dataset!r} and {names[0]!r} of "
                f"{members[0].dataset!r}; an ensemble takes runs of one data set"
            )
    return members


def _member(store: RunStore, ensemble: Run, name: str, run_id: str) -> Run:
    try:
        return store.run(run_id)
    except InputError:
        raise InputError(
            f"run {name!r}, a member of {ensemble.name!r}, was deleted; the ensemble keeps the "
            "predictions that it has"
        ) from None


def _predictions_of_all(
    store: RunStore, members: Sequence[Run], *, asked: set[str]
) -> dict[tuple[str, str], list[Predictions]]:
    """Return each member's predictions by split and averaging, those on validation first."""
    predicted = [
        {(split, averaging) for split, weights, averaging in found if weights == _BEST}
        for found in (store.predicted(run.id) for run in members)
    ]
    common = set.intersection(*predicted)
    for split in sorted(asked - {split for split, _ in common}):
        for run in members:
            store.evaluation_split(run.id, split, needs_labels=False)  # there is such a split
            store.predictions(run.id, split, _BEST)  # or the command that makes them
    found = {}
    for split, averaging in sorted(common, key=_validation_and_unaveraged_first):
        if split in (TEST, PUBLIC) and split not in asked:
            continue
        each = [store.predictions(run.id, split, _BEST, averaging) for run in members]
        other = [p.fingerprint for p in each if p.fingerprint != each[0].fingerprint]
        if not other:
            found[split, averaging] = each
        elif split in asked:
            names = ", ".join(run.name for run in members)
            raise InputError(
                f"{names} are judged on different {split} images ({each[0].fingerprint[:12]}, "
                f"{other[0][:12]}); an ensemble takes runs with the same --validation and --seed"
            )
    return found


def _validation_and_unaveraged_first(key: tuple[str, str]) -> tuple[bool, str, bool, str]:
    split, averaging = key
    return split != VALIDATION, split, averaging != "none", averaging


def _stack(predictions: Sequence[Predictions]) -> np.ndarray:
    return np.stack([each.probabilities for each in predictions])


def _combine(config: Mapping[str, Any], predictions: Sequence[Predictions]) -> Predictions:
    weights = np.array(list(config["members"].values()))
    stacked = _stack(predictions)
    # What the log of test readings identifies an ensemble by, as by a checkpoint elsewhere.
    made_of = [
        f"{float(weight)!r} {each.checkpoint_sha256}"
        for weight, each in zip(weights, predictions, strict=True)
    ]
    return replace(
        predictions[0],
        probabilities=(
            ensembles.vote_shares(stacked)
            if config["combine"] == "vote"
            else ensembles.mean_probabilities(stacked, weights)
        ),
        epoch=0,
        checkpoint_sha256=hashlib.sha256("\n".join(made_of).encode()).hexdigest(),
        created_at=0.0,
    )


def _dropped(store: RunStore, members: Sequence[Run]) -> np.ndarray:
    """Return what no member trained on, so that twins are those of what any of them did."""
    return reduce(np.intersect1d, [store.dropped(run.id) for run in members])
