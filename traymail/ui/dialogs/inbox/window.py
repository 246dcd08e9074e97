"""The inbox of the demo: shows what arrives at the server inside this program."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from PIL import Image

from traymail.core.errors import TraymailError
from traymail.core.texts import Text, text
from traymail.desktop.requests import Aim, WantedFile
from traymail.disk import write_whole
from traymail.ui.attaching import LARGEST, thumbnail
from traymail.ui.bridge import Background
from traymail.ui.dialogs.inbox.view import PICTURE, MailHandlers, MailList, MailLooked, MailPane
from traymail.ui.files import ask_for_files
from traymail.ui.model import inbox as model
from traymail.ui.model.inbox import Delivered, Inbox, Origin, Part, Received
from traymail.ui.model.sentences import sentence_of
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.theme import Root
from traymail.ui.widgets import Area, Banner, Button, Label, Panes, Toast, fold_when_narrow
from traymail.ui.window import Footer, Size, Window


@dataclass(frozen=True, slots=True)
class InboxNavigation:
    """``write`` and ``end`` are called on Tk's thread; the others may block, and may fail."""

    write: Callable[[], object]
    drop: Callable[[], object]
    folder: Callable[[], object]
    error: Callable[[], object]
    real: Callable[[], object]
    end: Callable[[], object]


def small_pictures(mail: Received, most: tuple[int, int]) -> Mapping[int, Image.Image]:
    """Return what can be drawn of a mail's attachments, by their place."""
    drawn = {
        place: thumbnail(BytesIO(part.content), most)
        for place, part in enumerate(mail.parts)
        if part.picture and len(part.content) <= LARGEST
    }
    return {place: picture for place, picture in drawn.items() if picture is not None}


_LIST_WIDTH = 316


