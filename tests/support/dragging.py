"""A program from which files can be dragged: `python -m tests.support.dragging FILE ...`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tkinterdnd2 import COPY, DND_FILES, TkinterDnD

SIDE = 80


@contextmanager
def drag_source(*files: Path) -> Iterator[tuple[int, int]]:
    """Show a square to drag files from, at the display's left edge; yields its middle."""
    command = [sys.executable, "-m", "tests.support.dragging", *map(str, files)]
    with subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE) as source:
        try:
            assert source.stdout is not None
            assert source.stdout.readline() == b"ready\n"
            yield SIDE // 2, SIDE // 2
        finally:
            source.terminate()


def offer(files: list[str]) -> None:
    """Let these files be dragged."""
    root = TkinterDnD.Tk()
    root.overrideredirect(True)
    root.geometry(f"{SIDE}x{SIDE}+0+0")
    root.drag_source_register(1, DND_FILES)
    root.dnd_bind("<<DragInitCmd>>", lambda _event: (COPY, DND_FILES, tuple(files)))
    root.wait_visibility()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    root.mainloop()


if __name__ == "__main__":
    offer(sys.argv[1:])
