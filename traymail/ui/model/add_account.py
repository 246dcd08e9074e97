"""Adding an account: address, code, test; what the window shows follows from one value.

One of another kind than mail: which kind, its details, test.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from traymail.accounts import KINDS
from traymail.accounts.smtp_fields import BY_HAND
from traymail.core.account import Account, Auth
from traymail.core.account_form import as_written
from traymail.core.account_table import usual_auth
from traymail.core.address import parse_address
from traymail.core.connection_test import Proposal
from traymail.core.errors import InputError, Problem, TraymailError
from traymail.core.fields import defaults, place_problems
from traymail.core.provider import (
    IMPLICIT_TLS,
    Provider,
    for_address,
    for_host,
    free_name,
    meant_domain,
)
from traymail.core.secret import Secret
from traymail.core.tables import SECURITIES
from traymail.core.texts import Text, text
from traymail.ui.model import add_other as others
from traymail.ui.model import add_sign_in
from traymail.ui.model import trial as trials
from traymail.ui.model.add_other import Other
from traymail.ui.model.guides import CodeCheck, Guide, check_code, checked_by, guide_for, wants
from traymail.ui.model.sentences import at_hand, of_problems
from traymail.ui.model.sign_in import AccountTried, SignInState
from traymail.ui.model.trial import Advice, Headline, Verdict

# The fields that stand on the first page in any case.
_ABOVE = {"address", "display_name"}


class AddPage(Enum):
    """The pages; `way` has their order."""

    ADDRESS = "address"
    CODE = "code"
    SIGN_IN = "sign in"
    KINDS = "kinds"
    DETAILS = "details"
    TEST = "test"


_MAIL = (AddPage.ADDRESS, AddPage.CODE, AddPage.TEST)
_SIGN_IN = (AddPage.ADDRESS, AddPage.SIGN_IN, AddPage.TEST)
_OTHER = (AddPage.KINDS, AddPage.DETAILS, AddPage.TEST)


class ServerSearch(Enum):
    """Whether a server is looked for."""

    NONE = "none"
    RUNNING = "running"
    MISSING = "missing"


class AddSaving(Enum):
    """How far the account is on its way into the configuration."""

    NOT_YET = "not yet"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Adding(AccountTried):
    """All of it. ``by_hand`` are the values of the unfolded form, None while it is folded.

    ``other``: the account of another kind than mail that is to be. ``checking``: the fields are
    being judged. ``code`` tells of the code, never holds it as text. ``client`` is what is typed
    of a sign-in by OAuth2 (its secret is the ``code``), None where there is none; ``sign_in``: how
    far that is.
    """

    page: AddPage = AddPage.ADDRESS
    typed: str = ""
    mailbox: str = ""
    display_name: str = ""
    provider: Provider | None = None
    proposal: Proposal | None = None
    search: ServerSearch = ServerSearch.NONE
    by_hand: Mapping[str, str] | None = None
    other: Other | None = None
    client: Mapping[str, str] | None = None
    problems: tuple[Problem, ...] = ()
    checking: bool = False
    name: str = ""
    account: Account | None = None
    code: CodeCheck = CodeCheck(None)  # noqa: RUF009 - frozen
    saving: AddSaving = AddSaving.NOT_YET
    trouble: Advice | None = None

    def test_ended(self) -> Adding:
        """End the test; when it is good, the account is saved."""
        if self.trial is None:
            return self
        ended = self.trial.ended()
        good = ended.verdict is Verdict.PASSED
        return replace(self, trial=ended, saving=AddSaving.RUNNING if good else AddSaving.NOT_YET)


def way(state: Adding) -> tuple[AddPage, ...]:
    """Return the pages of the way that the user is on, in their order."""
    if state.page is AddPage.KINDS or state.other is not None:
        return _OTHER
    return _MAIL if state.client is None else _SIGN_IN


# --- page 1: the address --------------------------------------------------------------------------


def type_address(state: Adding, typed: str) -> Adding:
    """Recognise the provider while the address is typed; an unknown domain is looked for."""
    mailbox = _mailbox(typed)
    known = for_address(mailbox) if mailbox else None
    by_hand = state.by_hand
    if (
        state.search is ServerSearch.MISSING
        and unfold(replace(state, by_hand=None)).by_hand == by_hand
    ):
        by_hand = None  # it unfolded by itself, for an address that is being mended
    unknown = bool(mailbox) and known is None and by_hand is None
    if by_hand is not None and by_hand["username"] == state.mailbox:
        by_hand = {**by_hand, "username": mailbox}
    return replace(
        state,
        typed=typed,
        mailbox=mailbox,
        provider=known,
        proposal=None,
        search=ServerSearch.RUNNING if unknown else ServerSearch.NONE,
        by_hand=by_hand,
        problems=(),
    )


def type_name(state: Adding, typed: str) -> Adding:
    """Take in the name that recipients are to see; "" for the address alone."""
    problems = tuple(one for one in state.problems if one.where != "display_name")
    return replace(state, display_name=typed, problems=problems)


def found(state: Adding, mailbox: str, proposal: Proposal | None) -> Adding:
    """Take in what the search for an address ended with, unless it is another one by now."""
    if mailbox != state.mailbox or state.search is not ServerSearch.RUNNING:
        return state
    if proposal is None:
        return unfold(replace(state, search=ServerSearch.MISSING))
    return replace(
        state,
        search=ServerSearch.NONE,
        proposal=proposal,
        provider=proposal.provider or state.provider,
    )


def unfold(state: Adding) -> Adding:
    """Let everything be set by hand, beginning with what is known."""
    if state.by_hand is not None:
        return state
    values = defaults(BY_HAND) | {"username": state.mailbox, "port": str(IMPLICIT_TLS.port)}
    if state.proposal is not None:
        values |= _server(
            state.proposal.host, state.proposal.port, state.proposal.security.value
        ) | {"username": state.proposal.username}
    elif state.provider is not None:
        row = state.provider
        values |= _server(row.host, row.port, row.security.value)
        values["username"] = row.username_for(state.mailbox)
    values["auth"] = usual_auth(state.provider).value
    search = ServerSearch.NONE if state.search is ServerSearch.RUNNING else state.search
    return replace(state, by_hand=values, search=search)


def edit(state: Adding, values: Mapping[str, str]) -> Adding:
    """Take in what was typed into the form; the problems told are void."""
    return replace(state, by_hand=dict(values), problems=())


def fields(state: Adding) -> dict[str, Any]:
    """Return the account's table."""
    if state.other is not None:
        return others.table(state.other)
    table: dict[str, Any] = {"address": state.typed.strip()}
    if state.display_name.strip():
        table["display_name"] = state.display_name.strip()
    if state.by_hand is not None:
        table |= {name: as_written(BY_HAND, name, value) for name, value in state.by_hand.items()}
        # What is the default is not written; it is the provider's own.
        row = provider_of(state)
        if table["auth"] == usual_auth(row).value:
            del table["auth"]
        if table["username"] == (row.username_for(state.mailbox) if row else state.mailbox):
            del table["username"]
        table = {name: value for name, value in table.items() if value is not None}
    elif state.proposal is not None:
        there = state.proposal
        table |= {"host": there.host, "port": there.port, "security": there.security.value}
        if there.username != state.mailbox:
            table["username"] = there.username
    return table if state.client is None else table | add_sign_in.table(state.client)


