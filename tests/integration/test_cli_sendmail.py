"""`traymail sendmail`: the bytes that arrive, the options of other programs, and the programs."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from email.utils import parsedate_to_datetime
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen

import pytest

from tests.support.cli import USER, Desk
from tests.support.homes import Home
from tests.support.namespaces import can_unshare
from tests.support.sink import Arrival
from tests.support.wait import PATIENCE_SECONDS, until
from traymail.desktop.clock import SystemClock
from traymail.desktop.instance import Instance

SENDMAIL = Path(sys.executable).with_name("traymail-sendmail")
LETTER = b"""\
From: "Night job" <job@other.example>
To: a@b.example, root
Cc: c@d.example
Bcc: hidden@e.example,
 also@e.example
Subject: =?utf-8?B?5L2g5aW9?= and more
Date: Tue, 3 Mar 2026 09:00:00 +0800
Message-ID: <fixed@other.example>
X-Odd:   kept  as it	is \x20
Content-Type: text/plain; charset=gb18030

\xc4\xe3\xba\xc3 \xff\x01
..two dots
.one
last line without an end"""


def _crlf(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


def _env(office: Desk) -> dict[str, str]:
    """What cron gives a job, and where its mail program is at home."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(office.folder),
        "SHELL": "/bin/sh",
        "LOGNAME": "root",
        "TRAYMAIL_SENDMAIL_HOME": str(office.home.path),
        **office.env,
    }


