"""Speed of explanations: images a second of each method, ours against captum and grad-cam.

The same network, images, options, batches, device and threads, in float32. Rounds are interleaved
(ours, captum, grad-cam, ours ...), each ratio is taken within its round, and the median of the
ratios is printed: `ratio` says how many times as many images a second we explain. `agreement` is
the correlation of their maps with ours, by image: the noise of SmoothGrad is drawn anew, and
grad-cam scales maps before it enlarges them. LIME is measured by benchmarks/lime_engine.py. Needs
the extra `oracles`.

    python benchmarks/explain.py [--preset fast] [--images 16] [--rounds 5] [--device auto] [--json]
"""

import argparse
import copy
import dataclasses
import sys
import time
import warnings
from collections.abc import Callable, Iterable

import numpy as np
import torch
from captum import attr
from measuring import machine, report, spread
from pytorch_grad_cam import GradCAM, GuidedBackpropReLUModel
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from rich.table import Table

from fer_core.data.synthetic import synthesise
from fer_core.device import Device, choose_device
from fer_core.explain import explain
from fer_core.explain.layers import LAST, find
from fer_core.explain.subject import at_once
from fer_core.models import Classifier, Normalise, input_side, network_for, preset_config

# What a method has to compute: the defaults, and next to nothing for --smoke.
OPTIONS = {"samples": 50, "noise": 0.15, "steps": 64, "patch": 8, "stride": 4}
SMOKE = OPTIONS | {"samples": 2, "steps": 2, "patch": 24, "stride": 24}

Way = Callable[[], np.ndarray]  # one explanation of all images: (N, 48, 48)


def model_on(preset: str, device: Device) -> Classifier:
    """An untrained network: how fast it is explained does not depend on its weights."""
    config = preset_config(preset, data="synthetic")
    torch.manual_seed(0)
    # The same constants for all images: only then do the others explain what we explain.
    normalise = Normalise("dataset", mean=0.5, deviation=0.25)
    model = Classifier(normalise, network_for(config), input_side(config.architecture)).eval()
    device.place(model)
    return model


def our_ways(
    model: Classifier, images: torch.Tensor, targets: torch.Tensor, options: dict
) -> dict[str, Way]:
    mine = {
        "saliency": {},
        "smoothgrad": {name: options[name] for name in ("samples", "noise")},
        "integrated_gradients": {"steps": options["steps"]},
        "gradcam": {},
        "guided_backprop": {},
        "guided_gradcam": {},
        "occlusion": {"patch": options["patch"], "stride": options["stride"], "fill": "black"},
    }
    return {
        method: lambda method=method, chosen=chosen: (
            explain(method, model, images, targets=targets, **chosen).maps
        )
        for method, chosen in mine.items()
    }


