"""A kind of account as somebody might add one: its mails become .eml files of a folder.

One module, and one row in `traymail.accounts.KINDS`: nothing else knows of it.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from traymail.core import validators as read
from traymail.core.account import Account, AccountTable, Auth
from traymail.core.account_kind import AccountKind, SecretWords, with_given
from traymail.core.connection_test import Step
from traymail.core.errors import Problem, Reply, Stage, TransientFailure
from traymail.core.fields import Field, FieldKind
from traymail.core.keys import key, table_form
from traymail.core.message import Address, Mail
from traymail.core.outbox import Receipt
from traymail.core.ports import Clock, Journal, Sender, SenderTools
from traymail.core.secret import Secret, ToldSecrets
from traymail.core.table_reader import Read
from traymail.core.tables import ADDRESS
from traymail.core.texts import text


@dataclass(frozen=True, slots=True, kw_only=True)
class EmlAccount(Account):
    kind: str = "eml"
    auth: Auth = Auth.NONE
    folder: str

    @property
    def way(self) -> tuple[str, ...]:
        return (self.folder,)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmlTable(AccountTable):
    address: Address = field(metadata=ADDRESS)
    folder: str = field(
        metadata=key(read.path, Field("", text("&Folder"), FieldKind.FOLDER), stand_in="~")
    )


class EmlSender:
    def __init__(self, account: EmlAccount, tools: SenderTools) -> None:
        self._folder = Path(account.folder)
        self._tools = tools
        self._aborted = False

    def send(self, mail: Mail, journal: Journal) -> Receipt:
        file = self._folder / f"{mail.message_id.strip('<>')}.eml"
        if self._aborted or not self._folder.is_dir():
            reply = Reply(None, str(self._folder), Stage.CONNECT)
            raise TransientFailure(reply, "", text("There is no such folder."))
        content = b"".join(mail.chunks(self._tools.open_attachment))
        journal.progress(len(content), mail.size)
        journal.before_final()
        file.write_bytes(content)
        return Receipt(250, f"kept as {file.name}", mail.envelope.recipients)

    def close(self) -> None:
        pass

    def abort(self) -> None:
        self._aborted = True


class EmlKind(AccountKind[EmlAccount]):
    name = "eml"
    form = table_form(EmlTable, text("It belongs to accounts of kind “eml”."))
    above = ("address", "folder")
    title = text("Folder of mails")
    about = text("Each mail becomes a file of a folder.")
    test = ("folder", "mail")
    diagnosis = ("folder",)
    step_words = MappingProxyType({"folder": text("Find the folder")})

    def made_of(
        self, name: str, table: Read[EmlTable], where: str, found: list[Problem]
    ) -> EmlAccount:
        given = table.value
        if "folder" not in table.bad and given.folder == "/":
            found.append(Problem(f"{where}.folder", text("must not be the root of the disk")))
        address = Address(given.address.mailbox, given.display_name)
        return with_given(EmlAccount(name=name, address=address, folder=given.folder), given)

    def make_sender(self, account: EmlAccount, tools: SenderTools) -> Sender:
        return EmlSender(account, tools)

    def connection_test(
        self,
        account: EmlAccount,
        _secret: Secret | None,
        _clock: Clock,
        _told: ToldSecrets,
        *,
        login_worked: bool,
    ) -> Generator[Step, None, None]:
        del login_worked
        there = Path(account.folder).is_dir()
        yield Step("folder", there, 0, account.folder, None if there else text("Make the folder."))

    def secret(self, _account: EmlAccount | None) -> SecretWords | None:
        return None

    def destination(self, account: EmlAccount) -> str:
        return account.folder

    def facts(self, account: EmlAccount) -> dict[str, object]:
        return {"folder": account.folder}
