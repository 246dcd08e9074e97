"""The window that adds an account: what the user does becomes the next value of its state."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from traymail import __version__
from traymail.core.account import Account
from traymail.core.errors import Problem, SettingsError, TraymailError
from traymail.core.provider import free_name
from traymail.core.texts import text
from traymail.desktop.opening import open_page
from traymail.services.services import Services
from traymail.ui.bridge import Background, Job
from traymail.ui.dialogs.add_account.address import AddressHandlers, AddressPage
from traymail.ui.dialogs.add_account.buttons import ButtonBar
from traymail.ui.dialogs.add_account.code import CodePage
from traymail.ui.dialogs.add_account.head import AddAccountHead
from traymail.ui.lead_on import LeadOn
from traymail.ui.model import add_account as model
from traymail.ui.model.add_account import Adding, AddPage, AddSaving, ServerSearch
from traymail.ui.model.add_buttons import AddAct, buttons
from traymail.ui.model.trial import Verdict, report
from traymail.ui.theme import Root
from traymail.ui.trial_view import TrialView
from traymail.ui.widgets import Area, ScrollArea, Toast
from traymail.ui.window import Dialog, Size

_SEARCH_AFTER_MS = 600
Checked = tuple[str, Account | None, tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class Left:
    """How far a window came; ``code`` is what stands in its field."""

    state: Adding
    code: str = field(repr=False)


class AddAccountWindow(Dialog):
    """Three pages; nothing is saved before the test, or "Save anyway"."""

    remembered = "add-account"

    def __init__(
        self,
        root: Root,
        services: Services,
        background: Background,
        write_mail: Callable[[], object],
        in_window: Callable[[], bool],
    ) -> None:
        """``in_window`` tells whether the menu is in a window instead of the tray."""
        super().__init__(root, text("Add account"), Size(640, 560))
        self._services, self._background = services, background
        self._write_mail, self._in_window = write_mail, in_window
        self._held = Adding()
        self._job: Job | None = None
        self._timer: str | None = None
        self._head = AddAccountHead(self)
        self._head.pack(side="top", fill="x", before=self.body)
        acts = AddressHandlers(self._typed, self._named, self._unfold, self._edited)
        self.address = AddressPage(self.body, acts)
        self.code: CodePage | None = None
        self._test = ScrollArea(self.body, padding=(24, 20, 14, 12))
        self._trial = TrialView(self._test.inner)
        self._trial.pack(fill="x")
        self.lead_on: LeadOn | None = None
        self._toast = Toast(self)
        self.bar = ButtonBar(self.footer, self._act)
        self._in_sight: Area | None = None
        self.bind("<Destroy>", self._gone, add="+")
        self.become(Adding())

    @property
    def held(self) -> Adding:
        """What the window shows."""
        return self._held

    def shown(self) -> None:
        """Put the keyboard where something is to be typed."""
        self._focus()

    def close(self) -> None:
        """Cancel whatever is under way, forget what was typed, and hide."""
        self._cancel()
        self.conceal()
        self._forget_code_page()
        self.become(Adding())

    def leave(self) -> Left:
        """Stop what is under way; return what another window can go on with."""
        self._cancel()
        return Left(model.at_rest(self._held), "" if self.code is None else self.code.entry.value)

    def take_over(self, left: Left) -> None:
        """Go on where another window was left."""
        self.become(left.state)
        if self.code is not None:
            self.code.entry.value = left.code
        if left.state.search is ServerSearch.RUNNING:
            self._search()

    # --- what the user does -------------------------------------------------------------------

    def _act(self, act: AddAct) -> None:
        match act:
            case AddAct.CANCEL | AddAct.DONE:
                self.close()
            case AddAct.BACK | AddAct.CODE_AGAIN:
                self._cancel()
                self.become(model.back(self._held))
            case AddAct.SERVER:
                self.become(model.to_server(self._held))
            case AddAct.NEXT:
                self._check()
            case AddAct.TEST:
                self.become(model.start(self._held))
                self._run()
            case AddAct.STOP:
                self._cancel()
                self.become(model.stop(self._held))
            case AddAct.SAVE:
                self.become(model.save(self._held))
                self._save()
            case AddAct.COPY_REPORT:
                self._copy_report()
            case AddAct.WRITE:
                self.close()
                self._write_mail()

    def _typed(self, words: str) -> None:
        self._cancel()
        self.become(model.type_address(self._held, words))
        if self._held.search is ServerSearch.RUNNING:
            self._timer = self.after(_SEARCH_AFTER_MS, self._search)

    def _named(self, words: str) -> None:
        self.become(model.type_name(self._held, words))

    def _unfold(self) -> None:
        self._cancel()
        self.become(model.unfold(self._held))
        if self.address.form is not None:
            self.address.form.jump("host")

    def _edited(self) -> None:
        if self.address.form is not None:
            self.become(model.edit(self._held, self.address.form.values))

    def _typed_code(self, words: str) -> None:
        self.become(model.type_code(self._held, words))

    def _copy_report(self) -> None:
        trial = self._held.trial
        if trial is None:
            return
        words = report(trial, __version__, self.look.translate)
        secret = self._held.code.secret
        if secret is not None:
            words = secret.strike_out(words, trial.account.username)
        self.clipboard_clear()
        self.clipboard_append(words)
        self._toast.show(text("The report is in the clipboard. It contains no code."), "ok")

    # --- what blocks --------------------------------------------------------------------------

    def _cancel(self) -> None:
        if self._timer is not None:
            self.after_cancel(self._timer)
            self._timer = None
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _gone(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self:  # not one of its children
            self._cancel()

    def _search(self) -> None:
        self._timer = None
        mailbox = self._held.mailbox
        self._job = self._background.run(
            lambda _stop: self._services.accounts.find_server(mailbox),
            lambda proposal: self.become(model.found(self._held, mailbox, proposal)),
            lambda _error: self.become(model.found(self._held, mailbox, None)),
        )

    def _check(self) -> None:
        state = self._held
        fields = model.fields(state)
        self.become(model.check(state))

        def work(_stop: object) -> Checked:
            taken = self._services.program.overview().settings.accounts
            name = free_name(model.provider_of(state), state.mailbox, taken)
            return name, *self._services.accounts.check(name, fields)

        self._job = self._background.run(work, self._checked, self._not_checked)

    def _checked(self, answer: Checked) -> None:
        name, account, problems = answer
        if account is None:
            self.become(model.refused(self._held, problems))
            return
        self.become(model.accepted(self._held, name, account))
        if self._held.page is AddPage.TEST:
            self._run()

    def _not_checked(self, error: TraymailError) -> None:
        problems = error.problems if isinstance(error, SettingsError) else ()
        self.become(model.refused(self._held, problems or (Problem("address", error.title),)))

    def _run(self) -> None:
        account, secret = self._held.account, self._held.code.secret
        if account is None:
            return
        self._job = self._background.follow(
            lambda: self._services.accounts.test(account, secret),
            lambda step: self.become(model.hear(self._held, step)),
            self._ended,
            lambda error: self.become(model.give_up(self._held, error)),
        )

    def _ended(self) -> None:
        self.become(model.end(self._held))
        if self._held.saving is AddSaving.RUNNING:
            self._save()

    def _save(self) -> None:
        name, fields, secret = self._held.name, model.fields(self._held), self._held.code.secret
        self._job = self._background.run(
            lambda _stop: self._services.accounts.save(name, fields, secret),
            lambda _none: self._saved(),
            lambda error: self.become(model.not_saved(self._held, error)),
        )

    def _saved(self) -> None:
        self.become(model.saved(self._held))
        trial = self._held.trial
        if trial is None or trial.verdict is not Verdict.PASSED:
            self.close()
        else:
            self._background.run(
                lambda _stop: self._services.program.autostart(), self._known, self._untold
            )

    def _known(self, on: bool) -> None:  # noqa: FBT001 - the service's answer
        if self.lead_on is not None and self.lead_on.winfo_exists():
            self.lead_on.know(on=on)

    def _untold(self, error: TraymailError) -> None:
        self._toast.show(error.title, "warn")

    def _start_with_desktop(self, on: bool) -> None:  # noqa: FBT001 - the switch's value
        def failed(error: TraymailError) -> None:
            self._known(not on)
            self._untold(error)

        self._background.run(
            lambda _stop: self._services.program.set_autostart(on=on), lambda _none: None, failed
        )

    def _open_page(self, url: str) -> None:
        self._background.run(
            lambda _stop: open_page(url), lambda _none: None, lambda _error: self._hand_over(url)
        )

    def _hand_over(self, url: str) -> None:
        """Nothing opens the page: let it be pasted into a browser, wherever there is one."""
        self.clipboard_clear()
        self.clipboard_append(url)
        words = text("No browser was found. The address of the page is in the clipboard.")
        self._toast.show(words, "warn")

    # --- drawing ------------------------------------------------------------------------------

    def become(self, state: Adding) -> None:
        """Show this state."""
        self._held = state
        self._head.show(state.page, done=state.saving is AddSaving.DONE)
        page = self._page(state)
        turned = page is not self._in_sight
        if turned:
            if self._in_sight is not None:
                self._in_sight.pack_forget()
            page.pack(fill="both", expand=True)
            self._in_sight = page
        new_buttons = self.bar.show(buttons(state))
        self.primary = self.bar.primary
        if turned or (new_buttons and state.page is AddPage.TEST):
            self._focus()

    def _page(self, state: Adding) -> Area:
        if state.page is not AddPage.CODE and self.code is not None:
            self._forget_code_page()
        match state.page:
            case AddPage.ADDRESS:
                self.address.show(state)
                return self.address
            case AddPage.CODE:
                if self.code is None:
                    make = partial(CodePage, self.body, model.guide(state))
                    self.code = make(self._typed_code, self._open_page)
                self.code.show(state.code)
                return self.code
            case AddPage.TEST:
                if state.trial is not None:
                    self._trial.show(state.trial, model.advice(state), model.headline(state))
                self._show_lead(state)
                return self._test

    def _show_lead(self, state: Adding) -> None:
        """Tell below a good test where the program is to be found."""
        good = state.saving is AddSaving.DONE
        if good and self.lead_on is None:
            self.lead_on = LeadOn(
                self._test.inner, in_window=self._in_window(), start=self._start_with_desktop
            )
            self.lead_on.pack(fill="x")
        elif not good and self.lead_on is not None:
            self.lead_on.destroy()
            self.lead_on = None

    def _forget_code_page(self) -> None:
        if self.code is not None:
            self.code.clear()
            self.code.destroy()
            if self._in_sight is self.code:
                self._in_sight = None
            self.code = None

    def _focus(self) -> None:
        match self._held.page:
            case AddPage.ADDRESS:
                self.address.entry.focus_set()
            case AddPage.CODE if self.code is not None:
                self.code.entry.focus_set()
            case _ if self.primary is not None:
                self.primary.focus_set()
            case _:
                self.focus_set()
