"""Draw the icons of icons/*.svg into icons/drawn: `.venv/bin/python installer/draw_icons.py`.

Run by hand when a source changes; the drawn files are kept with the sources.
"""

import io
import struct
from pathlib import Path

import resvg_py
from PIL import Image

ICONS = Path(__file__).parent.parent / "icons"
DRAWN = ICONS / "drawn"
WINDOW_SIZES = (16, 20, 24, 32, 48, 64, 128, 256)
TRAY_SIZES = (16, 20, 22, 24, 32, 48)
SMALL = 20  # up to here, the mark without its square is clearer
ICO_SIZES = (16, 24, 32, 48, 64, 128, 256)
# The PNG entries of an Apple icon image, by their edge.
ICNS_KINDS = ((b"icp4", 16), (b"icp5", 32), (b"ic07", 128), (b"ic08", 256), (b"ic09", 512))


def main() -> None:
    """Draw everything."""
    DRAWN.mkdir(exist_ok=True)
    for source in sorted(ICONS.glob("tray-*.svg")):
        for size in TRAY_SIZES:
            _save(_draw(source, size), f"{source.stem}-{size}.png")
    for size in WINDOW_SIZES:
        _save(_window_icon(size), f"traymail-{size}.png")
    pictures = [_open(_window_icon(size)) for size in ICO_SIZES]
    pictures[-1].save(
        DRAWN / "traymail.ico",
        sizes=[(size, size) for size in ICO_SIZES],
        append_images=pictures[:-1],
    )
    (DRAWN / "traymail.icns").write_bytes(_icns())


def _window_icon(size: int) -> bytes:
    name = "traymail.svg" if size > SMALL else "tray-on-light-idle.svg"
    return _draw(ICONS / name, size)


def _draw(source: Path, size: int) -> bytes:
    return bytes(resvg_py.svg_to_bytes(svg_path=str(source), width=size, height=size))


def _open(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGBA")


def _save(png: bytes, name: str) -> None:
    _open(png).save(DRAWN / name, optimize=True)


def _icns() -> bytes:
    source = ICONS / "traymail.svg"
    entries = b""
    for kind, size in ICNS_KINDS:
        png = _draw(source, size)
        entries += kind + struct.pack(">I", len(png) + 8) + png
    return b"icns" + struct.pack(">I", len(entries) + 8) + entries


if __name__ == "__main__":
    main()
