import base64
import html
import json
import pickle
import quopri
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traymail.core.secret import Secret, tidy_code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("abcd efgh ijkl mnop", "abcdefghijklmnop"),
        (" abcd  efgh ijkl mnop ", "abcdefghijklmnop"),
        ("abcdefghijklmnop", "abcdefghijklmnop"),
        ("abcd efgh ijkl mno1", "abcd efgh ijkl mno1"),
        ("correct horse battery staple", "correct horse battery staple"),
        ("two word", "two word"),
        ("\ufeffabcd efgh ijkl mnop\u200b", "abcdefghijklmnop"),
        ("abcd\u00a0efgh\u3000ijkl\tmnop", "abcdefghijklmnop"),
        ("\ufeffsecret", "secret"),
        (" blank around ", " blank around "),
    ],
)
def test_only_the_blanks_of_a_code_in_groups_are_dropped(typed: str, kept: str) -> None:
    assert tidy_code(typed) == kept


def test_a_secret_is_not_shown() -> None:
    secret = Secret("canary-12")
    shown = f"{secret} {secret!r} {secret:>10} {[secret]} {secret}"
    assert "canary" not in shown
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


def test_a_secret_echoed_by_a_server_is_struck_out() -> None:
    secret = Secret("canary-12")
    for echo in ("canary-12", "Y2FuYXJ5LTEy", "AG1lAGNhbmFyeS0xMg=="):
        assert secret.strike_out(f"535 {echo} refused", "me") == "535 *** refused"


def _spread(value: str) -> str:
    return "".join(f"%{byte:02x}" for byte in value.encode())


ECHOES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "full width": lambda value: "".join(
        chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value
    ),
    "url": lambda value: quote(value, safe=""),
    "url, all of it": _spread,
    "url, twice": lambda value: quote(quote(value, safe=""), safe=""),
    "url, upper": lambda value: _spread(value).upper(),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64, upper": lambda value: base64.b64encode(value.encode()).decode().upper(),
    "base64 for urls": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "base64 after one": lambda value: base64.b64encode(b"x" + value.encode() + b"y").decode(),
    "base64 after two": lambda value: base64.b64encode(b"xy" + value.encode()).decode(),
    "login": lambda value: base64.b64encode(f"\0me\0{value}".encode()).decode(),
    "hexadecimal": lambda value: value.encode().hex(),
    "hexadecimal, dump": lambda value: value.encode().hex(" ").upper(),
    "quoted-printable": lambda value: quopri.encodestring(value.encode()).decode(),
    "html": html.escape,
    "html, numbers": lambda value: "".join(f"&#{ord(c)};" for c in value),
    "C": lambda value: "".join(f"\\x{byte:02x}" for byte in value.encode()),
    "quoted": lambda value: json.dumps(value)[1:-1],
    "JSON": lambda value: "".join(f"\\u{ord(c):04x}" for c in value),
    "C, octal": lambda value: "".join(f"\\{byte:03o}" for byte in value.encode()),
    "C, long": lambda value: "".join(f"\\U{ord(c):08x}" for c in value),
    "braces": lambda value: "".join(f"\\u{{{ord(c):x}}}" for c in value),
    "code points": lambda value: " ".join(f"U+{ord(c):04X}" for c in value),
    "html, bare": lambda value: "".join(f"&#x{ord(c):x}" for c in value),
    "hexadecimal, each": lambda value: ", ".join(f"0x{byte:02x}" for byte in value.encode()),
    "decimal": lambda value: " ".join(str(byte) for byte in value.encode()),
    "hexadecimal, wide": lambda value: value.encode("utf-16-be").hex(),
    "url, GB18030": lambda value: quote(value.encode("gb18030"), safe=""),
    "base64, GB18030": lambda value: base64.b64encode(value.encode("gb18030")).decode(),
    "base64, wide": lambda value: base64.b64encode(value.encode("utf-16-le")).decode(),
    "base64, twice": lambda value: base64.b64encode(base64.b64encode(value.encode())).decode(),
    "base64, name and secret": lambda value: base64.b64encode(f"me:{value}".encode()).decode(),
    "base32": lambda value: base64.b32encode(value.encode()).decode(),
    "misread": lambda value: value.encode().decode("latin-1"),
    "over two lines": lambda value: f"{value[:5]} \n {value[5:]}",
    "with marks between": "\u200b".join,
    "in groups": lambda value: ("-" if value.isalnum() else " ").join(
        value[at : at + 4] for at in range(0, len(value), 4)
    ),
    "base64 over two lines": lambda value: " ".join(
        base64.b64encode(value.encode()).decode().partition("Z")
    ),
}
SECRETS = ["canary-secret-42", "abcdefghijklmnop", "hunter2", "p@ss%41w0rd=3D!", "!!@@##$$%%^^&&"]


