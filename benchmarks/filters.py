"""Gradient ascent on a layer's filters: all in one batch, one by one, and in a loop as lucid's.

The same networks (as they are initialised), filters, steps, noise and steps' lengths, in the style
`plain`. `one batch` is fer_core.explain.filters.ascend; `one by one` calls it for each filter;
`loop` optimises one image after another through the whole network, the layer's activation read by
a hook. Rounds are interleaved; each ratio is taken within its round and its median printed: so many
times as long as one batch. `difference` is the largest between the images of a way and those of
one batch, in grey levels of 0 to 1: by float32's rounding, which ReLUs enlarge from step to step.

    python benchmarks/filters.py [--device cpu] [--steps 50] [--filters 64] [--rounds 3] [--json]
    python benchmarks/filters.py --smoke      # tiny
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from measuring import machine, report, spread
from rich.table import Table
from torch import nn

from fer_core.device import choose_device
from fer_core.explain.ascent_styles import PLAIN_STEP
from fer_core.explain.filters import ascend
from fer_core.explain.layers import find
from fer_core.explain.seen import Seen
from fer_core.explain.untouched import untouched
from fer_core.models import Classifier, Normalise, input_side, network_for, preset_config

# Preset and layer, and the ReLU that follows it.
LAYERS = {("e-cnn", "conv2"): "relu2", ("fast", "conv2"): "relu2", ("fast", "conv6"): "relu6"}
Way = Callable[[nn.Module, str, list[int], int], np.ndarray]


def one_batch(model: nn.Module, layer: str, filters: list[int], steps: int) -> np.ndarray:
    return ascend(model, layer, filters=filters, steps=steps, record_every=steps).images[:, -1]


def one_by_one(model: nn.Module, layer: str, filters: list[int], steps: int) -> np.ndarray:
    return np.concatenate([one_batch(model, layer, [index], steps) for index in filters])


def loop(model: nn.Module, layer: str, filters: list[int], steps: int) -> np.ndarray:
    """Layer: here the name of the ReLU."""
    outputs: list[torch.Tensor] = []
    hook = find(model, layer).register_forward_hook(lambda *given: outputs.append(given[-1]))
    ends = []
    try:
        with untouched(model):
            seen = Seen(model)
            for index in filters:
                noise = np.random.default_rng([0, index]).random((1, 1, 48, 48), np.float32)
                image = torch.from_numpy(noise).to(seen.device).requires_grad_()
                for _ in range(steps):
                    outputs.clear()
                    seen(image)
                    outputs[0][0, index].mean().backward()
                    with torch.no_grad():
                        size = image.grad.square().mean().sqrt().clamp_min(1e-12)
                        image += PLAIN_STEP * image.grad / size
                    image.grad = None
                ends.append(image.detach()[0, 0].cpu().numpy())
    finally:
        hook.remove()
    return np.stack(ends)


def measure(
    preset: str, layer: str, device: torch.device, arguments: argparse.Namespace
) -> dict[str, Any]:
    config = preset_config(preset, data="none")
    torch.manual_seed(0)
    normalise = Normalise(config.normalise, mean=0.5077, deviation=0.2551)
    network = network_for(config)
    model = Classifier(normalise, network, input_side(config.architecture)).to(device)
    count = find(model, layer).out_channels
    filters = list(range(min(count, arguments.filters)))
    ways: dict[str, tuple[Way, str]] = {
        "one batch": (one_batch, layer),
        "one by one": (one_by_one, layer),
        "loop": (loop, LAYERS[preset, layer]),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    images: dict[str, np.ndarray] = {}
    for way, place in ways.values():  # kernels are chosen, memory is claimed
        way(model, place, filters[:2], 2)
    for number in range(arguments.rounds):
        for name, (way, place) in ways.items():
            started = time.perf_counter()
            images[name] = way(model, place, filters, arguments.steps)
            seconds[name].append(time.perf_counter() - started)
        print(f"{preset} {layer} round {number + 1}/{arguments.rounds}", file=sys.stderr)
    ratios = {
        name: spread([a / b for a, b in zip(taken, seconds["one batch"], strict=True)])
        for name, taken in seconds.items()
    }
    return {
        "filters": len(filters),
        "steps": arguments.steps,
        "rounds": arguments.rounds,
        "seconds": {name: spread(taken) for name, taken in seconds.items()},
        "ratio": {name: ratio["median"] for name, ratio in ratios.items()},
        "ratio_spread": ratios,
        "difference": {
            name: float(abs(found - images["one batch"]).max()) for name, found in images.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cpu", help="auto, cpu or cuda")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--filters", type=int, default=64, help="the first so many of a layer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.steps, arguments.filters, arguments.rounds = 3, 3, 1
    for name in ("steps", "filters", "rounds"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} is {getattr(arguments, name)}; use 1 or more")
    # Ascents run in full precision: what autocast would round away, ReLUs would enlarge.
    device = choose_device(arguments.device, precision="float32")
    document: dict[str, Any] = {
        "machine": machine()
        | {"device": device.name, "threads": device.threads, "torch": torch.__version__},
        "layers": {
            f"{preset} {layer}": measure(preset, layer, device.torch_device, arguments)
            for preset, layer in LAYERS
        },
    }
    table = Table("layer", "filters", "way", "seconds (least to most)", "times one batch")
    for name, result in document["layers"].items():
        for way, taken in result["seconds"].items():
            seconds = f"{taken['median']:.2f} ({taken['min']:.2f} to {taken['max']:.2f})"
            table.add_row(name, str(result["filters"]), way, seconds, f"{result['ratio'][way]:.2f}")
    note = f"{arguments.steps} steps, {document['machine']}"
    report(document, table, as_json=arguments.json, note=note)


if __name__ == "__main__":
    main()
