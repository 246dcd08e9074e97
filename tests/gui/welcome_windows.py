"""The window of the first start in the states its pictures and the clip test show."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

from tests.support.unasked import UNASKED
from traymail.ui.bridge import Background, Job
from traymail.ui.dialogs.welcome import WelcomeWindow
from traymail.ui.model.whereabouts import IN_TASKBAR, ON_GNOME
from traymail.ui.theme import Root
from traymail.ui.window import Window


def _answer(_work: object, done: Callable[[bool], object], _failed: object) -> Job:
    done(False)  # the program does not start with the desktop yet
    return Job()


_ANSWERS = SimpleNamespace(run=_answer)


def welcome(root: Root, in_window: Callable[[], bool] = lambda: False) -> WelcomeWindow:
    return _made(WelcomeWindow, root, in_window)


def _made(
    kind: type[WelcomeWindow], root: Root, in_window: Callable[[], bool] = lambda: False
) -> WelcomeWindow:
    background = cast("Background", _ANSWERS)
    return kind(root, UNASKED.program, background, lambda: None, in_window)


class _OnWindows(WelcomeWindow):
    """What it says on another desktop than that of the picture."""

    place = IN_TASKBAR

    def tell_place(self) -> None:
        self.lead_on.words.set_text(self.place, "fg")


class _OnGnome(_OnWindows):
    place = ON_GNOME


WELCOME: dict[str, Callable[[Root], Window]] = {
    "welcome": welcome,
    "welcome-in-window": lambda root: welcome(root, lambda: True),
    "welcome-on-windows": lambda root: _made(_OnWindows, root),
    "welcome-on-gnome": lambda root: _made(_OnGnome, root),
}
