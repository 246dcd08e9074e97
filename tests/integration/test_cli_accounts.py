"""`traymail account`, `doctor` and `detect`, with a real keyring and a real server."""

import contextlib
import json
import os
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import CODE, USER, Desk, desk, in_process
from tests.support.homes import Home
from tests.support.session import KeyringSession

GROUPED = "abcd efgh ijkl mnop"
STEPS = ["dns", "tcp", "banner", "tls", "ehlo", "auth", "clock"]


@pytest.fixture
def keyed(office: Desk, keyring_env: KeyringSession) -> Desk:
    """A desk whose secrets are in the keyring, and that has no account yet."""
    office.env = {**keyring_env.env}
    office.home.configure("version = 1\n")
    return office


def _secret(host: str, username: str) -> str | None:
    import secretstorage  # Linux has it

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


def test_a_server_of_the_own_network_is_taken_with_a_hint_and_a_refusal_names_no_line(
    keyed: Desk,
) -> None:
    added = ("account", "add", "lina@example.com", "--no-secret", "--no-test")
    done = keyed.quick(*added, "--host", "mail")
    assert (done.returncode, done.stdout) == (0, "Account example is added: mail, port 465.\n")
    assert "accounts.example.host: has no dot: mail may be another computer" in done.stderr
    before = keyed.home.config.read_bytes()
    refused = keyed.quick(*added, "--name", "b", "--host", "x.example.com", "--port", "25")
    cause, way_out = refused.stderr.splitlines()
    assert (refused.returncode, way_out[:20]) == (65, "Nothing was changed.")
    assert cause.startswith("traymail account add: --port: ")
    assert keyed.home.config.read_bytes() == before


@pytest.mark.parametrize(
    "wrong",
    [
        ("--host", "a b"),
        ("--host", "mail.example.com", "--port", "2500"),
        ("--host", "mail.example.com", "--port", "587", "--security", "tls"),
        ("--host", "mail.example.com", "--name", "a/b"),
    ],
)
def test_what_makes_no_account_is_bad_input_and_not_a_wrong_configuration(
    keyed: Desk, wrong: tuple[str, ...]
) -> None:
    before = keyed.home.config.read_bytes()
    added = ("account", "add", "lina@example.com", "--no-secret", "--no-test")
    refused = keyed.quick(*added, *wrong)
    assert refused.returncode == 65, refused.stderr
    assert refused.stderr.splitlines()[-1].startswith("Nothing was changed.")
    assert keyed.home.config.read_bytes() == before
    # What was wrong before is another matter.
    keyed.home.configure("version = 1\nlangage = 'en'\n")
    assert keyed.quick(*added, "--host", "mail.example.com").returncode == 78


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--name", "a/b"), "--name: "),
        (("--name", "there"), "There is an account there already."),
        (("--port", "2500"), "--security: "),
        (("--client-id", "mine"), "--token-url: is missing"),
        (("--token-url", "https://mail.example.com/t"), "Signing in by OAuth2 wants a client id."),
    ],
)
def test_what_makes_no_account_is_told_before_its_secret_is_asked_for(
    keyed: Desk, more: tuple[str, ...], told: str
) -> None:
    added = ("account", "add", "lina@example.com", "--host", "mail.example.com")
    assert keyed.quick(*added, "--name", "there", "--no-secret", "--no-test").returncode == 0
    refused = keyed.quick(*added, *more)
    assert (refused.returncode, told in refused.stderr) == (65, True), refused.stderr
    assert "No secret is given." not in refused.stderr


def test_a_secret_with_a_sign_that_ends_a_login_is_refused(keyed: Desk) -> None:
    status, told = _add(keyed, given="ab\0cd\n")
    assert (status, "no password has (NUL)" in told) == (65, True), told
    assert keyed.json("account", "list") == []
    assert _add(keyed, "--name", "desk")[0] == 0
    done = keyed.run("account", "set-secret", "desk", given="ab\0cd\n")
    assert (done.returncode, _secret("127.0.0.1", USER)) == (65, CODE)


