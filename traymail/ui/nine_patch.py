"""Small pictures the styles are made of: rounded rectangles, bars, switches.

Drawn four times as large and reduced, so that edges are smooth at every scale. The corners are
filled with the surface behind, because ttk draws images without regard to what lies below.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

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
