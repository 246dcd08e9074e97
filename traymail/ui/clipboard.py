"""The clipboard: words, files, or a picture that is nowhere a file yet."""

from __future__ import annotations

import io
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
    """Reads the clipboard of ``widget``'s display; used on the thread of Tk.

    Words are asked for by Tk, and files under X11. All else is asked for in a thread: it may take
    a helper program, a picture may be large, and the program that owns it may be this one, which
    has to answer.
    """

    def __init__(self, widget: tk.Misc, background: Background) -> None:
        self._widget, self._background = widget, background
        self._x11 = widget.tk.call("tk", "windowingsystem") == "x11"

    def for_a_field(self) -> bool:
        """Return whether what is there belongs into a field: words, or nothing at all."""
        if self._x11:
            return told_by(self._targets()) in {Holds.WORDS, Holds.NOTHING}
        return bool(self._words())

    def read(
        self, done: Callable[[Clip], object], failed: Callable[[TraymailError], object]
    ) -> None:
        """Call one of these soon with what is there: words if they are meant, else the rest."""
        if self.for_a_field():
            done(Clip(words=self._words()))
        else:
            self.read_files(done, failed)

    def read_files(
        self, done: Callable[[Clip], object], failed: Callable[[TraymailError], object]
    ) -> None:
        """Call one of these soon with the files there are, or a picture, also one beside words."""
        targets = self._targets() if self._x11 else frozenset()
        if told_by(targets) is Holds.FILES:
            done(Clip(files=self._files()))
        elif self._x11 and not offers_picture(targets):
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
        if clip is not None or not self._x11:
            done(clip or Clip())
        elif png := self._picture_by_tk():
            done(Clip(png=png))
        else:
            failed(
                InputError(
                    text("The picture cannot be read from the clipboard."),
                    text("Install xclip, or wl-clipboard on Wayland, and paste again."),
                )
            )

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


def _grab() -> Clip | None:
    """Return the files or the picture that are there; None when nobody can tell."""
    try:
        grabbed = ImageGrab.grabclipboard()
    except (NotImplementedError, OSError):
        return None
    if isinstance(grabbed, list):  # not under X11
        return Clip(files=tuple(grabbed))
    if grabbed is None:
        return Clip()
    target = io.BytesIO()
    grabbed.save(target, "PNG")
    return Clip(png=target.getvalue())
