"""The outbox over a real database and a real spool."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.mails import NOON, a_draft, a_stamp, composed
from traymail.core.errors import InputError, RecipientReply, SourceError, StateError
from traymail.core.message import Address, DraftFile
from traymail.core.outbox import AccountState, Attempt, OutboxItem, Phase, State
from traymail.store.database import Database
from traymail.store.outbox import Outbox, Recovered
from traymail.store.spool import Spool

MINUTE = timedelta(minutes=1)
BIG = b"0123456789" * 30_000


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "outbox.db")) as database:
        yield database


@pytest.fixture
def outbox(database: Database, spool: Spool) -> Outbox:
    return Outbox(database, spool)


def put(outbox: Outbox, name: str = "1", **fields: object) -> OutboxItem:
    due = fields.pop("due", NOON)
    assert due is None or isinstance(due, type(NOON))
    return outbox.add(a_draft(**fields), composed(), a_stamp(name), NOON, due=due)


def claimed(outbox: Outbox, **options: object) -> list[int]:
    ids = []
    while item := outbox.claim("qq", NOON, **options):  # type: ignore[arg-type] # options of claim
        ids.append(item.id)
    return ids


def attempt(item: OutboxItem, outcome: str = "sent") -> Attempt:
    return Attempt(item.attempts, NOON, 12, outcome, "final", 250, "2.0.0 Ok")


def test_what_is_stored_comes_back(outbox: Outbox, spool: Spool, tmp_path: Path) -> None:
    small = spool.take(DraftFile("a.txt", content=b"small"))
    large = spool.take(DraftFile("扫描件.pdf", content=BIG))
    draft = a_draft(
        to=(Address("you@mail.example", "小明"),),
        cc=(Address("c@mail.example"),),
        bcc=(Address("b@mail.example"), Address("you@mail.example")),
        subject="报告",
        html="<p>hello</p>",
        rule="Scans",
        when_unsure="resend",
    )
    item = outbox.add(draft, composed(small, large), a_stamp(), NOON, due=NOON)
    with closing(Database(tmp_path / "outbox.db")) as again:
        reopened = Outbox(again, spool)
        assert reopened.get(item.id) == item
        mail = reopened.mail(item.id)
    assert (item.to, item.cc, item.bcc) == (draft.to, draft.cc, draft.bcc)
    assert mail.envelope.recipients == ("you@mail.example", "c@mail.example", "b@mail.example")
    assert (mail.subject, mail.text, mail.html) == ("报告", "hello", "<p>hello</p>")
    assert [place.attachment for place in mail.placed] == [small, large]
    assert item.size == mail.size == len(b"".join(mail.chunks(spool.open)))
    with spool.open(mail.placed[1].attachment) as file:
        assert file.read() == BIG


def test_a_dedupe_key_stores_once_and_leaves_no_file(outbox: Outbox, spool: Spool) -> None:
    first = composed(spool.take(DraftFile("a", content=BIG)))
    item = outbox.add(a_draft(dedupe_key="k"), first, a_stamp(), NOON, due=NOON)
    second = composed(spool.take(DraftFile("a", content=BIG)))
    assert outbox.add(a_draft(dedupe_key="k"), second, a_stamp("2"), NOON, due=NOON) == item
    # The answer to the first call was lost, and it is made again.
    assert outbox.add(a_draft(dedupe_key="k"), first, a_stamp(), NOON, due=NOON) == item
    assert {file.name for file in spool.folder.iterdir()} == {first.placed[0].attachment.spool}
    assert len(outbox.find()) == 1


def test_the_mail_that_is_due_first_is_claimed_first(outbox: Outbox) -> None:
    put(outbox, "1", due=NOON - MINUTE)
    put(outbox, "2", due=NOON - 2 * MINUTE, rule="A")
    put(outbox, "3", due=NOON + MINUTE)
    put(outbox, "4", account="work")
    put(outbox, "5", due=None)
    put(outbox, "6", due=NOON - 3 * MINUTE, rule="B")
    assert outbox.accounts_with_work() == {"qq", "work"}
    assert outbox.next_due("qq") == NOON - 3 * MINUTE
    assert outbox.next_due("qq", not_rules={"A", "B"}) == NOON - MINUTE
    assert claimed(outbox, not_rules={"B"}) == [2, 1]
    assert claimed(outbox) == [6]
    assert outbox.next_due("qq") == NOON + MINUTE
    assert outbox.next_due("nobody") is None


def test_a_claim_counts_and_marks(outbox: Outbox) -> None:
    put(outbox)
    later = NOON + MINUTE
    item = outbox.claim("qq", later)
    assert item is not None
    assert (item.state, item.phase, item.attempts, item.tries, item.since) == (
        State.SENDING,
        Phase.PRE,
        1,
        1,
        later,
    )
    outbox.enter_final(1, later)
    assert outbox.get(1).phase is Phase.DATA


def test_one_mail_alone_can_be_claimed(outbox: Outbox) -> None:
    put(outbox, "1", due=NOON - MINUTE)
    put(outbox, "2")
    put(outbox, "3", due=NOON + MINUTE)
    assert claimed(outbox, only=2) == [2]
    assert claimed(outbox, only=3) == []


def test_an_attempt_is_stored_with_its_history(outbox: Outbox) -> None:
    put(outbox)
    item = outbox.claim("qq", NOON)
    assert item is not None
    verdicts = (
        RecipientReply("a@x.example", 250, "ok"),
        RecipientReply("b@x.example", 550, "no such user", "x-511", for_good=True),
    )
    ended = replace(item, state=State.FAILED, code=550, refused=verdicts[1:], pending=())
    outbox.finish(ended, attempt(ended, "refused"), verdicts)
    assert outbox.get(1) == ended
    assert outbox.attempts(1) == [attempt(ended, "refused")]
    assert outbox.verdicts(1) == [verdicts[0], replace(verdicts[1], for_good=False)]


def test_a_crash_requeues_or_leaves_unknown(outbox: Outbox) -> None:
    for name in "1234":
        put(outbox, name)
    put(outbox, "5", rule="Log", when_unsure="resend")
    assert len(claimed(outbox)) == 5
    outbox.enter_final(2, NOON)
    outbox.enter_final(5, NOON)
    assert outbox.recover(NOON) == Recovered(requeued=4, unknown=1)
    assert [item.id for item in outbox.find(state=State.UNKNOWN)] == [2]
    assert outbox.get(5).possible_duplicate
    assert outbox.recover(NOON) == Recovered(0, 0)


def test_departures_are_what_caps_count(outbox: Outbox) -> None:
    for number, rule in enumerate([None, "A", "A", "B"]):
        item = put(outbox, str(number), rule=rule)
        outbox.enter_final(item.id, NOON + number * MINUTE)
    assert outbox.departure(1, account="qq") == NOON + 3 * MINUTE
    assert outbox.departure(4, account="qq") == NOON
    assert outbox.departure(5, account="qq") is None
    assert outbox.departure(1, account="work") is None
    assert outbox.departure(2, rule="A") == NOON + MINUTE
    assert outbox.departure(3, by_rules=True) == NOON + MINUTE
    assert outbox.departure(4, by_rules=True) is None
    outbox.purge(NOON + timedelta(days=9))
    assert outbox.departure(4, account="qq") == NOON


def test_a_stopped_account_parks_its_mail(outbox: Outbox) -> None:
    put(outbox, "1")
    put(outbox, "2", account="work")
    assert outbox.park("qq", NOON) == 1
    assert (outbox.next_due("qq"), outbox.accounts_with_work()) == (None, {"work"})
    assert claimed(outbox) == []
    assert outbox.unpark("qq", NOON) == 1
    assert claimed(outbox) == [1]


def test_the_user_decides(outbox: Outbox) -> None:
    for name, state in enumerate(State, 1):
        item = put(outbox, str(name))
        outbox.finish(replace(item, state=state, next_attempt_at=None))
    ids = range(1, len(State) + 1)
    changed = outbox.retry(ids, NOON)
    assert [item.id for item in changed] == [1, 4, 5]
    assert all(item.next_attempt_at == NOON for item in changed)
    assert [item.id for item in outbox.cancel(ids, NOON)] == [1, 4, 5]
    assert outbox.retry(None, NOON) == []
    with pytest.raises(InputError, match="Mail 3 is sent, not unknown"):
        outbox.resolve(3, "resend", NOON)
    assert outbox.resolve(6, "resend", NOON).possible_duplicate
    with pytest.raises(InputError, match="no mail 99"):
        outbox.cancel([1, 99], NOON)


def test_what_was_said_of_a_recipient_is_forgotten_when_it_is_tried_anew(outbox: Outbox) -> None:
    item = put(outbox)
    taken = RecipientReply("a@x.example", 250, "ok")
    no = RecipientReply("you@mail.example", 550, "no", for_good=True)
    outbox.finish(replace(item, state=State.PARTIAL, pending=(), refused=(no,)), None, (taken, no))
    [again] = outbox.retry([1], NOON)
    assert (again.pending, again.refused) == (("you@mail.example",), ())
    assert outbox.verdicts(1) == [taken]


def test_unknown_mail_the_user_saw_arrive_is_sent(outbox: Outbox) -> None:
    item = put(outbox)
    outbox.finish(replace(item, state=State.UNKNOWN, next_attempt_at=None))
    assert outbox.resolve(1, "sent", NOON).state is State.SENT


def test_only_what_ended_is_purged_with_its_files(outbox: Outbox, spool: Spool) -> None:
    for name, state in enumerate(State, 1):
        file = spool.take(DraftFile("a", content=BIG))
        item = outbox.add(a_draft(), composed(file), a_stamp(str(name)), NOON, due=NOON)
        outbox.finish(replace(item, state=state))
    assert outbox.purge(NOON) == 0
    assert outbox.purge(NOON + MINUTE) == 4
    left = {item.state for item in outbox.find()}
    assert left == {State.QUEUED, State.SENDING, State.UNKNOWN}
    assert {file.name for file in spool.folder.iterdir()} == outbox.spooled()
    assert len(outbox.spooled()) == 3


def test_files_of_sent_mails_are_kept_up_to_a_size(database: Database, spool: Spool) -> None:
    outbox = Outbox(database, spool, kept_bytes=2 * len(BIG))
    for name, state in enumerate([State.FAILED, *[State.SENT] * 4], 1):
        file = spool.take(DraftFile("a.pdf", content=BIG))
        item = outbox.add(a_draft(), composed(file), a_stamp(str(name)), NOON, due=NOON)
        outbox.finish(replace(item, state=state, updated_at=NOON + name * MINUTE))
    assert outbox.purge(NOON) == 0
    assert len(list(spool.folder.iterdir())) == 3
    for mail_id in (1, 4, 5):
        spool.open(outbox.mail(mail_id).placed[0].attachment).close()
    with pytest.raises(SourceError, match="no longer kept"):
        spool.open(outbox.mail(2).placed[0].attachment)


def test_what_a_crash_left_in_the_spool_is_swept(outbox: Outbox, spool: Spool) -> None:
    spool.take(DraftFile("a.pdf", content=BIG))
    for file in spool.folder.iterdir():
        os.utime(file, (NOON.timestamp(), NOON.timestamp()))
    outbox.recover(NOON + 11 * MINUTE)
    assert list(spool.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("cc", []),  # no word of how recipients are written down
        ('", "', []),
        ("[", []),
        ("ann", [1]),
        ('"the boss"', [2]),
        ("c:\\x", [3]),
        ("hidden", [4]),
    ],
)
def test_search_looks_at_names_addresses_and_subjects_only(
    outbox: Outbox, words: str, found: list[int]
) -> None:
    put(outbox, "1", to=(Address("ann@mail.example", "Ann"),))
    put(outbox, "2", to=(Address("b@mail.example", 'Bob "the boss"'),))
    put(outbox, "3", subject="c:\\x")
    put(outbox, "4", to=(), bcc=(Address("hidden@mail.example"),))
    assert [item.id for item in outbox.find(search=words)] == found


def test_lists_are_filtered_and_newest_first(outbox: Outbox) -> None:
    put(outbox, "1", subject="100 % sure")
    put(outbox, "2", subject="1000 times", rule="A")
    put(outbox, "3", account="work", to=(Address("扫描@mail.example"),))
    assert [item.id for item in outbox.find()] == [3, 2, 1]
    assert [item.id for item in outbox.find(limit=2)] == [3, 2]
    assert [item.id for item in outbox.find(search="100 %")] == [1]
    assert [item.id for item in outbox.find(search="扫描")] == [3]
    assert [item.id for item in outbox.find(rule="A")] == [2]
    assert [item.id for item in outbox.find(account="work", state=State.QUEUED)] == [3]
    assert outbox.counts()[State.QUEUED] == 3
    assert outbox.counts_by_account()["qq"][State.QUEUED] == 2
    assert outbox.counts_by_account()["work"][State.QUEUED] == 1


def test_accounts_and_facts_are_remembered(outbox: Outbox) -> None:
    assert outbox.account_state("qq") == AccountState("qq")
    state = AccountState(
        "qq", True, "x-535", 535, "no", "a\nb", NOON, failures=3, login_worked=True
    )
    outbox.save_account_state(state)
    assert outbox.account_state("qq") == state
    outbox.forget_account("qq")
    assert outbox.account_state("qq") == AccountState("qq")
    assert outbox.meta("paused") is None
    outbox.set_meta("paused", "yes")
    assert outbox.meta("paused") == "yes"


def test_a_clock_set_back_keeps_nothing_waiting(outbox: Outbox) -> None:
    item = put(outbox)
    future = NOON + timedelta(days=400)
    outbox.finish(replace(item, updated_at=future, next_attempt_at=future + MINUTE))
    outbox.save_account_state(AccountState("qq", hold_until=future))
    assert claimed(outbox) == []
    outbox.mend_clock("qq", NOON)
    assert outbox.account_state("qq").hold_until is None
    assert claimed(outbox) == [1]
    outbox.enter_final(1, future)
    outbox.mend_clock("qq", NOON)
    assert outbox.departure(1, account="qq") == NOON
    outbox.mend_clock("qq", NOON - timedelta(seconds=20))
    assert outbox.departure(1, account="qq") == NOON, "a slip is no jump"


def test_several_stores_write_in_one_transaction(database: Database, outbox: Outbox) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction():  # noqa: PT012 # all of it is undone
        put(outbox)
        outbox.set_meta("position", "1")
        raise ZeroDivisionError
    assert (outbox.find(), outbox.meta("position")) == ([], None)


def test_another_process_s_writes_are_noticed(outbox: Outbox, tmp_path: Path) -> None:
    before = outbox.data_version()
    outbox.set_meta("mine", "1")
    assert outbox.data_version() == before
    with closing(Database(tmp_path / "outbox.db")) as other:
        Outbox(other, Spool(tmp_path / "spool")).set_meta("theirs", "1")
    assert outbox.data_version() != before


def test_with_no_room_nothing_new_is_accepted(database: Database, tmp_path: Path) -> None:
    full = Outbox(database, Spool(tmp_path / "spool", free_bytes=lambda _path: 999_999))
    with pytest.raises(StateError, match="no room") as caught:
        put(full)
    assert caught.value.advice is not None
    assert full.find() == []


def test_a_claim_costs_the_same_with_many_waiting(database: Database, outbox: Outbox) -> None:
    """By the plan, not by a clock: every step is a search of the index, none a scan or a sort."""
    put(outbox, rule="A")
    plans: list[str] = []
    with database.read() as connection:
        connection.set_trace_callback(plans.append)
        outbox.next_due("qq", not_rules={"B"})
        connection.set_trace_callback(None)
        queries = [sql for sql in plans if sql.startswith("SELECT")]
        assert len(queries) == 3
        for sql in queries:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
            assert ["mail_due" in step["detail"] for step in plan] == [True], plan
            assert plan[0]["detail"].startswith("SEARCH")


def test_counts_and_purges_search_an_index(database: Database, outbox: Outbox) -> None:
    put(outbox)
    told: list[str] = []
    with database.read() as connection:
        connection.set_trace_callback(told.append)
        outbox.counts_by_account()
        outbox.purge(NOON)
        connection.set_trace_callback(None)
        for index, start in (("mail_open", "SELECT account, state"), ("mail_done", "DELETE FROM")):
            [sql] = [sql for sql in told if sql.startswith(start)]
            plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
            assert index in plan[0]["detail"], plan


def test_after_a_claim_all_is_durable_again(database: Database, outbox: Outbox) -> None:
    put(outbox)
    durable = 2  # PRAGMA synchronous = FULL
    with database.read() as connection:
        assert outbox.claim("qq", NOON) is not None
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == durable
        with pytest.raises(ZeroDivisionError), database.transaction(durable=False):
            raise ZeroDivisionError
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == durable


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_rows_are_private(outbox: Outbox, tmp_path: Path) -> None:
    put(outbox)
    for file in tmp_path.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file


def test_a_closed_database_says_so(outbox: Outbox, database: Database) -> None:
    database.close()
    with pytest.raises(StateError) as caught:
        outbox.find()
    assert isinstance(caught.value.__cause__, sqlite3.ProgrammingError)


@pytest.mark.parametrize("damaged", ["x", "", "0", "-5", "9" * 30, "9" * 5000, "\u0663", "[1]"])
def test_a_damaged_count_of_batches_gives_no_number_twice(
    outbox: Outbox, database: Database, damaged: str
) -> None:
    with database.transaction():
        put(outbox, batch=outbox.new_batch())
    outbox.set_meta("batches", damaged)
    assert outbox.new_batch() == 2
    assert outbox.new_batch() == 3
