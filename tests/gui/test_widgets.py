"""What the widgets do when keys are pressed and things change."""

import tkinter as tk

import pytest

from tests.gui.gallery import FORM, PROBLEMS
from tests.support.hands import Hands
from tests.support.tk import every_child, go_to, press, until_tk, words_of
from traymail.core.fields import Choice
from traymail.core.texts import text
from traymail.ui.action_bar import ActionBar
from traymail.ui.form import FormView
from traymail.ui.model.actions import Actions, Offered
from traymail.ui.model.help import HelpAct
from traymail.ui.theme import Root
from traymail.ui.widgets import (
    AddressField,
    Area,
    Attached,
    AttachmentStrip,
    Button,
    Column,
    Entry,
    Panes,
    Picker,
    Rail,
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
    stack,
)
from traymail.ui.widgets.strips import UndoChoices
from traymail.ui.window import Footer, Size, Window

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


def test_f2_takes_the_chip_before_back_to_its_place(field: AddressField) -> None:
    field.addresses = ("a@example.com", "b@exampel.com", "c@example.com")
    press(field.entry, "<BackSpace>", "<F2>")
    assert (field.entry.value, len(field.row.chips)) == ("c@example.com", 2)
    press(field.entry, "<F2>")
    assert field.entry.value == "c@example.com", "only where nothing is typed"
    press(field.entry, "<Return>", "<F2>")
    field.entry.value = ""
    press(field.entry, "<F2>")
    typed(field.entry, "!")
    press(field.entry, "<Return>")
    assert list(field.addresses) == ["a@example.com", "b@exampel.com!"]


def test_a_double_click_takes_a_chip_back_to_its_place(field: AddressField, window: Window) -> None:
    field.addresses = ("a@example.com", '"Na, Li" <li@exampel.com>', "c@example.com")
    typed(field.entry, "d@example.com")
    hands = Hands()
    hands.root = window
    words = next(one for one in every_child(field.row.chips[1]) if one.winfo_class() == "TLabel")
    chip = field.row.chips[1]
    until_tk(window, chip.winfo_viewable, what="the chip")
    x, y = chip.winfo_rootx() + 20, chip.winfo_rooty() + words.winfo_height() // 2 + 4
    hands.xdo("mousemove", str(x), str(y), "click", "--repeat", "2", "--delay", "80", "1")
    until_tk(window, lambda: field.entry.value, what="the words")
    assert field.entry.value == '"Na, Li" <li@exampel.com>'
    left = [chip.winfo_x() for chip in field.row.chips]
    until_tk(window, lambda: left[0] < field.entry.winfo_x(), what="the words at their place")
    hands.keys("Left", "BackSpace", "BackSpace", "BackSpace", "BackSpace")
    hands.type(".cn")
    there = ("a@example.com", '"Na, Li" <li@exampel.cn>', "c@example.com", "d@example.com")
    until_tk(window, lambda: field.addresses == there, what="what is typed")
    hands.keys("Return")
    until_tk(window, lambda: len(field.row.chips) == 4, what="the chip")
    assert list(field.addresses) == list(there)


def test_chips_are_seen_however_they_were_made(field: AddressField, window: Window) -> None:
    def all_seen() -> bool:
        return all(chip.winfo_width() > 50 for chip in field.row.chips)

    typed(field.entry, "a@example.com,")
    until_tk(window, lambda: len(field.row.chips) == 1 and all_seen(), what="the first chip")
    typed(field.entry, "b@example.com,")
    field.add("c@example.com")
    until_tk(window, lambda: len(field.row.chips) == 3 and all_seen(), what="three chips")
    typed(field.entry, "d@example.com")
    field.edit("a@example.com")
    until_tk(window, lambda: len(field.row.chips) == 3 and all_seen(), what="the others")
    press(field.entry, "<Return>")
    until_tk(window, lambda: len(field.row.chips) == 4 and all_seen(), what="all chips")
    field.addresses = ("a@example.com",)
    field.addresses = ("b@example.com", "c@example.com")
    until_tk(window, lambda: len(field.row.chips) == 2 and all_seen(), what="others")


