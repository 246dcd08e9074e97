"""The quick-send window without a display: what is typed, said, asked, sent, undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from traymail.core.account import Account, Security
from traymail.core.errors import InputError, SourceError, StateError
from traymail.core.events import AccountChanged, ItemChanged, MailProgress, PauseChanged
from traymail.core.kinds import ALL
from traymail.core.message import Address
from traymail.core.outbox import AccountState, OutboxItem, State
from traymail.core.overview import Overview, SavedDraft
from traymail.core.robots import GROUP, MessageFormat, Overflow, WecomAccount
from traymail.core.settings import Settings
from traymail.core.shown import PICTURE
from traymail.core.texts import text
from traymail.core.webhooks import BY_NAME, WebhookAccount, usual_body, usual_success
from traymail.ui.model import quick_send as model
from traymail.ui.model.completion import (
    chip,
    complaint,
    group_proposals,
    group_words,
    named,
    proposals,
)
from traymail.ui.model.prefill import Prefill, merged, parse_mailto
from traymail.ui.model.quick_judge import (
    Keeping,
    agreed,
    asked_to_send,
    complaints,
    countdown,
    draft_of,
    keeping,
    keeping_words,
    may_send,
    sender_words,
    sign_of,
    weight,
    wire_size,
)
from traymail.ui.model.quick_send import DraftStage, File, QuickSend, Standing

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PEOPLE = (
    Address("li.na@example.com", "Li Na"),
    Address("oliver@example.com", "Oliver"),
    Address("wang@example.cn", "王伟"),
    Address("li.qiang@example.cn", "Li Qiang"),
    Address("team+build@lab.example"),
)


def account(name: str = "qq", provider: str = "qq", limit: int = 50_000_000) -> Account:
    return Account(
        name=name,
        address=Address(f"{name}@example.com", "Xiao Ming"),
        host="smtp.example.com",
        port=465,
        security=Security.TLS,
        username="me",
        provider=provider,
        max_message_bytes=limit,
    )


def standing(*accounts: Account) -> Standing:
    named_accounts = {one.name: one for one in accounts or (account(),)}
    return Standing(known=True, accounts=named_accounts, default="qq")


def writing(to: tuple[str, ...] = ("li.na@example.com",), **fields: object) -> QuickSend:
    written = SavedDraft(to=to, subject="Hello", body="Hi")
    return QuickSend(standing(), replace(written, **fields))  # type: ignore[arg-type] # fields


def waiting() -> QuickSend:
    return model.posted(model.posting(writing()), 7, 5)


def item(**fields: object) -> OutboxItem:
    made = OutboxItem(
        id=7,
        message_id="<7@example.com>",
        state=State.QUEUED,
        account="qq",
        rule=None,
        sender="qq@example.com",
        to=(),
        cc=(),
        bcc=(),
        pending=(),
        subject="",
        size=1,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(made, **fields)  # type: ignore[arg-type] # fields


GROUPS = {
    "Team": (Address("li.na@example.com", "Li Na"), Address("wang@qq.con")),
    "The boss": (Address("boss@example.com"),),
    "三班家长": tuple(Address(f"p{number}@example.cn") for number in range(16)),
}


def grouped(*to: str, **fields: object) -> QuickSend:
    state = writing(to, **fields)
    return replace(state, standing=replace(state.standing, groups=GROUPS))


# --- groups ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "taken", "found"),
    [
        ("te", (), ["Team"]),
        ("BOSS", (), ["The boss"]),
        ("家长", (), ["三班家长"]),
        ("t", ("team",), ["The boss"]),
        ("x", (), []),
        ("", (), []),
    ],
)
def test_a_groups_name_is_proposed(typed: str, taken: tuple[str, ...], found: list[str]) -> None:
    assert list(group_proposals(GROUPS, typed, taken)) == found


def test_what_stands_beside_and_on_a_group() -> None:
    assert group_words(GROUPS["Team"]) == "Li Na, wang@qq.con"
    assert len(group_words(GROUPS["三班家长"])) == 44
    assert chip("team", {}, GROUPS) == "Team (2)"
    assert chip("teem", {}, GROUPS) is None


def test_a_group_is_no_wrong_address_and_one_that_nobody_made_is_told_with_a_way_out() -> None:
    assert complaint("team", GROUPS) is None
    assert str(complaint("teem", GROUPS)) == (
        "“teem” is neither an address nor a group. Did you mean Team?"
    )
    assert "to" not in complaints(grouped("team"))
    assert str(complaints(grouped("a@x.example", cc=("teem",)))["cc"]).startswith("“teem”")
    assert not may_send(grouped("teem"))
    assert may_send(grouped("the boss"))


def test_a_group_counts_as_its_people() -> None:
    assert not grouped("the boss").may_each
    assert grouped("team").may_each
    assert str(countdown(grouped("team", "LI.NA@example.com"), 5)) == "Sending in 5 s to 2 people"
    assert wire_size(grouped("team")) > wire_size(grouped("li.na@example.com"))


def test_what_is_asked_about_people_is_asked_about_those_of_groups() -> None:
    assert "“@qq.con”" in str(asked_to_send(grouped("team")).question)
    asked = asked_to_send(grouped("三班家长")).question
    assert str(asked) == "All 16 recipients see each other. Send anyway?"


def test_the_mail_goes_to_the_people_of_a_group() -> None:
    names = {"boss@example.com": "The Boss"}
    state = grouped("li.na@example.com", "team", cc=("the boss",))
    draft = draft_of(state, names)
    assert [str(one) for one in draft.to] == ["li.na@example.com", "wang@qq.con"]
    assert [str(one) for one in draft.cc] == ["The Boss <boss@example.com>"]
    with pytest.raises(InputError, match="neither"):
        draft_of(grouped("teem"), {})


# --- recipients -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", []),
        ("  ", []),
        ("li", ["li.na@example.com", "li.qiang@example.cn"]),
        ("LI N", ["li.na@example.com"]),
        ("qi", ["li.qiang@example.cn"]),
        ("伟", ["wang@example.cn"]),
        ("build", ["team+build@lab.example"]),
        ("lab.e", []),  # words begin after a sign, and end there
        ("iver", []),
    ],
)
def test_who_is_proposed(typed: str, found: list[str]) -> None:
    assert [one.mailbox for one in proposals(PEOPLE, typed, ())] == found


def test_at_most_six_are_proposed_and_nobody_twice() -> None:
    many = tuple(Address(f"p{number}@example.com") for number in range(9))
    assert [one.mailbox[:2] for one in proposals(many, "p", ("Me <P1@example.com>", "p?"))] == [
        *("p0", "p2", "p3", "p4", "p5", "p6")
    ]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("li.na@example.com", "Li Na"),
        ("Other <li.na@example.com>", "Other"),
        ("new@example.com", "new@example.com"),
        ("li.na", None),
    ],
)
def test_what_a_chip_says(words: str, shown: str | None) -> None:
    assert chip(words, {"li.na@example.com": "Li Na"}) == shown


def test_a_known_name_goes_with_the_address() -> None:
    assert named("li.na@example.com", {"li.na@example.com": "Li Na"}) == PEOPLE[0]


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("li.na@example.com", None),
        ("li.na", "“li.na” is not a complete address."),
        ("li.na@", "“li.na@” is not a complete address."),
        ("li na@example.com", "The address “li na@example.com” contains a space"),
    ],
)
def test_what_is_wrong_with_an_address(words: str, wrong: str | None) -> None:
    told = complaint(words)
    assert (None if told is None else str(told)) == wrong


# --- what it is opened with -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        ("mailto:", Prefill()),
        ("mailto:a@x.example", Prefill(("a@x.example",))),
        ("MAILTO:a@x.example,b@x.example", Prefill(("a@x.example", "b@x.example"))),
        ("mailto:a%40x.example%2Cb@x.example", Prefill(("a@x.example", "b@x.example"))),
        ("mailto:?to=a@x.example&to=b@x.example", Prefill(("a@x.example", "b@x.example"))),
        ("mailto:a@x.example?to=a@x.example", Prefill(("a@x.example",))),
        ("mailto:not-one", Prefill(("not-one",))),
        (
            "mailto:?CC=c@x.example&bcc=d@x.example",
            Prefill(cc=("c@x.example",), bcc=("d@x.example",)),
        ),
        (
            "mailto:?subject=1+1%20%3D%202&body=a%0D%0Ab%00c",
            Prefill(subject="1+1 = 2", body="a\nbc"),
        ),
        ("mailto:?subject=a%0D%0ABcc:%20x@x.example", Prefill(subject="a  Bcc: x@x.example")),
        ("mailto:?attach=/etc/passwd&attachment=/etc/passwd&from=x@x.example", Prefill()),
        ("mailto:a@x.example#part", Prefill(("a@x.example",))),
        ("mailto:?subject=%E4%BD%A0%FF", Prefill(subject="你�")),
    ],
)
def test_a_mailto_link(link: str, asked: Prefill) -> None:
    assert parse_mailto(link) == asked


def test_another_link_is_refused() -> None:
    with pytest.raises(InputError):
        parse_mailto("https://example.com")


def test_requests_are_merged() -> None:
    one = Prefill(("a@x.example",), subject="one", files=("/1",))
    other = Prefill(("a@x.example", "b@x.example"), subject="two", body="text", files=("/2",))
    both = Prefill(("a@x.example", "b@x.example"), subject="two", body="text", files=("/1", "/2"))
    assert merged(one, other) == both


def test_what_is_asked_for_is_added_to_what_is_written() -> None:
    asked = Prefill(("x@x.example",), ("c@x.example",), ("b@x.example",), "Other", "more", ("/1",))
    written = model.prefilled(writing(), asked).written
    assert written.to == ("li.na@example.com", "x@x.example")
    assert (written.cc, written.bcc) == (("c@x.example",), ("b@x.example",))
    assert (written.subject, written.body) == ("Hello", "Hi\n\nmore")
    written = model.prefilled(QuickSend(standing()), asked).written
    assert (written.subject, written.body) == ("Other", "more")
    blank = QuickSend(standing(), SavedDraft(body=" \n"))
    assert model.prefilled(blank, asked).written.body == "more"
    assert model.prefilled(blank, Prefill(subject="Other")).written.body == " \n"
    # Those of another text bring no picture, and neither take one away.
    there = QuickSend(standing(), SavedDraft(body=f"Hi {PICTURE}", shown=("/1.png",)))
    more = Prefill(body=f"See {PICTURE}", shown=("/2.png",))
    for one, body, shown in (
        (more, f"Hi {PICTURE}\n\nSee {PICTURE}", ("/1.png", "/2.png")),
        (replace(more, shown=()), f"Hi {PICTURE}\n\nSee ", ("/1.png",)),
    ):
        written = model.prefilled(there, one).written
        assert (written.body, written.shown) == (body, shown)
    assert merged(more, Prefill(subject="x")).shown == ("/2.png",)
    assert merged(more, Prefill(body="x")).shown == ()


def test_a_new_request_lets_the_mail_before_it_go() -> None:
    state = model.prefilled(waiting(), Prefill(subject="New"))
    assert state.stage is DraftStage.WRITING
    assert state.written == SavedDraft(subject="New")


# --- what is kept ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "clash"),
    [
        (Prefill(), False),
        (Prefill(body="words", files=("/a",)), False),
        (Prefill(subject="New"), True),
        (Prefill(to=("a@x",)), True),
        (Prefill(cc=("a@x",)), True),
        (Prefill(bcc=("a@x",)), True),
    ],
)
def test_another_mail_does_not_join_a_draft(asked: Prefill, clash: bool) -> None:
    assert model.clashes(writing(), asked) is clash
    assert not model.clashes(QuickSend(standing()), asked)
    assert not model.clashes(waiting(), asked)


def test_a_draft_is_kept_and_comes_back() -> None:
    state = model.looked(writing(), [File("/tmp/plan.pdf", "plan.pdf", 10)])
    assert state.kept == replace(state.written, files=("/tmp/plan.pdf",))
    again = model.restored(QuickSend(), state.kept)
    assert again.written == state.written
    assert again.files == (File("/tmp/plan.pdf", "plan.pdf"),)


def test_a_draft_that_went_out_does_not_come_back() -> None:
    assert waiting().kept.posted == 7
    assert model.restored(QuickSend(), waiting().kept) == QuickSend()


def test_a_draft_gives_way_to_what_is_written() -> None:
    assert model.restored(writing(), SavedDraft(subject="old")) == writing()


@pytest.mark.parametrize("written", [SavedDraft(), SavedDraft(account="qq", markdown=True)])
def test_nothing_written_is_no_draft(written: SavedDraft) -> None:
    state = QuickSend(written=written)
    assert state.empty
    assert state.kept == SavedDraft()


def test_typing() -> None:
    state = replace(writing(), trouble=text("Quit"))
    assert model.wrote(state, state.written) is state
    written = replace(state.written, body="Hi there")
    assert model.wrote(state, written).trouble is None
    assert model.wrote(waiting(), written) == waiting()


def test_files_come_and_go() -> None:
    state = model.looked(writing(), [File("/1", "1", 10), File("/2", "2", 20)])
    gone = File("/1", "1", trouble=text("It is not there any more."))
    folder = File("/3", "3", trouble=text("A folder cannot be attached: zip it first."))
    state = model.looked(state, [gone, folder])
    assert state.files == (gone, File("/2", "2", 20))
    told = model.turned_away(state, [gone, folder])
    assert str(told) == "3: A folder cannot be attached: zip it first."
    assert model.turned_away(state, [gone]) is None
    more = [folder, replace(folder, path="/4", name="4"), replace(folder, path="/5", name="5")]
    assert str(model.turned_away(state, more)) == f"{told} Not attached, either: 2 more."
    assert model.removed(state, "/1").files == (File("/2", "2", 20),)
    held = replace(state, stage=DraftStage.WAITING)
    assert model.removed(held, "/1") is held


# --- size -----------------------------------------------------------------------------------------


def test_the_meter() -> None:
    assert weight(QuickSend()) is None
    assert weight(writing()) is None
    state = model.looked(writing(), [File("/1", "1", 10_000_000)])
    told = weight(state)
    assert told is not None
    assert (str(told.words), str(told.more), told.over) == ("14 MB of 50 MB", "1 file", False)
    state = model.looked(state, [File("/2", "2", 30_000_000)])
    told = weight(state)
    assert told is not None
    assert (told.part, told.over, str(told.more)) == (1.0, True, "2 files")
    expected = "55 MB of 50 MB: QQ Mail would refuse this. Remove a file or zip it."
    assert str(told.words) == expected
    assert not may_send(state)


def test_an_unknown_provider_is_told_by_its_server() -> None:
    state = replace(writing(), standing=standing(account(provider="", limit=10)))
    told = weight(state)
    assert told is not None
    assert "smtp.example.com would refuse" in str(told.words)


def test_all_that_is_written_weighs() -> None:
    plain = wire_size(writing(body="a" * 3000))
    assert plain > wire_size(writing(body="")) + 3000
    assert wire_size(writing(body="字" * 3000)) > plain + 6000
    assert wire_size(writing(body="a" * 3000, markdown=True)) > plain + 6000
    assert wire_size(writing(body="a" * 3000, to=("x" * 3000,))) > plain + 3000


# --- sending --------------------------------------------------------------------------------------


def test_send_with_all_there() -> None:
    state = replace(writing(), files=(File("/1", "1", 1, text("It cannot be read.")),))
    state = asked_to_send(state)
    assert state.stage is DraftStage.POSTING
    assert state.files == (File("/1", "1", 1),)
    assert asked_to_send(state) is state


def test_send_without_a_subject_asks() -> None:
    state = asked_to_send(writing(subject="  "))
    assert state.stage is DraftStage.ASKING
    assert model.reconsidered(state).stage is DraftStage.WRITING
    assert model.posting(state).stage is DraftStage.POSTING


def test_an_address_without_a_dot_is_asked_about_then_the_subject() -> None:
    state = asked_to_send(writing(to=("wang@qq", "me@localhost"), cc=("Li <li@x>",), subject=""))
    asked = []
    while state.stage is DraftStage.ASKING:
        asked.append(str(state.question))
        state = agreed(state)
    assert asked == [
        "“@qq” has no dot. Send anyway?",
        "“@x” has no dot. Send anyway?",
        "Send without a subject?",
    ]
    assert (state.stage, state.agreed) == (DraftStage.POSTING, frozenset())
    # A no takes back every yes.
    state = agreed(asked_to_send(writing(to=("wang@qq",), subject="")))
    state = asked_to_send(model.reconsidered(state))
    assert str(state.question).startswith("“@qq”")


def test_a_mistyped_domain_is_asked_about() -> None:
    state = asked_to_send(writing(to=("Li <li@gmial.com>", "me@qq.com"), subject="Hi"))
    assert str(state.question) == "Is @gmail.com meant? Send to “@gmial.com” anyway?"
    assert agreed(state).stage is DraftStage.POSTING


def test_many_who_see_each_other_are_asked_about() -> None:
    people = tuple(f"p{number}@x.example" for number in range(16))
    asked = asked_to_send(writing(to=people[:10], cc=people[10:]))
    assert str(asked.question) == "All 16 recipients see each other. Send anyway?"
    assert asked_to_send(writing(to=people[:15])).stage is DraftStage.POSTING
    assert asked_to_send(writing(to=people[:1], bcc=people[1:])).stage is DraftStage.POSTING
    assert asked_to_send(writing(to=people, each=True)).stage is DraftStage.POSTING


def test_send_without_anybody_says_so() -> None:
    assert complaints(writing(to=())) == {}
    state = asked_to_send(writing(to=()))
    assert state.stage is DraftStage.WRITING
    assert list(complaints(state)) == ["to"]


def test_send_with_a_bad_address_or_without_an_account() -> None:
    state = writing(bcc=("li.na",))
    assert str(complaints(state)["bcc"]) == "“li.na” is not a complete address."
    assert not may_send(state)
    assert asked_to_send(state).stage is DraftStage.WRITING
    # While it is typed, nobody is corrected.
    assert complaints(replace(state, typing=frozenset({"li.na"}))) == {}
    assert not may_send(QuickSend(Standing(known=True), writing().written))


def test_the_draft() -> None:
    state = writing(cc=("x@x.example",), bcc=("y@x.example",), markdown=True)
    state = model.looked(state, [File("/tmp/1", "one", 1)])
    draft = draft_of(state, {"li.na@example.com": "Li Na"})
    assert draft.account == "qq"
    assert draft.sender == Address("qq@example.com", "Xiao Ming")
    assert draft.to == (Address("li.na@example.com", "Li Na"),)
    assert (draft.cc, draft.bcc) == ((Address("x@x.example"),), (Address("y@x.example"),))
    assert (draft.subject, draft.text) == ("Hello", "Hi")
    assert "<p>Hi</p>" in (draft.html or "")
    assert [(file.name, file.path) for file in draft.files] == [("one", "/tmp/1")]
    assert draft_of(writing(), {}).html is None


@pytest.mark.parametrize("markdown", [False, True])
def test_the_draft_is_signed_and_what_is_written_stays(markdown: bool) -> None:
    state = writing(body="Hi", markdown=markdown)
    signed = replace(state, standing=standing(replace(account(), signature="**Li**")))
    assert wire_size(signed) > wire_size(state)
    draft = draft_of(signed, {})
    assert draft.text == "Hi\n\n-- \n**Li**\n"
    assert (draft.html is not None and "<strong>Li</strong>" in draft.html) is markdown
    assert state.written.body == "Hi"


def test_the_account() -> None:
    both = replace(writing(), standing=standing(account(), account("work")))
    chosen = replace(both, written=replace(both.written, account="work"))
    assert [state.account and state.account.name for state in (both, chosen)] == ["qq", "work"]
    only = replace(writing(), standing=replace(standing(account("work")), default=""))
    assert only.account is not None
    assert sender_words(only.account) == "Xiao Ming <work@example.com>"
    assert QuickSend().account is None


def test_the_countdown() -> None:
    assert str(countdown(writing(), 5)) == "Sending in 5 s to 1 person"
    more = writing(cc=("Li.na@example.com", "x@x.example"))
    assert str(countdown(more, 4)) == "Sending in 4 s to 2 people"


def test_undo() -> None:
    state = waiting()
    assert (state.stage, state.mail, state.seconds) == (DraftStage.WAITING, 7, 5)
    state = model.returning(state)
    back = model.returned(state, back=True)
    assert (back.stage, back.mail, back.trouble) == (DraftStage.WRITING, 0, None)
    assert back.written == writing().written
    late = model.returned(state, back=False)
    assert str(late.trouble).startswith("Too late")


def test_without_undo_it_is_over_at_once() -> None:
    assert model.posted(model.posting(writing()), 7, 0) == QuickSend(standing())


def test_what_fails() -> None:
    state = replace(model.posting(writing()), files=(File("/1", "1"), File("/2", "2")))
    error = SourceError("/1", text("{path} is a folder.", path="/1"), text("Only files."))
    failed = model.refused(state, error)
    assert failed.stage is DraftStage.WRITING
    assert [file.trouble is None for file in failed.files] == [False, True]
    assert str(failed.trouble) == "/1 is a folder. Only files."
    assert str(model.refused(writing(), StateError(text("Disk full"))).trouble) == "Disk full"
    told = model.refused(writing(), StateError(text("Disk full"), text("Free some space.")))
    assert str(told.trouble) == "Disk full. Free some space."
    # What else fails meanwhile does not take the undo away.
    assert model.refused(waiting(), StateError(text("Disk full"))).stage is DraftStage.WAITING


# --- what the program tells -----------------------------------------------------------------------


def overview(**states: AccountState) -> Overview:
    settings = Settings(default_account="qq", accounts={"qq": account()})
    return Overview(settings, states, {}, {}, paused=False, paused_until=None, kinds=ALL)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (AccountState("qq"), Keeping.NOTHING),
        (AccountState("qq", stopped=True), Keeping.STOPPED),
        (AccountState("qq", failures=1, hold_until=NOW + timedelta(1)), Keeping.OFFLINE),
        (AccountState("qq", failures=1, hold_until=NOW - timedelta(1)), Keeping.NOTHING),
        (AccountState("qq", hold_until=NOW + timedelta(1)), Keeping.NOTHING),
    ],
)
def test_how_the_account_stands(state: AccountState, why: Keeping) -> None:
    informed = model.informed(QuickSend(), overview(qq=state), NOW)
    assert keeping(informed) is why
    assert (keeping_words(informed) is None) == (why is Keeping.NOTHING)


def test_offline_comes_and_goes_with_events() -> None:
    lost = ItemChanged(item(id=1, attempts=1, advice_id="dns"))
    state = model.heard(writing(), lost)
    assert keeping(state) is Keeping.OFFLINE
    assert keeping(model.heard(state, ItemChanged(item(id=2)))) is Keeping.OFFLINE
    sent = ItemChanged(item(id=1, state=State.SENT, attempts=2))
    assert keeping(model.heard(state, sent)) is Keeping.NOTHING
    answered = ItemChanged(item(id=1, attempts=2, code=451, advice_id="x-4xx"))
    assert keeping(model.heard(state, answered)) is Keeping.NOTHING


def test_pause_and_stop_come_and_go_with_events() -> None:
    state = model.heard(writing(), PauseChanged(paused=True, until=None))
    assert keeping(state) is Keeping.PAUSED
    state = model.heard(state, AccountChanged(AccountState("qq", stopped=True)))
    assert keeping(state) is Keeping.STOPPED
    state = model.heard(state, AccountChanged(AccountState("qq")))
    state = model.heard(state, PauseChanged(paused=False, until=None))
    assert keeping(state) is Keeping.NOTHING
    assert keeping(QuickSend()) is Keeping.NOTHING
    assert model.heard(state, MailProgress(1, 2, 3)) is state


@pytest.mark.parametrize(
    ("changed", "stage", "empty"),
    [
        (item(), DraftStage.WAITING, False),
        (item(id=8, state=State.SENDING), DraftStage.WAITING, False),
        (item(state=State.SENDING), DraftStage.WRITING, True),
        (item(state=State.SENT), DraftStage.WRITING, True),
        (item(state=State.CANCELLED), DraftStage.WRITING, False),
    ],
)
def test_what_others_do_with_the_mail(changed: OutboxItem, stage: DraftStage, empty: bool) -> None:
    state = model.heard(waiting(), ItemChanged(changed))
    assert (state.stage, state.empty) == (stage, empty)


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("a.PDF", "file-earmark-pdf"),
        ("a.jpeg", "file-earmark-image"),
        ("a.tar.gz", "file-earmark-zip"),
        ("pdf", "file-earmark"),
        ("a.xyz", "file-earmark"),
    ],
)
def test_the_sign_of_a_file(name: str, sign: str) -> None:
    assert sign_of(name) == sign


# --- a robot --------------------------------------------------------------------------------------

ROBOT = WecomAccount(name="team", username="team", overflow=Overflow.REFUSE)


def to_the_group(**fields: object) -> QuickSend:
    state = writing(**{"to": (), **fields})  # type: ignore[arg-type] # fields
    return replace(state, standing=replace(standing(ROBOT), default="team"))


def test_a_robot_is_chosen_by_its_name_and_its_service() -> None:
    robot = WecomAccount(name="team", address=GROUP, host="qyapi.weixin.qq.com", port=443)
    assert str(sender_words(robot)) == "team · qyapi.weixin.qq.com"


def test_a_robot_needs_no_recipient() -> None:
    state = to_the_group()
    assert asked_to_send(state).stage is DraftStage.POSTING
    assert draft_of(state, {}).to == (GROUP,)
    assert str(countdown(state, 5)) == "Sending in 5 s to the group"


@pytest.mark.parametrize("name", ["to", "cc", "bcc"])
def test_what_a_robot_takes_not_is_told_at_the_field(name: str) -> None:
    state = to_the_group(**{name: ("li.na@example.com",)})
    assert "robot" in str(complaints(state)[name])
    assert not may_send(state)


def test_what_a_robot_cannot_send_is_refused_when_it_is_posted() -> None:
    with pytest.raises(InputError):
        draft_of(to_the_group(body="x" * 5000), {})


def to_a_webhook(preset: str, **fields: object) -> QuickSend:
    row = BY_NAME[preset]
    account = WebhookAccount(
        name="hook",
        address=row.receiver,
        preset=row,
        overflow=Overflow.REFUSE,
        body=usual_body(row),
        success=usual_success(row),
        most=row.most,
    )
    state = writing(**{"to": (), **fields})  # type: ignore[arg-type] # fields
    return replace(state, standing=replace(standing(account), default="hook"))


def test_a_webhook_needs_no_recipient_and_is_named_by_its_service() -> None:
    state = to_a_webhook("bark")
    assert asked_to_send(state).stage is DraftStage.POSTING
    assert draft_of(state, {}).to == (BY_NAME["bark"].receiver,)
    assert state.account is not None
    assert str(sender_words(state.account)) == "hook · Bark"


@pytest.mark.parametrize("name", ["to", "cc", "bcc"])
def test_what_a_webhook_takes_not_is_told_at_the_field(name: str) -> None:
    state = to_a_webhook("bark", **{name: ("li.na@example.com",)})
    assert "webhook" in str(complaints(state)[name])
    assert not may_send(state)


@pytest.mark.parametrize(("preset", "most"), [("bark", 0), ("ntfy", 1), ("telegram", 10)])
def test_a_webhook_takes_as_many_files_as_its_service(preset: str, most: int) -> None:
    files = tuple(File(f"/{number}.pdf", f"{number}.pdf", 1) for number in range(most + 1))
    state = to_a_webhook(preset, body="x" * 900)
    draft_of(replace(state, files=files[:most]), {})
    with pytest.raises(InputError):
        draft_of(replace(state, files=files), {})


@pytest.mark.parametrize(("preset", "most"), [("ntfy", 2000), ("telegram", 1000)])
def test_with_a_file_less_text_is_taken(preset: str, most: int) -> None:
    one = (File("/a.pdf", "a.pdf", 1),)
    draft_of(to_a_webhook(preset, body="x" * (most + 100)), {})
    draft_of(replace(to_a_webhook(preset, body="x" * most), files=one), {})
    with pytest.raises(InputError):
        draft_of(replace(to_a_webhook(preset, body="x" * (most + 100)), files=one), {})


def test_a_robot_mentions_people_of_its_group() -> None:
    state = to_the_group(to=("wangqing", "13800001111", "@all"))
    assert "only where its format" in str(complaints(state)["to"])
    plain = replace(ROBOT, format=MessageFormat.TEXT)
    state = replace(state, standing=replace(standing(plain), default="team"))
    assert complaints(state) == {}
    assert asked_to_send(state).stage is DraftStage.POSTING
    assert [one.mailbox for one in draft_of(state, {}).to] == ["wangqing", "13800001111", "@all"]


@pytest.mark.parametrize(
    "state", [to_the_group(to=("li@",)), to_a_webhook("dingtalk", to=("li@",))]
)
def test_a_robot_says_nothing_of_who_is_not_typed_to_the_end(state: QuickSend) -> None:
    assert "to" not in complaints(replace(state, typing=frozenset({"li@"})))
    assert "“li@”" in str(complaints(state)["to"])
