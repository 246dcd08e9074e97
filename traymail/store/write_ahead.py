"""SQLite's write-ahead log after a crash: whether it held what SQLite will not see.

SQLite reads a log up to the first frame that is not whole, as after a power cut that took the last
transaction, and forgets the rest. It cannot tell that from a log of which a part was lost later,
whose mails would be gone without a word. What is left of such a log tells: sectors of zeros, or
frames behind the damage. The format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

from __future__ import annotations

import os
import struct
import sys
import time
from pathlib import Path

from traymail.core.errors import StateError
from traymail.core.reasons import reason_of
from traymail.core.texts import Text, text
from traymail.disk import READ, read_file, write_whole

_HEADER, _FRAME = 32, 24
_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}
_SMALLEST_PAGE, _LARGEST_PAGE = 512, 65_536
_HEX = 16
# The head of the log's index, twice: https://www.sqlite.org/walformat.html#the_wal_index_header
_INDEX, _INDEX_VERSION = 48, 3_007_000


def set_log_aside(database: Path) -> Path | None:
    """Keep a copy of the database's log where mails may be missing in what SQLite makes of it.

    Only while nobody else has the database open, and before it is opened. Returns where the copy
    is; None when there was no need. Raises StateError: then it must not be opened.
    """
    log = database.with_name(f"{database.name}-wal")
    try:
        index = _index_of(database)
        content = _content_of(log)
        doubtful = is_doubtful(content) or is_cut(content, index)
        # Somebody else at work is no damage.
        if not doubtful or _content_of(log) != content or _index_of(database) != index:
            return None
    except OSError as error:
        raise StateError(
            text("{path} cannot be read: {reason}", path=log, reason=reason_of(error)),
            text("Look at the disk of that place, then try again."),
        ) from error
    import hashlib  # slow to import, and seldom needed

    name = hashlib.sha256(content).hexdigest()[:_HEX]
    copy = log.with_name(f"{log.name}.damaged-{name}")
    if copy.exists():
        return None
    write_whole(copy, content)
    return copy


def _content_of(log: Path) -> bytes:
    try:
        return read_file(log)
    except FileNotFoundError:
        return b""


def logs_set_aside(database: Path) -> list[Path]:
    """Return the copies that `set_log_aside` made and nobody has removed."""
    return sorted(database.parent.glob(f"{database.name}-wal.damaged-*"))


def databases_set_aside(database: Path) -> list[Path]:
    """Return the damaged databases that `traymail.store.salvage` kept and nobody has removed."""
    return sorted(database.parent.glob(f"{database.name}.damaged-*Z"))


def warnings(database: Path) -> list[Text]:
    """Return what to tell of a database that was damaged, until its remains are removed."""
    lost = [
        text(
            "A part of the outbox was lost on the disk: mails stored last may be missing. What is "
            "left of them is kept in {path} and {folder}; remove both when you have looked.",
            path=path,
            folder=path.with_name(LOST_AND_FOUND),
        )
        for path in logs_set_aside(database)
    ]
    return lost + [
        text(
            "The database of the outbox was damaged. What could be read of it goes on. The damaged "
            "one is kept as {path}, files of mails that it lost in {folder}: remove both when you "
            "do not need them.",
            path=path,
            folder=path.with_name(LOST_AND_FOUND),
        )
        for path in databases_set_aside(database)
    ]


LOST_AND_FOUND = "lost+found"


def is_doubtful(log: bytes) -> bool:
    """Tell whether a log may have held more than SQLite will read of it."""
    if len(log) < _HEADER + _FRAME:
        return False
    order = _MAGIC.get(int.from_bytes(log[:4]))
    size = int.from_bytes(log[8:12])
    size = _LARGEST_PAGE if size == 1 else size
    sums = _checksums(order, log[:24], (0, 0)) if order else None
    # Headers are written first, and once for many mails.
    if order is None or sums != struct.unpack(">II", log[24:32]) or not size >= _SMALLEST_PAGE:
        return True
    salts = log[16:24]
    whole = range(_HEADER, len(log) - _FRAME - size + 1, _FRAME + size)
    for at in whole:
        head, page = log[at : at + _FRAME], log[at + _FRAME : at + _FRAME + size]
        sums = _checksums(order, page, _checksums(order, head[:8], sums))
        if head[8:16] == salts and sums == struct.unpack(">II", head[16:24]):
            continue
        blank = not any(head) or (head[8:16] == salts and not any(page))
        # What an earlier round left behind has other salts.
        return blank or any(log[later + 8 : later + 16] == salts for later in whole if later > at)
    return False


def is_cut(log: bytes, index: bytes) -> bool:
    """Tell whether a log ends before what its index says."""
    copies = index[:_INDEX], index[_INDEX : 2 * _INDEX]
    if len(index) < 2 * _INDEX or copies[0] != copies[1]:
        return False
    version, _, _, made, _, size, frames, _, _, salts, _ = struct.unpack(
        "=3I2BH2I8s8s8s", copies[0]
    )
    if version != _INDEX_VERSION or not made or not frames:
        return False
    size = _LARGEST_PAGE if size == 1 else size
    ours = len(log) < _HEADER or log[16:24] == salts
    return ours and bool(len(log) < _HEADER + frames * (_FRAME + size))


def _index_of(database: Path) -> bytes:
    """Return the head of the log's index, nothing where it may be older than the log.

    It is never synced: only what the end of a process left is to be relied on, not a power cut.
    """
    if sys.platform != "linux":
        return b""
    path = database.with_name(f"{database.name}-shm")
    try:
        changed = path.stat().st_mtime
        if changed < time.time() - time.clock_gettime(time.CLOCK_BOOTTIME):
            return b""
        with os.fdopen(os.open(path, READ), "rb") as file:
            return file.read(2 * _INDEX)
    except OSError:
        return b""


def _checksums(order: str, data: bytes, before: tuple[int, int]) -> tuple[int, int]:
    first, second = before
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
