import numpy as np
import pytest
import torch

from fer_core.explain import explain
from tests.explain.networks import convnet, images, linear_net, targets


def by_hand(patch: int, stride: int, fill: np.ndarray) -> np.ndarray:
    model, pixels = convnet(), images()
    rows = torch.arange(4)
    starts = sorted({*range(0, 48 - patch, stride), 48 - patch})
    total, held = np.zeros((4, 48, 48)), np.zeros((48, 48))
    with torch.no_grad():
        before = model(pixels)[rows, targets()]
        for top in starts:
            for left in starts:
                place = (slice(top, top + patch), slice(left, left + patch))
                changed = pixels.clone()
                changed[(..., *place)] = torch.from_numpy(fill)[(..., *place)]
                drop = before - model(changed)[rows, targets()]
                total[(slice(None), *place)] += drop.numpy()[:, None, None]
                held[place] += 1
    return total / held


@pytest.mark.parametrize(("patch", "stride"), [(8, 4), (12, 12), (10, 7), (48, 48), (7, 7)])
def test_it_is_the_mean_drop_over_the_patches_that_hold_a_pixel(patch: int, stride: int) -> None:
    found = explain("occlusion", convnet(), images(), targets=targets(), patch=patch, stride=stride)
    grey = np.ones((4, 1, 48, 48)) * images().numpy().mean((1, 2, 3), keepdims=True)
    np.testing.assert_allclose(found.maps, by_hand(patch, stride, grey), rtol=1e-5, atol=1e-7)


def test_a_patch_can_be_covered_in_black_or_blurred() -> None:
    call = {"images": images(), "targets": targets(), "patch": 16, "stride": 16}
    black = explain("occlusion", convnet(), **call, fill="black")
    np.testing.assert_allclose(
        black.maps, by_hand(16, 16, np.zeros((4, 1, 48, 48))), rtol=1e-5, atol=1e-7
    )
    blurred = explain("occlusion", convnet(), **call, fill="blurred")
    assert 0 < np.abs(blurred.maps).max() < np.abs(black.maps).max()


def test_of_a_linear_model_it_is_what_the_patch_adds_to_the_score() -> None:
    model = linear_net()
    found = explain(
        "occlusion", model, images(), targets=targets(), patch=8, stride=8, fill="black"
    )
    weight = model[1].weight.view(7, 48, 48)[targets()].detach()
    parts = (weight * images()[:, 0]).view(4, 6, 8, 6, 8).sum((2, 4)).numpy()
    np.testing.assert_allclose(found.maps, parts.repeat(8, 1).repeat(8, 2), rtol=1e-5, atol=1e-9)


def test_what_speaks_against_the_class_is_negative() -> None:
    model = linear_net()
    with torch.no_grad():
        model[1].weight[:] = -1
    found = explain("occlusion", model, images(), targets=targets(), fill="black")
    assert found.maps.max() < 0
