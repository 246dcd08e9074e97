"""The editor of one rule: what is typed, what is wrong with it, what it would mail now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import PurePath

from traymail.accounts import kind_of
from traymail.core.account import Account
from traymail.core.errors import Problem, SettingsError, TraymailError
from traymail.core.fields import Choice, place_problems
from traymail.core.reports import RulePreview
from traymail.core.settings import Settings
from traymail.core.texts import Text, text
from traymail.ui.model.actions import Actions, Offered
from traymail.ui.model.rule_form import Kind, Table, Values, form_of, table_of, values_of
from traymail.ui.model.sentences import of_problems, sentence_of


class EditorWork(Enum):
    """What is under way; LOADING: the form is not there yet."""

    LOADING = "loading"
    NONE = "none"
    SAVING = "saving"
    REMOVING = "removing"


@dataclass(frozen=True, slots=True)
class Editing:
    """One rule in its editor. ``before`` is its saved name, None for a new one.

    ``touched`` are the fields whose problems are told while one types; once ``all_told``, those of
    all fields are. ``clash``: the file was changed where the user changed something else; ``lost``:
    the rule is not in the file any more.
    ``preview`` is of what was typed last but for ``stale`` ones.
    """

    kind: Kind
    before: str | None = None
    work: EditorWork = EditorWork.LOADING
    table: Table = field(default_factory=dict)
    saved: Values = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    touched: frozenset[str] = frozenset()
    all_told: bool = False
    problems: tuple[Problem, ...] = ()
    hints: tuple[Problem, ...] = ()
    accounts: Mapping[str, Account] = field(default_factory=dict)
    default: str = ""
    taken: frozenset[str] = frozenset()
    trouble: Text | None = None
    clash: bool = False
    lost: bool = False
    looking: bool = False
    preview: RulePreview | None = None
    unseen: Text | None = None
    mail: int = 0

    @property
    def changed(self) -> bool:
        """Whether there is something to save."""
        return self.values != self.saved

    @property
    def table_now(self) -> dict[str, object]:
        """What would be written."""
        return table_of(self.kind, self.values, self.table)


def known(state: Editing, settings: Settings) -> Editing:
    """Take in the accounts, and the names that other rules have."""
    names = frozenset(rule.name for rule in settings.rules) - {state.before}
    return replace(
        state,
        accounts=settings.accounts,
        default=settings.default_account,
        taken=names,
    )


def begun(state: Editing, name: str) -> Editing:
    """Return the editor of a new rule, called ``name`` until its source gives it one."""
    values = {**values_of(state.kind, {}), "name": _free(name, state.taken)}
    return replace(state, work=EditorWork.NONE, saved=values, values=values)


def loaded(state: Editing, table: Table) -> Editing:
    """Return the editor of a saved rule; what is wrong with that is told from the beginning."""
    values = values_of(state.kind, table)
    return replace(
        state, work=EditorWork.NONE, table=table, saved=values, values=values, all_told=True
    )


def not_loaded(state: Editing, error: TraymailError) -> Editing:
    """Return the editor when the rule could not be read: it stays without a form."""
    return replace(state, trouble=sentence_of(error))


def edited(state: Editing, name: str, values: Values) -> Editing:
    """Take in what stands in the fields now; the field ``name`` was changed by the user."""
    named = {**state.values, **values}
    if "name" not in state.touched and state.before is None:
        named["name"] = _named_after(name, named, state)
    problems = state.problems
    if name not in told(state):
        # They were about what stood there before, and the user has never seen them.
        problems = tuple(one for one in problems if name not in _placed(state, (one,))[0])
    touched = state.touched | {name}
    return replace(state, values=named, touched=touched, problems=problems, hints=(), trouble=None)


def _named_after(changed: str, values: Values, state: Editing) -> str:
    """Return a new rule's name: that of its folder or log, until the user gives it one."""
    kind = state.kind
    if changed != kind.source_key:
        return values["name"]
    name = kind.name_after(PurePath(values[changed].partition("\n")[0].strip()))
    return _free(name, state.taken) if name.strip("~") else values["name"]


def _free(name: str, taken: frozenset[str]) -> str:
    if name not in taken:
        return name
    return next(one for number in range(2, 10**6) if (one := f"{name} {number}") not in taken)


# --- what is wrong ----------------------------------------------------------------------------


def judged(state: Editing, problems: tuple[Problem, ...]) -> Editing:
    """Take in what is wrong with the values of the moment, and what is worth a remark."""
    hints = tuple(one for one in problems if one.hint)
    problems = tuple(one for one in problems if not one.hint)
    _, unplaced = _placed(state, problems)
    preview = None if problems else state.preview
    return replace(
        state,
        problems=problems,
        hints=hints,
        preview=preview,
        unseen=None if problems else state.unseen,
        looking=False if problems else state.looking,
        trouble=of_problems(unplaced) if unplaced else state.trouble,
    )


def _placed(
    state: Editing, problems: tuple[Problem, ...]
) -> tuple[dict[str, Problem], tuple[Problem, ...]]:
    return place_problems(form_of(state.kind), problems)


def told(state: Editing) -> dict[str, Problem]:
    """Return the problem that is shown at each field, in the form's order."""
    placed, _ = _placed(state, state.problems)
    if state.all_told:
        return placed
    return {name: problem for name, problem in placed.items() if name in state.touched}


