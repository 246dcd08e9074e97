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
from dataclasses import dataclass
from tkinter import ttk
from typing import Any

from PIL import Image
from ttkbootstrap.style.icons import IconRenderer

from traymail.ui.palette import Palette, Surface
from traymail.ui.style_kit import Builder, Kit, Knob, bar, stretched, switch


def _field(kit: Kit, name: str, surface: Surface, _variant: str) -> None:
    _field_element(kit, name, surface)
    _entry_layout(kit, name, f"{name}.box")
    _entry_colours(kit, name, "input")
    kit.style.configure(name, padding=(kit.px(8), kit.high(32)))
    kit.style.map(name, fieldbackground=[("disabled", kit.palette.hover)], background=[])


def _field_box(kit: Kit, name: str, surface: Surface, _variant: str) -> None:
    # What lies in it hides all but its edge.
    _field_element(kit, name, surface, greyed="input")
    kit.style.layout(name, [(f"{name}.box", {"sticky": "nsew"})])
    kit.style.configure(name, background=kit.palette.input)


def _field_element(kit: Kit, name: str, surface: Surface, greyed: str = "hover") -> None:
    p = kit.palette
    kit.element(
        f"{name}.box",
        kit.box("input", surface, p.field),
        ("disabled", kit.box(greyed, surface, p.border)),
        ("invalid focus", kit.box("input", surface, p.danger, ring=True)),
        ("invalid", kit.box("input", surface, p.danger)),
        ("focus", kit.box("input", surface, p.link, ring=True)),
        border=kit.px(5),
    )


def _field_bare(kit: Kit, name: str, surface: Surface, _variant: str) -> None:
    _entry_layout(kit, name, None)
    _entry_colours(kit, name, surface)
    kit.style.configure(name, padding=(0, kit.high(30)))


def _entry_layout(kit: Kit, name: str, box: str | None) -> None:
    layers = ("Entry.padding", "Entry.textarea")
    kit.stack(name, *((box, *layers) if box else layers))


def _entry_colours(kit: Kit, name: str, inside: Surface) -> None:
    p = kit.palette
    kit.style.configure(
        name,
        foreground=p.fg,
        insertcolor=p.fg,
        insertwidth=kit.px(1.5),
        background=p.colour(inside),
        fieldbackground=p.colour(inside),
        selectbackground=p.primary,
        selectforeground=p.on_primary,
    )
    kit.style.map(
        name,
        foreground=[("disabled", p.muted), ("readonly", p.fg)],
        fieldbackground=[],
        background=[],
        selectbackground=[],
        selectforeground=[],
        bordercolor=[],
    )


def _bar(kit: Kit, name: str, surface: Surface, variant: str) -> None:
    height, under = kit.px(4), kit.palette.colour(surface)
    end = height // 2 + 1
    trough = stretched(bar(kit.palette.track, under, height), end, 0)
    filled = stretched(bar(kit.palette.colour(variant), kit.palette.track, height), end, 0)
    for part, picture in (("trough", trough), ("pbar", filled)):
        kit.element(
            f"{name}.{part}",
            kit.picture(picture),
            border=(end, 0),
            sticky="we",
            least=(2 * end + 1, height),
        )
    filling: Any = (f"{name}.pbar", {"side": "left", "sticky": "we"})
    kit.style.layout(name, [(f"{name}.trough", {"sticky": "we", "children": [filling]})])
    kit.style.configure(name, background=under, thickness=height)


