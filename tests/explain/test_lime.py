"""LIME: what it says of models whose answer is known, and what it asks of the model."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.explain import Explanation, explain, options_of, output_of
from fer_core.models import Classifier, Normalise

CLASS = 3
SEGMENT = 2 * 8 + 5  # of an 8 x 8 grid: rows 12..17, columns 30..35


class Patch(nn.Module):
    """The score of CLASS is the brightness of a part of SEGMENT."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        brightness = images[:, 0, 13:16, 31:35].mean((1, 2)) * self.scale
        return nn.functional.one_hot(torch.tensor(CLASS), 7) * brightness[:, None]


class Constant(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.linspace(-1, 1, 7))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.logits.expand(len(images), 7)


def network() -> nn.Module:
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 4, 5, 2), nn.BatchNorm2d(4), nn.LeakyReLU(0.1, inplace=True)]
    layers += [nn.Conv2d(4, 6, 3), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(3), nn.Flatten()]
    layers += [nn.Linear(54, 7)]
    nn.init.uniform_(layers[1].running_mean)
    nn.init.uniform_(layers[1].running_var, 0.01, 1)
    return Classifier(Normalise("per-image"), nn.Sequential(*layers))


def images(count: int = 3) -> torch.Tensor:
    return torch.rand(count, 1, 48, 48, generator=torch.Generator().manual_seed(1))


def lime(model: nn.Module, pictures: torch.Tensor, **options: object) -> Explanation:
    targets = torch.full((len(pictures),), CLASS)
    return explain("lime", model, pictures, targets=targets, **{"samples": 300} | options)


def contents(found: Explanation) -> Mapping[str, bytes]:
    return {"maps": found.maps.tobytes()} | {k: v.tobytes() for k, v in found.extras.items()}


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_the_segment_that_the_score_is_made_of_has_the_largest_weight(output: str) -> None:
    picture = images(1)
    picture[:, :, 13:16, 31:35] = 1
    found = lime(Patch(), picture, output=output, samples=1000)
    weights = found.extras["weights"][0]
    assert np.argmax(weights[CLASS]) == SEGMENT
    assert np.abs(np.delete(weights[CLASS], SEGMENT)).max() < weights[CLASS, SEGMENT] / 20
    assert (found.maps[0] == np.float32(weights[CLASS, SEGMENT])).sum() == 36
    assert found.maps[0, 12:18, 30:36].min() == np.float32(weights[CLASS, SEGMENT])
    assert found.extras["r2"][0, CLASS] > 0.9
    if output == "logit":  # the difference to the segment's mean, somewhat shrunk by the ridge
        drop = 1 - picture[0, 0, 12:18, 30:36].mean().item()
        assert weights[CLASS, SEGMENT] == pytest.approx(drop, rel=0.1)
        assert weights[CLASS, SEGMENT] < drop
    else:  # seven probabilities sum to 1, so their weights sum to 0
        assert np.abs(weights.sum(0)).max() < 1e-6


def test_a_segment_of_one_grey_has_no_weight_whatever_the_score_takes_from_it() -> None:
    picture = images(1).double()
    picture[:, :, 12:18, 30:36] = 1  # hidden, it looks the same
    found = lime(Patch().double(), picture, output="logit")
    assert np.abs(found.extras["weights"]).max() < 1e-12


