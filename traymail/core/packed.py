"""What is inside of packed files (gzip, bzip2, xz, zip, tar), read as a stream and within bounds.

Only far enough to tell what a file is: whatever cannot be unpacked holds nothing.
Formats: RFC 1952 (gzip), PKWARE's APPNOTE.TXT 4.3 (zip), POSIX.1-1988 and later (tar).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

Read = Callable[[int], bytes]
"""Returns the next bytes, up to so many; none at the end."""

# Layers: a tar in a gzip in a zip has three.
DEPTH = 3
MOST_MEMBERS = 1000
# Bytes that are unpacked in one file: about half a second. Those that are only passed over cost
# less: 4 GB, more than any account takes, may stand before what is looked for.
MOST_BYTES = 128 * 1024 * 1024
_PASSED_FOR_ONE = 32
_BLOCK = 64 * 1024
_TAR_BLOCK = 512  # a head in a tar; a head in a zip counts as much
_XZ_MEMORY = 64 * 1024 * 1024
_MEMBER = struct.Struct("<4s2xHH8xL4xHH")
_STORED, _DEFLATED, _BZIP2 = 0, 8, 12
_ENCRYPTED, _SIZE_BEHIND = 1, 8
_ANY_SIZE = 0xFFFFFFFF
_EXTRA, _ZIP64, _EIGHT = struct.Struct("<HH"), 1, 8


def contents(read: Read, budget: Budget) -> Iterator[Read]:
    """Yield what a file holds: each of its packed files, or itself when nothing is packed in it.

    Each is to be read before the next one is asked for; it need not be read to its end.
    """
    return _contents(_Stream(read), DEPTH, budget)


def _contents(stream: _Stream, depth: int, budget: Budget) -> Iterator[Read]:
    within = _opened(stream, budget) if depth else None
    if within is None:
        yield stream.read
        return
    for number, one in enumerate(within):
        if number == MOST_MEMBERS:
            return
        yield from _contents(one, depth - 1, budget)


def _opened(stream: _Stream, budget: Budget) -> Iterator[_Stream] | None:
    """Return the streams inside of one by its first bytes; None when it is not packed."""
    head = stream.peek(_TAR_BLOCK)
    if head.startswith(b"\x1f\x8b"):
        return _unpacked(stream, budget, lambda: _Zlib(zlib.MAX_WBITS | 16))
    if head.startswith(b"BZh"):
        from bz2 import BZ2Decompressor

        return _unpacked(stream, budget, BZ2Decompressor)
    if head.startswith(b"\xfd7zXZ\0"):
        from lzma import LZMADecompressor

        return _unpacked(stream, budget, lambda: LZMADecompressor(memlimit=_XZ_MEMORY))
    if head.startswith(b"PK\3\4"):
        return _zip_members(stream, budget)
    if _begins_tar(head):
        return _tar_members(stream, budget)
    return None


class Budget:
    """What may still be unpacked or passed over."""

    def __init__(self) -> None:
        self.left = MOST_BYTES

    def spend(self, count: int) -> None:
        """Count bytes."""
        self.left -= count


class _Stream:
    """Bytes that can be looked at before they are read."""

    def __init__(self, read: Read) -> None:
        self._more = read
        self._ahead = b""

    def peek(self, size: int) -> bytes:
        while len(self._ahead) < size and (more := self._more(max(size, _TAR_BLOCK))):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer only at the end."""
        taken = self.peek(size)
        self._ahead = self._ahead[size:]
        return taken

    def give_back(self, read_too_far: bytes) -> None:
        self._ahead = read_too_far + self._ahead

    def skip(self, size: int, budget: Budget) -> None:
        while size > 0 and budget.left > 0 and (passed := self.read(min(size, _BLOCK))):
            size -= len(passed)
            budget.spend(len(passed) // _PASSED_FOR_ONE)


class _Part:
    """The next ``size`` bytes of a stream."""

    def __init__(self, stream: _Stream, size: int) -> None:
        self._stream, self.left = stream, size

    def read(self, size: int) -> bytes:
        taken = self._stream.read(min(size, self.left))
        self.left -= len(taken)
        return taken


class _Decompressor(Protocol):
    """What `bz2` and `lzma` have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Zlib:
    """`zlib` with the same face."""

    def __init__(self, window: int) -> None:
        self._inner = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class _Unpacked:
    """What a packed stream holds; it ends where it is damaged."""

    def __init__(self, read: Read, budget: Budget, packed: _Decompressor) -> None:
        self._read, self._budget, self._packed = read, budget, packed
        self.is_whole = False

    def read(self, size: int) -> bytes:
        while self._budget.left > 0:
            if self._packed.eof:
                self.is_whole = True
                return b""
            wanted = self._packed.needs_input
            data = self._read(_BLOCK) if wanted else b""
            try:
                unpacked = self._packed.decompress(data, min(size, _BLOCK))
            except Exception:  # noqa: BLE001 # each library has errors of its own for damage
                return b""
            self._budget.spend(len(unpacked))
            if unpacked:
                return unpacked
            if wanted and not data and not self._packed.eof:
                return b""
        return b""

    def finish(self, stream: _Stream) -> bool:
        """Read to the end; what was read beyond it is given back. False when there is none."""
        while self.read(_BLOCK):
            pass
        if self.is_whole:
            stream.give_back(self._packed.unused_data)
        return self.is_whole


def _unpacked(
    stream: _Stream, budget: Budget, new: Callable[[], _Decompressor]
) -> Iterator[_Stream]:
    """Yield what is packed as one; files that were put behind each other are one, too."""
    inner = _Unpacked(stream.read, budget, new())

    def read(size: int) -> bytes:
        nonlocal inner
        while not (taken := inner.read(size)):
            if not (inner.finish(stream) and stream.peek(1)) or budget.left <= 0:
                return b""
            inner = _Unpacked(stream.read, budget, new())
        return taken

    yield _Stream(read)


def _zip_members(stream: _Stream, budget: Budget) -> Iterator[_Stream]:
    """Yield the files of a zip, from one local header to the next."""
    while budget.left > 0 and len(header := stream.read(_MEMBER.size)) == _MEMBER.size:
        sign, flags, method, size, name, extra = _MEMBER.unpack(header)
        if sign != b"PK\3\4":
            return
        budget.spend(_TAR_BLOCK + extra)  # also of what holds nothing there is no end
        stream.skip(name, budget)
        size = _large_size(stream.read(extra), size)
        size_known = not flags & _SIZE_BEHIND and size != _ANY_SIZE
        part = _Part(stream, size)
        if method in {_DEFLATED, _BZIP2} and not flags & _ENCRYPTED:
            read = part.read if size_known else stream.read
            inner = _Unpacked(read, budget, _unpacker(method))
            yield _Stream(inner.read)
            if not size_known and not (inner.finish(stream) and _passed_sizes(stream)):
                return
        elif not size_known:
            return
        elif method == _STORED and not flags & _ENCRYPTED:
            yield _Stream(part.read)
        if size_known:
            stream.skip(part.left, budget)


def _unpacker(method: int) -> _Decompressor:
    if method == _DEFLATED:
        return _Zlib(-zlib.MAX_WBITS)
    from bz2 import BZ2Decompressor

    return BZ2Decompressor()


def _large_size(extra: bytes, size: int) -> int:
    """Return the packed size of a file: one that has no room stands apart (APPNOTE 4.5.3)."""
    while size == _ANY_SIZE and len(extra) >= _EXTRA.size:
        kind, length = _EXTRA.unpack_from(extra)
        if kind == _ZIP64 and length >= 2 * _EIGHT:
            return int.from_bytes(extra[_EXTRA.size + _EIGHT :][:_EIGHT], "little")
        extra = extra[_EXTRA.size + length :]
    return size


def _passed_sizes(stream: _Stream) -> bool:
    """Pass over what follows a file whose size was not known before (APPNOTE 4.3.9)."""
    for length in (12, 16, 20, 24):
        if stream.peek(length + 2)[length:] == b"PK":
            stream.read(length)
            return True
    return False


def _begins_tar(head: bytes) -> bool:
    """Tell whether a header of tar begins so: those of before POSIX have but their sum."""
    if head[257:262] == b"ustar":
        return True
    whole = len(head) == _TAR_BLOCK and any(head)
    return whole and _octal(head[148:156]) == sum(head[:148] + b" " * 8 + head[156:])


def _tar_members(stream: _Stream, budget: Budget) -> Iterator[_Stream]:
    """Yield the files of a tar."""
    while budget.left > 0 and len(header := stream.read(_TAR_BLOCK)) == _TAR_BLOCK:
        size = _octal(header[124:136])
        if size is None or not any(header):
            return
        budget.spend(_TAR_BLOCK)
        part = _Part(stream, size)
        if header[156:157] in {b"0", b"\0", b"7"}:
            yield _Stream(part.read)
        stream.skip(part.left + -size % _TAR_BLOCK, budget)


def _octal(field: bytes) -> int | None:
    if field[0] & 0x80:  # GNU's way for large files
        return int.from_bytes(field[1:])
    try:
        return int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        return None
