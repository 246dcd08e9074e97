"""A rule with another name is still the same rule: what it did stays done, also beside a cap."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.support.certificates import Certificates
from tests.support.homes import Home
from tests.support.running import ADDRESS, CANARY, Running, account, credentials, outbox, running
from tests.support.sink import Sink, serve
from tests.support.wait import until
from traymail.desktop import paths
from traymail.store.database import Database
from traymail.store.known_rules import KnownRules

FOLDER = 'kind = "folder"\nsettle_seconds = 0.2\nexisting = "send"'


@dataclass
class Desk:
    """A home, and the files of its rules."""

    home: Home
    sink: Sink
    certificates: Certificates
    place: Path
    env: dict[str, str]

    @property
    def folder(self) -> Path:
        return self.place / "in"

    @property
    def log(self) -> Path:
        return self.place / "app.log"

    def configure(self, *rules: str) -> None:
        head = account(self.sink.port, ca_file=self.certificates.ca_file)
        self.home.configure(head + "".join(rules))

    def scans(self, name: str, keys: str = FOLDER) -> str:
        return (
            f'\n[[rules]]\nname = "{name}"\nto = ["b@example.com"]\n'
            f"folder = {json.dumps(str(self.folder))}\n{keys}\n"
        )

    def errors(self, name: str) -> str:
        return (
            f'\n[[rules]]\nname = "{name}"\nkind = "log"\nto = ["b@example.com"]\n'
            f"paths = [{json.dumps(str(self.log))}]\nmatch = ['ERROR']\n"
            'start_at = "beginning"\nbody = "{line}"\n'
        )

    def mails(self) -> list[tuple[str, str]]:
        """Return subject and rule of each mail that arrived."""
        found = (
            message_from_bytes(arrival.content, policy=policy.default)
            for arrival in list(self.sink.arrivals)
        )
        return [(str(mail["Subject"]), str(mail["X-Traymail-Rule"])) for mail in found]

    def arrive(self, count: int) -> list[tuple[str, str]]:
        until(lambda: len(self.sink.arrivals) >= count, what=f"{count} mails")
        return self.mails()

    def send_by_hand(self) -> None:
        """Send a mail, and wait until it has arrived."""
        mail = ("--to", "c@example.com", "--subject", "by hand", "--body", "x")
        assert self.home.run("send", *mail).returncode == 0


@pytest.fixture
def desk(tmp_path: Path, home: Home, certificates: Certificates) -> Iterator[Desk]:
    (tmp_path / "in").mkdir()
    (tmp_path / "app.log").write_text("ERROR old\n")
    context = certificates.good.server_context()
    with serve(context, security="tls", user=ADDRESS, password=CANARY) as sink:
        yield Desk(home, sink, certificates, tmp_path, credentials(tmp_path / "credentials"))


def _watches(program: Running, *names: str) -> None:
    def all_watch() -> bool:
        rules = program.status()["rules"]
        return set(rules) == set(names) and all(rule["watching"] for rule in rules.values())

    until(all_watch, what=f"{names} to watch")


def test_files_that_were_mailed_stay_mailed(desk: Desk) -> None:
    desk.configure(desk.scans("Scans"))
    (desk.folder / "one").write_text("1")
    with running(desk.home, desk.env) as program:
        desk.arrive(1)
        before = program.status()["rules"]["Scans"]
        desk.configure(desk.scans("Papers"))
        _watches(program, "Papers")
        after = program.status()["rules"]["Papers"]
        assert (after["matched"], after["last_match_at"]) == (1, before["last_match_at"])
        (desk.folder / "two").write_text("2")
        assert desk.arrive(2) == [("one", "Scans"), ("two", "Papers")]
        until(lambda: program.status()["rules"]["Papers"]["sent"] == 2, what="both counted")
        assert program.status()["outbox"]["queued"] == 0
    # A rule's mails are found by its name of today.
    names = {mail["subject"]: mail["rule"] for mail in outbox(desk.home)}
    assert names == {"one": "Papers", "two": "Papers"}


def test_a_file_that_settles_meanwhile_is_mailed(desk: Desk) -> None:
    keys = 'kind = "folder"\nsettle_seconds = 2'
    desk.configure(desk.scans("Scans", keys))
    with running(desk.home, desk.env) as program:
        _watches(program, "Scans")
        (desk.folder / "half").write_text("1")
        desk.configure(desk.scans("Papers", keys))
        _watches(program, "Papers")
        assert desk.arrive(1) == [("half", "Papers")]


def test_a_name_changed_while_nothing_runs(desk: Desk) -> None:
    desk.configure(desk.scans("Scans"), desk.errors("Errors"))
    (desk.folder / "one").write_text("1")
    with running(desk.home, desk.env) as program:
        desk.arrive(2)
        program.end()
    desk.configure(desk.scans("Papers"), desk.errors("Faults"))
    (desk.folder / "two").write_text("2")
    with running(desk.home, desk.env) as program:
        _watches(program, "Papers", "Faults")
        assert {rule for _, rule in desk.arrive(3)} == {"Scans", "Errors", "Papers"}
        assert [subject for subject, rule in desk.mails() if rule == "Papers"] == ["two"]


def test_lines_that_were_mailed_stay_mailed(desk: Desk) -> None:
    desk.configure(desk.errors("Errors"))
    with running(desk.home, desk.env) as program:
        desk.arrive(1)
        desk.configure(desk.errors("Faults"))
        _watches(program, "Faults")
        with desk.log.open("a") as log:
            log.write("ERROR new\n")
        until(lambda: program.status()["rules"]["Faults"]["matched"] == 2, what="the new line")
        desk.send_by_hand()
        # The cooldown of the alert before goes on, too: no second alert yet.
        assert [subject for subject, _ in desk.mails()[1:]] == ["by hand"]


@pytest.mark.parametrize("after", ["renamed", "taken out"])
def test_a_cap_holds_what_waits(desk: Desk, after: str) -> None:
    keys = FOLDER + "\nmax_per_hour = 2"
    desk.configure(desk.scans("Scans", keys))
    for name in "abcde":
        (desk.folder / name).write_text(name)
    with running(desk.home, desk.env) as program:
        desk.arrive(2)
        until(lambda: program.status()["rules"]["Scans"]["matched"] == 5, what="all found")
        rules = [desk.scans("Papers", keys)] if after == "renamed" else []
        desk.configure(*rules)
        _watches(program, *(["Papers"] if rules else []))
        # Stored last: had the others been free to leave, they would have left before it.
        desk.send_by_hand()
        assert [subject for subject, _ in desk.mails()[2:]] == ["by hand"]
        assert program.status()["outbox"]["queued"] == 3
        name = "Papers" if rules else "Scans"
        # Nobody is kept waiting for it, and it is told why the mail is.
        refused = desk.home.run("outbox", "retry", "--all")
        assert refused.returncode == 75
        assert f"The rule {name} has reached its hourly limit." in refused.stderr
        assert "goes on at" in desk.home.run("outbox", "show", "3").stdout
        assert len(desk.mails()) == 3
        assert {mail["rule"] for mail in outbox(desk.home) if mail["state"] == "queued"} == {name}


def test_what_a_rule_of_that_name_left_before_makes_room(desk: Desk) -> None:
    desk.configure(desk.scans("Papers"), desk.errors("Faults"))
    (desk.folder / "one").write_text("1")
    with running(desk.home, desk.env) as program:
        desk.arrive(2)
        for rules in (
            (desk.scans("Scans", FOLDER + "\nzip = true"),),
            (desk.scans("Scans", FOLDER + "\nzip = true"), desk.errors("Errors")),
        ):
            desk.configure()
            _watches(program)
            desk.configure(*rules)
        desk.arrive(4)
        desk.configure(desk.scans("Papers", FOLDER + "\nzip = true"), desk.errors("Faults"))
        _watches(program, "Papers", "Faults")
    assert len(desk.mails()) == 4


def test_until_a_name_can_be_written_down_the_old_one_stays_in_force(desk: Desk) -> None:
    home = paths.home(str(desk.home.path), {})
    desk.configure(desk.scans("Scans"))
    (desk.folder / "one").write_text("1")
    with running(desk.home, desk.env) as program:
        desk.arrive(1)
        with closing(sqlite3.connect(home.database, isolation_level=None)) as database:
            database.execute(
                "CREATE TRIGGER full BEFORE UPDATE ON ledger_root BEGIN SELECT RAISE(FAIL, 'full');"
                " END"
            )
            desk.configure(desk.scans("Papers"))
            until(lambda: "the rules are not in force yet" in home.log_file.read_text())
            (desk.folder / "two").write_text("2")
            assert desk.arrive(2) == [("one", "Scans"), ("two", "Scans")]
            database.execute("DROP TRIGGER full")
        _watches(program, "Papers")
        (desk.folder / "three").write_text("3")
        assert desk.arrive(3)[2:] == [("three", "Papers")]


def test_rules_taken_out_are_forgotten_once_nothing_of_them_waits(desk: Desk) -> None:
    desk.configure(desk.scans("Scans"))
    with running(desk.home, desk.env) as program:
        _watches(program, "Scans")
        desk.configure()
        _watches(program)
    with closing(Database(paths.home(str(desk.home.path), {}).database)) as database:
        assert KnownRules(database).caps() == {}
