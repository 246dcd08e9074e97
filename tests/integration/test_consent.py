"""What could run a command or give a secret to another host waits until the user agrees."""

from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import CODE, USER, Desk
from tests.support.robot import KEY
from tests.support.wait import until

MAIL = ("send", "--to", "you@example.com", "--subject", "s", "--body", "b")


def _marked(folder: Path) -> list[str]:
    """A command that leaves a mark when it runs."""
    return ["sh", "-c", f"touch '{folder}/ran'; echo {CODE}"]


def _imported(
    office: Desk, text: str, *more: str, given: str = "", env: bool = True
) -> CompletedProcess[str]:
    source = office.folder / "offered.toml"
    source.write_text(text, "utf-8")
    if not env:
        office.env.pop("CREDENTIALS_DIRECTORY", None)
    return office.quick("config", "import", source, *more, given=given)


def _offered(office: Desk, **changes: object) -> str:
    before = office.home.config.read_text("utf-8")
    office.configure("", **changes)
    offered = office.home.config.read_text("utf-8")
    office.home.configure(before)
    return offered


def test_a_command_of_an_import_is_named_and_asked_about(office: Desk, tmp_path: Path) -> None:
    before = office.home.config.read_bytes()
    offered = _offered(office, password_command=_marked(tmp_path))
    for given in ("", "n\n", "\n"):
        done = _imported(office, offered, given=given)
        assert done.returncode == 65
        assert "Account desk runs sh -c" in done.stderr
        assert f"{tmp_path}/ran" in done.stderr
        assert "Nothing is changed." in done.stderr
        assert office.home.config.read_bytes() == before
    assert not office.home.path.joinpath("config.toml.bak").exists()
    assert _imported(office, offered, given="y\n").returncode == 0
    assert office.home.config.read_text("utf-8") == offered
    # What is known is not asked about again.
    done = _imported(office, offered)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_part_of_a_command_is_out_of_sight(office: Desk) -> None:
    hidden = ["sh", "-c", "true" + " " * 5000 + "\n\u202e\u2067; evil " + "x" * 5000 + "; last"]
    done = _imported(office, _offered(office, password_command=hidden))
    told = done.stderr.splitlines()[0]
    assert len(told) < 800
    assert all(word in told for word in ("true ; evil", "…", "; last"))
    assert told.isprintable()


def test_a_script_agrees_beforehand(office: Desk, tmp_path: Path) -> None:
    done = _imported(office, _offered(office, password_command=_marked(tmp_path)), "--yes")
    assert done.returncode == 0
    assert "Account desk runs sh -c" in done.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("used", [True, False])
def test_an_import_that_leads_a_credential_elsewhere(office: Desk, *, used: bool) -> None:
    if used:
        assert office.quick("account", "test", "desk").returncode == 0
    offered = _offered(office, host="smtp.evil.example")
    # Who imports need not be the service that is given the file.
    done = _imported(office, offered, env=not used)
    assert done.returncode == 65
    told = "Account desk gives the secret of its credential file to smtp.evil.example instead of"
    assert f"{told} 127.0.0.1." in done.stderr


def test_a_command_that_is_known_and_a_host_that_is_not(office: Desk) -> None:
    office.configure(password_command=["pass", "mail/qq"])
    done = _imported(office, _offered(office, password_command=["pass", "mail/qq"], host="e.vil"))
    assert done.returncode == 65
    assert "Account desk runs pass mail/qq and gives what it prints to e.vil." in done.stderr


def test_another_authority_for_a_server_whose_secret_is_kept(
    office: Desk, certificates: Certificates
) -> None:
    other = office.folder / "other.pem"
    other.write_bytes(certificates.ca_file.read_bytes())
    done = _imported(office, _offered(office, ca_file=str(other)))
    assert (done.returncode, f"{other} vouches for" in done.stderr) == (65, True)


def test_whoever_listens_on_a_port_without_a_certificate(office: Desk) -> None:
    offered = _offered(office, ca_file="", port=4650, security="none")
    done = _imported(office, offered)
    assert done.returncode == 65
    told = "Account desk gives its secret to any program that listens on port 4650 of this computer"
    assert told in done.stderr
    assert _imported(office, offered, "--yes").returncode == 0
    # What is known is not asked about again; another port is.
    assert _imported(office, offered).returncode == 0
    assert _imported(office, offered.replace("4650", "4651")).returncode == 65


