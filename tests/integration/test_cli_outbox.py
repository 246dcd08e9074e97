"""`traymail outbox`: the queue and the history."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Event

import pytest

from tests.support.cli import Desk
from tests.support.wait import until


def _store(office: Desk, *subjects: str) -> None:
    for subject in subjects:
        office.quick("send", "--to", "小明 <b@c.example>", "--subject", subject, "--queue")


def test_list_and_show(office: Desk) -> None:
    assert office.run("outbox", "list").stdout == "There is no mail.\n"
    _store(office, "第一", "second")
    head, newest, _oldest = office.run("outbox", "list").stdout.splitlines()
    assert head.split() == ["id", "state", "changed", "account", "to", "subject"]
    assert newest.split()[0] == "2"
    assert newest.endswith("b@c.example  second")
    assert [entry["id"] for entry in office.json("outbox", "list", "--state", "queued")] == [2, 1]
    assert office.json("outbox", "list", "--state", "sent") == []
    office.run("outbox", "retry", "1")
    shown = office.run("outbox", "show", "1").stdout
    assert "小明 <b@c.example>" in shown
    assert "attempt 1: sent" in shown
    message = office.run("outbox", "show", "1", "--eml").stdout
    sent = office.sink.arrivals[0].content.decode().replace("\r\n", "\n")
    assert message == sent


def test_the_list_fits_a_terminal_and_json_tells_all(office: Desk) -> None:
    long, wide = "s" * 10_000, "长" * 100
    _store(office, long, wide)
    _head, newest, oldest = office.run("outbox", "list").stdout.splitlines()
    assert newest.endswith("  " + "长" * 29 + "…")
    assert oldest.endswith("  " + "s" * 59 + "…")
    assert [entry["subject"] for entry in office.json("outbox", "list")] == [wide, long]


def test_a_state_is_told_in_the_readers_language(office: Desk) -> None:
    _store(office, "x")
    told = office.run("--lang", "zh_CN", "outbox", "resolve", "1", "sent")
    assert (told.returncode, told.stderr.splitlines()[0]) == (65, "邮件 1 的状态是：等待中。")
    listed = office.run("--lang", "zh_CN", "account", "list").stdout
    assert "就绪" in listed
    assert "ready" not in listed


def test_retry_all_after_a_passing_failure(office: Desk) -> None:
    office.sink.reply("final", "451 4.3.0 later")
    assert office.run("send", "--to", "b@c.example", "--subject", "x").returncode == 75
    _store(office, "y")
    done = office.run("outbox", "retry", "--all")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2)
    assert office.states() == {1: "sent", 2: "sent"}
    assert office.run("outbox", "retry", "--all").stdout == "No mail is waiting.\n"


def test_what_delivers_several_mails_that_wait_still_is_told_once(office: Desk) -> None:
    office.sink.reply("final", "451 4.3.0 later", times=9)
    for subject in ("x", "y", "z"):
        _store(office, subject)
    done = office.run("outbox", "retry", "--all")
    assert done.returncode == 75
    assert done.stderr.count("Nothing delivers") == 1
    assert done.stderr.endswith("or run: traymail outbox retry --all\n")
    office.sink.reply("final", "451 4.3.0 later", times=9)
    assert "traymail outbox retry 2" in office.run("outbox", "retry", "2").stderr


def test_a_mail_of_unknown_fate(office: Desk) -> None:
    office.sink.drop("answer", times=2)
    for _ in range(2):
        assert office.run("send", "--to", "b@c.example", "--subject", "x").returncode == 75
    refused = office.run("outbox", "retry", "1")
    assert refused.returncode == 65
    assert "traymail outbox resolve 1" in refused.stderr
    assert office.run("outbox", "resolve", "1", "sent").returncode == 0
    assert office.run("outbox", "resolve", "2", "resend").returncode == 0
    assert office.states() == {1: "sent", 2: "sent"}
    assert [arrival.content for arrival in office.sink.arrivals[1:]] == [
        office.sink.arrivals[1].content
    ] * 2
    entries = {entry["id"]: entry for entry in office.json("outbox", "list")}
    assert [entries[number]["possible_duplicate"] for number in (1, 2)] == [False, True]
    assert office.run("outbox", "resolve", "1", "resend").returncode == 65


def test_cancel_and_purge(office: Desk) -> None:
    _store(office, "a", "b", "c")
    assert office.run("outbox", "cancel", "1", "2").returncode == 0
    assert office.states() == {1: "cancelled", 2: "cancelled", 3: "queued"}
    assert office.run("outbox", "cancel", "1").returncode == 65
    assert office.run("outbox", "purge").stdout == "0 mails are removed from the history.\n"
    assert (
        office.run("outbox", "purge", "--older-than", "0s").stdout
        == "2 mails are removed from the history.\n"
    )
    assert office.states() == {3: "queued"}


def test_cancel_stops_what_is_being_sent(office: Desk, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"x" * 5_000_000)
    go_on = Event()
    office.sink.hold("data", go_on)
    with office.running(), ThreadPoolExecutor() as pool:
        office.run("send", "--to", "b@c.example", "--attach", large, "--queue")
        until(lambda: office.states() == {1: "sending"}, what="the large mail under way")
        _store(office, "waits behind it")
        try:
            told = pool.submit(office.run, "outbox", "cancel", "1", "2")
            until(lambda: office.states()[2] == "cancelled", what="the command to have asked")
        finally:
            go_on.set()
        done = told.result()
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "Mail 1 is cancelled.\nMail 2 is cancelled.\n"
    assert office.states() == {1: "cancelled", 2: "cancelled"}
    assert office.sink.arrivals == []


def test_the_wait_for_the_answer_is_told_and_can_be_ended(office: Desk) -> None:
    never = Event()
    office.sink.hold("final", never)
    try:
        with office.running():
            office.run("send", "--to", "b@c.example", "--subject", "slow", "--queue")
            told = "waits for the server's answer"
            until(lambda: told in office.run("outbox", "list").stdout, what="all of it to be out")
            _store(office, "waits behind it")
            ended = office.run("outbox", "cancel", "1")
            assert (ended.returncode, ended.stdout) == (75, "")
            assert "traymail outbox resolve 1" in ended.stderr
            until(
                lambda: office.states() == {1: "unknown", 2: "sent"}, what="the other mail to go on"
            )
    finally:
        never.set()


def test_a_retry_that_lets_the_account_go_on_tells_what_waits_still(office: Desk) -> None:
    office.give_secret("wrongwrongwrong1")
    for _ in range(2):
        assert office.quick("send", "--to", "b@c.example", "--subject", "x").returncode == 77
    office.give_secret()
    done = office.quick("outbox", "retry", "1")
    nobody = "Nothing delivers waiting mail: start traymail, or run: traymail outbox retry --all\n"
    assert (done.returncode, done.stderr) == (0, nobody)
    last = office.quick("outbox", "retry", "--all")
    assert (last.returncode, last.stderr) == (0, "")


@pytest.mark.parametrize("command", [("account", "test", "desk"), ("doctor", "desk")])
def test_what_waits_while_no_program_runs_is_told_with_what_delivers_it(
    office: Desk, command: tuple[str, ...]
) -> None:
    office.give_secret("wrongwrongwrong1")
    assert office.quick("send", "--to", "b@c.example", "--subject", "x").returncode == 77
    nobody = "Nothing delivers waiting mail: start traymail, or run: traymail outbox retry --all\n"
    office.give_secret()
    tested = office.quick(*command)
    assert (tested.returncode, tested.stderr) == (0, nobody)
    assert office.quick("outbox", "retry", "--all").returncode == 0
    assert office.quick(*command).stderr == ""


def test_a_mail_without_its_account_is_told_with_the_way_out(office: Desk) -> None:
    _store(office, "x")
    both = office.quick("account", "add", "b@c.example", "--host", "h.example", "--no-secret")
    assert both.returncode == 0, both.stderr
    removed = office.quick("account", "remove", "desk")
    assert removed.returncode == 0
    assert "traymail outbox cancel 1\n" in removed.stderr
    way = "It waits until there is an account desk again. Cancel it with: traymail outbox cancel 1"
    tried = office.quick("outbox", "retry", "--all")
    assert (tried.returncode, tried.stdout) == (78, "")
    assert tried.stderr == f"Mail 1 stays in the outbox: There is no account desk\n{way}\n"
    shown = office.quick("outbox", "show", "1").stdout
    assert "next attempt  once its account is there again\n" in shown
    assert f"\n{way}\n" in shown
    assert "start traymail" not in shown
    office.configure()
    assert office.quick("outbox", "retry", "1").returncode == 0
    assert office.states() == {1: "sent"}


def test_who_has_a_mail_already_is_told_when_it_is_cancelled_or_counts_as_sent(
    office: Desk,
) -> None:
    office.sink.reply("rcpt", "451 4.2.1 later", only="b@")
    office.sink.reply("rcpt", "550 5.1.1 no such user", only="b@")
    to = ("send", "--to", "a@c.example, b@c.example", "--subject", "x")
    assert office.quick(*to).returncode == 75
    cancelled = office.quick("outbox", "cancel", "1")
    assert cancelled.stdout == "Mail 1 is cancelled.\n1 of 2 have it.\n"
    office.sink.drop("answer")
    assert office.quick(*to).returncode == 75
    settled = office.quick("outbox", "resolve", "2", "sent")
    assert settled.stdout == "Mail 2 counts as sent.\n1 of 2 have it.\n"
    assert office.states() == {1: "cancelled", 2: "partial"}


def test_what_waits_for_its_account_is_not_due_before(office: Desk) -> None:
    office.sink.reply("mail", "550 Ip frequency limited")
    assert office.run("send", "--to", "b@c.example", "--subject", "limited").returncode == 75
    _store(office, "behind it")
    second, first = office.json("outbox", "list")
    assert first["next_attempt_at"] == second["next_attempt_at"]
    assert (_moment(first["next_attempt_at"]) - _moment(first["updated_at"])).seconds >= 600
    due = _moment(first["next_attempt_at"]).astimezone()
    assert f"next attempt  {due:%Y-%m-%d %H:%M:%S}" in office.run("outbox", "show", "2").stdout
    assert office.json("outbox", "show", "2")["next_attempt_at"] == first["next_attempt_at"]


def _moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["show", "99"], 65),
        (["retry", "99"], 65),
        (["cancel", "99"], 65),
        (["resolve", "99", "sent"], 65),
        (["purge", "--older-than", "long"], 65),
        (["retry"], 64),
        (["retry", "1", "--all"], 64),
        (["cancel"], 64),
        (["show", "x"], 64),
        (["show", str(2**63)], 64),
        (["retry", str(2**63)], 64),
        (["resolve", "1", "maybe"], 64),
        (["list", "--state", "lost"], 64),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_refused(office: Desk, arguments: list[str], status: int) -> None:
    done = office.quick("outbox", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert len(done.stderr.splitlines()) == 2
