"""`traymail send --each` and `--csv`: one mail for each, all stored or none, none sent twice."""

import csv
import os
import re
import signal
import subprocess
import sys
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Event
from time import monotonic
from typing import Any

import pytest

from tests.support.cli import Desk, watched
from tests.support.sink import Arrival
from tests.support.wait import PATIENCE_SECONDS, until

MANY: dict[str, Any] = {"max_per_minute": 100_000, "max_per_hour": 100_000, "max_per_day": 100_000}
COLUMNS = ["line", "to", "state", "code", "reply", "duration_ms", "at"]


def _mail(arrival: Arrival) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(arrival.content)


def _table(folder: Path, words: str, encoding: str = "utf-8") -> Path:
    file = folder / "people.csv"
    file.write_bytes(words.encode(encoding))
    return file


def _people(folder: Path, count: int) -> Path:
    rows = "".join(f"{number},to{number}@x.example\n" for number in range(count))
    return _table(folder, f"name,mail\n{rows}")


SEND = ("send", "--to", "{csv.mail}", "--subject", "Hi {csv.name}")


def test_each_recipient_gets_a_mail_of_their_own(office: Desk) -> None:
    done = office.run(
        *("send", "--each", "--to", "A <a@x.example>, b@x.example", "--to", "a@x.example"),
        *("--cc", "c@x.example", "--subject", "{csv.x}", "--body", "{hello"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "Batch 1: 2 mails are stored in the outbox.",
        "Batch 1: sent 2, partly sent 0, failed 0, perhaps sent 0, waiting 0",
    ]
    first, second = office.sink.arrivals
    assert [first.recipients, second.recipients] == [
        ("a@x.example", "c@x.example"),
        ("b@x.example", "c@x.example"),
    ]
    assert [_mail(one)["To"] for one in (first, second)] == ["A <a@x.example>", "b@x.example"]
    assert _mail(first)["Subject"] == "{csv.x}"
    assert first.connection == second.connection


def test_each_row_of_a_table_gets_a_mail(office: Desk, tmp_path: Path) -> None:
    for name in ("王.pdf", "two.pdf"):
        (tmp_path / name).write_bytes(name.encode() * 100)
    table = _table(
        tmp_path,
        "名字;Mail;文件\n王;王 <w@x.example>, also@x.example;王.pdf\n\n"
        '"Li ""B"" {csv.名字}\nBcc: q@x.example";l@x.example;two.pdf\n',
        "gb18030",
    )
    report = tmp_path / "report.csv"
    done = office.run(
        *("send", "--csv", table, "--to", "{csv.Mail}", "--subject", "你好 {csv.名字} {{}}"),
        *("--body", "Dear {csv.名字},\n{csv.文件}", "--attach", f"{tmp_path}/{{csv.文件}}"),
        *("--attach", table, "--report", report),
    )
    assert (done.returncode, done.stderr) == (0, "")
    first, second = map(_mail, office.sink.arrivals)
    assert office.sink.arrivals[0].recipients == ("w@x.example", "also@x.example")
    assert first["Subject"] == "你好 王 {}"
    assert second["Subject"] == '你好 Li "B" {csv.名字} Bcc: q@x.example {}'
    assert second["Bcc"] is None
    text, own, shared = second.iter_parts()
    assert text.get_content().splitlines()[0] == 'Dear Li "B" {csv.名字}'
    assert own.get_filename() == "two.pdf"
    assert shared.get_payload(decode=True) == table.read_bytes()
    with report.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == COLUMNS
    assert [(row[0], row[2], row[3]) for row in rows] == [
        ("2", "sent", "250"),
        ("4", "sent", "250"),
    ]
    assert rows[0][1] == "王 <w@x.example>, also@x.example"
    assert all(row[4] and row[5].isdigit() and row[6].endswith("Z") for row in rows)
    # The file that both have is kept once.
    assert len(list((office.home.path / "state" / "spool").iterdir())) == 1


def test_every_fault_is_told_with_its_line_and_nothing_is_stored(
    office: Desk, tmp_path: Path
) -> None:
    (tmp_path / "good.txt").write_text("good")
    (tmp_path / "large.bin").write_bytes(bytes(2_000_000))
    os.mkfifo(tmp_path / "pipe")
    office.configure(max_message_mb=1)
    table = _table(
        tmp_path,
        "mail,file\na@x.example,good.txt\nno address,good.txt\n,good.txt\nb@x.example\n"
        "c@x.example,missing.txt\nd@x.example,large.bin\ne@x.example,pipe\nf@intranet,good.txt\n"
        'g@x.example,\n"x"y,z\n',
    )
    wanted = ("--to", "{csv.mail}", "--subject", "x", "--attach", f"{tmp_path}/{{csv.file}}")
    for more in ((), ("--dry-run",)):
        done = office.quick("send", "--csv", table, *wanted, *more)
        assert (done.returncode, done.stdout) == (65, "")
        told = done.stderr.splitlines()
        assert [line.partition(" ")[0] for line in told[:-2]] == [
            f"people.csv:{line}:" for line in (3, 4, 5, 6, 7, 8, 9, 10, 11)
        ]
        for words, line in zip(
            ("“no address” has no @", "no recipient", "1 cells", "missing.txt", "too large",
             "Only regular files", "no dot", "is empty", "quotation mark"), told, strict=False,
        ):  # fmt: skip
            assert words in line
        assert told[-2] == "9 things are wrong, and nothing is stored."
    assert office.json("outbox", "list") == []
    assert list((office.home.path / "state").glob("spool/*")) == []


@pytest.mark.parametrize(
    ("cell", "attach"),
    [
        ("../key.txt", "docs/{csv.file}"),
        ("./..//key.txt", "docs/{csv.file}"),
        ("../key", "docs/{csv.file}.txt"),
        ("sub/../../key.txt", "docs/{csv.file}"),
        ("./key.txt", "docs/.{csv.file}"),
        (".", "docs/{csv.file}{csv.file}/key.txt"),
        ("../docs/../key.txt", "docs/../docs/{csv.file}"),
    ],
)
def test_a_cell_leads_out_of_no_folder_that_the_command_names(
    office: Desk, tmp_path: Path, cell: str, attach: str
) -> None:
    """Who fills in a table is not who sends: theirs is the choice among what lies there."""
    (tmp_path / "docs" / "sub").mkdir(parents=True)
    (tmp_path / "key.txt").write_text("-----BEGIN")
    table = _table(tmp_path, f"mail,file\na@x.example,{cell}\n")
    wanted = ("--to", "{csv.mail}", "--subject", "x", "--attach", f"{tmp_path}/{attach}")
    done = office.quick("send", "--csv", table, *wanted)
    assert (done.returncode, done.stdout) == (65, "")
    assert done.stderr.startswith("people.csv:2: A cell leads out of the folder")
    assert office.json("outbox", "list") == []


def test_a_cell_may_lead_further_in_and_the_command_anywhere(office: Desk, tmp_path: Path) -> None:
    (tmp_path / "docs" / "..sub").mkdir(parents=True)
    for name in ("key.txt", "docs/..sub/a.txt", "docs/b..txt"):
        (tmp_path / name).write_text(name)
    table = _table(
        tmp_path,
        "mail,file,whole\n"
        f"a@x.example,..sub/a,{tmp_path}/docs/../key.txt\nb@x.example,b.,{tmp_path}/key.txt\n",
    )
    done = office.quick(
        *("send", "--csv", table, "--to", "{csv.mail}", "--subject", "x"),
        *("--attach", f"{tmp_path}/docs/../docs/{{csv.file}}.txt", "--attach", "{csv.whole}"),
    )
    assert done.returncode == 0, done.stderr
    names = [
        [part.get_filename() for part in _mail(one).iter_attachments()]
        for one in office.sink.arrivals
    ]
    assert names == [["a.txt", "key.txt"], ["b..txt", "key.txt"]]


@pytest.mark.parametrize(
    ("words", "options", "status", "told"),
    [
        ("a,mail\n", SEND[1:3], 65, "The table has no row below its first one."),
        ("a,m\n1,x@x.example\n", ("--to", "{csv.M}"), 65, "There is no placeholder {csv.M}"),
        ("a,mail\n1,x@x.example\n", ("--to", "{mail}"), 65, "There is no placeholder {mail}"),
        ("a,mail\n1,x@x.example\n", ("--to", "{csv.mail"), 65, "There is a lone { in “{csv.mail”"),
        ("a,a\n1,2\n", ("--to", "{csv.a}"), 65, "Two columns of the table are named “a”."),
        ("a\n1\n", ("--each", "--to", "{csv.a}"), 64, "--each and --csv cannot be used together."),
    ],
)
def test_what_is_wrong_as_a_whole(
    office: Desk, tmp_path: Path, words: str, options: tuple[str, ...], status: int, told: str
) -> None:
    table = _table(tmp_path, words)
    done = office.quick("send", "--csv", table, "--subject", "x", *options)
    assert (done.returncode, done.stdout, done.stderr.splitlines()[0]) == (status, "", told)
    assert office.json("outbox", "list") == []


def test_a_table_that_is_not_there_and_a_report_that_cannot_be(
    office: Desk, tmp_path: Path
) -> None:
    missing = office.quick(*SEND, "--csv", tmp_path / "no.csv")
    assert (missing.returncode, "no.csv" in missing.stderr) == (66, True)
    table = _people(tmp_path, 1)
    report = tmp_path / "no folder" / "r.csv"
    assert office.quick(*SEND, "--csv", table, "--report", report).returncode == 73
    assert office.quick(*SEND, "--report", report).returncode == 64
    assert office.quick(*SEND, "--dry-run").returncode == 64
    assert office.json("outbox", "list") == []


@pytest.mark.skipif(sys.platform == "win32", reason="links are the administrator's there")
def test_a_report_goes_through_no_link_of_others(office: Desk, tmp_path: Path) -> None:
    (private := tmp_path / "private").mkdir()
    (shared := tmp_path / "shared").mkdir()
    shared.chmod(0o777)
    (shared / "link").symlink_to(private, target_is_directory=True)
    report = shared / "link" / "report.csv"
    assert office.quick(*SEND, "--csv", _people(tmp_path, 1), "--report", report).returncode == 73
    assert not list(private.iterdir())
    assert not office.json("outbox", "list")


def test_a_report_holds_no_formula(office: Desk, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    rows = "=a@x.example\n+b@x.example\n-c@x.example\n@d <d@x.example>\ne@x.example\n"
    table = _table(tmp_path, f"mail\n{rows}")
    office.sink.reply("rcpt", "550 =1+1", only="e@")
    office.run("send", "--csv", table, "--to", "{csv.mail}", "--subject", "x", "--report", report)
    with report.open(encoding="utf-8", newline="") as file:
        told = [(row["to"], row["reply"]) for row in csv.DictReader(file)]
    assert [to for to, _ in told[:4]] == [f"'{to}" for to in rows.splitlines()[:4]]
    assert told[4] == ("e@x.example", "'=1+1")


@pytest.mark.parametrize(
    "reply", ["ok;=1+1", 'ok;"=1+1', "ok\t+1", "＝1+1", "－1", "ok|@SUM(1)", "ok; -1", "=1;=2"]
)
def test_a_report_holds_no_formula_in_other_languages(
    office: Desk, tmp_path: Path, reply: str
) -> None:
    """Where a semicolon parts the cells, a row of commas is one cell, and may become several."""
    report = tmp_path / "report.csv"
    office.sink.reply("rcpt", f"550 {reply}")
    table = _people(tmp_path, 1)
    office.run("send", "--csv", table, "--to", "{csv.mail}", "--subject", "x", "--report", report)
    told = report.read_text("utf-8").splitlines()[1]
    for cell in re.split("[;,\t|]", told):
        assert not re.match(r"""["\s]*[=+@＝－-]""", cell), told


def test_a_report_takes_the_place_of_nothing_that_is_sent(office: Desk, tmp_path: Path) -> None:
    table = _people(tmp_path, 1)
    before = table.read_bytes()
    file = tmp_path / "file.txt"
    file.write_text("kept")
    (tmp_path / "link").symlink_to(table)
    for report in (table, tmp_path / "link", tmp_path / "." / "file.txt"):
        done = office.quick(*SEND, "--csv", table, "--attach", file, "--report", report)
        assert (done.returncode, "take the place of" in done.stderr) == (65, True)
    own = (office.home.config, office.home.path / "state" / "outbox.db")
    written = office.home.config.read_bytes()
    for report in own:
        done = office.quick(*SEND, "--csv", table, "--report", report)
        assert (done.returncode, "traymail's own files" in done.stderr) == (65, True)
        done = office.quick("config", "export", report)
        assert (done.returncode, "traymail's own files" in done.stderr) == (65, True)
    assert office.home.config.read_bytes() == written
    page = tmp_path / "page.html"
    page.write_text("kept")
    done = office.quick(*SEND, "--csv", table, "--html", page, "--report", page)
    assert (done.returncode, "take the place of" in done.stderr) == (65, True)
    assert (table.read_bytes(), file.read_text(), page.read_text()) == (before, "kept", "kept")
    assert office.json("outbox", "list") == []


def test_a_dry_run_shows_all_and_stores_nothing(office: Desk, tmp_path: Path) -> None:
    table = _people(tmp_path, 3)
    done = office.quick(*SEND, "--csv", table, "--body", "Dear {csv.name}", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    head, *mails = done.stdout.split("\n\n  line ")
    assert head == "3 mails would be sent; none is."
    assert [one.split() for one in mails] == [
        [str(n + 2), "to", f"to{n}@x.example", "subject", "Hi", str(n), "Dear", str(n)]
        for n in range(3)
    ]
    assert office.json("outbox", "list") == []
    assert not office.sink.connections


def test_a_dry_run_for_programs(office: Desk, tmp_path: Path) -> None:
    table = _people(tmp_path, 1)
    told = office.json(*SEND, "--csv", table, "--body", "x", "--attach", table, "--dry-run")
    attached = {"name": "people.csv", "size": table.stat().st_size}
    assert told == {
        "count": 1,
        "mails": [
            {
                "line": 2,
                "to": ["to0@x.example"],
                "subject": "Hi 0",
                "body": "x",
                "attachments": [attached],
            }
        ],
    }


def test_an_html_file_goes_to_all_as_it_is(office: Desk, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<style>p {color: red}</style><p>All {of} you</p>")
    done = office.quick(*SEND, "--csv", _people(tmp_path, 1), "--html", page)
    assert (done.returncode, done.stderr) == (0, "")
    plain, html = _mail(office.sink.arrivals[0]).iter_parts()
    assert plain.get_content().strip() == "All {of} you"
    assert "{color: red}" in html.get_content()


def test_markdown_is_made_of_each_row(office: Desk, tmp_path: Path) -> None:
    table = _table(tmp_path, "name,mail\n<b>x</b>,a@x.example\n")
    office.quick(*SEND, "--csv", table, "--markdown", "--body", "Dear *{csv.name}*")
    plain, html = _mail(office.sink.arrivals[0]).iter_parts()
    assert plain.get_content().strip() == "Dear *<b>x</b>*"
    assert "<em>&lt;b&gt;x&lt;/b&gt;</em>" in html.get_content()


@pytest.mark.timeout(300)
def test_ten_thousand_rows_take_no_more_memory_than_few(office: Desk, tmp_path: Path) -> None:
    def most(count: int) -> int:
        """Return the most memory that a command had, in KB."""
        command = office.home.command(*SEND, "--queue", "--csv", _people(tmp_path, count))
        told = tmp_path / "told"
        script = (
            "import resource, subprocess, sys\n"
            "subprocess.run(sys.argv[2:], check=True)\n"
            "used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
            "open(sys.argv[1], 'w').write(str(used))\n"
        )
        subprocess.run(
            [sys.executable, "-c", script, told, *command],
            env={**os.environ, **office.env},
            capture_output=True,
            check=True,
        )
        return int(told.read_text())

    few, many = most(100), most(10_000)
    assert many < few + 15_000, (few, many)


def test_what_the_caps_hold_back_waits_and_each_run_is_a_batch(
    office: Desk, tmp_path: Path
) -> None:
    office.configure(max_per_minute=2)
    report = tmp_path / "report.csv"
    done = office.quick(*SEND, "--csv", _people(tmp_path, 5), "--report", report)
    assert done.returncode == 75
    assert "Batch 1: sent 2, partly sent 0, failed 0, perhaps sent 0, waiting 3" in done.stdout
    assert "outbox retry" in done.stderr
    with report.open(encoding="utf-8") as file:
        states = [row["state"] for row in csv.DictReader(file)]
    assert states == ["sent", "sent", "queued", "queued", "queued"]
    again = office.json(*SEND, "--csv", _people(tmp_path, 1), "--queue")
    assert again["batch"] == 2
    assert [one["id"] for one in office.json("outbox", "list", "--batch", "2")] == [6]
    assert len(office.json("outbox", "list", "--batch", "1")) == 5
    assert office.json("outbox", "list", "--batch", "3") == []


def test_one_that_fails_stops_no_other(office: Desk, tmp_path: Path) -> None:
    office.sink.reply("rcpt", "550 5.1.1 nobody", only="to1@")
    office.sink.reply("rcpt", "451 4.3.0 later", only="to2@")
    done = office.quick(*SEND, "--csv", _people(tmp_path, 4))
    assert done.returncode == 75
    assert "sent 2, partly sent 0, failed 1, perhaps sent 0, waiting 1" in done.stdout
    assert "Line 3, mail 2 to to1@x.example: 550 5.1.1 nobody" in done.stderr
    assert office.states() == {1: "sent", 2: "failed", 3: "queued", 4: "sent"}
    assert office.quick("outbox", "retry", "3").returncode == 0


def test_a_refused_login_is_told_once(office: Desk, tmp_path: Path) -> None:
    office.give_secret("wrong")
    done = office.quick(*SEND, "--csv", _people(tmp_path, 5))
    assert done.returncode == 77
    assert len(office.sink.logins) == 1
    assert "waiting 5" in done.stdout


def test_the_running_program_delivers(office: Desk, tmp_path: Path) -> None:
    office.configure(**MANY)
    with office.running():
        done = office.run(*SEND, "--csv", _people(tmp_path, 20), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert '"sent": 20' in done.stdout
    assert len(office.sink.arrivals) == 20


def test_a_terminal_shows_how_far_it_is(office: Desk, tmp_path: Path) -> None:
    office.configure(**MANY)
    command = office.home.command(*SEND, "--csv", _people(tmp_path, 8))
    out, shown = watched(command, office.env)
    assert b"waiting 0" in out
    assert b"8/8" in shown


def test_a_terminal_shows_how_long_the_rest_takes(office: Desk, tmp_path: Path) -> None:
    office.configure(**MANY)
    released = Event()
    office.sink.hold("rcpt", released, only="to4@")
    began = monotonic()

    def seen(shown: bytes) -> None:
        # How long one takes is not known before a second is over.
        if b"4/8" in shown and not released.is_set():
            first = monotonic()
            until(lambda: monotonic() > first + 1.2, what="a second")
            released.set()

    command = office.home.command(*SEND, "--csv", _people(tmp_path, 8))
    out, shown = watched(command, office.env, seen)
    assert b"waiting 0" in out
    told = re.findall(rb"([567])/8 +(\d+):(\d\d):(\d\d)", shown)
    assert [left for left, *_ in told][:1] == [b"5"]
    # What is left takes as long as it took so far, in proportion; no more than all of it did.
    hours, minutes, seconds = (int(one) for one in told[0][1:])
    took = monotonic() - began
    assert hours * 3600 + minutes * 60 + seconds <= took


def test_ctrl_c_leaves_the_rest_in_the_outbox(office: Desk, tmp_path: Path) -> None:
    office.configure(**MANY)
    released = Event()
    report = tmp_path / "report.csv"
    command = office.home.command(*SEND, "--csv", _people(tmp_path, 4), "--report", report)
    office.sink.hold("rcpt", released, times=4)
    with Popen(command, env={**os.environ, **office.env}, stdout=PIPE, stderr=PIPE) as one:
        until(lambda: office.sink.connections == 1, what="the connection")
        until(lambda: "sending" in office.states().values(), what="a mail under way")
        one.send_signal(signal.SIGINT)
        _, told = one.communicate(timeout=PATIENCE_SECONDS)
        released.set()
    assert one.returncode == 130
    assert b"Interrupted: what is not sent yet stays in the outbox." in told
    assert set(office.states().values()) == {"queued"}
    assert len(report.read_text("utf-8").splitlines()) == 5
    assert office.quick("outbox", "retry", "--all").returncode == 0
    assert sorted(one.recipients[0] for one in office.sink.arrivals) == [
        f"to{n}@x.example" for n in range(4)
    ]


def test_killed_while_it_stores_there_is_nothing(office: Desk, tmp_path: Path) -> None:
    assert office.json("outbox", "list") == []  # the database is made
    log = office.home.path / "state" / "outbox.db-wal"
    long = "x" * 4000
    command = office.home.command(
        *SEND, "--body", long, "--queue", "--csv", _people(tmp_path, 20_000)
    )
    before = log.stat().st_size if log.exists() else 0
    with Popen(command, env={**os.environ, **office.env}, stdout=PIPE, stderr=PIPE) as one:
        until(
            lambda: log.exists() and log.stat().st_size > before + 1_000_000, what="rows in the log"
        )
        one.kill()
        out, _ = one.communicate()
    assert out == b""
    assert office.json("outbox", "list") == []
    assert office.json(*SEND, "--queue", "--csv", _people(tmp_path, 2))["batch"] == 1


@pytest.mark.timeout(300)
def test_killed_while_it_sends_nobody_gets_it_twice(office: Desk, tmp_path: Path) -> None:
    office.configure(**MANY)
    report = tmp_path / "report.csv"
    command = office.home.command(*SEND, "--csv", _people(tmp_path, 60), "--report", report)
    for wanted in (7, 23, 41):
        with Popen(command, env={**os.environ, **office.env}, stdout=PIPE, stderr=PIPE) as one:
            office.sink.wait_for(wanted)
            one.kill()
            one.communicate()
        command = office.home.command("outbox", "retry", "--all")
    _columns, *told = csv.reader(report.read_text("utf-8").splitlines())
    assert [int(line) for line, *_rest in told] == [*range(2, 62)]
    done = office.run("outbox", "retry", "--all")
    assert done.returncode in {0, 75}
    states = office.states()
    unsure = [number for number, state in states.items() if state == "unknown"]
    assert len(states) == 60
    assert set(states.values()) <= {"sent", "unknown"}
    assert len(unsure) <= 3
    got = [one.recipients[0] for one in office.sink.arrivals]
    assert len(got) == len(set(got))
    assert {f"to{number - 1}@x.example" for number in states if number not in unsure} <= set(got)


def test_what_is_wrong_with_all_mails_is_told_once_and_of_no_line(
    office: Desk, tmp_path: Path
) -> None:
    people = ("--to", "a@x.example", "--to", "b@x.example", "--subject", "Hi")
    done = office.quick("send", "--each", *people, "--attach", tmp_path)
    first, rest = done.stderr.splitlines()
    assert first.startswith("--each: "), done.stderr
    assert (done.returncode, rest) == (65, "1 thing is wrong, and nothing is stored.")
    assert office.json("outbox", "list") == []
