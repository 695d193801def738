"""The Kaggle archive: ``train/<class>/Training_<id>.jpg`` and ``test/<class>/PublicTest_...``.

The prefix of a file's name gives the official split, the folder's name the class. Images are in
the order of their paths. One folder around it all is taken off the names.
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
    r"(?P<top>[^/]+/)?(?P<folder>train|test)/(?P<class>[^/]+)/(?P<file>[A-Za-z]+_[^/]+)"
)
_BELOW = re.compile(r"([^/]+/)?(train|test)/.+")


def recognises(source: Source, options: ReadOptions) -> bool:
    """Say whether members are named as the archive names its images.

    A folder that is a split of its own, as ``validation``, makes it another form.
    """
    if options.splits == SPLITS_BY_FOLDERS:
        return False
    matches = (_MEMBER.fullmatch(member) for member in source.members)
    return any(match and split_of_prefix(match["file"]) for match in matches) and not any(
        split_named(folder) not in ("", TRAIN, TEST)
        for member in source.members
        for folder in member.split("/")[:2]
    )


def read(source: Source, options: ReadOptions, progress: Progress) -> Read:
    """Decode all images; every member is checked by its name before the first is decoded."""
    classes = Classes.parse(options.classes)
    found: list[Picture] = []
    dropped: Counter[str] = Counter()
    tops = set()
    for member in source.members:
        # A read-me beside the images may be there, below train and test nothing else.
        if _BELOW.fullmatch(member) or PurePosixPath(member).suffix.lower() in PICTURE_SUFFIXES:
            top, class_name, picture = _picture(source, member, classes, options)
            tops.add(top)
            if picture.label == LEFT_OUT:
                dropped[class_name] += 1
            else:
                found.append(picture)
    if len(tops) > 1:
        first, second = sorted(tops)[:2]
        reason = f"two data sets, in {first or './'!r} and {second!r}; import one of them"
        raise refused(source, reason)
    return read_pictures(FORM, source, found, progress, left_out(dropped))


def _picture(
    source: Source, member: str, classes: Classes, options: ReadOptions
) -> tuple[str, str, Picture]:
    """Return the folder around all, the class's folder, and the image."""
    match = _MEMBER.fullmatch(member)
    split = match and split_of_prefix(match["file"])
    if not match or not split:
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
    top = match["top"] or ""
    return top, match["class"], Picture(member, member.removeprefix(top), split, label)


READER = Reader("the Kaggle archive (train/<class>/Training_<id>.jpg)", recognises, read)
