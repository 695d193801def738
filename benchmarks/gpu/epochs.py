"""Seconds an epoch on a GPU, and whether a resumed run is the uninterrupted one there.

Trains each preset on as many synthetic faces as FER2013 has images, for a few epochs; then the
first of them for four epochs at a stretch, and again with a checkpoint and another random state
after two.
Needs neither the store nor a dashboard: torch, numpy, pillow and safetensors are enough.

    python benchmarks/gpu/epochs.py -o epochs.json
    python benchmarks/gpu/epochs.py --smoke -o epochs.json     # a minute on a CPU
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
from measuring import machine

from fer_core.checkpoints import CheckpointFolder
from fer_core.data.synthetic import synthesise
from fer_core.device import Device, choose_device
from fer_core.models import preset_config
from fer_core.records import DatasetArrays, Epoch
from fer_core.train import TrainingData, TrainingState, fit


def on_device(faces: DatasetArrays, device: Device) -> TrainingData:
    pairs = [(faces.splits[s].images, faces.splits[s].labels) for s in ("train", "validation")]
    return TrainingData.on(device, *pairs)


def seconds_an_epoch(name: str, data: TrainingData, device: Device, epochs: int) -> dict:
    config = preset_config(name, data="synthetic", epochs=epochs)
    state = TrainingState.start(config, device, mean=0.5, deviation=0.25)
    first, *rest = (epoch.seconds for epoch in fit(state, data, config))
    return {
        "first": first,
        "median": statistics.median(rest),
        "all": rest,
        "images_per_second": len(data.train_labels) / statistics.median(rest),
    }


def resumed_against_uninterrupted(name: str, data: TrainingData, device: Device) -> dict:
    """The largest differences in validation accuracy and weights, interrupted after epoch 2."""
    config = preset_config(name, data="synthetic", epochs=4)
    whole = TrainingState.start(config, device)
    uninterrupted = list(fit(whole, data, config))
    with tempfile.TemporaryDirectory() as folder:
        checkpoints = CheckpointFolder(Path(folder))
        cut = TrainingState.start(config, device)
        epochs = fit(cut, data, config)
        next(epochs)
        next(epochs)
        row = Epoch(2, 0, 0, 0, 0, 0, None, *checkpoints.write_next(cut))
        torch.manual_seed(1234)
        again = TrainingState.start(config, device)
        checkpoints.restore(again, row)
        resumed = list(fit(again, data, config))
    pairs = zip(whole.model.parameters(), again.model.parameters(), strict=True)
    return {
        "validation_accuracy": max(
            abs(a.validation_accuracy - b.validation_accuracy)
            for a, b in zip(uninterrupted[2:], resumed, strict=True)
        ),
        "weights": max((a - b).abs().max().item() for a, b in pairs),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--smoke", action="store_true", help="tiny, on whatever there is")
    arguments = parser.parse_args()
    device = choose_device("auto" if arguments.smoke else "cuda")
    # 80 % of the faces are for training: 28,709 of them.
    count, epochs = (700, 2) if arguments.smoke else (35_887, 21)
    data = on_device(synthesise(count), device)
    presets = ("e-dnn",) if arguments.smoke else ("fast", "e-cnn", "e-dnn")
    document = {
        "machine": machine() | {"device": device.name, "torch": torch.__version__},
        "smoke": arguments.smoke,
        "training_images": len(data.train_labels),
        "presets": {name: seconds_an_epoch(name, data, device, epochs) for name in presets},
        "resumed": resumed_against_uninterrupted(presets[0], data, device),
    }
    arguments.output.write_text(json.dumps(document, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
