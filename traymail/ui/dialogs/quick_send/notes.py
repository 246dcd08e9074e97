"""The strips above the footer: mail would wait, something did not work."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from traymail.core.texts import Text, text
from traymail.ui.model.quick_judge import Keeping
from traymail.ui.widgets import Banner, Button
from traymail.ui.widgets.strips import Kind

_ICONS = {Keeping.OFFLINE: "wifi-off", Keeping.PAUSED: "pause-circle"}


class Notes:
    """Shows at most one strip of each kind, above ``below``."""

    def __init__(self, below: tk.Widget, settings: Callable[[], object]) -> None:
        self._below, self._settings = below, settings
        self._shown: dict[Kind, tuple[Text, Banner]] = {}

    def show(self, keeping: Keeping, sentence: Text | None, trouble: Text | None) -> None:
        """Show why mail would wait, and what did not work; None: nothing of the kind."""
        banner = self._put("warn", sentence, _ICONS.get(keeping))
        if banner is not None and keeping is Keeping.STOPPED:
            Button(banner.actions, text("Settin&gs…"), self._settings, "link").pack()
        self._put("err", trouble)

    def _put(self, kind: Kind, words: Text | None, icon: str | None = None) -> Banner | None:
        """Return the strip when it is a new one."""
        old, banner = self._shown.get(kind, (None, None))
        if old == words:
            return None
        if banner is not None:
            banner.destroy()
            del self._shown[kind]
        if words is None:
            return None
        banner = Banner(self._below.master, kind, words, icon)
        banner.pack(side="bottom", fill="x", after=self._below)
        self._shown[kind] = (words, banner)
        return banner
