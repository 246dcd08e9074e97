"""Where traymail keeps its files: one home of three folders, private to the user."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from traymail.core.errors import CONFIG_NAME, InputError, StateError
from traymail.core.languages import DEFAULT
from traymail.core.reasons import reason_of
from traymail.core.texts import Text, text
from traymail.disk import in_home, open_folder, require_own_file, require_private

APP = "traymail"
_PACKAGE = Path(__file__).parent.parent
# In a wheel the drawn icons and the guides lie in the package, in a checkout beside it.
_ICONS = (_PACKAGE / "icons", _PACKAGE.parent / "icons" / "drawn")
_GUIDES = (_PACKAGE / "guides", _PACKAGE.parent / "docs")


def drawn_icons() -> Path:
    """Return the folder of the drawn icons."""
    return next((folder for folder in _ICONS if folder.is_dir()), _ICONS[0])


def guide_file(language: str) -> Path:
    """Return the guide to a client id for OAuth2 in a language, in Markdown."""
    folder = next((folder for folder in _GUIDES if folder.is_dir()), _GUIDES[0])
    mark = "" if language == DEFAULT else f".{language.replace('_', '-')}"
    return folder / f"oauth{mark}.md"


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
        return self.config / CONFIG_NAME

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

    def require_elsewhere(self, target: Path) -> None:
        """Raise InputError for a file that is written out where traymail's own ones are."""
        real = Path(os.path.realpath(target))
        inside = any(real.is_relative_to(os.path.realpath(one)) for one in self.own_folders)
        if inside or real == Path(os.path.realpath(self.config_file)):
            raise InputError(
                text("{path} is one of traymail's own files.", path=target),
                text("Give it another name."),
            )

    def check(self) -> None:
        """Raise UnsafePath when others made the home, or may write it: what it says is not ours.

        A command that it names is run, and what is to be sent is kept in it.
        """
        for folder in (*self._folders(), self.spool):
            require_private(folder)
        for path in self._databases():
            require_own_file(path)

    def unwritable(self) -> Text | None:
        """Return what of the state cannot be written any more, and why; None: all can.

        Nothing is opened: to close a file of SQLite's would end SQLite's lock on it.
        """
        for path in (self.state, self.spool, *self._databases()):
            if path.exists() and not _is_writable(path):
                error = OSError(errno.EACCES, os.strerror(errno.EACCES))
                if _is_on_read_only(path):
                    error = OSError(errno.EROFS, os.strerror(errno.EROFS))
                return text(
                    "{path} cannot be written: {reason}", path=path, reason=reason_of(error)
                )
        return None

    def _databases(self) -> Iterator[Path]:
        for part in ("", "-wal", "-shm", "-journal"):
            yield self.database.with_name(self.database.name + part)

    def make(self) -> None:
        """Make the three folders; raises StateError, as `check` does."""
        self.check()
        missing = [folder for folder in self._folders() if not folder.is_dir()]
        for folder in missing:
            make_private(folder)
        if missing:  # somebody may have been faster
            self.check()

    def _folders(self) -> tuple[Path, ...]:
        where = (self.folder, self.config, self.state, self.log)
        return tuple(dict.fromkeys(folder for folder in where if folder is not None))

    def __str__(self) -> str:
        return str(self.folder or self.state)


def _is_writable(path: Path) -> bool:
    mode = os.W_OK | (os.X_OK if path.is_dir() else os.R_OK)
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _is_on_read_only(path: Path) -> bool:
    if sys.platform == "win32":
        return False
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def home(option: str | None, environ: Mapping[str, str]) -> Home:
    """Return the home of ``--home``, else of ``TRAYMAIL_HOME``, else the platform's places."""
    chosen = option or environ.get("TRAYMAIL_HOME")
    if chosen:
        folder = in_home(chosen).absolute()
        return Home(folder, folder / "state", folder / "log", folder)
    import platformdirs  # only here: most tests and services name their home

    config = platformdirs.user_config_path(APP, appauthor=False)
    state = platformdirs.user_state_path(APP, appauthor=False)
    return Home(
        config=config,
        # Windows and macOS have one folder for both, and what becomes of the one is not the other.
        state=state / "state" if state == config else state,
        log=platformdirs.user_log_path(APP, appauthor=False),
    )


def make_private(folder: Path) -> None:
    """Make ``folder``, for the user only; one that is there stays as it is. Raises StateError."""
    try:
        open_folder(str(folder), make=True, own_links=True).close()
    except OSError as error:
        raise StateError(
            text("{path} cannot be made: {reason}", path=folder, reason=reason_of(error)),
            text("Choose another place with --home, or fix the permissions."),
        ) from error
