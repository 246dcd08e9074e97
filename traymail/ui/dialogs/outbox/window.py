"""The outbox window: what the user and the program do becomes the next value of its state."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from traymail.core.errors import InputError, TraymailError
from traymail.core.events import Event, MailProgress
from traymail.core.overview import MailDetail
from traymail.core.texts import text
from traymail.desktop.requests import Aim, WantedFile
from traymail.services.services import Services
from traymail.ui.bridge import Background, Job
from traymail.ui.dialogs.outbox.view import MessageWindow, OutboxSheet
from traymail.ui.files import ask_for_files
from traymail.ui.model import outbox as model
from traymail.ui.model.outbox import OutboxFound, OutboxState, to_look_at
from traymail.ui.model.outbox_detail import MailAct, as_new, cancellable, eml_name, retryable
from traymail.ui.model.outbox_table import OutboxFilter, newest
from traymail.ui.model.prefill import Prefill
from traymail.ui.theme import Root
from traymail.ui.widgets import Toast
from traymail.ui.window import Size, Window


@dataclass(frozen=True, slots=True)
class OutboxDoors:
    """The ways out of the window."""

    compose: Callable[[Prefill], object]
    settings: Callable[[], object]


# Many events in a row are followed by one look.
_REST_MS = 150


class Looker:
    """Looks at the outbox: at once when the user asks, a little later when something happened."""

    def __init__(
        self,
        widget: tk.Misc,
        services: Services,
        background: Background,
        take: Callable[[OutboxFound], object],
        failed: Callable[[TraymailError], object],
    ) -> None:
        """``take`` is called with what was found."""
        self._widget, self._services, self._background = widget, services, background
        self._take, self._failed = take, failed
        self._job: Job | None = None
        self._detail: Job | None = None
        self._timer: str | None = None
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
        if self._job is not None or self._timer is not None:
            self._stale = True
        else:
            self._look()

    def detail(self, mail_id: int, take: Callable[[MailDetail], object]) -> None:
        """Ask for one mail; only the last one that was asked for is told."""
        if self._detail is not None:
            self._detail.cancel()
        self._detail = self._background.run(
            lambda _stop: self._services.mail.detail(mail_id), take, self._failed
        )

    def stop(self) -> None:
        """Look for nothing more."""
        self._stale = False
        if self._timer is not None:
            self._widget.after_cancel(self._timer)
            self._timer = None
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _look(self) -> None:
        state = self._state
        self._job = self._background.run(
            lambda _stop: _found(self._services, state), self._found, self._not_found
        )

    def _found(self, found: OutboxFound) -> None:
        self._rest()
        self._take(found)

    def _not_found(self, error: TraymailError) -> None:
        self._rest()
        self._failed(error)

    def _rest(self) -> None:
        self._job = None
        self._timer = self._widget.after(_REST_MS, self._rested)

    def _rested(self) -> None:
        self._timer = None
        if self._stale:
            self._stale = False
            self._look()


def _found(services: Services, state: OutboxState) -> OutboxFound:
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
    return OutboxFound(services.program.overview(), items, _detail(services, mail))


def _detail(services: Services, mail_id: int) -> MailDetail | None:
    """Return one mail; None when it has been forgotten."""
    try:
        return services.mail.detail(mail_id)
    except InputError:
        return None


LEAST = (900, 600)


class OutboxWindow(Window):
    """What waits, what was sent, what failed and why; it follows what happens while in sight."""

    remembered = "outbox"

    def __init__(
        self,
        root: Root,
        services: Services,
        background: Background,
        doors: OutboxDoors,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(root, text("Outbox"), Size(960, 620, LEAST))
        self._services, self._background, self._doors, self._now = services, background, doors, now
        self._held = OutboxState()
        self._timer: str | None = None
        self._message: MessageWindow | None = None
        self._blind = False
        self._looker = Looker(self, services, background, self._take, self._not_found)
        self.sheet = OutboxSheet(self, self)
        self.sheet.pack(fill="both", expand=True)
        self._toast = Toast(self, above=24)
        self._bind_keys()
        self.bind("<Destroy>", self._gone, add="+")

    # --- for those who open it ----------------------------------------------------------------

    @property
    def held(self) -> OutboxState:
        """What the window shows."""
        return self._held

    def open(self, mail_id: int | None = None) -> None:
        """Show the window, at a mail when one is asked for."""
        if mail_id is not None:
            self._held = model.asked_for(self._held, mail_id)
        self.reveal()

    def heard(self, event: Event) -> None:
        """Follow an event of the engine."""
        self._held = model.heard(self._held, event, self._now())
        if not self.winfo_viewable():
            return
        if isinstance(event, MailProgress):
            self._draw()
        else:
            self._looker.soon(self._held)

    # --- the window ---------------------------------------------------------------------------

    def shown(self) -> None:
        """Look at the outbox anew."""
        self.sheet.focus()
        self._looker.now(self._held)

    def close(self) -> None:
        """Empty the search, or hide."""
        if not self.sheet.head.search.clear():
            self.conceal()

    def conceal(self) -> None:
        """Hide the window, and look at nothing while it is out of sight."""
        self._stop()
        super().conceal()

    def become(self, state: OutboxState) -> None:
        """Show this state."""
        self._held = state
        self._draw()

    def _draw(self) -> None:
        now = self._now()
        self.sheet.show(self._held, now)
        self._stop_timer()
        seconds = model.look_again(self._held, now)
        self._timer = self.after(int(seconds * 1000), self._draw)

    def _take(self, found: OutboxFound) -> None:
        self.become(model.listed(self._held, found))
        if self._blind:
            self._blind = False
            self.sheet.complain(None)

    def _not_found(self, error: TraymailError) -> None:
        """Say that nothing can be seen now; the next look that works takes that back."""
        self._blind = True
        self._failed(error)

    def _failed(self, error: TraymailError) -> None:
        self.sheet.complain(error)

    # --- what the user does -------------------------------------------------------------------

    def ask(self, filter: OutboxFilter) -> None:
        """Look for other mails."""
        self.sheet.complain(None)
        self.become(model.filtered(self._held, filter))
        self._looker.now(self._held)

    def ask_for_more(self) -> None:
        """Look for older mails."""
        self._held = model.wanted_more(self._held)
        self._looker.now(self._held)

    def look_at(self, mail_id: int) -> None:
        """Look at another mail."""
        self._held = model.looked_at(self._held, mail_id)
        self._looker.detail(mail_id, self._detailed)

    def retry_all(self) -> None:
        """Try all mails that wait or failed."""
        self.sheet.complain(None)
        self._run(lambda: self._services.mail.retry(None))

    def write(self) -> None:
        """Write a mail."""
        self._doors.compose(Prefill())

    def do(self, act: MailAct, mail_id: int) -> None:  # noqa: C901 - one line for each act
        """Do something with a mail."""
        self.sheet.complain(None)
        services = self._services
        match act:
            case MailAct.EDIT:
                self._edit(mail_id)
            case MailAct.SETTINGS:
                self._doors.settings()
            case MailAct.RETRY:
                self._run(lambda: services.mail.retry((mail_id,)))
            case MailAct.SEND_NOW:
                self._run(lambda: services.mail.send_now(mail_id))
            case MailAct.DISMISS | MailAct.CANCEL | MailAct.STOP:
                self._run(lambda: services.mail.cancel((mail_id,)))
            case MailAct.MARK_SENT:
                self._run(lambda: services.mail.resolve(mail_id, "sent"))
            case MailAct.RESEND:
                self._run(lambda: services.mail.resolve(mail_id, "resend"))
            case MailAct.RESUME:
                self._run(services.program.resume)
            case MailAct.OPEN:
                self._looker.detail(mail_id, self._read)
            case MailAct.SAVE:
                self._save(mail_id)

    def _detailed(self, mail: MailDetail) -> None:
        self.become(model.detailed(self._held, mail))

    def _edit(self, mail_id: int) -> None:
        services = self._services
        self._background.run(
            lambda _stop: as_new(services.mail.detail(mail_id), services.drafts.unpack(mail_id)),
            self._doors.compose,
            self._failed,
        )

    def _read(self, mail: MailDetail) -> None:
        self._detailed(mail)
        if self._message is None:
            self._message = MessageWindow(self.root)
        self._message.open(mail)

    def _save(self, mail_id: int) -> None:
        item = self._held.item
        name = eml_name(item.subject if item is not None and item.id == mail_id else "")

        def save(chosen: tuple[Path, ...]) -> None:
            target = chosen[0]
            self._background.run(
                lambda _stop: self._services.mail.save_eml(mail_id, target),
                lambda _none: self._toast.show(text("Saved as {name}.", name=target.name), "ok"),
                self._failed,
            )

        ask_for_files(self, WantedFile(Aim.SAVE, text("Save the message"), name=name), save)

    def _run(self, act: Callable[[], object]) -> None:
        """Do what blocks, then look what came of it."""
        self._background.run(
            lambda _stop: act(), lambda _none: self._looker.now(self._held), self._failed
        )

    # --- keys ---------------------------------------------------------------------------------

    def _bind_keys(self) -> None:
        tree = self.sheet.list.table.tree
        tree.bind("<Key>", self._typed, add="+")
        tree.bind("<Delete>", lambda _event: self._by_key(MailAct.CANCEL))
        self.bind("<F5>", lambda _event: self._by_key(MailAct.RETRY))
        self.bind("<Control-f>", lambda _event: self.sheet.head.search.entry.focus_set())
        search = self.sheet.head.search.entry
        for key in ("<Down>", "<Return>", "<KP_Enter>"):
            search.bind(key, lambda _event: self.sheet.focus())

    def _typed(self, event: tk.Event[tk.Misc]) -> str | None:
        """Search for what is typed into the list."""
        by_command = isinstance(event.state, int) and event.state & 0x000C  # Control, Alt
        if by_command or not event.char or not event.char.isprintable() or event.char == " ":
            return None
        self.sheet.head.search.begin(event.char)
        return "break"

    def _by_key(self, act: MailAct) -> None:
        item = self._held.item
        may = cancellable if act is MailAct.CANCEL else retryable
        if item is not None and may(item):
            self.do(act, item.id)

    # --- the end ------------------------------------------------------------------------------

    def _stop(self) -> None:
        self._looker.stop()
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self.after_cancel(self._timer)
            self._timer = None

    def _gone(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self:
            self._stop()
            if self._message is not None:
                self._message.destroy()
