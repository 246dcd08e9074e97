"""The running program as the command line sees it, and what purge leaves."""

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import Desk, desk, in_process
from tests.support.homes import Home
from tests.support.session import KeyringSession
from tests.support.wait import PATIENCE_SECONDS, until
from traymail.desktop.instance import Instance

STATUS_KEYS = {
    *("pid", "version", "home", "paused", "config_error", "accounts", "rules", "outbox"),
}
RULE_KEYS = {
    *("enabled", "watching", "matched", "sent", "suppressed", "last_match_at", "error"),
}


@pytest.fixture
def office(tmp_path: Path, certificates: Certificates) -> Iterator[Desk]:
    with desk(tmp_path, certificates) as one:
        (tmp_path / "drop").mkdir()
        one.configure(
            '[[rules]]\nname = "扫描"\nkind = "folder"\nto = ["b@c.example"]\n'
            f"folder = '{tmp_path / 'drop'}'\nsettle_seconds = 0.2\n"
        )
        yield one


def test_a_day_of_the_running_program(office: Desk, tmp_path: Path) -> None:
    with office.running() as program:
        told = office.json("status")
        assert set(told) >= STATUS_KEYS
        assert (told["pid"], told["paused"], told["config_error"]) == (program.pid, False, None)
        assert set(told["accounts"]["desk"]) == {"state", "queued", "failed", "breaker"}
        assert set(told["rules"]["扫描"]) >= RULE_KEYS
        assert set(told["outbox"]) == {"queued", "sending", "sent", "partial", "failed", "unknown"}

        second = office.run("run", "--headless")
        assert second.returncode == 75
        assert second.stderr.splitlines()[0] == f"traymail already runs (pid {program.pid})"

        # The running program delivers what others store.
        assert office.run("send", "--to", "b@c.example", "--subject", "one").returncode == 0
        (tmp_path / "drop" / "a.txt").write_text("dropped")
        office.sink.wait_for(2)

        assert office.run("pause", "10m").returncode == 0
        assert office.json("status")["paused"] is True
        done = office.run("send", "--to", "b@c.example", "--subject", "two")
        assert done.returncode == 75
        assert "traymail resume" in done.stderr
        until_when = datetime.fromisoformat(office.json("status")["paused_until"]).astimezone()
        assert f"paused until {until_when:%Y-%m-%d %H:%M:%S}." in office.run("status").stdout
        assert office.run("pause").returncode == 0
        assert "paused until you run: traymail resume" in office.run("status").stdout
        assert office.run("resume").returncode == 0
        office.sink.wait_for(3)

        office.home.config.write_text("version = 1\nbogus = 2\n")
        until(lambda: office.json("status")["config_error"], what="the refused edit")

        assert office.run("purge", "--yes").returncode == 75
        assert office.run("quit").returncode == 0
        assert program.wait(PATIENCE_SECONDS) == 0
    assert office.run("quit").returncode == 69


def test_a_name_from_elsewhere_floods_nobody(office: Desk, tmp_path: Path) -> None:
    """Who may write the folder makes paths of thousands of letters; JSON alone has them whole."""
    office.configure(
        '[[rules]]\nname = "Scans"\nkind = "folder"\nto = ["b@c.example"]\nrecursive = true\n'
        f"folder = '{tmp_path / 'drop'}'\nsettle_seconds = 0.2\n"
    )
    inside = "/".join(["d" * 200] * 15)
    (tmp_path / "drop" / inside).mkdir(parents=True)
    (tmp_path / "drop" / inside / "unfinished.pdf.part").write_text("x")
    with office.running():

        def left_out() -> list[str]:
            return [one["what"] for one in office.json("status")["rules"]["Scans"]["left_out"]]

        until(lambda: left_out() == [f"{inside}/unfinished.pdf.part"], what="what is left out")
        shown = office.quick("status").stdout
    assert "dd/unfinished.pdf.part: " in shown
    dry = office.quick("rule", "test", "Scans").stdout
    assert "dd/unfinished.pdf.part" in dry
    log = (office.home.path / "log" / "traymail.log").read_text()
    assert "unfinished.pdf.part" in log
    for lines in (shown, dry, log):
        assert max(map(len, lines.splitlines())) <= 1000
    preview = office.json("rule", "test", "Scans")
    assert [one["what"] for one in preview["left_out"]] == [f"{inside}/unfinished.pdf.part"]
    lost = office.quick("send", "--to", "b@c.example", "--attach", tmp_path / "no" / inside)
    assert (lost.returncode, len(lost.stderr.splitlines())) == (66, 2)
    assert len(lost.stderr.splitlines()[0]) < 1000
    shown_path = office.quick("--home", "/".join([str(tmp_path), inside]), "config", "path").stdout
    assert shown_path == f"{tmp_path}/{inside}/config.toml\n"


