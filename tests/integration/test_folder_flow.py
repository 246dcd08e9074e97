"""Dropped files become mails: over a real database, a real outbox and a real folder."""

from __future__ import annotations

import base64
import io
import os
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.folder_desk import HERE, FolderDesk
from tests.support.mails import an_account
from traymail.core.errors import SourceError, StateError
from traymail.core.ledger import FileState, LedgerFile
from traymail.core.message import FileIdentity
from traymail.core.observations import (
    FileLeftOut,
    FirstScan,
    FolderBack,
    FolderGone,
    FoundFile,
    Place,
)
from traymail.core.outbox import State
from traymail.core.post_send import PostSend
from traymail.core.rules.folder import After, Again, Existing
from traymail.core.texts import text
from traymail.desktop.files import SystemFiles
from traymail.engine.folder_flow import FolderFlow
from traymail.engine.folder_mail import preview

Make = Callable[..., FolderDesk]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    desks: list[FolderDesk] = []

    def desk(**fields: object) -> FolderDesk:
        desks.append(FolderDesk(tmp_path / str(len(desks)), **fields))  # type: ignore[arg-type] # of a rule
        desks[-1].first_scan()
        return desks[-1]

    yield desk
    for one in desks:
        one.close()


def test_a_file_becomes_a_mail(make: Make) -> None:
    desk = make(
        subject="{rule} {file.name} {file.stem} {file.suffix} {count}",
        body="{file.size} {file.folder} {host} {user}\n{files}",
        recursive=True,
    )
    desk.drop("in/扫描 {x}.pdf", b"x" * 1500)
    [mail] = desk.mails()
    assert mail.subject == "Scans 扫描 {x}.pdf 扫描 {x} .pdf 1"
    assert desk.texts() == [f"1.5 KB {desk.folder / 'in'} desk ming\nin/扫描 {{x}}.pdf, 1.5 KB"]
    assert desk.attached() == [[("扫描 {x}.pdf", b"x" * 1500)]]
    assert mail.rule == "Scans"
    status = desk.flow.status()
    assert (status.matched, status.sent, status.last_match_at) == (1, 0, desk.clock.now())
    desk.end()
    assert desk.flow.status().sent == 1
    assert desk.present() == {"in/扫描 {x}.pdf"}


def test_what_lay_there_at_the_start_is_passed_over(tmp_path: Path) -> None:
    for existing, count in ((Existing.SKIP, 0), (Existing.SEND, 1)):
        desk = FolderDesk(tmp_path / existing.value, existing=existing)
        desk.put("old")
        desk.settle("old")
        desk.first_scan("old")
        desk.settle("old")
        desk.tick()
        assert len(desk.mails()) == count
        desk.touch("old")
        desk.settle("old")
        desk.tick()
        assert len(desk.mails()) == 1
        desk.close()


def test_a_start_that_cannot_be_kept_mails_nothing(tmp_path: Path) -> None:
    desk = FolderDesk(tmp_path)
    desk.put("old")
    start = desk.ledger.start

    def full(*_: object) -> None:
        raise StateError(text("The disk is full."))

    desk.ledger.start = full  # type: ignore[method-assign, assignment] # the disk is full
    desk.first_scan("old")
    desk.settle("old")
    desk.tick()
    assert str(desk.flow.status().error) == "The disk is full."
    desk.ledger.start = start  # type: ignore[method-assign] # there is room again
    desk.tick(60)
    desk.settle("old")
    desk.tick()
    assert desk.mails() == []
    assert desk.flow.status().error is None
    desk.close()


@pytest.mark.parametrize(
    ("again", "same", "touched", "other", "back"),
    [
        (Again.CHANGED, 1, 1, 2, 2),
        (Again.ALWAYS, 1, 2, 3, 4),
        (Again.NEVER, 1, 1, 1, 1),
    ],
)
def test_a_name_that_was_handled_before(
    make: Make, again: Again, same: int, touched: int, other: int, back: int
) -> None:
    desk = make(again=again)
    desk.drop("a", b"one")
    desk.settle("a")
    desk.tick()
    assert len(desk.mails()) == same
    desk.touch("a", 60)
    desk.settle("a")
    desk.tick()
    assert len(desk.mails()) == touched
    desk.put("a", b"two")
    desk.touch("a", 120)
    desk.settle("a")
    desk.tick()
    assert len(desk.mails()) == other
    desk.put("a", b"one")
    desk.touch("a", 180)
    desk.settle("a")
    desk.tick()
    assert len(desk.mails()) == back
    assert desk.ledger.handled([desk.found("a")]) == {"a"}


