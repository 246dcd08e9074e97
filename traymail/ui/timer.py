"""One call that is still to come: it ends with its widget."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable


class Timer:
    """Calls something after a while, unless it is stopped or begun anew before."""

    def __init__(self, widget: tk.Misc) -> None:
        self._widget = widget
        self._id: str | None = None
        widget.bind("<Destroy>", self._gone, add="+")

    @property
    def waits(self) -> bool:
        """Whether the call is still to come."""
        return self._id is not None

    def start(self, milliseconds: int, act: Callable[[], object]) -> None:
        """Call ``act`` after a while, in place of what was to be called."""
        self.stop()

        def end() -> None:
            self._id = None
            act()

        self._id = self._widget.after(milliseconds, end)

    def stop(self) -> None:
        """Call nothing."""
        if self._id is not None:
            self._widget.after_cancel(self._id)
            self._id = None

    def _gone(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self._widget:  # not one of its children
            self.stop()
