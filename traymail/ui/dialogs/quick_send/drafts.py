"""Keeping the draft: one write after the other, the newest last."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from traymail.core.errors import TraymailError
from traymail.core.overview import SavedDraft
from traymail.services.drafts import DraftService
from traymail.ui.bridge import Background, Job

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
