"""A folder flow over a real database, spool, outbox and folder; deliveries are said by the test."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.engine import HandClock
from tests.support.folders import folder_rule
from tests.support.mails import an_account
from traymail.core.account import Account
from traymail.core.message import FileIdentity, Mail
from traymail.core.observations import FileSettled, FirstScan, FolderBack, FoundFile
from traymail.core.outbox import OutboxItem, State
from traymail.core.rules.folder import FolderRule
from traymail.desktop.files import SystemFiles
from traymail.engine.flow import Machine
from traymail.engine.folder_flow import FolderFlow
from traymail.engine.folder_post import FolderTools
from traymail.engine.posting import Poster
from traymail.store.database import Database
from traymail.store.ledger import FolderLedger
from traymail.store.outbox import Outbox
from traymail.store.passed import PassedTime
from traymail.store.spool import Spool

HERE = Machine(host="desk", user="ming")


class FolderDesk:
    """One home and one watched folder; `restart` is what a killed program leaves and finds."""

    def __init__(self, home: Path, account: Account | None = None, **fields: Any) -> None:  # noqa: ANN401 # of the rule
        self.home = home
        self.folder = home / "Scans"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.account = account or an_account()
        self.rule: FolderRule = folder_rule(self.folder, **fields)
        self.clock = HandClock()
        self.free = 10**12
        self.open()

    def open(self) -> None:
        self.database = Database(self.home / "state" / "outbox.db")
        self.spool = Spool(self.home / "state" / "spool", lambda _: self.free)
        self.outbox = Outbox(self.database, self.spool)
        self.poster = Poster(self.outbox, self.spool, self.clock, lambda _: None)
        self.ledger = FolderLedger(self.database, self.rule.name, self.rule.folder)
        self.files: SystemFiles = SystemFiles()
        self.passed = PassedTime(self.outbox, self.clock)
        self.flow = self.make_flow()

    def tools(self) -> FolderTools:
        return FolderTools(
            ledger=self.ledger,
            posting=self.poster,
            files=self.files,
            pack=self.spool.pack,
            find_item=self.outbox.get,
            passed=self.passed.now,
            machine=HERE,
        )

    def make_flow(self) -> FolderFlow:
        self.flow = FolderFlow(self.rule, self.account, self.tools())
        self.flow.start(self.clock.now())
        self.flow.observe(
            FolderBack(rule=self.rule.name, folder=self.rule.folder), self.clock.now()
        )
        return self.flow

    def restart(self) -> None:
        self.passed.keep()
        self.database.close()
        self.open()

    def close(self) -> None:
        self.database.close()

    def set_rule(self, **fields: Any) -> None:  # noqa: ANN401 # of the rule
        self.rule = replace(self.rule, **fields)
        self.make_flow()

    # --- what a watcher does ------------------------------------------------------------------

    def first_scan(self, *paths: str) -> None:
        files = tuple(self.found(path) for path in paths)
        self.flow.observe(
            FirstScan(rule=self.rule.name, folder=self.rule.folder, files=files), self.clock.now()
        )

    def found(self, path: str) -> FoundFile:
        return FoundFile(path, FileIdentity.of((self.folder / path).lstat()))

    def put(self, path: str, content: bytes = b"whole") -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        # As a new file: what writes over the old one may leave the inode, and the same tick.
        file.unlink(missing_ok=True)
        file.write_bytes(content)
        return file

    def touch(self, path: str, seconds: float = 60) -> None:
        at = (self.folder / path).stat().st_mtime_ns + int(seconds * 1e9)
        os.utime(self.folder / path, ns=(at, at))

    def settle(self, *paths: str) -> None:
        """Let the files be told of as whole, as a look at the folder would: none known before."""
        for path in paths or sorted(self.present()):
            self.flow.observe(FileSettled(rule="Scans", file=self.found(path)), self.clock.now())

    def tick(self, seconds: float = 0.0) -> datetime | None:
        self.clock.turn(seconds=seconds)
        return self.flow.tick(self.clock.now())

    def drop(self, path: str, content: bytes = b"whole") -> None:
        self.put(path, content)
        self.settle(path)
        self.tick()

    def present(self) -> set[str]:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix() for path in files}

    # --- the outbox ---------------------------------------------------------------------------

    def mails(self) -> list[OutboxItem]:
        rows = self._ids()
        return [self.outbox.get(mail_id) for mail_id in rows]

    def attached(self) -> list[list[tuple[str, bytes]]]:
        return [
            [(place.attachment.name, self._read(place.attachment)) for place in mail.placed]
            for mail in self._mails()
        ]

    def texts(self) -> list[str]:
        return [mail.text for mail in self._mails()]

    def end(self, state: State = State.SENT, *ids: int, tell: bool = True) -> None:
        """Let mails end as a delivery would; ``tell``: the flow, too."""
        for mail_id in ids or self._ids():
            item = self.outbox.get(mail_id)
            if not ids and item.state is not State.QUEUED:
                continue
            done = {State.SENT, State.PARTIAL}
            pending = () if state in done else item.pending
            item = replace(item, state=state, updated_at=self.clock.now(), pending=pending)
            self.outbox.finish(item)
            if tell:
                self.flow.finished(item, self.clock.now())

    def left_out(self) -> dict[str, str]:
        return {one.what: str(one.reason) for one in self.flow.status().left_out}

    def _ids(self) -> list[int]:
        with self.database.read() as connection:
            return [row[0] for row in connection.execute("SELECT id FROM mail ORDER BY id")]

    def _mails(self) -> Iterable[Mail]:
        return [self.outbox.mail(mail_id) for mail_id in self._ids()]

    def _read(self, attachment: Any) -> bytes:  # noqa: ANN401 # an Attachment
        with self.spool.open(attachment) as source:
            return source.read()