@pytest.mark.parametrize("value", SECRETS)
@pytest.mark.parametrize("echo", ECHOES)
def test_no_way_to_write_a_secret_shows_it(echo: str, value: str) -> None:
    said = f"535 5.7.8 Error: {ECHOES[echo](value)} authentication refused"
    shown = Secret(value).strike_out(said, "me")
    if shown != "535 5.7.8 Error: *** authentication refused":
        assert shown.startswith("535 5.7.8 Error: ***")
        assert shown.endswith("authentication refused")
        assert len(shown) < len("535 5.7.8 Error: *** authentication refused") + 3


FOREIGN = [
    *("as it is", "url", "base64", "login", "hexadecimal", "upper", "C, octal", "C, long"),
    *("braces", "hexadecimal, wide", "base64, GB18030", "base64, wide", "base64, twice", "base32"),
]


@pytest.mark.parametrize("value", ["密码密码密码", "pässwörd", "密码abc123"])
@pytest.mark.parametrize("echo", FOREIGN)
def test_letters_of_any_language_are_struck_out(echo: str, value: str) -> None:
    said = f"535 {ECHOES[echo](value)} refused"
    assert Secret(value).strike_out(said, "me") == "535 *** refused"


@pytest.mark.parametrize("echo", ["url, GB18030", "misread"])
def test_letters_in_another_encoding_are_struck_out(echo: str) -> None:
    shown = Secret("密码密码密码").strike_out(f"535 {ECHOES[echo]('密码密码密码')}")
    assert shown.rstrip("\x80\x81\xa0") == "535 ***"


def test_a_run_of_half_of_it_is_struck_out() -> None:
    secret = Secret("canary-secret-42")
    assert secret.strike_out("its beginning canary-s, its end ecret-42") == (
        "its beginning ***, its end ***"
    )
    assert secret.strike_out("a canary is no secret") == "a canary is no secret"


@pytest.mark.parametrize("value", ["", "pw", "abc", "hunter"])
def test_a_short_secret_is_struck_out_whole(value: str) -> None:
    said = f"no {value} here" if value else "nothing"
    assert Secret(value).strike_out(said) == ("no *** here" if value else "nothing")
    login = base64.b64encode(f"\0me@example.com\0{value}".encode()).decode()
    if value:
        assert Secret(value).strike_out(f"no {login} here", "me@example.com") == "no *** here"


REPLIES = [
    "250 2.1.5 Ok",
    "535 Login Fail. Please enter your authorization code to login. More information in"
    " https://service.mail.qq.com/detail/0/53",
    "5.7.8 Username and Password not accepted. For more information, go to"
    " https://support.google.com/mail/?p=BadCredentials d2e1a72fcca58-7e1 - gsmtp",
    "登录失败，请输入授权码",
    "PIPELINING, SIZE 73400320, STARTTLS, AUTH LOGIN PLAIN XOAUTH XOAUTH2, 8BITMIME",
]


@pytest.mark.parametrize("value", SECRETS)
@pytest.mark.parametrize("reply", REPLIES)
def test_other_words_stay(reply: str, value: str) -> None:
    assert Secret(value).strike_out(reply, "me@example.com") == reply


SIGNS = st.characters(categories=["L", "N", "P", "S"], include_characters=" ")


@given(st.text(SIGNS, min_size=1, max_size=40), st.text(SIGNS, max_size=60), st.integers(0, 39))
def test_no_run_of_half_survives(value: str, around: str, at: int) -> None:
    half = max(6, (len(value) + 1) // 2)
    run = value[at : at + half]
    if len(run) == half:
        shown = Secret(value).strike_out(around + run + around)
        assert run not in shown or not run.strip()


def test_a_token_of_any_length_is_struck_out() -> None:
    token = base64.b64encode(bytes(range(256)) * 100).decode()
    assert Secret(token).strike_out(f"534 {token} refused") == "534 *** refused"
