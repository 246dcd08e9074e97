"""What the widgets do when keys are pressed and things change."""

import tkinter as tk

import pytest

from tests.gui.gallery import FORM, PROBLEMS
from tests.support.tk import press, until_tk
from traymail.core.fields import Choice
from traymail.core.texts import text
from traymail.ui.form import FormView, ProblemCount
from traymail.ui.theme import Root
from traymail.ui.widgets import (
    AddressField,
    Area,
    Attached,
    AttachmentStrip,
    Button,
    Column,
    Entry,
    Picker,
    Row,
    ScrollArea,
    Segment,
    Segments,
    Suggestion,
    Switch,
    Table,
    TextArea,
    Toast,
    UndoBar,
)
from traymail.ui.widgets.strips import UndoChoices
from traymail.ui.window import Size, Window

KNOWN = (
    Suggestion("li.na@example.com", "Li Na"),
    Suggestion("lily@lab.example", "Lily"),
)


@pytest.fixture
def window(root: Root) -> Window:
    window = Window(root, "test", Size(600, 500, (300, 200)))
    window.reveal()
    shown(window)
    return window


def shown(window: Window) -> None:
    until_tk(window, window.winfo_viewable, what="the window")


def typed(entry: Entry, words: str) -> None:
    for letter in words:
        entry.insert("end", letter)
        entry.update()


@pytest.fixture
def field(window: Window) -> AddressField:
    def label(address: str) -> str | None:
        return address if "." in address.partition("@")[2] else None

    def suggest(start: str) -> tuple[Suggestion, ...]:
        return tuple(one for one in KNOWN if one.address.startswith(start))

    field = AddressField(window, label, suggest)
    field.pack(fill="x")
    Entry(window).pack()
    return field


@pytest.mark.parametrize("key", ["<Return>", "<Tab>"])
def test_a_key_makes_a_chip(field: AddressField, key: str) -> None:
    typed(field.entry, "boss@example.com")
    press(field.entry, key)
    assert field.addresses == ("boss@example.com",)
    assert field.entry.value == ""


@pytest.mark.parametrize(
    ("words", "chips", "left"),
    [
        ("a@example.com,", ("a@example.com",), ""),
        ("a@example.com;b@example.com；c", ("a@example.com", "b@example.com"), "c"),
        ("a@example.com, a@example.com,", ("a@example.com",), ""),
        ("no address,", ("no address",), ""),
    ],
)
def test_commas_and_semicolons_make_chips(
    field: AddressField, words: str, chips: tuple[str, ...], left: str
) -> None:
    field.entry.insert(0, words)
    assert field.entry.value == left
    assert field.addresses == (*chips, *((left,) if left else ()))


def test_backspace_marks_then_removes(field: AddressField) -> None:
    field.addresses = ("a@example.com", "bad")
    seen = []
    for _ in range(3):
        press(field.entry, "<BackSpace>")
        seen.append(field.addresses)
    assert seen == [("a@example.com", "bad"), ("a@example.com",), ("a@example.com",)]


def test_a_proposal_is_chosen_with_the_keyboard(field: AddressField) -> None:
    typed(field.entry, "li")
    press(field.entry, "<Down>", "<Return>")
    assert field.addresses == ("lily@lab.example",)


def test_many_recipients_scroll(field: AddressField, window: Window) -> None:
    """The field stays low, and what is typed stays in sight."""
    field.addresses = tuple(f"colleague{number}@example.com" for number in range(50))
    window.update()
    most = field.look.px(110)
    until_tk(window, lambda: field.winfo_height() <= most, what="the field's height")
    typed(field.entry, "boss@example.com")
    press(field.entry, "<Return>")
    until_tk(window, lambda: _inside(field.entry, field), what="the entry in sight")
    field.addresses = ("boss@example.com",)
    until_tk(window, lambda: field.winfo_height() < most / 2, what="one row")


def _inside(widget: tk.Misc, around: tk.Misc) -> bool:
    top = widget.winfo_rooty() - around.winfo_rooty()
    return top >= 0 and top + widget.winfo_height() <= around.winfo_height()


def test_the_wheel_turns_the_innermost_that_can_scroll(window: Window) -> None:
    outer = ScrollArea(window)
    outer.pack(fill="both", expand=True)
    inner = ScrollArea(outer.inner, highest=100)
    inner.pack(fill="x")
    for area, height in ((inner, 300), (outer, 900)):
        filler = Area(area.inner)
        filler.configure(height=height)
        filler.pack(fill="x")
    until_tk(window, lambda: inner.winfo_height() == window.look.px(100), what="the lower one")
    window.update()
    inner.inner.event_generate("<Button-5>")
    assert (inner._canvas.yview()[0] > 0, outer._canvas.yview()[0]) == (True, 0.0)
    outer.inner.event_generate("<Button-5>")
    assert outer._canvas.yview()[0] > 0


