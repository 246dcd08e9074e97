"""Mails from a table: left what the mail of each row says, right how the first ones look.

Once they are stored, the window shows what becomes of each.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from traymail.core.errors import TraymailError
from traymail.core.events import Event, ItemChanged, OutboxChanged
from traymail.core.fields import Form, fields_of
from traymail.core.texts import text
from traymail.desktop.requests import Aim, WantedFile
from traymail.services.batches import Batch, BatchService, BatchStanding, TableLook
from traymail.services.services import Services
from traymail.ui.bridge import Background
from traymail.ui.files import ask_for_files
from traymail.ui.form import FormView
from traymail.ui.model import table_mails as model
from traymail.ui.model.sentences import sentence_of
from traymail.ui.model.table_mails import TableMailing
from traymail.ui.preview import PreviewPane
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.theme import Root
from traymail.ui.widgets import (
    Area,
    Banner,
    Button,
    Column,
    Empty,
    Label,
    Line,
    Panes,
    Progress,
    Row,
    ScrollArea,
    Table,
    Toast,
)
from traymail.ui.window import Dialog, Size

_LOOK_AFTER_MS = 300
_REST_MS = 200
_TABLES = ("*.csv", "*.tsv", "*.txt")


class TableMailsWindow(Dialog):
    """One batch; made anew for the next one."""

    remembered = "table-mails"

    def __init__(
        self,
        root: Root,
        services: Services,
        background: Background,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(root, text("One mail for each row"), Size(960, 620, (860, 560)))
        self._services, self._now = services, now
        self.screen = ScreenState(TableMailing(), self._draw)
        self._tasks = Tasks(self, background, self._failed)
        self._at_rest: Callable[[], object] | None = None
        self._banner: Banner | None = None
        self._head = _Head(self.body, self.choose)
        self._head.pack(fill="x")
        self.sheet = _Sheet(self.body, self._changed, self._turn, self.choose)
        self.sheet.pack(fill="both", expand=True)
        self.log: BatchLog | None = None
        self._follower: BatchFollower | None = None
        self.cancel = self.footer.add(text("&Cancel"), self.close)
        self.primary = self.go = self.footer.add(text("&Send all"), self._send, "primary", "send")
        self._toast = Toast(self)
        self.screen.set_state(self.screen.state)

    @property
    def done(self) -> bool:
        """Whether its mails are stored."""
        return self.screen.state.posted is not None

    @property
    def over(self) -> bool:
        """Whether all its mails have come to an end."""
        return self.done and not self.screen.state.left

    def take_over(self, state: TableMailing) -> None:
        """Go on where a window in another language has stopped."""
        self.screen.set_state(state)
        if state.looking:
            self._look()

    def at_rest(self, act: Callable[[], object]) -> None:
        """Call ``act`` once nothing is on its way that would be lost with this window."""
        self._at_rest = act
        self._rest()

    def open(self, subject: str = "", body: str = "", account: str = "") -> None:
        """Show the window; what is written already is taken over where nothing is."""
        state = self.screen.state
        given = {"subject": subject, "body": body, "account": account}
        kept = {name: words for name, words in state.values.items() if words}
        if account and state.path is None:  # before a table is chosen, nobody has chosen it here
            kept.pop("account", None)
        self.screen.set_state(replace(state, values={**given, **kept}))
        self.reveal()
        self._tasks.run(
            self._services.program.overview,
            self.screen.by(model.informed),
        )

    def on_show(self) -> None:
        """Start at the table, or at the way out."""
        (self.cancel if self.done else self._head.choose).focus_set()

    def on_event(self, event: Event) -> None:
        """Follow what becomes of the mails."""
        if self._follower is not None and isinstance(event, ItemChanged | OutboxChanged):
            self._follower.soon()

    def _draw(self, before: TableMailing, state: TableMailing) -> None:
        if state.posted is not None:
            self._show_log(state.posted)
        else:
            self._head.show(state)
            self.sheet.show(state)
            self.go.enable(state.may_send)
        if state.trouble != before.trouble:
            self._complain(state.trouble)
        self._rest()

    def _rest(self) -> None:
        if self._at_rest is not None and not self.screen.state.posting:
            act, self._at_rest = self._at_rest, None
            self.after_idle(act)

    # --- before they are stored -----------------------------------------------------------------

    def choose(self) -> None:
        """Choose a table."""
        kind = (self.theme.say(text("Tables (CSV)")), _TABLES)
        wanted = WantedFile(Aim.FILE, text("Choose a table"), kind=kind)
        ask_for_files(self, wanted, lambda chosen: self.take(chosen[0]))

    def take(self, path: Path) -> None:
        """Take a table."""
        self.screen.apply(model.chosen, path)
        self._look()

    def _changed(self, _name: str) -> None:
        values = {**self.screen.state.values, **self.sheet.values}
        self.screen.apply(model.written, values)
        self._tasks.later("look soon", _LOOK_AFTER_MS, self._look)

    def _turn(self, step: int) -> None:
        self.screen.apply(model.turned, step)

    def _look(self) -> None:
        asked = self.screen.state.asked
        if asked is not None:
            self._tasks.run(lambda: self._services.batches.look(asked), self._found, slot="look")

    def _found(self, looked: TableLook) -> None:
        self.screen.apply(model.found, looked)
        if self.screen.state.looking:  # the column of the addresses was put in
            self._look()

    def _failed(self, error: TraymailError) -> None:
        self.screen.apply(model.failed, error)

    def _send(self) -> None:
        state, asked = self.screen.state, self.screen.state.asked
        if asked is None or not state.may_send:
            return
        self.screen.set_state(model.posting(state))
        undo = model.undo_of(state)
        self._tasks.run(
            lambda: self._services.batches.post(asked, undo),
            lambda batch: self.screen.apply(model.posted, batch, self._now()),
        )

    # --- afterwards -----------------------------------------------------------------------------

    def _show_log(self, batch: Batch) -> None:
        if self.log is None:
            follower = self._follower = BatchFollower(
                self._tasks, self._services.batches, batch, self._followed
            )
            self._head.destroy()
            self.sheet.destroy()
            self.log = BatchLog(self.body)
            self.log.pack(fill="both", expand=True)
            self.go.destroy()
            self.cancel.set_text(text("&Close"))
            self.primary = self.cancel
            self.stop = self.footer.add_left(text("S&top the rest"), follower.stop, "danger")
            report = text("Save the &report…")
            self.report = self.footer.add_left(report, lambda: self._save(batch), "normal")
            follower.look()
        self.log.show(self.screen.state, self._now())
        self.stop.enable(self.screen.state.left > 0)

    def _followed(self, standing: BatchStanding) -> bool:
        self.screen.apply(model.followed, standing)
        if self.log is not None:  # time goes on where nothing else does
            self.log.show_rest(self.screen.state, self._now())
        return not self.over

    def _save(self, batch: Batch) -> None:
        def save(chosen: tuple[Path, ...]) -> None:
            target = chosen[0]
            self._tasks.run(
                lambda: self._services.batches.save_report(batch, target),
                lambda _none: self._toast.show(text("Saved as {name}.", name=target.name), "ok"),
            )

        name = f"traymail-{batch.number}.csv"
        ask_for_files(self, WantedFile(Aim.SAVE, text("Save the report"), name=name), save)

    # --- the window -----------------------------------------------------------------------------

    def _complain(self, error: TraymailError | None) -> None:
        if self._banner is not None:
            self._banner.destroy()
            self._banner = None
        if error is not None:
            self._banner = Banner(self.body, "err", sentence_of(error))
            self._banner.pack(side="bottom", fill="x")


class BatchFollower:
    """Looks what becomes of a batch, until all of it has come to an end."""

    def __init__(
        self,
        tasks: Tasks,
        batches: BatchService,
        batch: Batch,
        followed: Callable[[BatchStanding], bool],
    ) -> None:
        """``followed`` is told how it stands, and returns whether to look again."""
        self._tasks, self._batches, self._batch = tasks, batches, batch
        self._followed = followed

    def soon(self) -> None:
        """Look soon; many mails that end one after the other are followed by one look."""
        if not self._tasks.under_way("follow", "follow soon"):
            self._tasks.later("follow soon", _REST_MS, self.look)

    def look(self) -> None:
        """Look now."""
        self._tasks.run(
            lambda: self._batches.standing(self._batch.number), self._looked, slot="follow"
        )

    def stop(self) -> None:
        """Take what has not left out of the queue."""
        self._tasks.run(lambda: self._batches.stop(self._batch.number), lambda _none: self.soon())

    def _looked(self, standing: BatchStanding) -> None:
        if self._followed(standing):  # also where another program of this home sends them
            self.soon()


class _Head(Area):
    """Which table it is, and the button that chooses another."""

    def __init__(self, master: tk.Misc, choose: Callable[[], object]) -> None:
        super().__init__(master, padding=(24, 14))
        Label(self, "", "link", icon="file-earmark-text").pack(side="left")
        self._name = Label(self, "", "fg", "TmStrong")
        self._name.pack(side="left", padx=(self.theme.px(10), 0))
        self.choose = Button(self, text("Choose a ta&ble…"), choose)
        self.choose.pack(side="right")

    def show(self, state: TableMailing) -> None:
        """Show the name of the table."""
        self._name.set_text(model.table_words(state), "muted" if state.path is None else "fg")


class _Sheet(Area):
    """The form and the preview; the form is there once the columns are known."""

    def __init__(
        self,
        master: tk.Misc,
        changed: Callable[[str], object],
        turn: Callable[[int], object],
        choose: Callable[[], object],
    ) -> None:
        super().__init__(master)
        self._changed = changed
        Line(self).pack(fill="x")
        self._panes = Panes(self, (text("Mail"), text("Preview")), fixed=1, room=420, least=0.85)
        self._panes.pack(fill="both", expand=True)
        self._left = Area(self._panes)
        self.preview = PreviewPane(self._panes, turn, lambda _offer: None)
        self._panes.hold(self._left, self.preview)
        self.form: FormView | None = None
        self._offered: Form = ()
        self._empty = Empty(
            self._left,
            "file-earmark-text",
            text("A mail for each row of a table"),
            text("Its first row names the columns, such as name and mail. Save it as CSV."),
        )
        Button(self._empty.middle, text("Choose a table…"), choose, "primary").pack()
        self._empty.pack(fill="both", expand=True)

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields."""
        return {} if self.form is None else self.form.values

    def show(self, state: TableMailing) -> None:
        """Draw a state."""
        self.preview.show(model.sight(state))
        if state.looked is None:
            return
        wanted = model.form_of(state)
        if self.form is None:
            self.form = self._draw_form(wanted)
        if wanted != self._offered:  # another table has other columns
            self._offered = wanted
            for field in fields_of(wanted):
                self.form.offer(field.name, field)
        mine = self.form.values
        new = {name: words for name, words in state.values.items() if words != mine.get(name)}
        if new:
            self.form.fill(new)
        barred = model.barred_fields(state)
        for name, words in model.help_of(state).items():
            self.form.explain(name, words)
            # What stands there already can be taken out.
            self.form.enable(name, name not in barred or bool(state.values.get(name)))

    def _draw_form(self, wanted: Form) -> FormView:
        self._empty.destroy()
        scroll = ScrollArea(self._left, padding=(24, 16, 14, 16))
        scroll.pack(fill="both", expand=True)
        form = FormView(scroll.inner, wanted, self._changed, label_width=104)
        form.pack(fill="x")
        return form