def name_for(state: Adding, taken: Collection[str]) -> str:
    """Return what the account is to be called."""
    if state.other is not None:
        return others.free_for(state.other, taken)
    return free_name(provider_of(state), state.mailbox, taken)


def check(state: Adding) -> Adding:
    """Return the state while the fields are judged."""
    return replace(state, checking=True, problems=())


def refused(state: Adding, problems: tuple[Problem, ...]) -> Adding:
    """Show what is wrong; what is wrong with the server can then be mended by hand."""
    if state.other is not None:
        return replace(state, checking=False, problems=others.at_fields(problems), account=None)
    if state.client is not None:
        state = replace(state, sign_in=None)
        if all(add_sign_in.is_about(one.where) for one in problems):
            return replace(state, checking=False, problems=problems, account=None)
        state = replace(state, client=None)
    state = replace(state, checking=False, problems=problems, page=AddPage.ADDRESS, account=None)
    return state if all(one.where in _ABOVE for one in problems) else unfold(state)


def accepted(state: Adding, name: str, account: Account) -> Adding:
    """Go on to the code, or, where no login is wanted or its code is there, to the test."""
    if state.other is not None:
        code = checked_by(KINDS[state.other.kind], state.code, account)
        state = replace(state, checking=False, problems=(), name=name, account=account, code=code)
        return start(state) if code.note is None else replace(state, account=None)
    if state.client is not None:
        return replace(state, checking=False, problems=(), name=name, account=account)
    page = AddPage.TEST if account.auth is Auth.NONE else AddPage.CODE
    state = replace(state, checking=False, problems=(), name=name, account=account, page=page)
    return start(state) if page is AddPage.TEST else replace(state, code=CodeCheck(None))


