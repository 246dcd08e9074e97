"""What is typed into: fields, longer texts, and the row of a form around them."""

from __future__ import annotations

import tkinter as tk
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from tkinter import ttk
from typing import Literal

from traymail.core.address import whole_characters
from traymail.core.texts import Text, text
from traymail.ui.palette import Palette
from traymail.ui.theme import Root, Words, theme_of
from traymail.ui.widgets.base import Area, Caption, Note, surface_of
from traymail.ui.widgets.button import paint_menu

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
        root.theme.paint(self._menu, lambda palette: paint_menu(self._menu, palette))
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
            label=f" {self._root.theme.say(words)} ",
            # Tk's menus know no padding.
            accelerator=f"{self._key}+{letter} ",
            command=act,
            state="normal" if can else "disabled",
        )


Severity = Literal["danger", "warning", "success"]
_SIGNS = {"danger": "exclamation-circle", "warning": "exclamation-triangle", "success": "check"}


_MOST_STEPS = 100


class Entry(ttk.Entry):
    """One line of text, and the way back to what it was."""

    def __init__(  # noqa: PLR0913 - how it looks, each with a usual value
        self,
        master: tk.Misc,
        value: str = "",
        on_change: Callable[[str], object] | None = None,
        *,
        width: int = 20,
        font: str = "TkDefaultFont",
        secret: bool = False,
        bare: bool = False,
    ) -> None:
        """``width`` in letters; ``secret`` shows dots; ``bare`` leaves the border out."""
        theme = theme_of(master)
        self._held = whole_characters(value)
        self._text = tk.StringVar(master, self._held)
        self._steps: deque[str] = deque(maxlen=_MOST_STEPS)
        self._step = 0
        super().__init__(
            master,
            textvariable=self._text,
            font=font,
            width=width,
            show="•" if secret else "",
            style=theme.style("FieldBare" if bare else "Field", surface_of(master)),
        )
        self._on_change = on_change
        self._silent = False
        self._trace = self._text.trace_add("write", lambda *_: self._changed())
        self.bind("<Control-a>", self._select_all)
        self.bind("<<Undo>>", lambda _event: self.undo())

    @property
    def value(self) -> str:
        """What stands in the field; to set it calls nothing, and there is no way back."""
        # What is pasted may hold halves of characters, which nothing could store.
        return whole_characters(self._text.get())

    @value.setter
    def value(self, value: str) -> None:
        self._silent = True
        self._held = whole_characters(value)
        self._text.set(self._held)
        self._silent = False
        self._steps.clear()
        self.icursor("end")

    def destroy(self) -> None:
        """Go for good; what Tk holds of this field would hold its whole window in memory."""
        self._text.trace_remove("write", self._trace)
        super().destroy()

    def mark(self, invalid: bool) -> None:  # noqa: FBT001 - the state to show
        """Draw the edge in red, or as usual."""
        self.state(["invalid" if invalid else "!invalid"])

    def enable(self, enabled: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as a state
        """Let it be typed into, or not."""
        self.state(["!disabled" if enabled else "disabled"])

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to take back."""
        return bool(self._steps)

    def undo(self) -> None:
        """Take back what was typed last, up to the space before it, or what was cut or pasted."""
        if self._steps and self.instate(["!disabled"]):
            self._held = self._steps.pop()
            self._step = 0
            self._text.set(self._held)
            self.icursor("end")

    def _changed(self) -> None:
        if self._silent:
            return
        before, self._held = self._held, self.value
        if before != self._held:
            self._note(before, self._held)
        if self._on_change is not None:
            self._on_change(self._held)

    def _note(self, before: str, now: str) -> None:
        """Note a step back, unless letters of one word go on to come, or to go."""
        step = len(now) - len(before) if now.count(" ") == before.count(" ") else 0
        if abs(step) != 1 or step != self._step:
            self._steps.append(before)
        self._step = step

    def _select_all(self, _event: tk.Event[tk.Misc]) -> str:
        self.selection_range(0, "end")
        return "break"


class TextArea(tk.Text):
    """Several lines of text, without a border of its own."""

    def __init__(
        self,
        master: tk.Misc,
        value: str = "",
        *,
        height: int = 6,
        font: str = "TkDefaultFont",
        boxed: bool = False,
    ) -> None:
        """``height`` in lines; ``boxed`` when it lies in a `Box` of inputs."""
        theme = theme_of(master)
        self._surface = "input" if boxed else surface_of(master)
        super().__init__(
            master,
            height=height,
            width=10,
            wrap="word",
            font=font,
            insertwidth=theme.px(1.5),
            padx=0,
            pady=theme.px(4),
            spacing2=theme.px(3),
            spacing3=theme.px(3),
            undo=True,
        )
        theme.paint(self, self._paint)
        self.bind("<Tab>", self._next)
        self.bind("<Shift-Tab>", self._previous)
        self.value = value

    @property
    def value(self) -> str:
        """The text, without the line end Tk adds."""
        return whole_characters(self.get("1.0", "end-1c"))

    @value.setter
    def value(self, value: str) -> None:
        self.delete("1.0", "end")
        self.insert("1.0", whole_characters(value))
        self.edit_reset()

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to take back."""
        return bool(self.tk.getboolean(self.tk.call(self, "edit", "canundo")))

    def undo(self) -> None:
        """Take back what was done last."""
        self.event_generate("<<Undo>>")

    def enable(self, enabled: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as a state
        """Let it be typed into, or show it greyed and read-only."""
        theme = theme_of(self)
        self.configure(
            state="normal" if enabled else "disabled",
            foreground=theme.colour("fg" if enabled else "muted"),
        )

    def _paint(self, palette: Palette) -> None:
        enabled = str(self.cget("state")) == "normal"
        self.configure(
            background=palette.colour(self._surface),
            foreground=palette.fg if enabled else palette.muted,
            insertbackground=palette.fg,
            selectbackground=palette.primary,
            selectforeground=palette.on_primary,
            inactiveselectbackground=palette.sel,
            # ttkbootstrap gives every Text a frame when the theme changes.
            relief="flat",
            borderwidth=0,
            highlightthickness=0,
        )

    def _next(self, event: tk.Event[tk.Misc]) -> str:
        event.widget.tk_focusNext().focus_set()  # type: ignore[union-attr] # a focus ring is never empty
        return "break"

    def _previous(self, event: tk.Event[tk.Misc]) -> str:
        event.widget.tk_focusPrev().focus_set()  # type: ignore[union-attr] # a focus ring is never empty
        return "break"


class FieldRow(Area):
    """A label, the controls put into `controls`, and one line below: help, or what is wrong."""

    def __init__(
        self,
        master: tk.Misc,
        label: Words,
        help_: Words | None = None,
        *,
        above: bool = False,
        label_width: float = 96,
    ) -> None:
        """``above`` puts the label over the controls; else it has ``label_width`` beside them."""
        super().__init__(master)
        self._help = help_
        self._row, self._column = (1, 0) if above else (0, 1)
        if above:
            self.caption = Caption(self, label, "fg", "TmStrong")
            self.caption.grid(row=0, column=0, sticky="w", pady=(0, self.theme.px(4)))
        else:
            self.columnconfigure(0, minsize=self.theme.px(label_width))
            self.caption = Caption(self, label)
            self.caption.fit(self.theme.px(label_width - 12))
            self.caption.grid(row=0, column=0, sticky="nw", pady=(self.theme.px(7), 0))
        self.columnconfigure(self._column, weight=1)
        self.controls = Area(self)
        self.controls.grid(row=self._row, column=self._column, sticky="we")
        self.note = Note(self, help_ or "")
        self._told = False
        self._settle()

    def tell(self, what: Words | None, severity: Severity = "danger") -> None:
        """Show what is wrong (or right) in place of the help; None brings the help back."""
        self._told = what is not None
        if what is None:
            self.note.set_text(self._help or "", "muted")
        else:
            self.note.set_text(what, severity, _SIGNS[severity])
        self._settle()

    def explain(self, help_: Words | None) -> None:
        """Show another help, at once unless something else is told in its place."""
        if help_ == self._help:
            return
        self._help = help_
        if not self._told:
            self.tell(None)

    def _settle(self) -> None:
        if self._told or self._help is not None:
            above = self.theme.px(4)
            self.note.grid(row=self._row + 1, column=self._column, sticky="we", pady=(above, 0))
        else:
            self.note.grid_forget()
