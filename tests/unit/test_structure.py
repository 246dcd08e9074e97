from __future__ import annotations

import contextlib
import tomllib
from dataclasses import fields
from datetime import timedelta
from encodings.aliases import aliases
from pathlib import Path
from typing import Any

import pytest

from traymail.accounts import KINDS
from traymail.core.account import Account, Auth, Limits, Security, WhenUnsure
from traymail.core.errors import Problem, SettingsError
from traymail.core.kinds import ALL
from traymail.core.kinds.folder import FolderKind
from traymail.core.kinds.log import LogKind
from traymail.core.lines import encoding_of, to_utf8
from traymail.core.message import Address
from traymail.core.parse import check, parse
from traymail.core.paths import PathContext, full_path, glob_takes
from traymail.core.robots import GROUP, MessageFormat, Overflow
from traymail.core.rules.folder import After, Again, Existing, FolderRule
from traymail.core.rules.log import THRESHOLD, LogRule, StartAt, Threshold
from traymail.core.settings import Settings
from traymail.core.tables import ACCOUNT, TOP
from traymail.core.texts import Text
from traymail.core.validators import Form, Key, ValidationError, encoding
from traymail.core.webhooks import WebhookAccount

PLACES = PathContext(
    user_home="/home/me",
    own_folders=("/home/me/.traymail/state", "/home/me/.traymail/log"),
    config_file="/home/me/.traymail/config.toml",
    log_file="/home/me/.traymail/log/traymail.log",
)
QQ = '[accounts.qq]\naddress = "123456@qq.com"\n'
FOLDER = '[[rules]]\nname = "F"\nkind = "folder"\nto = ["a@b.cd"]\nfolder = "~/Scans"\n'
LOG = (
    '[[rules]]\nname = "L"\nkind = "log"\nto = ["a@b.cd"]\n'
    "paths = [\"~/log/a.log\"]\nmatch = ['(?P<level>ERROR)']\n"
)
EXAMPLE = """\
version = 1
language = "auto"
default_account = "qq"
rules_max_per_hour = 300

[accounts.qq]
kind = "smtp"
address = "123456@qq.com"
display_name = "小明"
host = "smtp.qq.com"
port = 465
security = "tls"
username = "123456@qq.com"
auth = "password"
ca_file = ""
max_message_mb = 70
max_per_minute = 20
max_per_hour = 200
max_per_day = 500
timeout_seconds = 30
password_command = []
api_url = ""
retry_for = "3d"
when_unsure = "ask"
undo_seconds = 5

[[rules]]
name = "Scans"
kind = "folder"
enabled = true
account = "qq"
to = ["boss@example.com"]
subject = "扫描件 {file.name}"
body = "{file.name}, {file.size}, {time}"
folder = "~/Scans"
recursive = false
include = ["*.pdf", "*.jpg"]
exclude = []
min_bytes = 1
max_bytes = 0
settle_seconds = 5
existing = "skip"
batch_seconds = 0
zip = false
again = "changed"
after = "keep"
move_to = "sent"
failed_to = ""
max_per_hour = 60

[[rules]]
name = "App errors"
kind = "log"
to = ["me@qq.com"]
subject = "[{host}] {rule}: {match.level}"
body = "{lines}"
paths = ["~/log/app/*.log"]
match = ['(?P<level>ERROR|FATAL)\\b']
ignore = ['healthcheck']
encoding = "auto"
start_at = "end"
record_start = ''
before = 0
after_lines = 0
threshold = { count = 1, within = "1m" }
cooldown = "10m"
group_by = ""
silent_for = ""
when_unsure = "resend"
max_per_hour = 20
"""


def read(source: str) -> Settings:
    return parse(tomllib.loads(source), PLACES, KINDS, lambda: ALL)


def problems(source: str) -> dict[str, Problem]:
    with pytest.raises(SettingsError) as raised:
        read(source)
    return {problem.where: problem for problem in raised.value.problems}


def wheres(source: str) -> list[str]:
    return list(problems(source))


TOP_ROWS: list[tuple[str, str, object, str]] = [
    ("language", '"zh_CN"', "zh_CN", '"de"'),
    ("theme", '"dark"', "dark", '"black"'),
    ("tray_icon", '"outlined"', "outlined", '"white"'),
    ("notifications", '"trouble"', "trouble", '"some"'),
    ("default_account", '"qq"', "qq", '"work"'),
    ("rules_max_per_hour", "100000", 100_000, "0"),
    (
        "groups",
        '{ team = ["Li <li@x.example>"] }',
        {"team": (Address("li@x.example", "Li"),)},
        '"team"',
    ),
    ("retention", '"7d"', timedelta(days=7), '"7 days"'),
]


@pytest.mark.parametrize(("key", "good", "value", "bad"), TOP_ROWS)
def test_key_above_the_tables(key: str, good: str, value: object, bad: str) -> None:
    assert getattr(read(f"{key} = {good}\n{QQ}"), key) == value
    assert wheres(f"{key} = {bad}\n{QQ}") == [key]
    assert wheres(f"{key} = [1]\n{QQ}") == [key]


def test_what_is_wrong_in_a_group_has_its_place() -> None:
    source = f'[groups]\nteam = ["li@x.example", "li"]\n"the others" = []\n{QQ}'
    assert wheres(source) == ["groups.team[1]", 'groups."the others"']


ACCOUNT_ROWS: list[tuple[str, str, str | None, object, str]] = [
    ("kind", '"smtp"', "kind", "smtp", '"imap"'),
    ("address", '"Ming <1@qq.com>"', "address", Address("1@qq.com", "Ming"), '"1 qq.com"'),
    ("display_name", '"小明"', "address", Address("123456@qq.com", "小明"), "1"),
    ("host", '"mail.example.com"', "host", "mail.example.com", '"https://x.example"'),
    ("port", "587", "port", 587, "65536"),
    ("security", '"starttls"', "security", Security.STARTTLS, '"ssl"'),
    ("username", '"ming"', "username", "ming", "1"),
    ("auth", '"none"', "auth", None, '"oauth"'),
    ("ca_file", '"~/ca.pem"', "ca_file", str(Path("/home/me/ca.pem")), '"ca.pem"'),
    ("max_message_mb", "10", "max_message_bytes", 10_000_000, "0"),
    ("max_per_minute", "3", "limits", Limits(3, 200, 500), "0"),
    ("max_per_hour", "3", "limits", Limits(20, 3, 500), "0"),
    ("max_per_day", "3", "limits", Limits(20, 200, 3), "-1"),
    ("timeout_seconds", "10", "timeout", timedelta(seconds=10), "0"),
    ("password_command", '["pass", "qq"]', "password_command", ("pass", "qq"), '"pass qq"'),
    ("api_url", '""', None, None, '"https://api.example.com"'),
    ("retry_for", '"1h"', "retry_for", timedelta(hours=1), '"1 hour"'),
    ("when_unsure", '"resend"', "when_unsure", WhenUnsure.RESEND, '"maybe"'),
    ("undo_seconds", "0", "undo", timedelta(0), "-1"),
    ("signature", '"Li\\n**Shop**"', "signature", "Li\n**Shop**", '"a\\u001bb"'),
]


