"""Every key of an account and of the top of config.toml, through the command line."""

import json
import stat
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event

import pytest

from tests.support.cli import CODE, USER, Desk
from tests.support.sink import serve
from tests.support.wait import until

MAIL = ("send", "--to", "b@c.example", "--subject", "x")


def _sender(office: Desk) -> str:
    arrival = office.sink.arrivals[-1]
    mail = message_from_bytes(arrival.content, _class=EmailMessage, policy=policy.default)
    return str(mail["From"])


def test_who_it_is_from_and_who_logs_in(office: Desk) -> None:
    office.configure(address="小明 <other@desk.example>", username=USER)
    assert office.run(*MAIL).returncode == 0
    assert _sender(office) == "小明 <other@desk.example>"
    assert office.sink.arrivals[0].user == USER
    office.configure(address="other@desk.example", display_name="Ming", username=USER)
    assert office.run(*MAIL).returncode == 0
    assert _sender(office) == "Ming <other@desk.example>"
    assert office.sink.arrivals[1].sender == "other@desk.example"


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("api_url", "https://api.example.com", "accounts.desk.api_url"),
    ],
)
def test_what_comes_later_is_refused_with_its_place(
    office: Desk, key: str, value: str, where: str
) -> None:
    office.configure(**{key: value})
    done = office.quick("config", "check")
    assert done.returncode == 78
    assert f": {where}: " in done.stderr
    assert office.quick(*MAIL, "--queue").returncode == 78


def test_oauth2_wants_a_client_id(office: Desk) -> None:
    office.configure(auth="oauth2")
    done = office.quick("config", "check")
    assert (done.returncode, ": accounts.desk.oauth.client_id" in done.stderr) == (78, True)


SIGNATURE = "**Li Na**\nhttps://shop.example"


def test_a_signature_below_what_a_person_sends(office: Desk, tmp_path: Path) -> None:
    office.configure(signature=SIGNATURE)
    page = tmp_path / "page.html"
    page.write_text("<html><body><p>Page</p></body></html>", "utf-8")
    ways = (
        ["--body", "Hi"],
        ["--markdown", "--body", "*Hi*"],
        ["--html", page],
        ["--attach", page],
    )
    for way in ways:
        assert office.run(*MAIL, *way).returncode == 0
    assert office.run(*MAIL, "--body", "Hi", "--no-signature").returncode == 0
    mails = [
        message_from_bytes(one.content, _class=EmailMessage, policy=policy.default)
        for one in office.sink.arrivals
    ]
    plain = [part.get_content() for mail in mails if (part := mail.get_body(("plain",)))]
    below = "-- \r\n**Li Na**\r\nhttps://shop.example\r\n"
    assert plain == [
        f"Hi\r\n\r\n{below}",
        f"*Hi*\r\n\r\n{below}",
        f"Page\r\n\r\n{below}",
        below,
        "Hi\r\n",
    ]
    html = [part.get_content() for mail in mails if (part := mail.get_body(("html",)))]
    assert len(html) == 2
    for one in html:
        head, _, tail = one.partition("<strong>Li Na</strong>")
        assert "<em>Hi</em>" in head or "<p>Page</p>" in head
        assert "</body>" in tail


def test_each_row_is_signed_and_another_programs_message_is_not(
    office: Desk, tmp_path: Path
) -> None:
    office.configure(signature="Li")
    table = tmp_path / "t.csv"
    table.write_text("to,n\na@c.example,1\nb@c.example,2\n")
    each = ("send", "--to", "{csv.to}", "--subject", "s", "--body", "{csv.n}", "--csv", table)
    assert office.run(*each).returncode == 0
    given = "Subject: s\n\nAs it is\n"
    assert office.run("sendmail", "b@c.example", given=given).returncode == 0
    bodies = [one.content.partition(b"\r\n\r\n")[2] for one in office.sink.arrivals]
    assert bodies == [b"1\r\n\r\n-- \r\nLi\r\n", b"2\r\n\r\n-- \r\nLi\r\n", b"As it is\r\n"]


def test_mail_of_a_rule_is_not_signed(office: Desk, tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "a.txt").write_text("a")
    rule = f'[[rules]]\nname = "r"\nkind = "folder"\nfolder = "{drop}"\nto = ["b@c.example"]\n'
    office.configure(rule, signature="Li")
    done = office.run("rule", "test", "r", "--json")
    assert done.returncode == 0, done.stderr
    assert "-- " not in json.loads(done.stdout)["mails"][0]["body"]


def test_no_login(office: Desk) -> None:
    with serve(security="none") as open_sink:
        office.configure(host="::1", auth="none", security="none", port=open_sink.port)
        assert office.run(*MAIL).returncode == 75  # nobody listens there
        office.configure(host="127.0.0.1", auth="none", security="none", port=open_sink.port)
        office.env.clear()
        assert office.run("outbox", "retry", "--all").returncode == 0
        assert [arrival.user for arrival in open_sink.arrivals] == [None]


