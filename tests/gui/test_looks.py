"""Every window that has a picture: in both languages, at both scales; themes; the class."""

import ast
import ctypes
import tkinter as tk
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from Xlib import X, Xatom
from Xlib.display import Display as Connection
from Xlib.xobject.drawable import Window as XWindow

from tests.gui.conftest import MakeRoot
from tests.gui.gallery import FormGallery, WidgetGallery
from tests.gui.pictures import WINDOWS
from tests.support.catalogue import PACKAGE, entries
from tests.support.clip import clipped
from tests.support.display import Display
from tests.support.mails import an_item
from tests.support.tk import every_child, until_tk
from traymail.accounts.smtp import SmtpKind
from traymail.core.outbox import Phase, State
from traymail.core.texts import Text, text
from traymail.desktop.screens import Rectangle
from traymail.ui.dialogs.outbox.view import COLUMNS
from traymail.ui.model.outbox_table import line_of, until
from traymail.ui.model.trial import NAMES
from traymail.ui.palette import Mode
from traymail.ui.theme import Root
from traymail.ui.widgets import AddressField, Entry, Note, Panes, StepList
from traymail.ui.widgets.button import Tooltip
from traymail.ui.window import Question, Size, Window

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", WINDOWS)
def test_nothing_is_clipped(make_root: MakeRoot, name: str, language: str, percent: int) -> None:
    root = make_root("light", language, percent)
    window = WINDOWS[name](root)
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the window")
    assert clipped(window) == []
    if window.size_wanted.least is not None:
        width, height = (root.theme.px(side) for side in window.size_wanted.least)
        window.geometry(f"{width}x{height}")
        until_tk(root, lambda: window.winfo_width() == width, what="the least size")
        assert clipped(window) == []


def test_a_question_of_any_length_is_read_to_its_end(make_root: MakeRoot) -> None:
    root = make_root("light", "en", 100)
    window = WidgetGallery(root)
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the window")
    for count in range(9, 16):
        question = Question(window, "Delete?", "Files stay. " * count, "Delete", lambda: None)
        question.reveal()
        root.update()
        assert clipped(question) == [], count
        question.destroy()


# Every question of the program, with the longest that its sentences are filled with.
_FILE = "/home/somebody/" + "a long folder/" * 12 + "config.toml"
_HOST = "smtp." + "m" * 63 + ".example.com"
_DISCARD = text("&Discard the draft")
QUESTIONS: tuple[tuple[Text, tuple[Text, ...], Text, str], ...] = (
    (
        text("Replace all settings?"),
        (text("Your accounts and rules are replaced by those in {file}.", file="x" * 200),),
        text("&Import"),
        "",
    ),
    (
        text("Is this what you want?"),
        (
            text("A configuration from elsewhere could give secrets away. With this one:"),
            text(
                "Account {name} gives its secret to any server that {path} vouches for as {host}.",
                name="W" * 64,
                path=_FILE,
                host=_HOST,
            ),
            text(
                "Account {name} runs {command} and gives what it prints to {host}.",
                name="W" * 64,
                command="sh -c " + "word " * 40,
                host=_HOST,
            ),
        ),
        text("&Agree"),
        "",
    ),
    (
        text("Close without saving?"),
        (text("Your changes to this rule are not saved yet."),),
        text("&Discard changes"),
        "",
    ),
    (
        text("Delete this rule?"),
        (text("Mail that waits is still sent. Files and logs stay as they are."),),
        text("&Delete rule"),
        "",
    ),
    (
        text("There is a draft already"),
        (text("This mail is not sent yet. The new mail takes its place."),),
        _DISCARD,
        "W" * 200,
    ),
    (
        text("Discard the draft?"),
        (text("What you wrote and the list of files will be lost."),),
        _DISCARD,
        "主题" * 100,
    ),
    (
        text("Remove {name}?", name="W" * 64),
        (
            text(
                "The account and its code are removed from this computer. "
                "The mailbox itself stays as it is."
            ),
        ),
        text("&Remove"),
        "",
    ),
    (
        text("Delete the group {name}?", name="W" * 64),
        (text("Mails that were written stay as they are."),),
        text("&Delete group"),
        "",
    ),
)


