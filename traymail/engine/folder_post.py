"""Files of a folder rule on their way into the outbox: copied, compared, packed, stored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import PurePath

from traymail.core.account import Account
from traymail.core.errors import SourceError
from traymail.core.ledger import FileState, Ledger, LedgerFile
from traymail.core.message import Attachment, DraftFile
from traymail.core.mime import wire_bytes
from traymail.core.observations import FoundFile
from traymail.core.outbox import OutboxItem, State
from traymail.core.own_mail import LOOP, mailed_by_a_rule
from traymail.core.post_send import Files
from traymail.core.rules.folder import Again, FolderRule
from traymail.core.selection import (
    readable,
    too_large,
)
from traymail.core.texts import Text, text
from traymail.engine.flow import Machine, Posting
from traymail.engine.folder_mail import write_draft, zip_name

SAME_NAME = text("a file of this name was handled before")
SAME_CONTENT = text("it was mailed before with the same content")

Pack = Callable[[Sequence[Attachment], str, datetime], Attachment]
FindItem = Callable[[int], OutboxItem]


@dataclass(frozen=True, slots=True)
class FolderTools:
    """What a folder flow works with. ``ledger`` is that of its rule and folder.

    ``pack`` makes one attachment, a zip, of several; may raise StateError. ``find_item`` returns a
    mail of the outbox; raises InputError when it is no longer there. ``passed``: how much time
    traymail has seen pass.
    """

    ledger: Ledger
    posting: Posting
    files: Files
    pack: Pack
    find_item: FindItem
    passed: Callable[[], timedelta]
    machine: Machine


@dataclass(slots=True)
class Outcome:
    """What became of files. ``ended``: mails that the outbox knew, and that are past waiting."""

    mailed: list[FoundFile] = field(default_factory=list)
    passed_over: list[tuple[FoundFile, Text]] = field(default_factory=list)
    left_out: list[tuple[FoundFile, Text]] = field(default_factory=list)
    too_large: list[tuple[FoundFile, Text]] = field(default_factory=list)
    ended: list[OutboxItem] = field(default_factory=list)

    def tells_of(self, file: FoundFile) -> bool:
        """Tell whether it is known what became of a file."""
        out = (*self.passed_over, *self.left_out, *self.too_large)
        return file in self.mailed or any(file == one for one, _reason in out)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A file and the copy of its content."""

    file: FoundFile
    copy: Attachment


