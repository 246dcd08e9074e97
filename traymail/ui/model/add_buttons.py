"""The buttons of the window that adds an account: what can be done next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from traymail.core.texts import Text, text
from traymail.ui.model.add_account import (
    Adding,
    AddPage,
    AddSaving,
    guide,
    host_of,
    may_go_on,
    may_sign_in,
    may_try,
)
from traymail.ui.model.add_sign_in import offers_devices
from traymail.ui.model.trial import Verdict


class AddAct(Enum):
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
    SIGN_IN = "sign in"
    DEVICE = "another device"


@dataclass(frozen=True, slots=True)
class AddOffer:
    """One button."""

    words: Text
    act: AddAct
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class AddButtons:
    """The footer: links and Cancel at the left, then the second, then the primary one."""

    left: tuple[AddOffer, ...]
    second: AddOffer | None
    primary: AddOffer | None


_CANCEL = (AddOffer(text("&Cancel"), AddAct.CANCEL),)
_BACK = AddOffer(text("Bac&k"), AddAct.BACK)
_AGAIN = AddOffer(text("&Test again"), AddAct.TEST)


def buttons(state: Adding) -> AddButtons:
    """Return what can be done next."""
    match state.page:
        case AddPage.ADDRESS:
            return AddButtons(_CANCEL, None, AddOffer(text("&Next"), AddAct.NEXT, may_go_on(state)))
        case AddPage.CODE:
            may = state.code.secret is not None
            return AddButtons(_CANCEL, _BACK, AddOffer(text("&Test"), AddAct.TEST, may))
        case AddPage.SIGN_IN:
            return _at_sign_in(state)
        case AddPage.KINDS:
            return AddButtons(_CANCEL, _BACK, None)
        case AddPage.DETAILS:
            test = AddOffer(text("&Test"), AddAct.NEXT, may_try(state))
            return AddButtons(_CANCEL, _BACK, test)
        case AddPage.TEST:
            return _after_test(state)


def _at_sign_in(state: Adding) -> AddButtons:
    begun = state.sign_in
    if state.checking or (begun is not None and begun.waiting):
        return AddButtons(_CANCEL, AddOffer(text("&Stop"), AddAct.STOP), None)
    act = AddAct.DEVICE if begun is not None and begun.device else AddAct.SIGN_IN
    if begun is not None:
        return AddButtons(_CANCEL, _BACK, AddOffer(text("T&ry again"), act))
    may = may_sign_in(state)
    left: tuple[AddOffer, ...] = _CANCEL
    if offers_devices(host_of(state)):
        left = (*_CANCEL, AddOffer(text("On another &device…"), AddAct.DEVICE, may))
    primary = AddOffer(text("Sign in in t&he browser"), AddAct.SIGN_IN, may)
    return AddButtons(left, _BACK, primary)


def _after_test(state: Adding) -> AddButtons:
    verdict = Verdict.RUNNING if state.trial is None else state.trial.verdict
    report = AddOffer(text("Copy &report"), AddAct.COPY_REPORT)
    if state.saving in {AddSaving.RUNNING, AddSaving.DONE}:
        done = state.saving is AddSaving.DONE
        write = AddOffer(text("&Write a mail"), AddAct.WRITE, done)
        return AddButtons((), AddOffer(text("D&one"), AddAct.DONE, done), write)
    if state.saving is AddSaving.FAILED:
        return AddButtons((*_CANCEL, report), _AGAIN, AddOffer(text("&Save"), AddAct.SAVE))
    if verdict is Verdict.RUNNING:
        return AddButtons(_CANCEL, AddOffer(text("&Stop"), AddAct.STOP), None)
    if verdict is Verdict.STOPPED:
        return AddButtons(_CANCEL, _BACK, _AGAIN)
    anyway = AddOffer(text("Save &anyway"), AddAct.SAVE)
    return AddButtons((report, anyway), _AGAIN, _mend(state))


def _mend(state: Adding) -> AddOffer:
    if state.other is not None:
        return AddOffer(text("Change the &details"), AddAct.BACK)
    if state.trial is None or not state.trial.at_login:
        return AddOffer(text("Check ser&ver"), AddAct.SERVER)
    if state.client is not None:
        return AddOffer(text("Sign in on&ce more"), AddAct.CODE_AGAIN)
    if guide(state).hidden:
        return AddOffer(text("&Enter password again"), AddAct.CODE_AGAIN)
    return AddOffer(text("&Enter code again"), AddAct.CODE_AGAIN)
