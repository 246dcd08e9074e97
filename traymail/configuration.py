"""The configuration of a running program: what is in force, and each edit on its way there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traymail.app import App
from traymail.consenting import Consent
from traymail.core.commands import Apply
from traymail.core.consent import Risk
from traymail.core.errors import CONFIG_NAME, Problem, SettingsError, problem_line
from traymail.core.events import SettingsRefused
from traymail.core.reasons import title_of
from traymail.core.settings import Settings
from traymail.core.texts import Translate
from traymail.engine.engine import Engine
from traymail.engine.stops import Stops
from traymail.failures import log_failure
from traymail.store.settings import Loaded

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
EDIT_SECONDS = 0.25


class Configuration:
    """Puts edits in force, by whomever they are, once the user has agreed to what they could do."""

    def __init__(self, app: App, loaded: Loaded, engine: Engine, stops: Stops) -> None:
        """``engine`` works by what was ``loaded`` already."""
        self._app, self._loaded, self._engine = app, loaded, engine
        _log_hints(loaded)
        self.error: SettingsError | None = None
        """Why the latest edit is not in force."""
        self._consent = Consent(app.agreements, app.settings_file, partial(stops.clear, mails=True))
        self._signature = self._signature_seen = loaded.signature
        self._signature_since = 0.0
        # An edit of ours and the look at edits by hand take turns.
        self._lock = threading.Lock()

    @property
    def settings(self) -> Settings:
        """What is in force."""
        return self._loaded.settings

    def edit(self, change: Callable[[TOMLDocument], None]) -> None:
        """Change the configuration; returns once that is in force.

        Raises SettingsError, StateError: nothing was changed.
        """
        try:
            before: Settings | None = self._app.settings()
        except SettingsError:
            before = None  # what else it holds was never put before the user
        loaded = self._app.settings_file.edit(change)
        if before is not None:
            self._consent.edited(before, loaded.settings)
        self.reload()

    def import_from(self, source: Path, agreed: tuple[Risk, ...]) -> tuple[Risk, ...]:
        """Take a configuration over; return what has to be agreed to first, and do nothing.

        Raises SettingsError, SourceError, StateError.
        """
        waiting = self._consent.import_from(source, self.settings, agreed)
        self.reload()
        return waiting

    def waiting(self) -> tuple[Risk, ...]:
        """Return what an edit by hand could do, and waits for the user."""
        return self._consent.waiting(self.settings)

    def agree(self, risks: tuple[Risk, ...]) -> None:
        """Put in force what the user has seen and wants."""
        self._consent.agree(risks)
        self.reload()

    def answer(self, request: dict[str, Any], translate: Translate) -> dict[str, Any]:
        """Tell what of the latest edit waits for the user; agree to what the request names."""
        if self._app.settings_file.signature() != self._signature:
            self.reload()
        answer = self._consent.answer(request, self.settings, translate)
        if request.get("agreed"):
            self.reload()
        return answer

    def reload(self) -> None:
        """Put in force, or refuse, what the configuration says; returns once that is done."""
        with self._lock:
            self._signature = self._signature_seen = self._app.settings_file.signature()
            self._load()
        # Its answer tells of everything that was submitted before.
        self._engine.snapshot()

    def look(self) -> float:
        """Put an edit in force once the file stays as it is: editors empty it before they write."""
        with self._lock:
            signature, before = self._app.settings_file.signature(), self._signature_seen
            self._signature_seen = signature
            if signature == self._signature:
                return LOOK_SECONDS
            now = self._app.clock.monotonic()
            if signature != before:
                self._signature_since = now
            # What hurries the looks does not make an edit older.
            left = self._signature_since + EDIT_SECONDS - now
            if left > 0:
                return left
            self._signature = signature
            self._load()
        return LOOK_SECONDS

    def judge_last_edit(self) -> None:
        """Have an edit of this moment wait for the user after the next start, if it has to."""
        try:
            with self._lock:
                if self._app.settings_file.signature() != self._signature:
                    self._read()
        except SettingsError:
            pass  # it waits, or is wrong, which the next start tells
        except Exception as error:  # noqa: BLE001 # the end goes on
            log_failure(log, "the last edit of the configuration was not looked at", error)

    def _read(self) -> Loaded:
        loaded = self._app.settings_file.reload(self._loaded)
        self._consent.require(self.settings, loaded.settings)
        return loaded

    def _load(self) -> None:
        try:
            self._loaded = self._read()
        except SettingsError as error:
            self._refuse(error)
        except Exception as error:  # noqa: BLE001 # told as what it is about
            log_failure(log, "the configuration cannot be read", error)
            self._refuse(SettingsError((Problem("", title_of(error)),)))
        else:
            mended, self.error = self.error is not None, None
            _log_hints(self._loaded)
            self._engine.submit(Apply(self.settings, mended=mended))

    def _refuse(self, error: SettingsError) -> None:
        self.error = error
        self._app.publisher.publish(SettingsRefused(error))


def _log_hints(loaded: Loaded) -> None:
    for hint in loaded.hints:
        log.warning("%s", problem_line(CONFIG_NAME, hint, str))
