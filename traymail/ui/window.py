"""A window as the desktop sees it, one with a footer of buttons, a question, a settings page."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from traymail.core.events import Event
from traymail.core.texts import Text, text
from traymail.desktop.screens import Rectangle
from traymail.ui.icons import window_icons
from traymail.ui.palette import Palette, Surface
from traymail.ui.placing import fits, geometry, nearest, parsed, within
from traymail.ui.theme import Root, Words
from traymail.ui.widgets.base import Area, Label, Line, Note, obey_access_keys
from traymail.ui.widgets.button import Button, ButtonKind
from traymail.ui.widgets.entry import offer_field_menu
from traymail.ui.widgets.table import elide
from traymail.winapi import draw_title_bar


class Page(Protocol):
    """One page; the window shows its title and icon (Bootstrap's name) in the list of pages."""

    name: str
    title: Text
    icon: str

    def build(self, parent: tk.Misc) -> tk.Widget:
        """Make the page; the window packs it into all the room there is.

        Once for each window: in another language the same page is made anew.
        """
        ...

    def on_show(self) -> None:
        """Act each time the page comes into sight: ask for what may have changed."""
        ...

    def on_event(self, event: Event) -> None:
        """Take in the engine's events, on Tk's thread, also while out of sight."""
        ...


@runtime_checkable
class WithWindows(Protocol):
    """A page with windows of its own."""

    def make_anew(self) -> None:
        """Make these windows anew, in another language, with what was typed in them."""
        ...


@runtime_checkable
class Saving(Protocol):
    """A page that does not save by itself."""

    def save(self) -> None:
        """Save what was changed, if that may be saved."""
        ...


WINDOW_CLASS = "Traymail"
SCREEN_PART = 0.9


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in 96-dpi pixels; without `least`, the user cannot change them.

    ``height`` 0 takes what the content needs.
    """

    width: float
    height: float
    least: tuple[float, float] | None = None


class Window(tk.Toplevel):
    """A window that is made once, and then shown and hidden.

    Fill it in the constructor of the subclass. Escape and the close button call `close`, which
    hides it; override `close` to do something else, `shown` to act each time it appears.
    """

    surface: Surface = "bg"
    # Under what it remembers its place until the next start; "" forgets it.
    remembered: ClassVar[str] = ""
    # Whether a desktop that tiles windows lets it float at its size.
    floats: ClassVar[bool] = False

    def __init__(self, root: Root, title: Words, size: Size) -> None:
        super().__init__(root, class_=WINDOW_CLASS)
        self.withdraw()
        self.root, self.theme, self.size_wanted = root, root.theme, size
        self.title(self.theme.say(title))
        window_icons(root)
        if self.floats and self.tk.call("tk", "windowingsystem") == "x11":
            self.wm_attributes("-type", "dialog")
        self.most_high = int(self.winfo_screenheight() * SCREEN_PART)
        self._place: str | None = root.places.get(self._key())
        # What is open over this window, and has the keyboard until it is answered.
        self.question: Window | None = None
        self.protocol("WM_DELETE_WINDOW", self.close)
        self.bind("<FocusIn>", lambda _event: self._give_keyboard_back())
        self.bind("<Escape>", lambda _event: self.close())
        obey_access_keys(self)
        offer_field_menu(root)
        self.theme.paint(self, self._paint)

    def reveal(self) -> None:
        """Show the window, in front and with the keyboard."""
        if self.state() == "withdrawn":
            self._set_size()
            self.update_idletasks()
            self.deiconify()
            self._paint_title_bar()
        elif self.state() == "iconic":
            self.deiconify()
        self.lift()
        self._release_question()
        question = self._open_question()
        if question is None:
            self.focus_force()
            self.on_show()
        else:
            question.reveal()

    def take_keyboard(self) -> None:
        """Have the keyboard somewhere in the window."""
        self.focus_set()

    def on_show(self) -> None:
        """Act each time the window appears, once the keyboard is in it."""

    def conceal(self) -> None:
        """Hide the window; it comes back at the same place."""
        if self.state() != "withdrawn":
            self._place = self.geometry()
        self.withdraw()

    def destroy(self) -> None:
        """End the window; where it was is remembered."""
        if self.winfo_exists() and self.state() != "withdrawn":
            self._place = self.geometry()
        if self.remembered and self._place is not None:
            self.root.places[self._key()] = self._place
        super().destroy()

    def set_height(self, height: int) -> None:
        """Be as high as this, also when it is shown the next time."""
        size = f"{self.winfo_width()}x{height}"
        self.geometry(size)
        if self._place is not None:
            _size, plus, corner = self._place.partition("+")
            self._place = f"{size}{plus}{corner}"

    def take_place(self, geometry: str) -> None:
        """Go where another window was, at its size if the user may choose that."""
        _size, _, corner = geometry.partition("+")
        self.geometry(f"+{corner}" if self.size_wanted.least is None else geometry)

    def be_around(self, geometry_before: str) -> None:
        """Be where another window was, whatever its size: their middles are the same."""
        before, here = parsed(geometry_before), parsed(self.geometry())
        if before is not None and here is not None:
            left = before.left + (before.width - here.width) // 2
            top = before.top + (before.height - here.height) // 2
            x, y = before.left + before.width // 2, before.top + before.height // 2
            monitor = nearest(self.theme.monitors(), x, y)
            self.geometry(geometry(within(here._replace(left=left, top=top), monitor)))

    def close(self) -> None:
        """Do what Escape and the close button ask for: hide the window."""
        self.conceal()

    def _paint(self, palette: Palette) -> None:
        self.configure(background=palette.bg)
        if self.state() != "withdrawn":  # also one that is only a button of the panel
            self._paint_title_bar()

    def _paint_title_bar(self) -> None:
        draw_title_bar(self.winfo_id(), dark=self.theme.palette.mode == "dark")

    def _set_size(self) -> None:
        monitors = self.theme.monitors()
        monitor = self._monitor(monitors)
        px, wanted = self.theme.px, self.size_wanted
        most_wide, self.most_high = (
            int(side * SCREEN_PART) for side in (monitor.width, monitor.height)
        )
        if wanted.height == 0:
            # The content may wrap: its height is known once its width is.
            self.geometry(f"{min(px(wanted.width), most_wide)}x{self.most_high}")
            self.update_idletasks()
        width = min(px(wanted.width), most_wide)
        high = px(wanted.height) if wanted.height else self.winfo_reqheight()
        height = min(high, self.most_high)
        if wanted.least is None:
            self.resizable(width=False, height=False)
        else:
            least_wide, least_high = px(wanted.least[0]), px(wanted.least[1])
            self.minsize(min(least_wide, width), min(least_high, height))
        place = parsed(self._place or "")
        if place is not None and wanted.least is None:
            place = place._replace(width=width, height=height)
        if place is None or not fits(place, monitors):
            left, top = self._corner(monitor, width, height)
            place = within(Rectangle(left, top, width, height), monitor)
        self.geometry(geometry(place))

    def _release_question(self) -> None:
        """Take the mouse from a question of another window: with the keyboard it has it again."""
        held = str(self.tk.call("grab", "current", self))
        if held and self.tk.call("winfo", "class", held) == WINDOW_CLASS:
            self.tk.call("grab", "release", held)

    def _open_question(self) -> Window | None:
        return self.question if self.question is not None and self.question.winfo_exists() else None

    def _give_keyboard_back(self) -> None:
        question = self._open_question()
        if question is not None and question.winfo_viewable():
            question.take_keyboard()

    def _key(self) -> str:
        """Under what the place is remembered: another scale needs other sizes."""
        return f"{self.remembered}@{self.theme.px(100)}" if self.remembered else ""

    def _monitor(self, monitors: Sequence[Rectangle]) -> Rectangle:
        """Return the monitor on which the window first appears."""
        return nearest(monitors, *self.winfo_pointerxy())

    def _corner(self, monitor: Rectangle, width: int, height: int) -> tuple[int, int]:
        """Return where a window of this size first appears."""
        left, top, wide, high = monitor
        return left + (wide - width) // 2, top + (high - height) // 3


_FOOTER = 56
_WIDE = 420
_MARGIN = 24
_OWN_RETURN = ("Text", "TButton", "TMenubutton", "Treeview")


class Footer(Area):
    """The bar at the bottom: what leads away at the left, what goes on at the right."""

    def __init__(self, master: tk.Misc, side: float = 24) -> None:
        """``side``: the margin left and right, in 96-dpi pixels."""
        super().__init__(master, "chrome")
        self.configure(height=self.theme.px(_FOOTER))
        self.pack_propagate(flag=False)
        Line(self).pack(side="top", fill="x")
        self.bar = Area(self, padding=(side, 0))
        self.bar.pack(fill="both", expand=True)
        # The right side is packed first: when there is too little room, the left one gives way.
        self.right = Area(self.bar)
        self.right.pack(side="right")
        self.left = Area(self.bar)
        self.left.pack(side="left")

    def add(
        self,
        words: Words,
        command: Callable[[], object],
        kind: ButtonKind = "normal",
        icon: str | None = None,
    ) -> Button:
        """Add a button at the right; the primary one is the last that is added."""
        button = Button(self.right, words, command, kind, icon)
        gap = self.theme.px(8) if self.right.winfo_children()[:-1] else 0
        button.pack(side="left", padx=(gap, 0))
        return button

    def add_left(
        self,
        words: Words,
        command: Callable[[], object],
        kind: ButtonKind = "ghost",
        icon: str | None = None,
    ) -> Button:
        """Add a button at the left: Cancel, or what destroys."""
        button = Button(self.left, words, command, kind, icon)
        gap = self.theme.px(8) if self.left.winfo_children()[:-1] else 0
        button.pack(side="left", padx=(gap, 0))
        return button


class Dialog(Window):
    """A window with a `body` and a `footer`; Return presses the footer's primary button."""

    floats = True

    def __init__(self, root: Root, title: Words, size: Size) -> None:
        super().__init__(root, title, size)
        self.footer = Footer(self)
        self.footer.pack(side="bottom", fill="x")
        self.body = Area(self)
        self.body.pack(side="top", fill="both", expand=True)
        self.primary: Button | None = None
        self.bind("<Return>", self._return)
        self.bind("<KP_Enter>", self._return)

    def _return(self, event: tk.Event[tk.Misc]) -> None:
        own = isinstance(event.widget, tk.Misc) and event.widget.winfo_class() in _OWN_RETURN
        if self.primary is not None and not own:
            self.primary.invoke()


class Question(Dialog):
    """Asks before something that cannot be undone; destroyed by any answer."""

    def __init__(
        self,
        window: Window,
        title: Words,
        sentence: Words,
        verb: Words,
        on_yes: Callable[[], object],
        which: str = "",
    ) -> None:
        """``verb`` is on the button that does it, in red and away from Cancel.

        ``which``: what it is about, in one line, cut where it is too long.
        """
        super().__init__(window.root, title, Size(_WIDE, 0))
        self.transient(window)
        self._about = window
        self.sentence, self.on_yes = sentence, on_yes
        self.body.configure(padding=self.theme.px(_MARGIN))
        self._add_lines(title, "TmHead", gap=0)
        if which:
            measure = self.theme.font("TmStrong").measure
            line = elide(which, self.theme.px(_WIDE - 2 * _MARGIN), measure)
            Label(self.body, line, "fg", "TmStrong").pack(anchor="w", pady=(self.theme.px(8), 0))
        self.add_sentence(sentence)
        self.footer.add_left(verb, self._yes, "danger")
        self._cancel = self.footer.add(text("&Cancel"), self.close)
        # Another window may have taken keyboard and mouse meanwhile.
        self.bind("<FocusIn>", lambda _event: self.grab_set(), add="+")
        window.question = self

    def add_sentence(self, words: Words) -> None:
        """Say more, under what is said already."""
        self._add_lines(words, "TkDefaultFont", gap=8)

    def _add_lines(self, words: Words, font: str, gap: int) -> None:
        note = Note(self.body, words, "fg", font=font)
        # The height is measured before the window is there to tell its width.
        note.label.fit(self.theme.px(_WIDE - 2 * _MARGIN))
        note.pack(fill="x", pady=(self.theme.px(gap), 0))

    def offer(self, words: Words, act: Callable[[], object]) -> None:
        """Offer what makes the question needless, as the answer that Return gives."""

        def chosen() -> None:
            self.destroy()
            act()

        self.primary = self.footer.add(words, chosen, "primary")

    def on_show(self) -> None:
        """Start on the harmless answer, and keep keyboard and mouse."""
        self.take_keyboard()
        if not self.winfo_viewable():
            self.wait_visibility()
        self.grab_set()

    def take_keyboard(self) -> None:
        """Have the keyboard, if no part of this has it."""
        focus = self.focus_get()
        if focus is None or focus.winfo_toplevel() is not self:
            self._cancel.focus_set()

    def close(self) -> None:
        """Answer no."""
        self.destroy()

    def _monitor(self, monitors: Sequence[Rectangle]) -> Rectangle:
        about = self._about
        middle = about.winfo_rootx() + about.winfo_width() // 2
        return nearest(monitors, middle, about.winfo_rooty() + about.winfo_height() // 2)

    def _corner(self, monitor: Rectangle, width: int, height: int) -> tuple[int, int]:
        """Over the window it is about, wherever that was moved to."""
        del monitor
        about = self._about
        left = about.winfo_rootx() + (about.winfo_width() - width) // 2
        return left, about.winfo_rooty() + (about.winfo_height() - height) // 3

    def _yes(self) -> None:
        self.destroy()
        self.on_yes()