def test_escape_closes_the_proposals_and_not_the_window(
    field: AddressField, window: Window
) -> None:
    typed(field.entry, "li")
    press(field.entry, "<Escape>")
    assert window.winfo_viewable()
    assert field.entry.value == "li"
    press(field.entry, "<Escape>")
    assert not window.winfo_viewable()


def test_a_form_gives_back_what_it_was_filled_with(window: Window) -> None:
    form = FormView(window, FORM)
    form.pack(fill="both")
    values = {
        "folder": "/home/ming/Scans",
        "only": "*.pdf",
        "pattern": "ERROR",
        "to": "a@example.com, b@example.com",
        "host": "smtp.example.com",
        "port": "587",
        "security": "starttls",
        "account": "work",
        "cap": "20",
        "on": "false",
        "theme": "dark",
        "body": "two\nlines",
        "rare": "x",
    }
    changed: list[str] = []
    form.fill(values)
    window.update()
    assert form.values == values
    assert changed == []


def test_problems_are_shown_at_their_fields_and_go_away(window: Window) -> None:
    bar = Area(window)
    bar.pack(side="bottom")
    form = FormView(window, FORM)
    form.pack(fill="both")
    count = ProblemCount(bar, form)
    Button(bar, "Save", window.close).pack(side="left")
    fields, homeless = form.show_problems(PROBLEMS, "rules[0].")
    count.show(fields)
    window.update()
    assert (fields, homeless) == (2, ())
    assert is_seen(count)
    count.invoke()
    assert str(until_tk(window, window.focus_get)).startswith(str(form))
    count.show(form.show_problems((), "rules[0].")[0])
    window.update()
    assert not is_seen(count)


def is_seen(widget: tk.Misc) -> bool:
    return bool(widget.winfo_viewable())


def test_what_the_user_changes_is_told(window: Window) -> None:
    changed: list[str] = []
    form = FormView(window, FORM, changed.append)
    form.pack(fill="both")
    form.jump("only")
    until_tk(window, window.focus_get, what="the keyboard")
    entry = window.focus_get()
    assert isinstance(entry, Entry)
    entry.insert("end", "x")
    assert changed == ["only"]


def test_a_table_keeps_its_choice_when_rows_change(window: Window) -> None:
    chosen: list[str | None] = []
    opened: list[str] = []
    columns = (Column("a", "A", 200, stretch=True), Column("b", "B", 80))
    table = Table(window, columns, chosen.append, opened.append)
    table.pack(fill="both", expand=True)
    rows = [Row(str(n), (f"mail {n}", "x")) for n in range(500)]
    table.show(rows)
    table.select("7")
    window.update()
    press(table.tree, "<Return>")
    table.show([Row("new", ("new", "y")), *rows[5:]])
    window.update()
    kept = table.selected
    table.show(rows[100:])
    window.update()
    assert (kept, table.selected) == ("7", None)
    assert (chosen, opened) == (["7", None], ["7"])


def test_long_cells_are_elided_and_full_in_the_tooltip(window: Window) -> None:
    table = Table(window, (Column("a", "A", 100), Column("b", "B", 80, stretch=True)))
    table.pack(fill="both", expand=True)
    table.show([Row("1", ("a very long subject that does not fit", "x"))])
    window.update()
    assert table.tree.item("1", "text").endswith("…")


def test_segments_move_with_the_arrows(window: Window) -> None:
    chosen: list[str] = []
    segments = Segments(
        window, [Segment("a", "A"), Segment("b", "B"), Segment("c", "C")], "a", chosen.append
    )
    segments.pack()
    segments.focus_on_choice()
    until_tk(window, window.focus_get, what="the keyboard")
    press(window.focus_get() or segments, "<Right>", "<Right>", "<Right>", "<Left>")
    assert segments.value == "b"
    assert chosen == ["b", "c", "c", "b"]


def test_a_switch_is_turned_with_the_space_bar(window: Window) -> None:
    told: list[bool] = []
    switch = Switch(window, "On", on_change=told.append)
    switch.pack()
    press(switch, "<space>")
    assert told == [True]
    assert switch.on


def test_keys_press_a_button(window: Window) -> None:
    pressed: list[str] = []
    button = Button(window, text("&Save"), lambda: pressed.append("save"))
    button.pack()
    for times, key in enumerate(("<Return>", "<space>", "<Alt-s>"), start=1):
        press(button, key)
        until_tk(window, lambda times=times: len(pressed) >= times, what=key)  # type: ignore[misc] # a bound loop variable
    button.enable(False)
    press(button, "<Alt-s>", "<Return>")
    assert len(pressed) == 3


