"""The content of the quick-send window: puts its parts together and shows a state in them."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import replace

from PIL import Image

from traymail.core.overview import SavedDraft
from traymail.core.texts import Text, text
from traymail.ui.dialogs.quick_send.acts import QuickSendHandlers
from traymail.ui.dialogs.quick_send.body import Body, Drawer
from traymail.ui.dialogs.quick_send.foot import Foot
from traymail.ui.dialogs.quick_send.head import QuickSendHead
from traymail.ui.dialogs.quick_send.notes import Notes
from traymail.ui.form_controls import Helpers
from traymail.ui.model import quick_judge as judge
from traymail.ui.model.quick_send import DraftStage, QuickSend
from traymail.ui.widgets import Area
from traymail.ui.widgets.strips import UndoChoices
from traymail.ui.window import Window

LEAST = (480, 420)


class QuickSendSheet(Area):
    """Head, body, attachments, strips and foot."""

    def __init__(
        self,
        master: tk.Misc,
        acts: QuickSendHandlers,
        helpers: Helpers,
        thumbnails: Mapping[str, Image.Image],
    ) -> None:
        super().__init__(master)
        self._acts = acts
        self._stage: tuple[DraftStage, Text | None] | None = None
        # How high the window was before its parts needed more, 0 while they do not; how high then.
        self._before = self._grown = 0
        # Made in the order in which the keyboard goes through them.
        self.head = QuickSendHead(self, helpers, acts)
        self.body = Body(self, acts.typed, acts.add_account)
        self._drawer = Drawer(self, thumbnails, acts.remove)
        self.foot = Foot(self, acts)
        self.foot.pack(side="bottom", fill="x")
        self.head.pack(side="top", fill="x")
        self.body.pack(side="top", fill="both", expand=True)
        self._notes = Notes(self.foot, acts.open_settings)
        for part in (self.head, self._drawer):
            part.bind("<Configure>", lambda _event: self.later(self._make_room), add="+")

    def draw(self, state: QuickSend) -> None:
        """Show a state, but for what stands in the fields."""
        self.head.show(state, judge.complaints(state))
        weight = judge.weight(state)
        self._drawer.show(state.files, weight)
        if state.files or weight:
            self._drawer.pack(side="bottom", fill="x", before=self.head)
        else:
            self._drawer.pack_forget()
        self.body.show(state)
        self._notes.show(judge.keeping(state), judge.keeping_words(state), state.trouble)
        self.foot.show_markdown(on=state.written.markdown)
        writing = state.stage is DraftStage.WRITING
        self.foot.enable(send=judge.may_send(state), others=writing)
        if (state.stage, state.question) != self._stage:
            self._stage = state.stage, state.question
            self.head.enable(enabled=writing)
            self.body.text.enable(writing)
            self._draw_foot(state)
        self.foot.hold_undo(judge.why_undo_stands(state))
        self.later(self._make_room)

    def fill(self, written: SavedDraft) -> None:
        """Show what is written in the fields."""
        # A field that is greyed would not take it.
        self.body.value = written.body
        self.head.fill(written)

    def read(self, written: SavedDraft) -> SavedDraft:
        """Return what is written, with what stands in the fields."""
        return replace(self.head.read(written), body=self.body.value)

    def focus_on_next(self, written: SavedDraft) -> None:
        """Put the keyboard where something is missing."""
        (self.body.text if written.to else self.head.to.entry).focus_set()

    def _make_room(self) -> None:
        """Let the window be no lower than its parts with a few lines of text."""
        window = self._window()
        wide, high = window.minsize()
        usual = self.look.px(LEAST[1])
        needed = min(max(usual, self.winfo_reqheight()), window.most_high)
        if high != needed and wide > 1:
            window.minsize(wide, needed)
            self._keep_height(window.winfo_height(), needed)

    def _keep_height(self, height: int, needed: int) -> None:
        """Let what made the window grow go away with it again, unless the user made it higher."""
        if needed > height:
            self._before = self._before or height
            self._grown = needed
        elif self._before and height <= self._grown:
            self._window().set_height(max(self._before, needed))
            if needed <= self._before:
                self._before = 0
        else:
            self._before = 0

    def _window(self) -> Window:
        window = self.winfo_toplevel()
        assert isinstance(window, Window)  # noqa: S101 - all of ours are
        return window

    def _draw_foot(self, state: QuickSend) -> None:
        acts = self._acts
        match state.stage:
            case DraftStage.WRITING:
                self.foot.show_buttons()
            case DraftStage.ASKING:
                question = state.question or judge.NO_SUBJECT
                self.foot.ask(question, text("&Send"), acts.send_anyway, acts.close)
            case DraftStage.POSTING:
                self.foot.working(text("Putting it into the outbox…"))
            case DraftStage.WAITING:
                choices = UndoChoices(undo=acts.undo, done=acts.end_undo, now=acts.hurry)
                self.foot.show_undo(
                    lambda seconds: judge.countdown(state, seconds), state.seconds, choices
                )
            case DraftStage.RETURNING:
                self.foot.working(text("Undoing…"))


class WindowKeys:
    """Keys of a window that go before those of the widget that has the keyboard."""

    def __init__(self, window: tk.Toplevel) -> None:
        self._window = window
        self._tag = f"keys-of-{window}"
        self._commands: list[str] = []
        window.bind("<FocusIn>", self._prefer, add="+")
        window.bind("<Destroy>", self._gone, add="+")

    def bind(self, act: Callable[[], bool], *keys: str) -> None:
        """Call ``act``, whose answer tells whether the key is done with."""
        for key in keys:
            command = self._window.bind_class(
                self._tag, key, lambda _event: "break" if act() else None
            )
            self._commands.append(command)

    def _gone(self, event: tk.Event[tk.Misc]) -> None:
        """Have Tk let go of the window: what is bound to a tag stays otherwise."""
        if event.widget is self._window:
            root = self._window.nametowidget(".")  # which keeps a list of them
            for command in self._commands:
                root.deletecommand(command)

    def _prefer(self, event: tk.Event[tk.Misc]) -> None:
        tags = event.widget.bindtags()
        if self._tag not in tags:
            event.widget.bindtags((self._tag, *tags))
