"""The inbox of the demo as values: mails are read, listed, looked at."""

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from traymail.core.texts import Text, text
from traymail.ui.model import inbox as model
from traymail.ui.model.inbox import MOST_SHOWN, Delivered, Inbox, Origin, Part, Received, read

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def delivered(message: EmailMessage | bytes) -> Delivered:
    content = message if isinstance(message, bytes) else message.as_bytes()
    return Delivered("me@demo.example", ("you@demo.example",), content)


def a_message(body: str = "Hello.\n", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Screen 屏幕"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message


def received(subject: str = "x", rule: str = "") -> Received:
    return Received("me@demo.example", ("you@demo.example",), subject, "", "", rule)


def filled(count: int) -> Inbox:
    state = Inbox()
    for number in range(count):
        state = model.arrived(state, received(str(number)), NOON)
    return state


# --- reading ----------------------------------------------------------------------------------


def test_a_plain_mail_is_read() -> None:
    mail = read(delivered(a_message("First\n\nlast\n", X_Traymail_Rule="Scans")))
    assert (mail.subject, mail.body, mail.rule) == ("Screen 屏幕", "First\n\nlast", "Scans")
    assert (mail.sender, mail.recipients) == ("me@demo.example", ("you@demo.example",))
    assert mail.parts == ()
    assert "Content-Transfer-Encoding: " in mail.source


def test_plain_goes_before_html_and_html_is_shown_as_text() -> None:
    message = a_message("plain\n")
    message.add_alternative("<p>html</p>", subtype="html")
    assert read(delivered(message)).body == "plain"
    only = EmailMessage()
    only.set_content("<h1>Title</h1><p>One &amp; two</p>", subtype="html")
    assert read(delivered(only)).body == "Title\n\nOne & two"


def test_attachments_keep_name_and_bytes() -> None:
    message = a_message()
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="图.png")
    message.add_attachment(b"<svg/>", maintype="image", subtype="svg+xml", filename="a.svg")
    message.add_attachment(b"\0\1", maintype="application", subtype="pdf")
    assert read(delivered(message)).parts == (
        Part("图.png", b"\x89PNG", picture=True),
        Part("a.svg", b"<svg/>"),
        Part("", b"\0\1"),
    )


def test_a_mail_in_a_mail_is_an_attachment() -> None:
    inner = a_message("inner\n")
    message = a_message()
    message.add_attachment(inner)
    (part,) = read(delivered(message)).parts
    assert b"inner" in part.content


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (b"", ""),
        (b"Subject: x\r\n\r\n", ""),
        (b"no header at all", "no header at all"),
        (b"Content-Type: text/plain; charset=nonsense\r\n\r\nhi\r\n", ""),
        (b"Content-Type: application/pdf\r\n\r\nhi\r\n", ""),
        (b"Content-Type: multipart/mixed; boundary=x\r\n\r\nbroken", ""),
        (b"Content-Type: text/plain; charset=utf-8\r\n\r\n\xff\r\n", "\ufffd"),
        (b"Content-Type: text/html\r\n\r\n<p>a<![foo]>b</p><ul><li>c\r\n", "ab\n\n- c"),
    ],
)
def test_nonsense_is_read_as_far_as_it_goes(content: bytes, body: str) -> None:
    assert read(delivered(content)).body == body


def test_a_long_mail_is_cut() -> None:
    mail = read(delivered(a_message("a" * (MOST_SHOWN + 1))))
    assert len(str(model.body_of(mail))) == MOST_SHOWN + 1
    assert mail.source.endswith("…")


# --- the list ---------------------------------------------------------------------------------


def test_the_first_mail_is_looked_at_by_itself() -> None:
    state = filled(1)
    assert state.entry is not None
    assert not state.entry.unread
    assert state.unread == 0


def test_the_newest_is_on_top_and_unread() -> None:
    state = filled(3)
    assert [one.mail.subject for one in state.entries] == ["2", "1", "0"]
    assert state.chosen == 1
    assert state.unread == 2
    assert str(model.title(state)) == "Demo inbox (2)"
    assert str(model.title(filled(1))) == "Demo inbox"


def test_a_mail_that_is_looked_at_is_read() -> None:
    state = model.choose(filled(3), 3)
    assert state.unread == 1
    assert state.entry is not None
    assert state.entry.mail.subject == "2"


@pytest.mark.parametrize(
    ("chosen", "by", "after"), [(3, 1, 2), (1, 1, 1), (3, -1, 3), (2, -1, 3), (None, 1, 2)]
)
def test_steps_stay_in_the_list(chosen: int | None, by: int, after: int) -> None:
    state = Inbox(entries=filled(3).entries, chosen=chosen)
    assert model.step(state, by).chosen == after


def test_nothing_to_step_through() -> None:
    assert model.step(Inbox(), 1) == Inbox()
    assert Inbox().entry is None


def test_the_source_is_shown_until_another_mail_is_looked_at() -> None:
    state = model.show_source(filled(2), source=True)
    assert model.choose(state, 1).source
    assert not model.choose(state, 2).source


@pytest.mark.parametrize(
    ("rule", "made_by"),
    [("", Origin.HAND), ("Scans", Origin.FOLDER), ("App", Origin.LOG), ("Other", Origin.RULE)],
)
def test_what_made_a_mail(rule: str, made_by: Origin) -> None:
    state = model.informed(Inbox(), {"Scans": Origin.FOLDER, "App": Origin.LOG})
    assert model.origin(state, received(rule=rule)) is made_by
    assert made_by in model.ICONS


@pytest.mark.parametrize(
    ("rule", "words", "line"),
    [
        ("", text("Quick send"), text("Quick send")),
        ("Scans", text("Rule “{name}”", name="Scans"), "Scans"),
    ],
)
def test_its_words(rule: str, words: Text, line: Text | str) -> None:
    mail = received(rule=rule)
    assert model.sent_by(mail) == words
    assert model.line_of(mail) == line
    assert [str(value) for _, value in model.facts(mail)] == [
        "me@demo.example",
        "you@demo.example",
        str(words),
    ]


def test_what_is_missing_is_said() -> None:
    mail = received(subject="")
    assert model.subject_of(mail) == text("(no subject)")
    assert model.body_of(mail) == text("This mail has no text.")
    assert model.name_of(Part("", b"")) == text("without a name")
    assert model.name_of(Part("a", b"")) == "a"
    assert model.size_of(Part("", b"x" * 1500)) == "1.5 KB"
