"""What a user does with mails: posts one, looks for it, and settles what became of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from traymail.app import App
from traymail.core.commands import Wake
from traymail.core.errors import SourceError
from traymail.core.message import Draft
from traymail.core.outbox import OutboxItem, State
from traymail.core.overview import MailDetail
from traymail.disk import write_whole
from traymail.program import Program
from traymail.store.people import People

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MailService:
    """The outbox, as windows use it."""

    app: App
    running: Program
    people: People

    def post(self, draft: Draft, undo: timedelta) -> OutboxItem:
        """Store a mail that leaves after ``undo``; it is safe from here on."""
        item = self.app.store(draft, undo)
        self.people.note((*draft.to, *draft.cc, *draft.bcc), self.app.clock.now())
        self._wake()
        return item

    def take_back(self, mail_id: int) -> bool:
        """Undo a post: True when the mail has not begun to leave, and never will."""
        return bool(self.app.outbox.cancel([mail_id], self.app.clock.now()))

    def send_now(self, mail_id: int) -> None:
        """End the wait of a post early."""
        outbox = self.app.outbox
        if outbox.get(mail_id).next_attempt_at is not None:  # else its account waits for the user
            outbox.retry((mail_id,), self.app.clock.now())
            self._wake()

    def find(
        self,
        *,
        state: State | None = None,
        account: str | None = None,
        rule: str | None = None,
        search: str = "",
        limit: int = 500,
    ) -> list[OutboxItem]:
        """Return mails, newest first."""
        return self.app.outbox.find(
            state=state, account=account, rule=rule, search=search, limit=limit
        )

    def detail(self, mail_id: int) -> MailDetail:
        """Return all that is known of one mail."""
        outbox = self.app.outbox
        try:
            mail = outbox.mail(mail_id)
        except SourceError as error:  # the rest is shown all the same
            log.warning("%s", error)
            mail = None
        return MailDetail(
            item=outbox.get(mail_id),
            text="" if mail is None else mail.text,
            html=None if mail is None else mail.html,
            attachments=tuple(placed.attachment for placed in mail.placed) if mail else (),
            attempts=tuple(outbox.attempts(mail_id)),
            verdicts=tuple(outbox.verdicts(mail_id)),
        )

    def save_eml(self, mail_id: int, target: Path) -> None:
        """Write the message as a file."""
        write_whole(target, self.app.outbox.mail(mail_id).chunks(self.app.spool.open))

    def retry(self, ids: tuple[int, ...] | None) -> None:
        """Try mails now; None: all that wait or failed."""
        self.app.retry(ids)
        self._wake()

    def resolve(self, mail_id: int, answer: State) -> None:
        """Settle an unknown mail: SENT, or QUEUED to send it again."""
        answered: Literal["sent", "resend"] = "sent" if answer is State.SENT else "resend"
        self.app.outbox.resolve(mail_id, answered, self.app.clock.now())
        self._wake((mail_id,))

    def cancel(self, ids: tuple[int, ...]) -> None:
        """Take mails out of the queue; one that is being sent is stopped before its final dot."""
        self.running.cancel(ids)

    def _wake(self, ended: tuple[int, ...] = ()) -> None:
        self.running.engine.submit(Wake(ended))