def test_a_share_that_gives_new_inodes_sends_nothing_again(make: Make) -> None:
    desk = make(again=Again.ALWAYS)
    file = desk.put("a", b"one")
    desk.settle("a")
    desk.tick()
    before = file.stat()
    desk.put("b", b"one")

    os.utime(desk.folder / "b", ns=(before.st_mtime_ns, before.st_mtime_ns))
    (desk.folder / "b").replace(file)
    assert file.stat().st_ino != before.st_ino
    desk.settle("a")
    desk.tick()
    assert len(desk.mails()) == 1


def test_two_names_with_equal_content_are_two_mails(make: Make) -> None:
    desk = make()
    desk.drop("a")
    desk.drop("b")
    assert [mail.subject for mail in desk.mails()] == ["a", "b"]


def test_a_file_that_failed_or_was_taken_back_may_be_dropped_again(make: Make) -> None:
    desk = make()
    desk.drop("a")
    desk.end(State.FAILED)
    desk.settle("a")
    desk.tick()
    assert len(desk.mails()) == 1
    desk.touch("a", 60)
    desk.settle("a")
    desk.tick()
    assert len(desk.mails()) == 2
    desk.end(State.CANCELLED)
    desk.touch("a", 60)
    desk.settle("a")
    desk.tick()
    assert len(desk.mails()) == 3
    desk.end(State.UNKNOWN)
    desk.touch("a", 60)
    desk.settle("a")
    desk.tick()
    assert len(desk.mails()) == 3


def test_a_file_that_changes_before_it_is_copied_is_not_mailed_half(make: Make) -> None:
    desk = make()
    desk.put("a", b"half")
    desk.settle("a")
    (desk.folder / "a").write_bytes(b"half and whole")
    desk.tick()
    assert desk.mails() == []
    assert "changed" in desk.left_out()["a"]
    desk.settle("a")
    desk.tick()
    assert desk.attached() == [[("a", b"half and whole")]]
    assert desk.left_out() == {}


def test_a_file_that_became_a_link_or_went_is_not_mailed(make: Make) -> None:
    desk = make()
    desk.put("a")
    desk.put("b")
    desk.settle("a", "b")
    (desk.folder / "a").unlink()
    (desk.folder / "a").symlink_to("/etc/passwd")
    (desk.folder / "b").unlink()
    desk.tick()
    assert desk.mails() == []
    assert set(desk.left_out()) == {"a", "b"}


def test_sizes(make: Make) -> None:
    desk = make(max_bytes=1000, min_bytes=2, account=an_account(max_message_bytes=100_000))
    desk.put("small", b"1")
    desk.put("large", b"1" * 1001)
    desk.put("good", b"1" * 1000)
    desk.settle()
    desk.tick()
    assert [mail.subject for mail in desk.mails()] == ["good"]
    assert set(desk.left_out()) == {"small", "large"}
    desk.set_rule(max_bytes=0)
    desk.put("huge", b"1" * 80_000)
    desk.settle("large", "huge")
    desk.tick()
    assert [mail.subject for mail in desk.mails()] == ["good", "large"]
    assert "third" in desk.left_out()["huge"]


def test_a_batch_goes_out_together(make: Make) -> None:
    desk = make(batch=timedelta(seconds=10), subject="{count} {file.name}")
    desk.put("a")
    desk.settle("a")
    assert desk.tick() is not None
    desk.put("b")
    desk.clock.turn(seconds=5)
    desk.settle("b")
    desk.settle("b")
    assert desk.tick() is not None
    assert desk.mails() == []
    desk.tick(5)
    assert [mail.subject for mail in desk.mails()] == ["2 a"]
    assert desk.attached() == [[("a", b"whole"), ("b", b"whole")]]
    assert desk.tick(100) is None


def test_a_clock_set_back_keeps_no_batch(make: Make) -> None:
    desk = make(batch=timedelta(seconds=10))
    desk.put("a")
    desk.settle("a")
    assert desk.tick() is not None
    desk.clock.turn(hours=-8)
    desk.tick()
    assert len(desk.mails()) == 1