def signs_in(state: Adding) -> bool:
    """Whether the account is to sign in by OAuth2: its provider takes nothing else, or by hand."""
    if state.by_hand is not None:
        return state.by_hand["auth"] == Auth.OAUTH2.value
    return usual_auth(state.provider) is Auth.OAUTH2


def untold(state: Adding) -> Text | None:
    """Return what is wrong with keys that have no field on the page in sight."""
    problems = state.problems
    if state.other is not None:
        form = others.form_of(state.other.kind)
    elif state.client is not None:
        form = add_sign_in.form_for(host_of(state))
    else:
        form = BY_HAND
        problems = tuple(one for one in problems if one.where not in _ABOVE)
    _placed, unplaced = place_problems(form, problems)
    return of_problems(unplaced) if unplaced else None


@dataclass(frozen=True, slots=True)
class ProviderCard:
    """What is known of the server, below the address. ``search`` says which sign it has."""

    title: Text | str
    detail: Text | str
    search: ServerSearch


def card(state: Adding) -> ProviderCard | None:
    """Return the card, None while there is nothing to tell or all is set by hand."""
    if state.search is ServerSearch.RUNNING:
        return ProviderCard(text("Looking for the server…"), _domain(state), ServerSearch.RUNNING)
    if state.by_hand is not None:
        return None
    if state.proposal is not None:
        there = state.proposal
        row = there.provider
        detail = f"{there.host} : {there.port}  ·  {SECURITIES[there.security]}"
        return ProviderCard(row.name if row else _domain(state), detail, ServerSearch.NONE)
    if state.provider is not None:
        row = state.provider
        detail = f"{row.host} : {row.port}  ·  {SECURITIES[row.security]}"
        return ProviderCard(row.name, detail, ServerSearch.NONE)
    return None


def remark(state: Adding) -> Text | None:
    """Return the sentence below the card, or above the form."""
    meant = meant_domain(state.mailbox) if state.provider is None else None
    if meant and state.search is not ServerSearch.NONE:
        return text("Is {meant} meant instead of {domain}?", meant=meant, domain=_domain(state))
    if state.search is ServerSearch.MISSING:
        return text(
            "No server is found for {domain}. Ask your provider for it, and write it here.",
            domain=_domain(state),
        )
    return wants(state.provider)


# --- page 2: the code -----------------------------------------------------------------------------


def guide(state: Adding) -> Guide:
    """Return the guide to the code of the server that is used."""
    return guide_for(provider_of(state))


def type_code(state: Adding, typed: str) -> Adding:
    """Take in the code as far as it is typed."""
    return replace(state, code=check_code(guide(state), typed))


# --- page 2, otherwise: the sign-in ---------------------------------------------------------------


def host_of(state: Adding) -> str:
    """Return the server that is to be used."""
    if state.by_hand is not None:
        return state.by_hand["host"].strip()
    if state.proposal is not None:
        return state.proposal.host
    return "" if state.provider is None else state.provider.host


