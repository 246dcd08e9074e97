"""A key is one row: from it come how it is read, where it stands in the form, what it is called."""

from dataclasses import dataclass, field, fields
from datetime import timedelta

import pytest

from traymail.core import validators as read
from traymail.core.account import Account, AccountTable
from traymail.core.account_form import parts_of
from traymail.core.account_form import values_of as values_of_account
from traymail.core.errors import Problem
from traymail.core.fields import Field, FieldKind, fields_of
from traymail.core.keys import Layout, key, laid_out, rows_of, table_form
from traymail.core.kinds import ALL
from traymail.core.table_reader import read_table
from traymail.core.tables import SmtpTable, TopTable
from traymail.core.texts import text
from traymail.ui.model.general import form_of, values_of

LAYOUT: Layout = ((text("First"), ("size", "wait_seconds")), (None, ("inner.depth",)))


@dataclass(frozen=True, kw_only=True)
class Inner:
    depth: int = field(default=1, metadata=key(read.whole(0, 9), Field("", text("Depth"))))
    width: int = field(
        default=2, metadata=key(read.whole(0, 9), Field("", text("Width")), after="depth")
    )


@dataclass(frozen=True, kw_only=True)
class Thing:
    size: int = field(metadata=key(read.whole(1, 9), Field("", text("Size")), stand_in=1))
    wait: timedelta = field(
        default=timedelta(0),
        metadata=key(
            read.seconds(0, 9), Field("", text("Wait"), FieldKind.NUMBER), called="wait_seconds"
        ),
    )
    inner: Inner = field(
        default=Inner(), metadata=key(table_form(Inner, text("It belongs inside.")))
    )
    last: bool = field(default=False, metadata=key(read.flag, Field("", text("Last"))))
    beside: bool = field(
        default=False, metadata=key(read.flag, Field("", text("Beside")), after="size")
    )
    hidden: bool = field(default=False, metadata=key(read.flag))


@dataclass(frozen=True, kw_only=True)
class Special(Thing):
    last: bool = True


def test_a_key_without_a_place_of_its_own_stands_where_its_row_says() -> None:
    form = laid_out(Thing, LAYOUT)
    assert [[one.name for one in section.fields] for section in form] == [
        ["size", "beside", "wait_seconds"],
        ["inner.depth", "inner.width", "last"],
    ]
    elsewhere = laid_out(Thing, ((None, ("last",)),), ("beside", "size"))
    assert [one.name for one in fields_of(elsewhere)] == [
        *("last", "wait_seconds", "inner.depth", "inner.width")
    ]


def test_a_class_with_another_default_keeps_the_row() -> None:
    assert rows_of(Special)["last"] == rows_of(Thing)["last"]
    assert Special(size=1).last


def test_a_field_that_is_no_key_is_told() -> None:
    @dataclass
    class Odd:
        one: int = 1

    with pytest.raises(LookupError, match="one"):
        rows_of(Odd)


def test_tables_are_read_by_the_rows() -> None:
    found: list[Problem] = []
    form = table_form(Thing, text("It belongs to things."))
    whole = {"size": 3, "wait_seconds": 2, "inner": {"depth": 4}, "hidden": True}
    thing = read_table(form, whole, "", found, lambda: ALL).value
    assert thing == Thing(size=3, wait=timedelta(seconds=2), inner=Inner(depth=4), hidden=True)
    assert found == []
    assert read_table(form, {"wait_seconds": 99}, "", found, lambda: ALL).value == Thing(size=1)
    assert [one.where for one in found] == ["size", "wait_seconds"]


def test_a_key_above_all_tables_is_one_row() -> None:
    """Read and named, with its field at the end of the page: nothing else knows of it."""

    @dataclass(frozen=True, slots=True, kw_only=True)
    class More(TopTable):
        patience: timedelta = field(
            default=timedelta(days=1),
            metadata=key(
                read.duration(timedelta(0), read.YEAR),
                Field("", text("Patience"), FieldKind.DURATION),
            ),
        )

    found: list[Problem] = []
    form = table_form(More, text("It belongs at the top."))
    top = read_table(form, {"patience": "3d", "theme": "dark"}, "", found, lambda: ALL).value
    assert (top.patience, top.theme, found) == (timedelta(days=3), "dark", [])
    read_table(form, {"patiense": "3d"}, "", found, lambda: ALL)
    assert [str(one.advice) for one in found] == ["Did you mean patience?"]
    above, below = form_of(More)
    assert [one.name for one in above.fields] == ["language", "theme", "tray_icon"]
    assert (below.fields[-1].name, below.fields[-1].default) == ("patience", "1d")
    assert values_of(More(patience=timedelta(days=3)), More)["patience"] == "3d"


def test_a_key_of_an_account_is_one_row() -> None:
    """Read, with its field at the end of the form, filled from what has its name."""

    @dataclass(frozen=True, slots=True, kw_only=True)
    class MoreTable(SmtpTable):
        patience: timedelta | None = field(
            default=None,
            metadata=key(
                read.seconds(0, 9), Field("", text("Patience"), FieldKind.NUMBER, rare=True)
            ),
        )

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Patient(Account):
        patience: timedelta

    found: list[Problem] = []
    form = table_form(MoreTable, text("It belongs to accounts."))
    table = read_table(
        form, {"address": "me@x.example", "patience": 3}, "", found, lambda: ALL
    ).value
    assert (table.patience, found) == (timedelta(seconds=3), [])
    upper, lower = parts_of(MoreTable, ("address", "host"))
    assert [one.name for one in fields_of(upper)] == ["address", "host"]
    assert [*fields_of(lower)][-1].name == "patience"
    account = Patient(name="me", address=table.address, patience=timedelta(seconds=3))
    assert values_of_account(MoreTable, account)["patience"] == "3"


def test_what_a_table_tells_is_given_to_its_account() -> None:
    table = AccountTable(undo=timedelta(seconds=9), max_per_day=7)
    assert table.given() == {"undo": timedelta(seconds=9)}
    assert {*fields_names(AccountTable)} - {*fields_names(Account)} == {
        *("display_name", "max_per_minute", "max_per_hour", "max_per_day")
    }


def fields_names(kind: type[Account | AccountTable]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))
