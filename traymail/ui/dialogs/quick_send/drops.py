"""Files dragged onto the window."""

from __future__ import annotations

import logging
import tkinter as tk
from collections.abc import Callable
from typing import Any, cast

from traymail.ui.attaching import paths_of

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
