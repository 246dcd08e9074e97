"""The program is killed at any moment while files come in: each is mailed once and moved once."""

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from threading import Event

from tests.support.folder_desk import FolderDesk
from tests.support.wait import until
from traymail.core.outbox import State
from traymail.core.rules.folder import After

ROOT = Path(__file__).parents[2]
FILES = 120
KILLS = 10


def work(home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.folder_worker", str(home)], cwd=ROOT
    )


def test_killed_at_any_moment_each_file_is_mailed_once_and_moved_once(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 # moments, not secrets
    folder = tmp_path / "Scans"
    (folder / "in").mkdir(parents=True)
    names = [f"{'in/' if number % 3 else ''}{number}.txt" for number in range(FILES)]
    waiting = list(names)
    for _ in range(KILLS):
        worker = work(tmp_path)
        for name in waiting[: FILES // KILLS]:
            (folder / name).write_bytes(name.encode() * 20_000)
        del waiting[: FILES // KILLS]
        Event().wait(0.5 + chance.random())
        worker.kill()
        worker.wait()
    worker = work(tmp_path)
    try:
        sent = folder / "sent"
        # A file that is being moved is for a moment at both places.
        until(
            lambda: all((sent / name).exists() and not (folder / name).exists() for name in names),
            timeout=60.0,
        )
    finally:
        worker.kill()
        worker.wait()
    desk = FolderDesk(tmp_path, after=After.MOVE)
    mails = [mail for mail in desk.mails() if mail.state is not State.CANCELLED]
    assert Counter(mail.subject for mail in mails) == Counter(Path(name).name for name in names)
    attached = {files[0][0]: files[0][1] for files in desk.attached()}
    desk.close()
    assert attached == {Path(name).name: name.encode() * 20_000 for name in names}
    assert desk.present() == {f"sent/{name}" for name in names}
