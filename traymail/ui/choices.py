"""What is chosen in the menu or pressed in a notification leads to the right place."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from traymail.core.ports import Clock
from traymail.core.texts import Text, text
from traymail.services.services import Services
from traymail.ui.model.menu import Choice, Do, SwitchRule, pause_end
from traymail.ui.model.notices import Notice, NoticeButton
from traymail.ui.tasks import Tasks
from traymail.ui.windows import Windows


class Choices:
    """Opens windows, and does in the background what needs none."""

    def __init__(
        self,
        services: Services,
        clock: Clock,
        windows: Windows,
        tasks: Tasks,
        tell: Callable[[Text], object],
    ) -> None:
        """``tell`` says something where no window is there to say it."""
        self._services, self._clock = services, clock
        self._windows, self._tasks, self._tell = windows, tasks, tell

    def choose(self, choice: Choice) -> None:
        """Do what was chosen in the menu."""
        do, program = self._tasks.run, self._services.program
        match choice:
            case SwitchRule(name, enabled):
                do(lambda: self._services.rules.enable(name, enabled=enabled))
            case Do.QUICK_SEND:
                self._windows.quick_send()
            case Do.SEND_CLIPBOARD:
                self._windows.send_clipboard()
            case Do.PAUSE_SHORT | Do.PAUSE_TOMORROW | Do.PAUSE:
                until = pause_end(choice, self._clock.now())
                do(lambda: program.pause(until))
            case Do.RESUME:
                do(program.resume)
            case Do.OUTBOX:
                self._windows.outbox()
            case Do.SETTINGS:
                self._windows.settings()
            case Do.HELP:
                self._windows.help()
            case Do.QUIT:
                do(program.quit)
            case _:
                assert_never(choice)

    def press(self, notice: Notice, button: NoticeButton | None) -> None:
        """Do what a button of a notification says; None: the notification itself was clicked."""
        mail = notice.mail
        if button is NoticeButton.RETRY and mail is not None:
            self._tasks.run(lambda: self._services.mail.retry((mail,)))
        elif button is NoticeButton.UNDO and mail is not None:
            self._undo(mail)
        elif NoticeButton.OPEN_SETTINGS in notice.buttons and button in {
            None,
            NoticeButton.OPEN_SETTINGS,
        }:
            self._open_settings(notice)
        else:
            self._windows.outbox(mail)

    def _open_settings(self, notice: Notice) -> None:
        """Open what mends the cause of a notice."""
        match notice.key.partition(":")[0]:
            case "rule":
                self._windows.settings("rules")
            case "account":
                self._windows.settings("accounts")
            case _:  # help tells every problem of the configuration
                self._windows.help()

    def _undo(self, mail: int) -> None:
        """Take a mail back: into its window, which has its words, or at least out of the queue."""

        def taken_back(back: bool) -> None:  # noqa: FBT001 - the service's answer
            if not back:
                self._tell(text("Too late: this mail is already on its way."))

        if not self._windows.undo(mail):
            self._tasks.run(lambda: self._services.mail.take_back(mail), taken_back)
