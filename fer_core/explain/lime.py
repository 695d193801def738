"""LIME: a linear model of the score as segments of the image are hidden (Ribeiro et al. 2016).

The algorithm and the constants are those of the package `lime` (lime_image.py, lime_base.py), and
so are the weights, for the same random state, segments and samples: within 1e-7 in float64; in
float32 as far as the model's own rounding goes, about 1e-6. What differs is how they are computed:
all perturbed images by one tensor operation, equal masks once, large batches through a `faster`
copy of the model, one regression for all classes.

The package's feature selection is left out: with its default of 100,000 features it keeps every
segment, in another order.
"""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from fer_core.errors import InputError
from fer_core.explain import lime_segments
from fer_core.explain.folding import faster
from fer_core.explain.maps import Maps
from fer_core.explain.options import whole
from fer_core.explain.subject import Subject
from fer_core.records import CLASS_NAMES

SIGNED = True
OUTPUT = "probability"  # as in the package

_MOST_SAMPLES = 100_000
_KERNEL_WIDTH = 0.25
# Images at once: on a CPU their maps should stay in its caches, a GPU wants all it can get.
_BATCH = {"cpu": 128, "cuda": 1024}


class LocalModel(NamedTuple):
    """The linear models of one image, one a class: score = intercept + sum of the weights of the
    segments that are seen. weights: (7, K), intercept and r2: (7,), all float64."""

    weights: np.ndarray
    intercept: np.ndarray
    r2: np.ndarray


def explain(
    subject: Subject, *, seed: int = 0, samples: int = 1000, segments: str = "grid", grid: int = 8
) -> Maps:
    """Return for each pixel the weight of its segment for the target.

    seed: of the masks, drawn anew for each image as by a fresh `LimeImageExplainer` with this
    random state; samples: masks, the first of which hides nothing; segments, grid: see
    `lime_segments.segment`. Extras: ``segments`` (N, H, W) int16; ``weights`` (N, 7, K) float64, K
    being the most segments of an image, NaN where one has fewer; ``r2`` (N, 7) and ``intercept``
    (N, 7) float64. R2 is weighted like the regression; that of a score that never changes is 1.
    """
    whole("seed", seed, 0, 2**32 - 1)
    whole("samples", samples, 2, _MOST_SAMPLES)
    lime_segments.check(segments, grid)
    scorer = Subject(faster(subject.model), subject.images, subject.targets, subject.output)
    pixels = subject.images[:, 0].cpu()
    images = (pixels.float() if pixels.dtype in (torch.bfloat16, torch.float16) else pixels).numpy()
    found, models = [], []
    for index, image in enumerate(images):
        labels = lime_segments.segment(image, segments, grid)
        masks = draw_masks(seed, samples, int(labels.max()) + 1)
        scores = _scores(scorer, index, labels, lime_segments.hidden(image, labels), masks)
        if not np.isfinite(scores).all():
            raise InputError(
                f"image {index} has scores that are not finite when segments of it are hidden; "
                "check the model's weights"
            )
        found.append(labels)
        models.append(fit(masks, scores))
    return _collect(subject, found, models)


def draw_masks(seed: int, samples: int, count: int) -> np.ndarray:
    """Return (samples, count) bool, what of `count` segments is seen, drawn as the package does."""
    random = np.random.RandomState(seed)
    random.randint(0, high=1000)  # the package draws a seed for its segmentation first
    masks = random.randint(0, 2, samples * count).reshape(samples, count).astype(bool)
    masks[0] = True
    return masks


def fit(masks: np.ndarray, scores: np.ndarray) -> LocalModel:
    """Fit the scores (M, 7) of masks (M, K) bool, the first of which hides nothing.

    A ridge regression (alpha 1), each mask weighted by exp(-d^2 / (2 * 0.25^2)), d being its
    cosine distance from the first.
    """
    distances = 1 - np.sqrt(masks.mean(1))  # cosine distance from a row of ones
    kernel = np.sqrt(np.exp(-(distances**2) / _KERNEL_WIDTH**2))
    # About the unchanged image, so that a score that never changes gives exact zeros.
    changes = scores.astype(np.float64) - scores[0]
    seen = masks.astype(np.float64)
    ridge = Ridge(alpha=1, fit_intercept=True).fit(seen, changes, sample_weight=kernel)
    r2 = r2_score(changes, ridge.predict(seen), sample_weight=kernel, multioutput="raw_values")
    return LocalModel(ridge.coef_, ridge.intercept_ + scores[0], r2)


def _scores(
    scorer: Subject, index: int, labels: np.ndarray, hidden: np.ndarray, masks: np.ndarray
) -> np.ndarray:
    """Return the scores (M, 7) of the image under masks (M, K); equal masks are computed once."""
    _, first, same = np.unique(
        np.packbits(masks, axis=1), axis=0, return_index=True, return_inverse=True
    )
    image = scorer.images[index, 0]
    device = image.device
    replaced = torch.from_numpy(hidden).to(image)
    places = torch.from_numpy(labels).to(device, torch.int64)
    batches = []
    with torch.no_grad():
        for batch in torch.from_numpy(masks[first]).to(device).split(_BATCH.get(device.type, 128)):
            changed = torch.where(batch[:, places], image, replaced)[:, None]
            of = torch.full((len(batch),), index, device=device)
            batches.append(scorer.scores(changed, of))
    return torch.cat(batches).double().cpu().numpy()[same.reshape(-1)]


def _collect(subject: Subject, segments: list[np.ndarray], models: list[LocalModel]) -> Maps:
    most = max(model.weights.shape[1] for model in models)
    weights = np.full((len(models), len(CLASS_NAMES), most), np.nan)
    maps = np.zeros((len(models), *segments[0].shape))
    classes = subject.targets.tolist()
    for index, (labels, model, target) in enumerate(zip(segments, models, classes, strict=True)):
        weights[index, :, : model.weights.shape[1]] = model.weights
        maps[index] = model.weights[target][labels]
    extras = {
        "segments": np.stack(segments),
        "weights": weights,
        "r2": np.stack([model.r2 for model in models]),
        "intercept": np.stack([model.intercept for model in models]),
    }
    return Maps(
        torch.from_numpy(maps), {name: torch.from_numpy(each) for name, each in extras.items()}
    )
