"""The captured training step against the eager one: what it computes, and how long it takes.

    python benchmarks/gpu/graph.py -o graph.json [--only speed]
    python benchmarks/gpu/graph.py --smoke -o graph.json     # a minute on a CPU, nothing captured

Synthetic faces, as many as FER2013 has. The parts, in the order in which they are written:

differences  50 steps of each optimizer, with everything a recipe has, captured and eager from the
             same seed: largest difference of a step's loss, and of the weights relative to their
             norm. The same of a second eager training says what rounding alone does.
falls_back   networks that cannot be captured (one waits for the device, one draws random numbers
             on the CPU, one replaces a buffer; and one whose recording is tried and fails): what
             the log says, and the differences from an eager training.
resumed      differences between a training of 4 epochs and one resumed after the second.
speed        seconds an epoch, validation included, median of 20: captured, captured with cuDNN's
             search for the fastest convolutions, and eager; and the share of the computed floor.
             floor = operations * (6 * training images + 2 * validation images) / peak, with the
             multiply-adds of the layer table for one image (2 operations each; backward takes
             twice the forward's) and --teraflops as the peak.
profile      of one captured epoch: the kernels with the most time, and how long the GPU idles.
"""

import argparse
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faces as shared
import torch
from agreement import differences, falls_back, one_batch, resumed, trained
from profiling import profiled

from fer_core.device import Device
from fer_core.errors import InputError
from fer_core.files import check_writable
from fer_core.models import input_side, layer_table, network_for, preset_config
from fer_core.records import TRAIN, VALIDATION
from fer_core.train import fit

SPEED_PRESETS = ("e-cnn", "fast", "e-dnn")


def speed(faces: shared.Faces, device: Device, teraflops: float, epochs: int) -> dict[str, Any]:
    found = {}
    for preset in SPEED_PRESETS[-1:] if epochs < 20 else SPEED_PRESETS:
        config = preset_config(preset, data="synthetic", epochs=epochs + 1, sides="")
        table = layer_table(network_for(config), input_side(config.architecture))
        images = 6 * len(faces.labels[TRAIN]) + 2 * len(faces.labels[VALIDATION])
        floor = sum(layer.operations for layer in table) * images / (teraflops * 1e12)
        found[preset] = {"floor": floor}
        for way in ("captured", "captured, searched", "eager"):
            torch.backends.cudnn.benchmark = way == "captured, searched"
            history, _ = trained(config, faces, device, capture=way != "eager")
            first, *rest = (epoch.seconds for epoch in history)
            median = statistics.median(rest)
            found[preset][way] = {
                "first": first, "median": median, "all": rest, "share_of_floor": floor / median,
                "images_per_second": len(faces.labels[TRAIN]) / median,
            }  # fmt: skip
        torch.backends.cudnn.benchmark = False
    return found


def profile_of(faces: shared.Faces, device: Device, preset: str) -> dict[str, Any]:
    config = preset_config(preset, data="synthetic", epochs=3, sides="")
    state, data = shared.start(config, faces, device)
    epochs = fit(state, data, config)
    next(epochs)
    next(epochs)
    return {"preset": preset} | profiled(lambda: next(epochs))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--only", help="one part")
    parser.add_argument("--teraflops", type=float, default=790.0, help="the GPU's peak in bf16")
    parser.add_argument("--smoke", action="store_true", help="tiny, on the CPU")
    arguments = parser.parse_args()
    check_writable(arguments.output)
    smoke = arguments.smoke
    device = shared.device_for(smoke=smoke)
    faces = shared.synthetic_faces(140 if smoke else 35_887)
    few = one_batch(faces, 16 if smoke else 512)
    small, large = ("e-dnn", "e-dnn") if smoke else ("fast", "e-cnn")
    parts: dict[str, Callable[[], Any]] = {
        "differences": lambda: differences(few, device, small),
        "falls_back": lambda: falls_back(few, device),
        "resumed": lambda: resumed(faces, device, small),
        "speed": lambda: speed(faces, device, arguments.teraflops, 2 if smoke else 20),
        "profile": lambda: profile_of(faces, device, large),
    }
    if arguments.only not in (None, *parts):
        raise InputError(f"--only is {arguments.only!r}; use one of {', '.join(parts)}")
    document: dict[str, Any] = {"smoke": smoke, "training_images": len(faces.labels[TRAIN])}
    document |= {"machine": shared.this_machine(device), "teraflops": arguments.teraflops}
    for name in [arguments.only] if arguments.only else parts:
        document[name] = parts[name]()
        shared.write_json(arguments.output, document)


if __name__ == "__main__":
    shared.run(main)
