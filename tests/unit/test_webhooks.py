"""The address of a webhook, the message that it is sent, and what its answer means."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traymail.accounts import KINDS
from traymail.core.account import Limits, Security
from traymail.core.account_kind import read_account
from traymail.core.errors import InputError
from traymail.core.kinds import ALL
from traymail.core.robots import CUT
from traymail.core.webhook_address import read_address
from traymail.core.webhook_answers import compile_success, heard
from traymail.core.webhook_body import Measure, Needs, Room, compile_body, message
from traymail.core.webhooks import BY_NAME, PRESETS, Preset, usual_body, usual_success

DING = "https://oapi.dingtalk.com/robot/send?access_token=tok0123456789"
NOW = 1_760_000_000.5
ROOMY = Room(100_000)


@pytest.mark.parametrize("row", PRESETS, ids=lambda one: one.name)
def test_the_rows_are_whole(row: Preset) -> None:
    assert usual_body(row).names
    assert usual_success(row).words == row.success
    shown = row.like.replace("bot…", "bot1:a").replace("SCT…", "SCT1").replace("…", "abc")
    found = read_address(shown, row)
    assert found.security is Security.TLS
    assert found.host == row.host or not row.host


# Of which preset how many messages leave in a minute, an hour, a day; and where that comes from.
RATES = [
    # https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages: 20 a minute, then
    # nothing for 10 minutes.
    ("dingtalk", 20, 1200, 28_800),
    # https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: 100 a minute, 5 a second.
    ("feishu", 100, 6000, 144_000),
    # https://sct.ftqq.com: 1000 a day of a paying member; of an hour and a minute nothing is said.
    ("serverchan", 20, 200, 1000),
    # https://bark.day.app says nothing: ours.
    ("bark", 60, 3600, 86_400),
    # https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this: 20 a minute
    # to one group.
    ("telegram", 20, 1200, 28_800),
    # https://docs.ntfy.sh/publish/#limitations: 60 at once and one more in 5 seconds; 250 a day.
    ("ntfy", 30, 250, 250),
    # A server of one's own, which has none: ours.
    ("gotify", 60, 3600, 86_400),
    # Those of any account.
    ("custom", 20, 200, 500),
]


@pytest.mark.parametrize(("name", "minute", "hour", "day"), RATES)
def test_an_account_keeps_to_what_its_service_allows(
    name: str, minute: int, hour: int, day: int
) -> None:
    own = {"webhook": {"body": '{"a": "{text}"}'}} if name == "custom" else {}
    table = {"kind": "webhook", "preset": name, **own}
    account = read_account("one", table, "/home/me", KINDS, lambda: ALL, [])
    assert account is not None
    second = 5 if name == "feishu" else None
    assert account.limits == Limits(minute, hour, day, second)
    slower = read_account("one", {**table, "max_per_minute": 3}, "/home/me", KINDS, lambda: ALL, [])
    assert slower is not None
    assert slower.limits == Limits(3, hour, day, second)


def test_no_preset_is_without_a_row_of_its_rate() -> None:
    assert [name for name, *_ in RATES] == [one.name for one in PRESETS]


# --- the address ----------------------------------------------------------------------------------


def test_the_signature_of_dingtalk_stands_in_the_query() -> None:
    row, secret = BY_NAME["dingtalk"], "this is secret".replace(" ", "-")
    found = read_address(f" {DING}  {secret}\n", row)
    # https://open.dingtalk.com/document/orgapp/customize-robot-security-settings
    stamp = "1760000000500"
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    sign = base64.b64encode(digest).decode()
    sign = sign.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    wanted = f"/robot/send?access_token=tok0123456789&timestamp={stamp}&sign={sign}"
    assert found.target(row, NOW) == wanted
    assert (found.more(row, NOW), found.headers(row)) == ({}, {})


def test_the_signature_of_feishu_stands_in_the_message() -> None:
    row = BY_NAME["feishu"]
    found = read_address("https://open.larksuite.com/open-apis/bot/v2/hook/a-b demo", row)
    # The example of https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
    assert found.more(row, 1599360473.9) == {
        "timestamp": "1599360473",
        "sign": base64.b64encode(
            hmac.new(b"1599360473\ndemo", digestmod=hashlib.sha256).digest()
        ).decode(),
    }
    assert (found.host, found.target(row, NOW)) == (
        "open.larksuite.com",
        "/open-apis/bot/v2/hook/a-b",
    )


@pytest.mark.parametrize(
    ("preset", "pasted", "place", "target"),
    [
        ("dingtalk", DING, ("oapi.dingtalk.com", 443), "/robot/send?access_token=tok0123456789"),
        ("dingtalk", DING[8:], ("oapi.dingtalk.com", 443), DING[25:]),
        ("bark", "https://api.day.app/ynJ5Ft4atk/", ("api.day.app", 443), "/ynJ5Ft4atk/"),
        ("bark", "http://127.0.0.1:81/k", ("127.0.0.1", 81), "/k"),
        ("ntfy", "https://ntfy.sh/mytopic?priority=5", ("ntfy.sh", 443), "/?priority=5"),
        (
            "gotify",
            "https://g.example/sub/message?token=A.b",
            ("g.example", 443),
            "/sub/message?token=A.b",
        ),
        (
            "serverchan",
            "https://1.push.ft07.com/send/sctp1t.send",
            ("1.push.ft07.com", 443),
            "/send/sctp1t.send",
        ),
        ("custom", "https://[::1]:8443", ("::1", 8443), "/"),
        ("custom", "https://h.example/钩?a=子", ("h.example", 443), "/%E9%92%A9?a=%E5%AD%90"),
        ("custom", "https://h.example/%E9?a=%2B+b", ("h.example", 443), "/%E9?a=%2B+b"),
    ],
)
def test_an_address_is_taken_apart(
    preset: str, pasted: str, place: tuple[str, int], target: str
) -> None:
    found = read_address(pasted, BY_NAME[preset])
    assert ((found.host, found.port), found.target(BY_NAME[preset], NOW)) == (place, target)
    assert "tok0123" not in repr(found)


@pytest.mark.parametrize(
    ("preset", "pasted"),
    [
        ("custom", ""),
        ("custom", "  \n"),
        ("custom", "https://"),
        ("custom", "ftp://h.example/x"),
        ("custom", "ftp://h.example:21/x"),
        ("custom", "http://h.example/x"),
        ("custom", "http://192.168.1.2/x"),
        ("custom", "https://me:pw@h.example/x"),
        ("custom", "https://h.example/x#y"),
        ("custom", "https://h.example:x/"),
        ("custom", "https://h.example:99999/"),
        ("custom", "https://[1/"),
        ("custom", "https://h .example/x"),
        ("custom", "https://h.example/x second"),
        ("custom", "https://h.example/" + "x" * 5000),
        ("dingtalk", "https://oapi.dingtalk.com/robot/send"),
        ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token="),
        ("dingtalk", f"{DING} SEC1 SEC2"),
        ("dingtalk", f"{DING} 密钥"),
        ("ntfy", "https://ntfy.sh/topic tk_\x7f\0"),
        ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/"),
        ("bark", "https://api.day.app/key/Message"),
        ("telegram", "https://api.telegram.org/bot1:a/sendMessage"),
        ("telegram", "https://api.telegram.org/1:a/sendMessage?chat_id=1"),
        ("ntfy", "https://ntfy.sh/"),
        ("gotify", "https://g.example/message"),
        ("serverchan", "https://sctapi.ftqq.com/SCT1"),
    ],
)
def test_what_is_no_address_is_refused_and_not_shown(preset: str, pasted: str) -> None:
    with pytest.raises(InputError) as caught:
        read_address(pasted, BY_NAME[preset])
    told = f"{caught.value.title} {caught.value.advice}"
    assert "pw" not in told
    assert pasted in BY_NAME[preset].like or pasted not in told


@given(st.text(max_size=200))
def test_anything_may_be_pasted(pasted: str) -> None:
    for preset in PRESETS:
        try:
            read_address(pasted, preset)
        except InputError:
            continue


# --- the message ----------------------------------------------------------------------------------


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_value_changes_the_structure(subject: str, text: str) -> None:
    body = compile_body('{"a": {"{text}": ["{subject}", 1, null]}, "b": "<{body}> {{{subject}}}"}')
    content, whole = message(body, ROOMY, (subject, text), {})
    found = json.loads(content)
    clean = [one.encode("utf-8", "replace").decode() for one in (subject, text)]
    title, said = clean[0] if clean[0].strip() else "", clean[1].strip("\n")
    assert whole
    assert found == {"a": {"{text}": [title, 1, None]}, "b": f"<{said}> {{{title}}}"}


def test_what_no_encoding_has_becomes_a_question_mark() -> None:
    content, whole = message(compile_body('{"a": "{text}"}'), ROOMY, ("s\ud800", "\udfff"), {})
    assert (json.loads(content), whole) == ({"a": "s?\n\n?"}, True)


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("letter", ["a", "é", "小", "😀", '"', "\n", "\\"])
def test_what_is_too_long_is_cut_at_a_character(measure: Measure, letter: str) -> None:
    body = compile_body('{"a": "{text}"}')
    room = Room(200, measure)
    content, whole = message(body, room, ("s", f"x{letter * 300}x"), {})
    said = json.loads(content)["a"]
    assert not whole
    assert said.endswith(letter + CUT)
    sizes = {
        Measure.BODY: len(content),
        Measure.TEXT: len(said.encode()),
        Measure.UNITS: len(said.encode("utf-16-le")) // 2,
    }
    assert 190 < sizes[measure] <= 200
    content, whole = message(body, room, ("s" * 300, "text"), {})
    assert (whole, json.loads(content)["a"][-len(CUT) :]) == (False, CUT)


@given(st.text(max_size=400), st.text(max_size=400), st.integers(60, 300))
def test_no_message_is_longer_than_it_may_be(subject: str, text: str, most: int) -> None:
    for words in ('{"t": "{subject}", "b": "{body}"}', '{"a": "{text}"}'):
        content, whole = message(compile_body(words), Room(most), (subject, text), {})
        assert len(content) <= most
        assert whole or CUT in " ".join(json.loads(content).values())


@pytest.mark.parametrize(
    ("needs", "written", "said"),
    [
        (Needs.NOTHING, ("s", "t"), ("s", "t")),
        (Needs.NOTHING, ("s", ""), ("s", "")),
        (Needs.NOTHING, (" ", "t"), ("", "t")),
        (Needs.TEXT, ("s", ""), ("", "s")),
        (Needs.TEXT, ("", "t"), ("", "t")),
        (Needs.TITLE, ("", "t\nu"), ("t", "t\nu")),
        (Needs.TITLE, ("s", ""), ("s", "")),
        (Needs.TITLE, ("123456789", "t"), ("1234…", "123456789\n\nt")),
        (Needs.TITLE, ("", "123456789\nt"), ("1234…", "123456789\nt")),
    ],
)
def test_what_a_service_needs_is_there(
    needs: Needs, written: tuple[str, str], said: tuple[str, str]
) -> None:
    body = compile_body('{"t": "{subject}", "b": "{body}"}')
    content, whole = message(body, Room(1000, longest_title=5, needs=needs), written, {})
    assert (tuple(json.loads(content).values()), whole) == (said, True)


# --- the answer -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "status", "content", "taken", "code"),
    [
        ("errcode == 0", 200, b'{"errcode": 0}', True, 0),
        ("errcode==0", 200, b'{"errcode": 7, "errmsg": "x"}', False, 7),
        ("errcode == 0", 200, b'{"errcode": "0"}', None, None),
        ("errcode == 0", 200, b'{"errcode": false}', None, None),
        ("errcode == 0", 200, b'{"errcode": 0.0}', None, None),
        ("errcode == 0", 200, b"", None, None),
        ("errcode == 0", 500, b'{"errcode": 0}', False, 0),
        ("ok == true", 200, b'{"ok": true}', True, None),
        ("ok == true", 200, b'{"ok": 1}', None, 1),
        ("ok == true", 200, b'{"ok": false, "error_code": 400}', False, 400),
        ('a.b-c.d == "x and y"', 200, b'{"a": {"b-c": {"d": "x and y"}}}', True, None),
        ('a.b == "x"', 200, b'{"a": [1]}', None, None),
        ("HTTP == 200", 200, b"anything", True, None),
        ("HTTP == 200", 202, b"", False, None),
        ("HTTP == 2xx", 202, b"", True, None),
        ("HTTP == 2xx", 302, b"", False, None),
        ("HTTP == 409", 409, b"", True, None),
        ("HTTP == 2xx and code == -1", 201, b'{"code": -1}', True, -1),
        ("HTTP == 2xx and code == -1", 400, b'{"code": -1}', False, -1),
        ("code == 0", 200, b'{"code": 2147483648}', None, None),
    ],
)
def test_what_an_answer_says(
    words: str, status: int, content: bytes, taken: bool | None, code: int | None
) -> None:
    found = heard(compile_success(words), status, content, "", NOW)
    assert (found.taken, found.code) == (taken, code)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "errcode",
        "errcode = 0",
        "errcode == 0 or errcode == 1",
        "errcode == 0; x",
        "HTTP == 0",
        "HTTP == 20",
        "HTTP == true",
        "http.x == 2xx",
        "code == 2xx",
        "code == 99999999999",
        "code == 2147483648",
        "code == 0 and",
        "a..b == 1",
        'a == "b',
        "a == 1" + " and a == 1" * 30,
        "__import__('os') == 1",
    ],
)
def test_what_compares_nothing(words: str) -> None:
    with pytest.raises(InputError):
        compile_success(words)


@given(st.binary(max_size=300), st.integers(100, 599), st.text(max_size=40))
def test_any_answer_can_be_heard(content: bytes, status: int, retry_after: str) -> None:
    for preset in PRESETS:
        heard(usual_success(preset), status, content, retry_after, NOW)
