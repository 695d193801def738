"""Probabilities averaged over views of an image, against the views one by one."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from fer_core.config import RunConfig
from fer_core.device import Device, choose_device
from fer_core.records import DatasetArrays
from fer_core.train import TrainingData, TrainingState, fit, predict_probabilities


@pytest.fixture
def device() -> Device:
    return choose_device("cpu", precision="float32")


@pytest.fixture
def data(device: Device, tiny_faces: DatasetArrays) -> TrainingData:
    splits = (tiny_faces.splits[name] for name in ("train", "validation"))
    return TrainingData.on(device, *((split.images, split.labels) for split in splits))


def _trained(config: RunConfig, data: TrainingData, device: Device) -> TrainingState:
    """Return what one epoch makes."""
    config = config.replace(epochs=1)
    state = TrainingState.start(config, device)
    list(fit(state, data, config))
    return state


def test_flip_averaging_is_the_mean_with_the_mirror(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    state = _trained(tiny_config, data, device)
    images = data.validation_images
    both = predict_probabilities(state.model, images, device, averaging="flip")
    alone = predict_probabilities(state.model, images, device)
    mirrored = predict_probabilities(state.model, images.flip(3), device)
    torch.testing.assert_close(both, (alone + mirrored) / 2)
    assert state.model.training  # as it was
    np.testing.assert_allclose(both.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("side", [48, 44, 20])
def test_crop_averaging_is_the_mean_of_ten_windows_one_by_one(
    tiny_config: RunConfig, data: TrainingData, device: Device, side: int
) -> None:
    architecture = {**tiny_config.architecture, "side": side}
    state = _trained(tiny_config.replace(architecture=architecture), data, device)
    images = data.validation_images[:3]
    together = predict_probabilities(state.model, images, device, averaging="crops")
    state.model.eval()
    for image, found in zip(images.numpy(), together, strict=True):
        answers = []
        for top, left in ((0, 0), (0, 4), (4, 0), (4, 4), (2, 2)):
            window = image[0, top : top + 44, left : left + 44].astype(np.float32) / 255
            for seen in (window, window[:, ::-1].copy()):
                batch = torch.from_numpy(seen)[None, None]
                if side != 44:
                    batch = functional.interpolate(
                        batch, size=(side, side), mode="bilinear", antialias=True
                    )
                with torch.no_grad():
                    answers.append(state.model(batch)[0].softmax(0))
        torch.testing.assert_close(found, torch.stack(answers).mean(0), rtol=1e-4, atol=1e-6)
