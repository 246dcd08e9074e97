"""Functions of Windows that a test puts something else in the place of: in the loaded library.

Whoever calls one, in whatever way, comes to the test: the code at its address jumps there.
"""

from __future__ import annotations

import ctypes
import importlib
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_EXECUTE_READ_WRITE = 0x40


@contextmanager
def answered(
    library: str, name: str, result: object, arguments: tuple[object, ...], by: Callable[..., int]
) -> Iterator[None]:
    """Have ``by`` answer in place of a function until the block ends.

    ``result`` and ``arguments`` are its types, as ctypes names them.
    """
    api = importlib.import_module("ctypes")
    taking = api.WINFUNCTYPE(result, *arguments)(by)
    address = ctypes.cast(getattr(api.WinDLL(library), name), ctypes.c_void_p).value
    assert address is not None
    target = ctypes.cast(taking, ctypes.c_void_p).value
    # mov rax, target; jmp rax
    jump = b"\x48\xb8" + struct.pack("<Q", target) + b"\xff\xe0"
    protect = api.WinDLL("kernel32").VirtualProtect
    protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_void_p)
    before = ctypes.c_uint32()
    assert protect(address, len(jump), _EXECUTE_READ_WRITE, ctypes.byref(before))
    code = ctypes.string_at(address, len(jump))
    ctypes.memmove(address, jump, len(jump))
    try:
        yield
    finally:
        ctypes.memmove(address, code, len(code))
        protect(address, len(jump), before.value, ctypes.byref(before))
