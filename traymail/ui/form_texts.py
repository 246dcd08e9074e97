"""The controls of a form into which texts are typed: lines, paths, several lines."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from traymail.core.duration import spoken_duration, written_duration
from traymail.core.fields import Choice, Field, FieldKind
from traymail.core.texts import text
from traymail.desktop.requests import Aim, WantedFile
from traymail.disk import in_home
from traymail.ui.files import ask_for_files
from traymail.ui.theme import theme_of
from traymail.ui.widgets.base import Area, Box
from traymail.ui.widgets.button import Button, paint_menu
from traymail.ui.widgets.entry import Entry, TextArea

Changed = Callable[[], object]
# A field of several lines grows with them, within these bounds.
_LINES = {FieldKind.LINES: (2, 8), FieldKind.PATTERNS: (1, 6), FieldKind.FILES: (1, 6)}
_PATTERNS = (FieldKind.PATTERN, FieldKind.PATTERNS)


class Plain:
    """The answers most controls of `traymail.ui.form` share."""

    grows = True

    def offer(self, choices: Sequence[Choice]) -> None:
        """Have nothing to choose from."""
        del choices  # nothing to choose from


class LineControl(Plain):
    """One line of text, also a number, a secret or a pattern."""

    def __init__(self, master: tk.Misc, field: Field, changed: Changed) -> None:
        self.entry = self.widget = Entry(
            master,
            on_change=lambda _value: changed(),
            width=field.width or 10,
            font="TkFixedFont" if field.kind is FieldKind.PATTERN else "TkDefaultFont",
            secret=field.kind is FieldKind.SECRET,
        )

    @property
    def value(self) -> str:
        """Return what stands in the field; to set it tells nobody."""
        return self.entry.value

    @value.setter
    def value(self, value: str) -> None:
        self.entry.value = value

    def mark(self, *, invalid: bool) -> None:
        """Draw it as wrong, or as usual."""
        self.entry.mark(invalid)

    def enable(self, *, enabled: bool) -> None:
        """Let it be changed, or not."""
        self.entry.enable(enabled)

    def focus(self) -> None:
        """Take the keyboard."""
        self.entry.focus_set()

    def insert(self, words: str) -> None:
        """Put words where the cursor is."""
        self.entry.insert("insert", words)


class DurationControl(LineControl):
    """A duration: in the words of the user's language, for its form as config.toml writes it."""

    @property
    def value(self) -> str:
        """Return what stands in the field; to set it tells nobody."""
        return written_duration(self.entry.value)

    @value.setter
    def value(self, value: str) -> None:
        self.entry.value = theme_of(self.entry).say(spoken_duration(value))


class PathControl(LineControl):
    """A path, and a button that asks for it."""

    def __init__(self, master: tk.Misc, field: Field, changed: Changed) -> None:
        area = Area(master)
        super().__init__(area, field, changed)
        self._folder = field.kind is FieldKind.FOLDER
        self._changed = changed
        self._choose = Button(area, text("Choose…"), self._ask)
        self._choose.pack(side="right", padx=(area.theme.px(8), 0))
        self.entry.pack(side="left", fill="x", expand=True)
        self.widget: tk.Widget = area  # type: ignore[assignment] # the entry and its button

    def enable(self, *, enabled: bool) -> None:
        """Let it be changed, or not."""
        super().enable(enabled=enabled)
        self._choose.enable(enabled)

    def _ask(self) -> None:
        place = in_home(self.value)
        wanted = (
            WantedFile(Aim.FOLDER, text("Choose a folder"), place)
            if self._folder
            else WantedFile(Aim.FILE, text("Choose a file"), place.parent)
        )
        ask_for_files(self.entry, wanted, self._take)

    def _take(self, chosen: tuple[Path, ...]) -> None:
        self.value = str(chosen[0])
        self._changed()