def captums_ways(
    model: Classifier, images: torch.Tensor, targets: torch.Tensor, options: dict
) -> dict[str, Way]:
    size = at_once(images.device)
    copies, last = max(1, size // len(images)), find(model, LAST)
    ranges = images.amax((1, 2, 3), keepdim=True) - images.amin((1, 2, 3), keepdim=True)
    deviation = options["noise"] * ranges.mean().item()  # it takes one number
    bilinear = {"interpolate_dims": images.shape[-2:], "interpolate_mode": "bilinear"}

    def smoothgrad() -> torch.Tensor:
        tunnel = attr.NoiseTunnel(attr.Saliency(model))
        chosen = {"nt_samples": options["samples"], "nt_samples_batch_size": copies}
        return tunnel.attribute(images, target=targets, abs=False, stdevs=deviation, **chosen).abs()

    def integrated_gradients() -> torch.Tensor:
        return attr.IntegratedGradients(model).attribute(
            images, target=targets, n_steps=options["steps"], internal_batch_size=size
        )

    def gradcam() -> torch.Tensor:
        coarse = attr.LayerGradCam(model, last).attribute(
            images, target=targets, relu_attributions=True
        )
        return attr.LayerAttribution.interpolate(coarse, **bilinear)

    def occlusion() -> torch.Tensor:
        return attr.Occlusion(model).attribute(
            images,
            (1, options["patch"], options["patch"]),
            strides=(1, options["stride"], options["stride"]),
            target=targets,
            perturbations_per_eval=copies,
        )

    ways = {
        "saliency": lambda: attr.Saliency(model).attribute(images, target=targets),
        "smoothgrad": smoothgrad,
        "integrated_gradients": integrated_gradients,
        "gradcam": gradcam,
        "guided_backprop": lambda: attr.GuidedBackprop(model).attribute(images, target=targets),
        "guided_gradcam": lambda: attr.GuidedGradCam(model, last).attribute(
            images, target=targets, interpolate_mode="bilinear"
        ),
        "occlusion": occlusion,
    }
    return {
        method: lambda way=way: way().detach().cpu().numpy()[:, 0] for method, way in ways.items()
    }


def grad_cams_ways(
    model: Classifier, images: torch.Tensor, targets: torch.Tensor
) -> dict[str, Way]:
    model = copy.deepcopy(model)  # it puts its own ReLUs in place of the model's
    wanted = [ClassifierOutputTarget(int(target)) for target in targets]

    def gradcam() -> np.ndarray:
        with GradCAM(model, [find(model, LAST)]) as cam:
            return cam(images, wanted)

    def guided_backprop() -> np.ndarray:
        guided = GuidedBackpropReLUModel(model, images.device)
        pairs = zip(images.split(1), targets.tolist(), strict=True)  # it takes one at a time
        return np.stack([guided(image.clone(), target)[..., 0] for image, target in pairs])

    return {"gradcam": gradcam, "guided_backprop": guided_backprop}


def agreement(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    """Return the correlation of two sets of maps by image, leaving out maps of one value."""
    pairs = [(a.ravel(), b.ravel()) for a, b in zip(ours, theirs, strict=True)]
    found = [float(np.corrcoef(a, b)[0, 1]) for a, b in pairs if a.std() > 0 and b.std() > 0]
    return spread(found) if found else {}


def measure(method: str, ways: dict[str, Way], count: int, rounds: int) -> dict:
    maps = {name: way() for name, way in ways.items()}  # to warm up, too
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            speeds[name].append(count / (time.perf_counter() - started))
        print(f"{method} round {number + 1}/{rounds}", file=sys.stderr)
    others = [name for name in ways if name != "ours"]
    ratios = {
        name: [a / b for a, b in zip(speeds["ours"], speeds[name], strict=True)] for name in others
    }
    return {
        "images_per_second": {name: spread(values) for name, values in speeds.items()},
        "ratio": {name: spread(values)["median"] for name, values in ratios.items()},
        "ratio_spread": {name: spread(values) for name, values in ratios.items()},
        "agreement": {name: agreement(maps["ours"], maps[name]) for name in others},
    }


def _text(values: dict[str, float] | None, form: str) -> str:
    if not values:
        return ""
    return f"{values['median']:{form}} ({values['min']:{form}} to {values['max']:{form}})"


def _rows(results: dict) -> Iterable[tuple[str, ...]]:
    for method, result in results.items():
        for way, speed in result["images_per_second"].items():
            ratio = result["ratio_spread"].get(way)
            alike = result["agreement"].get(way)
            yield method, way, _text(speed, ",.1f"), _text(ratio, ".2f"), _text(alike, ".3f")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="fast", help="a network with ReLUs and convolutions")
    parser.add_argument("--images", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--smoke", action="store_true", help="tiny: does it run?")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)  # theirs, about hooks and gradients that they set
    count, rounds = (2, 1) if arguments.smoke else (arguments.images, arguments.rounds)
    device = choose_device(arguments.device, precision="float32")
    model = model_on(arguments.preset, device)
    faces = synthesise(max(2 * count, 70)).splits["train"]
    images = torch.from_numpy(faces.images[:count, None] / np.float32(255))
    images = images.to(device.torch_device)
    targets = torch.from_numpy(faces.labels[:count].astype(np.int64)).to(device.torch_device)
    options = SMOKE if arguments.smoke else OPTIONS
    ours = our_ways(model, images, targets, options)
    captum = captums_ways(model, images, targets, options)
    grad_cam = grad_cams_ways(model, images, targets)
    results = {}
    for method, way in ours.items():
        ways = {"ours": way, "captum": captum[method]}
        if method in grad_cam:
            ways["grad-cam"] = grad_cam[method]
        results[method] = measure(method, ways, count, rounds)
    table = Table(
        "method", "way", "images/s (median, min to max)", "ours is faster by", "agreement"
    )
    for row in _rows(results):
        table.add_row(*row)
    where = machine() | {"torch": torch.__version__} | dataclasses.asdict(device)
    where = {key: str(value) for key, value in where.items()}
    where |= {"preset": arguments.preset, "images": str(count), "rounds": str(rounds)}
    report({"methods": results, "machine": where}, table, as_json=arguments.json, note=str(where))


if __name__ == "__main__":
    main()
