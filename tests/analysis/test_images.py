import tracemalloc

import numpy as np
import pytest

from fer_core.analysis.images import ROWS, image_statistics


@pytest.fixture(scope="module")
def faces():
    """3,000 images, more than a block, of classes of different brightness; none of class 2."""
    rng = np.random.default_rng(0)
    labels = rng.choice([-1, 0, 1, 3, 4, 5, 6], 3000).astype(np.int8)
    brightest = 130 + 15 * labels.astype(int)
    images = rng.integers(0, brightest[:, None, None], (3000, 48, 48)).astype(np.uint8)
    return images, labels


def test_averages_are_numpys_over_the_images_of_each_class(faces):
    images, labels = faces
    found = image_statistics(images, labels)
    for row, label in enumerate(ROWS):
        chosen = images[labels == label] / 255
        assert found.counts[row] == len(chosen)
        if label == 2:
            continue
        np.testing.assert_allclose(found.mean[row], chosen.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(found.deviation[row], chosen.std(axis=0), rtol=1e-9)
        assert found.brightness[row] == pytest.approx(chosen.mean(axis=(1, 2)).mean())
        assert found.contrast[row] == pytest.approx(chosen.std(axis=(1, 2)).mean())


def test_a_class_without_images_has_no_averages(faces):
    found = image_statistics(*faces)
    assert found.counts[2] == 0
    for values in (found.mean, found.deviation, found.brightness, found.contrast):
        assert np.isnan(values[2]).all()
        assert not np.isnan(np.delete(values, 2, axis=0)).any()


def test_equal_images_have_no_spread():
    images = np.tile(np.arange(48 * 48, dtype=np.uint8).reshape(48, 48), (5000, 1, 1))
    found = image_statistics(images, np.full(5000, 6, np.int8))
    assert found.deviation[6].max() < 1e-6
    np.testing.assert_allclose(found.mean[6], images[0] / 255)


def test_no_images_at_all():
    found = image_statistics(np.zeros((0, 48, 48), np.uint8), np.zeros(0, np.int8))
    assert found.counts.tolist() == [0] * 8


def test_memory_does_not_grow_with_the_images():
    def peak(count):
        images = np.broadcast_to(np.zeros((1, 48, 48), np.uint8), (count, 48, 48))
        labels = np.zeros(count, np.int8)
        tracemalloc.start()
        image_statistics(images, labels)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    # A label takes 8 rows of 8 bytes; an image would take 18 kB.
    assert peak(12_000) - peak(4_000) < 8_000 * 200