def test_a_port_that_nobody_agreed_to_gets_no_secret(office: Desk) -> None:
    with office.running():
        office.configure(port=4650, security="none", ca_file="")
        until(lambda: office.json("status")["config_error"], what="the edit to wait")
        assert "listens on port 4650" in office.quick("config", "accept").stderr
    done = office.quick("account", "test", "desk")
    assert (done.returncode, "config accept" in done.stdout + done.stderr) == (77, True)


_GOOGLE = ("https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token")


def _signing_in(host: str = "smtp.gmail.com", **oauth: str) -> str:
    keys = ", ".join(f'{key} = "{value}"' for key, value in {"client_id": "x", **oauth}.items())
    return (
        'version = 1\n[accounts.desk]\naddress = "me@desk.example"\nauth = "oauth2"\n'
        f'host = "{host}"\nport = 465\noauth = {{ {keys} }}\n'
    )


@pytest.mark.parametrize(
    ("offered", "page", "tokens", "host"),
    [
        (
            _signing_in(token_url="https://evil.example/token"),
            *("accounts.google.com", "evil.example", "smtp.gmail.com"),
        ),
        (
            _signing_in(authorize_url="https://accounts.google.com.EVIL.example/auth"),
            *("accounts.google.com.evil.example", "oauth2.googleapis.com", "smtp.gmail.com"),
        ),
        (
            _signing_in(device_url="https://evil.example/device"),
            *("accounts.google.com, evil.example", "oauth2.googleapis.com", "smtp.gmail.com"),
        ),
        (
            _signing_in("smtp.evil.example", authorize_url=_GOOGLE[0], token_url=_GOOGLE[1]),
            *("accounts.google.com", "oauth2.googleapis.com", "smtp.evil.example"),
        ),
    ],
)
def test_an_import_that_leads_a_sign_in_elsewhere(
    office: Desk, offered: str, page: str, tokens: str, host: str
) -> None:
    before = office.home.config.read_bytes()
    done = _imported(office, offered, env=False)
    told = f"Account desk signs in at {page}; what comes of it goes to {tokens} and {host}.\n"
    assert (done.returncode, told in done.stderr) == (65, True), done.stderr
    assert office.home.config.read_bytes() == before
    assert _imported(office, offered, "--yes").returncode == 0
    # What is known is not asked about again.
    assert _imported(office, offered).stderr == ""