_LOG = (
    Column("at", text("Time"), 110),
    Column("to", text("To"), 250, stretch=True),
    Column("state", text("State"), 110),
    Column("code", text("Reply code"), 84),
    Column("reply", text("Reply"), 300, stretch=True),
)


class BatchLog(Area):
    """What became of each mail, the newest on top, and how many are out."""

    def __init__(self, master: tk.Misc) -> None:
        super().__init__(master)
        px = self.theme.px
        head = Area(self, padding=(24, 16, 24, 12))
        head.pack(fill="x")
        head.columnconfigure(0, weight=1)
        self._words = Label(head, "", "fg", "TmStrong")
        self._words.grid(row=0, column=0, sticky="w")
        self._rest = Label(head, "", "muted")
        self._rest.grid(row=0, column=1, sticky="e")
        self._bar = Progress(head)
        self._bar.grid(row=1, column=0, columnspan=2, sticky="we", pady=(px(8), 0))
        Line(self).pack(fill="x")
        self.table = Table(self, _LOG)
        self.table.pack(fill="both", expand=True, padx=(px(16), 0))

    def show(self, state: TableMailing, now: datetime) -> None:
        """Draw a state."""
        self._words.set_text(model.progress_words(state))
        self.show_rest(state, now)
        self._bar.show(model.part_done(state), "success" if not state.left else "link")
        say = self.theme.say
        self.table.show(
            [
                Row(
                    str(one.id),
                    (one.at, one.to, say(one.sign.word), one.code, one.reply),
                    one.sign.icon,
                    one.sign.role,
                )
                for one in model.log_lines(state)
            ]
        )

    def show_rest(self, state: TableMailing, now: datetime) -> None:
        """Show how long the rest takes."""
        self._rest.set_text(model.rest_words(state, now))