def leads_to_sign_in(state: Adding) -> bool:
    """Tell whether the sign-in follows the first page."""
    return state.page is AddPage.ADDRESS and signs_in(state)


def to_sign_in(state: Adding) -> Adding:
    """Let the user sign in by OAuth2, instead of entering a code."""
    client = add_sign_in.begin(host_of(state))
    empty = CodeCheck(None)
    return replace(
        state, page=AddPage.SIGN_IN, client=client, code=empty, problems=(), sign_in=None
    )


def to_code(state: Adding) -> Adding:
    """Go back to where a code is asked for, by the first page."""
    return replace(state, page=AddPage.ADDRESS, client=None, code=CodeCheck(None), problems=())


def fill_client(state: Adding, values: Mapping[str, str]) -> Adding:
    """Take in what was typed of the sign-in; the problems told are void."""
    return replace(state, client=dict(values), problems=())


def type_client_secret(state: Adding, typed: str) -> Adding:
    """Take in the client's secret."""
    words = typed.strip()
    return replace(state, code=CodeCheck(Secret(words) if words else None))


def begin_sign_in(state: Adding, *, device: bool) -> Adding:
    """Begin to sign in, on this computer or on another device."""
    return replace(state, sign_in=SignInState(device))


def may_sign_in(state: Adding) -> bool:
    """Tell whether there is a client to sign in with."""
    client = state.client or {}
    return not state.checking and not state.problems and bool(client["oauth.client_id"].strip())


def secret_of(state: Adding) -> Secret | None:
    """Return the secret that is to be tried and kept; tokens are kept already."""
    return None if state.client is not None else state.code.secret


# --- another kind than mail -----------------------------------------------------------------------


def to_kinds(state: Adding) -> Adding:
    """Let another kind be chosen; the address typed so far is kept."""
    return replace(
        state, page=AddPage.KINDS, other=None, problems=(), code=CodeCheck(None), account=None
    )


def choose(state: Adding, kind: str) -> Adding:
    """Go on to the details of an account of this kind."""
    return replace(state, page=AddPage.DETAILS, other=others.begin(kind))


def name_other(state: Adding, taken: Collection[str]) -> Adding:
    """Give the account a name, unless one is typed already."""
    if state.other is None:
        return state
    return replace(state, other=others.name_it(state.other, taken))


def fill(state: Adding, values: Mapping[str, str]) -> Adding:
    """Take in what was typed into the details; the problems told are void."""
    if state.other is None:
        return state
    other = replace(state.other, values=dict(values), fresh=False)
    return replace(state, other=other, problems=())


def judged(state: Adding, values: Mapping[str, str], account: Account | None) -> Adding:
    """Take in what these details make, unless they are others by now."""
    if state.other is None or state.other.values != values:
        return state
    return replace(state, other=replace(state.other, account=account, fresh=True))


def type_secret(state: Adding, typed: str) -> Adding:
    """Take in the secret of another kind as far as it is typed."""
    if state.other is None:
        return state
    return replace(state, code=others.check_secret(state.other, typed))


def may_try(state: Adding) -> bool:
    """Tell whether the details may be tried: the secret is there, where there is one."""
    if state.other is None or state.checking or state.problems:
        return False
    return others.secret_words(state.other) is None or state.code.secret is not None


# --- page 3: the test -----------------------------------------------------------------------------


def start(state: Adding) -> Adding:
    """Begin the test, anew."""
    if state.account is None:
        return state
    begun = trials.begin(state.account)
    return replace(state, page=AddPage.TEST, trial=begun, saving=AddSaving.NOT_YET, trouble=None)


def stop(state: Adding) -> Adding:
    """Stop the sign-in, or the test."""
    if state.page is AddPage.SIGN_IN and state.sign_in is not None:
        return replace(state, checking=False, sign_in=state.sign_in.stopped())
    return state if state.trial is None else replace(state, trial=state.trial.stopped())