def test_a_batch_too_large_for_a_mail_is_several(make: Make) -> None:
    desk = make(batch=timedelta(seconds=1), account=an_account(max_message_bytes=100_000))
    for name in "abcde":
        desk.put(name, name.encode() * 30_000)
    desk.settle()
    desk.tick(1)
    assert [[name for name, _ in files] for files in desk.attached()] == [
        ["a", "b"],
        ["c", "d"],
        ["e"],
    ]
    assert all(mail.size <= 100_000 for mail in desk.mails())


def test_a_zip(make: Make) -> None:
    desk = make(zip=True, batch=timedelta(seconds=1), body="{files}")
    desk.put("a.txt", b"one")
    desk.put("b.txt", b"two" * 200_000)
    desk.settle()
    desk.tick(1)
    [[(name, content)]] = desk.attached()
    assert name.startswith("Scans 20")
    assert name.endswith(".zip")
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert {one: packed.read(one) for one in packed.namelist()} == {
            "a.txt": b"one",
            "b.txt": b"two" * 200_000,
        }
    assert desk.texts() == ["a.txt, 3 B\nb.txt, 600 KB"]
    assert list((desk.home / "state" / "spool").iterdir()) == []


def test_zips_too_large_are_shared_out(make: Make) -> None:

    noise = random.Random(1)  # noqa: S311 # only what does not shrink
    desk = make(zip=True, batch=timedelta(seconds=1), account=an_account(max_message_bytes=100_000))
    for name in "abcd":
        desk.put(name, noise.randbytes(30_000))
    desk.put("z", noise.randbytes(300_000))
    desk.put("shrinks", b"0" * 300_000)
    desk.settle()
    desk.tick(1)
    assert all(mail.size <= 100_000 for mail in desk.mails())
    packed = []
    for [(_, content)] in desk.attached():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            packed += archive.namelist()
    assert sorted(packed) == ["a", "b", "c", "d", "shrinks"]
    assert "too large" in desk.left_out()["z"]
    count = len(desk.mails())
    desk.settle("z")
    assert desk.tick(1) is None
    assert len(desk.mails()) == count


def test_a_mail_that_a_rule_made_is_not_mailed_on(make: Make) -> None:
    desk = make()
    desk.drop("loop.EML", b"Subject: x\r\nx-traymail-rule: Scans\r\n\r\nbody")
    desk.drop("loop", b"\xef\xbb\xbfSubject: x\nX-Traymail-Rule: Scans\n\nbody")
    desk.drop("fine.eml", b"Subject: x\r\n\r\nX-Traymail-Rule: Scans")
    assert [mail.subject for mail in desk.mails()] == ["fine.eml"]
    assert "round" in desk.left_out()["loop.EML"]
    assert "round" in desk.left_out()["loop"]
    assert desk.flow.status().suppressed == 2


def test_a_mail_that_a_rule_made_goes_on_in_no_wrapping(make: Make) -> None:
    """The very mail that went out: saved with a line before it, refused, quoted, by Outlook."""
    desk = make()
    desk.drop("scan.pdf")
    [item] = desk.mails()
    sent = b"".join(desk.outbox.mail(item.id).chunks(desk.spool.open))
    head = b"From: <mailer-daemon@x>\r\nContent-Type: message/rfc822\r\n"
    coded = b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(sent)
    desk.drop("odd.eml", b"as it came\r\n" + sent)
    desk.drop("refused.eml", head + coded)
    desk.drop("quoted.txt", sent.replace(b"\r\n", b"\r\n> "))
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    desk.drop("saved.msg", ole + sent.decode().encode("utf-16-le"))
    desk.drop("fine.eml", head + b"\r\nSubject: of somebody else\r\n\r\n")
    assert [mail.subject for mail in desk.mails()] == ["scan.pdf", "fine.eml"]
    told = [name for name, reason in desk.left_out().items() if "round" in reason]
    assert sorted(told) == ["odd.eml", "quoted.txt", "refused.eml", "saved.msg"]


def test_with_no_room_files_wait_and_nothing_is_lost(make: Make) -> None:
    desk = make()
    desk.free = 1000
    desk.drop("a", b"x" * 300_000)
    desk.drop("b")
    assert desk.mails() == []
    assert "room" in str(desk.flow.status().error)
    desk.free = 10**12
    desk.tick(60)
    assert [mail.subject for mail in desk.mails()] == ["a", "b"]
    assert desk.flow.status().error is None


