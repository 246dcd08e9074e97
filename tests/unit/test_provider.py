from __future__ import annotations

import pytest

from traymail.core.account import Limits, Security
from traymail.core.provider import (
    PROVIDERS,
    AuthKind,
    by_id,
    for_address,
    for_host,
    meant_domain,
)

TLS, STARTTLS = Security.TLS, Security.STARTTLS


@pytest.mark.parametrize(
    ("address", "row", "host", "port", "security", "auth"),
    [
        ("123456@qq.com", "qq", "smtp.qq.com", 465, TLS, AuthKind.AUTHORIZATION_CODE),
        ("ME@QQ.COM", "qq", "smtp.qq.com", 465, TLS, AuthKind.AUTHORIZATION_CODE),
        ("a@foxmail.com", "foxmail", "smtp.qq.com", 465, TLS, AuthKind.AUTHORIZATION_CODE),
        ("a@163.com", "163", "smtp.163.com", 465, TLS, AuthKind.AUTHORIZATION_CODE),
        ("a@yeah.net", "yeah", "smtp.yeah.net", 465, TLS, AuthKind.AUTHORIZATION_CODE),
        ("a@gmail.com", "gmail", "smtp.gmail.com", 465, TLS, AuthKind.APP_PASSWORD),
        ("a@hotmail.com", "outlook", "smtp-mail.outlook.com", 587, STARTTLS, AuthKind.OAUTH2),
        ("a@x.onmicrosoft.com", "office365", "smtp.office365.com", 587, STARTTLS, AuthKind.OAUTH2),
        ("a@icloud.com", "icloud", "smtp.mail.me.com", 587, STARTTLS, AuthKind.APP_PASSWORD),
        ("a@gmx.com", "gmx.com", "mail.gmx.com", 465, TLS, AuthKind.PASSWORD),
        ("a@pm.me", "proton-bridge", "127.0.0.1", 1025, STARTTLS, AuthKind.BRIDGE_PASSWORD),
    ],
)
def test_an_address_finds_its_provider(
    address: str, row: str, host: str, port: int, security: Security, auth: AuthKind
) -> None:
    found = for_address(address)
    assert found is not None
    assert (found.id, found.host, found.port, found.security, found.auth_kind) == (
        row,
        host,
        port,
        security,
        auth,
    )


@pytest.mark.parametrize(
    "address", ["a@example.com", "a@vip.qq.com", "a@notqq.com", "a@qq.com.evil.example", "a@", ""]
)
def test_a_domain_that_is_not_in_the_table_yields_nothing(address: str) -> None:
    assert for_address(address) is None


@pytest.mark.parametrize(
    ("host", "row"),
    [
        ("smtp.qq.com", "qq"),
        ("SMTP.163.com.", "163"),
        ("hwsmtp.exmail.qq.com", "exmail.qq"),
        ("email-smtp.eu-west-1.amazonaws.com", "ses"),
        ("127.0.0.1", None),
        ("", None),
        ("mail.example.com", None),
    ],
)
def test_a_host_finds_its_provider(host: str, row: str | None) -> None:
    found = for_host(host)
    assert (found.id if found else None) == row


@pytest.mark.parametrize(
    ("row", "mailbox", "username"),
    [
        ("qq", "123456@qq.com", "123456@qq.com"),
        ("web.de", "anna.b@web.de", "anna.b"),
        ("sendgrid", "a@example.com", "apikey"),
    ],
)
def test_the_login_name_follows_the_provider(row: str, mailbox: str, username: str) -> None:
    provider = by_id(row)
    assert provider is not None
    assert provider.username_for(mailbox) == username


def test_known_sizes_and_limits() -> None:
    qq, gmail, netease = by_id("qq"), by_id("gmail"), by_id("163")
    assert qq is not None
    assert gmail is not None
    assert netease is not None
    assert qq.max_message_bytes == 70_000_000
    assert gmail.limits == Limits(per_day=500)
    assert netease.max_message_bytes is None


def test_the_table_is_sound() -> None:
    assert len({row.id for row in PROVIDERS}) == len(PROVIDERS)
    domains = [domain for row in PROVIDERS for domain in row.domains]
    assert len(set(domains)) == len(domains)
    for row in PROVIDERS:
        assert row.endpoints, row.id
        assert row.host or not row.domains, row.id
        assert all(entry.security is not Security.NONE for entry in row.endpoints), row.id
        assert all(entry.port != 25 for entry in row.endpoints), row.id
        assert not row.help_url or row.help_url.startswith("https://"), row.id
        assert str(row.auth_kind.secret_name)


def test_an_unknown_id_is_none() -> None:
    assert by_id("") is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("qq.con", "qq.com"),
        ("QQ.CO", "qq.com"),
        ("163.cmo", "163.com"),
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.con", "gmail.com"),
        ("hotmal.com", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("outlook.vom", "outlook.com"),
        ("ahoo.com", "yahoo.com"),
        ("yeha.net", None),
        ("qq.com", None),
        ("q.com", None),
        ("16.com", None),
        ("mail.com", None),
        ("email.com", None),
        ("ymail.com", None),
        ("cloud.com", None),
        ("gmx.fr", None),
        ("hotmail.fr", None),
        ("example.com", None),
        ("x.onmicrosoft.com", None),
        ("sub.qq.con", None),
        ("localhost", None),
        ("", None),
    ],
)
def test_a_slip_in_a_great_domain_is_recognised(typed: str, meant: str | None) -> None:
    assert meant_domain(f"li.na@{typed}") == meant


def test_no_domain_of_the_table_is_a_slip() -> None:
    domains = [one.replace("*", "x") for row in PROVIDERS for one in row.domains]
    assert [one for one in domains if meant_domain(f"me@{one}")] == []