def _as_sendmail(
    office: Desk, *arguments: str, given: bytes, env: Mapping[str, str] | None = None
) -> CompletedProcess[bytes]:
    """Run the command of its own, as programs do that know no other."""
    return subprocess.run(
        [SENDMAIL, *arguments],
        input=given,
        env={**_env(office), **(env or {})},
        capture_output=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def _head(arrival: Arrival) -> list[bytes]:
    return arrival.content.partition(b"\r\n\r\n")[0].split(b"\r\n")


def _values(arrival: Arrival, name: str) -> list[str]:
    wanted = f"{name.lower()}:"
    found = [line.decode() for line in _head(arrival)]
    return [line.partition(":")[2].strip() for line in found if line.lower().startswith(wanted)]


def test_the_bytes_that_arrive_are_those_that_were_given(office: Desk) -> None:
    done = _as_sendmail(office, "-t", "-oi", given=LETTER)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    [arrival] = office.sink.arrivals
    expected = LETTER.replace(
        b'From: "Night job" <job@other.example>\n',
        b'From: me@desk.example\nReply-To: "Night job" <job@other.example>\n',
    ).replace(b"Bcc: hidden@e.example,\n also@e.example\n", b"")
    assert arrival.content == _crlf(expected + b"\n")
    assert arrival.sender == USER
    assert arrival.mail_options == (f"SIZE={len(arrival.content)}", "BODY=8BITMIME")
    boxes = ("a@b.example", USER, "c@d.example", "hidden@e.example", "also@e.example")
    assert arrival.recipients == boxes
    shown = office.json("outbox", "show", "1")
    assert (shown["subject"], shown["message_id"]) == ("你好 and more", "<fixed@other.example>")
    assert shown["size"] == len(arrival.content)
    eml = office.home.command("outbox", "show", "1", "--eml")
    assert subprocess.run(eml, capture_output=True, check=True).stdout == arrival.content


def test_what_is_missing_is_added_once(office: Desk) -> None:
    done = _as_sendmail(office, "-F", "Night Job", "a@b.example", given=b"Subject: x\n\nhello\n")
    assert (done.returncode, done.stderr) == (0, b"")
    [arrival] = office.sink.arrivals
    assert _head(arrival)[0] == b"Subject: x"
    assert _values(arrival, "From") == ["Night Job <me@desk.example>"]
    [date] = map(parsedate_to_datetime, _values(arrival, "Date"))
    assert abs((SystemClock().now() - date).total_seconds()) < 300
    [message_id] = _values(arrival, "Message-ID")
    assert office.json("outbox", "list")[0]["message_id"] == message_id
    assert len(_head(arrival)) == 4
    assert arrival.mail_options == (f"SIZE={len(arrival.content)}",)


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ((), b"one\r\n"),
        (("-i",), b"one\r\n.\r\ntwo\r\n"),
        (("-oi",), b"one\r\n.\r\ntwo\r\n"),
        (("-O", "IgnoreDots=True"), b"one\r\n.\r\ntwo\r\n"),
        (("-OIgnoreDots=false",), b"one\r\n"),
    ],
)
def test_a_lone_dot_ends_the_message(office: Desk, options: tuple[str, ...], kept: bytes) -> None:
    done = office.quick("sendmail", *options, "a@b.example", given="A: b\n\none\n.\ntwo\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert office.sink.arrivals[0].content.partition(b"\r\n\r\n")[2] == kept


def test_arguments_go_beside_those_of_the_headers(office: Desk) -> None:
    office.quick("sendmail", "-t", "x@y.example", given="To: a@b.example\nBcc: x@y.example\n\n")
    office.quick("sendmail", "x@y.example, Z <z@y.example>", "--", "-z@y.example", given=
                 "To: a@b.example\nBcc: c@d.example\n\n")  # fmt: skip
    first, second = office.sink.arrivals
    assert first.recipients == ("a@b.example", "x@y.example")
    assert second.recipients == ("x@y.example", "z@y.example", "-z@y.example")
    assert b"c@d.example" not in second.content


def test_the_sender_chooses_the_account(office: Desk) -> None:
    other = (
        f'[accounts.other]\naddress = "Other@Desk.example"\nhost = "{office.sink.host}"\n'
        f'port = {office.sink.port}\nsecurity = "tls"\n'
        f"ca_file = {json.dumps(str(office.ca_file))}\n"
    )
    office.home.configure(
        office.home.config.read_text("utf-8").replace(
            "version = 1\n", 'version = 1\ndefault_account = "desk"\n'
        )
        + other
    )
    for sender in ("other@desk.example", "<OTHER@desk.example>", "root", "", "<>", USER):
        office.quick("sendmail", "-f", sender, "a@b.example", given="Subject: x\n\n")
    listed = office.json("outbox", "list")
    assert [one["account"] for one in reversed(listed)] == ["other"] * 2 + ["desk"] * 4


HARMLESS = (
    "-oem -oee -odb -odi -odq -o7 -om -B8BITMIME -bm -em -v -n -m -U -G -E -Am -Lcron -Nnever"
    " -Rhdrs -Vid -pSMTP -h5 -OErrorMode=m"
)


def test_harmless_options_are_taken(office: Desk) -> None:
    done = office.quick(
        "sendmail", *HARMLESS.split(), "-tiv", "a@b.example", given="To: c@d.example\n\n.\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert office.sink.arrivals[0].recipients == ("c@d.example", "a@b.example")


@pytest.mark.parametrize(
    "options",
    [
        *(["-bs"], ["-bd"], ["-bp"], ["-bi"], ["-bt"], ["-bv"], ["-q"], ["-q30m"], ["-Cfile"]),
        *(["-X", "log"], ["-d1"], ["-oQ/tmp"], ["-O", "QueueDirectory=/tmp"], ["--bogus"], ["-Z"]),
    ],
)
def test_what_would_be_something_else_is_a_wrong_usage(office: Desk, options: list[str]) -> None:
    done = office.quick("sendmail", *options, "a@b.example", given="Subject: x\n\n")
    assert (done.returncode, done.stdout) == (64, "")
    assert office.json("outbox", "list") == []


@pytest.mark.parametrize(
    ("arguments", "given", "status", "told"),
    [
        ([], "Subject: x\n\n", 64, "Name a recipient"),
        (["-bp"], "", 64, "-bp"),
        (["-bs"], "", 64, "-bs"),
        (["-t"], "Subject: x\n\n", 65, "The message names no recipient in To, Cc or Bcc."),
        (["-t"], "To: undisclosed-recipients:;\n\n", 65, "The message names no recipient"),
        (["-t"], "To: a@@b\n\n", 65, "The address “a@@b” has more than one @"),
        (["a b@c"], "\n", 65, "The address “a b@c” contains a space"),
        (["a@b.example\r\nDATA"], "\n", 65, ""),
        (["a@b.example"], f"Subject: x\n\n{'x' * 999}\n" * 1100, 65, "The mail is too large"),
    ],
)
def test_what_cannot_be_sent_is_told_and_not_stored(
    office: Desk, arguments: list[str], given: str, status: int, told: str
) -> None:
    office.configure(max_message_mb=1)
    done = office.quick("sendmail", *arguments, given=given)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith(told)
    assert office.json("outbox", "list") == []


def test_no_account_is_told(home: Home) -> None:
    home.configure("version = 1\n")
    done = home.run("sendmail", "a@b.example", given="Subject: x\n\n")
    assert (done.returncode, done.stderr.splitlines()[0]) == (65, "There is no account yet.")


@pytest.mark.parametrize(
    ("stage", "reply", "status", "state"),
    [
        ("final", "451 4.3.0 later", 75, "queued"),
        ("final", "550 5.7.1 no", 69, "failed"),
        ("mail", "553 not your address", 69, "queued"),
    ],
)
def test_it_ends_as_send_does(
    office: Desk, stage: str, reply: str, status: int, state: str
) -> None:
    office.sink.reply(stage, reply)  # type: ignore[arg-type] # one of its stages
    done = office.quick("sendmail", "a@b.example", given="Subject: x\n\nhello\n")
    assert (done.returncode, done.stdout) == (status, "")
    assert reply in done.stderr
    assert office.states() == {1: state}
    if state == "queued":
        assert office.quick("outbox", "retry", "1").returncode == 0
        [arrival] = office.sink.arrivals
        assert arrival.content.endswith(b"\r\n\r\nhello\r\n")


def test_a_server_without_8bitmime_gets_the_same_bytes(office: Desk) -> None:
    # The longest line that the sink takes; what is longer, servers refuse, and that is told.
    body = "é" * 499 + "\n"
    office.sink.without = ("8BITMIME",)
    done = office.quick("sendmail", "a@b.example", given=f"Subject: é\n\n{body}")
    assert (done.returncode, done.stderr) == (0, "")
    [arrival] = office.sink.arrivals
    assert arrival.content.endswith(b"\r\n\r\n" + body.encode().replace(b"\n", b"\r\n"))
    assert arrival.mail_options == (f"SIZE={len(arrival.content)}",)
    refused = office.quick("sendmail", "a@b.example", given=f"Subject: x\n\n{'x' * 2000}\n")
    assert (refused.returncode, "500 Line too long" in refused.stderr) == (69, True)


def test_a_large_message_leaves_as_it_is(office: Desk) -> None:
    body = b"".join(b"%07d %s\n" % (number, b".\xff" * 32) for number in range(100_000))
    done = _as_sendmail(office, "-i", "a@b.example", given=b"Subject: x\n\n" + body)
    assert (done.returncode, done.stderr) == (0, b"")
    assert office.sink.arrivals[0].content.partition(b"\r\n\r\n")[2] == _crlf(body)


@pytest.mark.timeout(900)  # a hundred times Python, beside whatever else is at work
def test_a_hundred_at_once(office: Desk) -> None:
    office.configure(max_per_minute=1000, max_per_hour=1000, max_per_day=1000)
    with ExitStack() as ending:
        started = []
        for number in range(100):
            command = [str(SENDMAIL), "-i", f"to{number}@b.example"]
            one = Popen(command, env=_env(office), stdin=PIPE, stderr=PIPE)
            started.append(ending.enter_context(one))
            assert one.stdin is not None
            one.stdin.write(f"Subject: {number}\n\nhello {number}\n".encode())
            one.stdin.close()
            one.stdin = None
        told = [(one.communicate()[1], one.returncode) for one in started]
    assert told == [(b"", 0)] * 100
    found = [(one.recipients, one.content.split(b"\r\n")[-2]) for one in office.sink.arrivals]
    expected = [((f"to{n}@b.example",), f"hello {n}".encode()) for n in range(100)]
    assert sorted(found) == sorted(expected)


# --- the homes, and the programs -----------------------------------------------------------------


def test_its_own_home_comes_before_that_of_the_program(office: Desk, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    elsewhere = {"TRAYMAIL_HOME": str(empty)}
    done = _as_sendmail(office, "a@b.example", given=b"Subject: x\n\n", env=elsewhere)
    assert (done.returncode, done.stderr) == (0, b"")
    assert not empty.exists()
    named = {"TRAYMAIL_SENDMAIL_HOME": str(empty)}
    asked = office.run("sendmail", "a@b.example", given="Subject: x\n\n", env=named)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert len(office.sink.arrivals) == 2


CALLS = {
    # Debian's cron, as its do_command.c calls it; Postfix's own users with -B8BITMIME as mutt.
    "cron": ("-i -FCronDaemon -B8BITMIME -oem root", b"From: root (Cron Daemon)\nTo: root\n"),
    # mdadm pipes into `/usr/lib/sendmail -t`.
    "mdadm": ("-t", b"From: mdadm monitoring <root>\nTo: root\n"),
    # smartd's script gives its words to `mail`, or with -M exec to a sendmail like this.
    "smartd": ("-oi -t", b"To: root\nFrom: smartd@host (smartd)\n"),
    # git send-email puts -i and the recipients behind the command.
    "git": ("-i a@b.example", b"From: Dev <dev@o.example>\nTo: a@b.example\n"),
    # bsd-mailx.
    "mailx": ("-i -t", b"To: root\n"),
    # mutt's $sendmail, with use_envelope_from and use_8bitmime.
    "mutt": (f"-oem -oi -f {USER} -B8BITMIME -- root", b"From: me@desk.example\nTo: root\n"),
    # PHP's sendmail_path.
    "php": ("-t -i", b"To: root\n"),
}


@pytest.mark.parametrize("program", CALLS)
def test_the_call_of_a_program(office: Desk, program: str) -> None:
    options, head = CALLS[program]
    letter = head + b"Subject: s\n\nhello\n.\nend\n"
    dots = "i" in options
    done = _as_sendmail(office, *options.split(), given=letter)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    [arrival] = office.sink.arrivals
    assert arrival.recipients == (("a@b.example",) if program == "git" else (USER,))
    assert arrival.content.endswith(b"\r\n.\r\nend\r\n") is dots
    [sender] = _values(arrival, "From")
    assert USER in sender


def _needs(program: str, package: str) -> str:
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{program} is not here (Debian: {package})")
    return found


def test_git_sends_a_patch(office: Desk, tmp_path: Path) -> None:
    git = _needs("git", "git")
    if not list(Path("/usr/lib/git-core").glob("git-send-email")):
        pytest.skip("git send-email is not here (Debian: git-email)")
    asked = ["perl", "-MMail::Address", "-e", "1"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("git send-email lacks a module of Perl (Debian: libmailtools-perl)")
    patch = tmp_path / "0001-x.patch"
    patch.write_text(
        "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
        "From: Dév <dev@o.example>\nDate: Tue, 3 Mar 2026 09:00:00 +0800\n"
        "Subject: [PATCH] say it\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n"
        "---\n a | 1 +\n\n+.\n+é\n.\n-- \n2.39\n",
        "utf-8",
    )
    done = subprocess.run(
        [
            *(git, "send-email", f"--sendmail-cmd={SENDMAIL}", "--from=Dev <dev@o.example>"),
            *("--to=list@o.example", "--cc=c@o.example", "--confirm=never", "--suppress-cc=all"),
            str(patch),
        ],
        # Where the user has no name, git asks for one before it looks at --from.
        env={
            **_env(office),
            "PATH": os.environ["PATH"],
            "PERL5LIB": os.environ.get("PERL5LIB", ""),
            **{
                f"GIT_{who}_{word}": f"dev@{word}.example"
                for who in ("AUTHOR", "COMMITTER")
                for word in ("NAME", "EMAIL")
            },
        },
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [arrival] = office.sink.arrivals
    assert set(arrival.recipients) >= {"list@o.example"}
    assert _values(arrival, "Reply-To") == ["Dev <dev@o.example>"]
    assert "+é\r\n.\r\n".encode() in arrival.content


def test_mail_sends_what_is_piped_into_it(office: Desk) -> None:
    mail = _needs("bsd-mailx", "bsd-mailx")
    (office.folder / "mailrc").write_text(f"set sendmail={SENDMAIL}\nset sendwait\n")
    done = subprocess.run(
        [mail, "-s", "Hallo", "-c", "c@d.example", "a@b.example"],
        input="line\n.\nend\n",
        env={**_env(office), "MAILRC": str(office.folder / "mailrc")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    [arrival] = office.sink.wait_for(1)
    assert set(arrival.recipients) == {"a@b.example", "c@d.example"}
    assert _values(arrival, "Subject") == ["Hallo"]


def test_mutt_sends_with_a_file(office: Desk, tmp_path: Path) -> None:
    mutt = _needs("mutt", "mutt")
    file = tmp_path / "é.bin"
    file.write_bytes(bytes(range(256)))
    done = subprocess.run(
        [
            *(mutt, "-n", "-F", "/dev/null", "-e", f'set sendmail="{SENDMAIL} -oem -oi"'),
            *("-e", "set use_8bitmime=yes use_envelope_from=yes from=x@o.example copy=no"),
            *("-s", "Ünder", "-a", str(file), "-b", "h@o.example", "--", "a@b.example"),
        ],
        input="é\n.\nend\n",
        env={**_env(office), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [arrival] = office.sink.wait_for(1)
    assert set(arrival.recipients) == {"a@b.example", "h@o.example"}
    assert b"h@o.example" not in arrival.content
    assert b"\r\n.\r\nend" in arrival.content


# Only what cron itself looks for is another one in its mounts, so that it meets no other job; and
# the folders of programs are ones that can be written, without a mail server's sendmail.
_IN_ITS_MOUNTS = """\
set -e
mount -t tmpfs none /run
mount --bind "$0/tabs" /var/spool/cron/crontabs
mount --bind "$0/none" /etc/cron.d
mount --bind /dev/null /etc/crontab
for one in bin sbin; do
    mkdir "$0/$one" "$0/usual-$one"
    mount --bind "/usr/$one" "$0/usual-$one"
    ln -s "$0/usual-$one/"* "$0/$one/"
done
rm -f "$0/sbin/sendmail"
ln -s "$1" "$0/bin/traymail-sendmail"
for one in bin sbin; do mount --bind "$0/$one" "/usr/$one"; done
eval "$3"
exec "$2" -f
"""
ROOT = Path(__file__).parents[2]


def _line_for_cron() -> str:
    """Return what both READMEs say is to be typed, so that cron finds a sendmail."""
    row = re.compile(r"\| cron[^|]*\| `(ln -s [^`]*)`")
    english, chinese = (
        row.findall((ROOT / name).read_text("utf-8")) for name in ("README.md", "README.zh-CN.md")
    )
    assert english == chinese
    [line] = english
    return str(line)


@pytest.mark.timeout(300)  # cron looks once a minute what is to be done
def test_cron_mails_what_a_job_prints_with_the_line_of_the_readme(
    office: Desk, tmp_path: Path
) -> None:
    cron = _needs("cron", "cron")
    if os.geteuid() != 0 or not can_unshare("--mount"):
        pytest.skip("needs root, and mounts of its own")
    if not Path("/var/spool/cron/crontabs").exists():
        pytest.skip("there is no folder of crontabs to put ours over")
    for name in ("tabs", "none"):
        (tmp_path / name).mkdir(mode=0o700)
    table = tmp_path / "tabs" / "root"
    table.write_text("* * * * * printf 'disk is full\\n.\\nend\\n'\n")
    table.chmod(0o600)
    given = (str(tmp_path), str(SENDMAIL), cron, _line_for_cron())
    command = ["unshare", "--mount", "sh", "-c", _IN_ITS_MOUNTS, *given]
    instance = Instance(office.home.path / "state")
    with Popen(command, env=_env(office), stdin=subprocess.DEVNULL, stderr=PIPE) as one:
        try:
            arrival = office.sink.wait_for(1, timeout=200)[0]
            # Until its sendmail has said goodbye to the server.
            until(lambda: instance.delivering.holder() is None, what="the end of the delivery")
        finally:
            one.terminate()
    assert arrival.recipients == (USER,)
    assert arrival.content.endswith(b"\r\n\r\ndisk is full\r\n.\r\nend\r\n")
    assert _values(arrival, "From") == ["CronDaemon <me@desk.example>"]
    assert "printf" in _values(arrival, "Subject")[0]
