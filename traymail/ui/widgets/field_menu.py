"""The menu of every field, on right click and by the key for it: undo, cut, copy, paste, all."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from contextlib import suppress

from traymail.core.texts import Text, text
from traymail.ui.theme import Root
from traymail.ui.widgets.button import paint_menu
from traymail.ui.widgets.entry import Entry, TextArea

FIELDS = ("Entry", "TEntry", "TCombobox", "Spinbox", "TSpinbox", "Text")
"""The classes of Tk for what holds words."""
_KEYS = {"x11": ("<Menu>", "<Shift-F10>"), "win32": ("<App>", "<Shift-F10>")}
# What is set in a root whose fields have it.
_THERE = "_traymail_field_menu"


def offer_field_menu(root: Root) -> None:
    """Give all fields below ``root`` their menu, those of Tk's own dialogs too."""
    if not hasattr(root, _THERE):
        setattr(root, _THERE, _FieldMenu(root))


class _Field:
    """A field, known by its path only: Tk's own code makes some, too."""

    def __init__(self, root: tk.Misc, widget: tk.Misc | str) -> None:
        self._tk, self._path = root.tk, str(widget)
        self._class = str(root.tk.call("winfo", "class", self._path))
        self.undoes = widget if isinstance(widget, Entry | TextArea) else None

    def ask(self, *words: object) -> str:
        return str(self._tk.call(self._path, *words))

    def about(self, what: str) -> int:
        return int(self._tk.call("winfo", what, self._path))

    def event(self, name: str) -> None:
        with suppress(tk.TclError):  # gone by now
            self._tk.call("event", "generate", self._path, name)

    def enter(self, x: int, y: int) -> None:
        """Take the keyboard, and what is marked; else put the cursor there."""
        self._tk.call("focus", self._path)
        if self.marked:
            return
        if self._class == "Text":
            self.ask("mark", "set", "insert", f"@{x},{y}")
        else:
            self.ask("icursor", f"@{x}")

    @property
    def marked(self) -> bool:
        if self._class == "Text":
            return self.ask("tag", "ranges", "sel") not in {"", "()"}
        return self.ask("selection", "present") == "1"

    @property
    def editable(self) -> bool:
        if self._class in {"TEntry", "TCombobox", "TSpinbox"}:
            return self.ask("instate", ("!disabled", "!readonly")) == "1"
        return self.ask("cget", "-state") == "normal"

    @property
    def hidden(self) -> bool:
        """Whether it shows dots in place of its words."""
        with suppress(tk.TclError):  # only some fields can
            return self.ask("cget", "-show") != ""
        return False


class _FieldMenu:
    def __init__(self, root: Root) -> None:
        self._root = root
        system = str(root.tk.call("tk", "windowingsystem"))
        self._key = "Cmd" if system == "aqua" else "Ctrl"
        self._menu = tk.Menu(root, tearoff=False)
        root.look.paint(self._menu, lambda palette: paint_menu(self._menu, palette))
        for kind in FIELDS:
            root.bind_class(kind, "<<ContextMenu>>", self._clicked)
            for key in _KEYS.get(system, ()):
                root.bind_class(kind, key, self._pressed)

    def _clicked(self, event: tk.Event[tk.Misc]) -> str:
        field = _Field(self._root, event.widget)
        field.enter(event.x, event.y)
        return self._open(field, event.x_root, event.y_root)

    def _pressed(self, event: tk.Event[tk.Misc]) -> str:
        field = _Field(self._root, event.widget)
        seen = self._root.tk.splitlist(field.ask("bbox", "insert")) or ("0", "0", "0", "0")
        x, y, _wide, high = (int(str(side).strip("(),")) for side in seen)
        return self._open(field, field.about("rootx") + x, field.about("rooty") + y + high)

    def _open(self, field: _Field, x: int, y: int) -> str:
        menu, undoes, editable = self._menu, field.undoes, field.editable
        # What is shown as dots is for nobody's eyes.
        copied = field.marked and not field.hidden
        menu.delete(0, "end")
        can_undo = undoes is not None and editable and undoes.can_undo
        self._add(text("Undo"), "Z", lambda: undoes and undoes.undo(), can=can_undo)
        menu.add_separator()
        self._add(text("Cut"), "X", lambda: field.event("<<Cut>>"), can=editable and copied)
        self._add(text("Copy"), "C", lambda: field.event("<<Copy>>"), can=copied)
        self._add(text("Paste"), "V", lambda: field.event("<<Paste>>"), can=editable)
        menu.add_separator()
        self._add(text("Select all"), "A", lambda: field.event("<<SelectAll>>"), can=True)
        menu.tk_popup(x, y)
        return "break"

    def _add(self, words: Text, letter: str, act: Callable[[], object], *, can: bool) -> None:
        self._menu.add_command(
            label=f" {self._root.look.say(words)} ",
            # Tk's menus know no padding.
            accelerator=f"{self._key}+{letter} ",
            command=act,
            state="normal" if can else "disabled",
        )
