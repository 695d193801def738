"""The Kaggle archive: ``train/<class>/Training_<id>.jpg`` and ``test/<class>/PublicTest_...``.

The prefix of a file's name gives the official split, the folder's name the class. Images are in
the order of their paths. One folder around it all is taken off the names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from fer_core.data.classes import class_index, known_names
from fer_core.data.pictures import read_face
from fer_core.data.readers import Progress, Reader
from fer_core.data.sources import Source, refused
from fer_core.records import IMAGE_SIZE, TEST, TRAIN, VALIDATION, SplitArrays

_SPLITS = {
    "Training": ("train", TRAIN),
    "PublicTest": ("test", VALIDATION),
    "PrivateTest": ("test", TEST),
}
_FORM = "train/<class>/Training_<id>.jpg and test/<class>/{PublicTest,PrivateTest}_<id>.jpg"
_MEMBER = re.compile(
    r"(?P<top>[^/]+/)?(?P<folder>train|test)/(?P<class>[^/]+)/(?P<prefix>[A-Za-z]+)_[^/]+"
)
_BELOW = re.compile(r"([^/]+/)?(train|test)/.+")
_IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff")
_STEP = 256  # images between two words on progress


@dataclass(frozen=True)
class _Image:
    member: str
    name: str
    split: str
    label: int


def recognises(source: Source) -> bool:
    """Say whether any member is named as the archive names its images."""
    matches = (_MEMBER.fullmatch(member) for member in source.members)
    return any(match and match["prefix"] in _SPLITS for match in matches)


def read(source: Source, progress: Progress) -> Mapping[str, SplitArrays]:
    """Decode all images; every member is checked by its name before the first is decoded."""
    images = [_image(source, member) for member in source.members if _belongs(member)]
    tops = {image.member.removesuffix(image.name) for image in images}
    if len(tops) > 1:
        first, second = sorted(tops)[:2]
        reason = f"two data sets, in {first or './'!r} and {second!r}; import one of them"
        raise refused(source, reason)
    images.sort(key=lambda image: image.name)
    counts = {split: sum(image.split == split for image in images) for _, split in _SPLITS.values()}
    pixels = {
        split: np.empty((count, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
        for split, count in counts.items()
    }
    filled = dict.fromkeys(counts, 0)
    for done, image in enumerate(images, start=1):
        pixels[image.split][filled[image.split]] = read_face(source, image.member)
        filled[image.split] += 1
        if done % _STEP == 0 or done == len(images):
            progress(done, len(images))
    return {
        split: SplitArrays(
            pixels[split],
            np.array([image.label for image in images if image.split == split], np.int8),
            tuple(image.name for image in images if image.split == split),
        )
        for split, count in counts.items()
        if count
    }


def _belongs(member: str) -> bool:
    """Say whether a member must be one of the images; a read-me beside them need not."""
    return bool(_BELOW.fullmatch(member)) or PurePosixPath(member).suffix.lower() in _IMAGES


def _image(source: Source, member: str) -> _Image:
    match = _MEMBER.fullmatch(member)
    if match is None or match["prefix"] not in _SPLITS:
        raise refused(source, f"does not fit {_FORM}; rename it or take it out", member)
    folder, split = _SPLITS[match["prefix"]]
    if match["folder"] != folder:
        reason = f"{match['prefix']} images belong in {folder}/, not in {match['folder']}/"
        raise refused(source, f"{reason}; move it or rename it", member)
    label = class_index(match["class"])
    if label is None:
        reason = f"class {match['class']!r} is unknown; name the folder one of {known_names()}"
        raise refused(source, reason, member)
    return _Image(member, member.removeprefix(match["top"] or ""), split, label)


READER = Reader("kaggle-archive", f"a zip or folder with {_FORM}", recognises, read)
