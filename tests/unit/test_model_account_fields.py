"""The fields of an account: what its form shows, and what of it is written."""

import tomllib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.accounts import QQ
from traymail.accounts import KINDS, kind_of
from traymail.accounts import smtp_fields as model
from traymail.core.account import Account, Limits, Security
from traymail.core.account_form import as_written
from traymail.core.account_kind import read_account
from traymail.core.errors import Problem
from traymail.core.fields import fields_of
from traymail.core.kinds import ALL
from traymail.core.message import Address
from traymail.core.robots import WECOM_HOST, WecomAccount
from traymail.core.sendgrid import SendgridAccount
from traymail.core.webhooks import WebhookAccount

LIMITED = replace(QQ, limits=Limits(1, 2, 3))
ROBOT = WecomAccount(
    name="team",
    host="::1",
    port=81,
    security=Security.NONE,
    username="team",
    limits=Limits(20, 1200, 28_800),
)
BULK = SendgridAccount(
    name="bulk",
    address=Address("me@x.example", "Me"),
    host="api.eu.sendgrid.com",
    port=443,
    username="bulk",
    limits=Limits(20, 200, 500),
)


def hook(preset: str, more: str = "") -> WebhookAccount:
    source = f'[accounts.hook]\nkind = "webhook"\npreset = "{preset}"\n{more}'
    table = tomllib.loads(source)["accounts"]["hook"]
    account = read_account("hook", table, "/home/me", KINDS, lambda: ALL, [])
    assert isinstance(account, WebhookAccount)
    return account


OWN = """webhook = { body = '{"a": ["{text}"]}', success = 'a.b == "x"', max_bytes = 999 }"""
HOOKS = (
    hook("ntfy", 'api_url = "https://ntfy.example:8443"\ntimeout_seconds = 7'),
    hook("custom", OWN),
    hook("custom", """webhook = { body = "{\\"a\\": \\"'{body}\\"}" }"""),
)
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
    values = kind_of(account).values_of(account)
    assert values["address"] == "123456@qq.com"
    assert (values["max_per_minute"], values["max_per_day"]) == ("20", "1000000")
    assert values["password_command"] == "pass 'mail/my qq'"
    assert (values["max_message_mb"], values["retry_for"], values["undo_seconds"]) == (
        "70.5",
        "3d",
        "0",
    )


@pytest.mark.parametrize(
    "account", [replace(QQ, limits=Limits(1, 2, 3)), ROBOT, BULK, *HOOKS], ids=lambda one: one.kind
)
def test_every_value_has_its_field_and_every_field_its_value(account: Account) -> None:
    kind = kind_of(account)
    values = kind.values_of(account)
    fields = {field.name: field for field in fields_of((*kind.upper(), *kind.lower(account)))}
    assert fields.keys() == values.keys()
    written = {
        name: as_written((*kind.upper(), *kind.lower(account)), name, values[name])
        for name in values
    }
    table = {"kind": account.kind} | {k: v for k, v in written.items() if v is not None}
    problems: list[Problem] = []
    assert read_account(account.name, table, "/home/me", KINDS, lambda: ALL, problems) == account, (
        problems
    )


def test_what_is_usual_for_a_robot_is_folded_away() -> None:
    kind = kind_of(ROBOT)
    usual = replace(ROBOT, host=WECOM_HOST, port=443, security=Security.TLS)
    for field in fields_of(kind.lower(ROBOT)):
        assert field.default == kind.values_of(usual)[field.name], field.name
    assert kind.values_of(ROBOT)["api_url"] == "http://[::1]:81"


def test_what_is_unusual_for_a_webhook_is_not_folded_away() -> None:
    unusual = []
    for account in (hook("ntfy"), *HOOKS):
        kind = kind_of(account)
        values = kind.values_of(account)
        rare = [one for one in fields_of(kind.lower(account)) if one.rare]
        unusual.append([one.name for one in rare if one.default != values[one.name]])
    assert unusual == [[], ["api_url", "timeout_seconds"], ["webhook"], ["webhook"]]


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("webhook", "{ body = 'x' }", {"body": "x"}),
        ("webhook", "{ body", "{ body"),
        ("webhook", "1\nb = 2", 1),
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
    assert as_written((*kind_of(QQ).upper(), *kind_of(QQ).lower(QQ)), name, value) == written


@pytest.mark.parametrize("account", [QQ, OTHER, replace(QQ, provider="163")])
def test_a_rare_field_is_folded_unless_it_is_unusual(account: Account) -> None:
    kind = kind_of(account)
    values = kind.values_of(account)
    fields = {field.name: field for field in fields_of(kind.lower(account))}
    for name in ("username", "auth", "ca_file", "password_command", "timeout_seconds"):
        assert fields[name].rare
        assert fields[name].default == values[name]
    unusual = replace(account, username="somebody")
    fields = {field.name: field for field in fields_of(kind.lower(unusual))}
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
