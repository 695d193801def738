"""What the tests of the microscope ask for and look at."""

from typing import Any

import torch
from torch.nn import functional

from fer_core.loading import LoadedModel, load_model
from fer_core.microscope import (
    Outcome,
    Study,
    carry_out,
    plan_filters,
)
from fer_core.records import (
    ADVERSARIAL,
    CLASS_IMAGES,
    DREAM,
    FILTER_ACTIVATIONS,
    FILTER_SIMILARITY,
    FILTERS,
    KERNELS,
    LAYER_OUTPUTS,
    ROBUSTNESS,
    TOP_IMAGES,
    DatasetArrays,
    TensorRecord,
)
from fer_core.store import RunStore

KINDS = (
    *(FILTERS, FILTER_ACTIVATIONS, KERNELS, TOP_IMAGES, FILTER_SIMILARITY, CLASS_IMAGES),
    *(LAYER_OUTPUTS, ADVERSARIAL, ROBUSTNESS, DREAM),
)
SHORT: dict[str, Any] = {"steps": 4, "record_every": 2}


def study(store: RunStore, run: str = "first", **options: Any) -> Study:
    return Study(store, run, device="cpu", **options)


def ascended(store: RunStore, run: str = "first", **options: Any) -> Outcome:
    """Filters without class images, unless they are asked for."""
    of = {name: options.pop(name) for name in ("weights", "force") if name in options}
    planned = plan_filters(study(store, run, **of), **{**SHORT, "classes": "none", **options})
    return carry_out(planned)


def all_keys(store: RunStore, run: str = "first") -> list[Any]:
    return [key for kind in KINDS for key in store.tensor_keys(run, kind)]


def one(store: RunStore, kind: str, run: str = "first", **key: str) -> TensorRecord:
    (record,) = store.tensors(run, kind, **key)
    return record


def model_of(store: RunStore, run: str = "first", weights: str = "best") -> LoadedModel:
    loaded = load_model(store, store.run(run), weights, "cpu")
    loaded.model.eval()
    return loaded


def pixels(faces: DatasetArrays, split: str) -> torch.Tensor:
    return torch.tensor(faces.splits[split].images, dtype=torch.float32)[:, None] / 255


@torch.no_grad()
def responses(loaded: LoadedModel, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The convolution's output and what follows its batch norm, written out."""
    model = loaded.model
    convolution, norm = list(model.network.children())[:2]
    assert isinstance(convolution, torch.nn.Conv2d)
    assert isinstance(norm, torch.nn.BatchNorm2d)
    mean, deviation = model.normalise.constants(images)
    own = convolution((images - mean) / deviation)
    shape = (1, -1, 1, 1)
    centred = (own - norm.running_mean.view(shape)) / (norm.running_var.view(shape) + norm.eps) ** (
        1 / 2
    )
    return own, functional.relu(centred * norm.weight.view(shape) + norm.bias.view(shape))
