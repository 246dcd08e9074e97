"""The fields of an account: what its form shows, and what of it is written."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.accounts import QQ
from traymail.accounts import smtp_fields as model
from traymail.accounts.fields import as_written
from traymail.core.account import Account, Limits
from traymail.core.fields import fields_of
from traymail.core.message import Address

OTHER = replace(
    QQ, address=Address("me@x.example"), host="mail.x.example", username="me@x.example", provider=""
)


def test_what_the_form_shows() -> None:
    account = replace(
        QQ,
        limits=Limits(20, 200, 1_000_000),
        password_command=("pass", "mail/my qq"),
        max_message_bytes=70_500_000,
        retry_for=timedelta(days=3),
        undo=timedelta(seconds=0),
    )
    values = model.values_of(account)
    assert values["address"] == "123456@qq.com"
    assert (values["max_per_minute"], values["max_per_day"]) == ("20", "1000000")
    assert values["password_command"] == "pass 'mail/my qq'"
    assert (values["max_message_mb"], values["retry_for"], values["undo_seconds"]) == (
        "70.5",
        "3d",
        "0",
    )


def test_every_value_has_its_field_and_every_field_its_value() -> None:
    names = {field.name for field in fields_of((*model.UPPER, *model.LOWER))}
    assert names == set(model.values_of(QQ))


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("host", " smtp.x.example ", "smtp.x.example"),
        ("host", "  ", None),
        ("port", "465", 465),
        ("port", "many", "many"),
        ("max_message_mb", "2.5", 2.5),
        ("password_command", "pass 'my qq'", ["pass", "my qq"]),
        ("password_command", "pass 'open", "pass 'open"),
    ],
)
def test_what_is_written(name: str, value: str, written: Any) -> None:  # noqa: ANN401 # TOML's
    assert as_written((*model.UPPER, *model.LOWER), name, value) == written


@pytest.mark.parametrize("account", [QQ, OTHER, replace(QQ, provider="163")])
def test_a_rare_field_is_folded_unless_it_is_unusual(account: Account) -> None:
    values = model.values_of(account)
    fields = {field.name: field for field in fields_of(model.lower_for(account))}
    for name in ("username", "auth", "ca_file", "password_command", "timeout_seconds"):
        assert fields[name].rare
        assert fields[name].default == values[name]
    unusual = replace(account, username="somebody")
    fields = {field.name: field for field in fields_of(model.lower_for(unusual))}
    assert fields["username"].default != "somebody"


@pytest.mark.parametrize(
    ("port", "provider", "words"),
    [
        ("465", "qq", None),
        ("587", "", None),
        ("many", "qq", None),
        ("26", "qq", "Port 26 is unusual. QQ Mail listens on 465 (SSL/TLS) and 587 (STARTTLS)."),
        (
            "26",
            "",
            "Port 26 is unusual. Most servers listen on 465 (SSL/TLS) and 587 (STARTTLS).",
        ),
    ],
)
def test_an_unusual_port_is_remarked_on(port: str, provider: str, words: str | None) -> None:
    told = model.remark_on_server({"port": port}, provider)
    assert (None if told is None else str(told)) == words


def test_a_port_of_any_length_may_be_typed() -> None:
    told = model.remark_on_server({"port": "9" * 5000}, "")
    assert str(told).startswith("Port 999")
