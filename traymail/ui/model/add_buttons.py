"""The buttons of the window that adds an account: what can be done next."""

from __future__ import annotations

from enum import Enum

from traymail.core.texts import text
from traymail.ui.model.actions import Actions, Offered
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


_CANCEL = (Offered(text("&Cancel"), AddAct.CANCEL, kind="ghost"),)
_BACK = (Offered(text("Bac&k"), AddAct.BACK),)
_STOP = (Offered(text("&Stop"), AddAct.STOP, icon="stop"),)
_AGAIN = Offered(text("&Test again"), AddAct.TEST)
_SAVE = Offered(text("&Save"), AddAct.SAVE)
_ANYWAY = Offered(text("Save &anyway"), AddAct.SAVE, kind="link")
_REPORT = Offered(text("Copy &report"), AddAct.COPY_REPORT, icon="copy", kind="link")


def buttons(state: Adding) -> Actions[AddAct]:
    """Return what can be done next."""
    match state.page:
        case AddPage.ADDRESS:
            go_on = Offered(text("&Next"), AddAct.NEXT, may_go_on(state))
            return Actions(_CANCEL, primary=go_on)
        case AddPage.CODE:
            may = state.code.secret is not None
            return Actions(_CANCEL, _BACK, Offered(text("&Test"), AddAct.TEST, may))
        case AddPage.SIGN_IN:
            return _at_sign_in(state)
        case AddPage.KINDS:
            return Actions(_CANCEL, _BACK)
        case AddPage.DETAILS:
            test = Offered(text("&Test"), AddAct.NEXT, may_try(state))
            return Actions(_CANCEL, _BACK, test)
        case AddPage.TEST:
            return _after_test(state)


def _at_sign_in(state: Adding) -> Actions[AddAct]:
    begun = state.sign_in
    if state.checking or (begun is not None and begun.waiting):
        return Actions(_CANCEL, _STOP)
    if begun is not None:
        act = AddAct.DEVICE if begun.device else AddAct.SIGN_IN
        return Actions(_CANCEL, _BACK, Offered(text("T&ry again"), act))
    may = may_sign_in(state)
    device = Offered(text("On another &device…"), AddAct.DEVICE, may, kind="link")
    left = (*_CANCEL, device) if offers_devices(host_of(state)) else _CANCEL
    return Actions(left, _BACK, Offered(text("Sign in in t&he browser"), AddAct.SIGN_IN, may))


def _after_test(state: Adding) -> Actions[AddAct]:
    if state.saving in {AddSaving.RUNNING, AddSaving.DONE}:
        done = state.saving is AddSaving.DONE
        write = Offered(text("&Write a mail"), AddAct.WRITE, done, icon="send")
        return Actions((), (Offered(text("D&one"), AddAct.DONE, done),), write)
    if state.saving is AddSaving.FAILED:
        return Actions((*_CANCEL, _REPORT), (_AGAIN,), _SAVE)
    verdict = Verdict.RUNNING if state.trial is None else state.trial.verdict
    if verdict is Verdict.RUNNING:
        return Actions(_CANCEL, _STOP)
    if verdict is Verdict.STOPPED:
        return Actions(_CANCEL, _BACK, _AGAIN)
    return Actions((_REPORT, _ANYWAY), (_AGAIN,), _mend(state))


def _mend(state: Adding) -> Offered[AddAct]:
    if state.other is not None:
        return Offered(text("Change the &details"), AddAct.BACK)
    if state.trial is None or not state.trial.at_login:
        return Offered(text("Check ser&ver"), AddAct.SERVER)
    if state.client is not None:
        return Offered(text("Sign in on&ce more"), AddAct.CODE_AGAIN)
    if guide(state).hidden:
        return Offered(text("&Enter password again"), AddAct.CODE_AGAIN)
    return Offered(text("&Enter code again"), AddAct.CODE_AGAIN)