def test_return_goes_on_where_nothing_is_typed(field: AddressField, window: Window) -> None:
    press(field.entry, "<Return>")
    assert isinstance(window.focus_get(), Entry)
    assert str(window.focus_get()) != str(field.entry)
    field.addresses = ("a@example.com",)
    typed(field.entry, "b@example.com")
    press(field.entry, "<Return>")
    assert str(window.focus_get()) == str(field.entry), "that made a chip"
    press(field.entry, "<Return>")
    assert str(window.focus_get()) != str(field.entry)


def test_what_is_typed_has_room(field: AddressField, window: Window) -> None:
    """It begins a row of its own before it gets too narrow to be read."""
    letter = field.theme.font("TkDefaultFont").measure("m")
    for number in range(4, 40):
        field.addresses = ("m" * number + "@example.com", "b@example.com")
        window.update()
        assert field.entry.winfo_width() >= field.theme.px(80), number
    field.addresses = ("a@example.com", "b@example.com")
    window.update()
    row = field.entry.winfo_y()
    typed(field.entry, "m" * (int(field.entry.winfo_width() / letter) - 2))
    window.update()
    assert field.entry.winfo_y() == row
    typed(field.entry, "m" * 4)
    until_tk(window, lambda: field.entry.winfo_y() > row, what="a row of its own")
    field.addresses = ("m" * 200 + "@example.com",)
    window.update()
    (chip,) = field.row.chips
    cross = chip.winfo_children()[0]
    assert cross.winfo_x() + cross.winfo_width() <= chip.winfo_width() <= field.winfo_width()


def test_a_proposal_is_chosen_with_the_keyboard(field: AddressField) -> None:
    typed(field.entry, "li")
    press(field.entry, "<Down>", "<Return>")
    assert field.addresses == ("lily@lab.example",)


def test_many_recipients_scroll(field: AddressField, window: Window) -> None:
    """The field stays low, and what is typed stays in sight."""
    field.addresses = tuple(f"colleague{number}@example.com" for number in range(50))
    window.update()
    most = field.theme.px(110)
    until_tk(window, lambda: field.winfo_height() <= most, what="the field's height")
    typed(field.entry, "boss@example.com")
    press(field.entry, "<Return>")
    until_tk(window, lambda: _inside(field.entry, field), what="the entry in sight")
    field.addresses = ("boss@example.com",)
    until_tk(window, lambda: field.winfo_height() < most / 2, what="one row")


def test_of_thousands_of_recipients_the_last_are_chips(field: AddressField, window: Window) -> None:
    """X ends a program one of whose windows is higher than 32767 pixels."""
    people = tuple(f"colleague{number}@example.com" for number in range(5000))
    shown(window)
    field.addresses = people
    until_tk(window, lambda: "+4800 more" in words_of(field), what="those without chips")
    assert field.addresses == people
    press(field.entry, "<BackSpace>", "<BackSpace>")
    assert field.addresses == people[:-1]
    assert "+4799 more" in words_of(field)
    field.edit(people[4799])
    press(field.entry, "<Return>")
    assert field.addresses == people[:-1]
    field.edit(people[4799])
    field.entry.value = ""
    press(field.entry, "<BackSpace>", "<BackSpace>")
    assert field.addresses == (*people[:4798], *people[4800:-1])
    field.addresses = people[:200]
    until_tk(window, lambda: people[0] in words_of(field), what="the first one")
    assert not [one for one in words_of(field) if "more" in one]


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
    until_tk(window, lambda: inner.winfo_height() == window.theme.px(100), what="the lower one")
    window.update()
    inner.inner.event_generate("<Button-5>")
    assert (inner.canvas.yview()[0] > 0, outer.canvas.yview()[0]) == (True, 0.0)
    outer.inner.event_generate("<Button-5>")
    assert outer.canvas.yview()[0] > 0


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
    footer = Footer(window)
    footer.pack(side="bottom", fill="x")
    form = FormView(window, FORM)
    form.pack(fill="both")
    bar: ActionBar[HelpAct] = ActionBar(footer, lambda _act: None, form.jump)
    start = Offered(text("&Save"), HelpAct.START)
    fields, unplaced = form.show_problems(PROBLEMS)
    bar.show(Actions(primary=start, wrong=fields))
    window.update()
    assert (fields, unplaced) == (2, ())
    assert is_seen(bar.count)
    bar.count.invoke()
    assert str(until_tk(window, window.focus_get)).startswith(str(form))
    bar.show(Actions(primary=start, wrong=form.show_problems(())[0]))
    window.update()
    assert not is_seen(bar.count)


