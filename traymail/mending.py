"""Accounts that stopped for want of a secret go on once it can be had again."""

from __future__ import annotations

import logging
import threading

from traymail.app import App
from traymail.configuration import Configuration
from traymail.core.account import Account, Auth
from traymail.core.replies import mended_outside, waits_for_keyring
from traymail.engine.stops import Stops
from traymail.failures import log_failure

log = logging.getLogger(__name__)

KEYRING_SECONDS = 15.0


class Mending:
    """Looks whether what was wrong with accounts has been mended outside of the program."""

    def __init__(
        self, app: App, configuration: Configuration, stops: Stops, stopping: threading.Event
    ) -> None:
        self._app, self._configuration = app, configuration
        self._stops, self._stopping = stops, stopping
        self._asking = threading.Lock()

    def ask_again(self) -> None:
        """Let accounts go on whose secret may be there, or another one, by now."""
        for name in self._configuration.settings.accounts:
            state = self._app.outbox.account_state(name)
            if state.stopped and mended_outside(state.advice_id):
                self._stops.clear(name, mails=True)

    def look(self) -> float:
        """Have the keyring asked, on a thread of its own: it may not answer for long."""
        accounts = self._configuration.settings.accounts.values()
        waiting = [one for one in accounts if self._waits(one)]
        if waiting and self._asking.acquire(blocking=False):
            ask = threading.Thread(
                target=self._ask, args=(waiting,), name="traymail-keyring", daemon=True
            )
            try:
                ask.start()
            except BaseException:
                self._asking.release()
                raise
        return KEYRING_SECONDS

    def _waits(self, account: Account) -> bool:
        elsewhere = account.password_command or self._app.credentials.has_file(account.name)
        if elsewhere or account.auth is Auth.NONE:
            return False
        state = self._app.outbox.account_state(account.name)
        return state.stopped and waits_for_keyring(state.advice_id)

    def _ask(self, accounts: list[Account]) -> None:
        """Let accounts go on whose secret can be had again, of those that stopped without it."""
        try:
            for account in accounts:
                if self._stopping.is_set():
                    break
                found = self._app.credentials.is_in_keyring(account)
                if found and self._waits(account):
                    self._stops.clear(account.name, mails=True)
        except Exception as error:  # noqa: BLE001 # it is asked again
            if not self._stopping.is_set():
                log_failure(log, "the keyring was not asked again", error)
        finally:
            self._asking.release()
