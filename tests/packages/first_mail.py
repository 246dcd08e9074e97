"""A Chinese user of Windows, who has the set-up program only, comes to the first sent mail.

`python -m tests.packages.first_mail SETUP PYTHON FOLDER` plays it on a display of its own and puts
a picture of each step into FOLDER. `PYTHON` is a Python for Windows, with which it looks where
windows and their buttons are; what is done is done by mouse and keys.

It must be alone on its network, and may bind over two files of the system: it is smtp.qq.com.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import trustme
from PIL import Image, ImageChops

import bootstrap
from tests.support import sink
from tests.support.display import Display, display
from tests.support.installed import PATIENCE_SECONDS
from tests.support.wait import until
from tests.support.wine import FOLDER, Wine, boot, make_locale
from traymail.ui.palette import LIGHT

SIZE = "1024x768"
ADDRESS, CODE = "123456@qq.com", "abcd efgh ijkl mnop"
SERVER = "smtp.qq.com"
FRIEND, SUBJECT, WORDS = "friend@example.com", "第一封邮件", "你好！这是从托盘发出的。"
# Wine tells each program the language of the system by these.
CHINESE = {"LC_ALL": "zh_CN.UTF-8", "LOCPATH": str(FOLDER / "locale")}
HOSTS = Path("/etc/hosts")
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
ACCOUNT, COMPOSE = "添加邮箱账户", "写邮件"
BAR_HEIGHT, BUTTON_PIXELS = 60, 400
"""Of the bar below in a window, and of the smallest button there."""

# Tells of each window in sight: its title, where it is, and the same of all that is inside it but
# for what is grey.
LOOK = """
import ctypes, json
from ctypes import wintypes
user32 = ctypes.windll.user32
CALLED = ctypes.WINFUNCTYPE(ctypes.c_bool, wintypes.HWND, wintypes.LPARAM)
def about(window):
    words = ctypes.create_unicode_buffer(400)
    user32.SendMessageTimeoutW(window, 13, 400, words, 2, 500, None)
    place = wintypes.RECT()
    user32.GetWindowRect(window, ctypes.byref(place))
    return words.value, (place.left, place.top, place.right, place.bottom)
def all_of(enumerate):
    found = []
    def note(window, _):
        if user32.IsWindowVisible(window):
            found.append(window)
        return True
    enumerate(CALLED(note))
    return found
seen = []
for window in all_of(lambda note: user32.EnumWindows(note, 0)):
    inside = all_of(lambda note: user32.EnumChildWindows(window, note, 0))
    inside = filter(user32.IsWindowEnabled, inside)
    seen.append([*about(window), [about(one) for one in inside]])
print(json.dumps(seen))
"""

ENTER = """
from tests.support.windows_hands import do
for _ in do("type", "--delay", "8", sys.argv[1]):
    pass
"""


class Place(NamedTuple):
    """Where something is on the screen, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def at(self, across: float, down: float) -> tuple[int, int]:
        """Return a point in it: 0.5, 0.5 is its middle."""
        x = self.left + (self.right - self.left) * across
        y = self.top + (self.bottom - self.top) * down
        return round(x), round(y)


class Window(NamedTuple):
    """A window's place, and what is inside it by its words."""

    place: Place
    inside: dict[str, Place]


def windows_in_sight(computer: Wine, python: str | Path) -> dict[str, Window]:
    """Return each window of a computer by its title; `python` is one for Windows."""
    told = computer.run(python, "-I", "-c", LOOK).stdout
    return {
        title: Window(Place(*place), {words: Place(*inner) for words, inner in inside if words})
        for title, place, inside in (json.loads(told) if told else [])
    }


