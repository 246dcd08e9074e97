from __future__ import annotations

import pytest

from traymail.core.account import Limits, Security
from traymail.core.provider import (
    PROVIDERS,
    AuthKind,
    by_id,
    for_address,
    for_exchangers,
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
        ("a@vip.qq.com", "qq", "smtp.qq.com", 465, TLS, AuthKind.AUTHORIZATION_CODE),
        ("a@163.com", "163", "smtp.163.com", 465, TLS, AuthKind.AUTHORIZATION_CODE),
        ("a@vip.163.com", "vip.163", "smtp.vip.163.com", 465, TLS, AuthKind.AUTHORIZATION_CODE),
        ("a@vip.126.com", "vip.126", "smtp.vip.126.com", 465, TLS, AuthKind.AUTHORIZATION_CODE),
        ("a@188.com", "188", "smtp.188.com", 465, TLS, AuthKind.AUTHORIZATION_CODE),
        ("a@sina.cn", "sina.cn", "smtp.sina.cn", 465, TLS, AuthKind.AUTHORIZATION_CODE),
        ("a@vip.sina.com", "vip.sina", "smtp.vip.sina.com", 465, TLS, AuthKind.AUTHORIZATION_CODE),
        ("a@yeah.net", "yeah", "smtp.yeah.net", 465, TLS, AuthKind.AUTHORIZATION_CODE),
        ("a@gmail.com", "gmail", "smtp.gmail.com", 465, TLS, AuthKind.APP_PASSWORD),
        ("a@googlemail.com", "gmail", "smtp.gmail.com", 465, TLS, AuthKind.APP_PASSWORD),
        ("a@live.com", "outlook", "smtp-mail.outlook.com", 587, STARTTLS, AuthKind.OAUTH2),
        ("a@live.co.uk", "outlook", "smtp-mail.outlook.com", 587, STARTTLS, AuthKind.OAUTH2),
        ("a@outlook.com", "outlook", "smtp-mail.outlook.com", 587, STARTTLS, AuthKind.OAUTH2),
        ("a@live.cn", "outlook", "smtp-mail.outlook.com", 587, STARTTLS, AuthKind.OAUTH2),
        ("a@msn.com", "outlook", "smtp-mail.outlook.com", 587, STARTTLS, AuthKind.OAUTH2),
        ("a@outlook.jp", "outlook", "smtp-mail.outlook.com", 587, STARTTLS, AuthKind.OAUTH2),
        ("a@hotmail.co.uk", "outlook", "smtp-mail.outlook.com", 587, STARTTLS, AuthKind.OAUTH2),
        ("a@yahoo.co.uk", "yahoo", "smtp.mail.yahoo.com", 465, TLS, AuthKind.APP_PASSWORD),
        ("a@zoho.eu", "zoho.eu", "smtp.zoho.eu", 465, TLS, AuthKind.PASSWORD_OR_CODE),
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
    "address",
    [
        *("a@example.com", "a@notqq.com", "a@qq.com.evil.example", "a@vip.qq.com.evil.example"),
        *("a@hotmail.evil.example", "a@outlook.com.evil.example", "a@", ""),
    ],
)
def test_a_domain_that_is_not_in_the_table_yields_nothing(address: str) -> None:
    assert for_address(address) is None


@pytest.mark.parametrize(
    ("host", "row"),
    [
        ("smtp.qq.com", "qq"),
        ("SMTP.163.com.", "163"),
        ("hwsmtp.exmail.qq.com", "exmail.qq"),
        ("smtp.mxhichina.com", "aliyun-qiye"),
        ("smtp.partner.outlook.cn", "office365-cn"),
        ("smtp.zoho.eu", "zoho.eu"),
        ("smtppro.zoho.com", "zoho-company"),
        ("smtppro.zoho.com.au", "zoho-company.eu"),
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


@pytest.mark.parametrize(
    ("exchangers", "row"),
    [
        (["mxbiz1.qq.com.", "mxbiz2.qq.com."], "exmail.qq"),
        (["MXBIZ1.QQ.COM"], "exmail.qq"),
        (["qiye163mx01.mxmail.netease.com.", "qiye163mx02.mxmail.netease.com."], "netease-qiye"),
        (["mx.qiye.163.com."], "netease-qiye"),
        (["mx.ym.163.com."], "netease-qiye-free"),
        (["mx1.qiye.aliyun.com."], "aliyun-qiye"),
        (["mxn.mxhichina.com.", "mxw.mxhichina.com."], "aliyun-qiye"),
        (["mx1.feishu.cn."], "feishu"),
        (["mx1.larksuite.com."], "lark"),
        (["aspmx.l.google.com.", "alt1.aspmx.l.google.com."], "gmail"),
        (["aspmx2.googlemail.com."], "gmail"),
        (["smtp.google.com."], "gmail"),
        (["shop-example-com.mail.protection.outlook.com."], "office365"),
        (["shop-example-com.a-v1.mx.microsoft."], "office365"),
        (["shop-example-cn.mail.protection.partner.outlook.cn."], "office365-cn"),
        (["hotmail-com.olc.protection.outlook.com."], "outlook"),
        (["mx.zoho.com.", "mx2.zoho.com."], "zoho-company"),
        (["mx.zoho.eu."], "zoho-company.eu"),
        (["in1-smtp.messagingengine.com."], "fastmail"),
        (["mx.yandex.net."], "yandex"),
        (["mail.protonmail.ch."], "proton-bridge"),
        (["filter.example.net.", "mxbiz1.qq.com."], "exmail.qq"),
        (["aspmx.l.google.com.evil.example."], None),
        (["evilmxbiz1.qq.com.example."], None),
        (["mail.example.com."], None),
        (["127.0.0.1", "*", "", "."], None),
        ([], None),
    ],
)
def test_the_exchangers_of_a_domain_tell_its_provider(
    exchangers: list[str], row: str | None
) -> None:
    found = for_exchangers(exchangers)
    assert (found[0].id if found else None) == row
    if found:
        assert found[1] in {one.lower().rstrip(".") for one in exchangers}


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
        assert row.host or not (row.domains or row.exchangers), row.id
        assert all("." in one.lstrip("*.") for one in row.exchangers), row.id
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
        ("yeah.nte", "yeah.net"),
        ("yeah.com", "yeah.net"),
        ("qq.comm", "qq.com"),
        ("qq.cn", "qq.com"),
        ("l63.com", "163.com"),
        ("l26.con", "126.com"),
        ("163.cn", "163.com"),
        ("189.com", "189.cn"),
        ("vip.qq.con", "vip.qq.com"),
        ("foxmial.com", "foxmail.com"),
        ("outlook.con", "outlook.com"),
        ("hotmal.co.uk", "hotmail.co.uk"),
        ("googlemail.co", "googlemail.com"),
        ("liv.cn", None),
        ("qq.com", None),
        ("q.com", None),
        ("16.com", None),
        ("mail.com", None),
        ("email.com", None),
        ("ymail.com", None),
        ("cloud.com", None),
        ("gmx.fr", None),
        ("gmx.example", None),
        ("hotmail.fr", None),
        ("hotmail.example", None),
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
