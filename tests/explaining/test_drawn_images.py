"""Which images are explained."""

import dataclasses

import numpy as np
import pytest

from fer_core.config import RunConfig
from fer_core.evaluating import evaluate_run
from fer_core.experiment import train_run
from fer_core.explaining import Request, plan
from fer_core.records import (
    TEST,
    VALIDATION,
    DatasetArrays,
)
from fer_core.store import RunStore
from tests.explaining.asked import drawn, predicted, refused


def test_by_default_one_right_and_one_wrong_image_of_each_class_is_drawn(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    labels, guesses = tiny_faces.splits[VALIDATION].labels, predicted(trained_store)
    expected = [
        f"validation:{index}"
        for label in range(7)
        for right in (True, False)
        for index in np.random.default_rng(0).permutation(len(labels)).tolist()
        if labels[index] == label and (guesses[index] == label) == right
    ]
    by_cell: dict[tuple[int, bool], str] = {}
    for name in expected:
        index = int(name.split(":")[1])
        by_cell.setdefault((labels[index], guesses[index] == labels[index]), name)
    assert drawn(trained_store) == list(by_cell.values())
    planned = plan(trained_store, "first", Request(), device="cpu")
    assert len(planned.skipped) == 14 - len(by_cell) > 0
    assert all("images on validation, not 1" in skipped.why for skipped in planned.skipped)


def test_more_a_class_are_those_and_further_ones_and_another_seed_draws_others(
    trained_store: RunStore,
) -> None:
    one, two = (drawn(trained_store, split="train", per_class=count) for count in (3, 6))
    assert (len(one), len(two), len(set(two))) == (21, 42, 42)
    assert set(one) < set(two)
    assert drawn(trained_store, split="train", per_class=3) == one
    assert drawn(trained_store, "second", split="train", per_class=3) == one
    assert set(drawn(trained_store, split="train", per_class=3, seed=1)) != set(one)


@pytest.mark.parametrize("kind", ["correct", "wrong"])
def test_only_right_or_only_wrong_images_are_drawn_from_the_split_and_weights_asked_for(
    trained_store: RunStore, tiny_faces: DatasetArrays, kind: str
) -> None:
    asked = {"split": TEST, "weights": "last", "per_class": 9, kind: True}
    told = refused(trained_store, **asked)
    assert told.endswith("make them with: fer-core evaluate first --split test --weights last")
    evaluate_run(trained_store, "first", TEST, weights="last", device="cpu")
    guesses = trained_store.predictions("first", TEST, "last").probabilities.argmax(1)
    right = guesses == tiny_faces.splits[TEST].labels
    expected = {f"test:{index}" for index in np.flatnonzero(right == (kind == "correct"))}
    assert set(drawn(trained_store, **asked)) == expected


def test_predictions_by_other_weights_are_not_what_images_are_drawn_by(
    trained_store: RunStore,
) -> None:
    stored = trained_store.predictions("first", VALIDATION)
    trained_store.add_predictions("first", dataclasses.replace(stored, checkpoint_sha256="old"))
    assert refused(trained_store) == (
        "the predictions of run 'first' on validation are by other best weights (epoch "
        f"{stored.epoch}); make them anew with: fer-core evaluate first --split validation "
        "--weights best"
    )
    assert len(drawn(trained_store, per_class=1)) == 7, "any image will do without predictions"


def test_held_out_images_are_named_as_in_the_source(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    run = train_run(tiny_store, tiny_config.replace(validation=0.25, epochs=1), device="cpu")
    names = drawn(tiny_store, run.id, per_class=1)
    held_out = set(tiny_store.held_out(run.id).tolist())
    assert len(names) == 7
    assert all(
        split == "train" and int(index) in held_out
        for split, index in (n.split(":") for n in names)
    )
