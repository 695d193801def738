"""What each filter of a layer wants to see: gradient ascent for all of them at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.explain.ascent_styles import STYLES, climb
from fer_core.explain.checks import check_seed, check_start, check_steps
from fer_core.explain.layers import find, resolve
from fer_core.explain.options import one_of
from fer_core.explain.reaching import Reach, Reached
from fer_core.explain.seen import Seen
from fer_core.explain.untouched import untouched
from fer_core.records import IMAGE_SIZE

ALL, NOISE = "all", "noise"
# Filters in one batch. More is no faster on a CPU, and a network's activations must fit a memory;
# a GPU is bound by launches and has more of it.
_AT_ONCE = {"cpu": 64, "cuda": 256}


def at_once(device: str) -> int:
    """Return how many filters climb in one batch on a type of device."""
    return _AT_ONCE.get(device, _AT_ONCE["cpu"])


def check_ascent(*, style: str, steps: int, record_every: int, seed: int) -> None:
    """Raise InputError for what no ascent can be made with."""
    check_steps(steps)
    check_seed(seed)
    if not 1 <= record_every <= steps or steps % record_every:
        raise InputError(
            f"record_every is {record_every}, which does not divide {steps} steps; use "
            f"{_divisor_near(steps, record_every)}"
        )
    one_of("style", style, STYLES)


@dataclass(frozen=True, eq=False)
class Ascent:
    """Images that climbed, for F filters at S recorded steps, the start first.

    images: (F, S, 48, 48) float32, ``plain`` unclipped around 0..1, ``natural`` in [0, 1];
    activations: (F, S) float32, the spatial mean of the activation that follows the layer, for
    these images; dead: (F,) bool, no activation at any recorded step; layer: its full name;
    filters: (F,) int64; steps: (S,) int64.
    """

    images: np.ndarray
    activations: np.ndarray
    dead: np.ndarray
    layer: str
    filters: np.ndarray
    steps: np.ndarray


def ascend(
    model: nn.Module,
    layer: str,
    *,
    filters: str | Sequence[int] = ALL,
    start: str | torch.Tensor | np.ndarray = NOISE,
    steps: int = 200,
    record_every: int = 10,
    style: str = "plain",
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Ascent:
    """Change an image for each filter of a layer so that the filter responds more.

    layer: as `layers.resolve` takes it; a dense layer's units are its filters. filters: ``all``
    or indices; start: ``noise`` or an image (48, 48) float in [0, 1]; record_every: divides
    steps; style: ``plain`` or ``natural`` (see `ascent_styles.climb`). A filter's random numbers
    depend on the seed and its index alone. The objective is the spatial mean of the activation
    that follows the layer (see `reaching.Reach`), and of what that was computed from only while
    the activation is zero everywhere. `progress` is told (steps done, all steps). The model comes
    back as it was. Raises InputError for wrong input.

    The same call gives the same bytes on a CPU. A filter asked for alone ends at the same image in
    float64; in float32 batches of other sizes round differently, and each step enlarges that.

    Erhan et al. 2009; ``plain`` as the course *Machine Learning* of 2017 has it.
    """
    check_ascent(style=style, steps=steps, record_every=record_every, seed=seed)
    image = None if isinstance(start, str) else check_start(start)
    if isinstance(start, str) and start != NOISE:
        raise InputError(f"start is {start!r}; use {NOISE} or an image")
    with untouched(model):
        reach = Reach(model, layer)
        chosen = indices_of(filters, reach)
        seen = Seen(model, image)
        recorded = range(0, steps + 1, record_every)
        images = np.empty((len(chosen), len(recorded), IMAGE_SIZE, IMAGE_SIZE), np.float32)
        activations = np.empty(images.shape[:2], np.float32)
        silent = np.ones(len(chosen), bool)
        size = at_once(seen.device.type)
        chunks = range(0, len(chosen), size)
        for number, first in enumerate(chunks):
            part = slice(first, first + size)
            response = _Response(reach, seen, chosen[part])
            climbing = climb(
                style,
                response,
                seen,
                draws=[np.random.default_rng([seed, index]) for index in chosen[part]],
                start=image,
                steps=steps,
            )
            for step, now in enumerate(climbing):
                if step % record_every == 0:
                    place = step // record_every
                    images[part, place] = now[:, 0].detach().float().cpu().numpy()
                    mean, zero = response.measure(now)
                    activations[part, place] = mean
                    silent[part] &= zero
                if progress and step:
                    progress(number * steps + step, len(chunks) * steps)
    return Ascent(
        images=images,
        activations=activations,
        dead=silent,
        layer=reach.layer,
        filters=np.array(chosen, np.int64),
        steps=np.array(recorded, np.int64),
    )


def kernels(model: nn.Module, layer: str) -> np.ndarray:
    """Return a convolution's weights as they are: (F, C, k, k) float32."""
    module = find(model, layer)
    if not isinstance(module, nn.Conv2d):
        raise InputError(
            f"layer {resolve(model, layer)!r} is a {type(module).__name__}, which has no kernels; "
            "name a convolution, e.g. conv1"
        )
    return module.weight.detach().float().cpu().numpy().copy()


class _Response:
    """How strongly each image of a batch excites the filter that it belongs to."""

    def __init__(self, reach: Reach, seen: Seen, filters: Sequence[int]) -> None:
        self._reach, self._seen = reach, seen
        self._rows = torch.arange(len(filters), device=seen.device)
        self._filters = torch.tensor(filters, device=seen.device)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return the objective (B,) of images (B, 1, 48, 48)."""
        activation, before = self._own_maps(images)
        zero = (activation == 0).all(dim=(1, 2))
        return torch.where(zero, before.mean((1, 2)), activation.mean((1, 2)))

    @torch.no_grad()
    def measure(self, images: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Return the activations' means (B,) and whether each is zero everywhere (B,)."""
        activation, _ = self._own_maps(images)
        zero = (activation == 0).all(dim=(1, 2))
        return activation.mean((1, 2)).float().cpu().numpy(), zero.cpu().numpy()

    def _own_maps(self, images: torch.Tensor) -> Reached:
        reached = self._reach(self._seen, images)
        return Reached(*(maps[self._rows, self._filters] for maps in reached))


def indices_of(filters: str | Sequence[int], reach: Reach) -> list[int]:
    """Return which filters of a layer are meant; InputError for one that it does not have."""
    if isinstance(filters, str):
        if filters != ALL:
            raise InputError(f"filters is {filters!r}; use {ALL} or a list of indices")
        return list(range(reach.filters))
    if not len(filters):
        raise InputError(f"filters is empty; name some, or use {ALL}")
    for index in filters:
        if not isinstance(index, int | np.integer) or not 0 <= index < reach.filters:
            raise InputError(f"no filter {index} in {reach.layer}; it has 0 to {reach.filters - 1}")
    return [int(index) for index in filters]


def _divisor_near(number: int, wanted: int) -> int:
    divisors = [each for each in range(1, number + 1) if number % each == 0]
    return min(divisors, key=lambda each: abs(each - wanted))