WECOM_ROWS: list[tuple[str, str, str, object, str]] = [
    ("format", '"text"', "format", MessageFormat.TEXT, '"html"'),
    ("overflow", '"refuse"', "overflow", Overflow.REFUSE, '"drop"'),
    ("ca_file", '"~/ca.pem"', "ca_file", str(Path("/home/me/ca.pem")), '"ca.pem"'),
    ("api_url", '"https://q.example"', "host", "q.example", '"http://q.example"'),
    ("api_url", '"https://q.example:8443/"', "port", 8443, '"https://q.example:x"'),
    ("api_url", '"http://[::1]:81"', "security", Security.NONE, '"q.example"'),
    ("api_url", '""', "host", "qyapi.weixin.qq.com", '"https://q.example/a"'),
    ("api_url", '"http://localhost"', "port", 80, '"https://a:b@q.example"'),
    ("api_url", '"https://1.2.3.4"', "host", "1.2.3.4", '"https://[1/"'),
    ("max_per_minute", "3", "limits", Limits(3, 1200, 28_800), "0"),
    ("display_name", '""', "address", GROUP, '"Ming"'),
]


CUSTOM = """preset = "custom"
webhook = { body = '{"a": ["{subject}", 1]}', success = "code == 0", max_bytes = 99 }
"""


def test_a_webhook_of_no_known_service() -> None:
    base = '[accounts.own]\nkind = "webhook"\n'
    one = read(base + CUSTOM).accounts["own"]
    assert isinstance(one, WebhookAccount)
    assert (one.preset.name, one.success.words, one.most) == ("custom", "code == 0", 99)
    bare = """webhook = { body = '{"a": "{text}"}' }"""
    one = read(f'{base}preset = "custom"\n{bare}\n').accounts["own"]
    assert isinstance(one, WebhookAccount)
    assert (one.success.words, one.most) == ("HTTP == 2xx", 20_000)
    assert wheres(f'{base}preset = "bark"\n{bare}\n') == ["accounts.own.webhook"]
    assert wheres(f'{base}preset = "custom"\n') == ["accounts.own.webhook"]
    assert wheres(base) == ["accounts.own.preset"]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ("""{ body = 'text={text}' }""", ".body"),
        ("""{ body = '{"a": "{text}"' }""", ".body"),
        ("""{ body = '["{text}"]' }""", ".body"),
        ("""{ body = '{"a": {text}}' }""", ".body"),
        ("""{ body = '{"a": NaN, "b": "{text}"}' }""", ".body"),
        ("""{ body = '{"a": 1, "a": "{text}"}' }""", ".body"),
        ("""{ body = '{"a": "x"}' }""", ".body"),
        ("""{ body = '{"a": "{txt}"}' }""", ".body"),
        ("""{ body = '{"a": "{topic} {text}"}' }""", ".body"),
        ("""{ body = '{"a": "{text} }"}' }""", ".body"),
        ("""{ body = '%s' }""" % ("[" * 100_000), ".body"),
        ("""{ body = 1 }""", ".body"),
        ("""{ success = "code == 0" }""", ".body"),
        ("""{ body = '{"a": "{text}"}', max_bytes = 10 }""", ".max_bytes"),
        ("""{ body = '{"a": "{text}"}', max_bytes = 0 }""", ".max_bytes"),
        ("""{ body = '{"a": "{text}"}', most = 10 }""", ".most"),
        ("""{ body = '{"a": "{text}"}', success = "code = 0" }""", ".success"),
        ("""{ body = '{"a": "{text}"}', success = "" }""", ".success"),
        ("1", ""),
    ],
)
def test_what_is_no_webhook_of_its_own(given: str, where: str) -> None:
    base = '[accounts.own]\nkind = "webhook"\npreset = "custom"\n'
    assert wheres(f"{base}webhook = {given}\n") == [f"accounts.own.webhook{where}"]


HOOK_ROWS: list[tuple[str, str, str, object, str]] = [
    ("overflow", '"refuse"', "overflow", Overflow.REFUSE, '"drop"'),
    ("preset", '"ntfy"', "provider", "webhook:ntfy", '"slack"'),
    ("preset", '"ntfy"', "limits", Limits(30, 250, 250), "1"),
    ("ca_file", '"~/ca.pem"', "ca_file", str(Path("/home/me/ca.pem")), '"ca.pem"'),
    ("api_url", '"https://q.example"', "host", "q.example", '"http://q.example"'),
    ("api_url", '"http://[::1]:81"', "security", Security.NONE, '"q.example"'),
    ("api_url", '""', "host", "api.day.app", '"https://q.example/a"'),
    ("display_name", '""', "username", "team", '"Ming"'),
    ("max_per_minute", "3", "limits", Limits(3, 3600, 86_400), "0"),
]


@pytest.mark.parametrize(("key", "good", "field", "value", "bad"), HOOK_ROWS)
def test_key_of_a_webhook(key: str, good: str, field: str, value: object, bad: str) -> None:
    base = '[accounts.team]\nkind = "webhook"\n' + ("" if key == "preset" else 'preset = "bark"\n')
    assert getattr(read(f"{base}{key} = {good}\n").accounts["team"], field) == value
    assert wheres(f"{base}{key} = {bad}\n") == [f"accounts.team.{key}"]


@pytest.mark.parametrize(("key", "good", "field", "value", "bad"), WECOM_ROWS)
def test_key_of_a_robot(key: str, good: str, field: str, value: object, bad: str) -> None:
    base = '[accounts.team]\nkind = "wecom"\n'
    assert getattr(read(f"{base}{key} = {good}\n").accounts["team"], field) == value
    assert wheres(f"{base}{key} = {bad}\n") == [f"accounts.team.{key}"]


