"""What stands below the form of an account: what can be done next, and what keeps it from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from traymail.core.account import Auth
from traymail.core.texts import Text, text
from traymail.ui.model.settings_form import AccountForm, Accounts, Busy, guide, needs_code
from traymail.ui.model.trial import Trial, Verdict


class Act(Enum):
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


@dataclass(frozen=True, slots=True)
class Offer:
    """One button."""

    words: Text
    act: Act
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Buttons:
    """The bar: one button at the left, then ``note``, the others, and the primary one.

    ``wrong``: the note tells of fields, and leads to the first. ``waiting``: something is done.
    """

    left: Offer | None = None
    note: Text | None = None
    others: tuple[Offer, ...] = ()
    primary: Offer | None = None
    wrong: bool = False
    waiting: bool = False


_DOING: Mapping[Busy, Text] = {
    Busy.SAVING: text("Saving…"),
    Busy.REMOVING: text("Removing…"),
    Busy.DEFAULTING: text("Saving…"),
    Busy.CHECKING: text("Looking…"),
}
_AGAIN = Offer(text("&Test again"), Act.TEST)
_BACK = Offer(text("Bac&k"), Act.BACK)


def buttons(page: Accounts) -> Buttons:
    """Return what can be done next."""
    form = page.form
    if form is None:
        return Buttons()
    if page.busy is not None:
        stop = (Offer(text("&Cancel"), Act.STOP),)
        return Buttons(note=_DOING[page.busy], others=stop, waiting=True)
    if page.trial is not None:
        return _of_trial(form, page.trial)
    wrong = len(form.problems) + needs_code(form)
    test = Offer(text("&Test"), Act.TEST, enabled=not wrong)
    remove = Offer(text("Re&move…"), Act.REMOVE)
    save = Offer(text("&Save"), Act.SAVE, enabled=form.changed and not wrong)
    undo = (Offer(text("Undo"), Act.UNDO),) if form.changed else ()
    if wrong:
        words = text("1 field needs you") if wrong == 1 else text("{n} fields need you", n=wrong)
        return Buttons(remove, words, (*undo, test), save, wrong=True)
    note = text("Changed, not saved") if form.changed else None
    return Buttons(remove, note, (*undo, test), save)


def _of_trial(form: AccountForm, trial: Trial) -> Buttons:
    report = Offer(text("Copy &report"), Act.COPY_REPORT)
    match trial.verdict:
        case Verdict.RUNNING:
            return Buttons(others=(Offer(text("&Cancel"), Act.STOP),), waiting=True)
        case Verdict.PASSED if form.changed:
            return Buttons(report, None, (_BACK,), Offer(text("&Save"), Act.SAVE))
        case Verdict.PASSED:
            return Buttons(report, None, (_AGAIN,), Offer(text("D&one"), Act.BACK))
        case _:
            return Buttons(report, None, (_BACK, _AGAIN), _mend(form, trial))


def _mend(form: AccountForm, trial: Trial) -> Offer:
    if trial.failed_at != "auth" or trial.account.auth is Auth.NONE:
        return Offer(text("Check ser&ver"), Act.SERVER)
    if guide(form).hidden:
        return Offer(text("&Enter password again"), Act.CODE)
    return Offer(text("&Enter code again"), Act.CODE)
