"""Where traymail keeps its files: one home of three folders, private to the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from traymail.core.errors import StateError
from traymail.core.texts import text

APP = "traymail"
PRIVATE_FOLDER = 0o700


@dataclass(frozen=True, slots=True)
class Home:
    """The three folders of a home; made on demand, 0700.

    ``folder`` is the one folder that was asked for (``--home``, ``TRAYMAIL_HOME``), None when the
    platform's own places are used.
    """

    config: Path
    state: Path
    log: Path
    folder: Path | None = None

    @property
    def config_file(self) -> Path:
        """Return the configuration's path."""
        return self.config / "config.toml"

    @property
    def database(self) -> Path:
        """Return the path of outbox, ledger and positions."""
        return self.state / "outbox.db"

    @property
    def spool(self) -> Path:
        """Return the folder of large attachments."""
        return self.state / "spool"

    @property
    def log_file(self) -> Path:
        """Return the path of the program's own log."""
        return self.log / "traymail.log"

    @property
    def own_folders(self) -> tuple[Path, ...]:
        """Return the folders whose files are never mailed."""
        return (self.state, self.log)

    def make(self) -> None:
        """Make the three folders; raises StateError."""
        for folder in (self.folder, self.config, self.state, self.log):
            if folder is not None:
                make_private(folder)

    def __str__(self) -> str:
        return str(self.folder or self.state)


def home(option: str | None, environ: Mapping[str, str]) -> Home:
    """Return the home of ``--home``, else of ``TRAYMAIL_HOME``, else the platform's places."""
    chosen = option or environ.get("TRAYMAIL_HOME")
    if chosen:
        folder = Path(chosen).expanduser().absolute()
        return Home(folder, folder / "state", folder / "log", folder)
    import platformdirs  # only here: most tests and services name their home

    return Home(
        config=platformdirs.user_config_path(APP, appauthor=False),
        state=platformdirs.user_state_path(APP, appauthor=False),
        log=platformdirs.user_log_path(APP, appauthor=False),
    )


def make_private(folder: Path) -> None:
    """Make ``folder``, for the user only; one that is there stays as it is. Raises StateError."""
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            text("{path} cannot be made: {reason}", path=folder, reason=error.strerror),
            text("Choose another place with --home, or mend the permissions."),
        ) from error
