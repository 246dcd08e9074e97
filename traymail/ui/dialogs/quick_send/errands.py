"""What the quick-send window has done: drafts kept, mails sent, files and pictures brought in."""

from __future__ import annotations

import logging
import tkinter as tk
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from PIL import Image

from traymail.core.errors import InputError, TraymailError
from traymail.core.overview import SavedDraft
from traymail.core.texts import text
from traymail.services.drafts import DraftService
from traymail.ui.attaching import THUMBNAIL, CheckedFile, look_at, paths_of, smaller
from traymail.ui.clipboard import Clip, Clipboard
from traymail.ui.model.prefill import Prefill
from traymail.ui.model.quick_send import File, SmallPicture
from traymail.ui.tasks import Tasks
from traymail.ui.widgets import Toast


@dataclass(frozen=True, slots=True)
class QuickSendNavigation:
    """The ways out of the window."""

    add_account: Callable[[], object]
    settings: Callable[[], object]
    table: Callable[[str, str, str], object]
    """Is given subject, text and account, for a mail for each row of a table."""
    out_of_sight: Callable[[int], object] = lambda _mail: None
    """Is given the mail that can still be undone when the window is closed."""


@dataclass(frozen=True, slots=True)
class QuickSendHandlers:
    """What the user does."""

    typed: Callable[[], object]
    """A field has changed."""
    add_me: Callable[[], object]
    add_account: Callable[[], object]
    open_settings: Callable[[], object]
    choose: Callable[[], object]
    paste_picture: Callable[[], object]
    remove: Callable[[str], object]
    show_in_text: Callable[[str], object]
    discard: Callable[[], object]
    turn_markdown: Callable[[], object]
    from_table: Callable[[], object]
    send_mail: Callable[[], object]
    send_anyway: Callable[[], object]
    reconsider: Callable[[], object]
    """A question was answered with no."""
    undo: Callable[[], object]
    end_undo: Callable[[], object]
    """The time in which the mail can be undone is over."""
    hurry: Callable[[], object]


_SOON_MS = 1000


class DraftKeeper:
    """Writes the draft in the background; of changes while it writes, only the last."""

    def __init__(
        self, tasks: Tasks, drafts: DraftService, draft: Callable[[], SavedDraft | None]
    ) -> None:
        """``draft`` returns what is to be kept; None while nothing is known of it."""
        self._tasks, self._drafts, self._draft = tasks, drafts, draft
        self._next: SavedDraft | None = None
        self._kept: SavedDraft | None = None

    @property
    def waits(self) -> bool:
        """Whether the draft is about to be kept."""
        return self._tasks.under_way("keep soon")

    def soon(self) -> None:
        """Keep the draft within a second."""
        if not self.waits:
            self._tasks.later("keep soon", _SOON_MS, self.keep)

    def keep(self) -> None:
        """Keep the draft; an empty one forgets what was kept."""
        self._tasks.stop("keep soon")
        self._next = self._draft()
        self._go_on()

    def keep_now(self) -> None:
        """Keep the draft before this returns: the program ends."""
        draft = self._draft()
        if draft is not None and (self._tasks.under_way("keep") or draft != self._kept):
            self._drafts.keep(draft)

    def _go_on(self) -> None:
        draft = self._next
        if self._tasks.under_way("keep") or draft is None:
            return
        self._next = None
        if draft != self._kept:
            self._tasks.run(
                lambda: self._drafts.keep(draft), lambda _none: self._written(draft), slot="keep"
            )

    def _written(self, draft: SavedDraft) -> None:
        self._kept = draft
        self._go_on()


Found = Callable[[tuple[CheckedFile, ...]], object]


