"""The look of all windows: theme pair, fonts, scale, language; one `Theme` for each Tk root.

Windows are made of the widgets in `traymail.ui.widgets`, which ask their root for its theme.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Collection
from tkinter import font as tkfont
from typing import cast

import ttkbootstrap as tb
from ttkbootstrap.style.theme import ThemeDefinition

from traymail.core.address import whole_characters
from traymail.core.languages import LANGUAGES
from traymail.core.texts import Text, Translate
from traymail.desktop.screens import Monitors, Rectangle
from traymail.ui.files import FileDialogs
from traymail.ui.palette import PALETTES, Mode, Palette, Surface
from traymail.ui.placing import desktop_scaling
from traymail.ui.styles import Styles
from traymail.ui.whole import keep_characters_whole
from traymail.winapi import draw_sharply

Words = Text | str
"""A Text of ours, translated when shown, or something of the user's, shown as it is."""

_MONO = ("Cascadia Mono", "Menlo", "Noto Sans Mono", "Noto Sans Mono CJK SC", "DejaVu Sans Mono")
_TK_FONTS = ("TkDefaultFont", "TkTextFont", "TkMenuFont", "TkHeadingFont", "TkTooltipFont")
# Of our windows, tooltips among them, and of Tk's own dialogs.
_WINDOW_CLASSES = ("Traymail", "Toplevel")
_OWN_FONTS = {
    "TmTitle": (15, "bold"),
    "TmCode": (26, "bold"),
    "TmHead": (11, "bold"),
    "TmStrong": (10, "bold"),
    "TmSmall": (9, "normal"),
    "TmSmallStrong": (9, "bold"),
}
Painter = Callable[[Palette], object]
Screen = Callable[[], tuple[Rectangle, ...]]
"""Tells where the monitors stand, none where that is not known; on any thread."""


class Root(tb.App):
    """The hidden root of all windows; it owns the `theme`."""

    def __init__(
        self,
        mode: Mode = "light",
        language: str = "en",
        translate: Translate = str,
        *,
        scaling: float | None = None,
        screen: Screen | None = None,
    ) -> None:
        """``scaling``: Tk's pixels per point (4/3 is 100 %); None takes the desktop's.

        ``screen``: another one than this display's.
        """
        draw_sharply()
        super().__init__(
            title="traymail",
            className="Traymail",
            iconphoto=None,
            scaling=scaling or desktop_scaling(),
        )
        self.withdraw()
        keep_characters_whole(self)
        # With `send`, any other client of the display could run code in this program.
        if self.tk.call("info", "commands", "send"):
            self.tk.call("rename", "send", "")
        self.icon_pictures: tuple[object, ...] | None = None
        # Where windows were, as Tk tells it; whoever made the root keeps it until the next start.
        self.places: dict[str, str] = {}
        self.theme = Theme(self, mode, language, translate, screen or Monitors().look)
        self.files = FileDialogs(self, self.theme.say, lambda: self.theme.language)

    def destroy(self) -> None:
        """End all windows, and what Tk has put off till it is idle."""
        self.update_idletasks()
        for window in [one for one in self.winfo_children() if isinstance(one, tk.Toplevel)]:
            window.destroy()
        # Tk may keep what it asks of the display until it asks for an answer; and the program may
        # have to wait for its threads before it ends.
        self.winfo_pointerxy()
        super().destroy()


