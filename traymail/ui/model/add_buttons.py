"""The buttons of the window that adds an account: what can be done next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from traymail.core.texts import Text, text
from traymail.ui.model.add_account import Adding, Page, Saving, guide, may_go_on, wants_login
from traymail.ui.model.trial import Verdict


class Act(Enum):
    """What the buttons do."""

    CANCEL = "cancel"
    BACK = "back"
    NEXT = "next"
    TEST = "test"
    STOP = "stop"
    CODE_AGAIN = "code again"
    SERVER = "server"
    COPY_REPORT = "copy report"
    SAVE = "save"
    DONE = "done"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Offer:
    """One button."""

    words: Text
    act: Act
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Buttons:
    """The footer: links and Cancel at the left, then the second, then the primary one."""

    left: tuple[Offer, ...]
    second: Offer | None
    primary: Offer | None


_CANCEL = (Offer(text("&Cancel"), Act.CANCEL),)
_BACK = Offer(text("Bac&k"), Act.BACK)
_AGAIN = Offer(text("&Test again"), Act.TEST)


def buttons(state: Adding) -> Buttons:
    """Return what can be done next."""
    match state.page:
        case Page.ADDRESS:
            return Buttons(_CANCEL, None, Offer(text("&Next"), Act.NEXT, may_go_on(state)))
        case Page.CODE:
            may = state.code.secret is not None
            return Buttons(_CANCEL, _BACK, Offer(text("&Test"), Act.TEST, may))
        case Page.TEST:
            return _after_test(state)


def _after_test(state: Adding) -> Buttons:
    verdict = Verdict.RUNNING if state.trial is None else state.trial.verdict
    report = Offer(text("Copy &report"), Act.COPY_REPORT)
    if state.saving in {Saving.RUNNING, Saving.DONE}:
        done = state.saving is Saving.DONE
        write = Offer(text("&Write a mail"), Act.WRITE, done)
        return Buttons((), Offer(text("D&one"), Act.DONE, done), write)
    if state.saving is Saving.FAILED:
        return Buttons((*_CANCEL, report), _AGAIN, Offer(text("&Save"), Act.SAVE))
    if verdict is Verdict.RUNNING:
        return Buttons(_CANCEL, Offer(text("&Stop"), Act.STOP), None)
    if verdict is Verdict.STOPPED:
        return Buttons(_CANCEL, _BACK, _AGAIN)
    anyway = Offer(text("Save &anyway"), Act.SAVE)
    return Buttons((report, anyway), _AGAIN, _mend(state))


def _mend(state: Adding) -> Offer:
    failed_at = "" if state.trial is None else state.trial.failed_at
    if failed_at != "auth" or not wants_login(state):
        return Offer(text("Check ser&ver"), Act.SERVER)
    if guide(state).hidden:
        return Offer(text("&Enter password again"), Act.CODE_AGAIN)
    return Offer(text("&Enter code again"), Act.CODE_AGAIN)