SENDGRID_ROWS: list[tuple[str, str, str, object, str]] = [
    ("address", '"a@b.example"', "address", Address("a@b.example"), '"a"'),
    (
        "api_url",
        '"https://api.eu.sendgrid.com"',
        "host",
        "api.eu.sendgrid.com",
        '"http://q.example"',
    ),
    ("api_url", '""', "host", "api.sendgrid.com", '"https://q.example/v3"'),
    ("ca_file", '"~/ca.pem"', "ca_file", str(Path("/home/me/ca.pem")), '"ca.pem"'),
    ("signature", '"Li\\nHello Ltd"', "signature", "Li\nHello Ltd", '"\\u0007"'),
    ("display_name", '"Me"', "address", Address("me@desk.example", "Me"), "1"),
    ("max_message_mb", "20", "max_message_bytes", 20_000_000, "0"),
]


@pytest.mark.parametrize(("key", "good", "field", "value", "bad"), SENDGRID_ROWS)
def test_key_of_sendgrid(key: str, good: str, field: str, value: object, bad: str) -> None:
    base = '[accounts.bulk]\nkind = "sendgrid"\n'
    if key != "address":
        base += 'address = "me@desk.example"\n'
    assert getattr(read(f"{base}{key} = {good}\n").accounts["bulk"], field) == value
    assert wheres(f"{base}{key} = {bad}\n") == [f"accounts.bulk.{key}"]


@pytest.mark.parametrize(("key", "good", "field", "value", "bad"), ACCOUNT_ROWS)
def test_key_of_an_account(key: str, good: str, field: str | None, value: object, bad: str) -> None:
    base = "[accounts.qq]\n" if key == "address" else QQ
    account = read(f"{base}{key} = {good}\n").accounts["qq"]
    if field and value is not None:
        assert getattr(account, field) == value
    assert wheres(f"{base}{key} = {bad}\n") == [f"accounts.qq.{key}"]
    assert wheres(f"{base}{key} = {{ a = 1 }}\n") == [f"accounts.qq.{key}"]


RULE_ROWS: list[tuple[str, str, object, str]] = [
    ("enabled", "false", False, '"no"'),
    ("account", '"qq"', "qq", '"work"'),
    ("cc", '["c@b.cd"]', (Address("c@b.cd"),), '"c@b.cd"'),
    ("bcc", '["c@b.cd"]', (Address("c@b.cd"),), '[""]'),
    ("subject", '"{rule}"', "{rule}", '"{rul}"'),
    ("body", '"{{ {time}"', "{{ {time}", '"{match.level.x}"'),
    ("when_unsure", '"ask"', WhenUnsure.ASK, '"never"'),
    ("max_per_hour", "1", 1, "0"),
]
FOLDER_ROWS: list[tuple[str, str, object, str]] = [
    ("recursive", "true", True, "1"),
    ("include", '["*.pdf", "a/[bc]*"]', ("*.pdf", "a/[bc]*"), '["!"]'),
    ("exclude", '["*.bak"]', ("*.bak",), '["[z-a]"]'),
    ("hidden", "true", True, "1"),
    ("min_bytes", "0", 0, "-1"),
    ("max_bytes", "100", 100, '"1 MB"'),
    ("settle_seconds", "0.5", timedelta(milliseconds=500), "nan"),
    ("existing", '"send"', Existing.SEND, '"mail"'),
    ("batch_seconds", "30", timedelta(seconds=30), "inf"),
    ("zip", "true", True, '"true"'),
    ("again", '"never"', Again.NEVER, '"sometimes"'),
    ("after", '"move"', After.MOVE, '"archive"'),
    ("move_to", '"../done"', str(Path("/home/me/done")), '"."'),
    ("keep_sent", '"90d"', timedelta(days=90), '"30m"'),
    ("failed_to", '"failed"', str(Path("/home/me/Scans/failed")), '".."'),
]
LOG_ROWS: list[tuple[str, str, object, str]] = [
    ("ignore", "['health', '(?i)ping']", ("health", "(?i)ping"), r"['a(?=b)']"),
    ("encoding", '"gb18030"', "gb18030", '"base64"'),
    ("start_at", '"beginning"', StartAt.BEGINNING, '"top"'),
    ("record_start", r"'^\d{4}-'", r"^\d{4}-", "'('"),
    ("before", "3", 3, "-1"),
    ("after_lines", "3", 3, "1001"),
    ("threshold", '{ count = 5, within = "2m" }', Threshold(5, timedelta(minutes=2)), "5"),
    ("cooldown", '"0s"', timedelta(0), '""'),
    ("group_by", '"level"', "level", '"user"'),
    ("silent_for", '"24h"', timedelta(hours=24), '"0s"'),
]


@pytest.mark.parametrize("base", [FOLDER, LOG])
@pytest.mark.parametrize(("key", "good", "value", "bad"), RULE_ROWS)
def test_key_of_any_rule(base: str, key: str, good: str, value: object, bad: str) -> None:
    check_rule(base, key, good, value, bad)


@pytest.mark.parametrize(("key", "good", "value", "bad"), FOLDER_ROWS)
def test_key_of_a_folder_rule(key: str, good: str, value: object, bad: str) -> None:
    check_rule(FOLDER, key, good, value, bad)


@pytest.mark.parametrize(("key", "good", "value", "bad"), LOG_ROWS)
def test_key_of_a_log_rule(key: str, good: str, value: object, bad: str) -> None:
    check_rule(LOG, key, good, value, bad)


def check_rule(base: str, key: str, good: str, value: object, bad: str) -> None:
    rule = read(f"{QQ}{base}{key} = {good}\n").rules[0]
    name = {"settle_seconds": "settle", "batch_seconds": "batch"}.get(key, key)
    assert getattr(rule, name) == value
    for wrong in (bad, "{ a = 1, b = 2 }"):
        found = wheres(f"{QQ}{base}{key} = {wrong}\n")
        assert found
        assert all(where.startswith(f"rules[0].{key}") for where in found)


