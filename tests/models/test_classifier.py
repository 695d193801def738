import pytest
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.models import Classifier, Normalise


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand((5, 1, 48, 48), generator=torch.Generator().manual_seed(0))


def test_none_gives_grey_levels_and_unit_leaves_images_alone(images: torch.Tensor) -> None:
    torch.testing.assert_close(Normalise("none")(images), images * 255)
    assert torch.equal(Normalise("unit")(images), images)


def test_dataset_uses_the_given_constants(images: torch.Tensor) -> None:
    normalised = Normalise("dataset", mean=0.5, deviation=0.25)(images)
    torch.testing.assert_close(normalised, (images - 0.5) * 4)


def test_per_image_gives_each_image_mean_0_and_deviation_1(images: torch.Tensor) -> None:
    normalised = Normalise("per-image")(images * torch.linspace(0.2, 1, 5).view(5, 1, 1, 1))
    torch.testing.assert_close(normalised.mean((1, 2, 3)), torch.zeros(5), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        normalised.std((1, 2, 3), correction=0), torch.ones(5), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("kind", ["none", "unit", "dataset", "per-image"])
def test_a_flat_image_gives_finite_numbers(kind: str) -> None:
    normalised = Normalise(kind, mean=0.5, deviation=0.0)(torch.full((2, 1, 48, 48), 0.3))
    assert torch.isfinite(normalised).all()


def test_constants_are_stored_with_the_weights_and_are_no_parameters() -> None:
    model = Classifier(Normalise("dataset", mean=0.5, deviation=0.25), nn.Flatten())
    assert not list(model.parameters())
    other = Classifier(Normalise("dataset"), nn.Flatten())
    other.load_state_dict(model.state_dict())
    assert other.normalise.mean == 0.5


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(InputError, match="normalise is 'z'; use one of none, unit"):
        Normalise("z")
