"""The clipboard: words, files, or a picture that is nowhere a file yet."""

from __future__ import annotations

import io
import sys
import tkinter as tk
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from PIL import Image, ImageGrab, UnidentifiedImageError

from traymail.core.errors import InputError, TraymailError
from traymail.core.texts import text
from traymail.ui.attaching import paths_of
from traymail.ui.bridge import Background

_FILES = ("text/uri-list", "x-special/gnome-copied-files", "x-special/mate-copied-files")
_WORDS = frozenset({"UTF8_STRING", "STRING", "TEXT", "text/plain", "text/plain;charset=utf-8"})
_PNG = "image/png"


class Holds(Enum):
    """What is in the clipboard."""

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


def told_by(targets: frozenset[str]) -> Holds:
    """Return what an X selection with these targets is taken for.

    Files come with their names as words, and a picture alone; words may come with a picture of
    them (from tables, for one), and are meant then.
    """
    if targets & frozenset(_FILES):
        return Holds.FILES
    if targets & _WORDS:
        return Holds.WORDS
    if any(target.startswith("image/") for target in targets):
        return Holds.PICTURE
    return Holds.NOTHING


def offers_picture(targets: frozenset[str]) -> bool:
    """Return whether an X selection with these targets can be had as a picture."""
    return any(target.startswith("image/") for target in targets)


class Clipboard:
    """Reads the clipboard of ``widget``'s display; on the thread of Tk, which is not held up."""

    def __init__(self, widget: tk.Misc, background: Background) -> None:
        self._widget, self._background = widget, background
        self._x11 = widget.tk.call("tk", "windowingsystem") == "x11"

    def holds(self) -> Holds:
        """Return what is there."""
        if self._x11:
            return told_by(self._targets())
        if self._words():
            return Holds.WORDS
        with suppress(OSError, NotImplementedError):
            grabbed = ImageGrab.grabclipboard()
            if isinstance(grabbed, list):
                return Holds.FILES
            if grabbed is not None:
                return Holds.PICTURE
        return Holds.NOTHING

    def read(
        self, done: Callable[[Clip], object], failed: Callable[[TraymailError], object]
    ) -> None:
        """Call one of these soon with what is there."""
        match self.holds():
            case Holds.NOTHING:
                done(Clip())
            case Holds.WORDS:
                done(Clip(words=self._words()))
            case Holds.FILES:
                done(Clip(files=self._files()))
            case Holds.PICTURE:
                self.read_picture(done, failed)

    def read_picture(
        self, done: Callable[[Clip], object], failed: Callable[[TraymailError], object]
    ) -> None:
        """Call one of these soon, with a picture if there is one, also one beside words."""
        if self._x11 and not offers_picture(self._targets()):
            done(Clip())
            return
        # Asked in a thread: the program that is asked may be this one, which has to answer.
        self._background.run(
            lambda _stop: _grab(), lambda png: self._grabbed(png, done, failed), failed
        )

    def _grabbed(
        self,
        png: bytes | None,
        done: Callable[[Clip], object],
        failed: Callable[[TraymailError], object],
    ) -> None:
        """Go on without the helper programs, when they are not there: Tk can do a little."""
        if png is None and self._x11:
            png = self._picture_by_tk()
            if not png:
                failed(
                    InputError(
                        text("The picture cannot be read from the clipboard."),
                        text("Install xclip, or wl-clipboard on Wayland, and paste again."),
                    )
                )
                return
        done(Clip(png=png or b""))

    def _get(self, kind: str) -> str:
        got = self._widget.tk.call("selection", "get", "-selection", "CLIPBOARD", "-type", kind)
        return str(got)

    def _targets(self) -> frozenset[str]:
        try:
            targets = self._get("TARGETS")
        except tk.TclError:
            return frozenset()
        return frozenset(targets.split())

    def _words(self) -> str:
        for kind in ("UTF8_STRING", "STRING"):
            with suppress(tk.TclError):
                return self._get(kind)
        return ""

    def _files(self) -> tuple[str, ...]:
        if not self._x11:
            grabbed = ImageGrab.grabclipboard()
            return tuple(grabbed) if isinstance(grabbed, list) else ()
        for kind in _FILES:
            with suppress(tk.TclError):
                told = self._get(kind)
                files = paths_of(octets(told).decode("utf-8", "replace").splitlines())
                if files:
                    return files
        return ()

    def _picture_by_tk(self) -> bytes:
        try:
            told = self._get(_PNG)
            content = octets(told)
            with Image.open(io.BytesIO(content)) as picture:
                picture.verify()
        except (tk.TclError, ValueError, OSError, SyntaxError, UnidentifiedImageError):
            return b""
        return content


def octets(told: str) -> bytes:
    """Return the bytes of a selection that Tk tells as "0x89 0x50 ...", or as characters."""
    parts = told.split()
    if parts and all(part.startswith("0x") for part in parts):
        return bytes(int(part, 16) & 0xFF for part in parts)
    try:
        return told.encode("latin-1")
    except UnicodeEncodeError:
        return told.encode("utf-8", "replace")


def _grab() -> bytes | None:
    """Return the clipboard's picture as PNG, b"" when there is none, None when nobody can tell."""
    try:
        grabbed = ImageGrab.grabclipboard()
    except (NotImplementedError, OSError):
        return None if sys.platform.startswith("linux") else b""
    if not isinstance(grabbed, Image.Image):
        return b""
    target = io.BytesIO()
    grabbed.save(target, "PNG")
    return target.getvalue()
