"""Watches, posts, "delivers" and puts away until it is killed. Argument: the home."""

import contextlib
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from queue import Empty, SimpleQueue

from tests.support.folder_desk import FolderDesk
from tests.support.folders import QUICK
from traymail.core.observations import Observation
from traymail.core.outbox import State
from traymail.core.rules.folder import After, Existing
from traymail.desktop.clock import SystemClock
from traymail.watch.folders import FolderWatcher


def deliver(desk: FolderDesk) -> None:
    """Take one mail as a server would, and tell the flow."""
    item = desk.outbox.claim("qq", desk.clock.now())
    if item is not None:
        ended = replace(item, state=State.SENT, pending=(), next_attempt_at=None)
        desk.outbox.finish(ended)
        desk.flow.finished(ended, desk.clock.now())


def main() -> None:
    """Work for ever."""
    desk = FolderDesk(
        Path(sys.argv[1]),
        after=After.MOVE,
        existing=Existing.SEND,
        settle=timedelta(seconds=0.05),
        recursive=True,
    )
    desk.outbox.recover(desk.clock.now())
    inbox: SimpleQueue[Observation] = SimpleQueue()
    watcher = FolderWatcher(inbox.put, lambda _: desk.ledger, SystemClock(), pace=QUICK)
    watcher.set_rules([desk.rule])
    watcher.start()
    while True:
        with contextlib.suppress(Empty):
            desk.flow.observe(inbox.get(timeout=0.01), desk.clock.now())
        desk.tick()
        deliver(desk)


if __name__ == "__main__":
    main()
