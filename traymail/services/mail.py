"""What a user does with mails: posts one, looks for it, and settles what became of it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from traymail.core.errors import SourceError
from traymail.core.outbox import OutboxItem, State
from traymail.disk import write_whole
from traymail.store.people import People

# Here, since `send --queue` is to be quick.
if TYPE_CHECKING:
    from traymail.app import App
    from traymail.core.message import Draft, DraftFile
    from traymail.core.overview import MailDetail
    from traymail.engine.stops import Stops

log = logging.getLogger(__name__)


class Deliverer(Protocol):
    """Who delivers: the running program itself, or, for another process, what reaches it."""

    @property
    def stops(self) -> Stops:
        """The stops of the home's accounts."""
        ...

    def wake(self, ended: Iterable[int] = ()) -> bool:
        """Tell that the outbox has changed; False when nobody delivers now."""
        ...

    def cancel(self, ids: Collection[int]) -> None:
        """Take mails out of the queue; stop those that are being sent."""
        ...


@dataclass(frozen=True, slots=True)
class MailService:
    """The outbox, as windows and commands use it."""

    app: App
    deliverer: Deliverer
    people: People

    def store(self, draft: Draft, undo: timedelta = timedelta(0)) -> OutboxItem:
        """Store a mail, which leaves after ``undo``; it is safe from here on.

        Nobody is told. Raises InputError, SourceError, StateError.
        """
        return self.app.new_poster().store(draft, undo)

    def store_batch(self, drafts: Iterable[Draft], shared: Iterable[DraftFile]) -> int:
        """Store many mails, all or none, and return the number of their batch.

        ``shared``: the files that several of them have. Raises InputError, SourceError, StateError.
        """
        return self.app.new_poster().store_batch(drafts, shared)

    def post(self, draft: Draft, undo: timedelta) -> OutboxItem:
        """`store` a mail, and tell the one who delivers; its recipients are remembered."""
        item = self.store(draft, undo)
        self._posted(draft)
        return item

    def post_each(self, draft: Draft, undo: timedelta) -> int:
        """`post` a mail for each recipient in To; return the id of the first one.

        That stands for all of them in `take_back` and `send_now`.
        """
        each = {one.mailbox: one for one in draft.to}
        drafts = [replace(draft, to=(one,)) for one in each.values()]
        batch = self.app.new_poster().store_batch(drafts, draft.files, undo)
        self._posted(draft)
        return next(iter(self.app.outbox.of_batch(batch))).id

    def _posted(self, draft: Draft) -> None:
        """Remember the recipients, and tell the one who delivers."""
        # Whom a robot mentions has no address.
        people = (one for one in (*draft.to, *draft.cc, *draft.bcc) if "@" in one.mailbox[1:])
        self.people.note(people, self.app.clock.now())
        self.deliverer.wake()

    def take_back(self, mail_id: int) -> bool:
        """Undo a post: True when the mail has not begun to leave, and never will."""
        ids = self.app.outbox.posted_with(mail_id)
        return len(self.app.outbox.cancel(ids, self.app.clock.now())) == len(ids)

    def send_now(self, mail_id: int) -> None:
        """End the wait of a post early."""
        outbox = self.app.outbox
        if outbox.get(mail_id).next_attempt_at is not None:  # else its account waits for the user
            outbox.retry(outbox.posted_with(mail_id), self.app.clock.now())
            self.deliverer.wake()

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
        from traymail.core.overview import MailDetail

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
        """Write the message as a file; raises InputError for one of our own."""
        self.app.home.require_elsewhere(target)
        write_whole(target, self.app.outbox.mail(mail_id).chunks(self.app.spool.open))

    def retry(self, ids: Collection[int] | None) -> list[OutboxItem]:
        """Make mails due that wait or failed, None: all of them; return those changed.

        That the user asks again is the sign that a stopped account was looked after.
        """
        changed = self.app.outbox.retry(ids, self.app.clock.now())
        for name in {item.account for item in changed}:
            self.deliverer.stops.clear(name, mails=False)
        return changed

    def resolve(self, mail_id: int, answer: Literal["sent", "resend"]) -> OutboxItem:
        """Settle an unknown mail: it was sent, or is sent again; return how it stands then."""
        item = self.app.outbox.resolve(mail_id, answer, self.app.clock.now())
        self.deliverer.wake((mail_id,))
        return item

    def cancel(self, ids: Collection[int]) -> None:
        """Take mails out of the queue; one that is being sent is stopped before its final dot."""
        self.deliverer.cancel(ids)
