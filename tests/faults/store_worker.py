"""Works on an outbox until it is killed; each line it prints is a promise it has made.

Arguments: the folder, and ``add`` (store mails) or ``deliver`` (claim and finish them).
"""

import itertools
import sys
from dataclasses import replace
from pathlib import Path

from tests.support.mails import NOON, a_draft, a_stamp, composed
from traymail.core.message import DraftFile
from traymail.core.outbox import Attempt, State
from traymail.store.database import Database
from traymail.store.outbox import Outbox
from traymail.store.spool import Spool


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def add(outbox: Outbox, spool: Spool, mark: str) -> None:
    """Store mails for ever, every tenth with a large file; say the key of each once stored."""
    for number in itertools.count():
        files = [spool.take(DraftFile("a", content=b"x" * 300_000))] if number % 10 == 0 else []
        key = f"{mark}-{number}"
        outbox.add(a_draft(dedupe_key=key), composed(*files), a_stamp(key), NOON, due=NOON)
        say(key)


def deliver(outbox: Outbox) -> None:
    """Claim and finish mails; say when the dot goes out, and when the answer is stored."""
    while item := outbox.claim("qq", NOON):
        outbox.enter_final(item.id, NOON)
        say(f"dot {item.id}")
        ended = replace(item, state=State.SENT, pending=(), next_attempt_at=None)
        attempt = Attempt(item.attempts, NOON, 1, "sent", "final", 250, "Ok")
        outbox.finish(ended, attempt)
        say(f"sent {item.id}")
    say("done")


def main() -> None:
    """Do as the arguments say."""
    folder, work, mark = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    spool = Spool(folder / "spool")
    outbox = Outbox(Database(folder / "outbox.db"), spool)
    if work == "add":
        add(outbox, spool, mark)
    else:
        deliver(outbox)


if __name__ == "__main__":
    main()
