"""What stands below the form of an account: what can be done next, and what keeps it from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from traymail.accounts import kind_of
from traymail.core.texts import Text, text
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


@dataclass(frozen=True, slots=True)
class AccountOffer:
    """One button."""

    words: Text
    act: AccountAct
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class AccountButtons:
    """The bar: one button at the left, then ``note``, the others, and the primary one.

    ``wrong``: the note tells of fields, and leads to the first. ``waiting``: something is done.
    """

    left: AccountOffer | None = None
    note: Text | None = None
    others: tuple[AccountOffer, ...] = ()
    primary: AccountOffer | None = None
    wrong: bool = False
    waiting: bool = False


_DOING: Mapping[Busy, Text] = {
    Busy.SAVING: text("Saving…"),
    Busy.REMOVING: text("Removing…"),
    Busy.DEFAULTING: text("Saving…"),
    Busy.CHECKING: text("Looking…"),
}
_AGAIN = AccountOffer(text("&Test again"), AccountAct.TEST)
_BACK = AccountOffer(text("Bac&k"), AccountAct.BACK)


def buttons(page: Accounts) -> AccountButtons:
    """Return what can be done next."""
    form = page.form
    if form is None:
        return AccountButtons()
    if page.busy is not None:
        stop = (AccountOffer(text("&Cancel"), AccountAct.STOP),)
        return AccountButtons(note=_DOING[page.busy], others=stop, waiting=True)
    if page.sign_in is not None:
        return _of_sign_in(page.sign_in)
    if page.trial is not None:
        return _of_trial(form, page.trial)
    wrong = len(form.problems) + needs_code(form)
    test = AccountOffer(text("&Test"), AccountAct.TEST, enabled=not wrong)
    remove = AccountOffer(text("Re&move…"), AccountAct.REMOVE)
    save = AccountOffer(text("&Save"), AccountAct.SAVE, enabled=form.changed and not wrong)
    undo = (AccountOffer(text("Undo"), AccountAct.UNDO),) if form.changed else ()
    if wrong:
        words = text("1 field needs you") if wrong == 1 else text("{n} fields need you", n=wrong)
        return AccountButtons(remove, words, (*undo, test), save, wrong=True)
    note = text("Changed, not saved") if form.changed else None
    return AccountButtons(remove, note, (*undo, test), save)


def _of_sign_in(state: SignInState) -> AccountButtons:
    if state.waiting:
        stop = AccountOffer(text("&Cancel"), AccountAct.STOP)
        return AccountButtons(others=(stop,), waiting=True)
    if state.stage is SignInStage.DONE:
        test = AccountOffer(text("&Test"), AccountAct.TEST)
        return AccountButtons(others=(test,), primary=AccountOffer(text("D&one"), AccountAct.BACK))
    act = AccountAct.DEVICE if state.device else AccountAct.SIGN_IN
    return AccountButtons(others=(_BACK,), primary=AccountOffer(text("T&ry again"), act))


def _of_trial(form: AccountForm, trial: Trial) -> AccountButtons:
    report = AccountOffer(text("Copy &report"), AccountAct.COPY_REPORT)
    match trial.verdict:
        case Verdict.RUNNING:
            return AccountButtons(
                others=(AccountOffer(text("&Cancel"), AccountAct.STOP),), waiting=True
            )
        case Verdict.PASSED if form.changed:
            return AccountButtons(
                report, None, (_BACK,), AccountOffer(text("&Save"), AccountAct.SAVE)
            )
        case Verdict.PASSED:
            return AccountButtons(
                report, None, (_AGAIN,), AccountOffer(text("D&one"), AccountAct.BACK)
            )
        case _:
            return AccountButtons(report, None, (_BACK, _AGAIN), _mend(form, trial))


def _mend(form: AccountForm, trial: Trial) -> AccountOffer:
    if not trial.at_login:
        return AccountOffer(text("Check ser&ver"), AccountAct.SERVER)
    if guide(form).hidden and not form.account.signs_in:
        return AccountOffer(text("&Enter password again"), AccountAct.CODE)
    return again(form)


def again(form: AccountForm) -> AccountOffer:
    """Return what leads to the field of a new code, or to the sign-in."""
    if form.account.signs_in:
        return AccountOffer(text("Sign in on&ce more"), AccountAct.SIGN_IN)
    return AccountOffer(_again_words(form), AccountAct.CODE)


def _again_words(form: AccountForm) -> Text:
    if kind_of(form.account).listed:
        return text("&Enter key again")
    return text("&Enter code again")
