"""Watches a tree where the system grants few watches; prints what it leaves out, and its count.

Argument: a folder to work in.
"""

import sys
from pathlib import Path

from tests.support.folders import QUICK, Watched, folder_rule
from tests.support.wait import until
from traymail.core.observations import FirstScan
from traymail.store.database import Database

FOLDERS = 30


def main() -> None:
    """Drop a file into each of many folders, and wait until all are found."""
    home = Path(sys.argv[1])
    folders = [home / "Scans" / f"{number:02}" for number in range(FOLDERS)]
    for folder in folders:
        folder.mkdir(parents=True)
    database = Database(home / "state" / "outbox.db")
    watched = Watched(database, QUICK)
    watched.start(folder_rule(home / "Scans", recursive=True))
    watched.wait_for(FirstScan)
    for folder in folders:
        (folder / "a").write_text("x", encoding="utf-8")
    until(lambda: len(watched.settled()) == FOLDERS)
    sys.stdout.write("\n".join((*watched.left_out().values(), "all found\n")))
    watched.watcher.stop()
    database.close()


if __name__ == "__main__":
    main()
