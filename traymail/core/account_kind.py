"""A kind of account: its keys, how it sends, how it is tried, its form, its words, its limits.

Nothing outside of a kind asks which one an account is of: the kind answers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from traymail.core import validators as read
from traymail.core.account import DEFAULT_KIND, Account, AccountTable, Limits
from traymail.core.errors import InputError, Problem
from traymail.core.paths import full_path
from traymail.core.table_reader import Read, read_table
from traymail.core.texts import Text, text
from traymail.core.validators import Form, place_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from traymail.core import fields
    from traymail.core.connection_test import Step
    from traymail.core.message import Address, Attachment, Draft
    from traymail.core.ports import Clock, Sender, SenderTools
    from traymail.core.rule_kind import GetKinds
    from traymail.core.secret import Secret, ToldSecrets

DEFAULT_LIMITS = Limits(per_minute=20, per_hour=200, per_day=500)
_LONGEST_NAME = 64
_LEAVE_OUT = text("Leave it out, or use another account.")
_WAYS_OUT: Mapping[str, Text] = MappingProxyType(
    {
        "given": text(
            "Use the account of a mail server: name its address with -f, or make it the default."
        )
    }
)

A = TypeVar("A", bound=Account)
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SecretWords:
    """What the secret of an account is called, and how to get it.

    ``steps`` lead to it, one after the other; ``url`` is the page that tells more, or "".
    ``hint`` says at its field what may stand in it, None: what is said of any.
    """

    name: Text
    url: str = ""
    steps: tuple[Text, ...] = ()
    hint: Text | None = None


class AccountKind(ABC, Generic[A]):
    """One kind of account.

    ``form`` makes a table of the configuration a value, which `made_of` makes an account.
    ``test`` are the steps of its test, ``diagnosis`` those that send nothing; ``step_words`` tell
    them where `traymail.ui.model.trial.NAMES` does not. ``login_by_mail``: only a message shows
    whether the login works, so a test sends one. ``above`` are the keys that stand above the
    secret in its form, ``below`` those that come right below it. ``together`` are fields of
    its form that are
    written together as soon as one of them changes; a secret that is kept belongs to the fields
    of ``login``; ``secret_label`` stands before it. ``cannot`` are the parts of a mail that it does
    not take (to, cc, bcc, html, files, given: a whole message of another program), and the words
    that say so. ``title``, ``about`` and ``icon`` offer it where accounts are added in a window;
    one that begins with an address of its own there is not ``listed``.
    """

    name: str
    form: Form[Any]
    title: Text
    about: Text
    icon: str = "plug"
    listed: bool = True
    test: tuple[str, ...]
    diagnosis: tuple[str, ...]
    step_words: Mapping[str, Text] = MappingProxyType({})
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    login: tuple[str, ...] = ()
    login_by_mail: bool = False
    secret_label: Text = text("Code")
    cannot: Mapping[str, Text] = MappingProxyType({})

    # --- the configuration --------------------------------------------------------------------

    @abstractmethod
    def made_of(self, name: str, table: Read[Any], where: str, found: list[Problem]) -> A:
        """Return the account; what is wrong beyond single keys, and hints, go into ``found``."""

    # --- sending, and trying it ---------------------------------------------------------------

    @abstractmethod
    def make_sender(self, account: A, tools: SenderTools) -> Sender:
        """Return the way in which its mails leave."""

    @abstractmethod
    def connection_test(
        self,
        account: A,
        secret: Secret | None,
        clock: Clock,
        told: ToldSecrets,
        *,
        login_worked: bool,
    ) -> Generator[Step, None, None]:
        """Try where mail goes, and yield the steps of ``diagnosis`` in their order.

        Nothing is sent. ``secret`` None: the login is left out; ``login_worked``: this secret has
        been accepted before. No step shows what any server was ``told``. Closed early, the
        connection ends.
        """

    def group(self, account: A) -> Address | None:
        """Return whom a mail without recipients goes to; None: there have to be some."""
        del account
        return None

    def refused(self, account: A) -> Mapping[str, Text]:
        """Return what of ``cannot`` is so for this account."""
        del account
        return self.cannot

    def named(self, account: A, words: str) -> Address | None:
        """Return whom words name in a way that only this kind has; None: it is an address."""
        del account, words
        return None

    def wrong_to(self, account: A, to: tuple[Address, ...]) -> Text | None:
        """Return why the account writes to none of these; None: it does."""
        own = self.group(account)
        return self.cannot.get("to") if own is not None and to != (own,) else None

    def require(self, account: A, draft: Draft) -> None:
        """Raise InputError for a mail that the account cannot send as it is."""
        if (wrong := self.wrong_to(account, draft.to)) is not None:
            raise InputError(wrong, _LEAVE_OUT)
        parts = {
            "given": draft.given,
            "cc": draft.cc,
            "bcc": draft.bcc,
            "files": draft.files,
        }
        refused = self.refused(account)
        for part, given in parts.items():
            if given and part in refused:
                raise InputError(refused[part], _WAYS_OUT.get(part, _LEAVE_OUT))

    def require_files(self, account: A, files: tuple[Attachment, ...]) -> None:
        """Raise InputError for files that the account cannot send; they are copied already."""
        del account, files

    # --- words --------------------------------------------------------------------------------

    @abstractmethod
    def secret(self, account: A | None) -> SecretWords | None:
        """Return what its secret is called; ``account`` None: that of one that is to be.

        None where accounts of this kind have no secret.
        """

    def checked(self, secret: Secret, account: A | None) -> Secret:
        """Return a secret as it is kept; raises InputError for what cannot be one.

        ``account`` None: nothing is known yet of whose it is to be.
        """
        del account
        if "\0" in secret.reveal():  # RFC 4616: what separates the parts of a login
            raise InputError(
                text("The secret holds a sign that no password has (NUL)."),
                text("Copy it anew, then give it again."),
            )
        return secret

    def shown_address(self, account: A) -> Text | str:
        """Return what stands below its name: its address, else where its mail goes."""
        has_one = "address" in self.form.keys
        return account.address.mailbox if has_one else self.destination(account)

    def with_address(self, account: A) -> Text:
        """Return its name and what stands below that, as one line."""
        return text("{one} · {other}", one=account.name, other=self.shown_address(account))

    @abstractmethod
    def destination(self, account: A) -> str:
        """Return where its mail goes, as lists show it."""

    @abstractmethod
    def facts(self, account: A) -> dict[str, object]:
        """Return what ``account list --json`` tells besides what all accounts have."""

    # --- the form -----------------------------------------------------------------------------

    def asked_first(self) -> fields.Form:
        """Return what is asked before an account is there: its name and its secret stand beside."""
        return self.upper()

    def upper(self) -> fields.Form:
        """Return what stands above the secret."""
        from traymail.core.account_form import parts_of  # only for windows

        return parts_of(self.form.kind, self.above, self.below)[0]

    def lower(self, account: A) -> fields.Form:
        """Return what stands below it; its defaults are what is usual for this account."""
        from traymail.core.account_form import parts_of, with_defaults

        return with_defaults(
            parts_of(self.form.kind, self.above, self.below)[1], self.usual_values(account)
        )

    def usual_values(self, account: A) -> dict[str, str]:
        """Return what stands in the form of an account like this that says as little as it can."""
        return self.values_of(account)

    def suited(self, values: Values) -> Mapping[str, bool]:
        """Return, for fields below the secret that do not always mean anything, whether they do."""
        del values
        return {}

    def values_of(self, account: A) -> dict[str, str]:
        """Return an account as its form shows it."""
        from traymail.core.account_form import values_of

        return values_of(self.form.kind, account)

    def remark(self, account: A, values: Values) -> tuple[str, Text] | None:
        """Return a field, and what is odd there although it can be."""
        from traymail.core.provider import doubt

        del account
        mailbox = values.get("address", "").strip()
        what = doubt(mailbox)[0] if mailbox else None
        return None if what is None else ("address", what)


Kinds = Mapping[str, AccountKind[Any]]


def read_account(
    name: str,
    written: object,
    user_home: str,
    kinds: Kinds,
    rule_kinds: GetKinds,
    problems: list[Problem],
) -> Account | None:
    """Return the account ``name``, None when it cannot be used.

    ``rule_kinds`` are asked for where a key may be one of a rule. Adds what is wrong with it to
    ``problems``, and hints.
    """
    where = place_of("accounts", name)
    try:
        keys = read.table(written)
    except read.ValidationError as error:
        problems += [Problem(where, f.what, advice=f.advice) for f in error.findings]
        return None
    found: list[Problem] = []
    if what := _wrong_name(name):
        found.append(Problem(where, what))
    kind = _kind(keys.get("kind", DEFAULT_KIND), kinds, where, found)
    others = {name: one.form for name, one in kinds.items()}
    keys = {key: value for key, value in keys.items() if key != "kind"}
    table = read_table(kind.form, keys, where, found, rule_kinds, others)
    account: Account = kind.made_of(name, table, where, found)
    account = replace(account, ca_file=full_path(account.ca_file, user_home))
    problems += found
    return account if all(one.hint for one in found) else None


def _kind(written: object, kinds: Kinds, where: str, found: list[Problem]) -> AccountKind[Any]:
    """Return the kind of an account, a slip of the pen as the usual one."""
    try:
        return kinds[read.one_of(*kinds)(written)]
    except read.ValidationError as error:
        place = place_of(where, "kind")
        found += [Problem(place, f.what, advice=f.advice) for f in error.findings]
        return kinds[DEFAULT_KIND]


def _wrong_name(name: str) -> Text | None:
    """Return why an account cannot be called so: its name is part of a file name (credentials)."""
    if not name.strip() or len(name) > _LONGEST_NAME:
        return text("an account's name has 1 to {count} characters", count=_LONGEST_NAME)
    if not name.isprintable() or name != name.strip() or name[0] == "." or set(name) & set("/\\:"):
        return text("an account's name may contain letters, digits, spaces, @, dots and dashes")
    return None


def with_given(account: A, table: AccountTable, known: Limits = Limits()) -> A:  # noqa: B008 # frozen
    """Return an account with what its table says of what all kinds have; else the ``known``."""
    limits = Limits(
        per_minute=table.max_per_minute or known.per_minute or DEFAULT_LIMITS.per_minute,
        per_hour=table.max_per_hour or known.per_hour or DEFAULT_LIMITS.per_hour,
        per_day=table.max_per_day or known.per_day or DEFAULT_LIMITS.per_day,
        per_second=known.per_second,
    )
    return replace(account, limits=limits, **table.given())