def test_every_question_of_the_program_is_among_these() -> None:
    asked = {one.msgid for title, said, verb, _ in QUESTIONS for one in (title, *said, verb)}
    assert asked <= {entry.said for entry in entries()}, "word for word"
    makers = sum(
        isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Question"
        for source in (PACKAGE / "ui" / "dialogs").rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
    )
    assert makers == len(QUESTIONS) - 1, "one place asks about the draft in two ways"


@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_question_is_read_to_its_end(
    make_root: MakeRoot, language: str, percent: int
) -> None:
    root = make_root("light", language, percent)
    window = WidgetGallery(root)
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the window")
    for title, (sentence, *more), verb, which in QUESTIONS:
        question = Question(window, title, sentence, verb, lambda: None, which)
        for words in more:
            question.add_sentence(words)
        question.offer(text("&Save and watch"), lambda: None)
        question.reveal()
        root.update()
        assert clipped(question) == [], title
        question.destroy()


def test_a_sentence_that_gets_an_icon_is_read_to_its_end(make_root: MakeRoot) -> None:
    root = make_root("light", "en", 100)
    window = Window(root, "Notes", Size(300, 900))
    notes = [Note(window) for _ in range(30)]
    for note in notes:
        note.pack(fill="x")
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the window")
    root.update()
    for letters, note in enumerate(notes, start=20):
        note.set_text("i" * letters * 2 + " end", "danger", "exclamation-circle")
    root.update()
    assert clipped(window) == []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_live_switch_paints_all_that_was_made(make_root: MakeRoot, mode: Mode) -> None:
    root = make_root(mode)
    window = FormGallery(root, problems=False)
    window.reveal()
    root.update()
    other: Mode = "light" if mode == "dark" else "dark"
    root.theme.use(other)
    root.update()
    assert window.cget("background") == root.theme.palette.bg
    texts = [child for child in every_child(window) if child.winfo_class() == "Text"]
    assert [str(text.cget("background")) for text in texts] == [root.theme.palette.input]
    root.theme.use(mode)
    assert window.cget("background") == root.theme.palette.bg


def test_other_clients_of_the_display_cannot_run_code(root: Root) -> None:
    assert not root.tk.call("info", "commands", "send")


def test_windows_are_of_the_class_of_the_program(root: Root) -> None:
    window = WidgetGallery(root)
    assert window.winfo_class() == "Traymail"
    assert root.winfo_class() == "Traymail"


def test_a_window_is_made_hidden_shown_and_hidden_again(root: Root) -> None:
    window = WidgetGallery(root)
    root.update()
    assert not window.winfo_viewable()
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the window")
    window.event_generate("<Escape>")
    root.update()
    assert not window.winfo_viewable()
    assert window.winfo_exists()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("percent", [100, 200])
def test_when_a_mail_leaves_fits_its_column(
    make_root: MakeRoot, language: str, percent: int
) -> None:
    theme = make_root("light", language, percent).theme
    (column,) = (one for one in COLUMNS if one.key == "when")
    waits = an_item(state=State.SENDING, phase=Phase.DATA)
    for told in (until(NOON, NOON), line_of(waits, NOON).when):
        words = theme.say(told)
        assert theme.font("TkDefaultFont").measure(words) <= theme.px(column.width) - theme.px(12)


# These are used beside others; what is not named here is small, or asks.
STAY = ("SettingsWindow", "OutboxWindow", "HelpWindow", "InboxWindow", "GuideWindow")
# Pictures of what is in a window; the window itself is another's.
INSIDE = ("gallery", "quick-send")


@pytest.mark.parametrize("name", [name for name in WINDOWS if not name.startswith(INSIDE)])
def test_windows_tell_desktops_that_tile_what_they_are(root: Root, name: str) -> None:
    window = WINDOWS[name](root)
    question = Question(window, "Really?", "Words.", "Yes", lambda: None)
    stays = {kind.__name__ for kind in type(window).__mro__} & set(STAY)
    for one, kind in ((window, () if stays else ("dialog",)), (question, ("dialog",))):
        assert tuple(root.tk.splitlist(one.wm_attributes("-type"))) == kind
    question.destroy()


