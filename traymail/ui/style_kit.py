"""What styles are built with: one palette, one scale, pictures kept alive for Tk."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from tkinter import font as tkfont
from tkinter import ttk
from typing import Any

from PIL import Image, ImageDraw, ImageTk

from traymail.ui.palette import Palette, Surface

_OVER = 4
_MORE = (128, 32)  # pixels a middle gets more across and down


@dataclass(frozen=True, slots=True)
class ShapeBox:
    """A rounded rectangle; lengths in pixels of the screen."""

    fill: str
    surface: str
    radius: int
    edge: str | None = None
    edge_width: int = 1
    gap: int = 0
    """Between edge and filling, so that a ring shows around a filling of its own colour."""


def rounded(box: ShapeBox) -> Image.Image:
    """Return a picture for ttk to tile in the middle: its border is the box's radius."""
    side = 2 * box.radius + 4
    picture = Image.new("RGB", (side * _OVER, side * _OVER), box.surface)
    _draw_box(ImageDraw.Draw(picture), box, side, side)
    small = picture.resize((side, side), Image.Resampling.LANCZOS)
    return stretched(small, box.radius, box.radius)


def stretched(picture: Image.Image, across: int, down: int) -> Image.Image:
    """Return a picture with a much larger middle; borders of so many pixels keep their size.

    ttk fills an area by drawing the middle again and again: a middle of a few pixels makes a
    window take a second to appear.
    """
    more_wide, more_high = (_MORE[0] if across else 0), (_MORE[1] if down else 0)
    large = Image.new("RGB", (picture.width + more_wide, picture.height + more_high))
    y = 0
    for top, bottom, height in _thirds(picture.height, down, more_high):
        x = 0
        for left, right, width in _thirds(picture.width, across, more_wide):
            part = picture.crop((left, top, right, bottom))
            large.paste(part.resize((width, height), Image.Resampling.NEAREST), (x, y))
            x += width
        y += height
    return large


def _thirds(length: int, border: int, more: int) -> tuple[tuple[int, int, int], ...]:
    """Return start, end and new length of the two borders and of the middle between them."""
    if more == 0:
        return ((0, length, length),)
    return (
        (0, border, border),
        (border, border + 1, more + 1),
        (border + 1, length, length - border - 1),
    )


def bar(fill: str, surface: str, height: int) -> Image.Image:
    """Return a bar with round ends, for ttk to tile in the middle."""
    width = height * 3
    picture = Image.new("RGB", (width * _OVER, height * _OVER), surface)
    ImageDraw.Draw(picture).rounded_rectangle(
        (0, 0, width * _OVER - 1, height * _OVER - 1), height * _OVER / 2, fill=fill
    )
    return picture.resize((width, height), Image.Resampling.LANCZOS)


@dataclass(frozen=True, slots=True)
class Knob:
    """The colours of a switch in one state."""

    fill: str
    mark: str
    surface: str
    ring: str | None = None