def test_a_bar_does_what_its_buttons_offer_now(window: Window) -> None:
    footer = Footer(window)
    footer.pack(side="bottom", fill="x")
    pressed: list[HelpAct] = []
    bar = ActionBar(footer, pressed.append)
    again = text("T&ry again")
    for act in (HelpAct.START, HelpAct.STOP, HelpAct.START):
        bar.show(Actions(primary=Offered(again, act)))
        assert bar.primary is not None
        bar.primary.invoke()
    assert pressed == [HelpAct.START, HelpAct.STOP, HelpAct.START]


def test_the_keyboard_is_on_no_button_out_of_sight(window: Window) -> None:
    footer = Footer(window)
    footer.pack(side="bottom", fill="x")
    bar: ActionBar[HelpAct] = ActionBar(footer, lambda _act: None)
    stop, start = (Offered(text("&Stop"), act) for act in (HelpAct.STOP, HelpAct.START))
    bar.show(Actions(others=(stop,), primary=start))
    window.update()
    bar.buttons[HelpAct.STOP].focus_force()
    until_tk(window, lambda: window.focus_get() is bar.buttons[HelpAct.STOP], what="the keyboard")
    bar.show(Actions(others=(stop,), primary=start, waiting=True))
    assert window.focus_get() is bar.buttons[HelpAct.STOP]
    bar.show(Actions(primary=start))
    until_tk(window, lambda: window.focus_get() is window, what="the keyboard in the window")


def is_seen(widget: tk.Misc) -> bool:
    return bool(widget.winfo_viewable())


def test_what_the_user_changes_is_told(window: Window) -> None:
    changed: list[str] = []
    form = FormView(window, FORM, changed.append)
    form.pack(fill="both")
    go_to(form, "only")
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


def test_an_area_that_goes_before_it_has_scrolled_is_left_alone(window: Window) -> None:
    """As where a button that gets the keyboard closes its window."""
    area = ScrollArea(window)
    area.pack()
    entry = Entry(area.inner)
    entry.pack()
    window.update()
    window.after_idle(area.destroy)
    area.show(entry)
    assert not area.winfo_exists()


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


def test_of_thousands_of_files_the_first_have_cards(window: Window) -> None:
    """X ends a program one of whose windows is higher than 32767 pixels."""
    strip = AttachmentStrip(window, str)
    strip.pack(fill="x")
    window.update()
    strip.show([Attached(str(n), f"scan {n}.pdf", "1 MB") for n in range(3000)])
    window.update()
    (more,) = [child for child in children(strip) if isinstance(child, Button)]
    assert str(more.cget("text")).endswith("more")
    more.invoke()
    until_tk(window, lambda: str(more.cget("text")) == "Show fewer (+2700 more)", what="the rest")
    assert len(strip.cards) == 300
    strip.show([Attached(str(n), f"scan {n}.pdf", "1 MB") for n in range(300)])
    until_tk(window, lambda: str(more.cget("text")) == "Show fewer", what="all of them")


