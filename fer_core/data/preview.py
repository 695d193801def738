"""One face under each kind of augmentation at several strengths, as training sees it."""

import numpy as np
import torch

from fer_core.config import AUGMENT_KINDS, RunConfig
from fer_core.data.augment import augment
from fer_core.records import AUGMENTATION, IMAGE_SIZE, TensorRecord

STRENGTHS = (0.5, 1.0, 2.0)  # times a recipe's defaults
DRAWS = 4
SETTINGS = ("rotate", "shift", "zoom", "erase")


def preview(image: np.ndarray, *, sample: str, name: str, seed: int = 0) -> TensorRecord:
    """Augment one image as a batch of training would be, at its stored size.

    image: (48, 48) uint8; sample, name: where it lies and its source name, for the provenance.
    The array is (K, S, D, 48, 48) uint8: kinds (all but ``none``) by strength by draw. Every
    kind and strength gets the same random numbers, so that a column differs in nothing else.
    """
    kinds = [kind for kind, parts in AUGMENT_KINDS.items() if parts]
    recipe = RunConfig(preset="", architecture={}, data="")
    settings = {setting: getattr(recipe, setting) for setting in SETTINGS}
    batch = torch.from_numpy(np.array(image)).expand(DRAWS, 1, *image.shape)
    seen = []
    for kind in kinds:
        for strength in STRENGTHS:
            stronger = {setting: strength * value for setting, value in settings.items()}
            config = recipe.replace(augment=kind, **stronger)
            generator = torch.Generator().manual_seed(seed)
            faces = augment(batch, config, IMAGE_SIZE, generator).squeeze(1)
            seen.append(faces.mul(255).round().to(torch.uint8).numpy())
    shape = (len(kinds), len(STRENGTHS), DRAWS, IMAGE_SIZE, IMAGE_SIZE)
    return TensorRecord(
        kind=AUGMENTATION,
        array=np.stack(seen).reshape(shape),
        sample=sample,
        provenance={
            "name": name,
            "seed": seed,
            "kinds": {kind: list(AUGMENT_KINDS[kind]) for kind in kinds},
            "strengths": list(STRENGTHS),
            "settings": settings,
        },
    )