def test_an_import_that_signs_in_where_the_mail_servers_own_service_is_asks_nothing(
    office: Desk,
) -> None:
    for offered in (_signing_in(), _signing_in(authorize_url=_GOOGLE[0], token_url=_GOOGLE[1])):
        done = _imported(office, offered, env=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_nobody_signs_in_where_an_edit_led_that_waits(office: Desk) -> None:
    office.env.pop("CREDENTIALS_DIRECTORY")
    office.home.configure(_signing_in())
    evil = _signing_in(token_url="https://evil.example/token")
    with office.running():
        office.home.configure(evil)
        told = until(lambda: office.json("status")["config_error"], what="the edit to wait")
        assert "accounts.desk.oauth: could give a secret away" in told
    done = office.quick("account", "login", "desk", "--wait", "1ms")
    assert (done.returncode, "config accept" in done.stderr) == (77, True), done.stderr
    assert "http" not in done.stdout
    assert "what comes of it goes to evil.example" in office.quick("config", "accept").stderr


def test_harmless_imports_ask_nothing(office: Desk) -> None:
    done = _imported(office, _offered(office, display_name="Me", max_per_hour=3))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_credential_belongs_to_the_host_it_was_first_used_for(office: Desk) -> None:
    assert office.quick("account", "test", "desk").returncode == 0
    office.configure(host="localhost")
    assert office.quick(*MAIL).returncode == 77
    done = office.quick("account", "test", "desk")
    assert done.returncode == 77
    assert "The credential file of account desk is for 127.0.0.1, not for localhost." in done.stdout
    assert office.sink.logins == [(USER, True)]
    assert office.quick("config", "accept", given="n\n").returncode == 65
    assert office.quick("outbox", "retry", "1").returncode == 77
    done = office.quick("config", "accept", "--yes")
    assert (done.returncode, "to localhost instead of 127.0.0.1." in done.stderr) == (0, True)
    assert office.quick("outbox", "retry", "1").returncode == 0
    assert office.quick("config", "accept").stdout == "There is nothing to agree to.\n"


def test_an_edit_by_hand_waits_while_it_runs(office: Desk, tmp_path: Path) -> None:
    office.configure()
    with office.running():
        assert office.quick(*MAIL).returncode == 0
        office.configure(password_command=_marked(tmp_path), display_name="New")
        told = until(lambda: office.json("status")["config_error"], what="the edit to wait")
        assert "accounts.desk.password_command: could give a secret away" in told
        assert "ran" not in told  # a command's arguments may be secret
        assert "traymail config accept" in office.quick("status").stdout
        assert office.quick("config", "accept").returncode == 65
        assert office.json("status")["config_error"]
        assert office.quick("config", "accept", given="y\n").returncode == 0
        until(lambda: office.json("status")["config_error"] is None, what="the edit in force")
    assert not (tmp_path / "ran").exists()  # the credential file is still looked up first


@pytest.mark.parametrize("command", [("account", "test", "desk"), ("doctor",)])
def test_no_command_is_faster_than_the_look_at_an_edit(
    office: Desk, tmp_path: Path, command: tuple[str, ...]
) -> None:
    office.env.clear()
    office.configure()
    known = office.home.config.read_text("utf-8")
    with office.running():
        for number in range(3):
            office.configure(password_command=_marked(tmp_path), display_name=str(number))
            done = office.quick(*command)
            assert (done.returncode, "traymail config accept" in done.stdout) == (77, True)
            office.home.configure(known)
            until(lambda: office.json("status")["config_error"] is None, what="the edit undone")
    assert not (tmp_path / "ran").exists()


def test_an_edit_that_leads_a_credential_elsewhere_waits(office: Desk) -> None:
    with office.running():
        assert office.quick(*MAIL).returncode == 0
        office.configure(host="localhost")
        until(lambda: office.json("status")["config_error"], what="the edit to wait")
        assert office.quick(*MAIL).returncode == 0  # by what was in force
        assert office.quick("config", "accept", "--yes").returncode == 0
        until(lambda: office.json("status")["config_error"] is None, what="the edit in force")
        assert office.quick(*MAIL).returncode == 0
    assert len(office.sink.arrivals) == 3


@pytest.mark.parametrize("risky", ["more", "desk"])
def test_a_mail_of_an_account_that_waits_is_told_so(
    office: Desk, tmp_path: Path, risky: str
) -> None:
    office.configure()
    known = office.home.config.read_text("utf-8")
    office.configure(password_command=_marked(tmp_path))
    changed = office.home.config.read_text("utf-8")
    office.home.configure(known)
    before, added = (known, changed) if risky == "more" else (changed, known)
    with office.running():
        office.home.configure(f"{before}\n[accounts.more]{added.partition('[accounts.desk]')[2]}")
        until(lambda: office.json("status")["config_error"], what="the edit to wait")
        done = office.quick(*MAIL, "--account", "more")
        assert (done.returncode, done.stdout) == (77, "")
        assert "agree with: traymail config accept" in done.stderr
        assert office.quick("outbox", "retry", "1").returncode == 77
        assert office.quick("config", "accept", "--yes").returncode == 0
        until(lambda: "more" in office.json("status")["accounts"], what="the account in force")


def test_what_an_import_was_agreed_to_is_in_force_in_the_running_program(
    office: Desk, tmp_path: Path
) -> None:
    with office.running():
        offered = _offered(office, password_command=_marked(tmp_path), display_name="New")
        assert _imported(office, offered, "--yes").returncode == 0
        sender = until(
            lambda: office.quick(*MAIL).returncode == 0 and office.sink.arrivals[-1],
            what="a mail",
        )
        assert sender
        assert office.json("status")["config_error"] is None


def test_a_command_that_waits_does_not_run_after_a_restart_either(
    office: Desk, tmp_path: Path
) -> None:
    office.env.clear()
    office.configure(display_name="Old")
    with office.running():
        office.configure(password_command=_marked(tmp_path))
        until(lambda: office.json("status")["config_error"], what="the edit to wait")
    with office.running():
        sent = office.quick(*MAIL)
        assert (sent.returncode, "traymail config accept" in sent.stderr) == (77, True)
        office.configure(password_command=_marked(tmp_path), display_name="Other")
    assert office.quick("account", "test", "desk").returncode == 77
    assert not (tmp_path / "ran").exists()
    done = office.quick("config", "accept", given="y\n")
    assert (done.returncode, f"{tmp_path}/ran" in done.stderr) == (0, True)
    assert done.stderr.endswith("start traymail, or run: traymail outbox retry --all\n")
    assert office.quick("outbox", "retry", "1").returncode == 0
    assert (tmp_path / "ran").exists()


def test_an_edit_just_before_the_end_waits_after_a_restart_too(
    office: Desk, tmp_path: Path
) -> None:
    office.env.clear()
    office.configure()
    with office.running():
        office.configure(password_command=_marked(tmp_path))
    with office.running():
        sent = office.quick(*MAIL)
        assert (sent.returncode, "traymail config accept" in sent.stderr) == (77, True)
        assert office.quick("account", "test", "desk").returncode == 77
    assert not (tmp_path / "ran").exists()


def test_an_edit_that_is_taken_back_waits_no_more(office: Desk, tmp_path: Path) -> None:
    with office.running():
        before = office.home.config.read_text("utf-8")
        office.configure(password_command=_marked(tmp_path))
        until(lambda: office.json("status")["config_error"], what="the edit to wait")
        office.home.configure(before)
        until(lambda: office.json("status")["config_error"] is None, what="nothing to wait for")
    assert office.quick("config", "accept").stdout == "There is nothing to agree to.\n"
    office.configure(password_command=_marked(tmp_path))
    office.env.clear()
    assert office.quick(*MAIL).returncode == 0  # an edit while nothing runs is the user's own


def test_what_an_account_without_a_login_names_is_not_known_yet(
    office: Desk, tmp_path: Path
) -> None:
    command = _marked(tmp_path)
    office.configure(auth="none", password_command=command, host="localhost")
    done = _imported(office, _offered(office, password_command=command, host="localhost"))
    assert done.returncode == 65
    assert "Account desk runs sh -c" in done.stderr
    assert "gives the secret of its credential file to localhost" in done.stderr


def test_another_authority_for_what_a_command_prints(office: Desk) -> None:
    command = ["pass", "mail/qq"]
    office.configure(password_command=command)
    other = office.folder / "other.pem"
    other.write_bytes(office.ca_file.read_bytes())
    offered = _offered(office, password_command=command, username="else", ca_file=str(other))
    done = _imported(office, offered, env=False)
    assert (done.returncode, f"{other} vouches for" in done.stderr) == (65, True)


def test_another_authority_where_the_present_configuration_cannot_be_read(office: Desk) -> None:
    offered = _offered(office)
    office.home.configure("nonsense")
    done = _imported(office, offered)
    assert (done.returncode, f"{office.ca_file} vouches for" in done.stderr) == (65, True)


def test_another_authority_that_waits_is_not_trusted_after_a_restart_either(
    office: Desk, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(office.ca_file.read_bytes())
    with office.running():
        office.configure(ca_file=str(other))
        until(lambda: office.json("status")["config_error"], what="the edit to wait")
    with office.running():
        sent = office.quick(*MAIL)
        assert (sent.returncode, "traymail config accept" in sent.stderr) == (77, True)
    assert not office.sink.logins
    done = office.quick("config", "accept", "--yes")
    assert (done.returncode, f"{other} vouches for" in done.stderr) == (0, True)
    assert office.quick("outbox", "retry", "1").returncode == 0


def test_a_host_that_waits_is_not_the_first_one_after_a_restart_either(office: Desk) -> None:
    with office.running():
        office.configure(host="localhost")
        until(lambda: office.json("status")["config_error"], what="the edit to wait")
    assert office.quick(*MAIL).returncode == 77
    assert not office.sink.logins
    assert office.quick("config", "accept", "--yes").returncode == 0
    assert office.quick("outbox", "retry", "1").returncode == 0


def test_an_account_that_the_user_adds_does_not_wait(office: Desk) -> None:
    server = ("--host", office.sink.host, "--port", str(office.sink.port), "--security", "tls")
    more = ("--ca-file", office.ca_file, "--no-secret", "--no-test")
    with office.running():
        done = office.quick("account", "add", "else@desk.example", "--name", "more", *server, *more)
        assert done.returncode == 0, done.stderr
        until(lambda: "more" in office.json("status")["accounts"], what="the account in force")
        assert office.json("status")["config_error"] is None


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "http://127.0.0.1:8080"])
def test_an_edit_that_leads_the_key_of_a_robot_elsewhere_names_what_was_edited(
    office: Desk, elsewhere: str
) -> None:
    """A robot has no key `host`, nor `port`."""
    team = '[accounts.team]\nkind = "wecom"\n'
    (Path(office.env["CREDENTIALS_DIRECTORY"]) / "traymail.team").write_text(f"{KEY}\n")
    office.configure(team)
    with office.running():
        office.configure(f'{team}api_url = "{elsewhere}"\n')
        told = until(lambda: office.json("status")["config_error"], what="the edit to wait")
        line = office.home.config.read_text("utf-8").splitlines().index(f'api_url = "{elsewhere}"')
        assert f"config.toml:{line + 1}: accounts.team.api_url: could give a secret away" in told
        assert told.count("\n") == 0
        assert "accounts.team.host" not in told
        assert "accounts.team.port" not in told
