"""Areas and words: frames that know their surface, hairlines, labels, notes."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from tkinter import ttk
from typing import Any, Literal, Protocol, runtime_checkable

from traymail.core.texts import Text
from traymail.ui.model.lines import broken
from traymail.ui.palette import Surface
from traymail.ui.theme import Theme, Words, theme_of


@runtime_checkable
class Accessible(Protocol):
    """A widget with a caption that may name a key."""

    access_key: str
    """The letter in lower case, or "" for none."""

    def answer_key(self) -> object:
        """Do what a press of the key is for."""
        ...


def caption(theme: Theme, words: Words) -> tuple[str, int]:
    """Return what is shown of a caption, and where in it its access key is; -1: it has none.

    An ``&`` stands before the letter in the words of the catalogue. Words with values, and those
    of the user's own, have no access key: there it is a character as any other.
    """
    shown = theme.say(words)
    at = shown.find("&") if isinstance(words, Text) and not words.values else -1
    return (shown, -1) if at < 0 else (shown[:at] + shown[at + 1 :], at)


def obey_access_keys(window: tk.Toplevel) -> None:
    """Let the access keys of all that is shown in ``window`` work, now and later."""
    window.bind("<Alt-KeyPress>", lambda event: _press(window, event.keysym.lower()), add="+")


def accessible(window: tk.Misc) -> Iterator[Accessible]:
    """Yield what can be seen in a window, can be used, and has an access key."""
    for child in window.winfo_children():
        if isinstance(child, tk.Toplevel):
            continue
        if isinstance(child, Accessible) and child.access_key and _usable(child):
            yield child
        yield from accessible(child)


def _press(window: tk.Toplevel, letter: str) -> str | None:
    for widget in accessible(window):
        if widget.access_key == letter:
            widget.answer_key()
            return "break"
    return None


def _usable(widget: tk.Misc) -> bool:
    return widget.winfo_viewable() and not widget.tk.call(widget, "instate", "disabled")


Padding = float | tuple[float, float] | tuple[float, float, float, float]
"""96-dpi pixels: all sides, (left-right, top-bottom) or (left, top, right, bottom)."""


class Area(ttk.Frame):
    """A plain area; widgets on it are drawn for its `surface`."""

    surface: Surface

    def __init__(
        self,
        master: tk.Misc,
        surface: Surface | None = None,
        padding: Padding = 0,
        kind: str = "Frame",
        drawn_on: Surface | None = None,
    ) -> None:
        """``drawn_on`` is what lies behind; the area's own surface when not given."""
        theme = theme_of(master)
        self.theme = theme
        self.surface = surface or surface_of(master)
        super().__init__(
            master,
            style=theme.style(kind, drawn_on or self.surface),
            padding=_pixels(theme.px, padding),
        )

    def later(self, act: Callable[[], object]) -> None:
        """Do ``act`` when Tk is idle, unless this is gone by then."""
        self.theme.later(self, act)


class Box(Area):
    """A rounded area filled with ``fill``: a card, an advice, a pill.

    With the edge of a ``field`` it holds what is typed, and its states show as a field's do.
    """

    def __init__(
        self,
        master: tk.Misc,
        fill: Surface = "card",
        padding: Padding = 16,
        edge: Literal["usual", "field"] = "usual",
    ) -> None:
        kind = f"Box-{fill}" if edge == "usual" else "FieldBox"
        super().__init__(master, fill, padding, kind, surface_of(master))


class Line(ttk.Frame):
    """A hairline of a colour role, horizontal when packed with fill="x"."""

    def __init__(self, master: tk.Misc, role: str = "border") -> None:
        theme = theme_of(master)
        side = theme.px(1)
        super().__init__(master, style=theme.style(f"Line-{role}", "bg"), width=side, height=side)


class Label(ttk.Label):
    """Words in one line, or an icon, or both."""

    def __init__(
        self,
        master: tk.Misc,
        words: Words = "",
        role: str = "fg",
        font: str = "TkDefaultFont",
        icon: str | None = None,
        icon_size: int = 16,
    ) -> None:
        theme = theme_of(master)
        self._theme, self._surface = theme, surface_of(master)
        self._role, self._icon, self._icon_size = role, icon, icon_size
        self._words, self._font, self._width = "", font, 0
        super().__init__(
            master, font=font, justify="left", style=theme.style(f"Label-{role}", self._surface)
        )
        self.set_text(words)
        theme.paint(self, lambda _palette: self._draw())

    def set_text(self, words: Words, role: str | None = None, icon: str | None = None) -> None:
        """Show other words; a colour role or an icon only when given."""
        self._words = self._theme.say(words)
        if icon is not None:
            self._icon = icon
            self._draw()
        if role is not None:
            self.recolour(role)
        self._show()

    def fit(self, width: int) -> None:
        """Wrap at so many pixels."""
        self._width = width
        self.configure(wraplength=width)
        self._show()

    def recolour(self, role: str) -> None:
        """Show the same words in another colour."""
        if role != self._role:
            self._role = role
            self.configure(style=self._theme.style(f"Label-{role}", self._surface))
            self._draw()

    def _show(self) -> None:
        shown = self._words
        if self._width:
            shown = broken(shown, self._width, self._theme.font(self._font).measure)
        beside = self._icon is not None and shown != ""
        self.configure(
            text=f" {shown}" if beside else shown,
            compound="left" if beside or self._icon is None else "image",
        )

    def _draw(self) -> None:
        if self._icon is not None:
            image = self._theme.icon(self._icon, self._icon_size, self._role)
            self.configure(image=image)


