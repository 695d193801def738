"""A zip as a source of members."""

import io
import stat
import zipfile
from collections import Counter
from pathlib import Path
from typing import IO, BinaryIO

from fer_core.data.sources import (
    MOST_MEMBERS,
    checked_name,
    is_left_behind,
    quoted,
    reason_of,
    refused,
    state_of,
)
from fer_core.errors import InputError

# The central directory is read as a whole: real ones hold about 100 bytes a member.
_LONGEST_DIRECTORY = 256 * 2**20
# Images and numbers shrink to a quarter at best; what shrinks to a hundredth is meant to harm.
_MOST_EXPANSION = 100
_SMALL = 2**26
_DAMAGED = "the zip is truncated or damaged"
_AGAIN = "download or pack it again"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class _BoundedReader(io.BufferedReader):
    """A file whose single reads are bounded, for a directory that claims to be huge."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _LONGEST_DIRECTORY:
            raise zipfile.BadZipFile("its directory is too large")
        return super().read(size)


class ZipArchive:
    """A zip, of whose members every name and declared size is checked before any is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        file = _BoundedReader(io.FileIO(path))
        try:
            # zipfile raises much more than BadZipFile for bytes that are no zip.
            self._zip = zipfile.ZipFile(file)
            entries = self._zip.infolist()
        except Exception as error:
            file.close()
            raise refused(path, f"{_DAMAGED} ({reason_of(error)}); {_AGAIN}") from None
        self._file = file
        try:
            self._entries = self._checked(entries)
        except InputError:
            self.close()
            raise
        self.members = tuple(sorted(self._entries))

    def _checked(self, entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        if len(entries) > MOST_MEMBERS:
            raise refused(self.path, f"more than {MOST_MEMBERS:,} members; {_AGAIN}")
        # zipfile cuts a name at a NUL: look at the name as it was written.
        names = [checked_name(self.path, entry.orig_filename) for entry in entries]
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > max(_SMALL, _MOST_EXPANSION * self.path.stat().st_size):
            reason = f"would unpack to {unpacked:,} bytes, over {_MOST_EXPANSION} times its size"
            raise refused(self.path, f"{reason}; unpack it yourself and import the folder")
        for name, times in Counter(names).items():
            if times > 1:
                raise refused(self.path, f"is there {times} times; {_AGAIN}", name)
        kept = {}
        for name, entry in zip(names, entries, strict=True):
            # ZipInfo.is_dir() fails for an empty name.
            if name.endswith("/") or is_left_behind(name):
                continue
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise refused(self.path, "a symbolic link; pack the file itself", name)
            if entry.flag_bits & 1:
                raise refused(self.path, "needs a password; pack it again without one", name)
            if entry.compress_type not in _METHODS:
                method = f"packed with method {entry.compress_type}"
                raise refused(self.path, f"{method}; pack it with deflate", name)
            kept[name] = entry
        spellings: dict[str, str] = {}
        for name in kept:
            other = spellings.setdefault(name.casefold(), name)
            if other != name:
                reason = f"differs from '{quoted(other)}' by case alone: unpacked, one is lost"
                raise refused(self.path, f"{reason}; rename it", name)
        return kept

    def open(self, member: str) -> BinaryIO:
        """Open a member; reading it raises InputError where it is damaged."""
        try:
            return io.BufferedReader(_Member(self, member, self._zip.open(self._entries[member])))
        except Exception as error:
            raise self.damaged(member, error) from None

    def read(self, member: str, limit: int) -> bytes:
        """Return a member's bytes; zipfile unpacks no more than the declared size."""
        if self.size(member) > limit:
            raise refused(
                self.path, f"{self.size(member):,} bytes, more than {limit:,}; leave it out", member
            )
        try:
            return self._zip.read(self._entries[member])
        except Exception as error:
            raise self.damaged(member, error) from None

    def size(self, member: str) -> int:
        """Return a member's declared size in bytes, unpacked."""
        return self._entries[member].file_size

    def head(self, member: str, count: int) -> bytes:
        """Return a member's first bytes."""
        with self.open(member) as file:
            return file.read(count)

    def state(self) -> bytes:
        """Return what changes when the file changes."""
        return state_of([self.path])

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    def damaged(self, member: str, error: Exception) -> InputError:
        """Return the error for a member that cannot be unpacked."""
        return refused(self.path, f"{_DAMAGED} ({reason_of(error)}); {_AGAIN}", member)


class _Member(io.RawIOBase):
    """A member as a stream whose errors name it."""

    def __init__(self, archive: ZipArchive, name: str, stream: IO[bytes]) -> None:
        self._archive, self._name, self._stream = archive, name, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except Exception as error:
            raise self._archive.damaged(self._name, error) from None
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()
