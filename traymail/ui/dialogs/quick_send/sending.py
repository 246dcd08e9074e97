"""From Send to the mail on its way, and back by Undo."""

from __future__ import annotations

from traymail.services.mail import MailService
from traymail.ui.dialogs.quick_send.writing import QuickSendParts
from traymail.ui.model import quick_judge as judge
from traymail.ui.model import quick_send as model
from traymail.ui.model.quick_send import DraftStage, QuickSend


class Sending:
    """Brings the mail of a window into the outbox, one at a time, and takes it back."""

    def __init__(self, parts: QuickSendParts, mail: MailService) -> None:
        self._parts, self._screen, self._tasks = parts, parts.screen, parts.tasks
        self._mail = mail
        self._soon = False

    @property
    def moving(self) -> bool:
        """Whether something is on its way that would be lost with the window."""
        stage = self._screen.state.stage
        return stage in {DraftStage.POSTING, DraftStage.RETURNING} or self._parts.files.busy

    def send(self) -> None:
        """Send, when nothing is missing and all files are there."""
        if self._screen.state.stage is not DraftStage.WRITING:
            return
        self._parts.sheet.head.finish()
        self._soon = self._parts.files.busy
        if not self._soon:
            self._screen.apply(judge.asked_to_send)

    def files_came(self) -> None:
        """Send what waited for its files."""
        if self._soon and not self._parts.files.busy:
            self._soon = False
            self.send()

    def send_anyway(self) -> None:
        """Send, although something was asked about."""
        self._screen.apply(judge.agreed)

    def reconsider(self) -> None:
        """Do not send what was asked about; the keyboard goes where it can be mended."""
        head = self._parts.sheet.head
        doubted = self._screen.state.question == judge.NO_SUBJECT
        self._screen.apply(model.reconsidered)
        (head.subject if doubted else head.to.entry).focus_set()

    def undo(self) -> None:
        """Take the mail back."""
        mail = self._screen.state.mail
        self._screen.apply(model.returning)
        self._tasks.run(lambda: self._mail.take_back(mail), self._returned)

    def end_undo(self) -> None:
        """Let the mail leave when its time has come; the window has done its work."""
        self._screen.apply(model.finished)

    def hurry(self) -> None:
        """Let the mail leave now."""
        mail = self._screen.state.mail
        self._tasks.run(lambda: self._mail.send_now(mail))
        self.end_undo()

    def follow(self, before: QuickSend, state: QuickSend) -> None:
        """Do what belongs to a step that was made."""
        if state.stage is DraftStage.POSTING and before.stage is not DraftStage.POSTING:
            self._store(state)
        elif state.stage is DraftStage.WRITING and before.stage is DraftStage.WAITING:
            self._end_waiting()

    def _store(self, state: QuickSend) -> None:
        names, account = self._parts.people.names, state.account
        if account is not None:
            undo = account.undo

            def post() -> int:
                draft = judge.draft_of(state, names)
                mail = self._mail
                return mail.post_each(draft, undo) if state.each else mail.post(draft, undo).id

            self._tasks.run(post, self._posted)

    def _posted(self, mail: int) -> None:
        account = self._screen.state.account
        seconds = 0 if account is None else round(account.undo.total_seconds())
        self._screen.apply(model.posted, mail, seconds)
        self._parts.keeper.keep()
        if self._screen.state.stage is DraftStage.WRITING:
            self._end_waiting()

    def _returned(self, back: bool) -> None:  # noqa: FBT001 - the service's answer
        self._screen.apply(model.returned, back=back)
        self._parts.sheet.focus_on_next(self._screen.state.written)
        self._parts.keeper.keep()

    def _end_waiting(self) -> None:
        """Hide once the mail is on its way; when others cancelled it, its text is here again."""
        self._parts.sheet.fill(self._screen.state.written)
        self._parts.keeper.keep()
        if self._screen.state.empty:
            self._parts.window.conceal()