class Caption(Label):
    """The words beside a field; their access key puts the keyboard into it."""

    def __init__(
        self, master: tk.Misc, words: Words, role: str = "muted", font: str = "TkDefaultFont"
    ) -> None:
        shown, self._at = caption(theme_of(master), words)
        self.access_key = shown[self._at].lower() if self._at >= 0 else ""
        self._enter: Callable[[], object] = lambda: None
        super().__init__(master, shown, role, font)

    def lead(self, enter: Callable[[], object]) -> None:
        """Call ``enter`` when the access key is pressed."""
        self._enter = enter

    def answer_key(self) -> None:
        """Go into the field."""
        self._enter()

    def _show(self) -> None:
        super()._show()
        # Where the words are broken, the letter has moved to the right.
        at = (
            str(self.cget("text")).lower().find(self.access_key, self._at)
            if self.access_key
            else -1
        )
        self.configure(underline=at)


class Note(Area):
    """An optional icon and a sentence that wraps at the width it is given: help, error, advice.

    Two labels, because Tk clips a wrapped label that also has an icon.
    """

    def __init__(
        self,
        master: tk.Misc,
        words: Words = "",
        role: str = "muted",
        icon: str | None = None,
        font: str = "TmSmall",
        surface: Surface | None = None,
    ) -> None:
        super().__init__(master, surface)
        self.columnconfigure(1, weight=1)
        self._icon: Label | None = None
        self.label = Label(self, words, role, font)
        self.label.grid(row=0, column=1, sticky="nw")
        self._wrap_again = wrap(self.label, self, self._icon_width)
        self.set_text(words, role, icon)

    def set_text(self, words: Words, role: str | None = None, icon: str | None = None) -> None:
        """Show another sentence; without ``icon`` there is none."""
        self.label.set_text(words, role)
        before = self._icon
        if before is not None:
            before.destroy()
            self._icon = None
        if icon is not None:
            self._icon = Label(self, "", role or "muted", icon=icon, icon_size=13)
            below = self.theme.px(2)
            self._icon.grid(row=0, column=0, sticky="nw", padx=(0, self.theme.px(6)), pady=below)
        if (before is None) != (icon is None):
            self._wrap_again()

    def _icon_width(self) -> int:
        return 0 if self._icon is None else self._icon.winfo_reqwidth() + self.theme.px(6)


class Empty(Area):
    """What is shown where nothing is yet: a large icon, a title, a sentence; add a button below."""

    def __init__(self, master: tk.Misc, icon: str, title: Words, sentence: Words = "") -> None:
        super().__init__(master)
        self.middle = Area(self)
        self.middle.place(relx=0.5, rely=0.45, anchor="center")
        Label(self.middle, "", "muted", icon=icon, icon_size=36).pack()
        if title:
            Label(self.middle, title, "fg", "TmStrong").pack(pady=(self.theme.px(8), 0))
        if sentence:
            words = Label(self.middle, sentence, "muted")
            words.configure(justify="center", anchor="center")
            words.fit(self.theme.px(280))
            words.pack(pady=(self.theme.px(4), self.theme.px(12)))


def stack(widgets: Sequence[tk.Widget], **options: Any) -> None:  # noqa: ANN401 - those of pack
    """Pack widgets one after the other; those that are packed are not unmapped and painted anew."""
    last: tk.Widget | None = None
    for widget in widgets:
        if last is not None:
            options["after"] = last
        elif there := [one for one in widget.master.pack_slaves() if one in widgets]:
            options["before"] = there[0]
        if options.get("before") is not widget:
            widget.pack(**options)
        options.pop("before", None)
        last = widget


def surface_of(widget: tk.Misc) -> Surface:
    """Return the surface a child of ``widget`` lies on."""
    place: tk.Misc | None = widget
    while place is not None:
        surface: Surface | None = getattr(place, "surface", None)
        if surface is not None:
            return surface
        place = place.master
    return "bg"


def wrap(label: Label, pane: tk.Misc, less: Callable[[], int] = lambda: 0) -> Callable[[], object]:
    """Wrap ``label`` at the width of ``pane`` less so many pixels.

    Return what is to be called when ``less`` has changed. Set once for each real change and when
    idle: set at once from the event, it can loop for ever.
    """
    width = 0

    def apply() -> None:
        if width:
            label.fit(max(1, width - less()))

    def again() -> None:
        theme_of(label).later(label, apply)

    def changed(event: tk.Event[tk.Misc]) -> None:
        nonlocal width
        if event.widget is pane and event.width != width and event.width > 1:
            width = event.width
            again()

    pane.bind("<Configure>", changed, add="+")
    return again


def _pixels(px: Callable[[float], int], padding: Padding) -> tuple[int, int, int, int]:
    match padding:
        case (left, top, right, bottom):
            return px(left), px(top), px(right), px(bottom)
        case (side, end):
            return px(side), px(end), px(side), px(end)
        case all_sides:
            return px(all_sides), px(all_sides), px(all_sides), px(all_sides)
