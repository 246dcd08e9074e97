"""Delivery over a real outbox: what an attempt leaves behind for mail, account and history."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.engine import (
    ACCOUNT,
    NO_CAPS,
    START,
    ScriptedSender,
    Surroundings,
    failure,
    limited,
    surroundings,
)
from traymail.core.account import Limits, WhenUnsure
from traymail.core.errors import (
    AccountFailure,
    AuthFailure,
    CredentialError,
    InputError,
    PermanentFailure,
    RecipientReply,
    Reply,
    Stage,
    StateError,
    TransientFailure,
    UnknownOutcome,
)
from traymail.core.events import AccountChanged, ItemChanged, LimitReached
from traymail.core.message import Address, DraftFile, Mail
from traymail.core.outbox import Phase, Receipt, State
from traymail.core.ports import Journal
from traymail.core.replies import as_error, diagnose, parts_told
from traymail.core.reply_rules import Trouble
from traymail.core.texts import text
from traymail.engine.caps import RuleCaps
from traymail.engine.delivery import Delivery


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Surroundings]:
    with surroundings(tmp_path) as made:
        yield made


def test_a_mail_is_taken_and_its_history_told(around: Surroundings) -> None:
    item = around.post()
    assert around.delivery().step() == 0.0
    kept = around.outbox.get(item.id)
    assert (kept.state, kept.code, kept.reply, kept.attempts) == (State.SENT, 250, "taken", 1)
    (attempt,) = around.outbox.attempts(item.id)
    assert (attempt.outcome, attempt.code) == ("sent", 250)


@pytest.mark.parametrize(
    ("act", "state", "due"),
    [
        (failure(TransientFailure, 451, Stage.FINAL), State.QUEUED, timedelta(seconds=30)),
        (failure(PermanentFailure, 550, Stage.FINAL), State.FAILED, None),
        (failure(AuthFailure, 535, Stage.AUTH), State.QUEUED, None),
        (failure(AccountFailure, 553, Stage.MAIL), State.QUEUED, None),
        (CredentialError(text("No secret")), State.QUEUED, None),
        (("after", failure(UnknownOutcome, None, Stage.FINAL)), State.UNKNOWN, None),
    ],
)
def test_a_failure_decides_what_becomes_of_the_mail(
    around: Surroundings, act: object, state: State, due: timedelta | None
) -> None:
    item = around.post()
    around.sender.script = [act]
    around.delivery().step()
    kept = around.outbox.get(item.id)
    assert kept.state is state
    assert kept.next_attempt_at == (None if due is None else START + due)


def test_an_account_that_is_refused_stops_for_all_its_mail_until_its_connection_changes(
    around: Surroundings,
) -> None:
    first, second = around.post(), around.post()
    around.sender.script = [failure(AuthFailure, 535, Stage.AUTH)]
    delivery = around.delivery()
    delivery.step()
    assert delivery.step() is None
    assert around.outbox.get(second.id).next_attempt_at is None
    later = around.post()
    assert later.next_attempt_at is None, "mail for a stopped account waits for the user"
    assert any(isinstance(e, AccountChanged) and e.state.stopped for e in around.events)

    mended = around.delivery(replace(ACCOUNT, host="smtp.example.com"))
    while mended.step() == 0.0:
        pass
    states = {around.outbox.get(i.id).state for i in (first, second, later)}
    assert states == {State.SENT}


def test_a_server_that_cannot_be_reached_is_asked_once_not_once_a_mail(
    around: Surroundings,
) -> None:
    for _ in range(5):
        around.post()
    around.sender.script = [failure(TransientFailure, None, Stage.CONNECT)] * 9
    delivery = around.delivery()
    assert delivery.step() == 0.0
    assert delivery.step() == 30.0
    around.clock.turn(seconds=30)
    assert delivery.step() == 0.0
    assert delivery.step() == 60.0, "each failure in a row doubles the pause"
    around.sender.script = []
    around.clock.turn(seconds=60)
    while delivery.step() == 0.0:
        pass
    assert len(around.sender.mails) == 5


def test_the_user_may_ask_for_a_mail_while_the_server_is_left_alone(around: Surroundings) -> None:
    around.sender.script = [failure(TransientFailure, None, Stage.CONNECT)]
    around.post()
    delivery = around.delivery()
    delivery.step()
    wanted = around.post("wanted")
    assert delivery.step(only=wanted.id) == 0.0
    assert around.outbox.get(wanted.id).state is State.SENT


def test_caps_of_the_account_hold_mail_back_and_say_so_once(around: Surroundings) -> None:
    for _ in range(4):
        around.post()
    delivery = around.delivery(limited(per_minute=2))
    assert [delivery.step() for _ in range(4)] == [0.0, 0.0, 60.0, 60.0]
    told = [e for e in around.events if isinstance(e, LimitReached)]
    assert len(told) == 1
    around.clock.turn(seconds=60)
    assert delivery.step() == 0.0
    assert len(around.sender.mails) == 3


def test_a_cap_of_a_second_spreads_mail_without_a_word(around: Surroundings) -> None:
    for _ in range(4):
        around.post()
    delivery = around.delivery(replace(ACCOUNT, limits=Limits(per_minute=3, per_second=2)))
    assert [delivery.step() for _ in range(3)] == [0.0, 0.0, 1.0]
    assert [e for e in around.events if isinstance(e, LimitReached)] == []
    around.clock.turn(seconds=1)
    assert [delivery.step() for _ in range(2)] == [0.0, 59.0]
    assert len([e for e in around.events if isinstance(e, LimitReached)]) == 1


class InThree(ScriptedSender):
    """A sender whose mails leave in three messages each."""

    def send(self, mail: Mail, journal: Journal) -> Receipt:
        journal.part_taken(mail.parts, 3)
        for part in range(mail.parts, 3):
            journal.before_final()
            self.mails.append(mail)
            if part < 2:
                journal.part_taken(part + 1, 3)
        return Receipt(200, "ok", mail.envelope.recipients)


def test_caps_of_the_account_count_the_messages_of_a_mail(around: Surroundings) -> None:
    first, then = around.post("first"), around.post("then")
    three = InThree()
    tools = replace(around.tools, make_sender=lambda _account: three)
    account = limited(per_minute=2)
    # A restart after each step: what counts is in the outbox.
    assert Delivery(account, NO_CAPS, tools).step() == 0.0
    kept = around.outbox.get(first.id)
    assert (kept.state, kept.parts, kept.tries, kept.phase) == (State.QUEUED, 2, 0, Phase.PRE)
    assert (str(parts_told(kept)), kept.next_attempt_at) == (
        "2 of 3 parts are there; only the rest follows.",
        START,
    )
    assert Delivery(account, NO_CAPS, tools).step() == 60.0
    around.clock.turn(seconds=60)
    # The rest goes before a mail that waits as long, and leaves room for one message.
    assert [Delivery(account, NO_CAPS, tools).step() for _ in range(3)] == [0.0, 0.0, 60.0]
    assert [around.outbox.get(one.id).state for one in (first, then)] == [State.SENT, State.QUEUED]
    assert [one.message_id for one in three.mails] == [
        *[first.message_id] * 3,
        then.message_id,
    ]
    tried = around.outbox.attempts(first.id)
    assert [one.outcome for one in tried] == ["held", "sent"]


def test_a_clock_set_back_lengthens_no_cap(around: Surroundings) -> None:
    for _ in range(3):
        around.post()
    delivery = around.delivery(limited(per_minute=2))
    assert [delivery.step(), delivery.step()] == [0.0, 0.0]
    around.clock.turn(hours=-8)
    assert delivery.step() == 60.0
    around.clock.turn(seconds=60)
    assert delivery.step() == 0.0
    assert len(around.sender.mails) == 3


@pytest.mark.parametrize(
    ("caps", "sent"),
    [
        (RuleCaps({"Scans": 1, "Errors": 5}, 300), ["Scans 0", "Errors 0", "Errors 1", "by hand"]),
        (RuleCaps({"Scans": 9, "Errors": 9}, 2), ["Scans 0", "Scans 1", "by hand"]),
    ],
)
def test_caps_of_rules_hold_their_mail_and_no_other(
    around: Surroundings, caps: RuleCaps, sent: list[str]
) -> None:
    for rule in ("Scans", "Errors"):
        for number in range(2):
            around.post(f"{rule} {number}", rule=rule)
    around.post("by hand")
    delivery = around.delivery(caps=caps)
    while (rest := delivery.step()) == 0.0:
        pass
    assert [mail.subject for mail in around.sender.mails] == sent
    assert rest == 3600.0


def test_refused_recipients_are_tried_again_alone(around: Surroundings) -> None:
    item = around.post(cc=(Address("other@example.com"),))
    later = RecipientReply("other@example.com", 452, "too many")
    around.sender.script = [Receipt(250, "taken", ("you@example.com",), (later,))]
    delivery = around.delivery()
    delivery.step()
    assert around.outbox.get(item.id).state is State.QUEUED
    around.clock.turn(seconds=30)
    delivery.step()
    assert around.sender.mails[1].envelope.recipients == ("other@example.com",)
    assert around.outbox.get(item.id).state is State.SENT


def test_an_unsure_mail_is_sent_once_more_where_that_is_wanted(around: Surroundings) -> None:
    item = around.post(when_unsure=WhenUnsure.RESEND.value)
    lost = ("after", failure(UnknownOutcome, None, Stage.FINAL))
    around.sender.script = [lost, lost]
    delivery = around.delivery()
    delivery.step()
    kept = around.outbox.get(item.id)
    assert (kept.state, kept.possible_duplicate) == (State.QUEUED, True)
    around.clock.turn(seconds=60)
    delivery.step()
    assert around.outbox.get(item.id).state is State.UNKNOWN, "once, not for ever"


def test_a_mail_whose_attachment_was_taken_away_fails_and_others_go_on(
    around: Surroundings, tmp_path: Path
) -> None:
    item = around.post(files=(DraftFile("big.bin", content=bytes(300_000)),))

    def reading(mail: object, journal: object) -> Receipt:
        del journal
        for _chunk in mail.chunks(around.poster.open):  # type: ignore[attr-defined] # a Mail
            pass
        raise AssertionError("the file is gone")

    for file in (tmp_path / "spool").iterdir():
        file.unlink()
    around.sender.send = reading  # type: ignore[method-assign] # as smtp does
    around.delivery().step()
    kept = around.outbox.get(item.id)
    assert kept.state is State.FAILED
    assert kept.advice_id is not None


def test_what_cannot_be_written_down_is_not_sent(around: Surroundings) -> None:
    item = around.post()
    around.sender.script = [StateError(text("disk full"))]
    around.delivery().step()
    kept = around.outbox.get(item.id)
    assert (kept.state, around.sender.mails) == (State.QUEUED, [])


@pytest.mark.parametrize("error", [StateError(text("disk full")), ValueError("odd")])
def test_what_goes_wrong_on_our_side_is_told_of_the_mail_and_tried_again_later(
    around: Surroundings, error: Exception
) -> None:
    item = around.post()
    around.sender.script = [error]
    around.delivery().step()
    kept = around.outbox.get(item.id)
    assert (kept.state, kept.advice_id) == (State.QUEUED, "internal")
    assert kept.next_attempt_at == START + timedelta(seconds=30), "not at once, over and over"
    around.clock.turn(seconds=30)
    around.delivery().step()
    assert around.outbox.get(item.id).state is State.SENT


def test_what_goes_wrong_after_the_final_dot_leaves_the_mail_unknown(around: Surroundings) -> None:
    item = around.post()
    around.sender.script = [("after", ValueError("odd"))]
    around.delivery().step()
    assert around.outbox.get(item.id).state is State.UNKNOWN


def test_an_outcome_that_cannot_be_stored_as_it_is_leaves_the_mail_unknown_and_not_being_sent(
    around: Surroundings,
) -> None:
    item = around.post()
    around.sender.script = [("after", failure(TransientFailure, 10**30, Stage.FINAL))]
    around.delivery().step()
    kept = around.outbox.get(item.id)
    assert (kept.state, kept.reply) == (State.UNKNOWN, "OverflowError")


def test_a_mail_that_lost_its_content_has_failed_and_the_next_one_goes(
    around: Surroundings,
) -> None:
    lost, whole = around.post(), around.post()
    with around.database.transaction() as connection:
        connection.execute("DELETE FROM content WHERE mail_id = ?", (lost.id,))
    delivery = around.delivery()
    delivery.step()
    delivery.step()
    kept = around.outbox.get(lost.id)
    assert (kept.state, kept.advice_id) == (State.FAILED, "attachment")
    assert kept.reply == "the text of the mail is lost"
    assert around.outbox.get(whole.id).state is State.SENT


def test_a_number_that_no_mail_can_have_is_that_of_no_mail(around: Surroundings) -> None:
    for number in (2**63, -(2**70)):
        with pytest.raises(InputError, match="has no mail"):
            around.outbox.get(number)
        with pytest.raises(InputError, match="has no mail"):
            around.outbox.cancel([number], START)


def test_a_mail_the_user_stops_is_cancelled_before_the_final_dot(around: Surroundings) -> None:
    item = around.post()
    delivery = around.delivery()

    def asked(mail: object, journal: object) -> Receipt:
        del mail
        around.tools.interruptions.request([item.id])
        journal.progress(1, 2)  # type: ignore[attr-defined] # a Journal
        raise AssertionError("the journal breaks it off")

    around.sender.send = asked  # type: ignore[method-assign] # as smtp does
    delivery.step()
    assert around.outbox.get(item.id).state is State.CANCELLED


@pytest.mark.parametrize("when_unsure", ["ask", "resend"])
def test_a_mail_whose_answer_the_user_waits_for_no_longer_is_unknown_and_others_go_on(
    around: Surroundings, when_unsure: str
) -> None:
    item, other = around.post(when_unsure=when_unsure), around.post()
    delivery = around.delivery()
    seen: list[bool] = []

    def cut(mail: object, journal: object) -> Receipt:
        del mail
        journal.before_final()  # type: ignore[attr-defined] # a Journal
        seen.extend(e.item.unanswered for e in around.events if isinstance(e, ItemChanged))
        around.tools.interruptions.request([item.id])
        assert around.sender.aborted.is_set(), "at once, not at the next chunk: there is none"
        raise failure(UnknownOutcome, None, Stage.FINAL)

    whole = around.sender.send
    around.sender.send = cut  # type: ignore[method-assign] # as smtp does
    delivery.step()
    kept = around.outbox.get(item.id)
    assert (kept.state, kept.next_attempt_at) == (State.UNKNOWN, None)
    assert not kept.possible_duplicate, "it went out once"
    assert seen[-1], "those who watch have been told that all is out"
    assert around.sender.closed == 1, "a connection that was cut is not used again"
    around.sender.aborted.clear()
    around.sender.send = whole  # type: ignore[method-assign] # as it was
    delivery.step()
    assert around.outbox.get(other.id).state is State.SENT


def test_a_mail_that_is_stopped_while_its_server_is_silent_leaves_no_mark_on_the_account(
    around: Surroundings,
) -> None:
    item = around.post()

    def cut(mail: object, journal: object) -> Receipt:
        del mail, journal
        around.tools.interruptions.request([item.id])
        reply = Reply(None, "timed out", Stage.CONNECT)
        raise as_error(diagnose(reply, "", trouble=Trouble.STOPPED), reply)

    around.sender.send = cut  # type: ignore[method-assign] # as smtp does
    around.delivery().step()
    assert around.outbox.get(item.id).state is State.CANCELLED
    assert around.outbox.account_state("work").hold_until is None


def test_a_wish_from_before_the_first_byte_counts(around: Surroundings) -> None:
    item = around.post()

    def asked(mail: object, journal: object) -> Receipt:
        del mail
        journal.progress(1, 2)  # type: ignore[attr-defined] # a Journal
        raise AssertionError("the journal breaks it off")

    around.sender.send = asked  # type: ignore[method-assign] # as smtp does
    # Claimed, and not begun: the outbox leaves a mail alone that is under way.
    around.tools.interruptions.request([item.id])
    around.delivery().step()
    assert around.outbox.get(item.id).state is State.CANCELLED


def test_a_wish_that_came_too_late_for_a_chunk_keeps_the_mail_from_another_try(
    around: Surroundings,
) -> None:
    item = around.post()

    def asked(mail: object, journal: object) -> Receipt:
        del mail, journal
        around.tools.interruptions.request([item.id])
        raise failure(TransientFailure, 451, Stage.FINAL)

    around.sender.send = asked  # type: ignore[method-assign] # as smtp does
    around.delivery().step()
    kept = around.outbox.get(item.id)
    assert (kept.state, kept.code, kept.next_attempt_at) == (State.CANCELLED, 451, None)


def test_a_wish_ends_with_its_attempt(around: Surroundings) -> None:
    item = around.post()
    around.tools.interruptions.request([item.id])
    around.delivery().step()
    assert not around.tools.interruptions.wanted(item.id)


def test_a_stop_breaks_off_before_the_final_dot_and_keeps_the_mail(around: Surroundings) -> None:
    item = around.post()
    around.tools.stopping.set()
    delivery = around.delivery()

    def asked(mail: object, journal: object) -> Receipt:
        del mail
        journal.progress(1, 2)  # type: ignore[attr-defined] # a Journal
        raise AssertionError("the journal breaks it off")

    around.sender.send = asked  # type: ignore[method-assign] # as smtp does
    delivery.step()
    assert around.outbox.get(item.id).state is State.QUEUED
