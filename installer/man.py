"""The manual pages, English and Chinese, as folders that fit into .../share/man."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime
from pathlib import Path

from traymail.cli.manual import page
from traymail.core.languages import DEFAULT, LANGUAGES

# Where man looks for each language of the program.
FOLDERS = {code: "man1" if code == DEFAULT else f"{code}/man1" for code in LANGUAGES}


def build(dist: Path) -> list[Path]:
    """Write the pages into `dist`/man and return their paths."""
    return write(dist / "man", built_at(os.environ.get("SOURCE_DATE_EPOCH")).date())


def write(man: Path, day: date) -> list[Path]:
    """Write the pages below `man`, which may be .../share/man; `day` stands at their foot."""
    written = []
    for language, folder in FOLDERS.items():
        file = man / folder / "traymail.1"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page(language, day), "utf-8", newline="\n")
        written.append(file)
    return written


def built_at(source_date_epoch: str | None) -> datetime:
    """Return the time of a build in UTC: now, or that of a build which is to be the same again.

    https://reproducible-builds.org/specs/source-date-epoch/
    """
    return datetime.fromtimestamp(float(source_date_epoch or time.time()), UTC)
