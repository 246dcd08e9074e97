"""What the quick-send window has done: drafts kept, mails sent, files and pictures brought in."""

from __future__ import annotations

import logging
import tkinter as tk
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from PIL import Image

from traymail.core.errors import InputError, TraymailError
from traymail.core.message import Address, Draft
from traymail.core.overview import Overview, SavedDraft
from traymail.core.texts import text
from traymail.services.drafts import DraftService
from traymail.services.services import Services
from traymail.ui.attaching import CheckedFile, look_at, paths_of
from traymail.ui.bridge import Background, Job
from traymail.ui.clipboard import Clip, Clipboard
from traymail.ui.widgets import Toast


@dataclass(frozen=True, slots=True)
class QuickSendDoors:
    """The ways out of the window."""

    add_account: Callable[[], object]
    settings: Callable[[], object]
    out_of_sight: Callable[[int], object] = lambda _mail: None
    """Is given the mail that can still be undone when the window is closed."""


class QuickSendHandlers(Protocol):
    """What the user does."""

    def typed(self) -> None:
        """Follow the fields: one has changed."""

    def add_me(self) -> None:
        """Make the user a recipient."""

    def add_account(self) -> None:
        """Go and add an account."""

    def open_settings(self) -> None:
        """Go to the settings."""

    def choose(self) -> None:
        """Choose files to attach."""

    def paste_picture(self) -> None:
        """Attach the picture in the clipboard."""

    def remove(self, path: str) -> None:
        """Take a file out."""

    def discard(self) -> None:
        """Throw the draft away."""

    def turn_markdown(self) -> None:
        """Write Markdown, or not."""

    def send_mail(self) -> None:
        """Send."""

    def send_anyway(self) -> None:
        """Send, although something was asked about."""

    def close(self) -> None:
        """Take the last step back."""

    def undo(self) -> None:
        """Take the mail back."""

    def end_undo(self) -> None:
        """Let the mail leave when its time has come."""

    def hurry(self) -> None:
        """Let the mail leave now."""


_SOON_MS = 1000


