"""The bar at the bottom of the quick-send window: buttons, or a question, or the undo bar."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from traymail.core.texts import Text, text
from traymail.ui.dialog import Footer
from traymail.ui.dialogs.quick_send.acts import QuickSendHandlers
from traymail.ui.widgets import Area, Button, Label, Line, Note, Spinner, Tooltip, UndoBar
from traymail.ui.widgets.strips import UndoChoices

_SIDE = 20
_HEIGHT = 56
_HINT_FROM = 560
_BUSY_AFTER_MS = 300


class Foot(Area):
    """Keeps its height, whatever is in it."""

    def __init__(self, master: tk.Misc, acts: QuickSendHandlers) -> None:
        super().__init__(master, "chrome")
        self.configure(height=self.look.px(_HEIGHT))
        self.pack_propagate(flag=False)
        self.grid_propagate(flag=False)
        self._buttons = Footer(self, _SIDE)
        self._fill(acts)
        self._buttons.right.lift()  # Tab goes as the eye reads: to attach first, to send last
        self._instead: Area | None = None
        self._timer: str | None = None
        self._buttons.pack(fill="both", expand=True)
        self.bind("<Configure>", self._resized, add="+")
        self.bind("<Destroy>", lambda _event: self._stop_waiting(), add="+")

    def show_buttons(self) -> None:
        """Show the buttons."""
        self._stop_waiting()
        if self._instead is not None:
            self._instead.destroy()
            self._instead = None
            self._buttons.pack(fill="both", expand=True)

    def show_undo(self, words: Callable[[int], Text], seconds: int, choices: UndoChoices) -> None:
        """Count down in place of the buttons, and take the keyboard."""
        bar = UndoBar(self._place(), words, seconds, choices)
        bar.pack(fill="both", expand=True)
        bar.start()

    def hold_undo(self, why: Text | None) -> None:
        """Let the count stand still, and say why; None: let it go on."""
        for bar in self._instead.winfo_children() if self._instead is not None else ():
            if isinstance(bar, UndoBar):
                bar.hold(why)

    def ask(
        self, question: Text, verb: Text, yes: Callable[[], object], no: Callable[[], object]
    ) -> None:
        """Ask in place of the buttons, and take the keyboard."""
        _Question(self._place(), question, verb, yes, no).pack(fill="both", expand=True)

    def working(self, words: Text) -> None:
        """Say what goes on, in place of the buttons, if it lasts."""
        self._stop_waiting()
        self._timer = self.after(_BUSY_AFTER_MS, lambda: self._show_busy(words))

    def enable(self, *, send: bool, others: bool) -> None:
        """Let the buttons be pressed, or not."""
        self.send_button.enable(send)
        for button in (self._attach, self._paste, self._markdown, self.discard_button):
            button.enable(others)

    def show_markdown(self, *, on: bool) -> None:
        """Show whether the text is Markdown."""
        if on:
            self._markdown.set_style("link", "markdown-fill")
        else:
            self._markdown.set_style("ghost", "markdown")

    def _fill(self, acts: QuickSendHandlers) -> None:
        bar = self._buttons
        self._attach = bar.add_left(text("&Attach"), acts.choose, icon="paperclip")
        self._paste = bar.add_left(text("&Paste picture"), acts.paste_picture, icon="clipboard")
        self._markdown = bar.add_left(text("Mar&kdown"), acts.turn_markdown, icon="markdown")
        for button in (self._paste, self._markdown):
            button.pack_configure(padx=0)
        self.discard_button = Button(bar.right, "", acts.discard, "ghost", icon="trash")
        self.discard_button.pack(side="left", padx=(0, self.look.px(8)))
        Tooltip(self.discard_button, lambda _x, _y: self.look.say(text("Discard the draft")))
        self._keys = Label(bar.right, "Ctrl+Enter", "muted", "TmSmall")
        self.send_button = bar.add(text("&Send"), acts.send_mail, "primary", icon="send")

    def _resized(self, event: tk.Event[tk.Misc]) -> None:
        """Leave the name of the key out where there is little room."""
        if event.widget is not self:
            return
        if event.width >= self.look.px(_HINT_FROM):
            self._keys.pack(side="left", padx=(0, self.look.px(12)), before=self.send_button)
        else:
            self._keys.pack_forget()

    def _place(self) -> Area:
        """Return an empty bar in place of the buttons."""
        self.show_buttons()
        self._buttons.pack_forget()
        self._instead = Area(self)
        Line(self._instead).pack(fill="x")
        self._instead.pack(fill="both", expand=True)
        return self._instead

    def _show_busy(self, words: Text) -> None:
        self._timer = None
        bar = Area(self._place(), padding=(_SIDE, 0))
        bar.pack(fill="both", expand=True)
        spinner = Spinner(bar, size=18)
        spinner.pack(side="left", padx=(0, self.look.px(14)))
        spinner.start()
        Label(bar, words, "fg", "TmStrong").pack(side="left")

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self.after_cancel(self._timer)
            self._timer = None


class _Question(Area):
    """A question with two answers; Escape is no."""

    def __init__(
        self,
        master: tk.Misc,
        question: Text,
        verb: Text,
        yes: Callable[[], object],
        no: Callable[[], object],
    ) -> None:
        super().__init__(master, "chrome", (_SIDE, 0))
        px = self.look.px
        self.columnconfigure(1, weight=1)
        self.rowconfigure(0, weight=1)
        Label(self, "", "link", icon="question-circle", icon_size=18).grid(
            row=0, column=0, padx=(0, px(14))
        )
        Note(self, question, "fg", font="TmStrong").grid(row=0, column=1, sticky="we")
        back = Button(self, text("&Cancel"), no)
        back.grid(row=0, column=2, padx=(px(20), px(8)))
        go = Button(self, verb, yes, "primary", icon="send")
        go.grid(row=0, column=3)
        go.focus_set()