def test_a_clean_end_by_signal(office: Desk) -> None:
    with office.running() as program:
        program.terminate()
        assert program.wait(PATIENCE_SECONDS) == 0


@pytest.mark.parametrize("command", ["status", "pause", "resume", "quit"])
def test_nothing_runs(office: Desk, command: str) -> None:
    done = office.quick(command)
    assert (done.returncode, done.stdout) == (69, "")
    assert done.stderr.splitlines() == [
        "traymail is not running.",
        "Start it with: traymail, or on a server with: traymail run --headless",
    ]


def test_status_for_programs_when_nothing_runs(office: Desk) -> None:
    assert office.json("status", status=69) == {"running": False}


def test_a_bad_duration(office: Desk) -> None:
    assert office.run("pause", "soon").returncode == 65


@pytest.mark.parametrize("command", [(), ("run",), ("run", "--login"), ("compose",)])
def test_without_a_display_there_are_no_windows(office: Desk, command: tuple[str, ...]) -> None:
    office.env = {"DISPLAY": ""}
    done = office.run(*command)
    assert (done.returncode, done.stdout) == (69, "")
    assert done.stderr.splitlines() == [
        "There is no display here for the tray and its windows.",
        "On a server, run: traymail run --headless",
    ]


def test_a_display_that_cannot_be_used(office: Desk) -> None:
    office.env = {"DISPLAY": ":no-such-display"}
    for command in ((), ("run",)):
        done = office.run(*command)
        assert done.returncode == 69
        assert done.stderr.splitlines() == [
            "The display cannot be used.",
            "On a server, run: traymail run --headless",
        ]
    assert office.run("status").returncode == 69