def save(state: Adding) -> Adding:
    """Save the account, tested or not."""
    return replace(state, saving=AddSaving.RUNNING, trouble=None)


def saved(state: Adding) -> Adding:
    """Note that the account is in the configuration."""
    return replace(state, saving=AddSaving.DONE, code=CodeCheck(None))


def not_saved(state: Adding, error: TraymailError) -> Adding:
    """Note that it is not, and why."""
    advice = Advice(error.title, at_hand(error.advice))
    return replace(state, saving=AddSaving.FAILED, trouble=advice)


def back(state: Adding) -> Adding:
    """Go back a page; the code is entered anew, what else is in the details is kept."""
    empty = CodeCheck(None)
    if state.other is not None or state.page is AddPage.KINDS:
        return _back_among_others(state)
    if state.client is not None:
        return _back_at_sign_in(state)
    if state.page is AddPage.TEST and wants_login(state):
        return replace(state, page=AddPage.CODE, code=empty, trial=None, trouble=None)
    return replace(state, page=AddPage.ADDRESS, code=empty, trial=None, trouble=None)


def _back_among_others(state: Adding) -> Adding:
    match state.page:
        case AddPage.TEST:
            return replace(state, page=AddPage.DETAILS, trial=None, trouble=None)
        case AddPage.KINDS:
            return type_address(replace(state, page=AddPage.ADDRESS), state.typed)
        case _:
            return to_kinds(state)


def _back_at_sign_in(state: Adding) -> Adding:
    if state.page is AddPage.TEST:
        return replace(state, page=AddPage.SIGN_IN, sign_in=None, trial=None, trouble=None)
    return to_code(state) if state.sign_in is None else replace(state, sign_in=None)


def to_server(state: Adding) -> Adding:
    """Go back to the first page, with the server in sight."""
    empty = CodeCheck(None)
    state = replace(state, page=AddPage.ADDRESS, code=empty, client=None, trial=None, trouble=None)
    return unfold(state)


def at_rest(state: Adding) -> Adding:
    """Return the state with nothing under way but a search: what another window goes on with."""
    running = state.trial is not None and state.trial.verdict is Verdict.RUNNING
    if running or (state.sign_in is not None and state.sign_in.waiting):
        state = stop(state)
    saving = AddSaving.NOT_YET if state.saving is AddSaving.RUNNING else state.saving
    return replace(state, checking=False, saving=saving)


def advice(state: Adding) -> Advice | None:
    """Return the one card below the rows."""
    if state.trouble is not None:
        return state.trouble
    return None if state.trial is None else state.trial.advice


def headline(state: Adding) -> Headline | None:
    """Return what stands above the test, None: the test's own words."""
    if state.saving is not AddSaving.FAILED:
        return None
    passed = state.trial is not None and state.trial.verdict is Verdict.PASSED
    more = text("The test was good. Try to save it again.") if passed else text("Try again.")
    return Headline(text("The account is not saved"), more)


def may_go_on(state: Adding) -> bool:
    """Tell whether the address, and a server for it, are there."""
    if state.checking or not state.mailbox or state.problems:
        return False
    if state.by_hand is not None:
        return bool(state.by_hand["host"].strip())
    return state.provider is not None or state.proposal is not None


def wants_login(state: Adding) -> bool:
    """Tell whether there is a code to enter."""
    return state.account is not None and state.account.auth is not Auth.NONE


def provider_of(state: Adding) -> Provider | None:
    """Return the row of the server that is used: by hand it may be another than the address's."""
    if state.by_hand is not None:
        return for_host(state.by_hand["host"].strip())
    return state.provider


def _server(host: str, port: int, security: str) -> dict[str, str]:
    return {"host": host, "port": str(port), "security": security}


def _mailbox(typed: str) -> str:
    """Return the address typed so far when it is a whole one, else ""."""
    try:
        mailbox = parse_address(typed).mailbox
    except InputError:
        return ""
    return mailbox if "." in mailbox.rpartition("@")[2] else ""


def _domain(state: Adding) -> str:
    return state.mailbox.rpartition("@")[2]