class LinesControl(Plain):
    """Several lines of text, or several patterns or paths, one a line."""

    def __init__(self, master: tk.Misc, field: Field, changed: Changed) -> None:
        self.widget = self.box = Box(master, "input", (8, 2), edge="field")
        self._one_a_line = field.kind is not FieldKind.LINES
        self._least, self._most = _LINES[field.kind]
        font = "TkFixedFont" if field.kind is FieldKind.PATTERNS else "TkDefaultFont"
        self.area = TextArea(self.box, height=self._least, font=font, boxed=True)
        self.area.pack(fill="both", expand=True)
        self.area.bind("<<Modified>>", lambda _event: self._modified(changed))
        self.area.bind("<FocusIn>", lambda _event: self.box.state(["focus"]), add="+")
        self.area.bind("<FocusOut>", lambda _event: self.box.state(["!focus"]), add="+")

    @property
    def value(self) -> str:
        """Return what stands in the field; to set it tells nobody."""
        return self.area.value

    @value.setter
    def value(self, value: str) -> None:
        self.area.value = value
        self.area.edit_modified(arg=False)
        self._grow()

    def mark(self, *, invalid: bool) -> None:
        """Draw it as wrong, or as usual."""
        self.box.state(["invalid" if invalid else "!invalid"])

    def enable(self, *, enabled: bool) -> None:
        """Let it be changed, or not."""
        self.area.enable(enabled)

    def focus(self) -> None:
        """Take the keyboard."""
        self.area.focus_set()

    def insert(self, words: str) -> None:
        """Put words where the cursor is; a pattern or a path gets a line of its own."""
        if self._one_a_line:
            apart = "\n" if self.value.strip() else ""
            self.area.insert("end-1c", apart + words)
            self.area.mark_set("insert", "end-1c")
        else:
            self.area.insert("insert", words)

    def _modified(self, changed: Changed) -> None:
        if self.area.edit_modified():
            self.area.edit_modified(arg=False)
            self._grow()
            changed()

    def _grow(self) -> None:
        lines = self.value.count("\n") + 1
        self.area.configure(height=min(max(lines, self._least), self._most))


class FilesControl(LinesControl):
    """Paths, one a line, and a button that adds one."""

    def __init__(self, master: tk.Misc, field: Field, changed: Changed) -> None:
        area = Area(master)
        super().__init__(area, field, changed)
        self._choose = Button(area, text("Choose…"), self._ask)
        self._choose.pack(side="right", anchor="n", padx=(area.theme.px(8), 0))
        self.box.pack(side="left", fill="x", expand=True)
        self.widget: tk.Widget = area  # type: ignore[assignment] # the text and its button

    def enable(self, *, enabled: bool) -> None:
        """Let it be changed, or not."""
        super().enable(enabled=enabled)
        self._choose.enable(enabled)

    def _ask(self) -> None:
        last = in_home(self.value.rpartition("\n")[2].strip() or "~")
        wanted = WantedFile(Aim.FILE, text("Choose a file"), last.parent)
        ask_for_files(self.widget, wanted, lambda chosen: self.insert(str(chosen[0])))


class InsertingControl(Plain):
    """A text and a button that offers what can be put into it."""

    def __init__(self, master: tk.Misc, field: Field, changed: Changed) -> None:
        self.widget = area = Area(master)
        several = field.kind in _LINES
        self._inner: LineControl | LinesControl
        self._inner = (LinesControl if several else LineControl)(area, field, changed)
        words = text("Examples…") if field.kind in _PATTERNS else text("Insert…")
        self._button = Button(area, words, self._open)
        self._button.pack(side="right", anchor="n", padx=(area.theme.px(8), 0))
        self._inner.widget.pack(side="left", fill="x", expand=True)
        self._menu = tk.Menu(area, tearoff=False)
        area.theme.paint(self._menu, lambda palette: paint_menu(self._menu, palette))
        self.offer(field.choices)

    @property
    def value(self) -> str:
        """Return what stands in the field; to set it tells nobody."""
        return self._inner.value

    @value.setter
    def value(self, value: str) -> None:
        self._inner.value = value

    def mark(self, *, invalid: bool) -> None:
        """Draw it as wrong, or as usual."""
        self._inner.mark(invalid=invalid)

    def enable(self, *, enabled: bool) -> None:
        """Let it be changed, or not."""
        self._inner.enable(enabled=enabled)
        self._button.enable(enabled)

    def offer(self, choices: Sequence[Choice]) -> None:
        """Offer other things to put in."""
        self._menu.delete(0, "end")
        say = self.widget.theme.say
        for choice in choices:
            self._menu.add_command(
                label=say(choice.words),
                accelerator=choice.value,
                command=partial(self._insert, choice.value),
            )

    def focus(self) -> None:
        """Take the keyboard."""
        self._inner.focus()

    def _insert(self, words: str) -> None:
        self._inner.insert(words)
        self._inner.focus()

    def _open(self) -> None:
        below = self._button.winfo_rooty() + self._button.winfo_height()
        self._menu.tk_popup(self._button.winfo_rootx(), below)
