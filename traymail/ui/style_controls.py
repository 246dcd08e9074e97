"""Styles of what is pressed: buttons, drop-downs, segments, switches, check boxes."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image
from ttkbootstrap.style.icons import IconRenderer

from traymail.ui.nine_patch import Knob, switch
from traymail.ui.palette import Palette, Surface
from traymail.ui.style_kit import Builder, Kit


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
