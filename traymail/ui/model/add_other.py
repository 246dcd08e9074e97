"""An account of another kind than mail that is to be: its kind, what stands in its form."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from traymail.accounts import KINDS
from traymail.core.account import Account, Auth
from traymail.core.account_form import as_written
from traymail.core.account_kind import AccountKind, SecretWords
from traymail.core.errors import Problem
from traymail.core.fields import Choice, Field, FieldKind, Form, Section, fields_of
from traymail.core.provider import free_name
from traymail.core.texts import text
from traymail.ui.model.guides import CodeCheck, check_code, checked_by, guide_of

NAME = Field(
    "name", text("&Name"), help=text("What it is called here: in lists, and where rules name it.")
)


@dataclass(frozen=True, slots=True)
class Other:
    """What is known of it.

    ``account``: what the fields made when they were judged last; ``fresh``: as they are now.
    """

    kind: str
    values: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    fresh: bool = False


def listed() -> tuple[AccountKind[Any], ...]:
    """Return the kinds that are offered."""
    return tuple(kind for kind in KINDS.values() if kind.listed)


def begin(kind: str) -> Other:
    """Return an account of this kind of which nothing is typed yet."""
    return Other(kind, {one.name: _default(one) for one in fields_of(form_of(kind))})


def form_of(kind: str) -> Form:
    """Return what is asked of an account of this kind, but for its secret."""
    return (Section(None, (NAME,)), *KINDS[kind].asked_first())


def name_it(other: Other, taken: Collection[str]) -> Other:
    """Give it a name that is free, unless one is typed already."""
    if other.values[NAME.name].strip():
        return other
    return replace(other, values={**other.values, NAME.name: free_for(other, taken)})


def free_for(other: Other, taken: Collection[str]) -> str:
    """Return the name that it has, or one that is free."""
    return other.values[NAME.name].strip() or free_name(None, f"@{other.kind}", taken)


def table(other: Other) -> dict[str, Any]:
    """Return the account's table."""
    form = form_of(other.kind)
    written = {
        name: as_written(form, name, value)
        for name, value in other.values.items()
        if name != NAME.name
    }
    return {"kind": other.kind, **{key: one for key, one in written.items() if one is not None}}


def at_fields(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return problems at the fields they are about: that of no key is the name's."""
    return tuple(one if one.where else replace(one, where=NAME.name) for one in problems)


def taken_name(name: str) -> Problem:
    """Return what is wrong with a name that another account has."""
    return Problem(NAME.name, text("There is an account {name} already.", name=name))


def secret_words(other: Other) -> SecretWords | None:
    """Return what its secret is called, None where it has none."""
    account = other.account
    if account is not None and account.auth is Auth.NONE:
        return None
    return KINDS[other.kind].secret(account)


def check_secret(other: Other, typed: str) -> CodeCheck:
    """Return what is to be said of what stands in the field of the secret."""
    words = secret_words(other)
    if words is None:
        return CodeCheck(None)
    account = other.account if other.fresh else None
    return checked_by(KINDS[other.kind], check_code(guide_of(words), typed), account)


def _default(one: Field) -> str:
    """Return what a field begins with: of choices, the first where none is named."""
    pick = one.kind in {FieldKind.CHOICE, FieldKind.SEGMENTS} and not one.default
    first: Choice | None = next(iter(one.choices), None) if pick else None
    return one.default if first is None else first.value
