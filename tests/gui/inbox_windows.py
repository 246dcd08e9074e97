"""The inbox of the demo in the states its pictures and the clip test show, without a server."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import cast

from PIL import Image, ImageDraw

from traymail.ui.bridge import Background
from traymail.ui.dialogs.inbox import InboxNavigation, InboxWindow
from traymail.ui.dialogs.inbox.view import PICTURE, MailLooked
from traymail.ui.dialogs.inbox.window import small_pictures
from traymail.ui.model import inbox as model
from traymail.ui.model.inbox import Origin, Part, Received
from traymail.ui.theme import Root
from traymail.ui.window import Window

KINDS = {
    **dict.fromkeys(("Scans", "扫描件"), Origin.FOLDER),
    **dict.fromkeys(("App errors", "程序报错"), Origin.LOG),
}
SOURCE = """\
Date: Mon, 23 Nov 2026 10:04:00 +0000
Message-ID: <1f0c9a@demo.example>
From: me@demo.example
To: office@demo.example
Subject: scan receipt 7.jpg
X-Mailer: traymail/0.1.0
Auto-Submitted: auto-generated
X-Traymail-Rule: Scans
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_traymail_5d41402abc4b2a76b9719d911017c592"

--=_traymail_5d41402abc4b2a76b9719d911017c592
Content-Type: text/plain; charset="utf-8"
"""


def receipt() -> bytes:
    """A picture of a receipt."""
    picture = Image.new("RGB", (600, 640), "#fbf9f4")
    pen = ImageDraw.Draw(picture)
    for line, width in enumerate((320, 400, 240, 400, 180, 360, 280)):
        y = 60 + 68 * line
        pen.rectangle((60, y, 60 + width, y + 28), "#cac2b3")
        pen.rectangle((480, y, 540, y + 28), "#a8a291")
    pen.rectangle((60, 540, 540, 546), "#7d7866")
    pen.rectangle((400, 570, 540, 606), "#68624f")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def mails(language: str) -> tuple[Received, Received, Received]:
    """By hand, of a folder, of a log: in the order they came."""
    if language == "zh_CN":
        words = ("从托盘发来的问候", "扫描件 收据 7.png", "[web-1] 程序报错: ERROR")
        names, body = ("扫描件", "程序报错"), "收据 7.png，640 KB，11月23日 10:04"
        file = "收据 7.png"
    else:
        words = ("Greetings from the tray", "Scan receipt 7.png", "[web-1] App errors: ERROR")
        names, body = ("Scans", "App errors"), "receipt 7.png, 640 KB, 23 Nov 10:04"
        file = "receipt 7.png"
    me, office = "me@demo.example", ("office@demo.example",)
    lines = "2026-11-23 10:05:01 ERROR payment 4711 failed: timeout\nTraceback follows"
    return (
        Received(me, (me,), words[0], "Hello!", SOURCE),
        Received(
            me, office, words[1], body, SOURCE, names[0], (Part(file, receipt(), picture=True),)
        ),
        Received(me, office, words[2], lines, SOURCE, names[1]),
    )


def _clock() -> Callable[[], datetime]:
    minutes: Iterator[int] = count(3)
    return lambda: datetime(2026, 11, 23, 10, tzinfo=UTC) + timedelta(minutes=next(minutes))


def _window(root: Root, *received: Received) -> InboxWindow:
    doors = InboxNavigation(*[lambda: None] * 6)
    background = cast("Background", None)
    window = InboxWindow(root, background, doors, "127.0.0.1:2525", _clock())
    window.know(KINDS)
    most = (root.theme.px(PICTURE[0]), root.theme.px(PICTURE[1]))
    for mail in received:
        window.put(MailLooked(mail, small_pictures(mail, most)))
    return window


def empty(root: Root) -> Window:
    return _window(root)


def usual(root: Root) -> Window:
    window = _window(root, *mails(root.theme.language))
    window.screen.set_state(model.choose(window.screen.state, 2))
    return window


def source(root: Root) -> Window:
    window = _window(root, *mails(root.theme.language))
    window.screen.set_state(model.show_source(model.choose(window.screen.state, 2), source=True))
    return window


def long(root: Root) -> Window:
    """More than there is room for, and files that cannot be drawn."""
    by_hand, scan, _ = mails(root.theme.language)
    files = (
        Part("floor plan of the whole new building, second draft.pdf", bytes(1_400_000)),
        Part("broken.png", b"no picture", picture=True),
        Part("", b"x"),
    )
    everything = Received(
        by_hand.sender,
        tuple(f"person-{number}@demo.example" for number in range(12)),
        "A subject that goes on and on, until nobody knows any more how it began " * 2,
        "A line that is long enough to be wrapped more than once in every window. " * 30,
        SOURCE,
        parts=(*scan.parts, *files),
    )
    return _window(root, everything, *[by_hand, scan] * 6)


INBOX: dict[str, Callable[[Root], Window]] = {
    "demo-inbox": usual,
    "demo-inbox-empty": empty,
    "demo-inbox-long": long,
    "demo-inbox-source": source,
}
