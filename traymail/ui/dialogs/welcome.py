"""The window of the first start: what traymail is, the two ways on, and where its icon lives."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from PIL import ImageTk

from traymail.core.errors import TraymailError
from traymail.core.texts import Text, text
from traymail.services.program import ProgramService
from traymail.ui.bridge import Background
from traymail.ui.icons import window_icon
from traymail.ui.lead_on import LeadOn
from traymail.ui.model.sentences import sentence_of
from traymail.ui.tasks import Tasks
from traymail.ui.theme import Root
from traymail.ui.widgets import Area, Box, Button, Label, Note, ScrollArea, Toast
from traymail.ui.window import Dialog, Size

LOOK_FIRST = text("A rehearsal on this computer: no account is needed, and no mail leaves.")
STARTING = text("The rehearsal starts…")
_ICON = 48


class WelcomeWindow(Dialog):
    """Leads to an account or to the rehearsal; closed, the tray has all of it."""

    remembered = "welcome"

    def __init__(
        self,
        root: Root,
        program: ProgramService,
        background: Background,
        add_account: Callable[[], object],
        in_window: Callable[[], bool],
    ) -> None:
        """``in_window`` tells whether the menu is in a window instead of the tray."""
        super().__init__(root, text("Welcome to traymail"), Size(640, 480))
        self._program, self._in_window = program, in_window
        self._tasks = Tasks(self, background, self._failed)
        scroll = ScrollArea(self.body, padding=(24, 20, 14, 12))
        scroll.pack(fill="both", expand=True)
        self._draw_head(scroll.inner)
        self.primary, _ = self._way(
            scroll.inner,
            "envelope-at",
            text("Send with your own mailbox"),
            text("QQ, 163, Gmail and others: the address and a code, and each step is shown."),
            text("&Add account…"),
            add_account,
        )
        self.rehearsal, self._about = self._way(
            scroll.inner,
            "play-circle",
            text("Look first"),
            LOOK_FIRST,
            text("Start the &rehearsal"),
            self._rehearse,
        )
        self.lead_on = LeadOn(scroll.inner, in_window=in_window(), start=self._start_with_desktop)
        self.lead_on.pack(fill="x")
        self.later = self.footer.add(text("&Later"), self.close)
        self._toast = Toast(self)

    def on_show(self) -> None:
        """Ask how things stand."""
        if self.primary is not None:
            self.primary.focus_set()
        self.tell_place()
        self._tasks.run(self._program.autostart, self._known)

    def tell_place(self) -> None:
        """Say anew where the program is to be found."""
        self.lead_on.tell(in_window=self._in_window())

    def _draw_head(self, inner: Area) -> None:
        px = self.theme.px
        head = Area(inner)
        head.pack(fill="x", pady=(0, px(6)))
        # Tk forgets a picture that nobody holds.
        self._picture = ImageTk.PhotoImage(window_icon(px(_ICON)), master=self)
        picture = tk.Label(head, image=str(self._picture), borderwidth=0)
        self.theme.paint(picture, lambda palette: picture.configure(background=palette.bg))
        picture.pack(side="left", padx=(0, px(16)))
        words = Area(head)
        words.pack(side="left", fill="x", expand=True)
        Label(words, text("Welcome to traymail"), "fg", "TmTitle").pack(anchor="w")
        what = text(
            "It mails what you give it: a text, files, a screenshot. It also mails what lands in a "
            "folder, and tells you of errors in a log."
        )
        Note(words, what, "muted", font="TkDefaultFont").pack(fill="x", pady=(px(4), 0))

    def _way(
        self,
        inner: Area,
        icon: str,
        title: Text,
        about: Text,
        verb: Text,
        act: Callable[[], object],
    ) -> tuple[Button, Note]:
        """Draw a way on: a card with its button; the first is the primary one."""
        px = self.theme.px
        box = Box(inner, "card", (16, 14))
        box.pack(fill="x", pady=(px(14), 0))
        picture = Box(box, "infobg", 9)
        picture.pack(side="left", padx=(0, px(14)))
        Label(picture, "", "link", icon=icon, icon_size=22).pack()
        button = Button(box, verb, act, "normal" if self.primary else "primary")
        button.pack(side="right", padx=(px(14), 0))
        middle = Area(box)
        middle.pack(side="left", fill="x", expand=True)
        Label(middle, title, "fg", "TmStrong").pack(anchor="w")
        note = Note(middle, about)
        note.pack(fill="x", pady=(px(2), 0))
        return button, note

    # --- what the user does -------------------------------------------------------------------

    def _rehearse(self) -> None:
        self._start(busy=True)
        language = self.theme.language

        def failed(error: TraymailError) -> None:
            self._start(busy=False)
            self._failed(error)

        self._tasks.run(lambda: self._program.rehearse(language), failed=failed)

    def _start(self, *, busy: bool) -> None:
        self.rehearsal.enable(not busy)
        self._about.set_text(STARTING if busy else LOOK_FIRST, "muted")

    def _start_with_desktop(self, on: bool) -> None:  # noqa: FBT001 - the switch's value
        def failed(error: TraymailError) -> None:
            self._known(not on)
            self._failed(error)

        self._tasks.run(lambda: self._program.set_autostart(on=on), failed=failed)

    def _known(self, on: bool) -> None:  # noqa: FBT001 - the service's answer
        if self.winfo_exists():
            self.lead_on.know(on=on)

    def _failed(self, error: TraymailError) -> None:
        if self.winfo_exists():
            self._toast.show(sentence_of(error), "err")