def test_an_import_asks_only_for_secrets_that_are_not_there(keyed: Desk) -> None:
    assert _add(keyed, "--name", "desk")[0] == 0
    urls = 'token_url = "https://id.example/t", authorize_url = "https://id.example/a"'
    given = keyed.folder / "given.toml"
    given.write_text(
        keyed.home.config.read_text("utf-8")
        + '\n[accounts.bare]\naddress = "b@qq.com"\n'
        + '\n[accounts.oauth]\naddress = "o@x.example"\nhost = "mail.x.example"\n'
        + f'auth = "oauth2"\noauth = {{ client_id = "a", {urls} }}\n',
        "utf-8",
    )
    done = keyed.quick("config", "import", str(given), "--yes")
    assert done.returncode == 0, done.stderr
    assert "set-secret desk" not in done.stdout
    assert "traymail account set-secret bare" in done.stdout
    assert "traymail account login oauth" in done.stdout


def test_who_names_a_client_means_oauth2(keyed: Desk) -> None:
    urls = ("--token-url", "https://id.example/t", "--authorize-url", "https://id.example/a")
    added = ("account", "add", "lina@example.com", "--host", "mail.example.com", "--name", "o")
    done = keyed.quick(*added, "--client-id", "mine", *urls)
    assert (done.returncode, "traymail account login o" in done.stdout) == (0, True), done.stderr
    assert keyed.json("account", "list")[-1]["auth"] == "oauth2"


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
    assert office.json("account", "list")[0]["state"] != "ready"
    assert "locked" in office.quick("account", "list").stdout
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
        (["add", "me@foxmail.com", "--auth", "oauth2"], 65, "README shows"),
        (["add", "me@desk.example", "--host", "h.example", "--kind", "wecom"], 65, "wecom"),
        (["add", "me@desk.example", "--kind", "webhook"], 65, "webhook has no address"),
        (["add", "me@desk.example", "--kind", "smpt"], 65, "There is no kind of account smpt."),
        (["add", "--no-secret"], 64, "ADDRESS"),
        (["add", "no address"], 65, "no address"),
        (["add", "me@qq.com"], 65, "No secret is given."),
        (["add", "me@nowhere.invalid"], 65, "me@nowhere.invalid"),
        (["add", "me@qq.com", "--port", "25", "--no-secret"], 65, "--port: 25 is for mail"),
        (["add"], 64, "Missing argument 'ADDRESS'."),
        (["add", "me@qq.com", "--name", "desk", "--no-secret"], 65, "desk"),
        (["remove", "nobody"], 65, "nobody"),
        (["test", "nobody"], 65, "nobody"),
        (["login", "desk"], 65, "OAuth2"),
        (["login", "desk", "--client-secret"], 65, "Account desk does not sign in by OAuth2."),
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


@pytest.mark.parametrize("command", [("doctor",), ("account", "test")])
def test_a_server_shows_nothing_that_the_running_program_told_it(
    office: Desk, command: tuple[str, ...]
) -> None:
    """It was told that in the session of another account, of another process."""
    server = {"host": office.sink.host, "port": office.sink.port, "ca_file": str(office.ca_file)}
    keys = {**server, "address": "other@desk.example", "security": office.sink.security}
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items())
    office.configure(f"[accounts.other]\n{lines}\n")
    (office.folder / "credentials" / "traymail.other").write_text("k3vT-q9wZ-x2\n")
    with office.running():
        done = office.run("send", "--account", "desk", "--to", "b@c.example", "--subject", "s")
        assert done.returncode == 0, done.stderr
        long = ["龘" * 300] * 70
        for echo in ([CODE], [f"X{CODE[:10]}"], [CODE, *long]):
            office.sink.instead = tuple(f"250-{one}" for one in echo)
            done = office.run(*command, "other")
            assert done.returncode == 77, done.stderr
            assert "***" in done.stdout
            assert CODE[:8] not in done.stdout + done.stderr


