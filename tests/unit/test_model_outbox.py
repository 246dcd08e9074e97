"""The state of the outbox window, and a mail in full."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.mails import an_item
from tests.support.overviews import an_overview
from traymail.core.errors import RecipientReply
from traymail.core.events import ItemChanged, MailProgress, OutboxChanged
from traymail.core.markdown import to_html
from traymail.core.message import Address, Attachment
from traymail.core.outbox import AccountState, Attempt, OutboxItem, State
from traymail.core.overview import MailDetail, SavedDraft
from traymail.ui.model import outbox as model
from traymail.ui.model.outbox import OutboxFound, OutboxState
from traymail.ui.model.outbox_detail import as_new, eml_name, passages
from traymail.ui.model.outbox_table import FIRST, OutboxFilter
from traymail.ui.model.prefill import Prefill, merged
from traymail.ui.model.quick_send import QuickSend, prefilled

NOON = datetime(2026, 3, 4, 12, 0).astimezone()


def _mail(item: OutboxItem, **more: Any) -> MailDetail:  # noqa: ANN401 # the noun checks its fields
    return replace(MailDetail(item, "hello", None, (), (), ()), **more)


def _found(*ids: int, detail: int = 0, **fields: Any) -> OutboxFound:  # noqa: ANN401 # the noun checks its fields
    items = tuple(an_item(id=number, **fields) for number in ids)
    mail = _mail(an_item(id=detail, **fields)) if detail else None
    counts = {State.QUEUED: 2, State.FAILED: 3, State.SENT: 4}
    return OutboxFound(an_overview(counts=counts), items, mail)


def test_nothing_is_known_at_first() -> None:
    state = OutboxState()
    assert (state.items, state.item, state.mail, state.to_retry) == ((), None, None, 0)
    assert not state.nothing_yet
    assert not state.more
    assert model.detail(state, NOON) is None
    assert model.lines(state, NOON) == ()
    assert model.look_again(state, NOON) == 12 * 3600 + 1


def test_the_newest_mail_is_looked_at_first() -> None:
    state = model.listed(OutboxState(), _found(3, 2, detail=3))
    assert state.looked_at == 3
    assert state.item == an_item(id=3)
    assert state.to_retry == 5
    told = model.detail(state, NOON)
    assert told is not None
    assert told.id == 3
    assert [line.id for line in model.lines(state, NOON)] == [3, 2]
    assert model.listed(OutboxState(), _found()).looked_at == 0


def test_there_is_no_mail_at_all() -> None:
    assert model.listed(OutboxState(), OutboxFound(an_overview(), (), None)).nothing_yet


def test_a_mail_stays_looked_at_when_the_filter_hides_it() -> None:
    state = model.listed(OutboxState(looked_at=9), _found(3, detail=9))
    assert state.item == an_item(id=9)


def test_a_mail_that_was_forgotten_is_looked_at_no_more() -> None:
    state = model.listed(OutboxState(looked_at=9), _found(3))
    assert state.item is None


def test_what_was_read_meanwhile_is_not_lost() -> None:
    state = model.listed(OutboxState(), _found(3, 2, detail=3))
    state = model.detailed(model.looked_at(state, 2), _mail(an_item(id=2)))
    state = model.listed(state, _found(3, 2, detail=3))
    assert state.mail == _mail(an_item(id=2))


def test_what_is_read_too_late_is_passed_over() -> None:
    assert model.detailed(OutboxState(looked_at=2), _mail(an_item(id=2))).mail is None
    state = model.listed(OutboxState(), _found(3, 2, detail=3))
    assert model.detailed(state, _mail(an_item(id=2))) == state


def test_a_filter_begins_anew() -> None:
    state = model.wanted_more(OutboxState())
    assert state.limit == 2 * FIRST
    assert model.filtered(state, OutboxFilter()) is state
    assert model.filtered(state, OutboxFilter("sent")) == OutboxState(
        filter=OutboxFilter("sent"), anew=True
    )


def test_another_list_shows_a_mail_of_its_own() -> None:
    state = model.listed(OutboxState(), _found(3, 2, detail=3))
    asked = model.filtered(state, OutboxFilter(words="x"))
    assert model.listed(asked, _found(3, 1, detail=3)).looked_at == 3
    other = model.listed(asked, _found(2, 1, detail=3))
    assert (other.looked_at, other.mail, other.anew) == (2, None, False)
    assert model.listed(asked, _found(detail=3)).looked_at == 0
    # A mail that leaves the list by itself stays in sight.
    assert model.listed(other, _found(1)).looked_at == 2


def test_a_mail_that_is_asked_for_is_shown_whatever_the_filter() -> None:
    state = model.asked_for(OutboxState(filter=OutboxFilter("sent"), limit=1000), 7)
    assert state == OutboxState(looked_at=7)


def test_there_may_be_more() -> None:
    assert model.listed(OutboxState(limit=2), _found(3, 2)).more
    assert not model.listed(OutboxState(limit=3), _found(3, 2)).more


def test_progress_ends_with_its_mail() -> None:
    state = model.listed(OutboxState(), _found(3, detail=9, state=State.SENDING))
    for mail in (3, 9, 5):
        state = model.heard(state, MailProgress(mail, 500, 1000), NOON)
    assert str(model.lines(state, NOON)[0].when) == "50 %"
    again = model.listed(model.looked_at(state, 9), _found(3, detail=9, state=State.SENDING))
    assert set(again.progress) == {3, 9}
    told = model.detail(again, NOON)
    assert told is not None
    assert told.bar is not None
    sending = ItemChanged(an_item(id=3))
    assert model.heard(state, sending, NOON) is state
    ended = ItemChanged(an_item(id=3, state=State.SENT))
    assert set(model.heard(state, ended, NOON).progress) == {9, 5}
    assert model.heard(state, OutboxChanged(), NOON) is state


# --- a mail in full -----------------------------------------------------------------------------


def _read(mail: MailDetail) -> str:
    return "".join(str(passage.words) for passage in passages(mail))


def test_a_mail_in_full() -> None:
    item = an_item(
        state=State.FAILED,
        cc=(Address("c@x.example", "Li Na"),),
        bcc=(Address("b@x.example"),),
        rule="Scans",
        created_at=NOON,
    )
    mail = _mail(
        item,
        text="hello\n\n",
        attachments=(Attachment("a.pdf", "application/pdf", 1_400_000, ""),),
        attempts=(
            Attempt(1, NOON, 1500, "later", "rcpt", 451, "later"),
            Attempt(2, NOON, 500, "of a later version", "", None, ""),
        ),
        verdicts=(RecipientReply("c@x.example", 550, "no", "x-511"),),
    )
    assert _read(mail).splitlines() == [
        "From\tme@mail.example",
        "To\tyou@mail.example",
        "Cc\tLi Na <c@x.example>",
        "Bcc\tb@x.example",
        "Subject\thello",
        "Date\t2026-03-04 12:00:00",
        "Account\tqq",
        "Rule\tScans",
        "Status\tFailed",
        "Message-ID\t<1@mail.example>",
        "",
        "hello",
        "Attachments",
        "a.pdf  1.4 MB",
        "Attempts",
        "1. 2026-03-04 12:00:00, not now, 1.5 s",
        "451 later",
        "2. 2026-03-04 12:00:00, of a later version, 0.5 s",
        "c@x.example: 550 no",
    ]


def test_a_mail_with_little_in_it() -> None:
    words = _read(_mail(an_item(), text=" \n"))
    assert "This mail has no text." in words
    assert "It has not been tried yet." in words
    assert "Attachments" not in words
    assert "Cc" not in words


@pytest.mark.parametrize(
    ("html", "markdown"), [(None, False), ("<b>x</b>", False), (to_html("**hi**"), True)]
)
def test_a_mail_as_a_new_one(html: str | None, markdown: bool) -> None:  # of a table
    item = an_item(to=(Address("a@x.example", "Li Na"),), cc=(Address("c@x.example"),))
    mail = _mail(item, text="**hi**", html=html)
    assert as_new(mail, [Path("/tmp/a.pdf")]) == Prefill(  # nothing is written there
        to=("Li Na <a@x.example>",),
        cc=("c@x.example",),
        subject="hello",
        body="**hi**",
        files=(str(Path("/tmp/a.pdf")),),  # nothing is written there
        account="qq",
        markdown=markdown,
    )


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Hello", "Hello.eml"),
        ("", "mail.eml"),
        ("..", "mail.eml"),
        ('a/b\\c:d*e?"f<g>h|i\n', "a_b_c_d_e__f_g_h_i.eml"),
        ("x" * 80, "x" * 60 + ".eml"),
    ],
)
def test_a_message_as_a_file(subject: str, name: str) -> None:
    assert eml_name(subject) == name


def test_a_new_mail_leaves_from_the_same_account() -> None:
    asked = merged(Prefill(("a@x.example",)), Prefill(account="work", markdown=True))
    written = prefilled(QuickSend(written=SavedDraft(account="qq")), asked).written
    assert (written.account, written.markdown, written.to) == ("work", True, ("a@x.example",))
    kept = prefilled(QuickSend(written=written), merged(asked, Prefill(("b@x.example",)))).written
    assert (kept.account, kept.markdown) == ("work", True)
    kept = prefilled(QuickSend(written=written), Prefill(("b@x.example",))).written
    assert (kept.account, kept.markdown) == ("work", True)


def test_a_mail_waits_as_long_as_its_account_does() -> None:
    later = NOON + timedelta(minutes=20)
    overview = an_overview(accounts={"qq": AccountState("qq", hold_until=later, failures=1)})
    soon = an_item(id=3, state=State.QUEUED, next_attempt_at=NOON + timedelta(minutes=2))
    for_you = an_item(id=2, state=State.QUEUED, next_attempt_at=None)
    found = OutboxFound(overview, (soon, for_you), _mail(soon))
    state = model.listed(OutboxState(), found)
    assert [str(line.when) for line in model.lines(state, NOON)] == ["in 20 min", "needs you"]
    assert state.mail is not None
    assert state.mail.item.next_attempt_at == later
