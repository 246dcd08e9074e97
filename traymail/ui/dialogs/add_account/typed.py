"""What is typed and chosen on the pages before the test becomes the next state of the window."""

from __future__ import annotations

from collections.abc import Mapping

from traymail.core.account import Account
from traymail.ui.dialogs.add_account.pages import AddPages
from traymail.ui.dialogs.add_account.work import AddWork
from traymail.ui.model import add_account as model
from traymail.ui.model.add_account import Adding, AddPage, ServerSearch
from traymail.ui.tasks import ScreenState


class AddTyping:
    """Whatever was under way for what stood there before is at its end."""

    def __init__(self, screen: ScreenState[Adding], work: AddWork) -> None:
        self._screen, self._work = screen, work
        self.pages: AddPages

    # --- the address --------------------------------------------------------------------------

    def address(self, words: str) -> None:
        """Recognise the provider, or look for it."""
        self._work.cancel()
        self._screen.apply(model.type_address, words)
        if self._screen.state.search is ServerSearch.RUNNING:
            self._work.search_soon()

    def unfold(self) -> None:
        """Let everything be set by hand."""
        self._work.cancel()
        self._screen.apply(model.unfold)
        if self.pages.address.form is not None:
            self.pages.address.form.jump("host")

    def server(self) -> None:
        """Take in what was set by hand."""
        form = self.pages.address.form
        if form is not None:
            self._screen.apply(model.edit, form.values)

    # --- another kind than mail ---------------------------------------------------------------

    def others(self) -> None:
        """Show the other kinds."""
        self._work.cancel()
        self._screen.apply(model.to_kinds)

    def choose(self, kind: str) -> None:
        """Ask for the details of an account of this kind."""
        self._screen.apply(model.choose, kind)
        self._work.name_other(self._judged)

    def details(self, values: Mapping[str, str]) -> None:
        """Take in the details."""
        self._work.cancel()
        self._screen.apply(model.fill, values)
        self._look_at_secret()
        self._work.judge_soon(self._judged)

    def secret(self, words: str) -> None:
        """Take in their secret."""
        self._screen.apply(model.type_secret, words)

    def _judged(self, values: Mapping[str, str], account: Account | None) -> None:
        self._screen.apply(model.judged, values, account)
        self._look_at_secret()

    def _look_at_secret(self) -> None:
        """Say what is to be said of what is typed already: it may be right, or wrong, by now."""
        entry = self.pages.secret
        if self._screen.state.page is AddPage.DETAILS and entry is not None:
            self.secret(entry.value)
