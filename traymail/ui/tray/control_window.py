"""The tray's menu as a window, for desktops that show no tray icons. Closing it ends nothing."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial

from traymail.core.texts import Text, text
from traymail.desktop.screens import has_other_trays
from traymail.ui.model.menu import Choice, Do, MenuItem, MenuItemKind
from traymail.ui.model.tray import Shown
from traymail.ui.placing import nearest
from traymail.ui.theme import Root
from traymail.ui.tray.pystray_tray import gtk_is_here
from traymail.ui.widgets import Area, Button, Label, Line, ScrollArea
from traymail.ui.widgets.button import paint_menu
from traymail.ui.window import Size, Window

NOTE = text(
    "This desktop shows no tray icons, so the menu is here."
    " Closing this window keeps traymail running."
)
NEEDS_GTK = text(
    "The tray of this desktop needs the package python3-gi, which this Python does not find,"
    " so the menu is here. Closing this window keeps traymail running."
)
_WIDE = 300
_BESIDE_NOTE = 18
# Between icon and words.
_GAP = "   "
_ROW_HIGH = 37
_BESIDE_ROWS = 110
# Of the monitor's height, before the rows scroll.
_MOST = 0.8

_ICONS = {
    Do.QUICK_SEND: "send",
    Do.SEND_CLIPBOARD: "clipboard",
    Do.RESUME: "play",
    Do.OUTBOX: "inboxes",
    Do.SETTINGS: "gear",
    Do.HELP: "life-preserver",
    Do.QUIT: "power",
}
_SUBMENU_ICONS = {"pause-menu": "pause", "rules": "list-check"}


def _note() -> Text:
    return NEEDS_GTK if has_other_trays() and not gtk_is_here() else NOTE


class ControlWindow(Window):
    """See `traymail.ui.tray.port.FallbackWindow`."""

    remembered = "menu"
    floats = True

    def __init__(self, root: Root, on_choice: Callable[[Choice], None]) -> None:
        super().__init__(root, "traymail", Size(_WIDE, 0))
        self._on_choice = on_choice
        self._entries: tuple[MenuItem, ...] = ()
        self._rows: dict[str, Button] = {}
        self._area: Area | None = None
        self._menus: list[tk.Menu] = []
        # A check mark that is off leaves its room empty.
        side = self.theme.px(16)
        self._no_mark = tk.PhotoImage(master=self, width=side, height=side)
        note = Area(self, "warnbg", (_BESIDE_NOTE, 12))
        note.pack(fill="x")
        # The window's width is fixed, so the words need not wait for it to wrap.
        words = Label(note, _note(), "fg", "TmSmall")
        words.fit(self.theme.px(_WIDE - 2 * _BESIDE_NOTE))
        words.pack(fill="x")

    def show(self, shown: Shown) -> None:
        """Tell another state in the title."""
        self.title(self.theme.say(shown.tip))

    def set_menu(self, entries: tuple[MenuItem, ...]) -> None:
        """Show other rows; the keyboard stays where it is."""
        if entries == self._entries:
            return
        focused = self._focused()
        self._entries = entries
        if self._area is not None:
            self._area.destroy()
        self._rows.clear()
        self._menus.clear()
        self._area, rows = self._make_area(len(entries))
        self._area.pack(fill="both", expand=True)
        for entry in entries:
            self._add(rows, entry)
        self._place = None
        if self.state() == "normal":
            self._set_size()
        if focused in self._rows:
            self._rows[focused].focus_set()

    def on_show(self) -> None:
        """Put the keyboard on the first row."""
        next(iter(self._rows.values())).focus_set()

    def _focused(self) -> str:
        focus = self.focus_get()
        return next((name for name, row in self._rows.items() if row is focus), "")

    def _make_area(self, count: int) -> tuple[Area, Area]:
        """Return what to pack and what takes the rows: the same unless they have to scroll."""
        high = self.theme.px(count * _ROW_HIGH + _BESIDE_ROWS)
        most = int(nearest(self.theme.monitors(), *self.winfo_pointerxy()).height * _MOST)
        if high <= most:
            rows = Area(self, padding=(8, 8))
            return rows, rows
        scrolling = ScrollArea(self, padding=(8, 8))
        scrolling.configure(height=most)
        scrolling.pack_propagate(False)  # noqa: FBT003 # Tk's own way
        return scrolling, scrolling.inner

    def _add(self, rows: Area, entry: MenuItem) -> None:
        px = self.theme.px
        if entry.kind is MenuItemKind.SEPARATOR:
            Line(rows).pack(fill="x", padx=px(12), pady=px(6))
            return
        row = self._row(rows, entry)
        row.enable(entry.enabled)
        row.pack(fill="x")
        for key, step in (("<Up>", -1), ("<Down>", 1)):
            row.bind(key, partial(self._move, row, step))
        self._rows[entry.id] = row

    def _row(self, rows: Area, entry: MenuItem) -> Button:
        icon = _SUBMENU_ICONS.get(entry.id)
        if isinstance(entry.choice, Do):
            icon = _ICONS[entry.choice]
        is_submenu = entry.kind is MenuItemKind.SUBMENU
        row = Button(rows, "", self._chooser(entry), "submenu" if is_submenu else "nav", icon)
        if is_submenu:
            row.configure(command=partial(self._open, row, self._popup(entry)))
        if entry.kind is MenuItemKind.CHECK:
            self.theme.paint(row, lambda _palette: row.configure(image=self._mark(entry)))
        # Set here: in a rule's name an & is no access key.
        row.configure(text=f"{_GAP}{self.theme.say(entry.label)}", compound="left")
        return row

    def _mark(self, entry: MenuItem) -> str:
        return self.theme.icon("check2", 16, "link") if entry.checked else str(self._no_mark)

    def _chooser(self, entry: MenuItem) -> Callable[[], None]:
        def choose() -> None:
            if entry.choice is not None:
                self._on_choice(entry.choice)

        return choose

    def _popup(self, entry: MenuItem) -> tk.Menu:
        menu = tk.Menu(self, tearoff=False)
        self.theme.paint(menu, lambda palette: paint_menu(menu, palette))
        for child in entry.children:
            label = self.theme.say(child.label)
            if child.kind is MenuItemKind.CHECK:
                mark = tk.BooleanVar(menu, child.checked)
                menu.add_checkbutton(label=label, command=self._chooser(child), variable=mark)
            else:
                menu.add_command(label=label, command=self._chooser(child))
        self._menus.append(menu)
        return menu

    def _open(self, row: Button, menu: tk.Menu) -> None:
        menu.tk_popup(row.winfo_rootx() + row.winfo_width() // 2, row.winfo_rooty())

    def _move(self, row: Button, step: int, _event: object) -> str:
        rows = list(self._rows.values())
        rows[(rows.index(row) + step) % len(rows)].focus_set()
        return "break"
