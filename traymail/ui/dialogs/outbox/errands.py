"""What the outbox window asks the program: what there is, and what the user wants done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from traymail.core.errors import InputError, TraymailError
from traymail.core.overview import MailDetail, Overview
from traymail.core.texts import text
from traymail.desktop.requests import Aim, WantedFile
from traymail.services.services import Services
from traymail.ui.dialogs.outbox.view import MessageWindow
from traymail.ui.files import ask_for_files
from traymail.ui.model import outbox as model
from traymail.ui.model.outbox import OutboxFound, OutboxState, to_look_at
from traymail.ui.model.outbox_detail import MailAct, as_new, eml_name
from traymail.ui.model.outbox_table import newest
from traymail.ui.model.prefill import Prefill
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.widgets import Toast
from traymail.ui.window import Window


@dataclass(frozen=True, slots=True)
class OutboxNavigation:
    """The ways out of the window."""

    compose: Callable[[Prefill], object]
    settings: Callable[[], object]


# Many events in a row are followed by one look.
_REST_MS = 150


class Looker:
    """Looks at the outbox: at once when the user asks, a little later when something happened."""

    def __init__(
        self,
        tasks: Tasks,
        services: Services,
        take: Callable[[OutboxFound], object],
        failed: Callable[[TraymailError], object],
    ) -> None:
        """``take`` is called with what was found."""
        self._tasks, self._services = tasks, services
        self._take, self._failed = take, failed
        self._state = OutboxState()
        self._stale = False

    def now(self, state: OutboxState) -> None:
        """Look for what this state asks; what was being looked for does not matter any more."""
        self.stop()
        self._state = state
        self._look()

    def soon(self, state: OutboxState) -> None:
        """Look again, because something happened."""
        self._state = state
        if self._tasks.under_way("look", "rest"):
            self._stale = True
        else:
            self._look()

    def detail(self, mail_id: int, take: Callable[[MailDetail], object]) -> None:
        """Ask for one mail; only the last one that was asked for is told."""
        self._tasks.run(
            lambda: self._services.mail.detail(mail_id), take, self._failed, slot="detail"
        )

    def stop(self) -> None:
        """Look for nothing more."""
        self._stale = False
        self._tasks.stop("look", "rest")

    def _look(self) -> None:
        state = self._state

        def told(overview: Overview) -> None:
            self._tasks.run(
                lambda: _found(self._services, state, overview),
                lambda found: self._rest(lambda: self._take(found)),
                failed,
                slot="look",
            )

        def failed(error: TraymailError) -> None:
            self._rest(lambda: self._failed(error))

        self._tasks.ask(self._services.program.overview, told, failed, slot="look")

    def _rest(self, tell: Callable[[], object]) -> None:
        self._tasks.later("rest", _REST_MS, self._rested)
        tell()

    def _rested(self) -> None:
        if self._stale:
            self._stale = False
            self._look()


def _found(services: Services, state: OutboxState, overview: Overview) -> OutboxFound:
    filter = state.filter
    lists = [
        services.mail.find(
            state=one,
            account=filter.account,
            rule=filter.rule,
            search=filter.words,
            limit=state.limit,
        )
        for one in filter.states
    ]
    items = newest(lists, state.limit)
    mail = to_look_at(state, items)
    return OutboxFound(overview, items, _detail(services, mail))


def _detail(services: Services, mail_id: int) -> MailDetail | None:
    """Return one mail; None when it has been forgotten."""
    try:
        return services.mail.detail(mail_id)
    except InputError:
        return None


@dataclass(frozen=True, slots=True)
class MailHandlerParts:
    """The window whose mails they are, with its state."""

    window: Window
    screen: ScreenState[OutboxState]
    tasks: Tasks
    looker: Looker


class MailHandler:
    """Does with mails what the user wants; shows one that is opened in a window of its own."""

    def __init__(
        self,
        parts: MailHandlerParts,
        services: Services,
        navigation: OutboxNavigation,
        complain: Callable[[TraymailError | None], object],
    ) -> None:
        """``complain`` shows what did not work; None: it is taken back."""
        self._window, self._screen = parts.window, parts.screen
        self._tasks, self._looker = parts.tasks, parts.looker
        self._services, self._navigation, self._complain = services, navigation, complain
        self._toast = Toast(parts.window, above=24)
        self.message: MessageWindow | None = None

    def close(self) -> None:
        """End the window of a mail."""
        if self.message is not None:
            self.message.destroy()

    def look_at(self, mail_id: int) -> None:
        """Show another mail beside the list."""
        self._screen.state = model.looked_at(self._screen.state, mail_id)
        self._looker.detail(mail_id, self._show)

    def do(self, act: MailAct, mail_id: int) -> None:  # noqa: C901 - one line for each act
        """Do something with a mail."""
        self._complain(None)
        mail = self._services.mail
        match act:
            case MailAct.EDIT:
                self._edit(mail_id)
            case MailAct.SETTINGS:
                self._navigation.settings()
            case MailAct.RETRY:
                self._run(lambda: mail.retry((mail_id,)))
            case MailAct.SEND_NOW:
                self._run(lambda: mail.send_now(mail_id))
            case MailAct.DISMISS | MailAct.CANCEL | MailAct.STOP:
                self._run(lambda: mail.cancel((mail_id,)))
            case MailAct.MARK_SENT:
                self._run(lambda: mail.resolve(mail_id, "sent"))
            case MailAct.RESEND:
                self._run(lambda: mail.resolve(mail_id, "resend"))
            case MailAct.RESUME:
                self._run(self._services.program.resume)
            case MailAct.OPEN:
                self._looker.detail(mail_id, self._read)
            case MailAct.SAVE:
                self._save(mail_id)

    def retry_all(self) -> None:
        """Try all mails that wait or failed."""
        self._complain(None)
        self._run(lambda: self._services.mail.retry(None))

    def _edit(self, mail_id: int) -> None:
        mail, drafts = self._services.mail, self._services.drafts
        self._tasks.run(
            lambda: as_new(mail.detail(mail_id), drafts.unpack(mail_id)), self._navigation.compose
        )

    def _save(self, mail_id: int) -> None:
        item = self._screen.state.item
        name = eml_name(item.subject if item is not None and item.id == mail_id else "")

        def save(chosen: tuple[Path, ...]) -> None:
            target = chosen[0]
            self._tasks.run(
                lambda: self._services.mail.save_eml(mail_id, target),
                lambda _none: self._toast.show(text("Saved as {name}.", name=target.name), "ok"),
            )

        wanted = WantedFile(Aim.SAVE, text("Save the message"), name=name)
        ask_for_files(self._window, wanted, save)

    def _run(self, act: Callable[[], object]) -> None:
        """Do what blocks, then look what came of it."""
        self._tasks.run(act, lambda _none: self._looker.now(self._screen.state))

    def _show(self, mail: MailDetail) -> None:
        self._screen.apply(model.detailed, mail)

    def _read(self, mail: MailDetail) -> None:
        self._show(mail)
        if self.message is None:
            self.message = MessageWindow(self._window.root)
        self.message.open(mail)