class InboxWindow(Window):
    """Mails are read in the background, one after the other, and shown as they come."""

    remembered = "inbox"

    def __init__(
        self,
        root: Root,
        background: Background,
        navigation: InboxNavigation,
        server: str,
        now: Callable[[], datetime],
    ) -> None:
        """``server`` is the name and port the server listens on."""
        super().__init__(root, text("Demo inbox"), Size(960, 620, (900, 600)))
        self._navigation, self._now = navigation, now
        self.screen = ScreenState(Inbox(), self._draw)
        self._tasks = Tasks(self, background, self._failed)
        self._looked: dict[int, MailLooked] = {}
        self._waiting: deque[Delivered] = deque()
        self._reading = False
        self._draw_strip()
        self._draw_acts()
        panes = Panes(self)
        panes.pack(fill="both", expand=True)
        left = Area(panes)
        left.configure(width=self.theme.px(_LIST_WIDTH))
        left.pack_propagate(flag=False)
        status = Area(left, padding=(22, 8))
        status.pack(side="bottom", fill="x")
        Label(status, "", "success", icon="circle-fill", icon_size=8).pack(side="left")
        listening = Label(status, text("{server} takes mail", server=server), "muted", "TmSmall")
        listening.pack(side="left", padx=(self.theme.px(8), 0))
        self.list = MailList(left, _LIST_WIDTH, self._choose, self._step)
        self.list.pack(fill="both", expand=True)
        self.pane = MailPane(panes, MailHandlers(self._save, self._show_source))
        panes.hold(left, self.pane)
        self._toast = Toast(self)
        # Nothing else leads back to this window: to close it ends the rehearsal.
        self.protocol("WM_DELETE_WINDOW", navigation.end)
        self.screen.set_state(self.screen.state)

    def _draw_strip(self) -> None:
        words = text("This is a rehearsal: everything stays on this computer.")
        strip = Banner(self, "info", words, "house-check")
        real = text("Add a &real account…")
        self.real = Button(strip.actions, real, lambda: self._do(self._navigation.real), "primary")
        self.real.pack()
        strip.pack(side="top", fill="x")

    def _draw_acts(self) -> None:
        footer = Footer(self)
        footer.pack(side="bottom", fill="x")
        words = Label(footer.left, text("Try it:"), "fg", "TmStrong")
        words.pack(side="left", padx=(0, self.theme.px(8)))
        navigation = self._navigation
        self.write = footer.add_left(text("&Write a mail…"), navigation.write, "normal", "pencil")
        self.drop = footer.add_left(
            text("Drop a &picture"), lambda: self._do(navigation.drop), "normal", "image"
        )
        self.folder = footer.add_left(
            text("Open the f&older"), lambda: self._do(navigation.folder), "normal", "folder2-open"
        )
        self.error = footer.add_left(
            text("Write an error into the &log"),
            lambda: self._do(navigation.error),
            "normal",
            "bug",
        )
        acts = (self.write, self.drop, self.folder, self.error)
        fold_when_narrow(footer, acts)

    # --- for those who open it ----------------------------------------------------------------

    def know(self, kinds: Mapping[str, Origin]) -> None:
        """Learn of which kind the rules are."""
        self.screen.apply(model.informed, kinds)

    def arrived(self, delivered: Delivered) -> None:
        """Take in a mail."""
        self._waiting.append(delivered)
        self._read_next()

    # --- the window ---------------------------------------------------------------------------

    def on_show(self) -> None:
        """Start in the list, or at the first thing to try."""
        if self.screen.state.chosen is None:
            self.write.focus_set()
        else:
            self.list.focus_on_choice(self.screen.state)

    def close(self) -> None:
        """Stay: Escape does not end the rehearsal."""

    def _draw(self, _before: Inbox, state: Inbox) -> None:
        self.title(self.theme.say(model.title(state)))
        self.list.fill(state)
        looked = None if state.chosen is None else self._looked[state.chosen]
        self.pane.fill(state, looked)

    def put(self, looked: MailLooked) -> None:
        """Put a mail that was read on top."""
        state = model.arrived(self.screen.state, looked.mail, self._now())
        self._looked[state.entries[0].number] = looked
        self.screen.set_state(state)

    def _choose(self, number: int) -> None:
        self.screen.apply(model.choose, number)
        self.list.focus_on_choice(self.screen.state)

    def _step(self, by: int) -> None:
        self.screen.apply(model.step, by)
        self.list.focus_on_choice(self.screen.state)

    def _show_source(self, source: bool) -> None:  # noqa: FBT001 - the view that is wanted
        self.screen.apply(model.show_source, source=source)

    # --- what blocks --------------------------------------------------------------------------

    def _read_next(self) -> None:
        if self._reading or not self._waiting:
            return
        self._reading = True
        delivered = self._waiting.popleft()
        most = (self.theme.px(PICTURE[0]), self.theme.px(PICTURE[1]))

        def work() -> MailLooked:
            mail = model.read(delivered)
            return MailLooked(mail, small_pictures(mail, most))

        self._tasks.run(work, self._read, self._not_read)

    def _read(self, looked: MailLooked) -> None:
        self.put(looked)
        self._reading = False
        self._read_next()

    def _not_read(self, error: TraymailError) -> None:
        self._failed(error)
        self._reading = False
        self._read_next()

    def _save(self, part: Part) -> None:
        def save(chosen: tuple[Path, ...]) -> None:
            target = chosen[0]
            self._tasks.run(
                lambda: write_whole(target, part.content),
                lambda _none: self._toast.show(text("Saved as {path}.", path=target.name), "ok"),
            )

        name = Path(part.name).name
        ask_for_files(self, WantedFile(Aim.SAVE, text("Save the file"), name=name), save)

    def _do(self, act: Callable[[], object]) -> None:
        self._tasks.run(act, self._did)

    def _did(self, answer: object) -> None:
        if isinstance(answer, Text):
            self._toast.show(answer)

    def _failed(self, error: TraymailError) -> None:
        self._toast.show(sentence_of(error), "err")
