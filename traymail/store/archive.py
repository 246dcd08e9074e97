"""Several files as one zip, written piece by piece."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import PurePath
from typing import BinaryIO

from traymail.core.message import Attachment
from traymail.core.post_send import numbered


def write_zip(
    target: BinaryIO,
    attachments: Iterable[Attachment],
    open_attachment: Callable[[Attachment], BinaryIO],
    now: datetime,
) -> None:
    """Write a zip of all attachments, each under its bare name; raises OSError, SourceError.

    A name that comes twice gets a number. ``now`` is the time of the entries, told in local
    time, since a zip knows no zone.
    """
    taken: set[str] = set()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for attachment in attachments:
            entry = zipfile.ZipInfo(_free_name(attachment.name, taken), _zip_time(now))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            entry.file_size = attachment.size  # decides for itself whether zip64 is needed
            with open_attachment(attachment) as source, archive.open(entry, "w") as packed:
                shutil.copyfileobj(source, packed)


def _free_name(name: str, taken: set[str]) -> str:
    """Return the bare name, with a number when another entry has it (whatever its case)."""
    bare = PurePath(name.replace("\\", "/")).name or "file"
    free, number = numbered(bare, 1), 1
    while free.casefold() in taken:
        number += 1
        free = numbered(bare, number)
    taken.add(free.casefold())
    return free


def _zip_time(now: datetime) -> tuple[int, int, int, int, int, int]:
    local = now.astimezone()
    # The format begins in 1980, and has seven bits for the year.
    year = min(max(local.year, 1980), 2107)
    return (year, local.month, local.day, local.hour, local.minute, local.second)
