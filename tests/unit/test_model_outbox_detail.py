"""One mail beside the list: facts, advice, choices, progress."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.mails import an_item
from tests.support.overviews import an_overview
from traymail.core.errors import RecipientReply
from traymail.core.holds import Holds
from traymail.core.markdown import to_html
from traymail.core.message import Address, Attachment
from traymail.core.outbox import AccountState, Attempt, Phase, State
from traymail.core.overview import MailDetail, Overview
from traymail.core.signature import signed
from traymail.ui.model import outbox_detail as model
from traymail.ui.model.outbox_detail import Detail, MailAct, as_new
from traymail.ui.model.outbox_table import DeliveryProgress, bar_of, went_on
from traymail.ui.model.sentences import advice_about

NOON = datetime(2026, 3, 4, 12, 0).astimezone()
SOON = NOON + timedelta(minutes=5)
ATTEMPT = Attempt(1, NOON, 1234, "later", "rcpt", 451, "later")
FILE = Attachment("a.txt", "text/plain", 3, "", content=b"abc")


def _mail(files: int = 0, attempts: tuple[Attempt, ...] = (), **fields: Any) -> MailDetail:  # noqa: ANN401 # the noun checks its fields
    return MailDetail(an_item(**fields), "hello", None, (FILE,) * files, attempts, ())


def _told(mail: MailDetail, overview: Overview | None = None) -> Detail:
    return model.describe(mail, overview or an_overview(), NOON)


def _acts(detail: Detail) -> list[MailAct]:
    return [choice.act for choice in detail.choices]


def _blue(detail: Detail) -> list[MailAct]:
    return [choice.act for choice in detail.choices if choice.kind == "primary"]


def test_unknown_offers_two_equal_choices() -> None:
    detail = _told(_mail(state=State.UNKNOWN, advice_id="unknown-outcome"))
    assert _acts(detail) == [MailAct.MARK_SENT, MailAct.RESEND]
    assert detail.equal
    assert _blue(detail) == []
    assert detail.card is not None
    assert detail.card.fill == "warnbg"
    assert str(detail.card.title) == "It may have been delivered"
    assert "traymail outbox" not in str(detail.card.advice)
    assert detail.card.reply == ""
    assert detail.note is not None


def test_a_service_has_no_sent_folder_and_no_message_number() -> None:
    detail = _told(_mail(state=State.UNKNOWN, advice_id="http-unanswered"))
    assert detail.card is not None
    assert "“Sent”" not in str(detail.card.advice)
    assert str(detail.card.advice).endswith("Look whether it is there, then choose.")
    assert (_acts(detail), detail.note) == ([MailAct.MARK_SENT, MailAct.RESEND], None)


@pytest.mark.parametrize(
    ("state", "parts", "told"),
    [
        (State.QUEUED, 2, "2 of 3 parts are there; only the rest follows."),
        (State.SENDING, 1, "1 of 3 parts are there."),
        (State.FAILED, 1, "1 of 3 parts are there; another try sends only the rest."),
        (State.CANCELLED, 1, "1 of 3 parts are there."),
        (State.UNKNOWN, 2, "2 of 3 parts are there; of the next, nobody knows."),
        (State.UNKNOWN, 0, "0 of 3 parts are there; of the next, nobody knows."),
        (State.QUEUED, 0, None),
        (State.FAILED, 0, None),
        (State.SENT, 3, None),
    ],
)
def test_what_is_there_of_a_mail_in_parts_is_told(
    state: State, parts: int, told: str | None
) -> None:
    detail = _told(_mail(state=state, parts=parts, parts_of=3))
    facts = {str(fact.name): str(fact.value) for fact in detail.facts}
    assert facts.get("Parts") == told
    if state is State.UNKNOWN:
        assert detail.card is not None
        assert str(detail.card.advice).startswith(f"Part {parts + 1} of 3 went out, but")
        assert ("the parts behind it follow" in str(detail.card.advice)) is (parts < 2)
        assert detail.note is None


def test_an_unclear_answer_is_shown() -> None:
    detail = _told(_mail(state=State.UNKNOWN, code=354, reply="what?"))
    assert detail.card is not None
    assert detail.card.reply == "354 what?"


@pytest.mark.parametrize(
    ("advice_id", "mends", "title"),
    [
        ("x-511", MailAct.EDIT, "A recipient was refused"),
        ("dns", MailAct.SETTINGS, "The server name was not found"),
        (None, MailAct.EDIT, "The server refused it."),
    ],
)
def test_failed_offers_first_what_mends_it(
    advice_id: str | None, mends: MailAct, title: str
) -> None:
    detail = _told(_mail(state=State.FAILED, advice_id=advice_id, code=550, reply="5.1.1 no"))
    assert _acts(detail) == [mends, MailAct.RETRY, MailAct.DISMISS]
    assert _blue(detail) == [mends]
    assert detail.card is not None
    assert detail.card.fill == "errbg"
    assert detail.card.reply == "550 5.1.1 no"
    if advice_id is None:
        assert str(detail.card.title) == title
        assert detail.card.advice is None
    else:
        assert detail.card.advice is not None


@pytest.mark.parametrize(
    ("state", "acts"),
    [
        (State.SENDING, [MailAct.STOP]),
        (State.SENT, [MailAct.EDIT]),
        (State.CANCELLED, [MailAct.EDIT]),
    ],
)
def test_choices_without_advice(state: State, acts: list[MailAct]) -> None:
    detail = _told(_mail(state=state))
    assert _acts(detail) == acts
    assert detail.card is None
    assert detail.note is None
    assert not detail.equal


STOPPED = AccountState("qq", stopped=True, advice_id="x-535", code=535, reply="Login fail")


@pytest.mark.parametrize(
    ("overview", "acts", "title", "reply"),
    [
        (an_overview(), [MailAct.SEND_NOW, MailAct.CANCEL], "Not sent yet", ""),
        (an_overview(accounts={}), [MailAct.SEND_NOW, MailAct.CANCEL], "Not sent yet", ""),
        (
            an_overview(accounts={"qq": STOPPED}),
            [MailAct.SETTINGS, MailAct.RETRY, MailAct.CANCEL],
            "The login was refused",
            "535 Login fail",
        ),
        (
            an_overview(accounts={"qq": AccountState("qq", stopped=True)}),
            [MailAct.SETTINGS, MailAct.RETRY, MailAct.CANCEL],
            "The account qq needs you",
            "",
        ),
        (an_overview(paused=True), [MailAct.RESUME, MailAct.CANCEL], "Paused", ""),
        (
            an_overview(accounts={"qq": AccountState("qq", hold_until=SOON)}),
            [MailAct.SEND_NOW, MailAct.CANCEL],
            "The server asked for a pause until 12:05",
            "",
        ),
        (
            an_overview(accounts={"qq": AccountState("qq", hold_until=SOON, failures=2)}),
            [MailAct.SEND_NOW, MailAct.CANCEL],
            "The server cannot be used just now",
            "",
        ),
        (
            an_overview(accounts={"qq": AccountState("qq", hold_until=NOON)}),
            [MailAct.SEND_NOW, MailAct.CANCEL],
            "Not sent yet",
            "",
        ),
    ],
)
def test_waiting_tells_why(overview: Overview, acts: list[MailAct], title: str, reply: str) -> None:
    detail = _told(_mail(state=State.QUEUED, next_attempt_at=SOON), overview)
    assert _acts(detail) == acts
    assert detail.card is not None
    assert (str(detail.card.title), detail.card.reply) == (title, reply)
    assert len(_blue(detail)) <= 1


def test_waiting_for_a_pause_that_ends() -> None:
    overview = an_overview(paused=True, paused_until=SOON)
    card = _told(_mail(state=State.QUEUED, next_attempt_at=SOON), overview).card
    assert card is not None
    assert str(card.advice) == "It is sent after 12:05."
    card = _told(_mail(state=State.QUEUED, next_attempt_at=SOON), an_overview(paused=True)).card
    assert card is not None
    assert str(card.advice) == "It is sent once you resume."


@pytest.mark.parametrize(
    ("holds", "rule", "advice"),
    [
        (
            Holds(rules={"Scans": SOON}),
            "Scans",
            "The rule Scans has reached its hourly limit.",
        ),
        (
            Holds(together=SOON),
            "Scans",
            "All rules together have reached their hourly limit.",
        ),
        (
            Holds(accounts={"qq": SOON}, rules={"Scans": NOON}),
            None,
            "The account qq has reached its sending limit.",
        ),
    ],
)
def test_waiting_for_a_limit(holds: Holds, rule: str | None, advice: str) -> None:
    """Nothing but time helps: no button pretends to."""
    mail = _mail(state=State.QUEUED, rule=rule, next_attempt_at=NOON)
    detail = _told(mail, an_overview(holds=holds))
    assert _acts(detail) == [MailAct.CANCEL]
    assert detail.card is not None
    assert (str(detail.card.title), str(detail.card.advice)) == ("Held back until 12:05", advice)


def test_mail_by_hand_waits_for_no_rule() -> None:
    mail = _mail(state=State.QUEUED, next_attempt_at=NOON)
    holds = Holds(rules={"Scans": SOON}, together=SOON)
    assert _acts(_told(mail, an_overview(holds=holds))) == [MailAct.SEND_NOW, MailAct.CANCEL]


@pytest.mark.parametrize(
    ("due", "paused", "told"), [(NOON, False, False), (SOON, True, False), (SOON, False, True)]
)
def test_the_next_try_is_told_when_it_is_known(due: datetime, paused: bool, told: bool) -> None:
    detail = _told(_mail(state=State.QUEUED, next_attempt_at=due), an_overview(paused=paused))
    assert any(str(fact.name) == "Next try" for fact in detail.facts) is told


def test_waiting_after_a_failure_tells_it() -> None:
    mail = _mail(
        state=State.QUEUED,
        next_attempt_at=SOON,
        advice_id="x-450-grey",
        code=451,
        reply="4.7.1 grey",
    )
    card = _told(mail).card
    assert card is not None
    assert card.fill == "card"
    assert card.reply == "451 4.7.1 grey"
    assert card.advice is not None


def test_an_unknown_reason_is_no_reason() -> None:
    mail = _mail(state=State.QUEUED, next_attempt_at=SOON, advice_id="of a later version")
    card = _told(mail).card
    assert card is not None
    assert str(card.title) == "Not sent yet"


def test_mail_of_a_removed_account() -> None:
    overview = an_overview()
    gone = replace(overview, settings=replace(overview.settings, accounts={}))
    detail = _told(_mail(state=State.QUEUED, next_attempt_at=SOON), gone)
    assert _acts(detail) == [MailAct.SETTINGS, MailAct.CANCEL]
    assert detail.card is not None
    assert str(detail.card.title) == "The account qq is no longer there"


def test_mail_that_waits_for_the_user_though_the_account_goes() -> None:
    """Another process stopped and mended the account in between."""
    mail = _mail(state=State.QUEUED, advice_id="no-secret")
    detail = _told(mail)
    assert _acts(detail) == [MailAct.SETTINGS, MailAct.RETRY, MailAct.CANCEL]
    assert detail.card is not None
    assert "traymail account" not in str(detail.card.advice)


@pytest.mark.parametrize(
    ("advice_id", "said"), [("x-535", True), ("no-secret", True), (None, False)]
)
def test_advice_names_no_command(advice_id: str | None, said: bool) -> None:  # of a table
    advice = advice_about(advice_id)
    assert (advice is not None) is said
    assert "traymail " not in str(advice)


def test_the_wait_for_the_answer_can_be_ended() -> None:
    mail = _mail(state=State.SENDING, phase=Phase.DATA)
    detail = model.describe(mail, an_overview(), NOON, DeliveryProgress(9, 9, NOON, NOON))
    assert _acts(detail) == [MailAct.STOP]
    assert str(detail.choices[0].words) == "Sto&p waiting"
    assert detail.card is not None
    assert str(detail.card.title) == "Waits for the server's answer"
    assert detail.bar is None


def test_a_mail_that_only_some_have_says_who_and_is_sent_to_the_others_only() -> None:
    mail = _mail(
        state=State.PARTIAL,
        cc=(Address("c@x.example", "Cc"),),
        bcc=(Address("b@x.example"),),
        pending=("c@x.example",),
        refused=(RecipientReply("b@x.example", 550, "no such user", "x-511"),),
        advice_id="x-511",
        code=550,
        reply="no such user",
    )
    detail = _told(mail)
    assert _acts(detail) == [MailAct.EDIT, MailAct.RETRY, MailAct.DISMISS]
    assert detail.card is not None
    assert (detail.card.fill, str(detail.card.title)) == ("warnbg", "1 of 3 have it.")
    assert detail.card.reply == "b@x.example: 550 no such user"
    facts = {str(fact.name): str(fact.value) for fact in detail.more}
    assert facts["Received by"] == "you@mail.example"
    assert facts["Refused for"] == "c@x.example, b@x.example"
    anew = as_new(mail, ())
    assert (anew.to, anew.cc, anew.bcc) == ((), ("Cc <c@x.example>",), ("b@x.example",))


def test_a_mail_that_is_written_again_is_signed_once() -> None:
    for html in (None, to_html("Hi")):
        words, page = signed("Hi", html, "**Li**")
        anew = as_new(replace(_mail(), text=words, html=page), ())
        assert anew.markdown is (html is not None)
        again = to_html(anew.body) if anew.markdown else None
        assert signed(anew.body, again, "**Li**") == (words, page)


PEOPLE = tuple(Address(f"p{n}@x.example", "Four" if n == 3 else "") for n in range(30))


@pytest.mark.parametrize(
    ("count", "told"),
    [(1, "p0@x.example"), (4, "p0@x.example, p1@x.example, p2@x.example, Four")],
)
def test_some_recipients_are_named(count: int, told: str) -> None:
    detail = _told(_mail(to=PEOPLE[:count]))
    assert [str(fact.value) for fact in detail.facts if str(fact.name) == "To"] == [told]
    assert "To" not in [str(fact.name) for fact in detail.more]


@pytest.mark.parametrize("field", ["To", "Cc", "Bcc"])
def test_many_recipients_are_named_below_what_can_be_done(field: str) -> None:
    fields: dict[str, Any] = {field.lower(): PEOPLE}
    detail = _told(_mail(**fields))
    [few] = [str(fact.value) for fact in detail.facts if str(fact.name) == field]
    [all_of_them] = [str(fact.value) for fact in detail.more if str(fact.name) == field]
    assert few == "p0@x.example, p1@x.example, p2@x.example +27"
    assert all_of_them == ", ".join(one.name or one.mailbox for one in PEOPLE)


def test_facts() -> None:
    mail = _mail(
        files=2,
        attempts=(ATTEMPT,),
        state=State.QUEUED,
        cc=(Address("c@x.example", "Cc"),),
        bcc=(Address("b@x.example"),),
        rule="Scans",
        next_attempt_at=SOON,
        size=3_400_000,
        code=451,
        pending=("you@mail.example", "c@x.example"),
        refused=(RecipientReply("b@x.example", 550, "no", "x-511"),),
    )
    detail = _told(mail)
    facts = {str(fact.name): str(fact.value) for fact in (*detail.facts, *detail.more)}
    assert facts == {
        "To": "you@mail.example",
        "Cc": "Cc",
        "Bcc": "b@x.example",
        "Account": "qq",
        "Rule": "Scans",
        "Size": "3.4 MB, 2 files",
        "Tries": "1",
        "Last try": "12:00, took 1.2 s",
        "Next try": "12:05",
        "Refused for": "b@x.example",
        "Reply code": "451",
    }


def test_few_facts() -> None:
    never = MailDetail(an_item(state=State.CANCELLED, attempts=0), "hello", None, (), (), ())
    facts = {str(fact.name) for fact in _told(never).facts}
    assert facts == {"To", "Account", "Size"}


def test_a_sent_mail_tells_the_servers_answer_and_its_doubt() -> None:
    mail = _mail(state=State.SENT, code=250, reply="ok", possible_duplicate=True)
    detail = _told(mail)
    assert "250 ok" in [fact.value for fact in detail.facts]
    assert detail.twice


@pytest.mark.parametrize(
    ("files", "said"), [(0, "100 B, no files"), (1, "100 B, 1 file"), (2, "100 B, 2 files")]
)
def test_size(files: int, said: str) -> None:
    assert str(model.size_of(_mail(files=files))) == said


def test_what_keys_may_do() -> None:
    may = {state for state in State if model.cancellable(an_item(state=state))}
    assert may == {State.QUEUED, State.SENDING}
    may = {state for state in State if model.retryable(an_item(state=state))}
    assert may == {State.QUEUED, State.PARTIAL, State.FAILED}


# --- progress ---------------------------------------------------------------------------------


def test_only_a_mail_under_way_has_a_bar() -> None:
    assert bar_of(an_item(state=State.SENT), DeliveryProgress(1, 2, NOON, NOON)) is None
    bar = bar_of(an_item(), None)
    assert bar is not None
    assert bar.part is None


@pytest.mark.parametrize(
    ("first", "done", "seconds", "left"),
    [
        (0, 500_000, 0.5, ""),
        (500_000, 500_000, 5, ""),
        (0, 500_000, 5, "5 s left"),
        (0, 999_999, 5, "1 s left"),
        (0, 10_000, 5, "8 min left"),
    ],
)
def test_the_time_that_is_left(first: int, done: int, seconds: float, left: str) -> None:
    progress = DeliveryProgress(done, 1_000_000, NOON, NOON + timedelta(seconds=seconds), first)
    bar = bar_of(an_item(), progress)
    assert bar is not None
    assert str(bar.left) == left
    assert bar.part == done / 1_000_000


def test_progress_goes_on() -> None:
    one = went_on(None, 100, 1000, NOON)
    assert one == DeliveryProgress(100, 1000, NOON, NOON, first=100)
    two = went_on(one, 300, 1000, SOON)
    assert two == DeliveryProgress(300, 1000, NOON, SOON, first=100)
    assert went_on(two, 50, 1000, SOON) == DeliveryProgress(50, 1000, SOON, SOON, first=50)
    assert went_on(two, 400, 2000, SOON) == DeliveryProgress(400, 2000, SOON, SOON, first=400)
    assert DeliveryProgress(0, 0, NOON, NOON).part == 0


def test_a_mail_that_was_tried_tells_what_came_of_it_while_its_account_waits() -> None:
    overview = an_overview(accounts={"qq": AccountState("qq", hold_until=SOON, failures=2)})
    mail = _mail(state=State.QUEUED, next_attempt_at=SOON, advice_id="dns")
    detail = _told(replace(mail, item=replace(mail.item, attempts=1)), overview)
    assert detail.card is not None
    assert str(detail.card.title) == "The server name cannot be found"
