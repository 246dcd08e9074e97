"""The clipboard: words, files, or a picture that is nowhere a file yet."""

from __future__ import annotations

import io
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from PIL import Image, ImageGrab, UnidentifiedImageError

from traymail.core.errors import InputError, TraymailError
from traymail.core.texts import text
from traymail.ui.attaching import paths_of
from traymail.ui.bridge import Background
from traymail.winapi import clipboard_has_files

_FILES = ("text/uri-list", "x-special/gnome-copied-files", "x-special/mate-copied-files")
_WORDS = frozenset({"UTF8_STRING", "STRING", "TEXT", "text/plain", "text/plain;charset=utf-8"})
_PNG = "image/png"
# What Tk says when the owner of a selection lets it wait too long.
_SILENT = "owner didn't respond"


class ClipboardHolds(Enum):
    """What an X selection is taken for."""

    NOTHING = "nothing"
    WORDS = "words"
    FILES = "files"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Clip:
    """What was in the clipboard; ``png`` is a picture."""

    words: str = ""
    files: tuple[str, ...] = ()
    png: bytes = b""


def told_by(targets: frozenset[str]) -> ClipboardHolds:
    """Return what an X selection with these targets is taken for.

    Files come with their names as words, and a picture alone; words may come with a picture of
    them (from tables, for one), and are meant then.
    """
    if targets & frozenset(_FILES):
        return ClipboardHolds.FILES
    if targets & _WORDS:
        return ClipboardHolds.WORDS
    if any(target.startswith("image/") for target in targets):
        return ClipboardHolds.PICTURE
    return ClipboardHolds.NOTHING


def offers_picture(targets: frozenset[str]) -> bool:
    """Return whether an X selection with these targets can be had as a picture."""
    return any(target.startswith("image/") for target in targets)


class Clipboard:
    """Reads the clipboard of ``widget``'s display; used on the thread of Tk.

    Words are asked for by Tk, and files under X11. All else is asked for in a thread: it may take
    a helper program, a picture may be large, and the program that owns it may be this one, which
    has to answer.
    """

    def __init__(self, widget: tk.Misc, background: Background) -> None:
        self._widget, self._background = widget, background
        self.x11 = widget.tk.call("tk", "windowingsystem") == "x11"

    def for_a_field(self) -> bool:
        """Return whether what is there belongs into a field: words, or nothing at all.

        Raises InputError when the program that owns it does not answer.
        """
        if self.x11:
            return told_by(self._targets()) in {ClipboardHolds.WORDS, ClipboardHolds.NOTHING}
        # What Windows' file manager copies, others can have as words, too.
        return not clipboard_has_files() and bool(self._words())

    def read(
        self, done: Callable[[Clip], object], failed: Callable[[TraymailError], object]
    ) -> None:
        """Call one of these soon with what is there: words if they are meant, else the rest."""
        try:
            clip = Clip(words=self._words()) if self.for_a_field() else None
        except InputError as error:
            failed(error)
            return
        if clip is None:
            self.read_files(done, failed)
        else:
            done(clip)

    def read_files(
        self, done: Callable[[Clip], object], failed: Callable[[TraymailError], object]
    ) -> None:
        """Call one of these soon with the files there are, or a picture, also one beside words."""
        try:
            targets = self._targets() if self.x11 else frozenset()
            files = self._files() if told_by(targets) is ClipboardHolds.FILES else None
        except InputError as error:
            failed(error)
            return
        if files is not None:
            done(Clip(files=files))
        elif self.x11 and not offers_picture(targets):
            done(Clip())
        else:
            self._background.run(
                lambda _stop: _grab(), lambda clip: self._grabbed(clip, done, failed), failed
            )

    def _grabbed(
        self,
        clip: Clip | None,
        done: Callable[[Clip], object],
        failed: Callable[[TraymailError], object],
    ) -> None:
        """Go on without the helper programs, when they are not there: Tk can do a little."""
        if clip is not None or not self.x11:
            done(clip or Clip())
        else:
            self._grab_by_tk(done, failed)

    def _grab_by_tk(
        self, done: Callable[[Clip], object], failed: Callable[[TraymailError], object]
    ) -> None:
        try:
            png = octets(self._got(_PNG))
            if png:
                _verify(png)
        except InputError as error:
            failed(error)
            return
        if png:
            done(Clip(png=png))
        else:
            failed(
                InputError(
                    text("The picture cannot be read from the clipboard."),
                    text("Install xclip, or wl-clipboard on Wayland, and paste again."),
                )
            )

    def _got(self, kind: str) -> str:
        """Return what is there of this kind, nothing when it cannot be had.

        Raises InputError when the program that owns it does not answer.
        """
        try:
            return str(
                self._widget.tk.call("selection", "get", "-selection", "CLIPBOARD", "-type", kind)
            )
        except tk.TclError as error:
            if _SILENT in str(error):
                raise InputError(
                    text("The program that holds the clipboard does not answer."),
                    text("Copy it again, or end that program."),
                ) from error
            return ""

    def _targets(self) -> frozenset[str]:
        return frozenset(self._got("TARGETS").split())

    def _words(self) -> str:
        return next(filter(None, map(self._got, ("UTF8_STRING", "STRING"))), "")

    def _files(self) -> tuple[str, ...]:
        for told in map(self._got, _FILES):
            files = paths_of(octets(told).decode("utf-8", "replace").splitlines())
            if files:
                return files
        return ()


def octets(told: str) -> bytes:
    """Return the bytes of a selection that Tk tells as "0x89 0x50 ...", or as characters."""
    parts = told.split()
    if parts and all(part.startswith("0x") for part in parts):
        return bytes(int(part, 16) & 0xFF for part in parts)
    try:
        return told.encode("latin-1")
    except UnicodeEncodeError:
        return told.encode("utf-8", "replace")


def _verify(png: bytes) -> None:
    """Raise InputError for what is no picture."""
    try:
        with Image.open(io.BytesIO(png)) as picture:
            picture.verify()
    except (ValueError, OSError, SyntaxError) as error:
        raise _broken() from error


def _broken() -> InputError:
    return InputError(
        text("What is in the clipboard is not a picture that can be read."),
        text("Save it as a file, and attach that."),
    )


def _grab() -> Clip | None:
    """Return the files or the picture that are there; None when nobody can tell.

    Raises InputError for a picture that is broken.
    """
    try:
        grabbed = ImageGrab.grabclipboard()
    except UnidentifiedImageError as error:
        raise _broken() from error
    except (NotImplementedError, OSError):
        return None
    if isinstance(grabbed, list):  # not under X11
        return Clip(files=tuple(grabbed))
    if grabbed is None:
        return Clip()
    target = io.BytesIO()
    try:
        grabbed.save(target, "PNG")
    except (ValueError, OSError, SyntaxError) as error:
        raise _broken() from error
    return Clip(png=target.getvalue())