def test_a_picker_shows_the_words_and_gives_the_value(window: Window) -> None:
    picker = Picker(window, (Choice("tls", "SSL/TLS"), Choice("none", text("none"))), "tls")
    picker.pack()
    assert picker.cget("text") == "SSL/TLS"
    picker.value = "none"
    assert picker.cget("text") == "none"


def test_the_wheel_scrolls_the_area_below_the_pointer(window: Window) -> None:
    areas = [ScrollArea(window), ScrollArea(window)]
    tops = []
    for area in areas:
        area.pack(side="left", fill="both", expand=True)
        entries = [Entry(area.inner) for _ in range(40)]
        for entry in entries:
            entry.pack()
        tops.append(entries[0])
    window.update()
    before = [top.winfo_rooty() for top in tops]
    tops[1].event_generate("<Button-5>")
    until_tk(window, lambda: tops[1].winfo_rooty() < before[1], what="the area to move")
    assert tops[0].winfo_rooty() == before[0]
    tops[1].event_generate("<Button-4>")
    until_tk(window, lambda: tops[1].winfo_rooty() == before[1], what="the area to be back")


def test_the_wheel_goes_past_a_text_that_has_nothing_to_scroll(window: Window) -> None:
    area = ScrollArea(window)
    area.pack(fill="both", expand=True)
    texts = [TextArea(area.inner, height=2) for _ in range(40)]
    for one in texts:
        one.pack()
    window.update()
    before = texts[0].winfo_rooty()
    texts[0].event_generate("<Button-5>")
    until_tk(window, lambda: texts[0].winfo_rooty() < before, what="the area to move")
    texts[0].insert("1.0", "a line\n" * 9)
    window.update()
    before = texts[0].winfo_rooty()
    texts[0].event_generate("<Button-5>")
    until_tk(window, lambda: texts[0].yview()[0] > 0, what="the text to move")
    window.update()
    assert texts[0].winfo_rooty() == before


def test_a_window_hears_no_more_for_areas_that_are_gone(window: Window) -> None:
    ScrollArea(window)
    keys = ("<MouseWheel>", "<Button-4>", "<Button-5>", "<FocusIn>")
    heard = [window.bind(key) for key in keys]
    for _ in range(20):
        ScrollArea(window).destroy()
    assert [window.bind(key) for key in keys] == heard


def test_the_keyboard_never_leads_to_what_cannot_be_seen(window: Window) -> None:
    area = ScrollArea(window)
    area.pack(fill="both", expand=True)
    entries = [Entry(area.inner) for _ in range(40)]
    for entry in entries:
        entry.pack()
    window.update()
    press(entries[-1], "<Home>")
    bottom = window.winfo_rooty() + window.winfo_height()
    until_tk(
        window,
        lambda: entries[-1].winfo_rooty() < bottom,
        what="the last field in sight",
    )


def test_files_that_do_not_fit_stand_behind_a_button(window: Window) -> None:
    removed: list[str] = []
    strip = AttachmentStrip(window, removed.append)
    strip.pack(fill="x")
    window.update()
    strip.show([Attached(str(n), f"scan {n}.pdf", "1 MB") for n in range(9)])
    window.update()
    (more,) = [child for child in children(strip) if isinstance(child, Button)]
    assert more.winfo_viewable()
    assert str(more.cget("text")).startswith("+")
    low = strip.winfo_height()
    more.invoke()
    until_tk(window, lambda: strip.winfo_height() > low, what="all files")


def children(widget: tk.Misc) -> list[tk.Misc]:
    return [below for child in widget.winfo_children() for below in (child, *children(child))]


@pytest.mark.parametrize("key", ["<Escape>", "<Return>"])
def test_undo(window: Window, key: str) -> None:
    told: list[str] = []
    choices = UndoChoices(
        undo=lambda: told.append("undo"),
        now=lambda: told.append("now"),
        done=lambda: told.append("done"),
    )
    bar = UndoBar(window, lambda s: text("Sending in {s} s", s=s), 60, choices)
    bar.pack(fill="x")
    bar.start()
    press(bar.undo_button, key)
    assert told == ["undo"]
    assert window.winfo_viewable()
    bar.destroy()


def test_without_undo_it_is_done(window: Window) -> None:
    told: list[str] = []
    choices = UndoChoices(
        undo=lambda: told.append("undo"),
        now=lambda: told.append("now"),
        done=lambda: told.append("done"),
    )
    bar = UndoBar(window, lambda s: text("Sending in {s} s", s=s), 0, choices)
    bar.start()
    assert told == ["done"]


def test_a_toast_goes_when_its_window_does(root: Root) -> None:
    window = Window(root, "test", Size(300, 200))
    toast = Toast(window)
    toast.show(text("Draft kept"), "ok")
    window.update()
    window.destroy()
    root.update()
