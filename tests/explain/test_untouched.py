"""The model comes back as it was, whatever happens in between."""

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional

from fer_core.errors import InputError
from fer_core.explain import EXPLAINERS, explain
from fer_core.explain.untouched import untouched
from fer_core.models import Classifier, Normalise
from tests.explain.networks import convnet, images, state, targets


@pytest.fixture
def lived_in() -> Classifier:
    """A model in the middle of something: in training but for a part, a part frozen, with
    gradients and somebody's hook."""
    model = Classifier(Normalise("per-image"), convnet()).double().train()
    model.network[1].eval()
    model.network[3].weight.requires_grad_(False)
    model.network[0].weight.grad = torch.ones_like(model.network[0].weight)
    model.network[2].register_forward_hook(lambda *_: None)
    return model


@pytest.mark.parametrize("method", EXPLAINERS)
def test_a_model_is_as_before_after_success(method: str, lived_in: Classifier) -> None:
    before = state(lived_in)
    explain(method, lived_in, images(2), targets=targets()[:2])
    assert state(lived_in) == before


@pytest.mark.parametrize("method", EXPLAINERS)
def test_a_model_is_as_before_after_an_exception(method: str, lived_in: Classifier) -> None:
    def fail(module: nn.Module, inputs: object, output: torch.Tensor) -> torch.Tensor:
        if len(output) > 1:  # the layer table's single image passes
            raise RuntimeError("boom")
        return output

    lived_in.network[5].register_forward_hook(fail)
    before = state(lived_in)
    with pytest.raises(RuntimeError, match="boom"):
        explain(method, lived_in, images(2), targets=targets()[:2])
    assert state(lived_in) == before


def test_a_model_is_as_before_after_wrong_input(lived_in: Classifier) -> None:
    before = state(lived_in)
    with pytest.raises(InputError):
        explain("gradcam", lived_in, images(2), targets=targets()[:2], layer="conv9")
    with pytest.raises(InputError):
        explain("saliency", lived_in, images(2), targets=targets())
    assert state(lived_in) == before


@pytest.mark.parametrize("method", EXPLAINERS)
def test_a_model_in_training_is_explained_as_in_evaluation(
    method: str, lived_in: Classifier
) -> None:
    found = explain(method, lived_in, images(2), targets=targets()[:2])
    lived_in.eval()
    expected = explain(method, lived_in, images(2), targets=targets()[:2])
    assert found.maps.tobytes() == expected.maps.tobytes()


class _Counting(nn.Module):
    """Keeps count in buffers as some own models do: one changed, one replaced in each pass."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("changed", torch.zeros(()))
        self.register_buffer("replaced", torch.zeros(()), persistent=False)
        self.head = nn.Linear(48**2, 7)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        self.changed += 1
        self.replaced = self.replaced + 1
        return self.head(pixels.flatten(1))


def test_buffers_that_change_or_are_replaced_in_evaluation_are_restored() -> None:
    model = _Counting()
    before = state(model)
    explain("saliency", model, images(2), targets=targets()[:2])
    assert state(model) == before


def test_what_was_computed_before_can_still_be_differentiated(lived_in: Classifier) -> None:
    lived_in.network[6].p = 0.0
    gradients = []
    for explained in (False, True):
        lived_in.zero_grad()
        loss = functional.cross_entropy(lived_in(images()), targets())
        if explained:
            explain("saliency", lived_in, images(), targets=targets())
        loss.backward()
        gradients.append([p.grad for p in lived_in.parameters() if p.grad is not None])
    assert len(gradients[0]) == 7
    torch.testing.assert_close(*gradients, rtol=0, atol=0)


@pytest.mark.parametrize(
    "around",
    [torch.no_grad, torch.inference_mode, lambda: torch.autocast("cpu", dtype=torch.bfloat16)],
    ids=["no_grad", "inference_mode", "autocast"],
)
def test_what_is_switched_off_or_on_outside_changes_nothing(around: Callable) -> None:
    model = convnet().float()
    expected = explain("saliency", model, images(2).float(), targets=targets()[:2])
    with around():
        found = explain("saliency", model, images(2).float(), targets=targets()[:2])
    assert found.maps.tobytes() == expected.maps.tobytes()


def test_parameters_are_without_gradients_inside() -> None:
    model = convnet()
    with untouched(model):
        assert not any(parameter.requires_grad for parameter in model.parameters())
        assert not any(module.training for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())
