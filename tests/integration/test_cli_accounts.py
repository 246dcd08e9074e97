"""`traymail account`, `doctor` and `detect`, with a real keyring and a real server."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
import secretstorage

from tests.support.certificates import Certificates
from tests.support.cli import CODE, USER, Desk, desk, in_process
from tests.support.homes import Home
from tests.support.session import KeyringSession

GROUPED = "abcd efgh ijkl mnop"
STEPS = ["dns", "tcp", "banner", "tls", "ehlo", "auth", "clock"]


@pytest.fixture
def office(tmp_path: Path, certificates: Certificates) -> Iterator[Desk]:
    with desk(tmp_path, certificates) as one:
        yield one


@pytest.fixture
def keyed(office: Desk, keyring_env: KeyringSession) -> Desk:
    """A desk whose secrets are in the keyring, and that has no account yet."""
    office.env = {**keyring_env.env}
    office.home.configure("version = 1\n")
    return office


def _secret(host: str, username: str) -> str | None:
    bus = secretstorage.dbus_init()
    try:
        found = list(
            secretstorage.search_items(bus, {"service": f"traymail:{host}", "username": username})
        )
        return found[0].get_secret().decode() if found else None
    finally:
        bus.close()


def _add(desk: Desk, *more: str, given: str = GROUPED + "\n") -> tuple[int, str]:
    server = ("--host", desk.sink.host, "--port", str(desk.sink.port), "--security", "tls")
    ca = ("--ca-file", str(desk.ca_file))
    done = desk.run("account", "add", f"Me <{USER}>", *server, *ca, *more, given=given)
    return done.returncode, done.stdout + done.stderr


def test_the_life_of_an_account(keyed: Desk) -> None:
    status, told = _add(keyed, "--name", "desk")
    assert (status, "Account desk works." in told) == (0, True), told
    assert _secret("127.0.0.1", USER) == CODE
    assert CODE not in keyed.home.config.read_text("utf-8")
    [listed] = keyed.json("account", "list")
    assert (listed["name"], listed["default"], listed["state"]) == ("desk", True, "ready")
    assert listed["display_name"] == "Me"
    assert keyed.run("send", "--to", "b@c.example", "--subject", "x").returncode == 0

    done = keyed.run("account", "set-secret", "desk", given="wrong wrong\n")
    assert done.returncode == 0
    assert _secret("127.0.0.1", USER) == "wrong wrong"
    tested = keyed.run("account", "test", "desk")
    assert tested.returncode == 77
    assert "wrong wrong" not in tested.stdout + tested.stderr

    assert keyed.run("account", "remove", "desk").returncode == 0
    assert _secret("127.0.0.1", USER) is None
    assert keyed.json("account", "list") == []


def test_a_known_provider_needs_only_the_code(keyed: Desk) -> None:
    done = keyed.run("account", "add", "123456@qq.com", "--no-test", given=GROUPED + "\n")
    assert done.returncode == 0, done.stderr
    assert _secret("smtp.qq.com", "123456@qq.com") == CODE
    [listed] = keyed.json("account", "list")
    assert (listed["name"], listed["host"], listed["port"]) == ("qq", "smtp.qq.com", 465)
    second = keyed.run("account", "add", "7@qq.com", "--no-test", "--no-secret", "--default")
    assert second.returncode == 0, second.stderr
    names = {one["name"]: one["default"] for one in keyed.json("account", "list")}
    assert names == {"qq": False, "qq-2": True}


def test_a_name_to_show_and_another_login_name(office: Desk) -> None:
    address, server = "shop@desk.example", ("--host", "mail.desk.example", "--no-secret")
    names = ("--display-name", "小店", "--username", "ming")
    done = office.quick("account", "add", address, "--name", "shop", *server, *names)
    assert done.returncode == 0, done.stderr
    [shop] = [one for one in office.json("account", "list") if one["name"] == "shop"]
    assert (shop["address"], shop["username"]) == (address, "ming")
    assert 'display_name = "小店"' in office.home.config.read_text("utf-8")


def test_a_stopped_account_goes_on_with_a_new_secret(keyed: Desk) -> None:
    _add(keyed, "--name", "desk", "--no-test", given="wrong\n")
    assert keyed.run("send", "--to", "b@c.example", "--subject", "x").returncode == 77
    keyed.run("account", "set-secret", "desk", given=GROUPED + "\n")
    [entry] = keyed.json("outbox", "list")
    assert entry["next_attempt_at"] is not None
    assert keyed.run("outbox", "retry", "1").returncode == 0


def test_a_locked_keyring(office: Desk, locked_keyring_env: KeyringSession) -> None:
    office.env = {**locked_keyring_env.env}
    done = office.run("account", "set-secret", "desk", given=GROUPED + "\n")
    assert done.returncode == 77
    assert "locked" in done.stderr
    assert CODE not in done.stderr
    assert office.run("send", "--to", "b@c.example", "--subject", "x").returncode == 77
    assert office.states() == {1: "queued"}


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["add", "me@outlook.com"], 65, "OAuth2"),
        (["add", "me@desk.example", "--host", "h.example", "--auth", "oauth2"], 65, "OAuth2"),
        (["add", "me@desk.example", "--host", "h.example", "--kind", "wecom"], 65, "wecom"),
        (["add", "no address"], 65, "no address"),
        (["add", "me@qq.com"], 65, "No secret is given."),
        (["add", "me@nowhere.invalid"], 65, "me@nowhere.invalid"),
        (["add", "me@qq.com", "--port", "25", "--no-secret"], 78, "config.toml:"),
        (["add", "me@qq.com", "--name", "desk", "--no-secret"], 65, "desk"),
        (["remove", "nobody"], 65, "nobody"),
        (["test", "nobody"], 65, "nobody"),
        (["login", "desk"], 65, "OAuth2"),
        (["login", "desk", "--device"], 65, "OAuth2"),
        (["bogus"], 64, "bogus"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_refused(office: Desk, arguments: list[str], status: int, told: str) -> None:
    before = office.home.config.read_bytes()
    done = office.quick("account", *arguments, given="")
    assert (done.returncode, told in done.stderr) == (status, True), done.stderr
    assert office.home.config.read_bytes() == before


def test_doctor_tells_every_step(office: Desk) -> None:
    told = office.json("doctor")
    assert told["ok"] is True
    assert [step["step"] for step in told["steps"]] == STEPS
    assert all(set(step) == {"step", "ok", "ms", "detail", "advice"} for step in told["steps"])
    assert "auth" in office.run("doctor", "desk").stdout


def test_doctor_names_the_step_that_fails(
    office: Desk, tmp_path: Path, certificates: Certificates
) -> None:
    office.give_secret("wrong")
    told = office.json("doctor", "desk", status=77)
    by_name = {step["step"]: step for step in told["steps"]}
    assert (told["ok"], by_name["tls"]["ok"], by_name["auth"]["ok"]) == (False, True, False)
    assert by_name["auth"]["advice"]
    office.env.clear()
    assert office.json("doctor", status=77)["steps"][5]["ok"] is False
    (tmp_path / "other").mkdir()
    with desk(tmp_path / "other", certificates, shown=certificates.expired) as other:
        told = other.json("doctor", status=69)
        by_name = {step["step"]: step for step in told["steps"]}
        assert (by_name["tcp"]["ok"], by_name["tls"]["ok"], by_name["auth"]["ok"]) == (
            *(True, False, None),
        )


def test_doctor_visits_a_host(home: Home) -> None:
    done = in_process(home, "doctor", "--host", "nowhere.invalid", "--port", "465", "--json")
    assert done.returncode == 75
    assert json.loads(done.stdout)["steps"][0]["ok"] is False
    for arguments in (["a", "--host", "h"], ["--port", "25"], ["--host", "h", "--port", "0"]):
        assert in_process(home, "doctor", *arguments).returncode == 64


def test_detect(home: Home) -> None:
    done = in_process(home, "detect", "me@163.com", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["host"], told["port"]) == (0, "smtp.163.com", 465)
    assert told["security"] == "tls"
    assert in_process(home, "detect", "me@qq.com").stdout.startswith("smtp.qq.com  465  tls")
    assert in_process(home, "detect", "nobody").returncode == 65


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
def test_a_code_is_typed_unseen(keyed: Desk) -> None:
    keyed.configure()
    command = keyed.home.command("account", "set-secret", "desk")
    keyboard, terminal = os.openpty()
    environ = {**os.environ, **keyed.env}
    with Popen(
        command, env=environ, stdin=terminal, stdout=PIPE, stderr=terminal, start_new_session=True
    ) as asking:
        os.close(terminal)
        with os.fdopen(keyboard, "r+b", buffering=0) as person:
            shown = b""
            while not shown.endswith(b": "):
                shown += person.read(1)
            person.write(GROUPED.encode() + b"\n")
            assert asking.stdout is not None
            told = asking.stdout.read()
            with contextlib.suppress(OSError):
                shown += person.read(4096)
    assert asking.returncode == 0
    assert b"is kept" in told
    assert b"Password" in shown
    assert b"abcd" not in shown
    assert _secret("127.0.0.1", USER) == CODE