REQUIRED: list[tuple[str, str, str, str]] = [
    (FOLDER, "name", '""', "rules[0].name"),
    (FOLDER, "name", '"a\\u0000b"', "rules[0].name"),
    (FOLDER, "kind", '"folders"', "rules[0].kind"),
    (FOLDER, "to", "[]", "rules[0].to"),
    (FOLDER, "to", '["a@b.cd", "a@b\\n.cd"]', "rules[0].to[1]"),
    (FOLDER, "folder", '"Scans"', "rules[0].folder"),
    (LOG, "paths", '["a.log"]', "rules[0].paths[0]"),
    (LOG, "match", "['a', 'b(?!c)']", "rules[0].match[1]"),
    (LOG, "match", r"['\Qa.b']", "rules[0].match[0]"),
]


@pytest.mark.parametrize(("base", "key", "bad", "where"), REQUIRED)
def test_a_required_key(base: str, key: str, bad: str, where: str) -> None:
    others = "".join(line for line in base.splitlines(True) if not line.startswith(key))
    assert wheres(f"{QQ}{others}{key} = {bad}\n") == [where]
    assert wheres(QQ + others) == [f"rules[0].{key}"]


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        ('kind = "foldr"', ["kind", "subject", "nam", "name"]),
        ('kind = "x"', ["kind", "subject", "nam", "name"]),
        ("", ["kind", "subject", "nam", "name"]),
    ],
)
def test_the_rest_of_a_rule_of_no_known_kind_is_told_of_at_once(
    kind: str, places: list[str]
) -> None:
    rule = f"""[[rules]]
{kind}
nam = "Scans"
folder = "~/Scans"
to = ["a@b.cd"]
subject = "{{line}}"
"""
    assert sorted(wheres(QQ + rule)) == sorted(f"rules[0].{place}" for place in places)


@pytest.mark.parametrize("name", ["a\\nb", "a\\u0000b", "\\u202eab"])
def test_a_login_name_is_one_line_that_can_be_read(name: str) -> None:
    assert wheres(f'{QQ}username = "{name}"\n') == ["accounts.qq.username"]


def test_every_key_has_a_row() -> None:
    told = {row[0] for row in TOP_ROWS} | {"version", "accounts", "rules"}
    told |= {row[0] for row in ACCOUNT_ROWS} | {"oauth"}
    told |= {row[0] for row in (*RULE_ROWS, *FOLDER_ROWS, *LOG_ROWS)}
    told |= {row[1] for row in REQUIRED} | {"count", "within"}
    for form in (TOP, ACCOUNT, FolderKind.form, LogKind.form, THRESHOLD):
        assert set(form.keys) <= told


def test_every_field_of_a_rule_has_a_key() -> None:
    for form in (FolderKind.form, LogKind.form, THRESHOLD, TOP, ACCOUNT):
        named = {key.becomes or name for name, key in form.keys.items()}
        assert named == {field.name for field in fields(form.kind)}


def test_the_example() -> None:
    settings = read(EXAMPLE)
    assert settings.accounts["qq"] == Account(
        name="qq",
        address=Address("123456@qq.com", "小明"),
        host="smtp.qq.com",
        port=465,
        security=Security.TLS,
        username="123456@qq.com",
        provider="qq",
        max_message_bytes=70_000_000,
        limits=Limits(20, 200, 500),
    )
    folder, log = settings.rules
    assert isinstance(folder, FolderRule)
    assert folder.folder == str(Path("/home/me/Scans"))
    assert folder.move_to == str(Path("/home/me/Scans/sent"))
    assert isinstance(log, LogRule)
    assert (log.account, log.silent_for, log.threshold) == ("qq", None, Threshold())


def test_what_is_left_out() -> None:
    settings = read(QQ + FOLDER + LOG)
    assert settings.default_account == "qq"
    assert settings.accounts["qq"].host == "smtp.qq.com"
    assert settings.accounts["qq"].max_message_bytes == 70_000_000
    folder, log = settings.rules
    assert (folder.account, folder.when_unsure, folder.max_per_hour) == ("qq", WhenUnsure.ASK, 60)
    assert (log.account, log.when_unsure, log.max_per_hour) == ("qq", WhenUnsure.RESEND, 20)
    assert read("") == Settings()


def test_a_folder_rule_follows_its_account_when_unsure() -> None:
    assert read(f'{QQ}when_unsure = "resend"\n{FOLDER}').rules[0].when_unsure is WhenUnsure.RESEND


def test_an_encoding_that_is_accepted_reads_whatever_a_log_holds() -> None:
    accepted = set()
    for codec in sorted({*aliases.values(), "idna", "punycode", "undefined", "unicode_escape"}):
        with contextlib.suppress(ValidationError):
            accepted.add(encoding(codec))
    for codec in accepted:
        for raw in (b"\xff\xfe\0\x81\n", b"\\x \\u1\n", b"+AAA-\n~{\n\x1b$B\n", b"xn--\xff.a\n"):
            assert to_utf8(raw, encoding_of(raw, codec)) is not None
    assert {"utf_8", "gb18030", "utf_16", "big5", "latin_1"} <= accepted
    assert not {"idna", "undefined", "base64_codec"} & accepted


@pytest.mark.parametrize(
    ("given", "port", "security"),
    [
        ("", 465, Security.TLS),
        ("port = 587", 587, Security.STARTTLS),
        ("port = 2525", 2525, Security.STARTTLS),
        ('security = "starttls"', 587, Security.STARTTLS),
        ('security = "starttls"\nport = 2525', 2525, Security.STARTTLS),
        ('security = "tls"\nport = 10465', 10465, Security.TLS),
        ('host = "127.0.0.1"\nsecurity = "none"\nport = 25', 25, Security.NONE),
        ('host = "::1"\nsecurity = "none"\nport = 1025', 1025, Security.NONE),
        ('host = "localhost"\nsecurity = "starttls"\nport = 25', 25, Security.STARTTLS),
    ],
)
def test_port_and_security_that_go_together(given: str, port: int, security: Security) -> None:
    host = "" if given.startswith("host") else 'host = "mail.example.com"\n'
    account = read(f'[accounts.a]\naddress = "a@example.com"\n{host}{given}\n').accounts["a"]
    assert (account.port, account.security) == (port, security)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ('host = "m.example.com"\nport = 465\nsecurity = "starttls"', "security"),
        ('host = "m.example.com"\nport = 994\nsecurity = "starttls"', "security"),
        ('host = "m.example.com"\nport = 587\nsecurity = "tls"', "security"),
        ('host = "m.example.com"\nport = 2525\nsecurity = "tls"', "security"),
        ('host = "m.example.com"\nport = 25\nsecurity = "starttls"', "port"),
        ('host = "m.example.com"\nport = 25', "port"),
        ('host = "m.example.com"\nport = 25\nsecurity = "none"', "security"),
        ('host = "m.example.com"\nsecurity = "none"', "security"),
        ('host = "m.example.com"\nport = 1025', "security"),
        ('host = "127.0.0.1"\nsecurity = "none"', "port"),
        ("", "host"),
        ('kind = "sendgrid"\nhost = "m.example.com"', "host"),
        ('password = "x"\nhost = "m.example.com"', "password"),
    ],
)
def test_an_account_that_cannot_work(given: str, key: str) -> None:
    source = f'[accounts.a]\naddress = "a@company.example"\n{given}\n'
    found = problems(source)
    assert list(found) == [f"accounts.a.{key}"]
    assert found[f"accounts.a.{key}"].advice or key == "port"