def test_a_program_without_windows_shows_none(office: Desk) -> None:
    office.env = {"DISPLAY": ""}
    with office.running() as program:
        for command in ((), ("compose", "--to", "a@b.example")):
            done = office.run(*command)
            assert done.returncode == 69
            assert f"without windows (pid {program.pid})" in done.stderr
            assert "traymail quit" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--to", "nobody"), 65),
        (("https://example.com/",), 65),
        (("--attach", "not-there.txt"), 66),
        (("--attach", "."), 66),
        (("not-there.txt",), 66),
        (("file:///not/there.txt",), 66),
        (("file://other.example/there.txt",), 65),
        (("mailto:a@b.example?body=" + 70_000 * "x",), 65),
        (("--colour", "red"), 64),
    ],
)
def test_what_cannot_be_composed(office: Desk, arguments: tuple[str, ...], status: int) -> None:
    done = office.quick("compose", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.skipif(os.name != "posix", reason="pipes are files there")
def test_a_pipe_is_not_composed_and_not_waited_for(office: Desk, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for given in (("--attach", str(tmp_path / "pipe")), (str(tmp_path / "pipe"),)):
        done = office.quick("compose", *given)
        assert (done.returncode, done.stdout) == (66, "")
        assert done.stderr.splitlines()[1] == "Only regular files can be attached."


def test_run_with_a_broken_configuration(office: Desk) -> None:
    office.home.configure("version = 1\nbogus = 2\n")
    done = office.run("run", "--headless")
    assert done.returncode == 78
    assert done.stderr.startswith("config.toml:2: bogus: ")


def test_what_is_made_is_private(office: Desk) -> None:
    office.run("-v", "send", "--to", "b@c.example", "--subject", "x")
    for folder, folders, files in os.walk(office.home.path):
        for name in folders:
            assert stat.S_IMODE(Path(folder, name).stat().st_mode) == 0o700
        for name in files:
            assert stat.S_IMODE(Path(folder, name).stat().st_mode) == 0o600, name


def test_purge_keeps_a_configuration_that_cannot_be_read(office: Desk) -> None:
    good = office.home.config.read_text("utf-8")
    office.home.configure(good + "\nbogus = 1\n")
    done = office.run("purge", "--yes")
    assert (done.returncode, "bogus" in done.stderr) == (78, True)
    assert office.home.config.exists()


@pytest.mark.parametrize("which", ["state", "log"])
def test_purge_removes_nothing_behind_a_link(office: Desk, tmp_path: Path, which: str) -> None:
    office.run("send", "--to", "b@c.example", "--body", "x", "--queue")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (elsewhere / "diary.txt").write_text("mine")
    place = office.home.path / which
    if place.exists():
        place.rename(tmp_path / "before")
    place.symlink_to(elsewhere, target_is_directory=True)
    done = office.run("purge", "--yes")
    assert (done.returncode, done.stdout) == (73, "")
    assert done.stderr.startswith(f"{place} is a link, and links are not followed there.\n")
    assert (elsewhere / "diary.txt").read_text() == "mine"
    assert office.home.config.exists()
    assert "desk" in office.run("account", "list").stdout


def test_purge_removes_all(office: Desk, keyring_env: KeyringSession) -> None:
    entries = office.folder / "settings" / "autostart"
    office.env = {**keyring_env.env, "XDG_CONFIG_HOME": str(entries.parent)}
    office.run("account", "set-secret", "desk", given="abcd efgh ijkl mnop\n")
    office.run("send", "--to", "b@c.example", "--subject", "x", "--queue")
    office.run("autostart", "on")
    assert len(list(entries.iterdir())) == 1
    assert office.run("purge").returncode == 64
    assert office.states() == {1: "queued"}
    kept = office.run("purge", "--yes", "--keep-config")
    assert kept.returncode == 0
    assert kept.stderr == "1 waiting mails are removed unsent.\n"
    assert list(entries.iterdir()) == []
    assert [file.name for file in office.home.path.iterdir()] == ["config.toml"]
    assert office.run("account", "test", "desk").returncode == 77
    assert office.run("purge", "--yes").returncode == 0
    assert not office.home.path.exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(home: Home, shell: str) -> None:
    done = in_process(home, "completion", shell)
    assert done.returncode == 0
    assert "_TRAYMAIL_COMPLETE" in done.stdout
    assert in_process(home, "completion", "tcsh").returncode == 64


def test_the_tour(home: Home) -> None:
    done = home.run("demo", "--tour")
    assert done.returncode == 0, done.stdout + done.stderr
    for number in range(1, 5):
        assert f"arrived {number}/4 from " in done.stdout
    assert not home.path.exists()


@pytest.mark.parametrize(
    ("given", "files"),
    [
        # What a web page says, where a program that starts others ends a quotation too early.
        (["mailto:a@b.example", "secret"], None),
        (["secret", "MAILTO:a@b.example"], None),
        # Whoever made a folder of that name; the link is a page's.
        (["mailto:/../secret"], []),
        (["Mailto:x"], []),
        (["./mailto:/../secret"], ["secret"]),
    ],
)
def test_a_mail_link_chooses_no_file(
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: list[str],
    files: list[str] | None,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mailto:", "Mailto:x"):
        (tmp_path / name).mkdir()
    (tmp_path / "secret").write_text("mine")
    home.configure("version = 1\n")
    asked: list[dict[str, Any]] = []

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request)
        return {"windows": True}

    instance = Instance(home.path / "state")
    instance.claim()
    with closing(instance.serve(answer)):
        done = in_process(home, "compose", "--", *given)
    instance.release()
    assert done.returncode == (64 if files is None else 0), done.stderr
    names = None if not asked else [Path(one).name for one in asked[0]["files"]]
    assert names == files
