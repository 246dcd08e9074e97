"""The two programs that a user starts: `traymail.exe` for terminals, `traymail-tray.exe` for menus.

Each is one of distlib's launchers, with a first line that names the interpreter beside it and a
zip archive that holds the call, as pip makes them; only the icon is ours.
"""

from __future__ import annotations

import io
import struct
import zipfile
from importlib import resources
from pathlib import Path

# The program's own folder is not looked through for modules, nor is what the user set for Python.
_FIRST_LINE = '#!"<launcher_dir>\\runtime\\{python}" -I\r\n'
_CALL = "import sys\nfrom traymail.__main__ import {main}\nsys.exit({main}())\n"
# The same at every build.
_WHEN = (1980, 1, 1, 0, 0, 0)
_RT_ICON = 3
_RT_GROUP_ICON = 14


def write(folder: Path, icon: Path) -> None:
    """Write both launchers into `folder`, with the images of `icon`, an .ico file."""
    for name, kind, python, main in (
        ("traymail.exe", "t64.exe", "python.exe", "main"),
        ("traymail-tray.exe", "w64.exe", "pythonw.exe", "main_without_terminal"),
    ):
        launcher = resources.files("distlib").joinpath(kind).read_bytes()
        shown = with_icon(launcher, icon.read_bytes())
        first = _FIRST_LINE.format(python=python).encode()
        (folder / name).write_bytes(shown + first + _archive(main))


def _archive(main: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py", _WHEN), _CALL.format(main=main))
    return written.getvalue()


def with_icon(program: bytes, icon: bytes) -> bytes:
    """Return a program (PE32+) whose icon has the images of `icon` in the place of its own.

    The images need the same number and no more room: then nothing else of the program moves.
    Raises ValueError where they do not fit.
    """
    images = _images(icon)
    section = _Resources(program)
    slots = section.leaves(_RT_ICON)
    (group,) = section.leaves(_RT_GROUP_ICON)
    begin = min(section.place(slot) for slot in slots)
    room = section.place(group) - begin
    if len(images) != len(slots) or sum(_even(len(image)) for _, image in images) > room:
        raise ValueError("the icon does not fit into the launcher")
    changed = bytearray(program)
    changed[begin : begin + room] = bytes(room)
    # GRPICONDIR: as ICONDIR of the file, with the number of the resource instead of its place.
    listed = bytearray(struct.pack("<HHH", 0, 1, len(images)))
    at = begin
    for number, (slot, (head, image)) in enumerate(zip(slots, images, strict=True), 1):
        changed[at : at + len(image)] = image
        struct.pack_into("<II", changed, slot, section.address(at), len(image))
        listed += head + struct.pack("<H", number)
        at += _even(len(image))
    place = section.place(group)
    changed[place : place + len(listed)] = listed
    return bytes(changed)


def _even(size: int) -> int:
    """Return a size with what keeps the next image on a multiple of 8 bytes."""
    return (size + 7) // 8 * 8


def _images(icon: bytes) -> list[tuple[bytes, bytes]]:
    """Return each image of an .ico file: the first 12 bytes of its ICONDIRENTRY, and its bytes."""
    _, _, count = struct.unpack_from("<HHH", icon)
    found = []
    for entry in range(6, 6 + 16 * count, 16):
        size, place = struct.unpack_from("<II", icon, entry + 8)
        found.append((icon[entry : entry + 12], icon[place : place + size]))
    return found


class _Resources:
    """The section of resources of a program (Microsoft's PE Format, "The .rsrc Section")."""

    def __init__(self, program: bytes) -> None:
        self._program = program
        (head,) = struct.unpack_from("<I", program, 0x3C)
        sections, optional = struct.unpack_from("<2xH12xH", program, head + 4)
        table = head + 24 + optional
        for section in range(table, table + 40 * sections, 40):
            if program[section : section + 8].rstrip(b"\0") == b".rsrc":
                found = struct.unpack_from("<4xI4xI", program, section + 8)
                self._address, self._begin = map(int, found)
                return
        raise ValueError("a program without resources")

    def leaves(self, kind: int) -> list[int]:
        """Return where in the file the data entries of a kind are, in their order."""
        return [
            entry
            for number, place in self._entries(self._begin)
            if number == kind
            for entry in self._below(place)
        ]

    def _below(self, place: int) -> list[int]:
        if not place & 0x80000000:
            return [self._begin + place]
        folder = self._begin + (place & 0x7FFFFFFF)
        return [leaf for _, each in self._entries(folder) for leaf in self._below(each)]

    def _entries(self, folder: int) -> list[tuple[int, int]]:
        named, numbered = struct.unpack_from("<HH", self._program, folder + 12)
        first = folder + 16
        return [
            struct.unpack_from("<II", self._program, entry)
            for entry in range(first, first + 8 * (named + numbered), 8)
        ]

    def place(self, entry: int) -> int:
        """Return where in the file the data of an entry is."""
        (address,) = struct.unpack_from("<I", self._program, entry)
        return int(address) - self._address + self._begin

    def address(self, place: int) -> int:
        """Return where in memory what is at a place of the file will be."""
        return place - self._begin + self._address