class DraftKeeper:
    """Writes the draft in the background; of changes while it writes, only the last."""

    def __init__(
        self,
        widget: tk.Misc,
        drafts: DraftService,
        background: Background,
        draft: Callable[[], SavedDraft | None],
        failed: Callable[[TraymailError], object],
    ) -> None:
        """``draft`` returns what is to be kept; None while nothing is known of it."""
        self._widget, self._draft = widget, draft
        self._drafts, self._background, self._failed = drafts, background, failed
        self._next: SavedDraft | None = None
        self._kept: SavedDraft | None = None
        self._job: Job | None = None
        self._timer: str | None = None
        widget.bind("<Destroy>", self._gone, add="+")

    def soon(self) -> None:
        """Keep the draft within a second."""
        if self._timer is None:
            self._timer = self._widget.after(_SOON_MS, self.keep)

    def keep(self) -> None:
        """Keep the draft; an empty one forgets what was kept."""
        self._stop()
        self._next = self._draft()
        self._go_on()

    def keep_now(self) -> None:
        """Keep the draft before this returns: the program ends."""
        draft = self._draft()
        if draft is not None and (self._job is not None or draft != self._kept):
            self._drafts.keep(draft)

    def _stop(self) -> None:
        if self._timer is not None:
            self._widget.after_cancel(self._timer)
            self._timer = None

    def _gone(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self._widget:  # not one of its children
            self._stop()
            if self._job is not None:
                self._job.cancel()  # it is written all the same; nobody is there to be told

    def _go_on(self) -> None:
        draft = self._next
        if self._job is not None or draft is None:
            return
        self._next = None
        if draft == self._kept:
            return
        self._job = self._background.run(
            lambda _stop: self._drafts.keep(draft),
            lambda _none: self._written(draft),
            self._not_written,
        )

    def _written(self, draft: SavedDraft) -> None:
        self._job = None
        self._kept = draft
        self._go_on()

    def _not_written(self, error: TraymailError) -> None:
        self._job = None
        self._failed(error)


@dataclass(frozen=True, slots=True)
class QuickSendLoaded:
    """What the window shows that comes from the program; ``draft`` only the first time."""

    overview: Overview
    now: datetime
    people: tuple[Address, ...]
    draft: SavedDraft | None = None


class Post:
    """Asks the program in the background; one mail at a time."""

    def __init__(
        self,
        services: Services,
        background: Background,
        failed: Callable[[TraymailError], object],
    ) -> None:
        self._services, self._background, self._failed = services, background, failed

    def load(
        self, now: Callable[[], datetime], done: Callable[[QuickSendLoaded], object], *, draft: bool
    ) -> Job:
        """Ask how everything stands, for whom the user writes to, and for the kept ``draft``."""

        def ask(_stop: object) -> QuickSendLoaded:
            services = self._services
            kept = services.drafts.load() if draft else None
            return QuickSendLoaded(
                services.program.overview(), now(), services.drafts.people(), kept
            )

        return self._background.run(ask, done, self._failed)

    def store(
        self, make: Callable[[], Draft], undo: timedelta, done: Callable[[int], object]
    ) -> None:
        """Store a mail and call ``done`` with its id; it leaves after ``undo``."""
        self._background.run(
            lambda _stop: self._services.mail.post(make(), undo).id, done, self._failed
        )

    def take_back(self, mail: int, done: Callable[[bool], object]) -> None:
        """Undo, and call ``done`` with whether it came in time."""
        self._background.run(lambda _stop: self._services.mail.take_back(mail), done, self._failed)

    def hurry(self, mail: int) -> None:
        """Let a mail leave now."""
        self._background.run(
            lambda _stop: self._services.mail.send_now(mail), lambda _none: None, self._failed
        )


class AttachedFiles:
    """Looks at files and keeps their small pictures; `busy` while it does."""

    def __init__(
        self,
        drafts: DraftService,
        background: Background,
        found: Callable[[tuple[CheckedFile, ...]], object],
        failed: Callable[[TraymailError], object],
        picture: str,
    ) -> None:
        """``found`` is called with what was looked at, also with what cannot be attached.

        ``picture``: what the names of pictures begin with that had none.
        """
        self._drafts, self._background = drafts, background
        self._found, self._failed, self._picture = found, failed, picture
        self._under_way = 0
        self.thumbnails: dict[str, Image.Image] = {}

    @property
    def busy(self) -> bool:
        """Whether more is about to be found."""
        return self._under_way > 0

    def look(self, paths: Iterable[str]) -> None:
        """Look at the files at these paths."""
        wanted = tuple(paths)
        if wanted:
            self._run(lambda: look_at(wanted))

    def keep_picture(self, png: bytes) -> None:
        """Make a file of a picture, and look at it."""
        self._run(lambda: look_at([str(self._drafts.keep_picture(png, self._picture))]))

    def _run(self, work: Callable[[], tuple[CheckedFile, ...]]) -> None:
        self._under_way += 1
        self._background.run(lambda _stop: work(), self._looked, self._not_looked)

    def _looked(self, found: tuple[CheckedFile, ...]) -> None:
        self._under_way -= 1
        for one in found:
            if one.thumbnail is not None:
                self.thumbnails[one.path] = one.thumbnail
        self._found(found)

    def _not_looked(self, error: TraymailError) -> None:
        self._under_way -= 1
        self._failed(error)


_log = logging.getLogger(__name__)


def take_drops(
    window: tk.Toplevel,
    attach: Callable[[tuple[str, ...]], object],
    hover: Callable[[bool], object],
) -> None:
    """Call ``attach`` with the paths of files that are dropped anywhere on ``window``.

    ``hover`` is told when files come over it, and when they are gone again.

    Where the extension for it is missing, files are attached by button and by paste only.
    """
    try:
        from tkinterdnd2 import COPY, DND_FILES, TkinterDnD

        TkinterDnD.require(window)
    except (ImportError, RuntimeError):
        _log.info("no drag and drop here", exc_info=True)
        return

    def told(*, here: bool) -> str:
        hover(here)
        return str(COPY)

    def dropped(event: Any) -> str:  # noqa: ANN401 - tkinterdnd2 is not typed
        attach(paths_of(window.tk.splitlist(event.data)))
        return told(here=False)

    target = cast("Any", window)  # importing tkinterdnd2 gave all widgets these methods
    target.drop_target_register(DND_FILES)
    target.dnd_bind("<<DropEnter>>", lambda _event: told(here=True))
    target.dnd_bind("<<DropLeave>>", lambda _event: told(here=False))
    target.dnd_bind("<<Drop:DND_Files>>", dropped)


class Pasting:
    """Attaches what the clipboard holds."""

    def __init__(
        self,
        clipboard: Clipboard,
        files: AttachedFiles,
        toast: Toast,
        failed: Callable[[TraymailError], object],
    ) -> None:
        self._clipboard, self._files = clipboard, files
        self._toast, self._failed = toast, failed

    def paste(self) -> bool:
        """Attach files or a picture; words are left to the field that has the keyboard (False)."""
        try:
            if self._clipboard.for_a_field():
                return False
        except InputError as error:
            # The field would ask, too, and take what is no words for words.
            self._failed(error)
            return True
        self._clipboard.read_files(self._attach, self._failed)
        return True

    def picture(self) -> None:
        """Attach the picture in the clipboard, also one beside words, or the files."""
        self._clipboard.read_files(self._attach, self._failed)

    def _attach(self, clip: Clip) -> None:
        if clip.png:
            self._files.keep_picture(clip.png)
        elif clip.files:
            self._files.look(clip.files)
        else:
            self._toast.show(text("There is no picture in the clipboard."))
