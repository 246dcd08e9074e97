"""kill -9 in the middle: what was said to be stored is there, nothing goes out twice unmarked."""

import os
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.mails import NOON, a_draft, a_stamp, composed
from traymail.core.outbox import State
from traymail.store.database import Database
from traymail.store.outbox import Outbox
from traymail.store.salvage import check
from traymail.store.spool import Spool

ROOT = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("store_worker.py")


def killed_after(folder: Path, work: str, mark: str, lines: int) -> list[str]:
    """Let a worker say so many lines, kill it, and return all that it said."""
    with subprocess.Popen(
        [sys.executable, str(WORKER), str(folder), work, mark],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(lines)]
        process.kill()
        # The last line may have been cut; it is no promise then.
        rest = process.stdout.read()
    return [line for line in said + rest.split("\n")[:-1] if line]


def test_what_was_said_to_be_stored_is_stored(tmp_path: Path) -> None:
    said: list[str] = []
    for round_, lines in enumerate((1, 7, 30)):
        said += killed_after(tmp_path, "add", str(round_), lines)
    assert len(said) >= 38
    assert check(tmp_path / "outbox.db", NOON) is None
    spool = Spool(tmp_path / "spool")
    with closing(Database(tmp_path / "outbox.db")) as database:
        outbox = Outbox(database, spool)
        stored = {item.message_id: item for item in outbox.find()}
        for key in said:
            mail = outbox.mail(stored[f"<{key}@mail.example>"].id)
            for place in mail.placed:
                with spool.open(place.attachment) as file:
                    assert file.read() == b"x" * 300_000
        # At most one a kill was stored without a word having been said.
        assert len(stored) <= len(said) + 3


@pytest.mark.parametrize("lines", [1, 2, 3, 20, 41])
def test_a_kill_while_sending_leaves_at_most_one_unknown(tmp_path: Path, lines: int) -> None:
    with closing(Database(tmp_path / "outbox.db")) as database:
        outbox = Outbox(database, Spool(tmp_path / "spool"))
        for number in range(60):
            name = str(number)
            outbox.add(a_draft(), composed(), a_stamp(name), NOON, due=NOON)
        said = killed_after(tmp_path, "deliver", "", lines)
        recovered = outbox.recover(NOON)
        assert recovered.requeued + recovered.unknown <= 1
        assert outbox.counts()[State.SENDING] == 0
        dots = {int(line.split()[1]) for line in said if line.startswith("dot")}
        for item in outbox.find():
            if item.id in dots:
                assert item.state in {State.SENT, State.UNKNOWN}
            if f"sent {item.id}" in said:
                assert item.state is State.SENT
        said += killed_after(tmp_path, "deliver", "", 200)
        assert said[-1] == "done"
        # Nothing went out twice, and nothing is lost.
        assert max(Counter(line for line in said if line.startswith("dot")).values()) == 1
        counts = outbox.counts()
        assert counts[State.SENT] + counts[State.UNKNOWN] == 60
