import numpy as np
import torch

from fer_core.explain import explain
from fer_core.explain.randomness import generator_for
from tests.explain.networks import convnet, images, targets


def test_it_is_the_size_of_the_mean_gradient_of_noisy_copies() -> None:
    model, image = convnet(), images(1)
    found = explain("smoothgrad", model, image, targets=[3], samples=5, noise=0.2, seed=7)
    deviation = 0.2 * (image.max() - image.min())
    generator, total = generator_for(image[0], 7), torch.zeros_like(image)
    for _ in range(5):
        noisy = image + deviation * torch.from_numpy(generator.standard_normal(image.shape))
        noisy.requires_grad_()
        (slopes,) = torch.autograd.grad(model(noisy)[0, 3], noisy)
        total += slopes
    np.testing.assert_allclose(found.maps, (total / 5).abs()[:, 0], rtol=1e-6)


def test_without_noise_it_is_the_saliency() -> None:
    smooth = explain("smoothgrad", convnet(), images(), targets=targets(), samples=3, noise=0)
    plain = explain("saliency", convnet(), images(), targets=targets())
    np.testing.assert_allclose(smooth.maps, plain.maps, rtol=1e-6)


def test_noise_belongs_to_the_image_and_the_seed_and_not_to_the_place_in_the_batch() -> None:
    def maps(order: list[int], seed: int = 0) -> np.ndarray:
        pixels = images()[order]
        kinds = torch.full((len(order),), 3)
        return explain("smoothgrad", convnet(), pixels, targets=kinds, samples=4, seed=seed).maps

    straight, mixed = maps([0, 1, 2, 3]), maps([3, 1, 1, 0])
    np.testing.assert_allclose(mixed, straight[[3, 1, 1, 0]], rtol=1e-6)
    assert not np.allclose(maps([0], seed=1), straight[:1], rtol=0.01)


def test_it_is_smoother_than_the_saliency_of_a_network_with_kinks() -> None:
    model = convnet()
    many = explain("smoothgrad", model, images(), targets=targets(), samples=200)
    more = explain("smoothgrad", model, images(), targets=targets(), samples=200, seed=1)
    one = explain("smoothgrad", model, images(), targets=targets(), samples=1)
    other = explain("smoothgrad", model, images(), targets=targets(), samples=1, seed=1)
    far = np.abs(many.maps - more.maps).mean() / np.abs(one.maps - other.maps).mean()
    assert far < 0.2  # 1 / sqrt(200) is 0.07


def test_the_generator_is_the_same_for_one_image_in_another_dtype() -> None:
    image = (torch.arange(48 * 48).view(1, 48, 48) % 256) / 255
    drawn = [generator_for(each, 3).random() for each in (image, image.double(), image.clone())]
    assert len(set(drawn)) == 1
    assert generator_for(image, 4).random() != drawn[0]
    assert generator_for(image.flip(-1), 3).random() != drawn[0]


def test_a_flat_image_gets_no_noise() -> None:
    flat = torch.full((1, 1, 48, 48), 0.5, dtype=torch.float64)
    smooth = explain("smoothgrad", convnet(), flat, targets=[0], samples=3)
    plain = explain("saliency", convnet(), flat, targets=[0])
    np.testing.assert_allclose(smooth.maps, plain.maps, rtol=1e-6)
