import numpy as np
import pytest
import torch

from fer_core.config import AUGMENT_KINDS, RunConfig
from fer_core.data.augment import augment
from fer_core.data.preview import preview

KINDS = [kind for kind in AUGMENT_KINDS if kind != "none"]


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)


def made(image: np.ndarray, seed: int = 0) -> np.ndarray:
    return preview(image, sample="train:0", name="a.png", seed=seed).array


def test_one_seed_gives_one_preview_and_another_another(image: np.ndarray) -> None:
    np.testing.assert_array_equal(made(image), made(image))
    assert (made(image) != made(image, seed=1)).any()


def test_each_face_is_what_a_batch_of_training_holds(image: np.ndarray) -> None:
    shown = made(image, seed=7)
    assert shown.shape == (len(KINDS), 3, 4, 48, 48)
    batch = torch.from_numpy(np.stack([image] * 4)[:, None])
    for k, kind in enumerate(KINDS):
        for s, strength in enumerate((0.5, 1, 2)):
            config = RunConfig(
                preset="", architecture={}, data="", augment=kind, rotate=12 * strength,
                shift=0.1 * strength, zoom=0.1 * strength, erase=0.25 * strength,
            )  # fmt: skip
            seen = augment(batch, config, 48, torch.Generator().manual_seed(7))
            levels = (seen[:, 0] * 255).round().numpy()
            np.testing.assert_array_equal(shown[k, s], levels)


def test_stronger_changes_move_faces_further() -> None:
    # A white square in the middle; the shifts of kind shift-flip move its centre.
    square = np.zeros((48, 48), np.uint8)
    square[20:28, 20:28] = 255
    shown = made(square)[KINDS.index("shift-flip")].astype(float)
    rows = np.arange(48)[:, None]
    centres = (shown * rows).sum(axis=(-1, -2)) / shown.sum(axis=(-1, -2)) - 23.5
    np.testing.assert_allclose(centres[1], 2 * centres[0], atol=0.05)
    np.testing.assert_allclose(centres[2], 4 * centres[0], atol=0.05)
    assert np.abs(centres[2]).max() > 2


def test_the_provenance_says_how_it_was_made(image: np.ndarray) -> None:
    record = preview(image, sample="test:5", name="b.png", seed=3)
    assert (record.kind, record.sample) == ("augmentation", "test:5")
    assert record.provenance == {
        "name": "b.png",
        "seed": 3,
        "kinds": {kind: list(AUGMENT_KINDS[kind]) for kind in KINDS},
        "strengths": [0.5, 1.0, 2.0],
        "settings": {"rotate": 12.0, "shift": 0.1, "zoom": 0.1, "erase": 0.25},
    }