class Theme:
    """Theme, fonts, scale and language of one root."""

    def __init__(
        self, root: Root, mode: Mode, language: str, translate: Translate, screen: Screen
    ) -> None:
        self._root = root
        self.screen = screen
        self._style = tb.Style.get_instance()
        self._painters: dict[str, list[Painter]] = {}
        self.palette = PALETTES[mode]
        self.language = language
        # Whether the user's language cannot be drawn.
        self.lacks_font = False
        self.translate = translate
        # Tk forgets a named font when its Python object is collected.
        self._fonts = self._make_fonts()
        # Each scale has themes and styles of its own, whose pictures are as large as shown.
        self._all_styles: dict[int, Styles] = {}
        self._styles = self._styles_here()

    def px(self, length: float) -> int:
        """Return the pixels for a length in pixels of a 96-dpi screen; never 0 for a positive."""
        return max(1, int(tb.scale_size(self._root, length))) if length > 0 else 0

    def monitors(self) -> tuple[Rectangle, ...]:
        """Return where the monitors stand; one for all where they are not known apart."""
        whole = Rectangle(0, 0, self._root.winfo_screenwidth(), self._root.winfo_screenheight())
        return self.screen() or (whole,)

    def say(self, words: Words) -> str:
        """Return words in the language of the windows, as Tk can show them."""
        said = words.translated(self.translate) if isinstance(words, Text) else words
        return whole_characters(said)

    def colour(self, role: str) -> str:
        """Return the colour of a role in the theme of the moment."""
        return self.palette.colour(role)

    def icon(self, name: str, size: int = 16, role: str = "fg") -> str:
        """Return the Tk image of a Bootstrap icon. Use it inside `paint`: it keeps its colour."""
        return str(tb.Icon(name, size, self.colour(role)))

    def style(self, kind: str, surface: Surface) -> str:
        """Return the ttk style for a kind of widget (see `traymail.ui.styles`) on a surface."""
        return self._styles.name(kind, surface)

    def paint(self, widget: tk.Misc, painter: Painter) -> None:
        """Call ``painter`` now and at each change of the theme, as long as ``widget`` lives."""
        key = str(widget)
        if key not in self._painters:
            self._painters[key] = []
            widget.bind("<Destroy>", lambda event: self._forget(str(event.widget)), add="+")
        self._painters[key].append(painter)
        painter(self.palette)

    def later(self, widget: tk.Misc, act: Callable[[], object]) -> None:
        """Call ``act`` when Tk is idle, unless ``widget`` is gone by then."""
        # Asked of the root: the callbacks of a destroyed widget become errors of Tk.
        self._root.after_idle(lambda: act() if widget.winfo_exists() else None)

    def font(self, name: str) -> tkfont.Font:
        """Return one of the named fonts, to measure with."""
        return self._fonts[name]

    def use(self, mode: Mode) -> None:
        """Show all windows in this theme from now on."""
        if mode == self.palette.mode:
            return
        self.palette = PALETTES[mode]
        self._styles_here()
        for painters in tuple(self._painters.values()):
            for painter in painters:
                painter(self.palette)

    def speak(self, language: str, translate: Translate) -> None:
        """Use this language for windows made from now on; the fonts of all change at once."""
        self.language, self.translate = language, translate
        self._set_families()

    def rescale(self, scaling: float) -> None:
        """Make all larger or smaller from now on, but for the windows that there are.

        ``scaling``: Tk's pixels per point.
        """
        self._root.tk.call("tk", "scaling", scaling)
        for font in self._fonts.values():  # told their size, they ask for the scale again
            font.configure(size=font.cget("size"))
        self._styles = self._styles_here()

    def _styles_here(self) -> Styles:
        """Return the styles of this scale, in the theme of the moment, which ttk is told to use."""
        scale = self.px(100)
        if scale not in self._all_styles:
            for palette in PALETTES.values():
                self._style.register_theme(_definition(palette, scale))
            self._style.theme_use(_theme_name(self.palette.mode, scale))
            self._all_styles[scale] = Styles(self._root, self.palette, self.px)
        self._style.theme_use(_theme_name(self.palette.mode, scale))
        self._all_styles[scale].use(self.palette)
        # The X server paints a window before we do: not white, nor grey.
        for one in _WINDOW_CLASSES:
            self._root.option_add(f"*{one}.background", self.palette.bg)
        return self._all_styles[scale]

    def _forget(self, key: str) -> None:
        self._painters.pop(key, None)

    def _make_fonts(self) -> dict[str, tkfont.Font]:
        fonts = {name: tkfont.nametofont(name, self._root) for name in (*_TK_FONTS, "TkFixedFont")}
        for name in fonts:
            fonts[name].configure(size=10, weight="normal")
        for name, (size, weight) in _OWN_FONTS.items():
            fonts[name] = tkfont.Font(self._root, name=name, size=size)
            fonts[name].configure(weight="bold" if weight == "bold" else "normal")
        self._fonts = fonts
        self._set_families()
        return fonts

    def _set_families(self) -> None:
        here = set(tkfont.families(self._root))
        sans, mono = families(self.language, here)
        for name, font in self._fonts.items():
            font.configure(family=mono if name in {"TkFixedFont", "TmCode"} else sans)


def families(language: str, here: Collection[str]) -> tuple[str, str]:
    """Return the font of words and the one of fixed width, of those that are here."""
    return _first(LANGUAGES[language].fonts, here), _first(_MONO, here)


def theme_of(widget: tk.Misc) -> Theme:
    """Return the theme of the windows ``widget`` belongs to."""
    return cast("Root", widget.nametowidget(".")).theme


def _first(wanted: tuple[str, ...], here: Collection[str]) -> str:
    return next((family for family in wanted if family in here), wanted[-1])


def _theme_name(mode: Mode, scale: int) -> str:
    return f"traymail-{mode}-{scale}"


def _definition(palette: Palette, scale: int) -> ThemeDefinition:
    # Explicit colours: the generator of ttkbootstrap would shift the accents.
    colours = {
        "primary": palette.primary,
        "secondary": palette.muted,
        "success": palette.success,
        "info": palette.link,
        "warning": palette.warning,
        "danger": palette.danger,
        "light": "#eef1f5" if palette.mode == "light" else "#cfd6df",
        "dark": "#39414d",
        "bg": palette.bg,
        "fg": palette.fg,
        "selectbg": palette.sel,
        "selectfg": palette.fg,
        "border": palette.field,
        "inputfg": palette.fg,
        "inputbg": palette.input,
        "active": palette.hover,
    }
    return ThemeDefinition(_theme_name(palette.mode, scale), colours, palette.mode)
