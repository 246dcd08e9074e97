"""A program that owns the clipboard: `python -m tests.support.selection TARGET FILE ...`.

Each target is answered with the bytes of its file, or not at all when that is no file. It says
"ready" once it owns the clipboard, and goes on until it is ended.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from Xlib import X, Xatom, display
from Xlib.protocol.event import SelectionNotify, SelectionRequest


@contextmanager
def clipboard(holds: dict[str, Path]) -> Iterator[subprocess.Popen[bytes]]:
    """Have another program hold this in the clipboard until the block ends."""
    told = [part for target, file in holds.items() for part in (target, str(file))]
    command = [sys.executable, "-m", "tests.support.selection", *told]
    with subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE) as owner:
        try:
            assert owner.stdout is not None
            assert owner.stdout.readline() == b"ready\n"
            yield owner
        finally:
            owner.terminate()


def own(holds: dict[str, bytes | None]) -> None:
    """Answer whoever asks for the clipboard."""
    here = display.Display()
    window = here.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
    atoms = {here.intern_atom(target): content for target, content in holds.items()}
    window.set_selection_owner(here.intern_atom("CLIPBOARD"), X.CurrentTime)
    here.sync()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        event = here.next_event()
        if event.type == X.SelectionRequest:
            answer(here, event, atoms)


def answer(
    here: display.Display, event: SelectionRequest, holds: Mapping[int, bytes | None]
) -> None:
    """Give what is asked for of a selection that holds this, by target."""
    place = event.property or event.target
    if event.target == here.intern_atom("TARGETS"):
        event.requestor.change_property(place, Xatom.ATOM, 32, [event.target, *holds])
    elif event.target in holds:
        content = holds[event.target]
        if content is None:
            return
        event.requestor.change_property(place, event.target, 8, content)
    else:
        place = X.NONE
    event.requestor.send_event(
        SelectionNotify(
            time=event.time,
            requestor=event.requestor,
            selection=event.selection,
            target=event.target,
            property=place,
        )
    )
    here.flush()


if __name__ == "__main__":
    given = sys.argv[1:]
    own(
        {
            target: Path(file).read_bytes() if Path(file).is_file() else None
            for target, file in zip(given[::2], given[1::2], strict=True)
        }
    )