def switch(knob: Knob, width: int, height: int, ring: int, *, on: bool) -> Image.Image:
    """Return a switch with room for its focus ring on all sides."""
    gap = 2 * ring
    full = (width + 2 * gap, height + 2 * gap)
    picture = Image.new("RGB", (full[0] * _OVER, full[1] * _OVER), knob.surface)
    draw = ImageDraw.Draw(picture)
    if knob.ring is not None:
        _oval(draw, (0, 0, *full), knob.ring)
        _oval(draw, (ring, ring, full[0] - ring, full[1] - ring), knob.surface)
    _oval(draw, (gap, gap, gap + width, gap + height), knob.fill)
    inset = max(2, height // 8)
    size = height - 2 * inset
    left = gap + (width - size - inset if on else inset)
    _oval(draw, (left, gap + inset, left + size, gap + inset + size), knob.mark)
    return picture.resize(full, Image.Resampling.LANCZOS)


def _oval(draw: ImageDraw.ImageDraw, edges: tuple[int, int, int, int], fill: str) -> None:
    left, top, right, bottom = (edge * _OVER for edge in edges)
    draw.rounded_rectangle((left, top, right - 1, bottom - 1), (bottom - top) / 2, fill=fill)


def _draw_box(draw: ImageDraw.ImageDraw, box: ShapeBox, width: int, height: int) -> None:
    radius, right, bottom = box.radius * _OVER, width * _OVER - 1, height * _OVER - 1
    if box.edge is None:
        draw.rounded_rectangle((0, 0, right, bottom), radius, fill=box.fill)
        return
    draw.rounded_rectangle((0, 0, right, bottom), radius, fill=box.edge)
    layers = [(box.edge_width, box.fill)]
    if box.gap:
        layers = [(box.edge_width, box.surface), (box.edge_width + box.gap, box.fill)]
    for depth, fill in layers:
        edge = depth * _OVER
        inner = (edge, edge, right - edge, bottom - edge)
        draw.rounded_rectangle(inner, max(0, radius - edge), fill=fill)


class Kit:
    """The means to build the styles of one theme."""

    def __init__(
        self, root: tk.Misc, style: ttk.Style, palette: Palette, px: Callable[[float], int]
    ) -> None:
        self.style = style
        self.palette = palette
        self.px = px
        self.hairline = px(1)
        self._root = root
        # Tk drops a picture when its Python object is collected.
        self._pictures: list[ImageTk.PhotoImage] = []
        self._boxes: dict[ShapeBox, ImageTk.PhotoImage] = {}

    def picture(self, image: Image.Image) -> ImageTk.PhotoImage:
        """Return a Tk picture that lives as long as this kit."""
        picture = ImageTk.PhotoImage(image, master=self._root)
        self._pictures.append(picture)
        return picture

    def box(
        self,
        fill: str,
        surface: str,
        edge: str | None,
        *,
        radius: int = 0,
        ring: bool = False,
    ) -> ImageTk.PhotoImage:
        """Return a rounded rectangle; ``fill`` and ``surface`` are roles or colours."""
        p = self.palette
        filled = p.colour(fill) in {p.primary, p.primary_hover}
        box = ShapeBox(
            fill=p.colour(fill),
            surface=p.colour(surface),
            radius=radius or self.px(5),
            edge=edge,
            edge_width=2 * self.hairline if ring else self.hairline,
            gap=self.hairline if ring and filled else 0,
        )
        if box not in self._boxes:
            self._boxes[box] = self.picture(rounded(box))
        return self._boxes[box]

    def element(
        self,
        name: str,
        normal: ImageTk.PhotoImage,
        *states: tuple[str, ImageTk.PhotoImage],
        border: int | tuple[int, int] = 0,
        sticky: str = "nsew",
        least: tuple[int, int] | None = None,
    ) -> None:
        """Create an element drawn from pictures, one for each ttk state; the first that fits.

        ``least`` is its smallest width and height; that of its picture when not given.
        """
        specs: Any = [(*state.split(), str(picture)) for state, picture in states]
        options: Any = {"border": border, "padding": 0, "sticky": sticky}
        if isinstance(border, int) and border:
            least = (2 * border + 1, 2 * border + 1)
        if least is not None:
            options["width"], options["height"] = least
        self.style.element_create(name, "image", str(normal), *specs, **options)

    def stack(self, name: str, *layers: str, inside: tuple[tuple[str, str], ...] = ()) -> None:
        """Lay elements into each other; ``inside`` the last, others side by side (left, right)."""
        layout: Any = [
            (element, {"side": side, "sticky": "w" if element.endswith(".label") else ""})
            for element, side in inside
        ]
        for layer in reversed(layers):
            options: dict[str, object] = {"sticky": "nsew"}
            if layout:
                options["children"] = layout
            layout = [(layer, options)]
        self.style.layout(name, layout)

    def high(self, height: float) -> int:
        """Return the padding that makes a line of text as high as ``height`` (96-dpi pixels)."""
        line = tkfont.nametofont("TkDefaultFont", self._root).metrics("linespace")
        return max(1, (self.px(height) - int(line)) // 2)

    def raised(self, surface: Surface) -> str:
        """Return the colour of what the pointer is over, on a surface."""
        return self.palette.hover if surface in {"bg", "input", "btn"} else self.palette.track


Builder = Callable[[Kit, str, Surface, str], None]
"""Builds the style of a name, for a surface and a variant (what follows "-" in the kind)."""
