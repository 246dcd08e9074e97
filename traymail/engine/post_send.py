"""What becomes of files once their mail has ended: kept, moved or deleted, after a crash too.

The order is: mail sent, noted as such, file put away, noted as such. Broken off anywhere, the
next start goes on from what is noted, and putting away can be done twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from traymail.core.errors import TraymailError
from traymail.core.ledger import FileState, Goal, Ledger, LedgerFile
from traymail.core.post_send import Files, PostSend
from traymail.core.reasons import title_of
from traymail.core.retry import reached
from traymail.core.rules.folder import After, FolderRule
from traymail.core.texts import Text, text
from traymail.engine.sent_files import SentFiles
from traymail.failures import log_failure

log = logging.getLogger(__name__)

# Soon at first: on Windows, whoever looks at a file holds it.
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=5)


class AfterSend:
    """Puts the files of one rule away. ``trouble`` says what keeps one from it."""

    def __init__(
        self,
        rule: FolderRule,
        ledger: Ledger,
        files: Files,
        leave_out: Callable[[str, Text], None],
        sent: SentFiles,
    ) -> None:
        self._rule = rule
        self._ledger = ledger
        self._files = files
        self._leave_out = leave_out
        self._sent = sent
        self._waiting: dict[tuple[int | None, str], LedgerFile] = {}
        self._next_try: datetime | None = None
        self._pause = _FIRST_PAUSE
        self.trouble: Text | None = None
        # Until the folder is seen, and while it is gone, what is to be done with its files waits.
        self.there = False

    def resume(self) -> set[int]:
        """Take up what a stop left to be put away; return the mails whose end is not yet known."""
        unfinished = self._ledger.unfinished()
        away = [file for file in unfinished if file.state is FileState.AWAY]
        self._waiting = {(file.root, file.path): file for file in away}
        return {
            file.mail_id
            for file in unfinished
            if file.state is FileState.POSTED and file.mail_id is not None
        }

    def sent(self, mail_id: int) -> bool:
        """Note that the server took the mail; False when that was known."""
        files = [
            file
            for file in self._ledger.of_mail(mail_id)
            # Failed, then tried again by hand: it did go out in the end.
            if file.state is FileState.POSTED or file.goal is Goal.FAILED
        ]
        with self._ledger.transaction():
            for file in files:
                if file.sha256 is not None:
                    self._ledger.mailed.add(file.path, file.sha256, mail_id, file.root)
                self._note(file, Goal.SENT, act=self._rule.after is not After.KEEP)
        return bool(files)

    def failed(self, mail_id: int, *, mailed: bool) -> None:
        """Note that the mail failed for good; unless some have it, its contents were not mailed."""
        with self._ledger.transaction():
            if not mailed:
                self._ledger.mailed.forget(mail_id)
            for file in self._posted(mail_id):
                self._note(file, Goal.FAILED, act=bool(self._rule.failed_to))

    def cancelled(self, mail_id: int, *, mailed: bool) -> None:
        """Note that the user took the mail back: the file stays as it is."""
        with self._ledger.transaction():
            if not mailed:
                self._ledger.mailed.forget(mail_id)
            for file in self._posted(mail_id):
                self._ledger.save(replace(file, state=FileState.DONE))

    def forgotten(self, mail_id: int) -> None:
        """Note that the outbox no longer knows how the mail ended: the file stays as it is."""
        with self._ledger.transaction():
            for file in self._posted(mail_id):
                self._ledger.save(replace(file, state=FileState.DONE))

    def work(self, now: datetime) -> datetime | None:
        """Put away what waits for it; return when to try again what could not be put away."""
        if self.there and (self._next_try is None or reached(self._next_try, now, self._pause)):
            before, self.trouble, self._next_try = self.trouble, None, None
            for file in list(self._waiting.values()):
                try:
                    self._do_post_send(file)
                except Exception as error:  # noqa: BLE001 # told, and the others are put away
                    if title_of(error) not in (before, self.trouble) and not isinstance(
                        error, TraymailError
                    ):
                        log_failure(
                            log, f"rule {self._rule.name}: a file cannot be put away", error
                        )
                    self.trouble = title_of(error)
                    self._next_try = now + self._pause
            more = min(self._pause * 2, _LONGEST_PAUSE)
            self._pause = _FIRST_PAUSE if self._next_try is None else more
        return self._next_try

    def _posted(self, mail_id: int) -> list[LedgerFile]:
        files = self._ledger.of_mail(mail_id)
        return [file for file in files if file.state is FileState.POSTED]

    def _note(self, file: LedgerFile, goal: Goal, *, act: bool) -> None:
        noted = replace(file, state=FileState.AWAY if act else FileState.DONE, goal=goal)
        self._ledger.save(noted)
        if act:
            self._waiting[file.root, file.path] = noted
            self._next_try = None

    def _do_post_send(self, file: LedgerFile) -> None:
        if not self._ledger.is_here(file):
            return  # what it lies on has been taken out, or something is mounted over it
        if self._ledger.find(file.path, file.root) == file:
            outcome = self._act(file)
            if outcome is PostSend.CHANGED:
                self._leave_out(
                    file.path, text("it has changed since it was mailed, and stays where it is")
                )
            self._ledger.save(replace(file, state=FileState.DONE))
        self._waiting.pop((file.root, file.path), None)

    def _act(self, file: LedgerFile) -> PostSend:
        root, path, identity = self._rule.folder, file.path, file.identity
        if file.goal is Goal.FAILED:
            return self._files.move(root, path, identity, self._rule.failed_to)
        if self._rule.after is After.DELETE:
            return self._files.delete(root, path, identity)
        return self._files.move(
            root,
            path,
            identity,
            self._rule.move_to,
            self._sent.note,
        )
