"""The page of the accounts: its list, and the form of one account with what is not saved yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from traymail.accounts import kind_of
from traymail.core.account import Account, Auth
from traymail.core.account_form import as_written
from traymail.core.account_kind import Values
from traymail.core.errors import Problem, SettingsError, TraymailError
from traymail.core.fields import Form, place_problems
from traymail.core.outbox import AccountState
from traymail.core.provider import by_id, for_host
from traymail.core.replies import about_login, advice_for, title_for
from traymail.core.reply_rules.details import reply_told
from traymail.core.settings import Settings
from traymail.core.texts import Text, text
from traymail.core.validators import place_of
from traymail.ui.model import trial as trials
from traymail.ui.model.guides import (
    CodeCheck,
    Guide,
    check_code,
    checked_by,
    guide_for,
    guide_of,
)
from traymail.ui.model.sentences import at_hand, sentence_of
from traymail.ui.model.sign_in import AccountTried, SignInState


class Busy(Enum):
    """What is being done; nothing else can be begun meanwhile."""

    SAVING = "saving"
    REMOVING = "removing"
    DEFAULTING = "making it the default"
    CHECKING = "checking"


@dataclass(frozen=True, slots=True)
class AccountForm:
    """The form of one account: as saved, as it stands in the fields, what is wrong with it.

    ``code`` tells of a new code, never holds it as text. ``trouble``: why it is not saved, when
    that is the fault of no field.
    """

    account: Account
    saved: Values
    values: Values
    problems: tuple[Problem, ...] = ()
    replacing: bool = False
    code: CodeCheck = CodeCheck(None)  # noqa: RUF009 - frozen
    trouble: Text | None = None

    @property
    def has_code(self) -> bool:
        """Whether a new code is there, as a whole."""
        return self.code.secret is not None

    @property
    def changed(self) -> bool:
        """Whether there is something to save."""
        return bool(changes(self)) or self.has_code


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """A row of the list. ``attention`` says in words what the account needs, None: nothing."""

    name: str
    address: Text | str
    default: bool
    attention: Text | None
    changed: bool


@dataclass(frozen=True, slots=True)
class Accounts(AccountTried):
    """The whole page. ``known``: it was asked how things stand.

    ``trial`` and ``sign_in`` are of the account in sight.

    ``adding``: the next account that comes in is to be shown. ``about``: the account that
    something is, or was last, being done with.
    """

    forms: Mapping[str, AccountForm] = field(default_factory=dict)
    states: Mapping[str, AccountState] = field(default_factory=dict)
    default: str = ""
    chosen: str | None = None
    busy: Busy | None = None
    about: str = ""
    known: bool = False
    adding: bool = False
    trouble: Text | None = None

    @property
    def form(self) -> AccountForm | None:
        """The form in sight."""
        return None if self.chosen is None else self.forms[self.chosen]


# --- the list -------------------------------------------------------------------------------------


def refreshed(page: Accounts, settings: Settings, states: Mapping[str, AccountState]) -> Accounts:
    """Return the page after the configuration was read anew; what is not saved is kept."""
    forms = {
        name: _followed(page.forms.get(name), account)
        for name, account in settings.accounts.items()
    }
    chosen = page.chosen if page.chosen in forms else None
    new = next((name for name in forms if name not in page.forms), None)
    added = page.adding and new is not None
    if chosen is None or added:
        chosen = new if added else settings.default_account or next(iter(forms), None)
    return replace(
        page,
        forms=forms,
        states=states,
        default=settings.default_account,
        chosen=chosen,
        trial=page.trial if chosen == page.chosen else None,
        sign_in=page.sign_in if chosen == page.chosen else None,
        known=True,
        adding=page.adding and not added,
        trouble=None,
    )


def not_refreshed(page: Accounts, error: TraymailError) -> Accounts:
    """Return the page when it could not be asked how things stand."""
    return replace(page, trouble=sentence_of(error))


def adding(page: Accounts) -> Accounts:
    """Return the page while an account is added elsewhere: it is shown when it comes in."""
    return replace(page, adding=True)


def _followed(form: AccountForm | None, account: Account) -> AccountForm:
    kind = kind_of(account)
    saved = kind.values_of(account)
    if form is None or kind_of(form.account) is not kind:
        return AccountForm(account, saved, saved)
    # Only what the user has changed: the rest may have been edited in the file.
    values = {
        name: form.values[name] if form.values[name] != form.saved[name] else value
        for name, value in saved.items()
    }
    return replace(form, account=account, saved=saved, values=values)


def choose(page: Accounts, name: str) -> Accounts:
    """Show another account; what is not saved of this one stays in its form."""
    if name not in page.forms or name == page.chosen:
        return page
    return replace(page, chosen=name, trial=None, sign_in=None)


def move(page: Accounts, step: int) -> Accounts:
    """Show the account above or below, if there is one."""
    names = list(page.forms)
    if page.chosen is None:
        return page
    place = min(max(names.index(page.chosen) + step, 0), len(names) - 1)
    return choose(page, names[place])


def entries(page: Accounts) -> tuple[AccountEntry, ...]:
    """Return the rows of the list."""
    return tuple(
        AccountEntry(
            name,
            kind_of(form.account).shown_address(form.account),
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
    if about_login(state.advice_id, state.code):
        return text("sign in again")
    return title_for(state.advice_id) or text("needs you")


@dataclass(frozen=True, slots=True)
class Stop:
    """Why nothing leaves through an account. ``login``: a new code may mend it."""

    title: Text
    advice: Text | None
    reply: Text | str
    login: bool


def stop_of(page: Accounts) -> Stop | None:
    """Return why nothing leaves through the account in sight, None when it does."""
    state = page.states.get(page.chosen or "")
    if state is None or not state.stopped:
        return None
    login = about_login(state.advice_id, state.code)
    title = title_for(state.advice_id) or text("Mail of this account waits for you.")
    return Stop(title, at_hand(advice_for(state.advice_id)), reply_told(None, state.reply), login)


# --- the form -------------------------------------------------------------------------------------


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
    before = {"address": "", "username": None, **form.values}
    if before["username"] == before["address"] != values["address"]:
        values = {**values, "username": values["address"]}
    return edit(page, values=dict(values), trouble=None)


def undo(page: Accounts) -> Accounts:
    """Put back what is saved."""
    form = page.form
    if form is None:
        return page
    name = form.account.name
    return replace(
        page, forms={**page.forms, name: AccountForm(form.account, form.saved, form.saved)}
    )


def judged(page: Accounts, name: str, values: Values, problems: tuple[Problem, ...]) -> Accounts:
    """Take in what is wrong with these values, unless they are others by now."""
    form = page.forms.get(name)
    if form is None or form.values != values:
        return page
    placed, unplaced = place_problems(fields_of_account(form.account), problems)
    told = sentence_of(SettingsError(unplaced)) if unplaced else form.trouble
    form = replace(form, problems=tuple(placed.values()), trouble=told)
    return replace(page, forms={**page.forms, name: form})


def changes(form: AccountForm) -> dict[str, Any]:
    """Return the keys to write; None: the key goes, and the default is used.

    Of a table all is written, once something of it has changed.
    """
    changed = {name for name, value in form.values.items() if value != form.saved[name]}
    for together in kind_of(form.account).together:
        if changed & set(together):
            changed |= set(together)
    fields = fields_of_account(form.account)
    tables = {name.partition(".")[0] for name in changed if "." in name}
    found: dict[str, Any] = {
        name: as_written(fields, name, form.values[name])
        for name in form.values
        if name in changed and "." not in name
    }
    return found | {table: _table(form, fields, table) for table in sorted(tables)}


def _table(form: AccountForm, fields: Form, name: str) -> dict[str, Any] | None:
    """Return a table as its fields have it, each named after it and a dot; None: it is empty."""
    found = {
        field.partition(".")[2]: as_written(fields, field, value)
        for field, value in form.values.items()
        if field.startswith(f"{name}.")
    }
    return {key: value for key, value in found.items() if value is not None} or None


def fields_of_account(account: Account) -> Form:
    """Return the whole form of an account, but for its code."""
    kind = kind_of(account)
    return (*kind.upper(), *kind.lower(account))


# --- the code -------------------------------------------------------------------------------------


class CodeSight(Enum):
    """What stands in the row of the code."""

    NONE = "no login"
    SIGN_IN = "a sign-in"
    COMMAND = "a command prints it"
    STORED = "stored"
    ENTRY = "a field"


def code_sight(form: AccountForm) -> CodeSight:
    """Return what stands in the row of the code."""
    if _auth(form, form.values) == Auth.NONE.value:
        return CodeSight.NONE
    if form.values["password_command"].strip():
        return CodeSight.COMMAND
    if _auth(form, form.values) == Auth.OAUTH2.value:
        return CodeSight.SIGN_IN
    return CodeSight.ENTRY if form.replacing or _elsewhere(form) else CodeSight.STORED


def guide(form: AccountForm) -> Guide:
    """Return the guide to the code of the server in the fields."""
    host = form.values.get("host")
    words = kind_of(form.account).secret(form.account) if host is None else None
    if words is not None:
        return guide_of(words)
    if host is None or host == form.saved["host"]:
        return guide_for(by_id(form.account.provider))
    return guide_for(for_host(host.strip()))


def type_code(page: Accounts, words: str) -> Accounts:
    """Take in the new code as far as it is typed."""
    form = page.form
    if form is None:
        return page
    kind = kind_of(form.account)
    same = all(form.values[one] == form.saved[one] for one in kind.login)
    check = checked_by(kind, check_code(guide(form), words), form.account if same else None)
    return edit(page, code=check, trouble=None)


def replace_code(page: Accounts) -> Accounts:
    """Let a new code be entered."""
    return edit(page, replacing=True, code=CodeCheck(None))


def keep_code(page: Accounts) -> Accounts:
    """Go back to the code that is kept."""
    return edit(page, replacing=False, code=CodeCheck(None))


def codes_forgotten(page: Accounts) -> Accounts:
    """Return the page when the fields of new codes are gone, and what stood in them with them."""
    forms = {name: replace(form, code=CodeCheck(None)) for name, form in page.forms.items()}
    return replace(page, forms=forms)


def needs_code(form: AccountForm) -> bool:
    """Whether the code must be entered, or entered to its end, before anything can be saved."""
    if code_sight(form) is not CodeSight.ENTRY or form.has_code:
        return False
    return _elsewhere(form) or form.code.note is not None


def _elsewhere(form: AccountForm) -> bool:
    """Whether the code that is kept is none for this login: it is for one server and one name."""
    before, now = form.saved, form.values
    had_login = _auth(form, before) != Auth.NONE.value and not before["password_command"].strip()
    login = kind_of(form.account).login
    return not had_login or any(now[name] != before[name] for name in login)


def _auth(form: AccountForm, values: Values) -> str:
    """Return how an account with these values logs in; some kinds have no choice."""
    return values.get("auth", form.account.auth.value)


# --- what is done ---------------------------------------------------------------------------------


def begun(page: Accounts, busy: Busy) -> Accounts:
    """Return the page while this is being done."""
    return replace(edit(page, trouble=None), busy=busy, about=page.chosen or "")


def cancelled(page: Accounts) -> Accounts:
    """Return the page when what is being done is waited for no longer.

    A code that is being saved may be in the password store by now: it is no new one any more.
    """
    form = page.forms.get(page.about)
    if page.busy is Busy.SAVING and form is not None:
        form = replace(form, replacing=False, code=CodeCheck(None))
        page = replace(page, forms={**page.forms, page.about: form})
    if page.sign_in is not None and page.sign_in.waiting:
        return replace(done(page), sign_in=page.sign_in.stopped())
    return close_trial(done(page))


def done(page: Accounts) -> Accounts:
    """Return the page when it is done, or given up."""
    return replace(page, busy=None)


def saved(page: Accounts, name: str, values: Values) -> Accounts:
    """Return the page once these values of an account, and its new code, are saved."""
    page = replace(page, busy=None, trial=None)
    form = page.forms.get(name)
    if form is None:
        return page
    form = AccountForm(form.account, values, form.values)
    return replace(page, forms={**page.forms, name: form})


def failed(page: Accounts, name: str, error: TraymailError) -> Accounts:
    """Take in why something could not be done: at the fields it is about, or above the buttons."""
    page = replace(page, busy=None)
    form = page.forms.get(name)
    if form is None:
        return replace(page, trouble=sentence_of(error))
    fields = fields_of_account(form.account)
    own = _own(error.problems, name, fields) if isinstance(error, SettingsError) else ()
    if own:
        form = replace(form, problems=own, trouble=None)
    else:
        form = replace(form, trouble=sentence_of(error))
    return replace(page, forms={**page.forms, name: form})


def _own(problems: tuple[Problem, ...], name: str, fields: Form) -> tuple[Problem, ...]:
    """Return the problems of an account's fields, each under the name of its field."""
    prefix = place_of("accounts", name) + "."
    named = tuple(replace(one, where=one.where.removeprefix(prefix)) for one in problems)
    placed, _unplaced = place_problems(fields, named)
    return tuple(placed.values())


# --- the test -------------------------------------------------------------------------------------


def start(page: Accounts, account: Account) -> Accounts:
    """Begin the test of the account in sight."""
    return replace(page, busy=None, trial=trials.begin(account))


def close_trial(page: Accounts) -> Accounts:
    """Go back to the form."""
    return replace(page, trial=None, sign_in=None)


# --- the sign-in ----------------------------------------------------------------------------------


def may_sign_in(form: AccountForm) -> bool:
    """Tell whether the account signs in as it is saved."""
    return form.account.signs_in and not form.changed


def begin_sign_in(page: Accounts, *, device: bool) -> Accounts:
    """Begin to sign in, on this computer or on another device."""
    return replace(page, trial=None, sign_in=SignInState(device), about=page.chosen or "")
