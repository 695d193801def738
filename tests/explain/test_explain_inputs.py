"""What `explain` takes, and the sentence for everything else."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.explain import explain, options_of
from tests.explain.networks import classifier, convnet, dense_net, images, targets


def refused(match: str, method: str = "saliency", **changed: Any) -> None:
    given = {"images": images(), "targets": targets(), "model": convnet()} | changed
    model, pixels = given.pop("model"), given.pop("images")
    with pytest.raises(InputError, match=match) as caught:
        explain(method, model, pixels, **given)
    assert "\n" not in str(caught.value)


def test_arrays_and_tensors_of_any_float_give_the_same_maps() -> None:
    expected = explain("saliency", convnet(), images(), targets=targets())
    assert expected.maps.shape == (4, 48, 48)
    assert expected.maps.dtype == np.float32
    array = images().numpy()
    array.flags.writeable = False  # as the store's are
    kinds = targets().numpy().astype(np.int8)
    kinds.flags.writeable = False
    found = explain("saliency", convnet(), array, targets=kinds)
    assert found.maps.tobytes() == expected.maps.tobytes()
    assert found.targets.tolist() == targets().tolist()
    assert found.targets.dtype == np.int64
    single = explain("saliency", convnet(), images().float(), targets=targets().tolist())
    np.testing.assert_allclose(single.maps, expected.maps, atol=1e-5)


def test_the_images_and_targets_are_left_as_they_were() -> None:
    pixels, kinds = images().requires_grad_(), targets()
    explain(
        "integrated_gradients",
        nn.Sequential(nn.ReLU(inplace=True), convnet()),
        pixels,
        targets=kinds,
        steps=2,
    )
    assert torch.equal(pixels, images())
    assert pixels.grad is None
    assert torch.equal(kinds, targets())


@pytest.mark.parametrize("method", ["saliency", "gradcam", "integrated_gradients", "occlusion"])
@pytest.mark.parametrize("model", [convnet(), classifier()], ids=["bare", "Classifier"])
def test_no_images_give_no_maps(method: str, model: nn.Module) -> None:
    found = explain(method, model, np.zeros((0, 1, 48, 48), np.float32), targets=[])
    assert found.maps.shape == (0, 48, 48)
    assert found.targets.shape == (0,)
    assert all(each.shape == (0,) for each in found.extras.values())


def test_wrong_images_are_refused() -> None:
    refused(r"images are \(4, 48, 48\) float64; give \(N, 1, 48, 48\) f", images=images()[:, 0])
    refused(r"images are \(4, 3, 48, 48\) float64", images=images().expand(-1, 3, -1, -1))
    refused(r"images are \(4, 1, 40, 40\) float64", images=images()[..., :40, :40])
    grey = (images() * 255).to(torch.uint8)
    refused("images are .* uint8; give .* divide grey levels by 255", images=grey)
    refused(r"images are 0\.0\d+ to 254\.\d+; give", images=images() * 255)
    refused("images are nan to nan", images=images() * np.nan)
    refused(r"images are no array of numbers \(list\); give", images=[[1], [1, 2]])
    refused(r"images are no array of numbers \(str\)", images="face.png")


def test_wrong_targets_are_refused() -> None:
    refused("a target is 9; give a class, 0 to 6, for each of the 4 images", targets=[0, 9, 1, 1])
    refused("a target is -1; give", targets=[0, -1, 1, 1])
    refused(r"targets are \(3,\) int64; give a class", targets=targets()[:3])
    refused(r"targets are \(\) int64; give a class", targets=3)
    refused(r"targets are \(4,\) float64; give", targets=targets().double())
    refused(r"targets are \(4,\) bool; give", targets=targets().bool())
    refused(r"targets are no array of numbers \(tuple\)", targets=("Happy",) * 4)


def test_unknown_names_are_refused_with_those_that_exist() -> None:
    refused("method is 'cam'; use one of saliency, smoothgrad, integrated_gradients", "cam")
    refused("smoothgrad has no option 'steps'; use one of samples, noise", "smoothgrad", steps=3)
    refused("saliency has no option 'steps'; it has none", steps=3)
    refused("output is 'loss'; use one of logit, probability", output="loss")
    refused("no layer 'conv7'; use last or one of conv1", "gradcam", layer="conv7")
    refused(
        "occlusion is about pixels, not about a layer; leave 'conv1' out",
        "occlusion",
        layer="conv1",
    )


@pytest.mark.parametrize(
    ("method", "option", "value"),
    [
        ("smoothgrad", "samples", 0),
        ("smoothgrad", "samples", 2.5),
        ("smoothgrad", "noise", -0.1),
        ("smoothgrad", "noise", float("nan")),
        ("smoothgrad", "noise", "much"),
        ("smoothgrad", "seed", -1),
        ("smoothgrad", "seed", True),
        ("integrated_gradients", "steps", 0),
        ("integrated_gradients", "baseline", "white"),
        ("occlusion", "patch", 49),
        ("occlusion", "patch", 0),
        ("occlusion", "stride", 0),
        ("occlusion", "stride", 9),
        ("occlusion", "fill", 0.5),
    ],
)
def test_options_outside_of_their_range_are_refused(method: str, option: str, value: Any) -> None:
    refused(f"{option} is {value!r}; use", method, **{option: value})


def test_a_dense_network_has_no_grad_cam_and_says_why() -> None:
    for method in ("gradcam", "guided_gradcam"):
        refused(
            "layer 'last' is the last convolution, and this network has none",
            method,
            model=dense_net(),
        )
    refused(
        "layer 'dense1' gives 16, which has no places in the image; name a conv",
        "gradcam",
        model=dense_net(),
        layer="dense1",
    )
    pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 7)).double()
    refused("layer '0' gives 1x1x1, which has no places", "saliency", model=pooled, layer="0")


def test_a_model_without_seven_logits_is_refused() -> None:
    ten = nn.Sequential(nn.Flatten(), nn.Linear(48**2, 10))
    refused(r"the model gives \(4, 10\) for 4 images; explanations need logits \(4, 7\)", model=ten)
    pair = nn.Sequential(nn.Flatten(2), nn.LSTM(48**2, 7))
    refused("the model gives tuple for 4 images", model=pair)


def test_options_are_named_with_their_defaults_and_kept_with_the_maps() -> None:
    assert options_of("smoothgrad") == {"samples": 50, "noise": 0.15}
    assert options_of("integrated_gradients") == {"steps": 64, "baseline": "black"}
    assert options_of("occlusion") == {"patch": 8, "stride": 4, "fill": "mean"}
    assert options_of("saliency") == options_of("gradcam") == options_of("guided_backprop") == {}
    found = explain("occlusion", convnet(), images(), targets=targets(), patch=24, stride=24)
    assert found.options == {"patch": 24, "stride": 24, "fill": "mean"}
    cam = explain("gradcam", convnet(), images(), targets=targets(), seed=4, output="probability")
    assert (cam.layer, cam.seed, cam.output, cam.signed) == ("conv2", 4, "probability", False)