def test_a_host_of_the_own_network_is_allowed_with_a_hint() -> None:
    source = '[accounts.a]\naddress = "a@company.example"\nhost = "mailserver"\n'
    found = check(tomllib.loads(source), PLACES, KINDS, lambda: ALL)
    assert found.problems == ()
    assert [one.where for one in found.hints] == ["accounts.a.host"]
    assert found.settings.accounts["a"].host == "mailserver"


def test_a_rule_may_name_people_of_the_own_network_with_a_hint() -> None:
    people = 'to = ["wang@qq", "me@localhost", "a@x.example"]\ncc = ["lina@example"]'
    source = QQ + FOLDER.replace('to = ["a@b.cd"]', people)
    found = check(tomllib.loads(source), PLACES, KINDS, lambda: ALL)
    assert found.problems == ()
    assert [one.where for one in found.hints] == ["rules[0].to[0]", "rules[0].cc[0]"]
    assert "“wang@qq” has no dot after the @" in str(found.hints[0].what)


def test_a_rule_may_name_people_of_a_mistyped_domain_with_a_hint() -> None:
    groups = '[groups]\nteam = ["li@x.example", "wang@qq.con"]\n'
    people = 'to = ["me@gmial.com", "a@x.example"]\ncc = ["team"]'
    source = groups + QQ + FOLDER.replace('to = ["a@b.cd"]', people)
    found = check(tomllib.loads(source), PLACES, KINDS, lambda: ALL)
    assert found.problems == ()
    assert [one.where for one in found.hints] == ["rules[0].to[0]", "rules[0].cc"]
    assert str(found.hints[0].what) == "Is @gmail.com meant in “me@gmial.com”?"


def test_a_key_that_does_nothing_beside_another_is_hinted_at() -> None:
    for after, hints in (
        ("keep", ["rules[0].keep_sent"]),
        ("delete", ["rules[0].keep_sent"]),
        ("move", []),
    ):
        source = f'{QQ}{FOLDER}after = "{after}"\nkeep_sent = "90d"\n'
        found = check(tomllib.loads(source), PLACES, KINDS, lambda: ALL)
        assert found.problems == ()
        assert [one.where for one in found.hints] == hints


OAUTH_HOST = 'host = "m.example.com"\nauth = "oauth2"\n'
OAUTH_ROWS: list[tuple[str, str, str, object, str]] = [
    ("client_id", '"a-1"', "client_id", "a-1", '"a b"'),
    ("authorize_url", '"https://l.example/a?x=1"', "authorize_url", "https://l.example/a?x=1", "1"),
    ("authorize_url", '""', "authorize_url", "", '"ftp://l.example/"'),
    ("authorize_url", '"http://[::1]/a"', "authorize_url", "http://[::1]/a", '"http://l.example/"'),
    ("token_url", '"http://localhost:1/t"', "token_url", "http://localhost:1/t", '"l.example"'),
    ("token_url", '"https://l.example/t"', "token_url", "https://l.example/t", '"https://a:b@c/"'),
    (
        "device_url",
        '"https://l.example:8/d"',
        "device_url",
        "https://l.example:8/d",
        '"https://[/"',
    ),
    (
        "device_url",
        '"https://l.example"',
        "device_url",
        "https://l.example",
        '"https://l.example#a"',
    ),
    ("scope", '"a b"', "scope", "a b", '"ä"'),
    ("redirect_port", "8400", "redirect_port", 8400, "65536"),
    ("redirect_port", "0", "redirect_port", 0, '"8400"'),
]


@pytest.mark.parametrize(("key", "good", "field", "value", "bad"), OAUTH_ROWS)
def test_key_of_oauth(key: str, good: str, field: str, value: object, bad: str) -> None:
    usual = {
        "client_id": '"x"',
        "authorize_url": '"https://l.example/a"',
        "device_url": '"https://l.example/d"',
        "token_url": '"https://l.example/t"',
    }
    for given, wrong in ((good, False), (bad, True)):
        table = ", ".join(f"{name} = {word}" for name, word in (usual | {key: given}).items())
        source = f'[accounts.a]\naddress = "a@b.example"\n{OAUTH_HOST}oauth = {{ {table} }}\n'
        if wrong:
            assert wheres(source) == [f"accounts.a.oauth.{key}"]
        else:
            assert getattr(read(source).accounts["a"].oauth, field) == value


