"""The folder rule at work: files that have settled become mails, once per content.

What is stored of a mail and of its files is one transaction: whatever happens in between, a file
is either known to be in a mail or found again by the next look at its folder. Files are put away
only once their mail has ended.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from traymail.core.account import Account
from traymail.core.errors import InputError, StateError, TraymailError
from traymail.core.observations import (
    FileLeftOut,
    FileSettled,
    FirstScan,
    FolderBack,
    FolderGone,
    FoundFile,
    InnerScan,
    NoLongerLeftOut,
    Observation,
    Place,
    PlaceKnown,
)
from traymail.core.outbox import OutboxItem, State
from traymail.core.reasons import title_of
from traymail.core.reports import FlowStatus, LeftOut
from traymail.core.retry import reached
from traymail.core.rules.folder import Again, Existing, FolderRule
from traymail.core.selection import (
    readable,
    size_reason,
)
from traymail.core.texts import Text
from traymail.engine.folder_mail import share_out
from traymail.engine.folder_post import SAME_NAME, FolderMailer, FolderTools, Outcome
from traymail.engine.post_send import AfterSend
from traymail.engine.sent_files import SentFiles
from traymail.failures import log_failure

log = logging.getLogger(__name__)

# When the state cannot be written, or a file not be put away: until the next try.
_AGAIN_LATER = timedelta(seconds=30)
# How many of what was left out a status names.
_NAMED = 50


class FolderFlow:
    """A `traymail.engine.flow.Flow`."""

    def __init__(self, rule: FolderRule, account: Account, tools: FolderTools) -> None:
        self._rule = rule
        self._account = account
        self._tools = tools
        self._mailer = FolderMailer(rule, account, tools)
        self._sent = SentFiles(rule, tools.ledger.moved, tools.files, tools.passed)
        self._away = AfterSend(rule, tools.ledger, tools.files, self._leave_out, self._sent)
        self._status = FlowStatus()
        self._trouble: Text | None = None
        self._told: dict[str, Text] = {}
        self._named: dict[str, LeftOut] = {}
        self._first: FirstScan | None = None
        self._waiting: dict[str, FoundFile] = {}
        self._due: datetime | None = None
        self._too_large: dict[str, FoundFile] = {}
        # What nobody foresaw, by the file that it happened with.
        self._odd: dict[str, Text] = {}

    @property
    def rule(self) -> FolderRule:
        """Return the rule as configured."""
        return self._rule

    def start(self, now: datetime) -> None:
        """Begin: end what a crash, or a time without this flow, left undone."""
        for mail_id in sorted(self._away.resume()):
            try:
                item = self._tools.find_item(mail_id)
            except InputError:
                self._away.forgotten(mail_id)
            else:
                self.finished(item, now)
        self._away.work(now)

    def observe(self, observation: Observation, now: datetime) -> None:
        """Take in what the watcher saw."""
        match observation:
            case FileSettled(file=file):
                self._guarded(file, lambda: self._settled(file, now))
            case FileLeftOut(what=what, reason=reason):
                self._leave_out(what, reason)
            case NoLongerLeftOut(what=what):
                self._no_longer_left_out(what)
            case FirstScan() if observation.folder == self._rule.folder:
                self._first = observation
                self._begin(now)
            case InnerScan() if observation.folder == self._rule.folder:
                self._begin_inside(observation, now)
            case PlaceKnown() if observation.folder == self._rule.folder:
                self._known(observation)
            case FolderBack(place=place):
                self._arrive(place, now)
                self._status = replace(self._status, watching=True, error=None)
            case FolderGone(reason=reason):
                self._away.there = False
                self._status = replace(self._status, watching=False, error=reason)
            case _:
                pass

    def tick(self, now: datetime) -> datetime | None:
        """Post what has waited for its batch; put away what could not be put away before."""
        if self._first is not None and self._due is None:
            self._begin(now)
        longest = max(self._rule.batch, _AGAIN_LATER)
        if self._due is not None and reached(self._due, now, longest):
            self._due = None
            if self._first is not None:
                self._begin(now)
            self._post_waiting(now)
        wishes = [self._due, self._away.work(now)]
        if self._away.there:
            wishes.append(self._sent.work(now))
        return min((wish for wish in wishes if wish is not None), default=None)

    def finished(self, item: OutboxItem, now: datetime) -> None:
        """Learn how a mail ended; then its files are put away."""
        if item.state is State.SENT and self._away.sent(item.id):
            self._status = replace(self._status, sent=self._status.sent + 1)
        elif item.state in {State.PARTIAL, State.FAILED}:
            self._away.failed(item.id, mailed=bool(item.accepted))
        elif item.state is State.CANCELLED:
            self._away.cancelled(item.id, mailed=bool(item.accepted))
        self._away.work(now)

    def pause(self, paused: bool, now: datetime) -> None:  # noqa: FBT001, ARG002 # a state, not a mode; the port's
        """Go on: while the program is paused, files still go to the outbox, and wait there.

        Sent ones are not deleted meanwhile.
        """
        self._sent.paused = paused

    def status(self) -> FlowStatus:
        """Return the health of the rule."""
        odd = next(iter(self._odd.values()), None)
        trouble = self._trouble or self._away.trouble or self._sent.trouble
        error = self._status.error or trouble or odd
        if error is self._status.error:
            return self._status
        return replace(self._status, error=error)

    # --- taking in ----------------------------------------------------------------------------

    def _begin(self, now: datetime) -> None:
        """Remember what lay there at the first look, so that it is never taken for new."""
        first = self._first
        if first is None:
            return
        try:
            if not self._tools.ledger.stand_at(first.place):
                skipped = first.files if self._rule.existing is Existing.SKIP else ()
                self._tools.ledger.start(skipped, now)
        except TraymailError as error:
            self._later(error, now)
        else:
            self._first = None
            self._trouble = None

    def _begin_inside(self, seen: InnerScan, now: datetime) -> None:
        """Remember what lay on a medium when it was first mounted inside; looks tell it again."""
        ledger = self._tools.ledger
        # That the folder itself is elsewhere by now is told only when all of it was looked at.
        if self._first is None and ledger.stand_at(seen.place):
            skipped = seen.files if self._rule.existing is Existing.SKIP else ()
            if not ledger.knows_inside(seen.path):
                ledger.begin_inside(seen.path, skipped, now)

    def _known(self, seen: PlaceKnown) -> None:
        """Go on where another name was all that was new of a medium."""
        ledger = self._tools.ledger
        if seen.path and (self._first is not None or not ledger.stand_at(seen.place)):
            return  # the folder itself is elsewhere by now; looks tell it again
        if not seen.path or not ledger.knows_inside(seen.path):
            ledger.rename_place(seen.before, seen.place, seen.path)

    def _arrive(self, place: Place, now: datetime) -> None:
        """Go on where the folder is now: what is mounted there may be another one than before."""
        self._away.there = True
        if self._first is not None:
            if self._first.place == place:
                return  # it is not kept yet
            self._first = None
        self._tools.ledger.stand_at(place)
        self._away.work(now)

    def _settled(self, file: FoundFile, now: datetime) -> None:
        # Until the first look is kept, old and new cannot be told apart; looks tell it again.
        if self._first is not None or not self._tools.ledger.started(file.path):
            return
        if self._waiting.get(file.path) == file:
            return
        if self._tools.ledger.handled((file,)) or self._too_large.get(file.path) == file:
            return
        reason = size_reason(self._rule, file.identity.size, self._account.max_message_bytes)
        if (
            reason is None
            and self._rule.again is Again.NEVER
            and self._tools.ledger.find(file.path)
        ):
            outcome = Outcome()
            self._mailer.pass_over(file, SAME_NAME, None, outcome)
            self._take_note(outcome, now)
        elif reason is not None:
            self._leave_out(file.path, reason)
        else:
            self._waiting[file.path] = file
            if self._due is None:
                self._due = now + self._rule.batch

    def _leave_out(self, path: str, reason: Text) -> None:
        """Name what is not mailed, and why; once, as long as it stays so."""
        what = readable(path)
        if self._told.get(what) == reason:
            return
        self._told[what] = reason
        self._named.pop(what, None)
        self._named[what] = LeftOut(what, reason)
        while len(self._named) > _NAMED:
            del self._named[next(iter(self._named))]
        self._status = replace(self._status, left_out=tuple(self._named.values()))

    def _guarded(self, file: FoundFile, act: Callable[[], None]) -> None:
        """Do something for one file; what nobody foresaw keeps no other one from being mailed."""
        try:
            act()
        except TraymailError:
            raise
        except Exception as error:  # noqa: BLE001 # told, as long as the file is there
            self._refuse(file, error)

    def _no_longer_left_out(self, path: str) -> None:
        what = readable(path)
        self._odd.pop(what, None)
        self._told.pop(what, None)
        if self._named.pop(what, None) is not None:
            self._status = replace(self._status, left_out=tuple(self._named.values()))

    # --- posting ------------------------------------------------------------------------------

    def _post_waiting(self, now: datetime) -> None:
        """Make mails of all that waits; what cannot be stored waits on."""
        self._trouble = None
        try:
            for group in share_out(self._rule, self._account, list(self._waiting.values())):
                self._post(group, now)
        except StateError as error:
            self._later(error, now)

    def _post(self, files: Sequence[FoundFile], now: datetime) -> None:
        """Make mails of files that belong together; one that cannot be mailed leaves the others.

        Raises StateError: these files wait on.
        """
        outcome = Outcome()
        try:
            self._mailer.post(files, outcome, now)
        except StateError:
            raise
        except Exception as error:  # noqa: BLE001 # reported for the file at fault
            rest = [file for file in files if not outcome.tells_of(file)]
            if len(files) == 1:
                self._refuse(files[0], error)
            else:
                for half in (rest[: len(rest) // 2], rest[len(rest) // 2 :]):
                    if half:
                        self._post(half, now)
        finally:
            self._take_note(outcome, now)
        for file in files:
            self._waiting.pop(file.path, None)

    def _refuse(self, file: FoundFile, error: Exception) -> None:
        """Leave out a file that no mail can be made of: looks at the folder tell of it again."""
        if isinstance(error, TraymailError):
            self._leave_out(file.path, error.title)
            return
        if readable(file.path) not in self._odd:
            log_failure(log, f"rule {self._rule.name}: a file failed", error)
        self._odd[readable(file.path)] = title_of(error)
        self._leave_out(file.path, title_of(error))

    def _take_note(self, outcome: Outcome, now: datetime) -> None:
        for file in outcome.mailed:
            self._no_longer_left_out(file.path)
        for file, reason in (*outcome.left_out, *outcome.passed_over, *outcome.too_large):
            self._leave_out(file.path, reason)
        self._too_large.update((file.path, file) for file, _ in outcome.too_large)
        count = self._status.suppressed + len(outcome.passed_over)
        self._status = replace(self._status, suppressed=count)
        if outcome.mailed:
            matched = self._status.matched + len(outcome.mailed)
            self._status = replace(self._status, matched=matched, last_match_at=now)
        for item in outcome.ended:
            self.finished(item, now)

    def _later(self, error: TraymailError, now: datetime) -> None:
        self._trouble = error.title
        self._due = now + _AGAIN_LATER
