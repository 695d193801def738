"""Synthetic faces: a labelled data set for whoever has none, drawn from a seed.

Seven expressions are distributions of facial actions that overlap, as real ones do: a weak
expression looks neutral, fear has the eyes of surprise and often its mouth.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from fer_core.data.audit import audited
from fer_core.data.faces import Faces, draw
from fer_core.errors import InputError
from fer_core.records import IMAGE_SIZE, TEST, TRAIN, VALIDATION, DatasetArrays, SplitArrays

LEAST, MOST = 70, 100_000
SHARES = (0.14, 0.10, 0.14, 0.20, 0.14, 0.12, 0.16)  # of the classes, in the official order
CHUNK = 64  # faces drawn at once: their arrays fit a core's cache

# For each action: its mean in a neutral face, its spread in every class, how far a class moves it.
#                          mean   spread   Angry  Disgust   Fear  Happy    Sad  Surprise
ACTIONS: dict[str, tuple[float, float, tuple[float, ...]]] = {
    "brow_inner": (0.000, 0.020, (-0.085, -0.060, 0.085, 0.010, 0.085, 0.110)),
    "brow_outer": (0.000, 0.020, (0.030, -0.020, 0.015, 0.010, -0.060, 0.100)),
    "furrow": (0.100, 0.120, (0.850, 0.500, 0.550, 0.000, 0.450, 0.000)),
    "eye_open": (0.070, 0.012, (0.000, -0.028, 0.038, -0.020, -0.022, 0.050)),
    "lower_lid": (0.150, 0.120, (0.350, 0.450, 0.100, 0.450, 0.150, -0.100)),
    "cheek": (0.080, 0.100, (0.000, 0.350, 0.000, 0.800, 0.000, 0.000)),
    "nose_wrinkle": (0.000, 0.080, (0.250, 0.900, 0.000, 0.050, 0.000, 0.000)),
    "mouth_curve": (0.000, 0.020, (-0.030, -0.050, -0.020, 0.125, -0.085, 0.000)),
    "mouth_width": (0.290, 0.022, (0.000, -0.010, 0.050, 0.100, -0.020, -0.070)),
    "mouth_open": (-0.005, 0.012, (0.075, 0.060, 0.090, 0.095, 0.050, 0.190)),
    "teeth": (0.000, 0.080, (0.700, 0.500, 0.350, 0.900, 0.100, 0.150)),
    "lip_raise": (0.000, 0.080, (0.250, 0.900, 0.000, 0.200, 0.000, 0.000)),
    "skew": (0.000, 0.012, (0.000, 0.000, 0.000, 0.000, 0.000, 0.000)),
}
OPEN_MOUTHS = (0.45, 0.35, 0.75, 0.7, 0.1, 0.85, 0.1)  # how often, by class
_OPENS = ("mouth_open", "teeth")
_AT_LEAST_0 = ("furrow", "cheek", "nose_wrinkle", "mouth_open", "teeth", "lip_raise", "lower_lid")

# Uniform ranges of what has nothing to do with the expression.
PERSON_AND_SCENE: dict[str, tuple[float, float]] = {
    "head_width": (0.68, 0.84),
    "jaw": (0.08, 0.28),
    "eye_distance": (0.29, 0.36),
    "eye_size": (0.85, 1.15),
    "brow_thickness": (0.020, 0.050),
    "nose_length": (0.20, 0.30),
    "nose_width": (0.12, 0.18),
    "lips": (0.035, 0.075),
    "skin": (0.45, 0.98),
    "hairline": (-0.80, -0.50),
    "parting": (-0.25, 0.25),
    "scale": (24.0, 30.0),
    "shift_x": (-2.5, 2.5),
    "shift_y": (-4.0, 1.5),
    "gaze": (-0.035, 0.035),
    "light_x": (-0.55, 0.55),
    "light_y": (-0.45, 0.25),
    "light": (0.28, 0.55),
    "hand_x": (-0.5, 0.5),
    "hand_y": (0.55, 0.95),
    "background": (0.08, 0.92),
    "background_x": (-0.2, 0.2),
    "background_y": (-0.2, 0.2),
}


def synthesise(
    count: int = 6000, *, seed: int = 0, progress: Callable[[int, int], None] | None = None
) -> DatasetArrays:
    """Draw a data set of `count` faces (70 to 100,000), stratified 80/10/10 by class.

    The same count and seed give the same arrays. Splits are shuffled; names count all images:
    ``synthetic-000123``. `progress` is told (done, total), first of drawing, then of the audit.
    Raises InputError for other counts.
    """
    if not LEAST <= count <= MOST:
        raise InputError(f"--n is {count}; use a whole number from {LEAST} to {MOST:,}")
    splits = _labels(count, np.random.default_rng([seed, count]))
    labels = np.concatenate(list(splits.values()))
    images = np.empty((count, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    regions = np.empty_like(images)

    def fill(start: int) -> None:
        part = slice(start, start + CHUNK)
        # A generator for each chunk: the result does not depend on the number of threads.
        random = np.random.default_rng([seed, count, start])
        drawn, regions[part] = draw(sample_faces(labels[part], random))
        images[part] = _photograph(drawn, random)

    starts = range(0, count, CHUNK)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(fill, starts), start=1):
            if progress:
                progress(min(done * CHUNK, count), count)

    arrays, first = {}, 0
    for name, of_split in splits.items():
        part = slice(first, first + len(of_split))
        names = tuple(f"synthetic-{index:06d}" for index in range(part.start, part.stop))
        arrays[name] = SplitArrays(images[part], of_split, names, regions[part])
        first = part.stop
    return audited("synthetic", arrays, synthetic=True, progress=progress)


def _labels(count: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Return shuffled int8 labels by split: every class in every split, `count` in all."""
    ends = np.rint(np.cumsum(SHARES) * count).astype(int)
    classes = np.diff(ends, prepend=0)
    tenth = np.maximum(np.rint(classes / 10).astype(int), 1)
    counts = {TRAIN: classes - 2 * tenth, VALIDATION: tenth, TEST: tenth}
    return {
        split: random.permutation(np.repeat(np.arange(7, dtype=np.int8), numbers))
        for split, numbers in counts.items()
    }