def remarks(state: Editing) -> dict[str, Problem]:
    """Return the hint of each field that has one and no problem."""
    placed, _ = _placed(state, state.hints)
    return {name: hint for name, hint in placed.items() if name not in told(state)}


def barred(state: Editing) -> dict[str, Text]:
    """Return the empty fields that the rule's account has no use for, and why it has none.

    What stands in one can be taken out, and is a problem until then.
    """
    account = state.accounts.get(state.values.get("account") or state.default)
    cannot = {} if account is None else kind_of(account).refused(account)
    return {name: words for name, words in cannot.items() if state.values.get(name) == ""}


# --- what it would mail -----------------------------------------------------------------------


def waiting(state: Editing) -> Editing:
    """Say that the preview is being made: it takes its time."""
    return replace(state, looking=True)


def previewed(state: Editing, preview: RulePreview) -> Editing:
    """Show what the values of the moment would mail."""
    mails = len(preview.preview.mails)
    mail = min(state.mail, max(mails - 1, 0))
    return replace(state, preview=preview, unseen=None, looking=False, mail=mail)


def not_previewed(state: Editing, error: TraymailError) -> Editing:
    """Say why nothing can be shown."""
    if isinstance(error, SettingsError):
        return judged(replace(state, looking=False), error.problems)
    return replace(state, preview=None, unseen=sentence_of(error), looking=False)


def turn(state: Editing, step: int) -> Editing:
    """Show the next mail of the preview, or the one before."""
    mails = 0 if state.preview is None else len(state.preview.preview.mails)
    return replace(state, mail=min(max(state.mail + step, 0), max(mails - 1, 0)))


# --- saving -----------------------------------------------------------------------------------


def saving(state: Editing) -> Editing:
    """Begin to save: from here on, everything that is wrong is told."""
    return replace(state, work=EditorWork.SAVING, all_told=True, trouble=None)


def removing(state: Editing) -> Editing:
    """Begin to remove the rule."""
    return replace(state, work=EditorWork.REMOVING, trouble=None)


def refused(state: Editing, problems: tuple[Problem, ...]) -> Editing:
    """Return the editor when there is something to mend before it can be saved."""
    return judged(replace(state, work=EditorWork.NONE), problems)


def failed(state: Editing, error: TraymailError) -> Editing:
    """Return the editor when saving or removing did not work."""
    if isinstance(error, SettingsError):
        return refused(state, error.problems)
    return replace(state, work=EditorWork.NONE, trouble=sentence_of(error))


# --- the file, changed meanwhile --------------------------------------------------------------


def followed(state: Editing, table: Table) -> Editing:
    """Take in what the file says now; what the user has changed and not saved is kept."""
    fresh = values_of(state.kind, table)
    values = {
        name: words if state.values[name] == state.saved[name] else state.values[name]
        for name, words in fresh.items()
    }
    clash = any(fresh[name] != state.saved[name] and values[name] != fresh[name] for name in fresh)
    return replace(state, table=table, saved=fresh, values=values, clash=state.clash or clash)


def gone(state: Editing) -> Editing:
    """Return the editor of a rule that is not in the file any more: to save it adds it again."""
    return replace(state, before=None, table={}, saved={}, clash=False, lost=True)


def by_file(state: Editing) -> Editing:
    """Give up what the user has changed: show what the file says."""
    return replace(state, values=state.saved, clash=False, touched=frozenset())


# --- what the window shows --------------------------------------------------------------------


class RuleAct(Enum):
    """What the buttons do."""

    REMOVE = "remove"
    CANCEL = "cancel"
    SAVE = "save"


_CANCEL = (Offered(text("&Cancel"), RuleAct.CANCEL),)


def buttons(state: Editing) -> Actions[RuleAct]:
    """Return what the bar below offers."""
    idle, wrong = state.work is EditorWork.NONE, len(told(state))
    if state.work is EditorWork.SAVING:
        caption = text("Saving…")
    elif state.values.get("enabled", "true") == "true":
        caption = text("&Save and watch")
    else:
        caption = text("&Save")
    save = Offered(caption, RuleAct.SAVE, idle and not wrong)
    remove = Offered(text("Delete r&ule…"), RuleAct.REMOVE, idle, kind="danger")
    return Actions(() if state.before is None else (remove,), _CANCEL, save, wrong=wrong)


@dataclass(frozen=True, slots=True)
class Strip:
    """A strip above the form; ``reload`` offers to take what the file says."""

    words: Text
    bad: bool = False
    reload: bool = False


def strip(state: Editing) -> Strip | None:
    """Return what has to be said about the whole rule."""
    if state.trouble is not None:
        return Strip(state.trouble, bad=True)
    if state.clash:
        words = text("The file was changed, too. Saving replaces it with your version.")
        return Strip(words, reload=True)
    if state.lost:
        return Strip(text("This rule is no longer in the file. Saving adds it again."))
    return None


def account_choices(state: Editing) -> tuple[Choice, ...]:
    """Return the accounts to choose from; the first leaves it to the default one."""
    names = [Choice(name, _account(state, name)) for name in state.accounts]
    if state.default in state.accounts:
        words = text("{account} (default)", account=_account(state, state.default))
        return (Choice("", words), *names)
    return (Choice("", text("none chosen")), *names)


def _account(state: Editing, name: str) -> Text:
    account = state.accounts[name]
    return kind_of(account).with_address(account)