def test_an_authority_of_its_own(office: Desk) -> None:
    office.configure(ca_file="")
    done = office.run(*MAIL)
    assert (done.returncode, office.sink.logins) == (69, [])
    assert "certificate" in done.stderr
    office.configure()
    assert office.run("outbox", "retry", "--all").returncode == 0


def test_the_largest_message(office: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 800_000)
    office.configure(max_message_mb=1)
    done = office.run(*MAIL, "--attach", tmp_path / "file")
    assert (done.returncode, office.sink.connections, office.states()) == (65, 0, {})
    assert "max_message_mb" in done.stderr.splitlines()[1]
    office.configure(max_message_mb=1.2)
    assert office.run(*MAIL, "--attach", tmp_path / "file").returncode == 0


@pytest.mark.parametrize("cap", ["max_per_minute", "max_per_hour", "max_per_day"])
def test_no_more_than_the_cap(office: Desk, cap: str) -> None:
    office.configure("", **{cap: 2})
    assert [office.run(*MAIL).returncode for _ in range(3)] == [0, 0, 75]
    assert office.states() == {1: "sent", 2: "sent", 3: "queued"}
    assert len(office.sink.arrivals) == 2


def test_a_server_that_takes_too_long(office: Desk) -> None:
    never = Event()
    office.sink.hold("mail", never)
    office.configure(timeout_seconds=1)
    done = office.run(*MAIL)
    never.set()
    assert done.returncode == 75
    assert office.states() == {1: "queued"}


def test_a_command_that_prints_the_secret(office: Desk, tmp_path: Path) -> None:
    office.env.clear()
    script = tmp_path / "my pass"
    script.write_text(f"#!{sys.executable}\nprint({CODE!r})\nprint('second line')\n")
    script.chmod(stat.S_IRWXU)
    office.configure(password_command=[str(script), "mail; echo $HOME"])
    assert office.run(*MAIL).returncode == 0
    assert office.sink.logins == [(USER, True)]


def test_how_long_it_is_tried(office: Desk) -> None:
    office.sink.reply("rcpt", "451 4.3.0 later", times=2)
    assert office.run(*MAIL).returncode == 75
    office.configure(retry_for="0s")
    assert office.run(*MAIL).returncode == 69
    assert office.states() == {1: "queued", 2: "failed"}


@pytest.mark.parametrize("wish", ["ask", "resend"])
def test_when_unsure(office: Desk, wish: str) -> None:
    office.configure(when_unsure=wish)
    office.sink.drop("answer")
    assert office.run(*MAIL).returncode == 75
    assert office.states() == {1: "unknown" if wish == "ask" else "queued"}
    if wish == "resend":
        assert office.run("outbox", "retry", "1").returncode == 0
        [entry] = office.json("outbox", "list")
        assert (entry["state"], entry["possible_duplicate"]) == ("sent", True)
        first, second = office.sink.arrivals
        assert first.content == second.content


def test_the_default_account(office: Desk) -> None:
    other = '\n[accounts.other]\naddress = "o@other.example"\nhost = "127.0.0.1"\nport = 9\n'
    office.configure(other + 'security = "starttls"\nauth = "none"\n')
    top = office.home.config.read_text("utf-8")
    office.home.configure(f'default_account = "other"\n{top}')
    assert office.json(*MAIL, "--queue")["account"] == "other"
    assert office.json(*MAIL, "--queue", "--account", "desk")["account"] == "desk"
    office.home.configure(top)
    done = office.run(*MAIL, "--queue")
    assert (done.returncode, "--account" in done.stderr) == (65, True)


def test_all_rules_together(office: Desk, tmp_path: Path) -> None:
    rules = ""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        folder = json.dumps(str(tmp_path / name))
        rules += f'\n[[rules]]\nname = "{name}"\nkind = "folder"\nto = ["b@c.example"]\n'
        rules += f"folder = {folder}\nsettle_seconds = 0.1\n"
    office.configure(rules)
    office.home.configure("rules_max_per_hour = 1\n" + office.home.config.read_text("utf-8"))
    with office.running():
        for name in ("one", "two"):
            until(lambda: _watching(office), what="both folders watched")
            (tmp_path / name / "file").write_text("x")
        until(lambda: len(office.states()) == 2, what="both mails stored")
        office.sink.wait_for(1)
        until(lambda: sorted(office.states().values()) == ["queued", "sent"])
        # By hand is not by rule.
        assert office.run(*MAIL).returncode == 0
    assert sorted(office.states().values()) == ["queued", "sent", "sent"]


def _watching(office: Desk) -> bool:
    return all(rule["watching"] for rule in office.json("status")["rules"].values())