@pytest.mark.parametrize(
    ("mailbox", "more", "token", "device", "scope", "back"),
    [
        (
            "a@outlook.com",
            "",
            "https://login.microsoftonline.com/common/oauth2/v2.0/token",
            "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode",
            "https://outlook.office.com/SMTP.Send offline_access",
            "localhost",
        ),
        (
            "a@hotmail.com",
            ', tenant = "consumers"',
            "https://login.microsoftonline.com/consumers/oauth2/v2.0/token",
            "https://login.microsoftonline.com/consumers/oauth2/v2.0/devicecode",
            "https://outlook.office.com/SMTP.Send offline_access",
            "localhost",
        ),
        (
            "a@x.onmicrosoft.com",
            ', tenant = "x.onmicrosoft.com", scope = "y"',
            "https://login.microsoftonline.com/x.onmicrosoft.com/oauth2/v2.0/token",
            "https://login.microsoftonline.com/x.onmicrosoft.com/oauth2/v2.0/devicecode",
            "y",
            "localhost",
        ),
        (
            'a@b.cn"\nhost = "smtp.partner.outlook.cn',
            ', tenant = "b.partner.onmschina.cn"',
            "https://login.partner.microsoftonline.cn/b.partner.onmschina.cn/oauth2/v2.0/token",
            "https://login.partner.microsoftonline.cn/b.partner.onmschina.cn/oauth2/v2.0/devicecode",
            "https://partner.outlook.cn/SMTP.Send offline_access",
            "localhost",
        ),
        (
            "a@gmail.com",
            "",
            "https://oauth2.googleapis.com/token",
            "",
            "https://mail.google.com/",
            "127.0.0.1",
        ),
        ("a@ya.ru", "", "https://oauth.yandex.com/token", "", "mail:smtp", "127.0.0.1"),
        ("a@mail.ru", "", "https://oauth.mail.ru/token", "", "userinfo mail.imap", "127.0.0.1"),
        (
            "a@fastmail.com",
            "",
            "https://api.fastmail.com/oauth/refresh",
            "",
            "https://www.fastmail.com/dev/protocol-smtp",
            "127.0.0.1",
        ),
    ],
)
def test_where_one_signs_in_is_known(
    mailbox: str, more: str, token: str, device: str, scope: str, back: str
) -> None:
    source = f'[accounts.a]\naddress = "{mailbox}"\nauth = "oauth2"\n'
    oauth = read(f'{source}oauth = {{ client_id = "x"{more} }}\n').accounts["a"].oauth
    assert (oauth.token_url, oauth.device_url, oauth.scope) == (token, device, scope)
    assert oauth.authorize_url.startswith("https://")
    assert oauth.redirect_host == back


@pytest.mark.parametrize(
    ("given", "where", "told"),
    [
        ("", "oauth.client_id", "Azure directory"),
        ('auth = "password"', "auth", "README leads"),
        ('oauth = { client_id = "x", tenant = "comon" }', "oauth.tenant", "Did you mean common?"),
        ('oauth = { clientid = "x" }', "oauth.clientid", "Did you mean client_id?"),
        (
            'oauth = { client_id = "x", client_secret = "y" }',
            "oauth.client_secret",
            "traymail account login o --client-secret",
        ),
    ],
)
def test_outlook_needs_oauth(given: str, where: str, told: str) -> None:
    found = problems(f'[accounts.o]\naddress = "a@outlook.com"\n{given}\n')
    assert list(found) == [f"accounts.o.{where}"]
    assert told in str(found[f"accounts.o.{where}"].advice)


def test_with_a_command_for_tokens_nothing_else_is_needed() -> None:
    source = '[accounts.o]\naddress = "a@outlook.com"\npassword_command = ["oama"]\n'
    account = read(source).accounts["o"]
    assert (account.auth, account.signs_in) == (Auth.OAUTH2, False)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("", ["client_id", "token_url"]),
        ('oauth = { client_id = "x" }', ["token_url"]),
        ('oauth = { client_id = "x", token_url = "https://l.example/t" }', ["authorize_url"]),
        (
            'oauth = { client_id = "x", token_url = "https://l.example/t", tenant = "common" }',
            ["tenant"],
        ),
    ],
)
def test_what_is_missing_for_a_service_that_is_not_known(given: str, missing: list[str]) -> None:
    source = f'[accounts.a]\naddress = "a@b.example"\n{OAUTH_HOST}{given}\n'
    assert wheres(source) == [f"accounts.a.oauth.{key}" for key in missing]


@pytest.mark.parametrize(
    "more", ['auth = "password"', 'auth = "oauth2"\npassword_command = ["oama"]']
)
def test_oauth_that_counts_for_nothing_is_hinted_at(more: str) -> None:
    source = f'[accounts.a]\naddress = "a@gmail.com"\n{more}\noauth = {{ client_id = "x" }}\n'
    found = check(tomllib.loads(source), PLACES, KINDS, lambda: ALL)
    assert found.problems == ()
    assert [one.where for one in found.hints] == ["accounts.a.oauth"]


def test_what_a_sign_in_is_worth_hangs_on_where_it_was() -> None:
    source = '[accounts.a]\naddress = "a@gmail.com"\nauth = "oauth2"\n'
    one, other = (
        read(f'{source}oauth = {{ client_id = "{name}" }}\n').accounts["a"] for name in "xy"
    )
    assert one.connection != other.connection


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        ('langage = "en"', "language"),
        ("[accounts.qq]\naddress = '1@qq.com'\nsecurty = 'tls'", "security"),
        (f"{QQ}{FOLDER}recursiv = true", "recursive"),
        (f'{QQ}{LOG}threshold = {{ count = 1, withn = "1m" }}', "within"),
        (f'{QQ}[accounts.work]\naddress = "2@qq.com"\n{FOLDER}account = "wrk"', "work"),
        (f"{QQ}{LOG}group_by = 'levl'", "level"),
        (f"{QQ}{LOG}start_at = 'beginnning'", "beginning"),
    ],
)
def test_the_nearest_name_is_told(source: str, advice: str) -> None:
    (problem,) = problems(source).values()
    assert advice in str(problem.advice)


@pytest.mark.parametrize(
    ("source", "key", "owner"),
    [
        (f"{QQ}{LOG}settle_seconds = 5", "rules[0].settle_seconds", "kind “folder”"),
        (f"{QQ}{FOLDER}cooldown = '10m'", "rules[0].cooldown", "kind “log”"),
        (f"{QQ}{FOLDER}within = '1m'", "rules[0].within", "threshold of a log rule"),
        (f"{QQ}{LOG}within = '1m'", "rules[0].within", "threshold of a log rule"),
        (f"{QQ}{FOLDER}retry_for = '1d'", "rules[0].retry_for", "[accounts.NAME]"),
        (f"{QQ}{LOG}max_per_minute = 1", "rules[0].max_per_minute", "[accounts.NAME]"),
        (f"{QQ}{LOG}language = 'en'", "rules[0].language", "top of the file"),
        (f"{QQ}subject = 'x'", "accounts.qq.subject", "[[rules]]"),
        (f"{QQ}folder = '~'", "accounts.qq.folder", "kind “folder”"),
        ("cooldown = '10m'", "cooldown", "kind “log”"),
        ("address = '1@qq.com'", "address", "[accounts.NAME]"),
        ("to = ['1@qq.com']", "to", "[[rules]]"),
        ("max_per_hour = 1", "max_per_hour", "to accounts and to rules"),
    ],
)
def test_a_key_that_belongs_elsewhere_is_sent_there(source: str, key: str, owner: str) -> None:
    (problem,) = problems(source).values()
    assert (problem.where, str(problem.what)) == (key, "unknown key")
    assert owner in str(problem.advice)


