"""What stands below the form of an account: what can be done next, and what keeps it from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum

from traymail.accounts import kind_of
from traymail.core.texts import Text, text
from traymail.ui.model.actions import Actions, Offered
from traymail.ui.model.settings_form import AccountForm, Accounts, Busy, guide, needs_code
from traymail.ui.model.sign_in import SignInStage, SignInState
from traymail.ui.model.trial import Trial, Verdict


class AccountAct(Enum):
    """What the buttons do."""

    REMOVE = "remove"
    UNDO = "undo"
    TEST = "test"
    SAVE = "save"
    STOP = "stop"
    BACK = "back"
    CODE = "code"
    SERVER = "server"
    COPY_REPORT = "copy report"
    SIGN_IN = "sign in"
    DEVICE = "another device"


_DOING: Mapping[Busy, Text] = {
    Busy.SAVING: text("Saving…"),
    Busy.REMOVING: text("Removing…"),
    Busy.DEFAULTING: text("Saving…"),
    Busy.CHECKING: text("Looking…"),
}
_TEST = Offered(text("&Test"), AccountAct.TEST, icon="play")
_AGAIN = replace(_TEST, words=text("&Test again"))
_STOP = (Offered(text("&Cancel"), AccountAct.STOP),)
_DONE = Offered(text("D&one"), AccountAct.BACK)
_REPORT = (Offered(text("Copy &report"), AccountAct.COPY_REPORT, kind="link"),)
_REMOVE = (Offered(text("Re&move…"), AccountAct.REMOVE, kind="danger"),)
_UNDO = Offered(
    text("Undo"), AccountAct.UNDO, icon="arrow-counterclockwise", kind="ghost", bare=True
)
_BACK = Offered(text("Bac&k"), AccountAct.BACK)


def buttons(page: Accounts) -> Actions[AccountAct]:
    """Return what can be done next."""
    form = page.form
    if form is None:
        return Actions()
    if page.busy is not None:
        return Actions(others=_STOP, note=_DOING[page.busy], waiting=True)
    if page.sign_in is not None:
        return _of_sign_in(page.sign_in)
    if page.trial is not None:
        return _of_trial(form, page.trial)
    wrong = len(form.problems) + needs_code(form)
    others = (*((_UNDO,) if form.changed else ()), replace(_TEST, enabled=not wrong))
    save = Offered(text("&Save"), AccountAct.SAVE, form.changed and not wrong)
    note = text("Changed, not saved") if form.changed else None
    return Actions(_REMOVE, others, save, note, wrong)


def _of_sign_in(state: SignInState) -> Actions[AccountAct]:
    if state.waiting:
        return Actions(others=_STOP, waiting=True)
    if state.stage is SignInStage.DONE:
        return Actions(others=(_TEST,), primary=_DONE)
    act = AccountAct.DEVICE if state.device else AccountAct.SIGN_IN
    return Actions(others=(_BACK,), primary=Offered(text("T&ry again"), act))


def _of_trial(form: AccountForm, trial: Trial) -> Actions[AccountAct]:
    match trial.verdict:
        case Verdict.RUNNING:
            return Actions(others=_STOP, waiting=True)
        case Verdict.PASSED if form.changed:
            return Actions(_REPORT, (_BACK,), Offered(text("&Save"), AccountAct.SAVE))
        case Verdict.PASSED:
            return Actions(_REPORT, (_AGAIN,), _DONE)
        case _:
            return Actions(_REPORT, (_BACK, _AGAIN), _mend(form, trial))


def _mend(form: AccountForm, trial: Trial) -> Offered[AccountAct]:
    if not trial.at_login:
        return Offered(text("Check ser&ver"), AccountAct.SERVER)
    if guide(form).hidden and not form.account.signs_in:
        return Offered(text("&Enter password again"), AccountAct.CODE)
    return again(form)


def again(form: AccountForm) -> Offered[AccountAct]:
    """Return what leads to the field of a new code, or to the sign-in."""
    if form.account.signs_in:
        return Offered(text("Sign in on&ce more"), AccountAct.SIGN_IN)
    return Offered(_again_words(form), AccountAct.CODE)


def _again_words(form: AccountForm) -> Text:
    if kind_of(form.account).listed:
        return text("&Enter key again")
    return text("&Enter code again")
