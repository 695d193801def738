"""Tests of layer outputs, top images and similarity, against brute force."""

import numpy as np
import pytest
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.explain.outputs import (
    filter_activations,
    filter_similarity,
    layer_outputs,
    top_images,
)
from fer_core.models import Classifier, Normalise
from tests.explain.networks import residual_net
from tests.explain.small_networks import comes_back_as_it_was, convolutional, faces, first_layer


@pytest.mark.parametrize("inplace", [False, True])
def test_layer_outputs_are_those_of_a_direct_forward_before_what_follows(inplace: bool) -> None:
    model, images = convolutional(inplace=inplace), faces(4)
    found = {layer: layer_outputs(model, images, layer) for layer in ("conv1", "conv2", "dense1")}
    model.eval()
    with torch.no_grad():
        conv1 = model[0](images)
        conv2 = model[4](model[3](model[1](conv1).relu()))
        dense1 = model[6:](conv2.relu())
    torch.testing.assert_close(torch.from_numpy(found["conv1"]), conv1)
    torch.testing.assert_close(torch.from_numpy(found["conv2"]), conv2)
    assert found["conv2"].min() < 0  # not what the ReLU made of it
    torch.testing.assert_close(torch.from_numpy(found["dense1"]), dense1[:, :, None, None])


def test_a_classifier_sees_images_as_it_always_does() -> None:
    images, network = faces(2), convolutional()
    model = Classifier(Normalise("per-image"), network)
    found = layer_outputs(model, images, "conv1")
    with torch.no_grad():
        expected = network[0](model.normalise(images))
    torch.testing.assert_close(torch.from_numpy(found), expected)


def test_activations_of_filters_are_means_of_what_follows_the_layer() -> None:
    model, images = convolutional(), faces(4)
    found = filter_activations(model, images, "conv2")
    maps = layer_outputs(model, images, "conv2")
    np.testing.assert_allclose(found, np.maximum(maps, 0).mean((2, 3)), rtol=1e-5)


def test_within_a_residual_block_a_sum_is_no_activation_of_the_layer_before_it() -> None:
    model, images = residual_net(), faces(3).double()
    with torch.no_grad():
        stem = model.relu1(model.batch_norm1(model.conv1(images)))
        block = model.residual1.block
        inner = block.relu2(block.batch_norm2(block.conv2(stem)))
        last = block.conv3(inner)  # then a batch norm, and the sum with another branch
    for layer, expected in (("conv2", inner), ("conv3", last)):
        found = filter_activations(model, images, layer)
        np.testing.assert_allclose(found, expected.mean((2, 3)), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(layer_outputs(model, images, "conv3"), last, rtol=1e-5, atol=1e-6)


def test_top_images_and_places_are_those_of_brute_force() -> None:
    model, images = convolutional(seed=1), faces(25)
    images[20] = images[3]  # equals: the earlier comes first
    found = top_images(model, images.split(7), "conv2", k=9)
    maps = np.maximum(layer_outputs(model, images, "conv2"), 0)  # (25, 6, 10, 10)
    means = maps.mean((2, 3))
    for index in range(6):
        order = sorted(range(25), key=lambda n: (-means[n, index], n))[:9]
        np.testing.assert_allclose(found.values[index], means[order, index], rtol=1e-5)
        # In floats two images may tie in one batch and not in another: compare the values' order.
        assert set(found.indices[index]) == set(order)
        for number, place in zip(found.indices[index], found.places[index], strict=True):
            row, column = np.unravel_index(maps[number, index].argmax(), (10, 10))
            np.testing.assert_allclose(place, [row * 4.8 + 1.9, column * 4.8 + 1.9], rtol=1e-5)


def test_of_equal_images_the_earlier_comes_first() -> None:
    images = faces(1).expand(6, -1, -1, -1)
    found = top_images(convolutional(), [images[:4], images[4:]], "conv1", k=5)
    assert found.indices.tolist() == [[0, 1, 2, 3, 4]] * 5


def test_places_are_pixels_of_the_image_also_where_the_network_resizes() -> None:
    images = torch.zeros(1, 1, 48, 48)
    images[0, 0, 30, 12] = 1.0
    blur = first_layer(np.full((1, 3, 3), 1 / 9, np.float32))
    found = top_images(Classifier(Normalise("unit"), blur, 24), [images], "conv1", k=1)
    assert abs(found.places[0, 0] - [30, 12]).max() <= 2  # a point is two pixels, and blurred


def test_fewer_images_than_asked_for_and_layers_without_places() -> None:
    found = top_images(convolutional(), [faces(2)], "dense1")
    assert found.values.shape == found.indices.shape == (7, 2)
    assert found.places.shape == (7, 2, 2)
    assert np.isnan(found.places).all()
    assert top_images(convolutional(), [], "conv1").values.shape == (5, 0)


def test_similarity_is_the_correlation_of_activations_over_images_and_places() -> None:
    generator = np.random.default_rng(0)
    kernels = generator.normal(size=(5, 3, 3)).astype(np.float32)
    kernels[1] = 2 * kernels[0]  # finds the same, answers louder
    kernels[3] = 0  # with a bias: always the same; without: dead
    kernels[4] = 0
    model = first_layer(kernels, np.array([0, 0, 0, 0.3, -1], np.float32))
    images = torch.from_numpy(generator.random((6, 1, 48, 48), np.float32))
    found = filter_similarity(model, images.split(4), "conv1")
    maps = np.maximum(layer_outputs(model, images, "conv1"), 0)
    rows = maps.transpose(1, 0, 2, 3).reshape(5, -1).astype(np.float64)
    np.testing.assert_allclose(found[:3, :3], np.corrcoef(rows[:3]), atol=1e-6)
    assert found[0, 1] == pytest.approx(1)
    assert (found[3:] == 0).all()
    assert (found[:, 3:] == 0).all()


def test_the_model_comes_back_as_it_was() -> None:
    model = convolutional(inplace=True)
    with comes_back_as_it_was(model):
        layer_outputs(model, faces(2), "conv2")
        top_images(model, [faces(2)], "conv2")
        filter_similarity(model, [faces(2)], "conv2")

    def broken():
        yield faces(2)
        raise OSError

    for way in (top_images, filter_similarity):
        with comes_back_as_it_was(model), pytest.raises(OSError):  # noqa: PT011
            way(model, broken(), "conv2")


def test_wrong_input_is_one_line() -> None:
    model = convolutional()
    with pytest.raises(InputError, match="no layer 'conv7'; use last or one of conv1"):
        layer_outputs(model, faces(1), "conv7")
    with pytest.raises(InputError, match=r"images are \(48, 48\) torch.uint8; give \(N, 1, 48"):
        layer_outputs(model, np.zeros((48, 48), np.uint8), "conv1")
    with pytest.raises(InputError, match="k is 0; use 1 or more"):
        top_images(model, [faces(1)], "conv1", k=0)
    with pytest.raises(InputError, match="there are no images"):
        filter_similarity(model, [], "conv1")
    tokens = nn.Sequential(nn.Flatten(2), nn.Linear(2304, 4), nn.Flatten(), nn.Linear(4, 7))
    with pytest.raises(InputError, match="name one that gives maps"):
        layer_outputs(tokens, faces(1), "dense1")
