"""The window that adds an account: what the user does becomes the next value of its state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from traymail.core.errors import TraymailError
from traymail.core.texts import Text, text
from traymail.services.services import Services
from traymail.ui.action_bar import ActionBar
from traymail.ui.bridge import Background
from traymail.ui.dialogs.add_account.address import AddressHandlers, AddressPage
from traymail.ui.dialogs.add_account.code import CodePage
from traymail.ui.dialogs.add_account.details import DetailsHandlers
from traymail.ui.dialogs.add_account.head import AddAccountHead
from traymail.ui.dialogs.add_account.pages import AddPages, PageHandlers
from traymail.ui.dialogs.add_account.sign_in import ClientHandlers
from traymail.ui.dialogs.add_account.typed import AddTyping
from traymail.ui.dialogs.add_account.work import AddWork
from traymail.ui.lead_on import LeadOn
from traymail.ui.model import add_account as model
from traymail.ui.model.add_account import Adding, AddPage, AddSaving
from traymail.ui.model.add_buttons import AddAct, buttons
from traymail.ui.model.prefill import Prefill
from traymail.ui.sign_in_view import SignInHandlers
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.theme import Root
from traymail.ui.trial_view import copy_report
from traymail.ui.widgets import Banner, Toast
from traymail.ui.window import Dialog, Size


@dataclass(frozen=True, slots=True)
class Left:
    """How far a window came; ``code`` is what stands in the field of the secret."""

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
        write_mail: Callable[[Prefill], object],
        in_window: Callable[[], bool],
        guide: Callable[[str], object],
    ) -> None:
        """``write_mail`` opens the window for one, from the account that was added.

        ``in_window`` tells whether the menu is in a window instead of the tray; ``guide`` opens
        the guide to a client id, for a mail server.
        """
        super().__init__(root, text("Add account"), Size(640, 560))
        self._write_mail, self._guide = write_mail, guide
        self.screen = ScreenState(Adding(), self._draw)
        self._work = AddWork(
            services,
            self.screen,
            Tasks(self, background, self.fail),
            close=self.close,
            know_start=self.know_start,
        )
        self.typing = AddTyping(self.screen, self._work)
        self._head = AddAccountHead(self)
        self._head.pack(side="top", fill="x", before=self.body)
        self.pages = self.typing.pages = AddPages(self.body, self._handlers(in_window))
        self._untold: tuple[Text, Banner] | None = None
        self._toast = Toast(self)
        self.bar = ActionBar(self.footer, self._act)
        self.screen.set_state(Adding())

    @property
    def address(self) -> AddressPage:
        """The first page."""
        return self.pages.address

    @property
    def code(self) -> CodePage | None:
        """The page of the code, while the user is there."""
        return self.pages.code

    @property
    def lead_on(self) -> LeadOn | None:
        """What is said below a good test."""
        return self.pages.lead_on

    def on_show(self) -> None:
        """Put the keyboard where something is to be typed."""
        self._focus()

    def close(self) -> None:
        """Cancel whatever is under way, forget what was typed, and hide."""
        self._work.cancel()
        self._work.forget_login()
        self.conceal()
        self.pages.forget_secrets()
        self.screen.set_state(Adding())

    def leave(self) -> Left:
        """Stop what is under way; return what another window can go on with."""
        self._work.cancel()
        entry = self.pages.secret
        return Left(model.at_rest(self.screen.state), "" if entry is None else entry.value)

    def take_over(self, left: Left) -> None:
        """Go on where another window was left."""
        self.screen.set_state(left.state)
        if self.pages.secret is not None:
            self.pages.secret.value = left.code
        self._work.go_on_searching()

    def _draw(self, before: Adding, state: Adding) -> None:
        self._head.show(model.way(state), state.page, done=state.saving is AddSaving.DONE)
        turned = self.pages.show(state)
        self._show_untold(model.untold(state))
        new_buttons = self.bar.show(buttons(state))
        self.primary = self.bar.primary
        refused = bool(state.problems) and not before.problems
        if turned or refused or (new_buttons and state.page is AddPage.TEST):
            self._focus()

    def _show_untold(self, words: Text | None) -> None:
        if self._untold is not None and self._untold[0] != words:
            self._untold[1].destroy()
            self._untold = None
        if words is not None and self._untold is None:
            banner = Banner(self, "err", words)
            banner.pack(side="top", fill="x", before=self.body)
            self._untold = words, banner

    def fail(self, error: TraymailError) -> None:
        """Say in passing what could not be done."""
        self._toast.show(error.title, "warn")

    def know_start(self, on: bool) -> None:  # noqa: FBT001 - the service's answer
        """Show whether the program starts with the desktop."""
        self.pages.know_start(on=on)

    # --- what the user does -------------------------------------------------------------------

    def _handlers(self, in_window: Callable[[], bool]) -> PageHandlers:
        typing = self.typing
        return PageHandlers(
            address=AddressHandlers(
                typed=typing.address,
                named=self.screen.by(model.type_name),
                unfold=typing.unfold,
                others=typing.others,
                edited=typing.server,
            ),
            details=DetailsHandlers(
                filled=typing.details,
                typed=typing.secret,
                open_page=self._open_page,
            ),
            client=ClientHandlers(
                filled=self.screen.by(model.fill_client),
                typed=self.screen.by(model.type_client_secret),
                by_code=self.screen.by(model.to_code),
                guide=self._guide,
                view=SignInHandlers(self._open_page, self._copy),
            ),
            sign_in=self.screen.by(model.to_sign_in),
            typed_code=self.screen.by(model.type_code),
            choose=typing.choose,
            start_with_desktop=self._work.start_with_desktop,
            in_window=in_window,
        )

    def _act(self, act: AddAct) -> None:
        match act:
            case AddAct.CANCEL | AddAct.DONE:
                self.close()
            case AddAct.BACK | AddAct.CODE_AGAIN:
                self._work.cancel()
                self.screen.apply(model.back)
                self._work.go_on_searching()
            case AddAct.SERVER:
                self.screen.apply(model.to_server)
            case AddAct.COPY_REPORT:
                trial, secret = self.screen.state.trial, self.screen.state.code.secret
                copy_report(self.root, trial, secret, lambda it: self._toast.show(it, "ok"))
            case AddAct.WRITE:
                account = self.screen.state.account
                self.close()
                self._write_mail(Prefill(account=account.name if account else ""))
            case _:
                self._begin(act)

    def _begin(self, act: AddAct) -> None:
        match act:
            case AddAct.NEXT if model.leads_to_sign_in(self.screen.state):
                self.screen.apply(model.to_sign_in)
            case AddAct.NEXT:
                self._work.check()
            case AddAct.SIGN_IN | AddAct.DEVICE:
                self.screen.apply(model.begin_sign_in, device=act is AddAct.DEVICE)
                self._work.check()
            case AddAct.TEST:
                self.screen.apply(model.start)
                self._work.test()
            case AddAct.STOP:
                self._work.cancel()
                self.screen.apply(model.stop)
            case AddAct.SAVE:
                self.screen.apply(model.save)
                self._work.save()
            case _:
                pass

    def _copy(self, words: str) -> None:
        self.clipboard_clear()
        self.clipboard_append(words)
        self._toast.show(text("Copied"), "ok")

    def _open_page(self, url: str) -> None:
        def hand_over() -> None:
            """Let it be pasted into a browser, wherever there is one."""
            self.clipboard_clear()
            self.clipboard_append(url)
            words = text("No browser was found. The address of the page is in the clipboard.")
            self._toast.show(words, "warn")

        self._work.open_page(url, hand_over)

    # --- what follows from it -----------------------------------------------------------------

    def _focus(self) -> None:
        if not self.pages.focus_inside(self.screen.state):
            (self.primary or self).focus_set()
