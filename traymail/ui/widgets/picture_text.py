"""A text with pictures among its words: each is pasted, cut and taken back like a character."""

from __future__ import annotations

import re
import tkinter as tk
from typing import NamedTuple

from PIL import Image, ImageTk

from traymail.core.address import whole_characters
from traymail.core.shown import PICTURE
from traymail.ui.theme import theme_of
from traymail.ui.widgets.entry import TextArea

_BLANK = (64, 48)
_GAP = 2
# So many changes of pictures can be taken back.
_STEPS = 50


class TextContent(NamedTuple):
    """Words with a sign in place of each picture, and the keys of the pictures in their order."""

    words: str
    keys: tuple[str, ...]


class PictureText(TextArea):
    """Pictures have keys, and are shown once they are given.

    Tk takes back words, but no pictures, and counts wrongly beside one. So a step that brings or
    takes a picture ends what Tk remembers, and what was there before is remembered here.
    """

    def __init__(self, master: tk.Misc, *, height: int = 6) -> None:
        """``height`` in lines."""
        self._keys: dict[str, str] = {}
        self._pictures: dict[str, ImageTk.PhotoImage] = {}
        self._before = TextContent("", ())
        self._steps: list[TextContent] = []
        super().__init__(master, height=height)
        theme = theme_of(self)
        size = (round(theme.px(_BLANK[0])), round(theme.px(_BLANK[1])))
        blank = Image.new("RGBA", size, theme.colour("track"))
        self._blank = ImageTk.PhotoImage(blank, master=self)
        self.bind("<<Modified>>", self._follow, add="+")
        self.bind("<<Undo>>", self._take_back)

    @property
    def content(self) -> TextContent:
        """What is written and shown."""
        if not self.image_names():
            return TextContent(self.value.replace(PICTURE, ""), ())
        words: list[str] = []
        keys: list[str] = []
        for kind, value, _at in self.dump("1.0", "end-1c", image=True, text=True):
            if kind == "image":
                words.append(PICTURE)
                keys.append(self._keys[value])
            else:
                words.append(value.replace(PICTURE, ""))
        return TextContent(whole_characters("".join(words)), tuple(keys))

    def fill(self, content: TextContent) -> None:
        """Show other words and pictures; what was there cannot be taken back."""
        self._steps.clear()
        self._write(content)

    def put(self, key: str) -> None:
        """Put a picture where the cursor is, in place of what is marked."""
        if self.tag_ranges("sel"):
            self.delete("sel.first", "sel.last")
        self._embed("insert", key)
        self.see("insert")
        self.edit_modified(arg=True)

    def show_picture(self, key: str, picture: Image.Image) -> None:
        """Show a picture wherever its key is, now and later."""
        self._pictures[key] = photo = ImageTk.PhotoImage(picture, master=self)
        for name in self.image_names():
            if self._keys.get(name) == key:
                self.image_configure(name, image=str(photo))

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to take back."""
        return super().can_undo or bool(self._steps)

    def _embed(self, at: str, key: str) -> None:
        photo, gap = self._pictures.get(key, self._blank), round(theme_of(self).px(_GAP))
        name = self.image_create(at, image=str(photo), padx=gap, pady=gap, align="bottom")
        self._keys[str(name)] = key

    def _write(self, content: TextContent) -> None:
        self.delete("1.0", "end")
        rest = iter(content.keys)
        for piece in re.split(f"({PICTURE})", whole_characters(content.words)):
            if piece != PICTURE:
                self.insert("end-1c", piece)
            elif (key := next(rest, None)) is not None:
                self._embed("end-1c", key)
        self.edit_reset()
        self._before = self.content

    def _follow(self, _event: object) -> None:
        """Remember what was there before pictures came or went."""
        now = self.content
        if now.keys != self._before.keys:
            self._steps = [*self._steps, self._before][-_STEPS:]
            self.edit_reset()
        self._before = now

    def _take_back(self, _event: object) -> str | None:
        if super().can_undo or not self._steps or str(self.cget("state")) != "normal":
            return None  # Tk takes back words
        self._write(self._steps.pop())
        self.edit_modified(arg=True)
        return "break"
