"""An area that scrolls when its content is higher than it is."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

from traymail.ui.palette import Surface
from traymail.ui.widgets.base import Area, Padding

_OWN_WHEEL = ("Text", "Treeview", "Listbox", "Canvas")


class ScrollArea(Area):
    """Put content into `inner`. The scroll bar has a fixed gutter, so nothing moves sideways."""

    def __init__(
        self, master: tk.Misc, surface: Surface | None = None, padding: Padding = 0
    ) -> None:
        super().__init__(master, surface)
        self._canvas = tk.Canvas(self, width=1, height=1)
        self._bar = ttk.Scrollbar(
            self,
            orient="vertical",
            command=self._canvas.yview,
            style=self.look.style("Scroll", self.surface),
            takefocus=False,
        )
        self._bar.pack(side="right", fill="y")
        self._canvas.pack(side="left", fill="both", expand=True)
        self._canvas.configure(yscrollcommand=self._bar.set)
        self.look.paint(
            self._canvas,
            lambda palette: self._canvas.configure(
                background=palette.colour(self.surface), highlightthickness=0, borderwidth=0
            ),
        )
        self.inner = Area(self._canvas, self.surface, padding)
        self._window = self._canvas.create_window(0, 0, anchor="nw", window=self.inner)
        self.inner.bind("<Configure>", lambda _event: self.later(self._fit), add="+")
        self._canvas.bind("<Configure>", self._resized, add="+")
        self._listen_to_wheel()

    def show(self, widget: tk.Misc) -> None:
        """Scroll until ``widget`` is seen."""
        self.update_idletasks()
        whole = max(1, self.inner.winfo_height())
        top = widget.winfo_rooty() - self.inner.winfo_rooty()
        bottom = top + widget.winfo_height()
        seen = self._canvas.winfo_height()
        first = self._canvas.canvasy(0)
        if top < first:
            self._canvas.yview_moveto(max(0, top - self.look.px(8)) / whole)
        elif bottom > first + seen:
            self._canvas.yview_moveto((bottom - seen + self.look.px(8)) / whole)

    def _resized(self, event: tk.Event[tk.Misc]) -> None:
        self._canvas.itemconfigure(self._window, width=event.width)
        self.later(self._fit)

    def _fit(self) -> None:
        # The content keeps its own height: with another, Tk would not tell when it grows.
        high = max(self.inner.winfo_reqheight(), self._canvas.winfo_height())
        self._canvas.configure(scrollregion=(0, 0, self._canvas.winfo_width(), high))

    def _listen_to_wheel(self) -> None:
        window = self.winfo_toplevel()
        window.bind("<MouseWheel>", self._wheel, add="+")
        window.bind("<Button-4>", self._wheel, add="+")
        window.bind("<Button-5>", self._wheel, add="+")
        # The keyboard must never be led to something that cannot be seen.
        window.bind("<FocusIn>", self._follow, add="+")

    def _wheel(self, event: tk.Event[tk.Misc]) -> None:
        if not self._contains(event.widget) or event.widget.winfo_class() in _OWN_WHEEL:
            return
        up = event.num == 4 or event.delta > 0  # noqa: PLR2004 - X11 calls the wheel button 4
        self._canvas.yview_scroll(-2 if up else 2, "units")

    def _follow(self, event: tk.Event[tk.Misc]) -> None:
        widget = event.widget
        if self._contains(widget):
            self.later(lambda: self.show(widget) if widget.winfo_exists() else None)

    def _contains(self, widget: object) -> bool:
        inside = isinstance(widget, tk.Misc) and self.winfo_exists()
        return inside and str(widget).startswith(f"{self.inner}.")
