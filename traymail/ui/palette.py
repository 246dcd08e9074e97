"""The colours of both themes, by role.

Every text pair reaches 4.5:1 on each surface it is used on, field edges and switches 3:1.
``primary`` is a fill and never text: ``link`` is the accent for text and focus rings.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

Mode = Literal["light", "dark"]
Surface = Literal[
    "bg", "chrome", "card", "input", "sel", "infobg", "okbg", "warnbg", "errbg", "btn"
]
"""What a widget lies on; the corners of round shapes are filled with it."""


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme: a colour (``#rrggbb``) for each role."""

    mode: Mode
    bg: str
    input: str
    chrome: str
    card: str
    fg: str
    muted: str
    primary: str
    primary_hover: str
    primary_pressed: str
    on_primary: str
    link: str
    success: str
    okbg: str
    warning: str
    warnbg: str
    danger: str
    errbg: str
    border: str
    field: str
    sel: str
    infobg: str
    hover: str
    track: str
    mark: str
    btn: str
    btnborder: str

    def colour(self, role: str) -> str:
        """Return the colour of a role; anything else (``#rrggbb``) is a colour already."""
        return str(getattr(self, role)) if role in ROLES else role


ROLES = frozenset(field.name for field in fields(Palette)) - {"mode"}

LIGHT = Palette(
    mode="light",
    bg="#ffffff",
    input="#ffffff",
    chrome="#f5f7fa",
    card="#f5f7fa",
    fg="#1d2733",
    muted="#566270",
    primary="#1f63cf",
    primary_hover="#1a56b5",
    primary_pressed="#16499b",
    on_primary="#ffffff",
    link="#1f63cf",
    success="#187a48",
    okbg="#e8f5ed",
    warning="#8f5f00",
    warnbg="#fdf3dc",
    danger="#c0303b",
    errbg="#fdecec",
    border="#dde2e9",
    field="#818c9a",
    sel="#e3edfc",
    infobg="#eaf2fd",
    hover="#eef1f5",
    track="#dfe4ea",
    mark="#ffe9a8",
    btn="#ffffff",
    btnborder="#b9c2cd",
)

DARK = Palette(
    mode="dark",
    bg="#1d2127",
    input="#22272e",
    chrome="#16191e",
    card="#252a32",
    fg="#e6eaf0",
    muted="#9ba7b6",
    primary="#3a70d6",
    primary_hover="#3366c8",
    primary_pressed="#2c59b0",
    on_primary="#ffffff",
    link="#86b4ff",
    success="#63cd92",
    okbg="#1b3327",
    warning="#e6b450",
    warnbg="#3a2f16",
    danger="#ff8f8a",
    errbg="#40262a",
    border="#353c47",
    field="#6b7684",
    sel="#25375a",
    infobg="#20304d",
    hover="#2a3039",
    track="#39414d",
    mark="#453710",
    btn="#2c323b",
    btnborder="#4a5361",
)

PALETTES: dict[Mode, Palette] = {"light": LIGHT, "dark": DARK}
