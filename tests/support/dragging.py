"""A program that drags files as file managers do: `python -m tests.support.dragging X Y FILE ...`.

It drops them on the window at that point of the display, and ends once they are taken.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from Xlib import X, Xatom, display
from Xlib.display import Display
from Xlib.protocol.event import ClientMessage
from Xlib.xobject.drawable import Window

from tests.support.selection import answer

VERSION = 5


@contextmanager
def drag(x: int, y: int, *files: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Drag these files to a point of the display; the process ends well once they are taken."""
    command = [sys.executable, "-m", "tests.support.dragging", str(x), str(y), *map(str, files)]
    with subprocess.Popen(command, env=os.environ) as process:
        try:
            yield process
        finally:
            process.kill()  # nothing, unless nobody took them


class Drag:
    """One drag, from its beginning to the drop."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.here: Display = display.Display()
        self._window: Window = self.here.screen().root.create_window(
            0, 0, 1, 1, 0, X.CopyFromParent
        )
        uris = "".join(f"{file.as_uri()}\r\n" for file in files)
        self._holds = {self._atom("text/uri-list"): uris.encode()}
        self._window.set_selection_owner(self._atom("XdndSelection"), X.CurrentTime)

    def drop_at(self, x: int, y: int) -> bool:
        """Enter the window there, hover, and drop; return whether it takes such files there."""
        if not self.hover_at(x, y):
            return False
        self._tell(self._window_at(x, y), "XdndDrop", 0, X.CurrentTime)
        self._heard("XdndFinished")  # tkdnd's says success in a bit of its own
        return True

    def leave_from(self, x: int, y: int) -> None:
        """Go away again."""
        self._tell(self._window_at(x, y), "XdndLeave", 0)

    def hover_at(self, x: int, y: int) -> bool:
        """Enter the window there, and hover; return whether it takes such files there."""
        target = self._window_at(x, y)
        self._tell(target, "XdndEnter", VERSION << 24, *self._holds)
        action = self._atom("XdndActionCopy")
        self._tell(target, "XdndPosition", 0, x << 16 | y, X.CurrentTime, action)
        return bool(self._heard("XdndStatus") & 1)

    def _window_at(self, x: int, y: int) -> Window:
        """Return the outermost window at this point that takes drops."""
        root = window = self.here.screen().root
        while window.get_full_property(self._atom("XdndAware"), Xatom.ATOM) is None:
            window = window.translate_coords(root, x, y).child
            if window == X.NONE:
                raise LookupError(f"nothing at {x}, {y} takes drops")
        return window

    def _tell(self, target: Window, name: str, *words: int) -> None:
        data = [self._window.id, *words]
        data += [0] * (5 - len(data))
        message = ClientMessage(window=target, client_type=self._atom(name), data=(32, data))
        target.send_event(message)
        self.here.flush()

    def _heard(self, name: str) -> int:
        """Answer what is asked for until this comes, and return its flags."""
        while True:
            event = self.here.next_event()
            if event.type == X.SelectionRequest:
                answer(self.here, event, self._holds)
            elif event.type == X.ClientMessage and event.client_type == self._atom(name):
                return int(event.data[1][1])

    def _atom(self, name: str) -> int:
        return int(self.here.intern_atom(name))


if __name__ == "__main__":
    left, top, *given = sys.argv[1:]
    sys.exit(0 if Drag([Path(file) for file in given]).drop_at(int(left), int(top)) else 1)