@pytest.mark.parametrize(
    ("source", "ends"),
    [
        ('[accounts.qq]\naddress = "1@qq.com"\npassword = "x"', "account set-secret qq"),
        ('[accounts."my desk"]\naddress = "1@qq.com"\ncode = "x"', 'account set-secret "my desk"'),
        (f'{QQ}{FOLDER}secret = "x"', "account set-secret --help"),
        ('password = "x"', "account set-secret --help"),
    ],
)
def test_a_secret_in_the_file_is_sent_to_the_command_that_can_be_typed(
    source: str, ends: str
) -> None:
    advice = next(one for where, one in problems(source).items() if "account" not in where[-8:])
    assert str(advice.advice).endswith(f"traymail {ends}")


def test_a_value_is_not_repeated_where_it_may_be_a_secret() -> None:
    for key in ("auth", "security", "password", "kind", "host", "port", "retry_for_"):
        for problem in problems(f'{QQ}{key} = "s3cret w0rd"\n').values():
            assert "s3cret" not in f"{problem.what} {problem.advice} {problem.where}"


def test_all_problems_at_once() -> None:
    source = """
langage = "en"
rules_max_per_hour = 0
[accounts.qq]
address = "a b"
port = 70000
securty = "tls"
[accounts.w]
address = "a@company.example"
[[rules]]
kind = "folder"
to = ["x", "a@b.cd", 3]
folder = "Scans"
subject = "{file.nam}"
[[rules]]
kind = "log"
name = "L"
account = "nobody"
to = ["a@b.cd"]
match = ['(?=a)']
paths = ["/home/me/.traymail/log/*.log"]
threshold = { count = 0, withn = "1m" }
[[rules]]
kind = "lg"
"""
    assert set(wheres(source)) == {
        "langage",
        "rules_max_per_hour",
        "accounts.qq.address",
        "accounts.qq.port",
        "accounts.qq.securty",
        "accounts.w.host",
        "rules[0].name",
        "rules[0].to[0]",
        "rules[0].to[2]",
        "rules[0].folder",
        "rules[0].subject",
        "rules[0].account",
        "rules[1].account",
        "rules[1].match[0]",
        "rules[1].paths[0]",
        "rules[1].threshold.count",
        "rules[1].threshold.withn",
        "rules[2].kind",
        "rules[2].name",
        "rules[2].to",
        "rules[2].paths",
        "rules[2].match",
        "rules[2].account",
    }


def folder_rule(name: str, folder: str, more: str = "") -> str:
    return FOLDER.replace('"F"', f'"{name}"').replace("~/Scans", folder) + more + "\n"


@pytest.mark.parametrize(
    ("source", "where"),
    [
        (folder_rule("A", "~/A") + folder_rule("A", "~/B"), "rules[1].name"),
        (
            folder_rule("A", "~/A", 'after = "move"') + folder_rule("B", "~/A/sent"),
            "rules[1].folder",
        ),
        (
            folder_rule("B", "~/A/sent/x") + folder_rule("A", "~/A", 'after = "move"'),
            "rules[0].folder",
        ),
        (
            folder_rule("A", "~/A", 'failed_to = "bad"') + folder_rule("B", "~/A/bad"),
            "rules[1].folder",
        ),
        (
            folder_rule("A", "~/A/b", 'after = "move"') + folder_rule("B", "~/A", "recursive=true"),
            "rules[1].folder",
        ),
        (folder_rule("A", "~/.traymail/state/spool"), "rules[0].folder"),
        (folder_rule("A", "~/.traymail/x/../log"), "rules[0].folder"),
        (folder_rule("A", "~/.traymail"), "rules[0].folder"),
        (folder_rule("A", "~", "recursive = true"), "rules[0].folder"),
        (folder_rule("A", "~/A", "move_to = '..'\nafter = 'move'"), "rules[0].move_to"),
        (folder_rule("A", "~/A", "move_to = ''\nafter = 'move'"), "rules[0].move_to"),
        (folder_rule("A", "~/A", "max_bytes = 5\nmin_bytes = 6"), "rules[0].max_bytes"),
        (LOG.replace("~/log/a.log", "~/.traymail/log/*.log"), "rules[0].paths[0]"),
        (LOG.replace("~/log/a.log", "~/**/*.log"), "rules[0].paths[0]"),
        (LOG.replace("~/log/a.log", "~/.traymail/state/x"), "rules[0].paths[0]"),
        (folder_rule("A", "~/A", f"cc = {['a@b.cd'] * 100}"), "rules[0].to"),
    ],
)
def test_rules_that_do_not_go_together(source: str, where: str) -> None:
    assert wheres(QQ + source) == [where]


@pytest.mark.parametrize(
    "source",
    [
        folder_rule("A", "~/A") + folder_rule("B", "~/A"),
        folder_rule("A", "~/A", 'after = "move"') + folder_rule("B", "~/A/sent2"),
        folder_rule("A", "~/.traymail/drop"),
        folder_rule("A", "~", "recursive = false"),
        folder_rule("A", "~/A", 'after = "move"\nrecursive = true'),
        LOG.replace("~/log/a.log", "~/.traymail/drop/*.log"),
    ],
)
def test_rules_that_go_together(source: str) -> None:
    assert read(QQ + source).rules


def test_several_accounts_and_no_default() -> None:
    two = QQ + '[accounts.b]\naddress = "2@qq.com"\n'
    assert read(two).default_account == ""
    assert wheres(two + FOLDER) == ["rules[0].account"]
    assert wheres(FOLDER) == ["rules[0].account"]
    assert read(f'default_account = "b"\n{two}{FOLDER}').rules[0].account == "b"


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"accounts": 3}, "accounts"),
        ({"accounts": {"qq": 3}}, "accounts.qq"),
        ({"accounts": {"a/b": {"address": "1@qq.com"}}}, 'accounts."a/b"'),
        ({"rules": 3}, "rules"),
        ({"rules": {"a": 1}}, "rules"),
        ({"rules": [3]}, "rules[0]"),
        ({"rules": [{"kind": ["log"]}]}, "rules[0].kind"),
        ({"version": 2}, "version"),
        ({"version": True}, "version"),
        ({"a b": 1}, '"a b"'),
    ],
)
def test_a_document_of_another_shape(document: dict[str, Any], where: str) -> None:
    with pytest.raises(SettingsError) as raised:
        parse(document, PLACES, KINDS, lambda: ALL)
    assert [problem.where for problem in raised.value.problems] == [where]