def test_steps_say_nothing_before_they_are_started(root: Root) -> None:
    window = WINDOWS["help-diagnosis"](root)
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    (steps,) = [one for one in every_child(window) if isinstance(one, StepList)]
    said = [
        words
        for one in every_child(steps)
        if one.winfo_class() == "TLabel" and (words := str(one.cget("text")).strip())
    ]
    assert said == [str(NAMES[step]) for step in SmtpKind.diagnosis]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Within 1 min at least 1 matches"), ("zh_CN", "条件 1 分钟 内至少匹配 1 次")],
)
def test_when_a_log_rule_mails_is_read_as_a_sentence(
    make_root: MakeRoot, language: str, sentence: str
) -> None:
    window = WINDOWS["rule-log"](make_root("light", language))
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    window.update()
    seen = [
        (one.winfo_rooty() + one.winfo_height() / 2, one.winfo_rootx(), words)
        for one in every_child(window)
        if one.winfo_class() in {"TLabel", "TEntry"} and one.winfo_viewable()
        if (words := str(one.get() if isinstance(one, Entry) else one.cget("text")).strip())
    ]
    middle = next(y for y, _x, words in seen if words in {"at least", "内至少匹配"})
    row = [words for y, _x, words in sorted(seen, key=lambda one: one[1]) if abs(y - middle) < 4]
    assert " ".join(row) == sentence


@pytest.mark.parametrize("percent", [100, 200])
def test_what_stands_beside_the_recipients_is_on_their_line(
    make_root: MakeRoot, percent: int
) -> None:
    window = WINDOWS["quick-send"](make_root("light", "en", percent))
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    window.update()

    def middle(words: str) -> float:
        (one,) = [
            one
            for one in every_child(window)
            if one.winfo_class() in {"TLabel", "TButton"} and str(one.cget("text")).strip() == words
        ]
        return one.winfo_rooty() + one.winfo_height() / 2

    assert {abs(middle(words) - middle("To")) <= 1 for words in ("Me", "Cc/Bcc")} == {True}


@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", [name for name in WINDOWS if name.startswith("outbox-")])
def test_what_can_be_done_about_a_mail_is_in_sight(
    make_root: MakeRoot, name: str, language: str, percent: int
) -> None:
    """Nobody has to scroll to it."""
    window = WINDOWS[name](make_root("light", language, percent))
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    window.update()
    assert [
        str(one.cget("text"))
        for area in every_child(window)
        if area.winfo_class() == "Canvas" and area.winfo_viewable()
        for one in every_child(area)
        if one.winfo_class() == "TButton" and not _lies_within(one, area)
    ] == []


def _lies_within(one: tk.Misc, area: tk.Misc) -> bool:
    top = one.winfo_rooty() - area.winfo_rooty()
    return top >= 0 and top + one.winfo_height() <= area.winfo_height()


@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("state", ["", "-error", "-not-imported", "-saving"])
def test_a_page_that_is_a_line_too_high_gets_its_room(
    make_root: MakeRoot, state: str, language: str, percent: int
) -> None:
    window = WINDOWS[f"settings-general{state}"](make_root("light", language, percent))
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    window.update()
    [page] = [
        one for one in every_child(window) if one.winfo_class() == "Canvas" and one.winfo_viewable()
    ]
    assert page.winfo_children()[0].winfo_reqheight() <= page.winfo_height()


@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_recipients_are_seen_in_whole_rows(
    make_root: MakeRoot, language: str, percent: int
) -> None:
    window = WINDOWS["quick-send-many"](make_root("light", language, percent))
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    window.update()
    fields = [one for one in every_child(window) if isinstance(one, AddressField)]
    assert len(fields) == 3
    for field in fields:
        [area] = [one for one in every_child(field) if one.winfo_class() == "Canvas"]
        edge = area.winfo_rooty() + area.winfo_height()
        chips = [one for one in every_child(area) if one.winfo_manager() == "place"]
        tops = {one.winfo_rooty(): one.winfo_rooty() + one.winfo_height() for one in chips}
        assert [top for top, bottom in tops.items() if top < edge < bottom] == []
        assert len([bottom for bottom in tops.values() if bottom <= edge]) >= 3


def _right_edges(window: tk.Misc, kinds: set[str]) -> set[int]:
    """Return how far from the right edge of a window its widest fields, or buttons, end."""
    ends = [
        window.winfo_rootx() + window.winfo_width() - one.winfo_rootx() - one.winfo_width()
        for one in every_child(window)
        if one.winfo_class() in kinds and one.winfo_viewable()
    ]
    return {min(ends)}


