"""Small pictures the styles are made of: rounded rectangles, switches, check marks.

Drawn four times as large and reduced, so that edges are smooth at every scale. The corners are
filled with the surface behind, because ttk draws images without regard to what lies below.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

_OVER = 4


@dataclass(frozen=True, slots=True)
class Box:
    """A rounded rectangle; lengths in pixels of the screen."""

    fill: str
    surface: str
    radius: int
    edge: str | None = None
    edge_width: int = 1


def rounded(box: Box) -> Image.Image:
    """Return a square that ttk stretches in the middle: its border is the box's radius."""
    side = 2 * box.radius + 4
    picture = Image.new("RGB", (side * _OVER, side * _OVER), box.surface)
    _draw_box(ImageDraw.Draw(picture), box, side, side)
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def bar(fill: str, surface: str, height: int) -> Image.Image:
    """Return a bar with round ends, to be stretched in the middle."""
    width = height * 3
    picture = Image.new("RGB", (width * _OVER, height * _OVER), surface)
    ImageDraw.Draw(picture).rounded_rectangle(
        (0, 0, width * _OVER - 1, height * _OVER - 1), height * _OVER / 2, fill=fill
    )
    return picture.resize((width, height), Image.Resampling.LANCZOS)


@dataclass(frozen=True, slots=True)
class Knob:
    """The colours of a switch or check box in one state."""

    fill: str
    mark: str
    surface: str
    edge: str | None = None
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


def check(knob: Knob, side: int, ring: int, *, on: bool) -> Image.Image:
    """Return a check box with room for its focus ring on all sides."""
    gap = 2 * ring
    full = side + 2 * gap
    picture = Image.new("RGB", (full * _OVER, full * _OVER), knob.surface)
    draw = ImageDraw.Draw(picture)
    if knob.ring is not None:
        focus = Box(knob.surface, knob.surface, side // 4 + gap, knob.ring, ring)
        _draw_box(draw, focus, full, full)
    box = Box(knob.fill, knob.surface, side // 4, knob.edge, max(1, ring // 2))
    _draw_box(draw, box, side, side, gap)
    if on:
        points = [(0.24, 0.52), (0.43, 0.70), (0.77, 0.31)]
        line = [((gap + x * side) * _OVER, (gap + y * side) * _OVER) for x, y in points]
        draw.line(line, fill=knob.mark, width=round(side * _OVER * 0.13), joint="curve")
    return picture.resize((full, full), Image.Resampling.LANCZOS)


def _oval(draw: ImageDraw.ImageDraw, edges: tuple[int, int, int, int], fill: str) -> None:
    left, top, right, bottom = (edge * _OVER for edge in edges)
    draw.rounded_rectangle((left, top, right - 1, bottom - 1), (bottom - top) / 2, fill=fill)


def _draw_box(
    draw: ImageDraw.ImageDraw, box: Box, width: int, height: int, offset: int = 0
) -> None:
    start, radius = offset * _OVER, box.radius * _OVER
    right, bottom = start + width * _OVER - 1, start + height * _OVER - 1
    if box.edge is None:
        draw.rounded_rectangle((start, start, right, bottom), radius, fill=box.fill)
        return
    draw.rounded_rectangle((start, start, right, bottom), radius, fill=box.edge)
    edge = box.edge_width * _OVER
    inner = (start + edge, start + edge, right - edge, bottom - edge)
    draw.rounded_rectangle(inner, max(0, radius - edge), fill=box.fill)
