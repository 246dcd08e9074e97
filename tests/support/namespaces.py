"""Whether a test may have mounts, or users, of its own; and how it is no more than a user."""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def can_unshare(kind: str) -> bool:
    """Tell whether ``unshare`` gives a namespace of this kind (its option)."""
    if shutil.which("unshare") is None:
        return False
    return (
        subprocess.run(["unshare", kind, "true"], capture_output=True, check=False).returncode == 0
    )


@contextmanager
def ordinary_rights() -> Iterator[None]:
    """Have this thread read only what its user may: root reads everything else."""
    if sys.platform != "linux" or os.geteuid() != 0:
        yield
        return
    # https://man7.org/linux/man-pages/man2/capset.2.html
    system = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    before = (ctypes.c_uint32 * 6)()
    assert system.capget(header, before) == 0
    without = (ctypes.c_uint32 * 6)(*before)
    without[0] &= ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert system.capset(header, without) == 0
    try:
        yield
    finally:
        assert system.capset(header, before) == 0