@pytest.mark.parametrize(
    ("pattern", "path", "taken"),
    [
        ("/a/*.log", "/a/b.log", True),
        ("/a/*.log", "/a/b/c.log", False),
        ("/a/**/*.log", "/a/c.log", True),
        ("/a/**/*.log", "/a/b/d/c.log", True),
        ("/a/**", "/a/b/c", True),
        ("/a/[bc].log", "/a/c.log", True),
        ("/**/" * 50 + "x", "/a/b/c/d/e/f/g", False),
    ],
)
def test_glob(pattern: str, path: str, taken: bool) -> None:
    assert glob_takes(pattern, path) is taken


@pytest.mark.parametrize(
    ("path", "full"),
    [("~", "/u"), ("~/a/../b", "/u/b"), ("/a/./b/", "/a/b"), ("/../a", "/a"), ("", "")],
)
def test_full_path(path: str, full: str) -> None:
    assert full_path(path, "/u") == (full and str(Path(full)))


ODD: list[object] = [
    *(
        -1,
        1.5,
        float("nan"),
        float("inf"),
        True,
        2**70,
        "",
        "x",
        "\0",
        "a@b.cd",
        "~",
        "/",
        "{",
        "(",
    ),
    *([], [1], ["x"], ["\0"], ["/"], [[]], [{}], {}, {"a": 1}),
]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_no_value_in_any_place_makes_another_error(odd: object) -> None:
    places: list[tuple[Any, ...]] = [("accounts", "qq", key) for key in ACCOUNT.keys]
    places += [("rules", 0, key) for key in ("kind", *FolderKind.form.keys)]
    places += [("rules", 1, key) for key in ("kind", *LogKind.form.keys)]
    for table, item, key in places:
        document = tomllib.loads(EXAMPLE)
        document[table][item][key] = odd
        with contextlib.suppress(SettingsError):
            parse(document, PLACES, KINDS, lambda: ALL)


@pytest.mark.parametrize(
    ("config", "where"),
    [
        (FOLDER.replace("~/Scans", "/a" * 20_000), "rules[0].folder"),
        (f'{FOLDER}move_to = "{"a/" * 20_000}"\n', "rules[0].move_to"),
        (LOG.replace("~/log/a.log", "/a" * 20_000), "rules[0].paths[0]"),
        (f'{QQ}ca_file = "{"/a" * 20_000}"\n', "accounts.qq.ca_file"),
    ],
)
def test_a_path_that_no_system_has_is_not_looked_for(config: str, where: str) -> None:
    accounts = "" if config.startswith(QQ) else QQ
    problems = check(tomllib.loads(accounts + config), PLACES, KINDS, lambda: ALL).problems
    assert [one.where for one in problems] == [where]
    assert "4096" in str(problems[0].what)


def keys_of(form: Form[Any], place: str) -> dict[str, Key]:
    """Return the keys of a form and of the tables inside, by their places."""
    found: dict[str, Key] = {}
    for name, key in form.keys.items():
        if isinstance(key.read, Form):
            found |= keys_of(key.read, f"{place}.{name}")
        else:
            found[f"{place}.{name}"] = key
    return found


EVERY_KEY = keys_of(TOP, "top")
EVERY_KEY |= keys_of(FolderKind.form, "folder") | keys_of(LogKind.form, "log")
for _name, _kind in KINDS.items():
    EVERY_KEY |= keys_of(_kind.form, _name)
EVERY_KEY |= keys_of(THRESHOLD, "log.threshold")
FAR_OUT = (-(10**9), 10**15, -1e9, 1e15, "0ms", "1ms", "36500d", "36501d", "9" * 15 + "d")
LONG = ("~/" + "x" * 50_000, "x" * 50_000, ["*"] * 50_000, ["a@b.cd"] * 50_000, ["~/x"] * 50_000)


def refusal(key: Key, value: object) -> dict[str, object] | None:
    """Return what a refusal names, None when the value is taken."""
    assert not isinstance(key.read, Form)
    try:
        key.read(value)
    except ValidationError as error:
        named = dict(error.findings[0].what.values)
        kind = named.get("kind")
        return dict(kind.values) if isinstance(kind, Text) else named
    return None


@pytest.mark.parametrize("place", EVERY_KEY)
def test_a_refusal_names_the_true_bounds(place: str) -> None:
    """Whoever then writes what it names as a bound is not refused again."""
    key, bounded = EVERY_KEY[place], 0
    for value in FAR_OUT:
        named = refusal(key, value)
        if named and "low" in named:
            bounded += 1
            assert refusal(key, named["low"]) is None
            assert refusal(key, named["high"]) is None
        else:
            assert named is None or not (place in DURATIONS and isinstance(value, str)), value
    assert bool(bounded) == (place in NUMBERS | DURATIONS)
    for long in LONG:
        named = refusal(key, long)
        if named and "count" in named:
            assert isinstance(most := named["count"], int)
            assert "count" not in (refusal(key, long[:most]) or {})


NUMBERS = {
    *("top.rules_max_per_hour", "folder.max_per_hour", "log.max_per_hour"),
    *("folder.min_bytes", "folder.max_bytes", "folder.settle_seconds", "folder.batch_seconds"),
    *("log.before", "log.after_lines", "log.threshold.count", "smtp.port"),
    *(f"{kind}.max_per_{one}" for kind in KINDS for one in ("minute", "hour", "day")),
    *(f"{kind}.max_message_mb" for kind in KINDS),
    *(f"{kind}.{one}_seconds" for kind in KINDS for one in ("timeout", "undo")),
    *("webhook.webhook.max_bytes", "smtp.oauth.redirect_port"),
}
DURATIONS = {
    *(
        "top.retention",
        "folder.keep_sent",
        "log.cooldown",
        "log.silent_for",
        "log.threshold.within",
    ),
    *(f"{kind}.retry_for" for kind in KINDS),
}