@pytest.mark.parametrize("segments", ["grid", "slic"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_constant_score_gives_zeros(segments: str, dtype: torch.dtype) -> None:
    found = lime(Constant().to(dtype), images(), segments=segments)
    assert not found.maps.any()
    assert not np.nan_to_num(found.extras["weights"]).any()
    assert (found.extras["r2"] == 1).all()
    expected = torch.linspace(-1, 1, 7).softmax(0).expand(3, 7)
    np.testing.assert_allclose(found.extras["intercept"], expected, rtol=1e-6)


@pytest.mark.parametrize("segments", ["grid", "slic"])
@pytest.mark.parametrize("grey", [0.0, 0.3, 1.0])
def test_a_flat_image_gives_zeros(segments: str, grey: float) -> None:
    found = lime(network().double(), torch.full((1, 1, 48, 48), grey), segments=segments)
    assert np.abs(found.maps).max() < 1e-9
    assert np.isfinite(found.extras["weights"]).all()


@pytest.mark.parametrize("segments", ["grid", "slic"])
def test_the_same_bytes_twice_and_other_ones_with_another_seed(segments: str) -> None:
    model = network()
    first, second = (lime(model, images(), segments=segments, seed=3) for _ in range(2))
    other = lime(model, images(), segments=segments, seed=4)
    assert contents(first) == contents(second)
    assert contents(first)["maps"] != contents(other)["maps"]
    assert contents(first)["segments"] == contents(other)["segments"]


@pytest.mark.parametrize("segments", ["grid", "slic"])
def test_images_in_one_call_are_explained_as_each_alone(segments: str) -> None:
    model = network().double()
    pictures = torch.cat([images(), torch.linspace(0, 1, 48).expand(1, 1, 48, 48)])
    together = lime(model, pictures, segments=segments)
    for index, picture in enumerate(pictures):
        alone = lime(model, picture[None], segments=segments)
        np.testing.assert_allclose(together.maps[index], alone.maps[0], rtol=0, atol=1e-12)
        for name in ("segments", "r2", "intercept"):
            np.testing.assert_allclose(together.extras[name][index], alone.extras[name][0])
        count = alone.extras["weights"].shape[-1]
        weights = together.extras["weights"][index]
        np.testing.assert_allclose(
            weights[:, :count], alone.extras["weights"][0], rtol=0, atol=1e-12
        )
        assert np.isnan(weights[:, count:]).all()


def test_maps_and_extras_have_the_promised_shapes_and_types() -> None:
    pictures = torch.cat([images(2), torch.linspace(0, 1, 48).expand(1, 1, 48, 48)])
    targets = [2, 0, 6]
    found = explain("lime", network(), pictures, targets=targets, segments="slic", samples=50)
    assert found.maps.dtype == np.float32
    assert {name: (each.shape, each.dtype.name) for name, each in found.extras.items()} == {
        "segments": ((3, 48, 48), "int16"),
        "weights": ((3, 7, found.extras["segments"].max() + 1), "float64"),
        "r2": ((3, 7), "float64"),
        "intercept": ((3, 7), "float64"),
    }
    for index, target in enumerate(targets):
        weights = found.extras["weights"][index, target]
        labels = found.extras["segments"][index]
        assert np.isfinite(weights).sum() == labels.max() + 1 == len(np.unique(labels))
        np.testing.assert_array_equal(found.maps[index], weights[labels].astype(np.float32))


def test_equal_masks_are_computed_once() -> None:
    seen = 0

    def count(_module: nn.Module, inputs: tuple[torch.Tensor], _output: torch.Tensor) -> None:
        nonlocal seen
        seen += len(inputs[0])

    model = Constant()  # without a convolution, so that no copy is tried out
    model.register_forward_hook(count)
    lime(model, images(1), grid=2, samples=1000)
    assert seen == 16  # 2^4 masks of four segments, the one that hides nothing among them
    seen = 0
    lime(model, images(2), grid=8, samples=1000)
    assert seen == 2 * 1000  # of 2^64 none is drawn twice


@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_left_as_it_was(training: bool) -> None:
    model = network().train(training)
    parts = list(model.modules())
    before = {name: each.clone() for name, each in model.state_dict().items()}
    strides = [each.stride() for each in model.parameters()]
    lime(model, images(1))
    assert list(model.modules()) == parts
    assert all(part.training is training for part in parts)
    assert all(each.requires_grad and each.grad is None for each in model.parameters())
    assert [each.stride() for each in model.parameters()] == strides
    for name, each in model.state_dict().items():
        assert torch.equal(each, before[name]), name


def test_the_images_are_left_as_they_were() -> None:
    pictures = images()
    lime(network(), pictures)
    assert torch.equal(pictures, images())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples": 0}, "samples is 0"),
        ({"samples": 1}, "samples is 1"),
        ({"samples": 10**9}, "samples is 1000000000"),
        ({"samples": 2.5}, "samples is 2.5"),
        ({"grid": 0}, "grid is 0"),
        ({"grid": 49}, "grid is 49"),
        ({"grid": True}, "grid is True"),
        ({"segments": "quickshift"}, "segments is 'quickshift'; use one of grid, slic"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**32}, "seed is 4294967296"),
        ({"output": "loss"}, "output is 'loss'"),
        ({"layer": "conv1"}, "about pixels"),
        ({"kernel_width": 0.1}, "no option 'kernel_width'"),
    ],
)
def test_wrong_options_are_refused_in_one_line(options: dict, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        lime(network(), images(1), **options)
    assert "\n" not in str(caught.value)


def test_scores_that_are_not_finite_are_refused() -> None:
    model = Constant()
    nn.init.constant_(model.logits, float("nan"))
    with pytest.raises(InputError, match="image 0 has scores that are not finite"):
        lime(model, images(1))


def test_probabilities_are_explained_unless_logits_are_asked_for() -> None:
    model = network()
    assert output_of("lime") == "probability"
    assert output_of("saliency") == "logit"
    assert options_of("lime") == {"samples": 1000, "segments": "grid", "grid": 8}
    default = lime(model, images(1))
    assert default.output == "probability"
    assert contents(default) == contents(lime(model, images(1), output="probability"))
    assert contents(default)["maps"] != contents(lime(model, images(1), output="logit"))["maps"]


@pytest.mark.parametrize("grid", [1, 5, 7, 48])
def test_grids_that_do_not_divide_the_image_have_sides_that_differ_by_a_pixel(grid: int) -> None:
    found = lime(Patch(), images(1), grid=grid, samples=2)
    labels = found.extras["segments"][0]
    assert np.array_equal(np.unique(labels), np.arange(grid * grid))
    sides = np.unique(labels[:, 0], return_counts=True)[1]
    assert len(sides) == grid
    assert sides.max() - sides.min() <= 1
    assert found.extras["weights"].shape[-1] == grid * grid
