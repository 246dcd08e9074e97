"""What was moved once it was sent is deleted after `keep_sent`: those very files, and nothing else.

Each move is noted with the place and the marks that the file has there. What somebody else put
there, what has changed since, and what has a link in its place or on its way stays. How old
they are goes by the time that traymail has seen pass: a clock that is set deletes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from traymail.core.errors import TraymailError
from traymail.core.ledger import MovedFile, MovedMemory
from traymail.core.message import FileIdentity
from traymail.core.post_send import Files, PostSend
from traymail.core.reasons import title_of
from traymail.core.rules.folder import After, FolderRule
from traymail.core.texts import Text
from traymail.failures import log_failure

log = logging.getLogger(__name__)

# So many at a time: mails need the thread, too.
_AT_ONCE = 100
_AGAIN_LATER = timedelta(minutes=5)
_LOOK = timedelta(days=1)


class SentFiles:
    """The files that one rule has moved. ``trouble`` says what keeps one from being deleted."""

    def __init__(
        self,
        rule: FolderRule,
        moved: MovedMemory,
        files: Files,
        passed: Callable[[], timedelta],
    ) -> None:
        self._rule = rule
        self._moved = moved
        self._files = files
        self._passed = passed
        self._next: timedelta | None = None
        self._stuck: set[str] = set()
        self.trouble: Text | None = None
        # Nothing is deleted while the program is paused, and before the folder is seen.
        self.paused = False

    def note(self, path: str, identity: FileIdentity) -> None:
        """Remember that a file was moved to ``path``."""
        moved = MovedFile(path, identity, self._rule.move_to, self._passed())
        self._moved.add(moved)
        self._next = None

    def work(self, now: datetime) -> datetime | None:
        """Delete what is old enough; return when to look again, None for never."""
        keep = self._rule.keep_sent
        if keep is None or self._rule.after is not After.MOVE or self.paused:
            return None
        passed = self._passed()
        if self._next is None or passed >= self._next:
            self._next = self._delete(passed, keep)
        return now + (self._next - passed)

    def _delete(self, passed: timedelta, keep: timedelta) -> timedelta:
        before, self.trouble = self.trouble, None
        stuck, self._stuck = self._stuck, set()
        most = _AT_ONCE + len(stuck)
        old = self._moved.until(self._rule.move_to, passed - keep, most)
        for file in old:
            try:
                outcome = self._files.delete_moved(file.path, file.identity)
            except Exception as error:  # noqa: BLE001 # told, and the others are deleted
                if title_of(error) not in (before, self.trouble) and not isinstance(
                    error, TraymailError
                ):
                    log_failure(
                        log, f"rule {self._rule.name}: a sent file cannot be deleted", error
                    )
                self.trouble = title_of(error)
                self._stuck.add(file.path)
            else:
                if outcome is PostSend.DONE:
                    log.info("rule %s: %s is deleted, sent long ago", self._rule.name, file.path)
                self._moved.forget(file)
        if len(old) == most:
            return passed
        if self._stuck:
            return passed + _AGAIN_LATER
        first = self._moved.first(self._rule.move_to)
        return passed + _LOOK if first is None else max(passed, first + keep)
