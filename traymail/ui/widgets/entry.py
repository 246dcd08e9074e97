"""What is typed into: fields, longer texts, and the row of a form around them."""

from __future__ import annotations

import tkinter as tk
from collections import deque
from collections.abc import Callable
from tkinter import ttk
from typing import Literal

from traymail.core.address import whole_characters
from traymail.ui.palette import Palette
from traymail.ui.theme import Words, look_of
from traymail.ui.widgets.base import Area, Caption, Note, surface_of

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
        look = look_of(master)
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
            style=look.style("FieldBare" if bare else "Field", surface_of(master)),
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
        look = look_of(master)
        self._surface = "input" if boxed else surface_of(master)
        super().__init__(
            master,
            height=height,
            width=10,
            wrap="word",
            font=font,
            insertwidth=look.px(1.5),
            padx=0,
            pady=look.px(4),
            spacing2=look.px(3),
            spacing3=look.px(3),
            undo=True,
        )
        look.paint(self, self._paint)
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
        look = look_of(self)
        self.configure(
            state="normal" if enabled else "disabled",
            foreground=look.colour("fg" if enabled else "muted"),
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
            self.caption.grid(row=0, column=0, sticky="w", pady=(0, self.look.px(4)))
        else:
            self.columnconfigure(0, minsize=self.look.px(label_width))
            self.caption = Caption(self, label)
            self.caption.fit(self.look.px(label_width - 12))
            self.caption.grid(row=0, column=0, sticky="nw", pady=(self.look.px(7), 0))
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
            self.note.say(self._help or "", "muted")
        else:
            self.note.say(what, severity, _SIGNS[severity])
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
            above = self.look.px(4)
            self.note.grid(row=self._row + 1, column=self._column, sticky="we", pady=(above, 0))
        else:
            self.note.grid_forget()
