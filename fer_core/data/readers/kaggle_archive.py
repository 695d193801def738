"""The Kaggle archive: ``train/<class>/Training_<id>.jpg`` and ``test/<class>/PublicTest_...``.

The prefix of a file's name gives the official split, the folder's name the class. Images are in
the order of their paths. Folders around it all are taken off the names.
"""

import re
from collections import Counter
from pathlib import PurePosixPath

from fer_core.data.classes import LEFT_OUT, Classes, UnknownClassError
from fer_core.data.readers import (
    SPLITS_BY_FOLDERS,
    SPLITS_BY_NAMES,
    Progress,
    Read,
    Reader,
    ReadOptions,
)
from fer_core.data.readers.decoding import PICTURE_SUFFIXES, Picture, left_out, read_pictures
from fer_core.data.readers.split_names import split_named, split_of_prefix
from fer_core.data.sources import Source, refused
from fer_core.records import TEST, TRAIN, VALIDATION

FORM = "kaggle-archive"
_LAYOUT = "train/<class>/Training_<id>.jpg and test/<class>/{PublicTest,PrivateTest}_<id>.jpg"
_FOLDERS = {TRAIN: "train", VALIDATION: "test", TEST: "test"}
_MEMBER = re.compile(
    r"(?P<top>.+/)?(?P<folder>train|test)/(?P<class>[^/]+)/(?P<file>[A-Za-z]+_[^/]+)"
)


def recognises(source: Source, options: ReadOptions) -> bool:
    """Say whether members are named as the archive names its images.

    A folder that is a split of its own, as ``validation``, makes it another form.
    """
    if options.splits == SPLITS_BY_FOLDERS:
        return False
    return bool(_tops(source)) and not any(
        split_named(folder) == VALIDATION
        for member in source.members
        for folder in member.split("/")[-3:-2]
    )


def _tops(source: Source) -> set[str]:
    """Return the folders around train and test."""
    matches = (_MEMBER.fullmatch(member) for member in source.members)
    return {match["top"] or "" for match in matches if match and split_of_prefix(match["file"])}


def read(source: Source, options: ReadOptions, progress: Progress) -> Read:
    """Decode all images; every member is checked by its name before the first is decoded."""
    classes = Classes.parse(options.classes)
    tops = sorted(_tops(source))
    if len(tops) > 1:
        first, second = (repr(top or "./") for top in tops[:2])
        reason = f"two data sets, in {first} and {second}; import one of them"
        raise refused(source, reason)
    (top,) = tops
    # A read-me beside the images may be there, below train and test nothing else.
    images_only = f"{top}train/", f"{top}test/"
    found: list[Picture] = []
    dropped: Counter[str] = Counter()
    for member in source.members:
        suffix = PurePosixPath(member).suffix.lower()
        if member.startswith(images_only) or suffix in PICTURE_SUFFIXES:
            class_name, picture = _picture(source, member, top, classes, options)
            if picture.label == LEFT_OUT:
                dropped[class_name] += 1
            else:
                found.append(picture)
    return read_pictures(FORM, source, found, progress, left_out(dropped))


def _picture(
    source: Source, member: str, top: str, classes: Classes, options: ReadOptions
) -> tuple[str, Picture]:
    """Return the class's folder, and the image."""
    match = _MEMBER.fullmatch(member)
    split = match and split_of_prefix(match["file"])
    if not match or not split or not member.startswith(top):
        raise refused(source, f"does not fit {_LAYOUT}; rename it or take it out", member)
    if match["folder"] != _FOLDERS[split] and options.splits != SPLITS_BY_NAMES:
        prefix = match["file"].partition("_")[0]
        reason = f"a {prefix} image in {match['folder']}/"
        which = "add --splits names to believe the names, --splits folders the folders"
        raise refused(source, f"{reason}; {which}", member)
    try:
        label = classes.index(match["class"])
    except UnknownClassError as error:
        raise refused(source, str(error), member) from None
    return match["class"], Picture(member, member.removeprefix(top), split, label)


READER = Reader("the Kaggle archive (train/<class>/Training_<id>.jpg)", recognises, read)