def test_mail_and_ledger_are_one(make: Make) -> None:
    desk = make()
    add = desk.ledger.mailed.add

    def broken(*_: object) -> None:
        raise StateError(text("The disk is full."))

    desk.ledger.mailed.add = broken  # type: ignore[method-assign, assignment] # between mail and ledger
    desk.drop("a", b"x" * 300_000)
    assert desk.mails() == []
    assert desk.ledger.find("a") is None
    assert list((desk.home / "state" / "spool").iterdir()) == []
    desk.ledger.mailed.add = add  # type: ignore[method-assign] # whole again
    desk.tick(60)
    assert desk.attached() == [[("a", b"x" * 300_000)]]


# --- after the mail -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "state", "present"),
    [
        ({}, State.SENT, {"in/a"}),
        ({"after": After.MOVE}, State.SENT, {"sent/in/a"}),
        ({"after": After.DELETE}, State.SENT, set()),
        ({"after": After.MOVE}, State.UNKNOWN, {"in/a"}),
        ({"after": After.DELETE}, State.CANCELLED, {"in/a"}),
        ({"after": After.DELETE}, State.FAILED, {"in/a"}),
        ({"failed_to": "failed"}, State.FAILED, {"failed/in/a"}),
        ({"failed_to": "failed"}, State.SENT, {"in/a"}),
    ],
)
@pytest.mark.parametrize("restarted", [False, True])
def test_what_becomes_of_a_file(
    make: Make, fields: dict[str, object], state: State, present: set[str], restarted: bool
) -> None:
    desk = make(**fields)
    if desk.rule.failed_to:
        desk.set_rule(failed_to=str(desk.folder / "failed"))
    desk.drop("in/a")
    assert desk.present() == {"in/a"}
    desk.end(state, tell=not restarted)
    if restarted:
        assert desk.present() == {"in/a"}
        desk.restart()
    assert desk.present() == present
    assert [file.state for file in desk.ledger.unfinished()] == (
        [FileState.POSTED] if state is State.UNKNOWN else []
    )
    desk.restart()
    assert desk.present() == present


@pytest.mark.parametrize("state", [State.PARTIAL, State.FAILED])
def test_a_content_that_some_have_is_not_mailed_to_them_again(make: Make, state: State) -> None:
    desk = make(again="changed")
    desk.drop("a")
    desk.end(state)
    desk.touch("a")
    desk.settle("a")
    desk.tick()
    assert len(desk.mails()) == (1 if state is State.PARTIAL else 2)


def test_a_mail_that_failed_and_went_out_later_moves_its_file(make: Make) -> None:
    desk = make(after=After.MOVE)
    desk.drop("a")
    desk.end(State.FAILED)
    [item] = desk.mails()
    desk.end(State.SENT, item.id)
    assert desk.present() == {"sent/a"}
    assert desk.flow.status().sent == 1


def test_a_file_that_changed_since_its_copy_stays_and_is_mailed_too(make: Make) -> None:
    desk = make(after=After.MOVE)
    desk.drop("a", b"one")
    desk.put("a", b"two")
    desk.end()
    assert desk.present() == {"a"}
    assert "changed" in desk.left_out()["a"]
    desk.settle("a")
    desk.tick()
    desk.end()
    assert desk.present() == {"sent/a"}
    assert [files[0][1] for files in desk.attached()] == [b"one", b"two"]


def test_a_file_replaced_while_its_mail_waits_is_put_away_by_its_own_mail(make: Make) -> None:
    desk = make(after=After.DELETE)
    desk.drop("a", b"one")
    desk.drop("a", b"two")
    first, second = desk.mails()
    desk.end(State.SENT, first.id)
    assert desk.present() == {"a"}
    desk.end(State.SENT, second.id)
    assert desk.present() == set()


def test_a_file_that_was_only_touched_meanwhile_is_still_put_away(make: Make) -> None:
    desk = make(after=After.DELETE)
    desk.drop("a", b"one")
    desk.touch("a")
    desk.settle("a")
    desk.tick()
    desk.end()
    assert desk.present() == set()


class Killed(BaseException):
    """The program ends here."""


