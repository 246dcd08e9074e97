"""Styles of what is typed into, scrolled, or watched: fields, bars, scroll bars, tables."""

from __future__ import annotations

from typing import Any

from PIL import Image

from traymail.ui.nine_patch import bar, stretched
from traymail.ui.palette import Surface
from traymail.ui.style_kit import Builder, Kit


def _field(kit: Kit, name: str, surface: Surface, _variant: str) -> None:
    _field_element(kit, name, surface)
    _entry_layout(kit, name, f"{name}.box")
    _entry_colours(kit, name, "input")
    kit.style.configure(name, padding=(kit.px(8), kit.high(32)))
    kit.style.map(name, fieldbackground=[("disabled", kit.palette.hover)], background=[])


def _field_box(kit: Kit, name: str, surface: Surface, _variant: str) -> None:
    _field_element(kit, name, surface)
    kit.style.layout(name, [(f"{name}.box", {"sticky": "nsew"})])
    kit.style.configure(name, background=kit.palette.input)


def _field_element(kit: Kit, name: str, surface: Surface) -> None:
    p = kit.palette
    kit.element(
        f"{name}.box",
        kit.box("input", surface, p.field),
        ("disabled", kit.box("hover", surface, p.border)),
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
