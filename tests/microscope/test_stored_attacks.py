"""What is stored of attacks, robustness and dreams."""

from typing import Any

import numpy as np
import pytest
import torch

from fer_core.explain.adversarial import Smallest, robustness
from fer_core.explain.dream import dream
from fer_core.microscope import (
    carry_out,
    plan_adversarial,
    plan_dream,
)
from fer_core.records import (
    ADVERSARIAL,
    CLASS_NAMES,
    DREAM,
    ROBUSTNESS,
    VALIDATION,
    DatasetArrays,
)
from fer_core.store import RunStore
from tests.microscope.asked import model_of, one, pixels, study


@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_an_attack_is_stored_with_the_probabilities_before_and_after(
    trained_store: RunStore, tiny_faces: DatasetArrays, attack: str
) -> None:
    planned = plan_adversarial(
        study(trained_store), samples="test:3", attack=attack, epsilon=6.0, seed=4
    )
    carry_out(planned)
    record = one(trained_store, ADVERSARIAL, method=attack, sample="test:3", target="")
    original, changed = record.array
    assert (record.array.shape, record.array.dtype) == ((2, 48, 48), np.float32)
    np.testing.assert_allclose(original, tiny_faces.splits["test"].images[3], atol=1e-4)
    assert 0 <= changed.min() <= changed.max() <= 255
    assert 5 < np.abs(changed - original).max() <= 6 + 1e-4
    model = model_of(trained_store).model
    said = record.provenance
    for name, levels in (("before", original), ("after", changed)):
        with torch.no_grad():
            image = torch.from_numpy(levels.copy() / 255)[None, None]
            expected = model(image).softmax(1)[0]
        assert said[name] == pytest.approx(expected.tolist(), abs=1e-4)
    label = tiny_faces.splits["test"].labels[3]
    assert said["true"] == said["away_from"] == CLASS_NAMES[label]
    assert said["after"][label] < said["before"][label]
    assert said["epsilon"] == 6.0
    wrong_already = int(np.argmax(said["before"])) != label
    assert (said["smallest_epsilon"] == 0) == wrong_already
    assert said["seed"] == (4 if attack == "pgd" else None)


def test_an_attack_may_aim_at_a_class(trained_store: RunStore) -> None:
    carry_out(plan_adversarial(study(trained_store), samples="test:3", target="SAD", epsilon=6))
    record = one(trained_store, ADVERSARIAL, target="Sad")
    place = CLASS_NAMES.index("Sad")
    assert record.provenance["after"][place] > record.provenance["before"][place]
    assert record.provenance["away_from"] is None


def test_an_attack_that_never_comes_through_has_no_smallest_epsilon(
    trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = Smallest(np.array([np.inf]), np.zeros((1, 1, 48, 48), np.float32))
    monkeypatch.setattr("fer_core.microscope.attacks.smallest_epsilon", lambda *_, **__: never)
    carry_out(plan_adversarial(study(trained_store), samples="test:3"))
    assert one(trained_store, ADVERSARIAL).provenance["smallest_epsilon"] is None


@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_robustness_begins_at_the_accuracy_of_the_run(
    trained_store: RunStore, tiny_faces: DatasetArrays, attack: str
) -> None:
    carry_out(plan_adversarial(study(trained_store), curve=True, attack=attack, seed=1))
    record = one(trained_store, ROBUSTNESS, method=attack, sample=VALIDATION)
    epsilons, accuracy = record.array.T
    assert (record.array.shape, record.array.dtype) == ((7, 2), np.float64)
    assert epsilons.tolist() == [0, 0.5, 1, 2, 4, 8, 16]
    score = trained_store.run("first").score(VALIDATION)
    assert score is not None
    assert accuracy[0] == score.accuracy
    options = {"seed": 1} if attack == "pgd" else {}
    labels = tiny_faces.splits[VALIDATION].labels.astype(np.int64)
    images = pixels(tiny_faces, VALIDATION)
    expected = robustness(
        model_of(trained_store).model, images, labels, [2.0], attack=attack, **options
    )
    assert accuracy[3] == expected[0]
    assert record.provenance["n"] == 14
    split = trained_store.evaluation_split("first", VALIDATION)
    assert record.provenance["fingerprint"] == split.fingerprint


def test_robustness_on_a_drawn_part_says_so_and_another_seed_draws_others(
    trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[np.ndarray] = []

    def counted(_model: Any, images: np.ndarray, *_: Any, **__: Any) -> np.ndarray:
        drawn.append(images)
        return np.zeros(7)

    monkeypatch.setattr("fer_core.microscope.attacks.robustness", counted)
    for most, seed in ((5, 0), (9, 0), (5, 1)):
        planned = plan_adversarial(study(trained_store), curve=True, most=most, seed=seed)
        carry_out(planned)
    five, nine, others = ({image.tobytes() for image in images} for images in drawn)
    assert (len(five), len(nine)) == (5, 9)
    assert five < nine
    assert five != others
    record = one(trained_store, ROBUSTNESS)
    assert (record.provenance["n"], record.provenance["seed"]) == (5, 1)


def test_a_stored_dream_is_what_the_maker_gives(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    carry_out(plan_dream(study(trained_store), samples="test:3", octaves=2, steps=3, seed=1))
    record = one(trained_store, DREAM, sample="test:3", layer="conv1")
    image = pixels(tiny_faces, "test")[3, 0]
    expected = dream(model_of(trained_store).model, image, "conv1", octaves=2, steps=3, seed=1)
    np.testing.assert_allclose(record.array, expected, atol=1e-5)
    assert record.provenance["options"] == {"octaves": 2, "steps": 3}