@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize(
    "name",
    ["account-1-address", "account-1-by-hand", "settings-accounts", "help-diagnosis", "quick-send"],
)
def test_fields_end_where_the_buttons_below_do(
    make_root: MakeRoot, name: str, percent: int
) -> None:
    window = WINDOWS[name](make_root("light", "en", percent))
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    window.update()
    (fields,) = _right_edges(window, {"TEntry", "TMenubutton"})
    (buttons,) = _right_edges(window, {"TButton"})
    assert fields == buttons


SMALL = (Rectangle(0, 0, 1920, 1080), Rectangle(0, 0, 1280, 800))


@pytest.mark.parametrize("monitor", SMALL, ids=["1920x1080", "1280x800"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", [name for name in WINDOWS if not name.startswith("gallery")])
def test_nothing_is_cut_off_at_200_percent_on_a_small_screen(
    make_root: MakeRoot, name: str, language: str, monitor: Rectangle
) -> None:
    root = make_root("light", language, 200, monitor)
    window = WINDOWS[name](root)
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    window.update()
    assert window.winfo_width() <= monitor.width
    assert window.winfo_height() <= monitor.height
    panes = [one for one in every_child(window) if isinstance(one, Panes)]
    for place in (0, 1):
        for one in panes:
            one.lead_to(place)
        window.update()
        assert [one for one in clipped(window) if not one.startswith("not shown")] == []
    window.destroy()


@pytest.fixture
def double_scale(screen: Display) -> Iterator[None]:
    """Let the display say that its desktop wants 200 %."""
    del screen  # entered
    here = Connection()
    window = here.screen().root
    window.change_property(Xatom.RESOURCE_MANAGER, Xatom.STRING, 8, b"Xft.dpi:\t192\n")
    here.sync()
    yield
    window.delete_property(Xatom.RESOURCE_MANAGER)
    here.sync()
    here.close()


@pytest.mark.parametrize("has_library", [True, False])
def test_the_scale_of_the_desktop_is_known_without_a_program(
    double_scale: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_library: bool
) -> None:
    del double_scale  # set
    monkeypatch.setenv("PATH", str(tmp_path))

    def lacks(name: str) -> None:
        raise OSError(name)

    if not has_library:  # as where Tk brings its own
        monkeypatch.setattr(ctypes, "CDLL", lacks)
    root = Root()
    try:
        assert root.theme.px(100) == 200
    finally:
        root.tk.call("tk", "scaling", 4 / 3)  # Tk keeps it for the next root on this display
        root.update()
        root.destroy()


def _laid_by_the_server(window: tk.Misc) -> set[str]:
    """Return the colours that a window has before Tk has drawn anything."""
    here = Connection()

    def clear(one: XWindow) -> None:
        if one.get_attributes().map_state == X.IsViewable:
            one.clear_area(0, 0, 0, 0, False)  # without telling Tk
            for inside in one.query_tree().children:
                clear(inside)

    try:
        top = here.create_resource_object("window", window.winfo_id())
        clear(top)
        here.sync()
        size = top.get_geometry()
        held = top.get_image(0, 0, size.width, size.height, X.ZPixmap, 0xFFFFFFFF).data
    finally:
        here.close()
    return {f"#{held[at : at + 3][::-1].hex()}" for at in range(0, len(held), 4)}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_windows_come_up_in_the_colour_of_the_theme(make_root: MakeRoot, mode: Mode) -> None:
    root = make_root("light")
    root.theme.use(mode)
    palette = root.theme.palette
    grounds = {palette.bg, palette.card, palette.chrome, palette.input, palette.btn}
    for name in ("rule-folder", "settings-accounts", "outbox-failed", "quick-send"):
        window = WINDOWS[name](root)
        window.reveal()
        until_tk(window, window.winfo_viewable, what="the window")
        window.update()
        assert _laid_by_the_server(window) <= grounds, name
        window.destroy()
    window = WINDOWS["rule-folder"](root)
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    Tooltip(window, lambda _x, _y: "A tooltip")
    window.event_generate("<Motion>", x=5, y=5)

    def tips() -> list[tk.Misc]:
        return [
            one
            for one in every_child(window)
            if isinstance(one, tk.Toplevel) and one.wm_overrideredirect() and one.winfo_viewable()
        ]

    (tip,) = until_tk(window, tips, what="the tooltip")
    window.update()
    assert _laid_by_the_server(tip) <= grounds
