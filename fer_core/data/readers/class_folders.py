"""One folder a class: ``<class>/*`` (all of it train), or ``<split>/<class>/*``.

The pictures are of any size, grey or colour, JPEG, PNG, WebP or BMP. Images are in the order of
their paths. Folders around it all are taken off the names.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

from fer_core.data.classes import LEFT_OUT, Classes, UnknownClassError
from fer_core.data.readers import (
    SPLITS_BY_FOLDERS,
    SPLITS_BY_NAMES,
    Progress,
    Read,
    Reader,
    ReadOptions,
    kaggle_archive,
)
from fer_core.data.readers.decoding import PICTURE_SUFFIXES, Picture, left_out, read_pictures
from fer_core.data.readers.split_names import split_named, split_of_prefix
from fer_core.data.sources import Source, quoted, refused
from fer_core.records import TRAIN

FORM = "class-folders"


class _Place(NamedTuple):
    """Where a member lies: top/split_folder/class_name/file; both first may be empty."""

    member: str
    top: str
    split_folder: str
    class_name: str
    file: str


def recognises(source: Source, options: ReadOptions) -> bool:
    """Say whether a folder that is named as a class holds a picture."""
    if kaggle_archive.recognises(source, options):
        return False
    classes = Classes.parse(options.classes)
    return any(_is_picture(place.file) and classes.knows(place.class_name) for place in _in(source))


def folders_of_pictures(source: Source) -> tuple[str, ...]:
    """Return the names of the folders that hold pictures, to say why none is a class."""
    return tuple(sorted({place.class_name for place in _in(source) if _is_picture(place.file)}))


def read(source: Source, options: ReadOptions, progress: Progress) -> Read:
    """Decode all pictures; every member is checked by its path before the first is decoded."""
    classes = Classes.parse(options.classes)
    # Read-mes and scripts may lie beside the folders, nothing but pictures in them.
    places = [
        place for place in _in(source) if classes.knows(place.class_name) or _is_picture(place.file)
    ]
    _check_top(source, places)
    _check_split_folders(source, places)
    found: list[Picture] = []
    dropped: Counter[str] = Counter()
    for place in places:
        try:
            label = classes.index(place.class_name)
        except UnknownClassError as error:
            raise refused(source, str(error), place.member) from None
        if label == LEFT_OUT:
            dropped[place.class_name] += 1
            continue
        name = place.member.removeprefix(f"{place.top}/" if place.top else "")
        found.append(Picture(place.member, name, _split(source, place, options), label))
    return read_pictures(FORM, source, found, progress, left_out(dropped))


def _in(source: Source) -> Iterable[_Place]:
    """Yield the members that lie in a folder."""
    for member in source.members:
        *around, file = member.split("/")
        if not around:
            continue
        class_name = around.pop()
        split_folder = around.pop() if around and split_named(around[-1]) else ""
        yield _Place(member, "/".join(around), split_folder, class_name, file)


def _is_picture(file: str) -> bool:
    return PurePosixPath(file).suffix.lower() in PICTURE_SUFFIXES


def _check_top(source: Source, places: list[_Place]) -> None:
    tops = sorted({place.top for place in places})
    if len(tops) > 1:
        first, second = (f"'{quoted(top or '.', 60)}/'" for top in tops[:2])
        wanted = "import one of them, or name the folders around classes train, validation, test"
        raise refused(source, f"folders of classes in {first} and {second}; {wanted}")


def _check_split_folders(source: Source, places: list[_Place]) -> None:
    by_split: dict[str, str] = {}
    for place in places:
        split = split_named(place.split_folder)
        folder = by_split.setdefault(split, place.split_folder)
        if folder != place.split_folder:
            reason = f"'{folder}' and '{place.split_folder}' are both {split}"
            raise refused(source, f"{reason}; put them into one folder", place.member)
    if "" in by_split and len(by_split) > 1:
        reason = "some folders of classes lie in a folder for a split and some do not"
        example = next(place.member for place in places if not place.split_folder)
        raise refused(source, f"{reason}; put all into train, validation or test", example)


def _split(source: Source, place: _Place, options: ReadOptions) -> str:
    by_folder = split_named(place.split_folder) or TRAIN
    by_name = split_of_prefix(place.file)
    if options.splits == SPLITS_BY_FOLDERS:
        return by_folder
    if options.splits == SPLITS_BY_NAMES and not by_name:
        prefixes = "Training_, PublicTest_ or PrivateTest_"
        reason = f"its name does not begin with {prefixes}"
        raise refused(source, f"{reason}; rename it, or use --splits folders", place.member)
    if options.splits == SPLITS_BY_NAMES or by_name in ("", by_folder):
        return by_name or by_folder
    lies = f"in {place.split_folder}/" if place.split_folder else "in no folder for a split"
    which = "add --splits names to believe the names, --splits folders the folders"
    raise refused(source, f"its name says {by_name}, it lies {lies}; {which}", place.member)


READER = Reader("pictures in <class>/ or <split>/<class>/", recognises, read)