class AttachedFiles:
    """Looks at files and keeps their small pictures; `busy` while it does."""

    def __init__(
        self,
        drafts: DraftService,
        tasks: Tasks,
        found: Found,
        shrunk: Callable[[str, SmallPicture], object],
        picture: str,
        room: tuple[int, int],
    ) -> None:
        """``found`` is called with what was looked at, also with what cannot be attached.

        ``shrunk`` is called with the path of a large picture, and what was made of it.

        ``picture``: what the names of pictures begin with that had none. ``room``: how large those
        in the text are shown at most, in pixels.
        """
        self._drafts, self._tasks, self._found, self._picture = drafts, tasks, found, picture
        self._shrunk, self._room = shrunk, room
        self._under_way = 0
        self._awaited: list[tuple[str, ...]] = []
        self.thumbnails: dict[str, Image.Image] = {}

    @property
    def busy(self) -> bool:
        """Whether more is about to be found."""
        return self._under_way > 0

    @property
    def awaited(self) -> tuple[str, ...]:
        """The paths that are being looked at: an end meanwhile keeps them with the draft."""
        return tuple(path for paths in self._awaited for path in paths)

    def look(self, paths: Iterable[str]) -> None:
        """Look at the files at these paths."""
        wanted = tuple(paths)
        if wanted:
            self._awaited.append(wanted)
            self._run(lambda: look_at(wanted), awaited=wanted)

    def look_at_shown(self, paths: Iterable[str], found: Found) -> None:
        """Look at pictures of the text, and call ``found`` first."""
        wanted = tuple(paths)
        if wanted:
            self._run(lambda: look_at(wanted, self._room), found)

    def keep_picture(self, png: bytes, shown: Found | None = None) -> None:
        """Make a file of a picture, and look at it; ``shown`` is called first, for the text."""
        most = THUMBNAIL if shown is None else self._room

        def work() -> tuple[CheckedFile, ...]:
            return look_at([str(self._drafts.keep_picture(png, self._picture))], most)

        self._run(work, shown)

    def shrink(self, file: File, most: int) -> None:
        """Make a picture smaller, unless that is being done."""
        job = f"shrink {most} {file.path}"
        if self._tasks.under_way(job):
            return

        def work() -> SmallPicture:
            content = smaller(Path(file.path), most)
            if content is None:
                return SmallPicture(most, file.path, file.size)
            kept = self._drafts.keep_small(file.name, content)
            return SmallPicture(most, str(kept), len(content))

        def made(small: SmallPicture) -> None:
            self._under_way -= 1
            self._shrunk(file.path, small)

        self._under_way += 1
        self._tasks.run(work, made, self._not_looked, slot=job)

    def _run(
        self,
        work: Callable[[], tuple[CheckedFile, ...]],
        first: Found | None = None,
        awaited: tuple[str, ...] = (),
    ) -> None:
        self._under_way += 1

        def looked(found: tuple[CheckedFile, ...]) -> None:
            self._came(awaited)
            self._looked(found, first)

        def not_looked(error: TraymailError) -> None:
            self._came(awaited)
            self._not_looked(error)

        self._tasks.run(work, looked, not_looked)

    def _came(self, awaited: tuple[str, ...]) -> None:
        if awaited in self._awaited:
            self._awaited.remove(awaited)

    def _looked(self, found: tuple[CheckedFile, ...], first: Found | None) -> None:
        self._under_way -= 1
        for one in found:
            if one.thumbnail is not None:
                self.thumbnails[one.path] = one.thumbnail
        if first is not None:
            first(found)
        self._found(found)

    def _not_looked(self, error: TraymailError) -> None:
        self._under_way -= 1
        self._tasks.failed(error)


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
    """Attaches what the clipboard holds, or shows a picture in the text."""

    def __init__(
        self,
        clipboard: Clipboard,
        files: AttachedFiles,
        toast: Toast,
        tasks: Tasks,
        into_text: Callable[[], Found | None],
    ) -> None:
        """``into_text`` returns what shows a picture in the text, where one is written just now."""
        self._clipboard, self._files, self._toast, self._tasks = clipboard, files, toast, tasks
        self._into_text = into_text

    def paste(self) -> bool:
        """Take files or a picture; words are left to the field that has the keyboard (False)."""
        try:
            if self._clipboard.for_a_field():
                return False
        except InputError as error:
            # The field would ask, too, and take what is no words for words.
            self._tasks.failed(error)
            return True
        shown = self._into_text()
        self._clipboard.read_files(lambda clip: self._take(clip, shown), self._tasks.failed)
        return True

    def picture(self) -> None:
        """Attach the picture in the clipboard, also one beside words, or the files."""
        self._clipboard.read_files(lambda clip: self._take(clip, None), self._tasks.failed)

    def open_with(self, open_window: Callable[[Prefill | None], object]) -> None:
        """Open a window with what is there: words, files or a picture."""

        def found(clip: Clip) -> None:
            open_window(Prefill(body=clip.words, files=clip.files))
            if clip.png:
                self._files.keep_picture(clip.png)
            elif clip == Clip():
                self._toast.show(text("The clipboard is empty."))

        def failed(error: TraymailError) -> None:
            open_window(None)
            self._tasks.failed(error)

        self._clipboard.read(found, failed)

    def _take(self, clip: Clip, shown: Found | None) -> None:
        if clip.png:
            self._files.keep_picture(clip.png, shown)
        elif clip.files:
            self._files.look(clip.files)
        else:
            self._toast.show(text("There is no picture in the clipboard."))