def test_doctor_visits_a_host(home: Home) -> None:
    done = in_process(home, "doctor", "--host", "nowhere.invalid", "--port", "465", "--json")
    assert done.returncode == 75
    assert json.loads(done.stdout)["steps"][0]["ok"] is False
    for arguments in (["a", "--host", "h"], ["--port", "25"], ["--host", "h", "--port", "0"]):
        assert in_process(home, "doctor", *arguments).returncode == 64


@pytest.mark.parametrize("host", ["127.0.0.1:465", "https://mail.example.com", "a b"])
def test_doctor_visits_no_host_that_no_account_could_have(home: Home, host: str) -> None:
    done = in_process(home, "doctor", "--host", host)
    cause, way_out = done.stderr.splitlines()
    assert (done.returncode, cause) == (65, f"“{host}” is not the name of a server")
    assert way_out == "Write it like smtp.example.com, without http:// and without a port."


def test_a_certificate_is_named_from_where_one_stands(
    keyed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(keyed.ca_file.parent)
    added = ("account", "add", "me@corp.example", "--host", "h.example", "--no-secret", "--no-test")
    done = keyed.quick(*added, "--ca-file", keyed.ca_file.name)
    assert done.returncode == 0, done.stderr
    assert f'ca_file = "{keyed.ca_file}"' in keyed.home.config.read_text("utf-8")


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
    assert b"is stored" in told
    assert b"Password" in shown
    assert b"abcd" not in shown
    assert _secret("127.0.0.1", USER) == CODE


def _configured_without(desk: Desk) -> Desk:
    """A server: no session, no keyring, nothing handed over."""
    desk.env = {"DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": str(desk.folder)}
    desk.home.configure("version = 1\n")
    return desk


def test_without_a_keyring_an_account_is_added_and_told_what_it_needs(office: Desk) -> None:
    _configured_without(office)
    status, told = _add(office, "--name", "work")
    assert status == 77
    assert 'password_command = ["cat", "/path"] into [accounts.work]' in told
    assert "LoadCredential=traymail.work:/path" in told
    assert office.json("account", "list")[0]["state"] == "no secret"
    assert "no secret" in office.quick("account", "list").stdout
    done = office.run("account", "set-secret", "work", given=f"{CODE}\n")
    assert (done.returncode, "password_command" in done.stderr) == (77, True)
    secret = office.folder / "secret"
    secret.write_text(GROUPED + "\n")
    config = office.home.config.read_text("utf-8")
    office.home.configure(config + f'password_command = ["cat", "{secret}"]\n')
    assert office.json("account", "list")[0]["state"] == "ready"
    assert office.run("account", "test", "work").returncode == 0


def test_an_address_that_has_an_account_is_pointed_at(office: Desk) -> None:
    added = ("account", "add", "--host", "h.example", "--no-secret", "--no-test")
    assert "already" not in office.quick(*added, "lina@example.com").stderr
    done = office.quick(*added, "Lina@Example.com")
    assert (done.returncode, done.stdout[:18]) == (0, "Account Example is")
    assert "Account example has this address already." in done.stderr
    assert "traymail account set-secret example\n" in done.stderr


def test_without_a_keyring_accounts_are_removed_and_all_is(office: Desk) -> None:
    _configured_without(office)
    for name in ("work", "home"):
        at = ("--name", name, "--host", "h.example")
        added = office.run("account", "add", USER, *at, "--no-secret")
        assert added.returncode == 0, added.stderr
    note = "There is no keyring here to remove a secret from.\n"
    done = office.run("account", "remove", "work")
    assert (done.returncode, done.stdout) == (0, "Account work is removed.\n")
    assert done.stderr == ""  # the other account has the same login
    done = office.run("account", "remove", "home")
    assert (done.returncode, done.stderr) == (0, note)
    assert office.run("account", "add", USER, "--host", "h.example", "--no-secret").returncode == 0
    done = office.run("purge", "--yes")
    assert (done.returncode, done.stderr) == (0, note)
    assert not office.home.config.exists()


@pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal is POSIX's")
def test_a_secret_that_can_be_kept_nowhere_is_not_asked_for(office: Desk) -> None:
    _configured_without(office)
    server = ("--host", "127.0.0.1", "--port", str(office.sink.port), "--security", "tls")
    command = office.home.command("account", "add", USER, "--name", "work", *server)
    screen, terminal = os.openpty()
    with Popen(
        command, stdin=terminal, stdout=PIPE, stderr=PIPE, env={**os.environ, **office.env}
    ) as running:
        _out, told = running.communicate(timeout=60)
    os.close(screen)
    os.close(terminal)
    assert running.returncode == 77
    assert told.startswith(b"There is no keyring on this system.\n")


@pytest.mark.parametrize("place", ["file", "command"])
def test_a_secret_for_the_keyring_that_would_not_count_is_refused(office: Desk, place: str) -> None:
    if place == "command":
        office.env.clear()
        office.configure(password_command=["cat", "/path"])
    done = office.run("account", "set-secret", "desk", given=f"{CODE}\n")
    assert done.returncode == 77
    assert "counts before the keyring" in done.stderr
    where = "LoadCredential=" if place == "file" else "password_command of account desk"
    assert where in done.stderr


@pytest.mark.parametrize("place", ["file", "command"])
def test_a_refused_secret_is_mended_where_it_is(office: Desk, place: str) -> None:
    if place == "file":
        office.give_secret("wrong-secret")
    else:
        office.env.clear()
        (office.folder / "code").write_text("wrong-secret\n")
        office.configure(password_command=["cat", str(office.folder / "code")])
    sent = office.quick("send", "--to", "b@c.example", "--subject", "x")
    told = sent.stderr
    assert sent.returncode == 77
    assert "set-secret" not in told
    assert "traymail account test desk" in told
    assert ("LoadCredential=" in told, "password_command of account desk" in told) == (
        place == "file",
        place == "command",
    )
    assert told.splitlines()[-1] in office.quick("account", "test", "desk").stdout
    assert told.splitlines()[-1] in office.quick("outbox", "show", "1").stdout
    if place == "file":
        office.give_secret()
    else:
        (office.folder / "code").write_text("abcd efgh ijkl mnop\n")
    with office.running():  # the next start lets the account go on
        office.sink.wait_for(1)


def test_a_command_that_fails_is_told_with_the_mail(office: Desk) -> None:
    office.env.clear()
    office.configure(password_command=["cat", "/no/such/file"])
    sent = office.quick("send", "--to", "b@c.example", "--subject", "x")
    assert sent.returncode == 77
    assert "The password command of the account gives no secret (exit status 1: cat: /no/" in (
        sent.stderr
    )
    assert "password_command of account desk" in sent.stderr
    told = office.quick("--lang", "zh_CN", "outbox", "show", "1").stdout
    assert "密码命令没有给出" in told
    assert "退出状态 1：cat: /no/such/file" in told


@pytest.mark.parametrize("line", [GROUPED, f"\ufeff{GROUPED}\r", f"\ufeff{CODE}"])
def test_a_code_in_groups_or_behind_a_mark_by_standard_input(keyed: Desk, line: str) -> None:
    assert _add(keyed, "--name", "desk", given=f"{line}\n")[0] == 0
    assert _secret("127.0.0.1", USER) == CODE
    wrong = keyed.run("account", "set-secret", "desk", given="wrong\n")
    assert wrong.returncode == 0
    assert keyed.run("account", "set-secret", "desk", given=f"{line}\n").returncode == 0
    assert _secret("127.0.0.1", USER) == CODE


def test_a_refused_secret_of_the_keyring_names_the_account(keyed: Desk) -> None:
    assert _add(keyed, "--name", "desk")[0] == 0
    assert keyed.run("account", "set-secret", "desk", given="wrong\n").returncode == 0
    sent = keyed.run("send", "--to", "b@c.example", "--subject", "x")
    assert sent.returncode == 77
    assert sent.stderr.rstrip().endswith("traymail account set-secret desk")
