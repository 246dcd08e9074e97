"""What a user does with the program as a whole, and how everything stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from traymail.app import App
from traymail.core.commands import Pause, Resume
from traymail.core.consent import Risk
from traymail.core.errors import StateError
from traymail.core.events import Event
from traymail.core.outbox import AccountState, in_trouble
from traymail.core.overview import Overview
from traymail.core.reasons import reason_of
from traymail.core.texts import text
from traymail.desktop.language import speaking
from traymail.desktop.paths import guide_file
from traymail.program import Program
from traymail.store import window_places

if TYPE_CHECKING:
    from traymail.engine.engine import Snapshot


@dataclass(frozen=True, slots=True)
class ProgramService:
    """The running program of a home."""

    app: App
    running: Program

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call ``listener`` with every event of the engine, on the engine's threads."""
        self.app.publisher.listen(listener)

    def overview(self) -> Overview:
        """Return how everything stands."""
        outbox = self.app.outbox
        snapshot = self.running.engine.snapshot()
        names = {*snapshot.settings.accounts, *outbox.counts_by_account()}
        error = self.running.configuration.error
        return Overview(
            settings=snapshot.settings,
            accounts={name: self._account_state(name, snapshot) for name in sorted(names)},
            rules=snapshot.rules,
            counts=outbox.counts(),
            paused=snapshot.paused,
            paused_until=snapshot.paused_until,
            config_error=() if error is None else error.problems,
            unconfirmed=self.running.configuration.waiting(),
            holds=self.app.holds(snapshot.settings),
            warnings=self.running.warnings(),
            kinds=self.app.configured_rule_kinds(),
        )

    def _account_state(self, name: str, snapshot: Snapshot) -> AccountState:
        state, trouble = self.app.outbox.account_state(name), snapshot.troubles.get(name)
        if trouble is None or state.stopped:
            return state
        language = self.app.translate(snapshot.settings.language)
        return in_trouble(state, trouble.translated(language))

    def window_places(self) -> dict[str, str]:
        """Return where windows were when the program ended; each name and place is a window's."""
        return window_places.load(self.app.home.state)

    def keep_window_places(self, kept: Mapping[str, str]) -> None:
        """Keep them until the next start."""
        window_places.save(self.app.home.state, kept)

    def set_general(self, key: str, value: object) -> None:
        """Change a top-level value of the configuration."""
        from traymail.store.edits import put_value

        self.running.configuration.edit(lambda document: put_value(document, key, value))

    def export_settings(self, target: Path) -> None:
        """Write the configuration without any secret; raises InputError for a file of ours."""
        self.app.home.require_elsewhere(target)
        self.app.settings_file.export(target)

    def import_settings(self, source: Path, agreed: tuple[Risk, ...] = ()) -> tuple[Risk, ...]:
        """Take a configuration over, when it is valid.

        Returns what has to be agreed to first; nothing is done then.
        """
        return self.running.configuration.import_from(source, agreed)

    def agree(self, risks: tuple[Risk, ...]) -> None:
        """Put an edit by hand in force that waits for the user's consent."""
        self.running.configuration.agree(risks)

    def places(self) -> Mapping[str, Path]:
        """Return where the files are: config, state, log."""
        home = self.app.home
        return {"config": home.config_file, "state": home.state, "log": home.log_file}

    def guide(self, language: str) -> str:
        """Return the guide to a client id for OAuth2, in Markdown; raises StateError."""
        file = guide_file(language)
        try:
            return file.read_text("utf-8")
        except OSError as error:
            raise StateError(
                text("{path} cannot be read: {reason}", path=file, reason=reason_of(error)),
                text("Install traymail once more."),
            ) from error

    def autostart(self) -> bool:
        """Return whether the program starts with the desktop session."""
        return self.app.autostart.is_on()

    def set_autostart(self, *, on: bool) -> None:
        """Start with the desktop session, or not."""
        self.app.autostart.set(on=on)

    def pause(self, until: datetime | None) -> None:
        """Let nothing leave until then; None: until resumed."""
        self.running.engine.submit(Pause(until))

    def resume(self) -> None:
        """Let mail leave again."""
        self.running.engine.submit(Resume())

    def rehearse(self, language: str) -> None:
        """Start the rehearsal, a program by itself that speaks ``language``; then end this one.

        Raises DesktopError, and goes on, when it cannot be started.
        """
        from traymail.desktop.autostart import program_command
        from traymail.desktop.starting import start_rehearsal

        command = (*program_command(self.app.home), "demo")
        start_rehearsal(command, speaking(language, self.app.environ))
        self.quit()

    def quit(self) -> None:
        """End the program."""
        self.running.end()
