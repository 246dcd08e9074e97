"""config.toml: read with every problem's line, written whole, comments and order kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traymail.core.errors import (
    InputError,
    Problem,
    SettingsError,
    SourceError,
    StateError,
    UnsafePath,
    name_taken,
)
from traymail.core.paths import PathContext
from traymail.core.reasons import reason_of, unreadable
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.disk import patiently, require_own_file
from traymail.store.toml import BOM, LARGEST, Unreadable, line_of, lines_of, parsed

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import InlineTable

    from traymail.core.account_kind import Kinds
    from traymail.core.parse import Parsed
    from traymail.core.preflight import MissingPath
    from traymail.core.rule_kind import GetKinds

_TRIES = 3

Signature = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A valid configuration, and what it needs but the disk does not have (`problems`).

    ``hints`` are what hardly was meant. ``signature`` is the file's from before it was read: with
    another one, there is more to read.
    """

    settings: Settings
    missing: tuple[MissingPath, ...] = ()
    hints: tuple[Problem, ...] = ()
    signature: Signature | None = field(default=None, compare=False)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return what is not there: folders, certificates. It stops a rule, not the program."""
        return tuple(one.problem for one in self.missing)


class Disk:
    """`traymail.core.ports.Preflight` of the disk as it is now."""

    def is_folder(self, path: str) -> bool:
        """Tell whether a folder is there; what cannot be there (a name too long) is not."""
        try:
            return Path(path).is_dir()
        except OSError:
            return False

    def is_readable(self, folder: str) -> bool:
        """Tell whether the user may see what is in a folder."""
        return os.access(folder, os.R_OK | os.X_OK)

    def is_file(self, path: str) -> bool:
        """Tell whether a file is there; what cannot be there (a name too long) is not."""
        try:
            return Path(path).is_file()
        except OSError:
            return False

    def real_path(self, path: str) -> str:
        """Return the path with symbolic links followed, as far as it is there."""
        return os.path.realpath(path)

    def folders_beside(self, path: str) -> tuple[str, ...]:
        """Return the names of the folders in the folder that ``path`` lies in."""
        try:
            with os.scandir(Path(path).parent) as entries:
                return tuple(sorted(entry.name for entry in entries if entry.is_dir()))
        except OSError:
            return ()


class SettingsFile:
    """The configuration file at ``path``; ``paths`` are what its paths are read against.

    ``kinds`` are those of its accounts, ``rule_kinds`` those of its rules.
    """

    def __init__(self, path: Path, paths: PathContext, kinds: Kinds, rule_kinds: GetKinds) -> None:
        self._path = path
        self._paths = paths
        self._kinds = kinds
        self._rule_kinds = rule_kinds
        # What a file says is the same until other bytes stand in it.
        self._known: tuple[bytes, Settings] = b"", Settings()

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self._path.name

    def signature(self) -> Signature | None:
        """Return what changes when the file is written anew; None when there is none."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino

    def load(self) -> Loaded:
        """Return the configuration; an empty one when there is no file.

        Raises SettingsError with every problem, what is not there included. When that alone is
        wrong it raises nothing: a share that is not mounted yet keeps only its rule waiting.
        """
        signature = self.signature()
        return replace(self._judged(self._read(self._path)), signature=signature)

    def reload(self, good: Loaded) -> Loaded:
        """Return the configuration after an edit of ``good``.

        Raises SettingsError also when the edit itself names a folder that is not there, and when
        the file is gone or empty: that is a mishap rather than a wish for no accounts and no rules.
        """
        signature = self.signature()
        if signature is None:
            raise SettingsError((Problem("", text("is not there")),), self._path.name)
        try:
            content = self._read(self._path)
        except UnsafePath as error:
            problem = Problem("", error.title, advice=error.advice)
            raise SettingsError((problem,), self._path.name) from error
        loaded = self._judged(content, lambda: good.settings)
        if good.settings.accounts or good.settings.rules:
            _require_words(content, self._path.name)
        return replace(loaded, signature=signature)

    def document(self) -> dict[str, Any]:
        """Return the tables as they are written, unchecked; raises SettingsError for no TOML."""
        try:
            return parsed(self._read(self._path))[1]
        except Unreadable as error:
            raise SettingsError((error.problem,), self._path.name) from error

    def placed(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return problems with their lines in the file, as far as it has them."""
        try:
            lines = lines_of(parsed(self._read(self._path))[0])
        except Unreadable as error:
            raise SettingsError((error.problem,), self._path.name) from error
        return tuple(_placed(one, lines) for one in problems)

    def tried(self, change: Callable[[TOMLDocument], None]) -> Loaded:
        """Return what `edit` would; writes nothing. Raises SettingsError."""
        before = self._read(self._path)
        return self._judged_edit(self._changed(before, change), before)

    def edit(self, change: Callable[[TOMLDocument], None]) -> Loaded:
        """Apply ``change`` to the document and write it; comments and order live.

        Raises SettingsError, and writes nothing, when the outcome would not be valid; whatever
        ``change`` raises; StateError when the file cannot be written.
        """
        from traymail.disk import exclusive, write_whole  # only who writes needs it

        with exclusive(self._path.with_name(self._path.name + ".lock")):
            for _ in range(_TRIES):
                seen = self.signature()
                before = self._read(self._path)
                content = self._changed(before, change)
                loaded = self._judged_edit(content, before)
                if self.signature() == seen:  # else an editor was faster: once more, on its text
                    write_whole(self._real_path(), content)
                    return loaded
        raise StateError(
            text("{path} is being changed by another program.", path=self._path),
            text("Try again."),
        )

    def add_account(self, name: str, fields: Mapping[str, object]) -> Loaded:
        """Add an account. The one that was alone until now becomes the default.

        Raises InputError when there is one of that name, SettingsError as `edit` does.
        """

        def change(document: TOMLDocument) -> None:
            import tomlkit

            from traymail.store.edits import accounts_of

            accounts = accounts_of(document)
            if name in accounts:
                raise name_taken(name)
            if len(accounts) == 1 and "default_account" not in document:
                document.add("default_account", next(iter(accounts)))
            table = tomlkit.table()
            for key, value in fields.items():
                table[key] = _inline(value) if isinstance(value, Mapping) else value
            if list(document)[-1] != "accounts":
                table.add(tomlkit.nl())  # before the heading that follows
            accounts[name] = table

        return self.edit(change)

    def remove_account(self, name: str) -> Loaded:
        """Remove an account, and its being the default.

        Raises InputError when there is none, or when a rule still needs it.
        """
        needed = [rule.name for rule in self.load().settings.rules if rule.account == name]

        def change(document: TOMLDocument) -> None:
            accounts: Any = document.get("accounts", {})
            if name not in accounts:
                raise InputError(text("There is no account {name}.", name=name))
            del accounts[name]
            if document.get("default_account") == name:
                del document["default_account"]

        try:
            return self.edit(change)
        except SettingsError as error:
            if not needed:
                raise
            raise InputError(
                text(
                    "Rules send with the account {name}: {rules}",
                    name=name,
                    rules=", ".join(needed),
                ),
                text("Give them another account first, or remove them."),
            ) from error

    def export(self, target: Path) -> None:
        """Write the configuration to ``target``. It is valid, so it holds no key for a secret."""
        from traymail.disk import write_whole

        content = self.exported()
        if not target.parent.is_dir():
            # A typing error makes no folders.
            raise StateError(
                text("There is no folder {path}.", path=target.parent),
                text("Make the folder, or fix its path."),
            )
        write_whole(target, content)

    def exported(self) -> bytes:
        """Return the configuration as it is written. It is valid, so it holds no secret."""
        self.load()
        return self._read(self._path)

    def import_from(
        self,
        source: Path,
        agree: Callable[[Settings], object] = lambda _settings: None,
        *,
        awaited: bool = False,
    ) -> Loaded:
        """Put the configuration in ``source`` in the place of this one, kept as ``….bak``.

        ``agree`` is shown what would be taken, and raises where that is not wanted. ``awaited``:
        ``source`` may be a pipe, whose other end is waited for. Raises SourceError when
        ``source`` cannot be read, SettingsError when it is not valid.
        """
        from traymail.disk import exclusive, write_whole

        content = _given(source, awaited=awaited)
        loaded = self._judged(content, Settings, source.name)
        _require_words(content, source.name)
        agree(loaded.settings)  # of these very bytes: the file may be another by now
        with exclusive(self._path.with_name(self._path.name + ".lock")):
            if self._path.exists():
                backup = self._path.with_name(self._path.name + ".bak")
                write_whole(backup, self._read(self._path))
            write_whole(self._real_path(), content)
        return loaded

    def _real_path(self) -> Path:
        """Return where the file is: a link to it stays one, its target is written."""
        return Path(os.path.realpath(self._path))  # pathlib raises for a link that leads to itself

    def _read(self, path: Path) -> bytes:
        """Return the file's bytes, none when there is no file; one more than allowed at most.

        Raises SettingsError, and UnsafePath for a file that others made, or may write.
        """
        try:
            if path.is_fifo():  # it would be waited for
                raise SettingsError((Problem("", text("is a pipe, not a file")),), path.name)
            with patiently(lambda: path.open("rb")) as file:
                require_own_file(path, file.fileno())
                return file.read(LARGEST + 1)
        except FileNotFoundError:
            return b""
        except OSError as error:
            what = text("cannot be read: {reason}", reason=reason_of(error))
            raise SettingsError((Problem("", what),), path.name) from error

    def _judged(
        self, content: bytes, before: Callable[[], Settings] | None = None, file_name: str = ""
    ) -> Loaded:
        """Return what ``content`` says, or raise SettingsError with the line of each problem.

        ``before`` is asked where something is not there: an edit must not name it anew.
        """
        # Only here: not every command reads the configuration.
        from traymail.core.parse import check

        name = file_name or self._path.name
        try:
            source, document = parsed(content)
        except Unreadable as error:
            raise SettingsError((error.problem,), name) from error
        found = check(document, self._paths, self._kinds, self._rule_kinds)
        missing = self._missing(found)
        problems = found.problems
        if problems:
            problems += tuple(one.problem for one in missing)
        elif before is not None and missing:
            problems = self._introduced(missing, before())
        hints = found.hints
        if problems or missing or hints:
            lines = lines_of(source)
            if problems:
                raise SettingsError(_in_order(problems, lines), name)
            missing = tuple(replace(one, problem=_placed(one.problem, lines)) for one in missing)
            hints = _in_order(hints, lines)
        return Loaded(found.settings, missing, hints)

    def _missing(self, parsed: Parsed) -> tuple[MissingPath, ...]:
        """Return what is not there, of all that is named."""
        accounts = parsed.settings.accounts
        if not parsed.rules and not any(one.ca_file for one in accounts.values()):
            return ()
        # Only here: it imports all that rules need.
        from traymail.core.preflight import missing_paths

        return missing_paths(parsed.rules, accounts, self._paths, Disk(), self._rule_kinds())

    def _introduced(
        self, missing: tuple[MissingPath, ...], before: Settings
    ) -> tuple[Problem, ...]:
        # It has been imported to find what is missing.
        from traymail.core.preflight import introduced

        return introduced(missing, before, self._rule_kinds())

    def _judged_edit(self, content: bytes, before: bytes) -> Loaded:
        """Return what an edit of ``before`` makes of it.

        Raises SettingsError; what the edit alone says stands in no line of the file.
        """
        try:
            return self._judged(content, lambda: self._said(before))
        except SettingsError as error:
            there, new = before.split(b"\n"), content.split(b"\n")
            lines = lines_of(parsed(before)[0])

            def as_written(problem: Problem) -> Problem:
                line = line_of(problem.where, lines)
                same = line and problem.line and there[line - 1] == new[problem.line - 1]
                return replace(problem, line=line if same else None)

            problems = tuple(map(as_written, error.problems))
            raise SettingsError(problems, self._path.name, written=False) from error

    def _said(self, content: bytes) -> Settings:
        """Return what the file says, nothing where that is wrong: an edit may be what mends it."""
        if content != self._known[0]:
            try:
                self._known = content, self._judged(content).settings
            except SettingsError:
                self._known = content, Settings()
        return self._known[1]

    def _changed(self, content: bytes, change: Callable[[TOMLDocument], None]) -> bytes:
        """Return the document in ``content`` after ``change``."""
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        try:
            parsed(content)
            document = tomlkit.parse(content.removeprefix(BOM))
        except Unreadable as error:
            raise SettingsError((error.problem,), self._path.name) from error
        except TOMLKitError as error:
            problem = Problem("", text("is not valid TOML: {reason}", reason=str(error)))
            raise SettingsError((problem,), self._path.name) from error
        change(document)
        mark = BOM if content.startswith(BOM) else b""
        if not any(document.unwrap().values()):
            mark += b"version = 1\n"  # that nothing is left is meant, and no mishap
        return mark + tomlkit.dumps(document).encode()


def _inline(values: Mapping[str, object]) -> InlineTable:
    import tomlkit

    table = tomlkit.inline_table()
    table.update(values)
    return table


def _given(source: Path, *, awaited: bool) -> bytes:
    """Return what is to be imported, one byte more than allowed at most; raises SourceError."""
    from traymail.disk import open_to_read, read_file

    try:
        if not awaited:
            return read_file(source, strangers=True, most=LARGEST + 1)
        with os.fdopen(open_to_read(os.fspath(source)), "rb") as file:
            return file.read(LARGEST + 1)
    except UnsafePath as error:
        raise SourceError(os.fspath(source), error.title, error.advice) from error
    except OSError as error:
        raise unreadable(source, error) from error


def _require_words(content: bytes, file_name: str) -> None:
    """Raise SettingsError for a valid configuration that says nothing at all."""
    if not parsed(content)[1]:
        advice = text("If you want no accounts and no rules, write into it: version = 1")
        raise SettingsError((Problem("", text("is empty"), advice=advice),), file_name)


def _placed(problem: Problem, lines: Mapping[str, int]) -> Problem:
    return replace(problem, line=line_of(problem.where, lines))


def _in_order(problems: tuple[Problem, ...], lines: Mapping[str, int]) -> tuple[Problem, ...]:
    """Return the problems with their lines, in the order of the file."""
    return tuple(sorted((_placed(one, lines) for one in problems), key=lambda one: one.line or 0))
