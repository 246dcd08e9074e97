"""The page of the accounts: its list, and the form of one account with what is not saved yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from traymail.core.account import Account, Auth
from traymail.core.errors import Problem
from traymail.core.outbox import AccountState
from traymail.core.replies import about_login, title_for
from traymail.core.settings import Settings, place_of
from traymail.core.texts import Text, text
from traymail.ui.model.account_fields import Values, as_written, values_of

# What is written together as soon as one of them changes: what the others would be by themselves
# depends on it.
_TOGETHER = (("host", "port", "security"), ("address", "display_name"))
_LOGIN = ("host", "username")


@dataclass(frozen=True, slots=True)
class AccountForm:
    """The form of one account: as saved, as it stands in the fields, what is wrong with it."""

    account: Account
    saved: Values
    values: Values
    problems: tuple[Problem, ...] = ()
    replacing: bool = False
    has_code: bool = False

    @property
    def changed(self) -> bool:
        """Whether there is something to save."""
        return bool(changes(self)) or self.has_code


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the list. ``attention`` says in words what the account needs, None: nothing."""

    name: str
    address: str
    default: bool
    attention: Text | None
    changed: bool


@dataclass(frozen=True, slots=True)
class Accounts:
    """The whole page. ``busy``: it is being saved or removed. ``asking``: whether to remove."""

    forms: Mapping[str, AccountForm] = field(default_factory=dict)
    states: Mapping[str, AccountState] = field(default_factory=dict)
    default: str = ""
    chosen: str | None = None
    busy: bool = False
    asking: bool = False

    @property
    def form(self) -> AccountForm | None:
        """The form in sight."""
        return None if self.chosen is None else self.forms[self.chosen]


def refreshed(page: Accounts, settings: Settings, states: Mapping[str, AccountState]) -> Accounts:
    """Return the page after the configuration was read anew; what is not saved is kept."""
    forms = {
        name: _followed(page.forms.get(name), account)
        for name, account in settings.accounts.items()
    }
    chosen = page.chosen if page.chosen in forms else None
    if chosen is None:
        chosen = settings.default_account or next(iter(forms), None)
    return replace(
        page,
        forms=forms,
        states=states,
        default=settings.default_account,
        chosen=chosen,
        asking=page.asking and chosen == page.chosen,
    )


def _followed(form: AccountForm | None, account: Account) -> AccountForm:
    if form is None or not form.changed:
        saved = values_of(account)
        return AccountForm(account, saved, saved)
    return replace(form, account=account, saved=values_of(account))


def choose(page: Accounts, name: str) -> Accounts:
    """Show another account; what is not saved of this one stays in its form."""
    return page if name not in page.forms else replace(page, chosen=name, asking=False)


def move(page: Accounts, step: int) -> Accounts:
    """Show the account above or below, if there is one."""
    names = list(page.forms)
    if page.chosen is None:
        return page
    place = min(max(names.index(page.chosen) + step, 0), len(names) - 1)
    return choose(page, names[place])


def edit(page: Accounts, **changes_of_form: Any) -> Accounts:  # noqa: ANN401 - fields of AccountForm
    """Return the page with other values in the form in sight."""
    form = page.form
    if form is None or page.chosen is None:
        return page
    return replace(page, forms={**page.forms, page.chosen: replace(form, **changes_of_form)})


def typed(page: Accounts, values: Values) -> Accounts:
    """Take in what stands in the fields; a user name that is the address follows it."""
    form = page.form
    if form is None:
        return page
    before = form.values
    if values["address"] != before["address"] and before["username"] == before["address"]:
        values = {**values, "username": values["address"]}
    return edit(page, values=dict(values))


def judged(page: Accounts, name: str, problems: tuple[Problem, ...]) -> Accounts:
    """Take in what is wrong with an account, wherever the problems were found."""
    if name not in page.forms:
        return page
    prefix = place_of("accounts", name) + "."
    own = tuple(replace(one, where=one.where.removeprefix(prefix)) for one in problems)
    form = replace(page.forms[name], problems=own)
    return replace(page, forms={**page.forms, name: form})


def saved(page: Accounts, name: str) -> Accounts:
    """Return the page once an account is saved: nothing of it is new any more."""
    form = page.forms.get(name)
    if form is None:
        return replace(page, busy=False)
    form = replace(form, saved=form.values, problems=(), replacing=False, has_code=False)
    return replace(page, forms={**page.forms, name: form}, busy=False)


def entries(page: Accounts) -> tuple[Entry, ...]:
    """Return the rows of the list."""
    return tuple(
        Entry(
            name,
            form.account.address.mailbox,
            name == page.default,
            attention(page.states.get(name)),
            form.changed,
        )
        for name, form in page.forms.items()
    )


def attention(state: AccountState | None) -> Text | None:
    """Return in words what a stopped account needs."""
    if state is None or not state.stopped:
        return None
    if about_login(state.rule_id, state.code):
        return text("sign in again")
    return title_for(state.rule_id) or text("needs you")


def changes(form: AccountForm) -> dict[str, Any]:
    """Return the keys to write; None: the key goes, and what goes without saying is used."""
    changed = {name for name, value in form.values.items() if value != form.saved[name]}
    for together in _TOGETHER:
        if changed & set(together):
            changed |= set(together)
    return {name: as_written(name, form.values[name]) for name in form.values if name in changed}


def needs_code(form: AccountForm) -> bool:
    """Whether the code must be entered again: it is kept for one server and one user name."""
    values = form.values
    if values["auth"] == Auth.NONE.value or values["password_command"].strip() or form.has_code:
        return False
    return any(values[name] != form.saved[name] for name in _LOGIN)


@dataclass(frozen=True, slots=True)
class Footer:
    """What the bar below the form offers."""

    can_save: bool
    can_test: bool
    note: Text | None


def footer(page: Accounts) -> Footer:
    """Return what may be pressed, and what stands beside it."""
    form = page.form
    if form is None or page.busy:
        return Footer(can_save=False, can_test=False, note=text("Saving…") if page.busy else None)
    wrong = len(form.problems) + needs_code(form)
    if wrong:
        words = text("1 field needs you") if wrong == 1 else text("{n} fields need you", n=wrong)
        return Footer(can_save=False, can_test=False, note=words)
    note = text("Changed, not saved") if form.changed else None
    return Footer(can_save=form.changed, can_test=True, note=note)