def test_files_may_change_before_they_are_laid_out(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[object] = []
    root = window.nametowidget(".")
    monkeypatch.setattr(root, "report_callback_exception", lambda *error: errors.append(error))
    strip = AttachmentStrip(window, str)
    strip.pack(fill="x")
    window.update()
    for count in (2, 1):
        strip.show([Attached(str(n), f"scan {n}.pdf", "1 MB") for n in range(count)])
    window.update()
    assert not errors
    assert "scan 0.pdf" in words_of(strip)


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


def test_panes_lie_beside_each_other_or_one_behind_the_other(root: Root) -> None:
    window = Window(root, "test", Size(700, 300, (200, 200)))
    panes = Panes(window, room=300)
    rows, detail = Area(panes), Area(panes)
    rows.configure(width=rows.theme.px(250))
    rows.pack_propagate(flag=False)
    table = Table(rows, (Column("subject", text("Subject"), 100, stretch=True),))
    table.pack(fill="both", expand=True)
    table.show((Row("1", ("one",)), Row("2", ("two",))))
    words = Button(detail, text("&Save"), lambda: None)
    words.pack()
    panes.hold(rows, detail)
    panes.pack(fill="both", expand=True)
    window.reveal()
    shown(window)
    until_tk(window, lambda: table.winfo_viewable() and words.winfo_viewable(), what="both")
    assert rows.winfo_width() == rows.theme.px(250)
    window.geometry("400x300")
    until_tk(window, lambda: not words.winfo_viewable(), what="the list alone")
    until_tk(window, lambda: rows.winfo_width() > 350, what="all the width for it")
    hands = Hands()
    hands.root = window
    x, y, _wide, high = map(int, table.tree.bbox("2"))
    place = (table.tree.winfo_rootx() + x + 20, table.tree.winfo_rooty() + y + high // 2)
    hands.xdo("mousemove", str(place[0]), str(place[1]), "click", "1")
    until_tk(window, words.winfo_viewable, what="the details of what was clicked")
    assert table.selected == "2"
    panes.lead_to(0)
    until_tk(window, table.winfo_viewable, what="the list")
    window.geometry("700x300")
    until_tk(window, lambda: table.winfo_viewable() and words.winfo_viewable(), what="both")
    assert rows.winfo_width() == rows.theme.px(250)


def test_a_rail_shows_signs_only_where_its_window_is_narrow(root: Root) -> None:
    window = Window(root, "test", Size(900, 300, (200, 200)))
    rail = Rail(window, 200)
    row = rail.row(text("Settings"), lambda: None, "gear")
    row.pack(fill="x")
    rail.give_way([row])
    rail.pack(side="left", fill="y")
    window.reveal()
    shown(window)
    assert (str(row.cget("text")).strip(), rail.winfo_width()) == ("Settings", 200)
    window.geometry("500x300")
    until_tk(window, lambda: str(row.cget("text")) == "", what="the sign alone")
    until_tk(window, lambda: rail.winfo_width() < 80, what="a narrow rail")
    assert row.words == "Settings"
    window.geometry("900x300")
    until_tk(window, lambda: rail.winfo_width() == 200, what="a wide one")
    assert str(row.cget("text")).strip() == "Settings"


def test_what_stays_is_not_painted_anew(window: Window) -> None:
    unmapped: list[str] = []
    boxes = {name: Button(window, name, lambda: None) for name in "abcd"}
    for name, box in boxes.items():
        box.bind("<Unmap>", lambda _event, name=name: unmapped.append(name))  # type: ignore[misc] # a default binds it

    def stacked(names: str) -> list[str]:
        stack([boxes[name] for name in names], fill="x")
        window.update()
        return sorted(names, key=lambda name: boxes[name].winfo_y())

    assert stacked("ac") == ["a", "c"]
    assert stacked("abcd") == ["a", "b", "c", "d"]
    assert stacked("dcab") == ["d", "c", "a", "b"]
    assert unmapped == []
