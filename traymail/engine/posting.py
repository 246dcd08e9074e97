"""Posting: a draft becomes a stored mail. From here on it is safe."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

from traymail import __version__
from traymail.core.errors import InputError
from traymail.core.message import Attachment, Draft, DraftFile, Stamp
from traymail.core.mime import compose
from traymail.core.outbox import OutboxItem
from traymail.core.texts import text

if TYPE_CHECKING:
    from traymail.core.ports import Clock, Outbox, Spool


class Poster:
    """Copies files into the spool, composes the message and stores it, in one transaction.

    Callers that store more with the mail (a ledger row, a log position) open the transaction
    themselves; `announce` is called after it, since what is not committed is not yet true: it
    calls ``tell`` with each mail. ``require`` is asked of the files of each: it raises InputError
    for what their account cannot send.
    """

    def __init__(
        self,
        outbox: Outbox,
        spool: Spool,
        clock: Clock,
        tell: Callable[[OutboxItem], None],
        require: Callable[[str, tuple[Attachment, ...]], None] = lambda _account, _files: None,
    ) -> None:
        self._outbox = outbox
        self._spool = spool
        self._clock = clock
        self._tell = tell
        self._require = require
        self._posted: list[OutboxItem] = []

    def take(self, file: DraftFile) -> Attachment:
        """Copy a file into the spool; raises SourceError, StateError."""
        return replace(self._spool.take(file), cid=file.cid)

    def open(self, attachment: Attachment) -> BinaryIO:
        """Open a copy for reading; raises SourceError when it is gone."""
        return self._spool.open(attachment)

    def discard(self, attachments: tuple[Attachment, ...]) -> None:
        """Throw copies away that no mail will use."""
        self._spool.discard(attachments)

    def post(
        self,
        draft: Draft,
        attachments: tuple[Attachment, ...] = (),
        undo: timedelta = timedelta(0),
    ) -> OutboxItem:
        """Store a mail with files already copied, which leaves after ``undo``.

        Raises InputError, StateError.
        """
        item = self._add(draft, attachments, undo)
        self._posted.append(item)
        return item

    def _add(
        self,
        draft: Draft,
        attachments: tuple[Attachment, ...],
        undo: timedelta = timedelta(0),
    ) -> OutboxItem:
        if not (draft.to or draft.cc or draft.bcc):
            # A server takes such a mail, too, and nobody would get it.
            raise InputError(
                text("The mail has no recipient."), text("Write at least one address.")
            )
        if attachments:
            self._require(draft.account, attachments)
        now = self._clock.now()
        stamp = new_stamp(draft, now)
        composed = compose(draft, attachments, stamp, version=__version__)
        stopped = self._outbox.account_state(draft.account).stopped
        return self._outbox.add(draft, composed, stamp, now, due=None if stopped else now + undo)

    def store(self, draft: Draft, undo: timedelta = timedelta(0)) -> OutboxItem:
        """Copy the draft's files and store the mail; nothing is left behind when that fails."""
        taken: list[Attachment] = []
        try:
            for file in draft.files:
                taken.append(self.take(file))  # noqa: PERF401 # what was taken must be known
            item = self.post(draft, tuple(taken), undo)
        except BaseException:
            self.discard(tuple(taken))
            raise
        self.announce()
        return item

    def store_batch(
        self,
        drafts: Iterable[Draft],
        shared: Iterable[DraftFile],
        undo: timedelta = timedelta(0),
    ) -> int:
        """Store mails in one transaction, all or none; return the number of their batch.

        ``shared`` are the files to copy before, each once for all mails that have it. Nothing is
        announced one by one: who delivers looks for the batch.
        """
        taken: list[Attachment] = []
        try:
            kept: dict[str | None, Attachment] = {}
            for file in shared:
                kept[file.path] = self._spool.take(file, shared=True)
                taken.append(kept[file.path])
            with self._outbox.transaction():
                number = self._outbox.new_batch()
                for draft in drafts:
                    files = []
                    for file in draft.files:
                        if (one := kept.get(file.path)) is None:
                            one = self.take(file)
                            if one.spool:
                                taken.append(one)
                        files.append(replace(one, cid=file.cid))
                    self._add(replace(draft, batch=number), tuple(files), undo)
        except BaseException:
            self.discard(tuple(taken))
            raise
        return number

    def announce(self) -> frozenset[str]:
        """Tell what was stored since the last call; returns the accounts concerned.

        What a transaction took back has not been stored.
        """
        posted, self._posted = self._posted, []
        accounts = set()
        for item in posted:
            with contextlib.suppress(InputError):
                self._tell(self._outbox.get(item.id))
                accounts.add(item.account)
        return frozenset(accounts)


def new_stamp(draft: Draft, now: datetime) -> Stamp:
    """Return what makes a message this very one."""
    domain = draft.sender.mailbox.rpartition("@")[2]
    given = draft.given.message_id if draft.given is not None else None
    return Stamp(
        message_id=given or f"<{uuid4().hex}@{domain}>",
        # Recipients read the hour of the sender's day.
        date=now.astimezone(),
        boundary=f"=_{uuid4().hex}",
    )