@pytest.mark.parametrize("after", [After.MOVE, After.DELETE])
@pytest.mark.parametrize("acted", [False, True], ids=["before", "behind"])
def test_killed_between_sent_and_put_away(make: Make, after: After, acted: bool) -> None:
    desk = make(after=after)
    desk.drop("a")

    class Dying(SystemFiles):
        def move(self, *given: object) -> PostSend:
            if acted:
                super().move(*given)  # type: ignore[arg-type] # as given
            raise Killed

        def delete(self, root: str, path: str, identity: object) -> PostSend:
            if acted:
                super().delete(root, path, identity)  # type: ignore[arg-type] # as given
            raise Killed

    desk.files = Dying()
    desk.make_flow()
    with pytest.raises(Killed):
        desk.end()
    desk.restart()
    assert desk.present() == ({"sent/a"} if after is After.MOVE else set())
    assert desk.ledger.unfinished() == ()
    desk.tick()
    assert len(desk.mails()) == 1


def test_what_cannot_be_put_away_is_told_and_tried_again(make: Make) -> None:
    desk = make(after=After.MOVE)
    (desk.folder / "sent").write_bytes(b"in the way")
    desk.drop("a")
    desk.end()
    assert "put away" in str(desk.flow.status().error)
    assert desk.tick() is not None
    (desk.folder / "sent").unlink()
    desk.tick(600)
    assert desk.present() == {"sent/a"}
    assert desk.flow.status().error is None
    assert desk.tick() is None


def test_what_cannot_be_put_away_is_tried_again_soon_then_ever_less_often(make: Make) -> None:
    desk = make(after=After.MOVE)
    (desk.folder / "sent").write_bytes(b"in the way")
    desk.drop("a")
    desk.end()
    pauses = []
    due = desk.tick()
    for _ in range(9):
        assert due is not None
        pauses.append(round((due - desk.clock.now()).total_seconds()))
        due = desk.tick(pauses[-1])
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    (desk.folder / "sent").unlink()
    desk.tick(300)
    assert desk.present() == {"sent/a"}
    (desk.folder / "sent" / "a").unlink()
    (desk.folder / "sent").rmdir()
    (desk.folder / "sent").write_bytes(b"in the way again")
    desk.drop("b")
    desk.end()
    due = desk.tick()
    assert due == desk.clock.now() + timedelta(seconds=5)


def test_a_mail_that_the_outbox_forgot_leaves_its_file(make: Make) -> None:
    desk = make(after=After.DELETE)
    desk.drop("a")
    with desk.database.transaction() as connection:
        connection.execute("DELETE FROM mail")
    desk.restart()
    assert desk.present() == {"a"}
    assert desk.ledger.unfinished() == ()


# --- status, dry run ------------------------------------------------------------------------------


def test_status_follows_the_folder(make: Make) -> None:
    desk = make()
    now = desk.clock.now()
    assert not FolderFlow(desk.rule, desk.account, desk.tools()).status().watching
    assert desk.flow.status().watching
    gone = text("The folder is not there")
    desk.flow.observe(FolderGone(rule="Scans", folder=desk.rule.folder, reason=gone), now)
    assert not desk.flow.status().watching
    assert desk.flow.status().error == gone
    desk.flow.pause(True, now)
    desk.drop("a")
    assert len(desk.mails()) == 1


def test_what_is_left_out_is_named_once_and_the_list_is_bounded(make: Make) -> None:
    desk = make()
    reason = text("it is a link")
    told = [FileLeftOut(rule="Scans", what=f"{number}", reason=reason) for number in range(200)]
    for one in told:
        desk.flow.observe(one, desk.clock.now())
    before = desk.flow.status().left_out
    desk.flow.observe(told[-1], desk.clock.now())
    assert desk.flow.status().left_out is before
    assert len(before) == 50
    assert before[-1].what == "199"


def test_a_dry_run_tells_and_does_nothing(make: Make) -> None:
    desk = make(subject="{file.name} of {count}", max_bytes=1000, max_per_hour=1)
    for name in ("a", "b", "c"):
        desk.put(name, b"12345")
    desk.put("d", b"1" * 1001)
    found = [desk.found(name) for name in "abcd"]
    told = preview(desk.rule, desk.account, found, HERE, desk.clock.now(), limit=2)
    assert told.events == 3
    assert [mail.subject for mail in told.mails] == ["a of 1", "b of 1"]
    assert told.mails[0].to == ("boss@example.com",)
    assert told.mails[0].attachments == (("a", 5),)
    assert [one.what for one in told.left_out] == ["d"]
    desk.set_rule(batch=timedelta(seconds=1), zip=True)
    [mail] = preview(desk.rule, desk.account, found, HERE, desk.clock.now()).mails
    assert mail.subject == "a of 3"
    assert [size for _, size in mail.attachments] == [15]
    assert desk.mails() == []


