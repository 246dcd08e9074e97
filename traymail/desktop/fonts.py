"""Which characters the desktop can draw."""

from __future__ import annotations

import ctypes
import sys

_LIBRARY = "libfontconfig.so.1"


class _FontSet(ctypes.Structure):
    _fields_ = (("count", ctypes.c_int), ("size", ctypes.c_int), ("fonts", ctypes.c_void_p))


def can_draw(script: str) -> bool:
    """Tell whether a font here has the characters of a language; where nobody knows, there is one.

    ``script`` is fontconfig's name of the language.
    """
    if sys.platform in {"win32", "darwin"}:
        return True
    try:
        fontconfig = ctypes.CDLL(_LIBRARY)
    except OSError:
        return True
    pointer = ctypes.c_void_p
    fontconfig.FcNameParse.restype = pointer
    fontconfig.FcObjectSetCreate.restype = pointer
    fontconfig.FcFontList.restype = ctypes.POINTER(_FontSet)
    fontconfig.FcFontList.argtypes = (pointer, pointer, pointer)
    pattern = fontconfig.FcNameParse(f":lang={script}".encode())
    wanted = fontconfig.FcObjectSetCreate()
    found = fontconfig.FcFontList(None, pattern, wanted)
    has_one = bool(found) and found.contents.count > 0
    fontconfig.FcFontSetDestroy.argtypes = (ctypes.POINTER(_FontSet),)
    fontconfig.FcObjectSetDestroy.argtypes = fontconfig.FcPatternDestroy.argtypes = (pointer,)
    fontconfig.FcFontSetDestroy(found)
    fontconfig.FcObjectSetDestroy(wanted)
    fontconfig.FcPatternDestroy(pattern)
    return has_one
