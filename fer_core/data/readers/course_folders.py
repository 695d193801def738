"""Course, 2019 fall: ``train_img/00000.jpg`` with ``train.csv`` (id,label), ``test_img/``.

The folders' names begin with train and test; the csv is known by its columns, and by its ids:
they are the names of the pictures in the train folder. Images are in the order of their paths;
those of test have no labels. Numbers of classes are the official ones.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath

from fer_core.data.classes import LEFT_OUT, Classes, UnknownClassError
from fer_core.data.readers import Progress, Read, Reader, ReadOptions
from fer_core.data.readers.csv_rows import WrongRowError, headers, rows, shown, wrong_row
from fer_core.data.readers.decoding import PICTURE_SUFFIXES, Picture, left_out, read_pictures
from fer_core.data.readers.split_names import split_at_beginning
from fer_core.data.sources import Source, quoted, refused
from fer_core.records import TEST, TRAIN, UNLABELLED

FORM = "course-folders"
_COLUMNS = ("id", "label")


def recognises(source: Source, _options: ReadOptions) -> bool:
    """Say whether a csv with the columns id,label lies beside a train folder of pictures."""
    return bool(_folders(source).get(TRAIN)) and bool(_tables(source))


def _folders(source: Source) -> dict[str, dict[str, list[str]]]:
    """Return the pictures by split and folder."""
    found: dict[str, dict[str, list[str]]] = {}
    for member in source.members:
        path = PurePosixPath(member)
        split = split_at_beginning(path.parent.name)
        if split and path.suffix.lower() in PICTURE_SUFFIXES:
            found.setdefault(split, {}).setdefault(str(path.parent), []).append(member)
    return found


def _tables(source: Source) -> list[str]:
    tables = headers(source, without=PICTURE_SUFFIXES)
    return [member for member, header in tables.items() if sorted(header) == sorted(_COLUMNS)]


def read(source: Source, options: ReadOptions, progress: Progress) -> Read:
    """Decode all pictures; ids and paths are checked before the first is decoded."""
    folders = _folders(source)
    for split, by_folder in folders.items():
        if split not in (TRAIN, TEST) or len(by_folder) > 1:
            names = "', '".join(map(quoted, by_folder))
            reason = f"pictures in '{names}'; this form has one folder train_img and one test_img"
            raise refused(source, reason)
    _check_strays(source, folders)
    classes = Classes.parse(options.classes).with_official_numbers()
    (train,) = folders[TRAIN].values()
    by_id = _by_id(source, train)
    labels, dropped = _labels(source, by_id, classes)
    found = [
        Picture(member, _name(member), TRAIN, labels[member])
        for member in train
        if labels[member] != LEFT_OUT
    ]
    for members in folders.get(TEST, {}).values():
        found += [Picture(member, _name(member), TEST, UNLABELLED) for member in members]
    return read_pictures(FORM, source, found, progress, left_out(dropped))


def _name(member: str) -> str:
    return "/".join(member.split("/")[-2:])


def _check_strays(source: Source, folders: Mapping[str, Mapping[str, list[str]]]) -> None:
    known = {folder for by_folder in folders.values() for folder in by_folder}
    for member in source.members:
        path = PurePosixPath(member)
        if path.suffix.lower() in PICTURE_SUFFIXES and str(path.parent) not in known:
            raise refused(source, "lies neither in train_img nor in test_img; take it out", member)


def _key(name: str) -> str:
    """Return an id without its suffix and leading zeros: 7, 00007 and 00007.jpg are one."""
    stem = name[: -len(suffix)] if (suffix := _suffix(name)) else name
    return stem.lstrip("0") or "0" if stem.isascii() and stem.isdigit() else stem


def _suffix(name: str) -> str:
    suffix = PurePosixPath(name).suffix
    return suffix if suffix.lower() in PICTURE_SUFFIXES else ""


def _by_id(source: Source, members: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for member in members:
        other = found.setdefault(_key(PurePosixPath(member).name), member)
        if other != member:
            raise refused(source, f"has the same id as '{quoted(other)}'; rename it", member)
    return found


def _labels(
    source: Source, by_id: Mapping[str, str], classes: Classes
) -> tuple[dict[str, int], Counter[str]]:
    """Return each picture's label, from the one csv that names them all and nothing else."""
    tables = _tables(source)
    fitting = [table for table in tables if len(tables) == 1 or _ids(source, table) == set(by_id)]
    if len(fitting) != 1:
        names = "', '".join(map(quoted, fitting or tables))
        which = "each list" if fitting else "do not list"
        raise refused(source, f"'{names}' {which} the train pictures' ids; keep the right one")
    table = fitting[0]
    labels: dict[str, int] = {}
    dropped: Counter[str] = Counter()
    for row in rows(source, table, _COLUMNS):
        key, label = (field.decode("utf-8", "backslashreplace") for field in row.fields)
        try:
            member = by_id.get(_key(key))
            if member is None:
                raise WrongRowError(f"no train picture has the id {shown(row.fields[0])}; add it")
            if member in labels:
                raise WrongRowError(f"id {shown(row.fields[0])} is there twice; correct the row")
            labels[member] = classes.index(label)
        except (WrongRowError, UnknownClassError) as wrong:
            raise wrong_row(source, table, row, str(wrong)) from None
        if labels[member] == LEFT_OUT:
            dropped[label] += 1
    for member in by_id.values():
        if member not in labels:
            raise refused(source, f"no row of '{quoted(table)}' has its id; add it", member)
    return labels, dropped


def _ids(source: Source, table: str) -> set[str]:
    fields = (row.fields[0] for row in rows(source, table, _COLUMNS))
    return {_key(field.decode("utf-8", "backslashreplace")) for field in fields}


READER = Reader("train_img/<id>.jpg with a csv id,label", recognises, read)
