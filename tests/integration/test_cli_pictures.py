"""Pictures in the text of a mail that is sent by command: which ones go, and which never do."""

from __future__ import annotations

import email
import email.policy
import os
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.cli import Desk

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
TO = ("send", "--to", "b@c.example", "--subject", "s")


def _sent(office: Desk, at: int = 0) -> EmailMessage:
    read = email.message_from_bytes(office.sink.arrivals[at].content, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def _shown(read: EmailMessage) -> dict[str, tuple[str | None, object]]:
    """Return the pictures that the HTML shows: each with its Content-ID."""
    body = read.get_body(("related",))
    assert body is not None
    html, *pictures = body.iter_parts()
    assert isinstance(html, EmailMessage)
    cids = [str(part["Content-ID"]).strip("<>") for part in pictures]
    for cid in cids:
        assert f'"cid:{cid}"' in html.get_content()
    assert len(set(cids)) == len(cids)
    return {
        cid: (part.get_filename(), part.get_payload(decode=True))
        for cid, part in zip(cids, pictures, strict=True)
    }


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    (folder / "图").mkdir(parents=True)
    (folder / "a.png").write_bytes(PNG)
    (folder / "图" / "b 1.jpg").write_bytes(b"JPG")
    (tmp_path / "secret.png").write_bytes(b"SECRET")
    return folder / "page.html"


def test_the_pictures_of_a_page_go_with_it(office: Desk, page: Path, tmp_path: Path) -> None:
    report = tmp_path / "r.pdf"
    report.write_bytes(b"PDF")
    words = '<p>One</p>\n<img src="a.png" alt="chart">\n<img src="图/b%201.jpg"><img src=a.png>'
    page.write_text(f"{words}<img src='https://c.example/n.png'>", "utf-8")
    done = office.run(*TO, "--html", page, "--attach", report)
    assert (done.returncode, done.stderr) == (0, "")
    read = _sent(office)
    assert sorted(_shown(read).values()) == [("a.png", PNG), ("b 1.jpg", b"JPG")]
    assert [part.get_filename() for part in read.iter_attachments()] == ["r.pdf"]
    plain = read.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == "One\n\n[chart: a.png] [b 1.jpg][a.png]\n"
    html = read.get_body(("html",))
    assert html is not None
    assert "https://c.example/n.png" in html.get_content()


def test_a_picture_that_is_given_by_hand_may_be_anywhere(
    office: Desk, page: Path, tmp_path: Path
) -> None:
    page.write_text('<img src="secret.png"><img src="cid:a.png">', "utf-8")
    by_hand = ("--attach", tmp_path / "secret.png", "--attach", page.parent / "a.png")
    assert office.run(*TO, "--html", page, *by_hand).returncode == 0
    read = _sent(office)
    assert sorted(_shown(read).values()) == [("a.png", PNG), ("secret.png", b"SECRET")]
    assert list(read.iter_attachments()) == []


def test_markdown_shows_the_pictures_that_are_given(office: Desk, page: Path) -> None:
    picture = page.parent / "图" / "b 1.jpg"
    words = f"# Sales\n\n![chart](<b 1.jpg>)\n![again](<{picture}>)"
    done = office.run(*TO, "--markdown", "--body", words, "--attach", picture)
    assert (done.returncode, done.stderr) == (0, "")
    read = _sent(office)
    assert list(_shown(read).values()) == [("b 1.jpg", b"JPG")]
    plain = read.get_body(("plain",))
    assert plain is not None
    assert "![chart](<b 1.jpg>)" in plain.get_content()


def _fifo(page: Path) -> None:
    os.mkfifo(page.parent / "x.png")


def _link(target: str) -> object:
    return lambda page: (page.parent / "x.png").symlink_to(target)


@pytest.mark.parametrize(
    ("address", "prepare", "told"),
    [
        ("x.png", None, "There is no picture x.png."),
        ("../secret.png", None, "The picture ../secret.png is not in the folder of the text."),
        ("..%2fsecret.png", None, "is not in the folder of the text."),
        ("file:///etc/hostname", None, "is not in the folder of the text."),
        ("x.png", _link("../secret.png"), "The picture x.png is not in the folder of the text."),
        ("x.png", _link("nowhere"), "There is no picture x.png."),
        ("x.png", _fifo, "x.png is no picture."),
        ("图", None, "图 is no picture."),
        (".", None, ". is no picture."),
        ("page.html", None, "page.html is no picture."),
        ("cid:logo", None, "The picture cid:logo is not among the files."),
        ("a\x1b[31m.png", None, "There is no picture a [31m.png."),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
@pytest.mark.timeout(60)
def test_no_other_file_of_this_computer_gets_into_a_mail(
    office: Desk, page: Path, address: str, prepare: object, told: str
) -> None:
    if callable(prepare):
        prepare(page)
    page.write_text(f'<p>\n</p>\n<img src="{address}">', "utf-8")
    done = office.quick(*TO, "--html", page)
    assert (done.returncode, done.stdout, office.sink.arrivals) == (66, "", [])
    cause, way_out = done.stderr.splitlines()
    assert cause.startswith(f"{page}, line 3: ")
    assert told in cause
    assert way_out


def test_a_link_inside_of_the_folder_is_a_picture(office: Desk, page: Path) -> None:
    (page.parent / "latest.png").symlink_to("a.png")
    page.write_text("<img src=latest.png>", "utf-8")
    assert office.run(*TO, "--html", page).returncode == 0
    assert list(_shown(_sent(office)).values()) == [("a.png", PNG)]


@pytest.mark.parametrize(
    "words", ["a\n\n![x](a.png)", "a\n\n![x](/etc/hostname)", "\n\n![](cid:x)"]
)
def test_markdown_from_anywhere_shows_no_file_by_itself(
    office: Desk, page: Path, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(page.parent)
    done = office.quick(*TO, "--markdown", "--body", words)
    assert (done.returncode, office.sink.arrivals) == (66, [])
    cause, way_out = done.stderr.splitlines()
    assert cause.startswith("Line 3: The picture ")
    assert "--attach" in way_out


def test_pictures_count_as_what_they_weigh(office: Desk, page: Path) -> None:
    office.configure(max_message_mb=1)
    (page.parent / "a.png").write_bytes(b"x" * 1_000_000)
    page.write_text("<img src=a.png>", "utf-8")
    done = office.quick(*TO, "--html", page)
    assert (done.returncode, "too large" in done.stderr, office.states()) == (65, True, {})


def test_each_row_shows_its_own_picture(office: Desk, page: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("to,n\na@c.example,1\nb@c.example,2\n")
    for number in "12":
        (tmp_path / f"p{number}.png").write_bytes(number.encode())
    body = ("--markdown", "--body", "![p](p{csv.n}.png)", "--attach", tmp_path / "p{csv.n}.png")
    done = office.run("send", "--to", "{csv.to}", "--subject", "s", *body, "--csv", table)
    assert done.returncode == 0, done.stderr
    shown = [list(_shown(_sent(office, at)).values()) for at in (0, 1)]
    assert shown == [[("p1.png", b"1")], [("p2.png", b"2")]]
    page.write_text("<img src=a.png>", "utf-8")
    done = office.run("send", "--to", "{csv.to}", "--subject", "s", "--html", page, "--csv", table)
    assert done.returncode == 0, done.stderr
    assert [list(_shown(_sent(office, at)).values()) for at in (2, 3)] == [[("a.png", PNG)]] * 2
    (tmp_path / "p2.png").unlink()
    done = office.run("send", "--to", "{csv.to}", "--subject", "s", *body, "--csv", table)
    assert done.returncode == 65
    assert "t.csv:3:" in done.stderr
