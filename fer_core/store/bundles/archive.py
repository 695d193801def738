"""The zip around a shared file: the same content gives the same bytes, and nothing in it can claim
to be more than the file holds.

Members are stored without compression, so that what is declared is what lies there, and an array
or weights are named by the hash of their content, so that no name from a file becomes a path.
"""

import hashlib
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from fer_core.files import zip_member
from fer_core.store.bundles import manifest
from fer_core.store.bundles.checking import BadFile

_MOST_MANIFEST = 100_000_000  # bytes
_MOST_MEMBER = 4_000_000_000

Progress = Callable[[int, int], None]  # bytes done, all


def array_name(sha256: str) -> str:
    """Return the name of an array's member."""
    return f"arrays/{sha256}.npy"


def weights_name(sha256: str) -> str:
    """Return the name of the member with a checkpoint's weights."""
    return f"weights/{sha256}.safetensors"


def write(file: BinaryIO, members: Mapping[str, Callable[[], bytes]], progress: Progress) -> None:
    """Write the members in the order of their names; `progress` is told how many of all."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for done, name in enumerate(sorted(members), 1):
            archive.writestr(zip_member(name), members[name]())
            progress(done, len(members))


class Archive:
    """A shared file that is open; `manifest` is checked, members when they are read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.manifest: dict[str, Any] = {}
        self.members: dict[str, dict[str, Any]] = {}

    def read(self, name: str) -> bytes:
        """Return a member's bytes, which have the size and the hash that the manifest says."""
        member = self.members.get(name)
        if member is None:
            raise BadFile(f"the manifest names {name}, which is not among its members")
        content = self._bytes(name)
        if len(content) != member["size"]:
            raise BadFile(f"{name} has {len(content)} bytes, not {member['size']}")
        if hashlib.sha256(content).hexdigest() != member["sha256"]:
            raise BadFile(f"{name} is damaged: its SHA-256 is not {member['sha256'][:12]}...")
        return content

    def _bytes(self, name: str) -> bytes:
        try:
            return self._archive.read(name)
        # What zipfile raises where a member's own header, which `load` has not seen, contradicts
        # the directory, its place lies outside of the file, or the disk does not give it.
        except (zipfile.BadZipFile, EOFError, ValueError, OSError, NotImplementedError) as error:
            raise BadFile(f"{name} cannot be read ({_first_line(error)})") from None

    def load(self, size: int) -> None:
        """Check the names and sizes of all members of a file of `size` bytes, then the manifest."""
        entries = self._archive.infolist()
        seen: set[str] = set()
        for entry in entries:
            _check_entry(entry)
            if entry.filename in seen:
                raise BadFile(f"it has {entry.filename[:100]!a} twice")
            seen.add(entry.filename)
        # Entries of one place in the file would add up to more than there is.
        if sum(entry.file_size for entry in entries) > size:
            raise BadFile(f"its members claim more than the {size:,} bytes that it has")
        sizes = {entry.filename: entry.file_size for entry in entries}
        if sizes.pop(manifest.NAME, _MOST_MANIFEST + 1) > _MOST_MANIFEST:
            raise BadFile(f"it has no {manifest.NAME} of at most {_MOST_MANIFEST:,} bytes")
        self.manifest = manifest.decode(self._bytes(manifest.NAME))
        self.members = {member["name"]: member for member in self.manifest["members"]}
        for name in sorted({*self.members} ^ {*sizes}):
            lacks = "its manifest lacks" if name in sizes else "it lacks"
            raise BadFile(f"{lacks} {name[:100]!a}")
        for name, member in self.members.items():
            if member["size"] != sizes[name]:
                raise BadFile(f"{name} has {sizes[name]} bytes, not {member['size']}")
            if member["sha256"] not in name:
                raise BadFile(f"{name} is not named by its SHA-256")


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open a shared file whose names, sizes and manifest are as they should be; else BadFile."""
    if not path.is_file():
        raise BadFile("there is no such file")
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # zipfile lets errors of half a dozen kinds through
        raise BadFile(f"it is no file of shared runs, or cut off ({_first_line(error)})") from None
    with archive:
        found = Archive(archive)
        found.load(path.stat().st_size)
        yield found


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    # What the reader makes of a name (cut at a null, other slashes) must be all of it.
    if entry.orig_filename != name or not (
        name == manifest.NAME or manifest.MEMBER_NAME.fullmatch(name)
    ):
        raise BadFile(f"it has a member {entry.orig_filename[:100]!a}, which no such file has")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise BadFile(f"its member {name} is a link or a folder, not a file")
    if entry.flag_bits & 0x1:
        raise BadFile(f"its member {name} is encrypted")
    if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
        raise BadFile(f"its member {name} is compressed, and such files hold nothing compressed")
    if entry.file_size > _MOST_MEMBER:
        raise BadFile(f"its member {name} claims {entry.file_size:,} bytes")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:100]
