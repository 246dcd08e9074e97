"""What becomes of files once their mail has ended: kept, moved or deleted, after a crash too.

The order is: mail sent, noted as such, file put away, noted as such. Broken off anywhere, the
next start goes on from what is noted, and putting away can be done twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from traymail.core.errors import TraymailError
from traymail.core.ledger import FileState, Goal, Ledger, LedgerFile
from traymail.core.putaway import Files, PutAway
from traymail.core.rules.folder import After, FolderRule
from traymail.core.texts import Text, text

_TRY_AGAIN = timedelta(minutes=5)


class AfterSend:
    """Puts the files of one rule away. ``trouble`` says what keeps one from it."""

    def __init__(
        self,
        rule: FolderRule,
        ledger: Ledger,
        files: Files,
        leave_out: Callable[[str, Text], None],
    ) -> None:
        self._rule = rule
        self._ledger = ledger
        self._files = files
        self._leave_out = leave_out
        self._waiting: dict[str, LedgerFile] = {}
        self._next_try: datetime | None = None
        self.trouble: Text | None = None

    def resume(self) -> set[int]:
        """Take up what a stop left to be put away; return the mails whose end is not yet known."""
        unfinished = self._ledger.unfinished()
        self._waiting = {file.path: file for file in unfinished if file.state is FileState.AWAY}
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
                    self._ledger.add_content(file.path, file.sha256, mail_id)
                self._note(file, Goal.SENT, act=self._rule.after is not After.KEEP)
        return bool(files)

    def failed(self, mail_id: int) -> None:
        """Note that the mail failed for good: its contents were not mailed."""
        with self._ledger.transaction():
            self._ledger.forget_contents(mail_id)
            for file in self._posted(mail_id):
                self._note(file, Goal.FAILED, act=bool(self._rule.failed_to))

    def cancelled(self, mail_id: int) -> None:
        """Note that the user took the mail back: the file stays as it is."""
        with self._ledger.transaction():
            self._ledger.forget_contents(mail_id)
            for file in self._posted(mail_id):
                self._ledger.save(replace(file, state=FileState.DONE))

    def forgotten(self, mail_id: int) -> None:
        """Note that the outbox no longer knows how the mail ended: the file stays as it is."""
        with self._ledger.transaction():
            for file in self._posted(mail_id):
                self._ledger.save(replace(file, state=FileState.DONE))

    def work(self, now: datetime) -> datetime | None:
        """Put away what waits for it; return when to try again what could not be put away."""
        if self._next_try is None or self._next_try <= now:
            self._next_try = None
            for file in list(self._waiting.values()):
                try:
                    self._put_away(file)
                except TraymailError as error:
                    self.trouble = error.title
                    self._next_try = now + _TRY_AGAIN
            if not self._waiting:
                self.trouble = None
        return self._next_try

    def _posted(self, mail_id: int) -> list[LedgerFile]:
        files = self._ledger.of_mail(mail_id)
        return [file for file in files if file.state is FileState.POSTED]

    def _note(self, file: LedgerFile, goal: Goal, *, act: bool) -> None:
        noted = replace(file, state=FileState.AWAY if act else FileState.DONE, goal=goal)
        self._ledger.save(noted)
        if act:
            self._waiting[file.path] = noted
            self._next_try = None

    def _put_away(self, file: LedgerFile) -> None:
        if self._ledger.find(file.path) == file:
            outcome = self._act(file)
            if outcome is PutAway.CHANGED:
                self._leave_out(
                    file.path, text("it has changed since it was mailed, and stays where it is")
                )
            self._ledger.save(replace(file, state=FileState.DONE))
        self._waiting.pop(file.path, None)

    def _act(self, file: LedgerFile) -> PutAway:
        root, path, identity = self._rule.folder, file.path, file.identity
        if file.goal is Goal.FAILED:
            return self._files.move(root, path, identity, self._rule.failed_to)
        if self._rule.after is After.DELETE:
            return self._files.delete(root, path, identity)
        return self._files.move(root, path, identity, self._rule.move_to)