# --- once per content -----------------------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from("ab"), st.sampled_from([b"1", b"2", b"3"])),
        st.tuples(st.sampled_from(["touch", "remove"]), st.sampled_from("ab"), st.just(b"")),
        st.tuples(st.sampled_from(["look", "restart", "sent"]), st.just(""), st.just(b"")),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, after=st.sampled_from(After))
def test_every_content_that_a_look_meets_is_mailed_once(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, str, bytes]],
    after: After,
) -> None:
    desk = FolderDesk(tmp_path_factory.mktemp("home"), after=after)
    desk.first_scan()
    met: set[tuple[str, bytes]] = set()
    for act, name, content in [*steps, ("look", "", b"")]:
        file = desk.folder / name
        if act == "write":
            desk.put(name, content)
        elif act == "touch" and file.exists():
            desk.touch(name)
        elif act == "remove":
            file.unlink(missing_ok=True)
        elif act == "restart":
            desk.restart()
        elif act == "sent":
            desk.end()
        elif act == "look":
            here = {path for path in desk.present() if "/" not in path}
            met |= {(path, (desk.folder / path).read_bytes()) for path in here}
            desk.settle(*here) if here else None
            desk.tick()
    mailed = [files[0] for files in desk.attached()]
    desk.close()
    assert sorted(mailed) == sorted(met)


def test_a_source_error_in_one_file_spares_the_others(make: Make) -> None:
    desk = make(batch=timedelta(seconds=1))
    desk.put("a")
    desk.put("b")
    desk.settle()
    take = desk.poster.take

    def unreadable(file: object) -> object:
        if getattr(file, "name", "") == "a":
            raise SourceError("a", text("a cannot be read"))
        return take(file)  # type: ignore[arg-type] # as given

    desk.poster.take = unreadable  # type: ignore[method-assign, assignment] # no permission
    desk.tick(1)
    assert desk.attached() == [[("b", b"whole")]]
    assert "cannot be read" in desk.left_out()["a"]


# --- what nobody foresaw --------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [13_569_465_600, -2_000_000_000])
@pytest.mark.parametrize("after", After)
def test_a_file_of_any_date_is_mailed_once_and_put_away(
    make: Make, seconds: int, after: After
) -> None:
    desk = make(body="{file.modified}", after=after)
    desk.put("odd")
    os.utime(desk.folder / "odd", ns=(seconds * 10**9,) * 2)
    desk.put("good")
    desk.settle()
    desk.tick()
    desk.settle()
    desk.tick()
    assert sorted(mail.subject for mail in desk.mails()) == ["good", "odd"]
    assert desk.ledger.handled([desk.found("odd")]) == {"odd"}
    desk.restart()
    desk.end()
    assert (
        desk.present()
        == {
            After.KEEP: {"good", "odd"},
            After.MOVE: {"sent/good", "sent/odd"},
            After.DELETE: set(),
        }[after]
    )


@pytest.mark.parametrize("mtime_ns", [10**27, -(10**27), 2**63, -(2**63) - 1])
def test_a_time_that_no_calendar_has_is_kept_and_told_as_it_is(make: Make, mtime_ns: int) -> None:
    desk = make(body="{file.modified}")
    file = desk.put("odd").lstat()
    odd = replace(FileIdentity.of(file), mtime_ns=mtime_ns)
    desk.ledger.save(LedgerFile("odd", odd, FileState.DONE))
    assert desk.ledger.handled([FoundFile("odd", odd)]) == {"odd"}
    assert desk.ledger.handled([FoundFile("odd", replace(odd, mtime_ns=mtime_ns + 1))]) == set()
    known = desk.ledger.find("odd")
    assert known is not None
    assert known.identity == odd
    [mail] = preview(desk.rule, desk.account, [FoundFile("odd", odd)], HERE, desk.clock.now()).mails
    assert mail.body in {f"@{mtime_ns // 10**9}", "2262-04-11 23:47:16", "1677-09-21 00:12:43"}


