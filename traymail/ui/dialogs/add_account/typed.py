"""What is typed and chosen on the pages before the test becomes the next state of the window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from traymail.core.account import Account
from traymail.ui.dialogs.add_account.pages import AddPages
from traymail.ui.dialogs.add_account.work import AddShown, AddWork
from traymail.ui.model import add_account as model
from traymail.ui.model.add_account import AddPage, ServerSearch


class TypedInto(AddShown, Protocol):
    """What it needs of the window."""

    pages: AddPages


class AddTyping:
    """Whatever was under way for what stood there before is at its end."""

    def __init__(self, window: TypedInto, work: AddWork) -> None:
        self._window, self._work = window, work

    # --- the address --------------------------------------------------------------------------

    def address(self, words: str) -> None:
        """Recognise the provider, or look for it."""
        window = self._window
        self._work.cancel()
        window.become(model.type_address(window.held, words))
        if window.held.search is ServerSearch.RUNNING:
            self._work.search_soon()

    def unfold(self) -> None:
        """Let everything be set by hand."""
        self._work.cancel()
        self._window.become(model.unfold(self._window.held))
        if self._window.pages.address.form is not None:
            self._window.pages.address.form.jump("host")

    def server(self) -> None:
        """Take in what was set by hand."""
        form = self._window.pages.address.form
        if form is not None:
            self._window.become(model.edit(self._window.held, form.values))

    # --- another kind than mail ---------------------------------------------------------------

    def others(self) -> None:
        """Show the other kinds."""
        self._work.cancel()
        self._window.become(model.to_kinds(self._window.held))

    def choose(self, kind: str) -> None:
        """Ask for the details of an account of this kind."""
        self._window.become(model.choose(self._window.held, kind))
        self._work.name_other(self._judged)

    def details(self, values: Mapping[str, str]) -> None:
        """Take in the details."""
        self._work.cancel()
        self._window.become(model.fill(self._window.held, values))
        self._look_at_secret()
        self._work.judge_soon(self._judged)

    def secret(self, words: str) -> None:
        """Take in their secret."""
        self._window.become(model.type_secret(self._window.held, words))

    def _judged(self, values: Mapping[str, str], account: Account | None) -> None:
        self._window.become(model.judged(self._window.held, values, account))
        self._look_at_secret()

    def _look_at_secret(self) -> None:
        """Say what is to be said of what is typed already: it may be right, or wrong, by now."""
        entry = self._window.pages.secret
        if self._window.held.page is AddPage.DETAILS and entry is not None:
            self.secret(entry.value)
