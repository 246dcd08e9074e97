"""What the options of `send` say is to be done, and where the text of a message comes from."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from traymail.core.errors import InputError, SourceError, UnsafePath
from traymail.core.lines import printed
from traymail.core.reasons import unreadable
from traymail.core.texts import text
from traymail.disk import open_to_read
from traymail.services.wanted import WantedMail, too_large

if TYPE_CHECKING:
    from traymail.core.account import Account


@dataclass(frozen=True, slots=True)
class Ways:
    """What the options say is to be done with it, or with many mails like it."""

    queue: bool
    as_json: bool
    each: bool
    table: Path | None
    dry_run: bool
    report: Path | None

    @property
    def many(self) -> bool:
        """Whether one mail goes to each of several."""
        return self.each or self.table is not None


def body_of(wanted: WantedMail, account: Account) -> tuple[WantedMail, str, str | None]:
    """Return what is wanted with its pictures, the text and the HTML of a message."""
    words = wanted.body
    if words is not None:
        words = _standard_input(account) if words == "-" else printed(words.encode())
    if wanted.html is None:
        return wanted, words or "", None
    from traymail.core.pictures import with_pictures
    from traymail.services.pictures import Pictures

    pictures = Pictures(account.address, wanted.attach, wanted.html)
    html = with_pictures(_html_file(wanted.html, account), pictures.cid_of)
    if words is None:
        from traymail.core.markdown import text_of

        words = text_of(html, pictures.names)
    return replace(wanted, pictures=pictures.files), words, html


def _standard_input(account: Account) -> str:
    if sys.stdin is None:
        raise SourceError(
            "-",
            text("There is no standard input to read the text from."),
            text("Give the text with --body, or pipe it in."),
        )
    return printed(_bounded(sys.stdin.buffer, account))


def _bounded(source: BinaryIO, account: Account) -> bytes:
    """Read to the end, which may never come; raises InputError for more than a mail can hold."""
    content = source.read(account.max_message_bytes + 1)
    if len(content) > account.max_message_bytes:
        raise too_large(account)
    return content


def _html_file(path: Path, account: Account) -> str:
    try:
        # Behind a stranger's link, anything of the user's could be.
        with os.fdopen(open_to_read(os.fspath(path)), "rb") as source:
            return _bounded(source, account).decode("utf-8-sig")
    except UnsafePath as error:
        raise SourceError(os.fspath(path), error.title, error.advice) from error
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(
            text("{path} is not UTF-8.", path=path), text("Save it with the encoding UTF-8.")
        ) from error
