"""What styles are built with: one palette, one scale, pictures kept alive for Tk."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import font as tkfont
from tkinter import ttk
from typing import Any

from PIL import Image, ImageTk

from traymail.ui.nine_patch import ShapeBox, rounded
from traymail.ui.palette import Palette, Surface


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
