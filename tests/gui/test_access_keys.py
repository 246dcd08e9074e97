"""Access keys: Alt and the letter that is underlined, in every window that has a picture."""

import re
import tkinter as tk
from collections import defaultdict

import pytest

from tests.gui.conftest import MakeRoot
from tests.gui.pictures import WINDOWS
from tests.support.hands import Hands
from tests.support.tk import every_child, until_tk
from traymail.core.fields import Choice, Field, FieldKind, Section
from traymail.core.texts import text
from traymail.ui.form import FormView
from traymail.ui.model.passages import Passage
from traymail.ui.theme import Root
from traymail.ui.widgets import Button
from traymail.ui.widgets.base import accessible
from traymail.ui.widgets.reading import ReadingText
from traymail.ui.window import Dialog, Footer, Size

FORM = (
    Section(
        None,
        (
            Field("host", text("Ser&ver, port")),
            Field("kind", text("Lo&gin"), FieldKind.CHOICE, choices=(Choice("a", "A & B"),)),
        ),
    ),
)


class Desk(Hands):
    """A window with a form and a button."""

    def __init__(self, root: Root) -> None:
        self.root = root
        self.pressed: list[str] = []
        self.window = Dialog(root, "Keys", Size(420, 260))
        self.form = FormView(self.window.body, FORM)
        self.form.pack(fill="x")
        self.save = self.window.footer.add(text("&Save"), lambda: self.pressed.append("save"))
        self.window.reveal()
        self.until(self.window.winfo_viewable, "the window")
        self.until(lambda: root.focus_get() is not None, "the keyboard")

    def focused(self) -> str:
        widget = self.root.focus_get()
        return "" if widget is None else widget.winfo_class()


@pytest.fixture
def desk(root: Root) -> Desk:
    return Desk(root)


# The gallery shows every kind of button with the same words.
@pytest.mark.parametrize("name", [name for name in WINDOWS if not name.startswith("gallery")])
def test_no_two_things_share_a_key(make_root: MakeRoot, name: str) -> None:
    root = make_root("light", "en", 100)
    window = WINDOWS[name](root)
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the window")
    assert clashes(window) == {}
    assert keyless_in_footers(window) == []


def clashes(window: tk.Misc) -> dict[str, list[str]]:
    """Return the captions that share a key, by the key."""
    captions: dict[str, list[str]] = defaultdict(list)
    for widget in accessible(window):
        assert isinstance(widget, tk.Misc)
        captions[widget.access_key].append(str(widget.cget("text")))
    return {key: shared for key, shared in captions.items() if len(shared) > 1}


def keyless_in_footers(window: tk.Misc) -> list[str]:
    """Return the words of the buttons in a footer that have no key; counts need none."""
    return [
        str(button.cget("text"))
        for footer in every_child(window)
        if isinstance(footer, Footer) and footer.winfo_viewable()
        for button in every_child(footer)
        if isinstance(button, Button) and button.winfo_viewable()
        if button.instate(["!disabled"]) and not button.access_key
        if re.search(r"[A-Z]", str(button.cget("text")))
    ]


@pytest.mark.parametrize("name", WINDOWS)
def test_chinese_captions_show_no_mark_and_have_no_key(make_root: MakeRoot, name: str) -> None:
    root = make_root("light", "zh_CN", 100)
    window = WINDOWS[name](root)
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the window")
    assert list(accessible(window)) == []
    buttons = [one for one in every_child(window) if isinstance(one, Button)]
    assert [one for one in buttons if "&" in str(one.cget("text"))] == []


def test_a_key_presses_a_button_wherever_the_keyboard_is(desk: Desk) -> None:
    desk.go_to(desk.form, "host")
    desk.keys("alt+s")
    desk.until(lambda: desk.pressed, "the button")
    assert desk.save.cget("underline") == 0
    assert desk.form.values["host"] == ""


def test_a_key_leads_into_a_field(desk: Desk) -> None:
    desk.keys("alt+g")
    desk.until(lambda: desk.focused() == "TMenubutton", "the picker")
    desk.keys("alt+v")
    desk.until(lambda: desk.focused() == "TEntry", "the field")
    desk.type("smtp")
    desk.until(lambda: desk.form.values["host"] == "smtp", "what was typed")


def test_what_is_disabled_or_hidden_has_no_key(desk: Desk) -> None:
    desk.save.enable(False)
    desk.form.reveal("host", shown=False)
    desk.root.update()
    assert [widget.access_key for widget in accessible(desk.window)] == ["g"]


def test_an_ampersand_of_the_users_is_shown(desk: Desk) -> None:
    desk.save.set_text("Smith & Sons")
    assert desk.save.cget("text") == "Smith & Sons"
    desk.save.set_text(text("Remove {name}?", name="A&B"))
    assert desk.save.cget("text") == "Remove A&B?"
    assert desk.save.access_key == ""


def test_other_words_bring_another_key(desk: Desk) -> None:
    desk.save.set_text(text("C&lose"))
    desk.keys("alt+s", "alt+l")
    desk.until(lambda: desk.pressed, "the button")
    assert desk.pressed == ["save"]


def test_links_in_a_text_are_reached_and_opened_by_keys(root: Root) -> None:
    desk, opened = Desk(root), list[str]()
    reading = ReadingText(desk.window.body, open_page=opened.append)
    reading.show(
        [
            Passage("Begin at "),
            *(Passage(url, url=url) for url in ("https://a.example", "https://b.example")),
            Passage(" and go on."),
        ]
    )
    reading.pack(fill="both", expand=True)
    reading.text.focus_force()
    desk.until(lambda: desk.focused() == "Text", "the keyboard in the text")
    desk.keys("Return")
    desk.keys("Tab", "Return", "Tab", "Return", "shift+Tab", "Return")
    desk.until(lambda: len(opened) == 3, "the pages")
    assert opened == ["https://a.example", "https://b.example", "https://a.example"]
    assert desk.focused() == "Text"
    shown = reading.text.get(*map(str, reading.text.tag_ranges("here")))
    assert shown == "https://a.example"
    desk.keys("Tab", "Tab")
    desk.until(lambda: desk.focused() != "Text", "the keyboard to go on")
    assert not reading.text.tag_ranges("here")
