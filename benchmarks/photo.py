"""Faces in photos: how many are found, how they are framed, and what the crop costs.

Validation faces of a run's data set are enlarged to 72 to 336 pixels and pasted, with a soft
edge, into five photographs without a face that scikit-learn and scikit-image ship, 960 x 640
pixels. Then `fer_core.data.photo` looks for them. Such faces are harder to find than whole heads:
hair and chin are mostly cut off. Accuracies are of the run's best weights, on the faces that were
found: as they are in the data set, and as they come out of the photo.

    FER_STORE=runs/runs.db python benchmarks/photo.py --run fast-1 [--photos 300] [--json]
"""

import argparse
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import skimage.data
from measuring import machine, report
from PIL import Image, ImageFilter
from rich.table import Table
from sklearn.datasets import load_sample_images

from fer_core import predicting
from fer_core.data.photo import BOX_OF_CROP, face_boxes
from fer_core.data.pictures import grey_face
from fer_core.records import VALIDATION
from fer_core.store import RunStore

SIDES = (72, 96, 144, 240, 336)
SIZE = (960, 640)
Box = tuple[int, int, int]  # left, top, side


class Scene(NamedTuple):
    """A photo with the pasted face `index` of the split at `place`."""

    photo: Image.Image
    place: Box
    index: int


def scenes(images: np.ndarray, count: int, seed: int = 0) -> Iterator[Scene]:
    """Paste `count` of the images (N, 48, 48) uint8 into photographs."""
    random = np.random.default_rng(seed)
    pictures = [
        *load_sample_images().images,
        skimage.data.coffee(),
        skimage.data.chelsea(),
        skimage.data.rocket(),
    ]
    grounds = [Image.fromarray(each).convert("L").resize(SIZE) for each in pictures]
    for number, index in enumerate(random.permutation(len(images))[:count]):
        side = int(random.choice(SIDES))
        left, top = (int(random.integers(0, length - side)) for length in SIZE)
        face = Image.fromarray(images[index]).resize((side, side), Image.Resampling.BICUBIC)
        edge = side // 12
        mask = Image.new("L", (side, side))
        mask.paste(255, (edge, edge, side - edge, side - edge))
        photo = grounds[number % len(grounds)].copy()
        photo.paste(face, (left, top), mask.filter(ImageFilter.BoxBlur(edge / 2)))
        yield Scene(photo, (left, top, side), int(index))


def is_found(box: Box, place: Box) -> bool:
    """Say whether a box lies about where the face is: its centre and its side."""
    offsets = [(box[i] + box[2] / 2 - place[i]) / place[2] for i in (0, 1)]
    return all(0.25 < each < 0.75 for each in offsets) and 0.4 < box[2] / place[2] < 1.6


def measure(
    images: np.ndarray, count: int, find: Callable[[Image.Image], list[Box]] = face_boxes
) -> tuple[dict[str, float], list[int], list[np.ndarray]]:
    """Return the numbers, and of each face found its index and the crop of it."""
    indices, crops, frames, strangers, seconds = [], [], [], 0, 0.0
    for scene in scenes(images, count):
        started = time.perf_counter()
        boxes = find(scene.photo)
        seconds += time.perf_counter() - started
        fitting = [box for box in boxes if is_found(box, scene.place)]
        strangers += len(boxes) - len(fitting)
        if fitting:
            left, top, side = fitting[0]
            place = scene.place
            indices.append(scene.index)
            crops.append(grey_face(scene.photo.crop((left, top, left + side, top + side))))
            centre = [
                (each + side / 2 - start) / place[2]
                for each, start in ((left, place[0]), (top, place[1]))
            ]
            frames.append((*centre, side / place[2]))
    x, y, share = np.median(frames, axis=0)
    numbers = {
        "photos": count,
        "found": len(indices) / count,
        "false_finds_a_photo": strangers / count,
        "centre_x": float(x),
        "centre_y": float(y),
        "crop_of_face": float(share),
        "box_of_face": float(share * BOX_OF_CROP),
        "seconds_a_photo": seconds / count,
    }
    return numbers, indices, crops


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True)
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with RunStore.open(read_only=True) as store:
        run = store.run(options.run)
        images = np.array(store.images(run.dataset_fingerprint, VALIDATION))
        labels = store.labels(run.dataset_fingerprint, VALIDATION)
        numbers, indices, crops = measure(images, options.photos)
        for name, pixels in (("as_they_are", images[indices]), ("as_cropped", np.stack(crops))):
            (answer,) = predicting.predict(store, [run], pixels)
            right = answer.probabilities.argmax(axis=1) == labels[indices]
            numbers[f"accuracy_{name}"] = float(right.mean())
    table = Table("what", "value", title=f"faces of {run.dataset} in photos, run {run.name}")
    for name, value in numbers.items():
        table.add_row(name.replace("_", " "), f"{value:.4g}")
    document = {"machine": machine(), "run": run.name, "data": run.dataset, **numbers}
    report(document, table, as_json=options.json)


if __name__ == "__main__":
    main()