@dataclass
class Eyes:
    """What is on the screen, and the hand that clicks and types there."""

    computer: Wine
    on: Display
    python: Path
    folder: Path
    taken: list[str] = field(default_factory=list)

    def windows(self) -> dict[str, Window]:
        """Return each window by its title."""
        return windows_in_sight(self.computer, self.python)

    def window(self, title: str, holds: str = "") -> Window:
        """Wait for a window whose title contains `title` and that holds something; return it."""

        def found() -> Window | None:
            for name, window in self.windows().items():
                if title in name and any(holds in words for words in ("", *window.inside)):
                    return window
            return None

        seen = until(found, PATIENCE_SECONDS, f"the window {title!r} with {holds!r}")
        assert seen
        return seen

    def press(self, title: str, words: str) -> None:
        """Click on what is called `words` in a window of Windows' own making."""
        _, inside = self.window(title, words)
        self.click(*next(place for name, place in inside.items() if words in name).at(0.5, 0.5))

    def click(self, x: int, y: int, button: str = "1") -> None:
        """Click there."""
        self.xdo("mousemove", str(x), str(y), "click", button)

    def type(self, words: str) -> None:
        """Type words."""
        self.xdo("type", "--delay", "40", words)

    def enter(self, words: str) -> None:
        """Type words as an input method enters them; xdotool has no keys for Chinese."""
        code = f"import sys; sys.path.append({self.computer.path(bootstrap.ROOT)!r})\n" + ENTER
        done = self.computer.run(self.python, "-I", "-B", "-c", code, words)
        assert done.returncode == 0, done.stderr

    def key(self, *names: str) -> None:
        """Press keys, one after the other."""
        self.xdo("key", "--delay", "60", *names)

    def xdo(self, *arguments: str) -> None:
        """Do something with mouse or keyboard."""
        subprocess.run(["xdotool", *arguments], env=self.on.env, check=True)

    def picture(self, name: str) -> bytes:
        """Keep what is on the screen once it is at rest, and return it."""
        seen = self.rest()
        with Image.open(self._file) as shown:
            small = shown.convert("RGB").quantize(128)
            small.save(self.folder / f"{len(self.taken) + 1:02}-{name}.png", optimize=True)
        self.taken.append(name)
        return seen

    @property
    def _file(self) -> Path:
        return self.on.folder / "screen.png"

    def _look(self) -> bytes:
        subprocess.run(["import", "-window", "root", str(self._file)], env=self.on.env, check=True)
        with Image.open(self._file) as shown:
            return shown.convert("RGB").tobytes()

    def ready(self, title: str) -> bytes:
        """Wait until the main button of a window is blue, which can be pressed then; return all."""
        left, _, right, bottom = self.window(title).place

        def seen() -> bool:
            self._look()
            with Image.open(self._file) as shown:
                bar = shown.convert("RGB").crop((left, bottom - BAR_HEIGHT, right, bottom))
            far = ImageChops.difference(bar, Image.new("RGB", bar.size, LIGHT.primary))
            farthest = reduce(ImageChops.lighter, far.split())
            return sum(farthest.histogram()[:4]) >= BUTTON_PIXELS

        until(seen, PATIENCE_SECONDS, f"the main button of {title!r}")
        return self.rest()

    def rest(self, before: bytes = b"") -> bytes:
        """Wait until the screen is at rest and another one than before; return what it shows."""

        def seen() -> bytes | None:
            shown = self._look()
            same = shown != before and all(shown == self._look() for _ in range(3))
            return shown if same else None

        found = until(seen, PATIENCE_SECONDS, "a screen at rest")
        assert found
        return found


def play(setup: Path, python: Path, folder: Path) -> None:
    """Come from the set-up program to the first sent mail, with a picture of each step."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="tm-") as scratch:
        here = Path(scratch)
        shown = _be_the_provider(here)
        make_locale()
        computer = Wine(here / "prefix")
        boot(computer)
        (here / "screen").mkdir()
        with (
            display(here / "screen", SIZE) as on,
            computer.desktop(on.variables | CHINESE, SIZE) as running,
            sink.serve(shown, user=ADDRESS, password=CODE.replace(" ", ""), port=465) as server,
        ):
            _steps(Eyes(running, on, python, folder), setup, server)


def _steps(eyes: Eyes, setup: Path, server: sink.Sink) -> None:
    eyes.computer.run("start", setup)
    eyes.window("traymail", "下一步")
    eyes.picture("welcome")
    eyes.press("traymail", "下一步")
    eyes.window("traymail", "安装(")
    eyes.picture("choices")
    eyes.press("traymail", "安装(")
    eyes.window("traymail", "完成(")
    eyes.picture("installed")
    eyes.press("traymail", "完成(")

    eyes.window("欢迎使用 traymail")
    shown = eyes.picture("first-start")
    eyes.key("Return")
    eyes.window(ACCOUNT)
    eyes.rest(shown)
    eyes.picture("address")
    eyes.type(ADDRESS)
    shown = eyes.ready(ACCOUNT)
    eyes.key("Return")
    eyes.rest(shown)
    eyes.picture("code")
    eyes.type(CODE)
    eyes.ready(ACCOUNT)
    eyes.key("Return")
    server.wait_for(1, PATIENCE_SECONDS)
    shown = eyes.ready(ACCOUNT)
    eyes.picture("tested")
    eyes.key("Return")
    eyes.rest(shown)
    eyes.ready(COMPOSE)
    shown = eyes.picture("new-mail")
    eyes.type(FRIEND)
    eyes.key("Tab")
    eyes.enter(SUBJECT)
    eyes.key("Tab")
    eyes.enter(WORDS)
    eyes.rest(shown)
    eyes.picture("written")
    eyes.key("ctrl+Return")
    mail = server.wait_for(2, PATIENCE_SECONDS)[1]
    said = message_from_bytes(mail.content, policy=default)
    assert (said["subject"], mail.recipients, mail.user) == (SUBJECT, (FRIEND,), ADDRESS)
    body = said.get_body(("plain",))
    assert body is not None
    assert WORDS in body.get_content()
    eyes.window(FRIEND)  # what the icon tells
    eyes.picture("sent")


def _be_the_provider(folder: Path) -> ssl.SSLContext:
    """Make this computer smtp.qq.com, for whoever is in this namespace; return its certificate."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    (folder / "hosts").write_text(f"127.0.0.1 localhost {SERVER}\n")
    for source, target in ((folder / "hosts", HOSTS), (folder / "ca.pem", AUTHORITIES)):
        subprocess.run(["mount", "--bind", str(source), str(target)], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(SERVER).configure_cert(context)
    return context


if __name__ == "__main__":
    play(*(Path(one).absolute() for one in sys.argv[1:]))
