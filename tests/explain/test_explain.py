"""What holds for every method."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from fer_core.explain import EXPLAINERS, explain, lime, options_of, subject
from tests.explain.networks import (
    Planted,
    classifier,
    convnet,
    images,
    targets,
)

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "explanations.md"

every_method = pytest.mark.parametrize("method", EXPLAINERS)


@every_method
def test_maps_are_negative_somewhere_only_where_the_method_is_signed(method: str) -> None:
    found = explain(method, classifier(), images(), targets=targets())
    assert found.signed is EXPLAINERS[method].SIGNED
    assert found.maps.max() > 0
    assert bool(found.maps.min() < 0) is found.signed


@every_method
def test_the_documentation_names_every_option_with_its_default(method: str) -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    (section,) = [each for each in text.split("\n## ") if f"(`{method}`)" in each.split("\n")[0]]
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \|", section, flags=re.M)
    documented = {name: default.strip("`") for name, default in rows if name != "seed"}
    assert documented == {name: str(value) for name, value in options_of(method).items()}


@every_method
@pytest.mark.parametrize("output", ["logit", "probability"])
def test_n_images_in_one_call_equal_n_calls(method: str, output: str) -> None:
    model, pixels = classifier(), images()
    together = explain(method, model, pixels, targets=targets(), output=output)
    for index in range(len(pixels)):
        alone = explain(
            method,
            model,
            pixels[index : index + 1],
            targets=targets()[index : index + 1],
            output=output,
        )
        assert np.abs(alone.maps[0]).max() > 0
        np.testing.assert_allclose(alone.maps[0], together.maps[index], rtol=1e-6, atol=1e-6)


@every_method
def test_more_images_than_run_at_once_change_nothing(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = explain(method, classifier(), images(), targets=targets())
    monkeypatch.setattr(subject, "_AT_ONCE", 3)
    monkeypatch.setattr(lime, "_BATCH", {"cpu": 3})
    seen = []

    def count(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        seen.append(len(inputs[0]))

    model = classifier()
    model.network.register_forward_pre_hook(count)
    found = explain(method, model, images(), targets=targets())
    assert max(seen) == 3
    assert len(found.maps) == 4
    np.testing.assert_allclose(found.maps, expected.maps, rtol=1e-6, atol=1e-6)


@every_method
def test_two_calls_give_the_same_bytes(method: str) -> None:
    model, pixels = classifier().float(), images().float()
    maps = [explain(method, model, pixels, targets=targets()).maps for _ in range(2)]
    assert maps[0].tobytes() == maps[1].tobytes()


# LIME's segments must hold more than the patch, else hiding them by their mean changes nothing: it
# has a planted patch of its own.
@pytest.mark.parametrize("method", [name for name in EXPLAINERS if name != "lime"])
def test_a_planted_patch_is_where_the_map_peaks(method: str) -> None:
    pixels = images(3) * 0.4
    pixels[(..., *Planted.PATCH)] += 0.5
    found = explain(method, Planted().double(), pixels, targets=torch.full((3,), 3))
    for each in found.maps:
        row, column = np.unravel_index(each.argmax(), each.shape)
        rows, columns = Planted.PATCH
        assert rows.start <= row < rows.stop
        assert columns.start <= column < columns.stop


@every_method
def test_a_constant_model_gives_zeros(method: str) -> None:
    model = convnet()
    nn.init.zeros_(model[-1].weight)
    found = explain(method, model, images(), targets=targets())
    assert not found.maps.any()


@pytest.mark.parametrize("method", ["saliency", "smoothgrad", "integrated_gradients", "occlusion"])
def test_a_model_that_ignores_its_images_gives_zeros(method: str) -> None:
    class Deaf(nn.Module):
        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return torch.ones(len(pixels), 7)

    assert not explain(method, Deaf(), images(), targets=targets()).maps.any()


@every_method
@pytest.mark.parametrize("grey", [0.0, 0.5, 1.0])
def test_a_flat_image_gives_finite_maps(method: str, grey: float) -> None:
    flat = torch.full((2, 1, 48, 48), grey, dtype=torch.float64)
    found = explain(method, classifier(), flat, targets=[1, 2])
    assert np.isfinite(found.maps).all()
    assert all(np.isfinite(each).all() for each in found.extras.values())


@every_method
@pytest.mark.parametrize("side", [36, 24])
def test_networks_that_see_smaller_images_give_maps_of_the_images_size(
    method: str, side: int
) -> None:
    found = explain(method, classifier(side=side), images(), targets=targets())
    assert found.maps.shape == (4, 48, 48)
    assert np.abs(found.maps).max((1, 2)).min() > 0


@every_method
def test_inplace_activations_change_no_map(method: str) -> None:
    plain, inplace = (convnet(lambda flag=flag: nn.ReLU(inplace=flag)) for flag in (False, True))
    maps = [explain(method, each, images(), targets=targets()).maps for each in (plain, inplace)]
    assert maps[0].tobytes() == maps[1].tobytes()


@every_method
def test_half_precision_models_are_explained_in_their_own(method: str) -> None:
    found = explain(method, convnet().bfloat16(), images(2), targets=[0, 1])
    assert found.maps.dtype == np.float32
    assert np.isfinite(found.maps).all()
