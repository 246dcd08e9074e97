"""The ttk styles: each made when a window first asks for it, and again in the other theme.

A style is asked for by kind and by the surface it lies on:

=================  ================  ====================================================
kind               ttk class         is
=================  ================  ====================================================
Frame, Line        TFrame            a plain area; a hairline
Box-ROLE           TFrame            a rounded area filled with ROLE (card, okbg, btn ...)
Label-ROLE         TLabel            text in a colour
Button-KIND        TButton           primary, normal, ghost, link, alert, danger, nav ...
Picker, PickerBare TMenubutton       a drop-down, bordered or bare
Segment            TRadiobutton      one of several choices in a row
Switch             TCheckbutton      on or off
Field, FieldBare   TEntry            a field, bordered or bare
FieldBox           TFrame            an area with the border of a field
Bar-ROLE           TProgressbar      a bar with round ends
Scroll             TScrollbar        a thumb without arrows
Table              Treeview          rows without borders
=================  ================  ====================================================
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from traymail.ui.palette import Palette, Surface
from traymail.ui.style_controls import CONTROLS
from traymail.ui.style_fields import FIELDS
from traymail.ui.style_kit import Builder, Kit

_CLASSES = {
    "Frame": "TFrame",
    "Line": "TFrame",
    "Box": "TFrame",
    "Label": "TLabel",
    "Button": "TButton",
    "Picker": "TMenubutton",
    "PickerBare": "TMenubutton",
    "Segment": "TRadiobutton",
    "Switch": "TCheckbutton",
    "Field": "TEntry",
    "FieldBare": "TEntry",
    "FieldBox": "TFrame",
    "Bar": "Horizontal.TProgressbar",
    "Scroll": "Vertical.TScrollbar",
    "Table": "Treeview",
}


class Styles:
    """The styles of one root."""

    def __init__(self, root: tk.Misc, palette: Palette, px: Callable[[float], int]) -> None:
        self._style = ttk.Style(root)
        self._root = root
        self._px = px
        self._asked: dict[str, tuple[str, Surface]] = {}
        self._kits: dict[str, Kit] = {}
        self._built: set[tuple[str, str]] = set()
        self._palette = palette

    def use(self, palette: Palette) -> None:
        """Make everything asked for so far in the theme that ttk has just been told to use."""
        self._palette = palette
        for name, (kind, surface) in self._asked.items():
            self._build(name, kind, surface)

    def name(self, kind: str, surface: Surface) -> str:
        """Return the ttk style for a kind on a surface."""
        name = f"{kind}_{surface}.Tm.{_CLASSES[kind.partition('-')[0]]}"
        if name not in self._asked:
            self._asked[name] = (kind, surface)
            self._build(name, kind, surface)
        return name

    def _build(self, name: str, kind: str, surface: Surface) -> None:
        palette = self._palette
        if (palette.mode, name) in self._built:
            return
        self._built.add((palette.mode, name))
        if palette.mode not in self._kits:
            self._kits[palette.mode] = Kit(self._root, self._style, palette, self._px)
        family, _, variant = kind.partition("-")
        BUILDERS[family](self._kits[palette.mode], name, surface, variant)


def _frame(kit: Kit, name: str, surface: Surface, _variant: str) -> None:
    kit.style.configure(name, background=kit.palette.colour(surface))


def _line(kit: Kit, name: str, _surface: Surface, variant: str) -> None:
    kit.style.configure(name, background=kit.palette.colour(variant or "border"))


def _box(kit: Kit, name: str, surface: Surface, variant: str) -> None:
    palette = kit.palette
    edges = {"card": palette.border, "input": palette.border, "btn": palette.btnborder}
    radius = kit.px(6)
    normal = kit.box(variant, surface, edges.get(variant), radius=radius)
    focused = kit.box(variant, surface, palette.link, radius=radius, ring=True)
    kit.element(f"{name}.box", normal, ("focus", focused), border=radius)
    kit.style.layout(name, [(f"{name}.box", {"sticky": "nsew"})])
    kit.style.configure(name, background=palette.colour(variant))


def _label(kit: Kit, name: str, surface: Surface, variant: str) -> None:
    palette = kit.palette
    kit.style.configure(
        name,
        background=palette.colour(surface),
        foreground=palette.colour(variant or "fg"),
        padding=0,
        borderwidth=0,
    )
    kit.style.map(name, foreground=[("disabled", palette.field)])


BUILDERS: dict[str, Builder] = {
    "Frame": _frame,
    "Line": _line,
    "Box": _box,
    "Label": _label,
    **CONTROLS,
    **FIELDS,
}