@pytest.mark.parametrize("batch", [0, 1])
@pytest.mark.parametrize("zipped", [False, True])
def test_an_unforeseen_error_with_one_file_spares_the_others_and_is_told(
    make: Make,
    batch: int,
    zipped: bool,  # a case
) -> None:
    desk = make(batch=timedelta(seconds=batch), zip=zipped)
    names = [f"{n}.pdf" for n in range(7)]
    for name in names:
        desk.put(name)
    add = desk.ledger.mailed.add

    def odd(path: str, sha256: str, mail_id: int, root: int | None = None) -> None:
        if path == "3.pdf":
            raise OverflowError("Python int too large to convert to SQLite INTEGER")
        add(path, sha256, mail_id, root)

    desk.ledger.mailed.add = odd  # type: ignore[method-assign] # as with numbers of 64 bits
    desk.settle()
    desk.tick(batch)
    assert set(names) - {path for path in names if desk.ledger.find(path)} == {"3.pdf"}
    assert "went wrong inside" in desk.left_out()["3.pdf"]
    assert "went wrong inside" in str(desk.flow.status().error)
    desk.ledger.mailed.add = add  # type: ignore[method-assign] # it has passed
    desk.settle("3.pdf")
    desk.tick(batch)
    assert desk.ledger.find("3.pdf") is not None
    assert desk.flow.status().error is None
    assert desk.left_out() == {}
    assert len(list(desk.spool.folder.iterdir())) == 0


def test_what_is_to_be_put_away_waits_for_its_folder_and_its_share(make: Make) -> None:
    desk = make(after=After.MOVE)
    now, folder = desk.clock.now(), desk.rule.folder
    disk, share = Place(folder, ""), Place(folder, "nfs4 server:/x /")
    desk.drop("a")
    gone = text("The folder is not there: {reason}", reason="gone")
    desk.flow.observe(FolderGone(rule="Scans", folder=folder, reason=gone), now)
    desk.end()
    desk.tick(600)
    assert desk.present() == {"a"}
    desk.flow.observe(FirstScan(rule="Scans", folder=folder, files=(), place=share), now)
    desk.flow.observe(FolderBack(rule="Scans", folder=folder, place=share), now)
    desk.tick(600)
    assert desk.present() == {"a"}
    desk.flow.observe(FolderBack(rule="Scans", folder=folder, place=disk), now)
    assert desk.present() == {"sent/a"}
    desk.restart()
    assert desk.ledger.unfinished() == ()


def test_what_waits_for_its_share_is_no_trouble_of_the_place_before_it(make: Make) -> None:
    desk = make(after=After.MOVE)
    now, folder = desk.clock.now(), desk.rule.folder
    (desk.folder / "sent").write_bytes(b"in the way")
    desk.drop("a")
    desk.end()
    assert "put away" in str(desk.flow.status().error)
    (desk.folder / "sent").unlink()
    share = Place(folder, "nfs4 server:/x /")
    desk.flow.observe(FirstScan(rule="Scans", folder=folder, files=(), place=share), now)
    desk.flow.observe(FolderBack(rule="Scans", folder=folder, place=share), now)
    desk.tick(600)
    assert desk.present() == {"a"}
    assert desk.flow.status().error is None


def test_a_first_look_that_was_not_kept_is_none_at_another_place(make: Make) -> None:
    desk = make()
    now, folder = desk.clock.now(), desk.rule.folder
    start = desk.ledger.start

    def full(*_: object) -> None:
        raise StateError(text("The disk is full."))

    desk.ledger.start = full  # type: ignore[method-assign, assignment] # the disk is full
    share = Place(folder, "nfs4 server:/x /")
    desk.flow.observe(FirstScan(rule="Scans", folder=folder, files=(), place=share), now)
    desk.flow.observe(FolderBack(rule="Scans", folder=folder, place=share), now)
    desk.drop("a")
    assert desk.mails() == []
    desk.ledger.start = start  # type: ignore[method-assign] # there is room again
    desk.flow.observe(FolderBack(rule="Scans", folder=folder, place=Place()), now)
    desk.drop("b")
    desk.tick(60)
    assert [mail.subject for mail in desk.mails()] == ["b"]


def test_a_clock_that_is_set_back_keeps_no_file_waiting(make: Make) -> None:
    desk = make(batch=timedelta(seconds=60))
    desk.put("a")
    desk.settle()
    desk.tick(-8 * 3600)
    assert [mail.subject for mail in desk.mails()] == ["a"]
