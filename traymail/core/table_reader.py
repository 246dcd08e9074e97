"""Reads one table of config.toml, telling everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from traymail.core.errors import Problem
from traymail.core.texts import Text, by_command, in_command, text
from traymail.core.validators import Form, Key, ValidationError, nearest, place_of, table

if TYPE_CHECKING:
    from traymail.core.rule_kind import GetKinds

T = TypeVar("T")

_SECRET_WORDS = {"password", "passwd", "pass", "secret", "code", "token", "api_key", "授权码"}
_ACCOUNTS = "accounts."
Others = Mapping[str, Form[Any]]
_NO_OTHERS: Others = {}


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """A table as a value. ``bad`` are the keys that were reported: stand-ins are in their place."""

    value: T
    bad: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Known:
    """Other tables, which may have the keys that one of them has not."""

    others: Others
    rule_kinds: GetKinds


def read_table(
    form: Form[T],
    written: Mapping[str, object],
    where: str,
    problems: list[Problem],
    rule_kinds: GetKinds,
    others: Others = _NO_OTHERS,
) -> Read[T]:
    """Return ``written`` in its form; what is wrong with it is added to ``problems``.

    ``others`` are all forms that a table at this place may have, by its kind; a key that none of
    them has may be one of ``rule_kinds``.
    """
    known = _Known(others, rule_kinds)
    values, bad = _read_keys(form, written, where, problems, known)
    if bad:
        for name, stand_in in form.stand_ins.items():
            if name in bad or name not in written:
                key = form.keys[name]
                values[key.becomes or name] = _read_value(key, stand_in, where, problems, known)
    return Read(form.kind(**values), bad)


def _read_keys(
    form: Form[Any],
    written: Mapping[str, object],
    where: str,
    problems: list[Problem],
    known: _Known,
) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the fields that are given and right, and the keys that were reported."""
    values: dict[str, Any] = {}
    bad: set[str] = set()
    for name, becomes, required in _order(form):
        place, found = place_of(where, name), list[Problem]()
        if name in written:
            value = _read_value(form.keys[name], written[name], place, found, known)
            if not found:
                values[becomes] = value
        elif required:
            found.append(Problem(place, text("is missing")))
        if found:
            bad.add(name)
            problems += found
    for name in sorted(written.keys() - form.keys.keys()):
        advice = _advice_for_unknown(name, form, where, known)
        problems.append(Problem(place_of(where, name), text("unknown key"), advice=advice))
        bad.add(name)
    return values, frozenset(bad)


@cache
def _order(form: Form[Any]) -> tuple[tuple[str, str, bool], ...]:
    """Return each key, its field and whether it is required; those that are come first."""
    names = {key.becomes or name: name for name, key in form.keys.items()}
    found = [
        (names[one.name], one.name, one.default is MISSING and one.default_factory is MISSING)
        for one in fields(form.kind)
    ]
    return tuple(sorted(found, key=lambda one: not one[2]))


def _read_value(key: Key, value: object, where: str, problems: list[Problem], known: _Known) -> Any:  # noqa: ANN401 # what the key holds
    """Return one value as it is read; what is wrong with it is added to ``problems``."""
    try:
        if isinstance(key.read, Form):
            values, bad = _read_keys(key.read, table(value), where, problems, known)
            return None if bad else key.read.kind(**values)
        return key.read(value)
    except ValidationError as error:
        problems += [Problem(where + f.at, f.what, advice=f.advice) for f in error.findings]
        return None


def _advice_for_unknown(name: str, form: Form[Any], where: str, known: _Known) -> Text | None:
    if name.lower() == "client_secret":
        return by_command(
            text(
                "Secrets never stand in this file: traymail account login {account} "
                "--client-secret asks for it.",
                account=in_command(_account_of(where).removesuffix(".oauth")),
            ),
            in_window=text("Secrets never stand in this file: the sign-in asks for it."),
        )
    if name.lower() in _SECRET_WORDS:
        account = _account_of(where)
        return by_command(
            text(
                "Secrets never stand in this file: traymail account set-secret {account}",
                account=in_command(account) or "--help",
            ),
            in_window=text(
                "Secrets never stand in this file: enter them on the page “Accounts” of the "
                "settings."
            ),
        )
    return _owner(name, form, known) or nearest(name, tuple(form.keys))


def _account_of(where: str) -> str:
    return where.removeprefix(_ACCOUNTS).strip('"') if where.startswith(_ACCOUNTS) else ""


_RULES_OWN = text("It belongs to rules: the tables [[rules]].")
_BOTH_OWN = text("It belongs to accounts and to rules: the tables [accounts.NAME], [[rules]].")


def _owner(name: str, form: Form[Any], known: _Known) -> Text | None:
    """Return where a key belongs that another kind of table knows; None when none does."""
    from traymail.core.tables import ACCOUNT, TOP

    kinds = [kind for kind, one in known.others.items() if name in one.keys]
    if kinds:
        return text("It belongs to accounts of kind “{kind}”.", kind=kinds[0])
    rules = [kind.form for kind in known.rule_kinds()]
    inside = [key.read for one in rules for key in one.keys.values() if isinstance(key.read, Form)]
    owners = [
        one for one in (*rules, *inside, ACCOUNT, TOP) if one is not form and name in one.keys
    ]
    if not owners:
        return None
    if len(owners) == 1:
        return owners[0].owns
    return _RULES_OWN if all(one in rules for one in owners) else _BOTH_OWN
