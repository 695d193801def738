"""Where data lie: one file, a folder or a zip, seen alike as members with names and bytes.

Everything that an unknown file may try is refused here: names that lead out of the folder,
links, devices, encrypted or damaged members, declared sizes beyond reason. Every refusal is an
InputError of one line that names the file, the member, the reason and the next step.
"""

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Protocol

from fer_core.errors import InputError

MOST_MEMBERS = 1_000_000
_LONGEST_NAME = 400


class Source(Protocol):
    """Files that belong together.

    path: what the person named; members: the files' names, sorted, with ``/`` between folders;
    what operating systems leave behind (``.DS_Store``, ``__MACOSX``) is not among them.
    """

    path: Path
    members: tuple[str, ...]

    def open(self, member: str) -> BinaryIO:
        """Open a member for reading from its beginning, once."""

    def read(self, member: str, limit: int) -> bytes:
        """Return a member's bytes; more than `limit` are refused before they are read."""

    def head(self, member: str, count: int) -> bytes:
        """Return a member's first bytes."""

    def size(self, member: str) -> int:
        """Return a member's size in bytes, unpacked."""

    def state(self) -> bytes:
        """Return what changes when a file changes: a digest of sizes and times of change."""

    def close(self) -> None:
        """Close what is open."""


def quoted(text: object, most: int = 160) -> str:
    """Return a name for an error's line: without line breaks or control characters, not long."""
    text = str(text)
    shown = text if text.isprintable() else ascii(text)[1:-1]
    return shown if len(shown) <= most else f"{shown[: most // 2]}...{shown[-most // 2 :]}"


def refused(source: Source | Path, reason: str, member: str = "") -> InputError:
    """Return the error that refuses a source, or a member of it."""
    path = source if isinstance(source, Path) else source.path
    if member and not isinstance(source, SingleFile):  # which is its own only member
        return InputError(f"{quoted(path)}: {quoted(member)}: {reason}")
    return InputError(f"{quoted(path)}: {reason}")


def checked_name(path: Path, name: str) -> str:
    """Return a member's name if it stays inside its source and can be shown and stored."""
    parts = name.split("/")
    if name.startswith("/") or (len(name) > 1 and name[1] == ":"):
        reason = "an absolute path"
    elif ".." in parts:
        reason = "'..' leads out of the folder"
    elif "\\" in name:
        reason = "a backslash in the name; pack it again with / between folders"
    elif not name.isprintable():
        reason = "control characters, or bytes that are not UTF-8, in the name; rename it"
    elif len(name) > _LONGEST_NAME:
        reason = f"the name is {len(name)} characters long; shorten it"
    else:
        return name
    if "; " not in reason:
        reason += "; get the file from where it was published, or pack it again"
    raise refused(path, reason, name)


def is_left_behind(name: str) -> bool:
    """Say whether a file is one that operating systems leave behind, or has no name at all."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    hidden = any(part.startswith(".") for part in parts)
    return (
        not parts
        or hidden
        or "__MACOSX" in parts
        or parts[-1].lower() in ("thumbs.db", "desktop.ini")
    )


def state_of(files: Iterable[Path]) -> bytes:
    """Return a digest of sizes and times of change, for `Source.state`."""
    digest = hashlib.blake2b()
    for file in files:
        found = file.stat()
        digest.update(f"{found.st_ino} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.digest()


def reason_of(error: Exception) -> str:
    """Return an error's reason as a part of one line."""
    text = getattr(error, "strerror", None) or " ".join(str(error).split())
    return quoted(text or type(error).__name__)


class _Files:
    """Members that are files of the operating system."""

    path: Path
    members: tuple[str, ...]

    def _place(self, member: str) -> Path:
        return self.path / member

    def open(self, member: str) -> BinaryIO:
        try:
            return self._place(member).open("rb")
        except OSError as error:
            reason = f"cannot be read: {reason_of(error)}; check its permissions"
            raise refused(self, reason, member) from None

    def read(self, member: str, limit: int) -> bytes:
        with self.open(member) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise refused(self, f"more than {limit:,} bytes; leave it out", member)
        return data

    def head(self, member: str, count: int) -> bytes:
        with self.open(member) as file:
            return file.read(count)

    def size(self, member: str) -> int:
        return self._place(member).stat().st_size

    def state(self) -> bytes:
        return state_of(map(self._place, self.members))

    def close(self) -> None:
        """Nothing stays open."""


class SingleFile(_Files):
    """One file, whose only member has the file's name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members = (checked_name(path.parent, path.name),)

    def _place(self, member: str) -> Path:  # noqa: ARG002 - there is but one
        return self.path


class Folder(_Files):
    """A folder with all that lies below it; links that lead out of it are refused."""

    def __init__(self, path: Path) -> None:
        self.path = path
        names: list[str] = []
        root = path.resolve()
        for folder, folders, files in os.walk(path, onerror=self._unreadable):
            folders[:] = sorted(name for name in folders if not is_left_behind(name))
            here = Path(folder)
            for name in folders:
                if (here / name).is_symlink():
                    raise self._linked(here / name, "a link to a folder")
            above = "" if here == path else f"{here.relative_to(path).as_posix()}/"
            for name in files:
                member = checked_name(path, above + name)
                if not is_left_behind(member):
                    self._check(here / name, root)
                    names.append(member)
            if len(names) > MOST_MEMBERS:
                raise refused(path, f"more than {MOST_MEMBERS:,} files; name the data's folder")
        self.members = tuple(sorted(names))

    def _check(self, file: Path, root: Path) -> None:
        mode = file.lstat().st_mode
        if stat.S_ISLNK(mode):
            if not Path(os.path.realpath(file)).is_relative_to(root):
                raise self._linked(file, "a link that leads out of the folder")
            mode = file.stat().st_mode if file.exists() else 0
        if not stat.S_ISREG(mode):
            name = file.relative_to(self.path).as_posix()
            raise refused(self.path, "not a file that can be read; take it away", name)

    def _linked(self, place: Path, kind: str) -> InputError:
        name = place.relative_to(self.path).as_posix()
        return refused(self.path, f"{kind}; put a copy in its place", name)

    def _unreadable(self, error: OSError) -> None:
        place = quoted(error.filename or self.path)
        raise InputError(f"{place}: cannot be read: {reason_of(error)}; check its permissions")