def sample_faces(labels: np.ndarray, random: np.random.Generator) -> Faces:
    """Draw the parameters of faces with these expressions; labels: (n,) int8 in 0..6."""
    count = len(labels)
    # Some expressions are weak: those overlap with Neutral and with one another.
    strength = random.beta(2.8, 1.5, count)
    opens = random.random(count) < np.array(OPEN_MOUTHS)[labels]
    values = {}
    for name, (mean, spread, moves) in ACTIONS.items():
        move = np.array([*moves, 0.0])[labels]
        if name in _OPENS:
            move = move * opens
        value = mean + strength * move + spread * random.standard_normal(count)
        values[name] = np.maximum(value, 0) if name in _AT_LEAST_0 else value
    values["eye_open"] = np.maximum(values["eye_open"], 0.008)
    for name, (low, high) in PERSON_AND_SCENE.items():
        values[name] = random.uniform(low, high, count)
    values["roll"] = random.normal(0, 0.09, count)
    values["yaw"] = random.normal(0, 0.10, count).clip(-0.25, 0.25)
    values["pitch"] = random.normal(0, 0.05, count)
    values["hair"] = random.beta(1.2, 3, count) * 0.8 * values["skin"]
    values["brow_tone"] = 0.06 + 0.5 * values["hair"]
    values["hair_sides"] = random.choice([0.62, 0.68, 3.0], count)
    values["beard"] = random.choice([0, 0, 0, 0.25, 0.45], count)
    values["glasses"] = random.random(count) < 0.12
    values["hand"] = random.random(count) < 0.06
    values["hand_angle"] = random.normal(-np.pi / 2, 0.5, count)
    return Faces(**{k: np.asarray(v, np.float32)[:, None, None] for k, v in values.items()})


def _photograph(drawn: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Blur, expose and add noise; (n, 48, 48) float32 greys to uint8."""
    n = len(drawn)

    def each(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, (n, 1, 1)).astype(np.float32)

    blur = each(0.0, 0.22)
    for axis in (1, 2):
        drawn += blur * (np.roll(drawn, 1, axis) + np.roll(drawn, -1, axis) - 2 * drawn)
    drawn *= each(0.8, 1.15)
    drawn += each(-0.06, 0.08)
    drawn += random.standard_normal(drawn.shape, dtype=np.float32) * each(0.0, 0.03)
    return (drawn * 255).clip(0, 255).astype(np.uint8)