class FolderMailer:
    """Makes the mails of one rule."""

    def __init__(self, rule: FolderRule, account: Account, tools: FolderTools) -> None:
        self._rule = rule
        self._account = account
        self._tools = tools

    def pass_over(
        self, file: FoundFile, reason: Text, sha256: str | None, outcome: Outcome
    ) -> None:
        """Handle a file without a mail; what is under way for the same content goes on."""
        before = self._tools.ledger.find(file.path)
        if before is not None and sha256 is not None and before.sha256 == sha256:
            self._tools.ledger.save(replace(before, identity=file.identity))
        else:
            done = LedgerFile(file.path, file.identity, FileState.DONE, sha256)
            self._tools.ledger.save(done)
        outcome.passed_over.append((file, reason))

    def post(self, files: Sequence[FoundFile], outcome: Outcome, now: datetime) -> None:
        """Copy the files, drop what was mailed before, and store one mail about the others.

        Raises StateError, InputError; ``outcome`` tells what was done until then.
        """
        taken: list[_Taken] = []
        try:
            for file in files:
                copy = self._take(file, outcome)
                if copy is not None:
                    taken.append(_Taken(file, copy))
            taken = self._fresh(taken, outcome)
            if taken and self._rule.zip:
                self._post_zipped(taken, outcome, now)
            elif taken:
                self._store(taken, tuple(one.copy for one in taken), outcome, now)
        except BaseException:
            self._tools.posting.discard(tuple(one.copy for one in taken))
            raise

    def _take(self, file: FoundFile, outcome: Outcome) -> Attachment | None:
        name = readable(PurePath(file.path).name)
        path = str(PurePath(self._rule.folder, file.path))
        try:
            return self._tools.posting.take(DraftFile(name, path=path, guard=file.identity))
        except SourceError as error:
            # Changed: it settles again. Unreadable: looks at the folder tell of it again.
            outcome.left_out.append((file, error.title))
            return None

    def _fresh(self, taken: Sequence[_Taken], outcome: Outcome) -> list[_Taken]:
        """Return the files whose content is to be mailed; the copies of others are discarded."""
        fresh = []
        for one in taken:
            reason = self._not_again(one)
            if reason is None:
                fresh.append(one)
            else:
                self.pass_over(one.file, reason, one.copy.sha256, outcome)
                self._tools.posting.discard((one.copy,))
        return fresh

    def _not_again(self, one: _Taken) -> Text | None:
        path, identity, sha256 = one.file.path, one.file.identity, one.copy.sha256
        with self._tools.posting.open(one.copy) as content:
            if mailed_by_a_rule(content.read):
                return LOOP
        mailed = self._tools.ledger.mailed.knows(path, sha256)
        if mailed and self._rule.again is Again.ALWAYS:
            # A rewrite gives a new time; a share, at each mount, only a new inode.
            before = self._tools.ledger.find(path)
            mailed = before is not None and before.identity.mtime_ns == identity.mtime_ns
        return SAME_CONTENT if mailed else None

    def _post_zipped(self, taken: Sequence[_Taken], outcome: Outcome, now: datetime) -> None:
        """Store the files as one zip; as several, when it would be too large for a mail."""
        copies = tuple(one.copy for one in taken)
        packed = self._tools.pack(copies, zip_name(self._rule, now), now)
        limit = self._account.max_message_bytes
        if wire_bytes((self._rule.body,), ((packed.name, packed.size),)) <= limit:
            try:
                self._store(taken, (packed,), outcome, now)
            except BaseException:
                self._tools.posting.discard((packed,))
                raise
            self._tools.posting.discard(copies)
            return
        self._tools.posting.discard((packed,))
        if len(taken) > 1:
            half = len(taken) // 2
            self._post_zipped(taken[:half], outcome, now)
            self._post_zipped(taken[half:], outcome, now)
            return
        self._tools.posting.discard(copies)
        outcome.too_large.append((taken[0].file, too_large(packed.size, limit)))

    def _store(
        self,
        taken: Sequence[_Taken],
        attachments: tuple[Attachment, ...],
        outcome: Outcome,
        now: datetime,
    ) -> None:
        """Store the mail and what the ledger knows of its files, all or nothing."""
        files = [one.file for one in taken]
        draft = write_draft(self._rule, self._account, files, self._tools.machine, now)
        draft = replace(draft, dedupe_key=self._dedupe_key(taken))
        with self._tools.ledger.transaction():
            item = self._tools.posting.post(draft, attachments)
            for one in taken:
                path, sha256 = one.file.path, one.copy.sha256
                self._tools.ledger.save(
                    LedgerFile(path, one.file.identity, FileState.POSTED, sha256, item.id)
                )
                self._tools.ledger.mailed.add(path, sha256, item.id)
        outcome.mailed.extend(files)
        # With a ledger that was lost, the outbox may know the mail, and have ended it.
        if item.state is not State.QUEUED:
            outcome.ended.append(item)

    def _dedupe_key(self, taken: Sequence[_Taken]) -> str:
        hashed = hashlib.sha256(f"{self._rule.name}\n{self._rule.folder}".encode())
        for one in taken:
            identity = one.file.identity
            words = (one.file.path, one.copy.sha256, identity.mtime_ns, identity.inode)
            hashed.update("\0".join(map(str, words)).encode("utf-8", "surrogatepass"))
        return f"folder:{hashed.hexdigest()}"