def _scroll(kit: Kit, name: str, surface: Surface, _variant: str) -> None:
    width, under = kit.px(10), kit.palette.colour(surface)
    inset = kit.px(2)

    def thumb(colour: str) -> Image.Image:
        picture = Image.new("RGB", (width, 3 * width), under)
        body = bar(colour, under, width - 2 * inset).rotate(90, expand=True)
        picture.paste(body, (inset, (picture.height - body.height) // 2))
        return stretched(picture, 0, width)

    space = Image.new("RGB", (width, 128), under)
    kit.element(f"{name}.trough", kit.picture(space), least=(width, width))
    kit.element(
        f"{name}.thumb",
        kit.picture(thumb(kit.palette.btnborder)),
        # As large as the others: ttk never ends to tile a picture smaller than its border.
        ("disabled", kit.picture(thumb(under))),
        ("pressed", kit.picture(thumb(kit.palette.muted))),
        ("active", kit.picture(thumb(kit.palette.field))),
        border=(0, width),
        least=(width, 3 * width),
    )
    inner: Any = (f"{name}.thumb", {"expand": "1", "sticky": "nsew"})
    kit.style.layout(name, [(f"{name}.trough", {"sticky": "ns", "children": [inner]})])
    kit.style.configure(name, background=under, arrowsize=width, width=width)


def _table(kit: Kit, name: str, surface: Surface, _variant: str) -> None:
    p, style, under = kit.palette, kit.style, kit.palette.colour(surface)
    style.configure(
        name,
        font="TkDefaultFont",
        rowheight=kit.px(34),
        background=under,
        fieldbackground=under,
        foreground=p.fg,
        borderwidth=0,
        relief="flat",
        indent=0,
    )
    style.map(name, background=[("selected", p.sel)], foreground=[("selected", p.fg)])
    style.layout(name, [("Treeview.treearea", {"sticky": "nsew"})])
    style.configure(f"{name}.Item", padding=(kit.px(4), 0, 0, 0))
    # Without an empty `sticky` the image goes to the top of its row.
    sides = (("Treeitem.image", "left"), ("Treeitem.text", "left"))
    kit.stack(f"{name}.Item", "Treeitem.padding", inside=sides)
    style.configure(
        f"{name}.Heading",
        font="TmSmall",
        background=under,
        foreground=p.muted,
        padding=(kit.px(6), kit.px(6)),
        relief="flat",
        borderwidth=0,
    )
    style.map(f"{name}.Heading", background=[("active", p.hover)], foreground=[], relief=[])


FIELDS: dict[str, Builder] = {
    "Field": _field,
    "FieldBare": _field_bare,
    "FieldBox": _field_box,
    "Bar": _bar,
    "Scroll": _scroll,
    "Table": _table,
}


@dataclass(frozen=True, slots=True)
class _Paint:
    fill: str
    text: str
    edge: str | None
    hover: str
    pressed: str
    side: float = 12  # 96-dpi pixels left and right of the text
    anchor: str = "center"
    height: float = 32


def _button(kit: Kit, name: str, surface: Surface, variant: str) -> None:
    paint = _paints(kit.palette, surface, kit.raised(surface))[variant]
    _pressable(kit, name, surface, paint)
    if variant == "submenu":
        _chevron(kit, name, "chevron-right")
        inside = ((f"{name}.sign", "right"), ("Button.label", "left"))
        kit.stack(name, f"{name}.box", "Button.padding", inside=inside)
    else:
        kit.stack(name, f"{name}.box", "Button.padding", "Button.label")


def _paints(palette: Palette, surface: Surface, raised: str) -> dict[str, _Paint]:
    p, own = palette, palette.colour(surface)
    primary = _Paint(p.primary, p.on_primary, None, p.primary_hover, p.primary_pressed)
    nav = _Paint(own, p.fg, None, raised, p.track, 12, "w", 36)
    return {
        "primary": primary,
        "normal": _Paint(p.btn, p.fg, p.btnborder, p.hover, p.track),
        "ghost": _Paint(own, p.fg, None, raised, p.track, 8),
        "link": _Paint(own, p.link, None, raised, p.track, 6, height=28),
        "alert": _Paint(own, p.danger, None, p.errbg, p.errbg, 6, height=28),
        "danger": _Paint(p.btn, p.danger, p.btnborder, p.errbg, p.errbg),
        "nav": nav,
        "submenu": nav,
        "chosen": _Paint(p.sel, p.fg, None, p.sel, p.sel, 12, "w", 36),
    }


def _pressable(kit: Kit, name: str, surface: Surface, paint: _Paint) -> None:
    link = kit.palette.link
    off = kit.box("hover", surface, kit.palette.border)
    if paint.edge is None and paint.text != kit.palette.on_primary:
        off = kit.box(paint.fill, surface, None)
    kit.element(
        f"{name}.box",
        kit.box(paint.fill, surface, paint.edge),
        ("disabled", off),
        ("pressed", kit.box(paint.pressed, surface, paint.edge)),
        ("focus active", kit.box(paint.hover, surface, link, ring=True)),
        ("focus", kit.box(paint.fill, surface, link, ring=True)),
        ("active", kit.box(paint.hover, surface, paint.edge)),
        border=kit.px(5),
    )
    vertical = kit.high(paint.height)
    kit.style.configure(
        name,
        font="TkDefaultFont",
        foreground=paint.text,
        background=kit.palette.colour(surface),
        padding=(kit.px(paint.side), vertical),
        anchor=paint.anchor,
        relief="flat",
        shiftrelief=0,
    )
    kit.style.map(name, foreground=[("disabled", kit.palette.field)], background=[])


def _picker(kit: Kit, name: str, surface: Surface, _variant: str) -> None:
    _dropdown(kit, name, surface, _paints(kit.palette, surface, kit.raised(surface))["normal"])


def _picker_bare(kit: Kit, name: str, surface: Surface, _variant: str) -> None:
    paint = _paints(kit.palette, surface, kit.raised(surface))["ghost"]
    _dropdown(kit, name, surface, paint)
    kit.style.configure(name, padding=(kit.px(2), kit.high(30)))


def _dropdown(kit: Kit, name: str, surface: Surface, paint: _Paint) -> None:
    _pressable(kit, name, surface, paint)
    _chevron(kit, name, "chevron-down")
    sign = (f"{name}.sign", "right")
    kit.stack(
        name, f"{name}.box", "Menubutton.padding", inside=(sign, ("Menubutton.label", "left"))
    )
    kit.style.configure(name, anchor="w")


def _chevron(kit: Kit, name: str, icon: str) -> None:
    def draw(colour: str) -> Image.Image:
        # Room at the left keeps the sign off the text.
        glyph = IconRenderer.render(icon, kit.px(10), colour)
        room = Image.new("RGBA", (glyph.width + kit.px(8), glyph.height))
        room.paste(glyph, (kit.px(8), 0))
        return room

    normal = kit.picture(draw(kit.palette.muted))
    off = kit.picture(draw(kit.palette.btnborder))
    kit.element(f"{name}.sign", normal, ("disabled", off), sticky="")


def _segment(kit: Kit, name: str, surface: Surface, _variant: str) -> None:
    p = kit.palette
    paint = _Paint(p.btn, p.fg, p.border, p.hover, p.track)
    link = p.link
    kit.element(
        f"{name}.box",
        kit.box(paint.fill, surface, paint.edge),
        ("disabled", kit.box("hover", surface, p.border)),
        ("selected focus", kit.box("sel", surface, link, ring=True)),
        ("selected", kit.box("sel", surface, p.sel)),
        ("pressed", kit.box(paint.pressed, surface, paint.edge)),
        ("focus", kit.box(paint.fill, surface, link, ring=True)),
        ("active", kit.box(paint.hover, surface, paint.edge)),
        border=kit.px(5),
    )
    kit.stack(name, f"{name}.box", "Radiobutton.padding", "Radiobutton.label")
    kit.style.configure(
        name,
        font="TkDefaultFont",
        foreground=p.fg,
        background=p.colour(surface),
        padding=(kit.px(10), kit.high(32)),
        anchor="center",
    )
    kit.style.map(name, foreground=[("disabled", p.field)], background=[], indicatorcolor=[])


def _switch(kit: Kit, name: str, surface: Surface, _variant: str) -> None:
    p, ring = kit.palette, 2 * kit.hairline

    def draw(fill: str, *, on: bool, focus: bool = False) -> Image.Image:
        knob = Knob(fill, p.on_primary, p.colour(surface), ring=p.link if focus else None)
        return switch(knob, kit.px(32), kit.px(18), ring, on=on)

    states = (
        ("disabled selected", draw(p.btnborder, on=True)),
        ("disabled", draw(p.btnborder, on=False)),
        ("selected focus", draw(p.primary, on=True, focus=True)),
        ("selected", draw(p.primary, on=True)),
        ("focus", draw(p.field, on=False, focus=True)),
    )
    _indicator(kit, name, surface, draw(p.field, on=False), states)


def _indicator(
    kit: Kit,
    name: str,
    surface: Surface,
    normal: Image.Image,
    states: tuple[tuple[str, Image.Image], ...],
) -> None:
    drawn = [(state, kit.picture(image)) for state, image in states]
    kit.element(f"{name}.knob", kit.picture(normal), *drawn, sticky="")
    sides = ((f"{name}.knob", "left"), ("Checkbutton.label", "left"))
    kit.stack(name, "Checkbutton.padding", inside=sides)
    p = kit.palette
    kit.style.configure(
        name,
        font="TkDefaultFont",
        foreground=p.fg,
        background=p.colour(surface),
        padding=(0, kit.px(3)),
    )
    kit.style.map(name, foreground=[("disabled", p.field)], background=[], indicatorcolor=[])


CONTROLS: dict[str, Builder] = {
    "Button": _button,
    "Picker": _picker,
    "PickerBare": _picker_bare,
    "Segment": _segment,
    "Switch": _switch,
}


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
