"""A table of many rows: icon and text, elided where the column is too narrow."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk
from typing import Literal

from traymail.ui.palette import Palette
from traymail.ui.theme import Words
from traymail.ui.widgets.base import Area
from traymail.ui.widgets.button import Tooltip

_ELLIPSIS = "…"
_HEADING = 34


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `width` in 96-dpi pixels. One with ``stretch`` takes what is left."""

    key: str
    title: Words
    width: float
    stretch: bool = False
    align: Literal["w", "e"] = "w"


@dataclass(frozen=True, slots=True)
class Row:
    """A row: one text a column; the icon stands in the first."""

    key: str
    cells: tuple[str, ...]
    icon: str | None = None
    icon_role: str = "muted"
    muted: bool = False


class Table(Area):
    """Rows to choose from. Up and Down move, Return opens, a double click too."""

    def __init__(
        self,
        master: tk.Misc,
        columns: Sequence[Column],
        on_select: Callable[[str | None], object] = lambda _key: None,
        on_open: Callable[[str], object] = lambda _key: None,
    ) -> None:
        """``on_select`` is called with the key of the row, or None when there is none."""
        super().__init__(master)
        self._columns = tuple(columns)
        self._on_select, self._on_open = on_select, on_open
        self._rows: dict[str, Row] = {}
        self._told: str | None = None
        self._waiting = False
        self._seen: tuple[float, float] | None = None
        self.tree = self._make_tree()
        self._bar = ttk.Scrollbar(
            self,
            orient="vertical",
            command=self.tree.yview,
            style=self.theme.style("Scroll", self.surface),
            takefocus=False,
        )
        self._bar.pack(side="right", fill="y")
        self.tree.pack(side="left", fill="both", expand=True)
        self.tree.configure(yscrollcommand=self._scrolled)
        self._focus_bar = ttk.Frame(self.tree, style=self.theme.style("Line-link", "bg"))
        self._bind()
        self.theme.paint(self.tree, self._paint)
        Tooltip(self.tree, self._full_text)

    @property
    def selected(self) -> str | None:
        """The key of the chosen row."""
        chosen = self.tree.selection()
        return chosen[0] if chosen else None

    def select(self, key: str | None) -> None:
        """Choose a row and show it; None chooses none."""
        if key is None or key not in self._rows:
            self.tree.selection_set(())
            return
        self.tree.selection_set((key,))
        self.tree.focus(key)
        self.tree.see(key)

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows; the chosen one stays chosen, and nothing scrolls, when it is there."""
        chosen, top = self.selected, self._top_row()
        new = {row.key: row for row in rows}
        gone = [key for key in self._rows if key not in new]
        if gone:
            self.tree.delete(*gone)
        # Asking for the place of each of many rows takes longer than all the rest.
        settled = list(new) == list(self._rows)
        for place, row in enumerate(rows):
            if row.key not in self._rows:
                self.tree.insert("", place, row.key)
            elif not settled and self.tree.index(row.key) != place:
                self.tree.move(row.key, "", place)
            if self._rows.get(row.key) != row:
                self._fill(row)
        self._rows = new
        if not settled and top in new:
            self.tree.yview_moveto(list(new).index(top) / len(new))
        if chosen is not None and chosen not in new:
            self._tell()
        self._elide_later()

    def _top_row(self) -> str:
        """Return the first row in sight; "" while that is the first of all."""
        scrolled = self.tree.yview()[0] > 0
        return self._row_at_top() if scrolled else ""

    def _row_at_top(self) -> str:
        return self.tree.identify_row(self.theme.px(_HEADING + 12))

    def _make_tree(self) -> ttk.Treeview:
        keys = [column.key for column in self._columns[1:]]
        tree = ttk.Treeview(
            self,
            columns=keys,
            show="tree headings",
            selectmode="browse",
            style=self.theme.style("Table", self.surface),
            height=1,
        )
        for column, key in zip(self._columns, ("#0", *keys), strict=True):
            width = self.theme.px(column.width)
            tree.column(
                key, width=width, minwidth=width, stretch=column.stretch, anchor=column.align
            )
            tree.heading(key, text=self.theme.say(column.title), anchor=column.align)
        return tree

    def _bind(self) -> None:
        tree = self.tree
        tree.bind("<<TreeviewSelect>>", lambda _event: self._tell())
        tree.bind("<Return>", lambda _event: self._open())
        tree.bind("<Double-Button-1>", self._double)
        tree.bind("<Configure>", lambda _event: self._elide_later(), add="+")
        # Only once it is seen does Tk lay the columns out: their widths were others before.
        tree.bind("<Expose>", lambda _event: self._elide_later(), add="+")
        tree.bind("<B1-Motion>", lambda _event: self._elide_later(), add="+")
        tree.bind("<FocusIn>", lambda _event: self._entered(), add="+")
        tree.bind("<FocusOut>", lambda _event: self._focus_bar.place_forget(), add="+")

    def _entered(self) -> None:
        if self.selected is None and self._rows:
            self.select(next(iter(self._rows)))
        self._show_focus()

    def _show_focus(self) -> None:
        chosen = self.selected
        box = self.tree.bbox(chosen) if chosen else ""
        if not box or self.focus_get() is not self.tree:
            self._focus_bar.place_forget()
            return
        _x, y, _width, height = box
        self._focus_bar.place(x=0, y=y, width=2 * self.theme.px(1), height=height)

    def _fill(self, row: Row) -> None:
        image = "" if row.icon is None else self.theme.icon(row.icon, 14, row.icon_role)
        self.tree.item(
            row.key,
            text=f"  {row.cells[0]}",
            values=row.cells[1:],
            image=image,
            tags=("muted",) if row.muted else (),
        )

    def _paint(self, palette: Palette) -> None:
        self.tree.tag_configure("muted", foreground=palette.muted)
        for row in self._rows.values():
            self._fill(row)
        self._elide_later()

    def _tell(self) -> None:
        self._show_focus()
        if self.selected != self._told:
            self._told = self.selected
            self._on_select(self._told)

    def _open(self) -> str:
        if self.selected is not None:
            self._on_open(self.selected)
        return "break"

    def _double(self, event: tk.Event[tk.Misc]) -> None:
        if self.tree.identify_row(event.y):
            self._open()

    def _scrolled(self, first: float, last: float) -> None:
        # Tk calls this after each change of a row, too, and to elide changes rows.
        if (first, last) != self._seen:
            self._seen = (first, last)
            self._bar.set(first, last)
            self._elide_later()

    def _elide_later(self) -> None:
        if not self._waiting:
            self._waiting = True
            self.later(self._elide)

    def _elide(self) -> None:
        """Shorten the texts of the rows that are seen: there may be thousands."""
        self._waiting = False
        self._show_focus()
        seen = self.tree.winfo_height() // self.theme.px(34) + 2
        key = self._row_at_top()
        while key and seen > 0:
            self._elide_row(self._rows[key])
            key, seen = self.tree.next(key), seen - 1

    def _elide_row(self, row: Row) -> None:
        fitted = tuple(self._fit(place, cell, row) for place, cell in enumerate(row.cells))
        self.tree.item(row.key, text=f"  {fitted[0]}", values=fitted[1:])

    def _fit(self, place: int, cell: str, row: Row) -> str:
        key = "#0" if place == 0 else self._columns[place].key
        free = self.tree.column(key, "width") - self.theme.px(12)
        if place == 0 and row.icon is not None:
            free -= self.theme.px(14 + 12)
        return elide(cell, free, self.theme.font("TkDefaultFont").measure)

    def _full_text(self, x: int, y: int) -> str:
        key, column = self.tree.identify_row(y), self.tree.identify_column(x)
        if not key or not column:
            return ""
        place = int(column.removeprefix("#"))
        full = self._rows[key].cells[place]
        return full if self._fit(place, full, self._rows[key]) != full else ""


def elide(words: str, width: int, measure: Callable[[str], int]) -> str:
    """Return words cut to a width, with an ellipsis when something is left out."""
    if measure(words) <= width:
        return words
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(words[:middle].rstrip() + _ELLIPSIS) <= width:
            low = middle
        else:
            high = middle - 1
    return words[:low].rstrip() + _ELLIPSIS
