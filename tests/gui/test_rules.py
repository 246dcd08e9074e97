"""The rules, made and changed with keys and clicks; what they mail arrives at a real server."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from tests.gui.conftest import MakeRoot
from tests.support.certificates import Certificates
from tests.support.hands import Hands
from tests.support.homes import Home
from tests.support.live import Live, at_sink, live
from tests.support.robot import KEY, robot
from tests.support.running import ADDRESS, CANARY
from tests.support.sendgrid import API_KEY, sendgrid
from tests.support.sink import Sink, serve
from tests.support.tk import buttons_of, every_child, until_tk
from tests.support.toy_kind import TOY
from tests.support.webhook import hook
from traymail.core.texts import text
from traymail.running import ALL
from traymail.running.kind import RunningKinds
from traymail.ui.bridge import Background, Bridge
from traymail.ui.dialogs.rules import RuleEditor, RulesPage
from traymail.ui.dialogs.rules.cards import RuleCard
from traymail.ui.model.rule_editor import EditorWork, RuleAct, told
from traymail.ui.theme import Root
from traymail.ui.widgets import Button, Entry
from traymail.ui.window import Question, Size, Window

NO_CAP = 30.0


def greyed(editor: RuleEditor) -> list[str]:
    """Return the rows of people in which nothing can be typed."""
    controls = editor.sheet.form.controls

    def entries(name: str) -> list[Entry]:
        return [one for one in every_child(controls[name].widget) if isinstance(one, Entry)]

    people = ("to", "cc", "bcc")
    return [name for name in people if all(one.instate(["disabled"]) for one in entries(name))]


def may_save(editor: RuleEditor) -> bool:
    return editor.bar.buttons[RuleAct.SAVE].instate(["!disabled"])


@pytest.fixture
def sink(certificates: Certificates) -> Iterator[Sink]:
    context = certificates.good.server_context()
    with serve(context, user=ADDRESS, password=CANARY) as running:
        yield running


@dataclass
class Desk(Hands):
    """The page in a window of its own on the running program, and hands to work it."""

    root: Root
    live: Live
    page: RulesPage
    window: Window

    def card(self, name: str) -> RuleCard:
        view = self.page.view
        assert view is not None
        self.until(lambda: name in view.cards, f"the card of {name}")
        return view.cards[name]

    def editor(self) -> RuleEditor:
        self.until(lambda: self.page.editors, "the editor")
        (editor,) = self.page.editors.values()
        self.until(lambda: editor.screen.state.work is EditorWork.NONE, "its form")
        self.until(editor.winfo_viewable, "the window")
        self.until(lambda: editor.focus_displayof() is not None, "the keyboard")
        return editor

    def new(self, words: str) -> RuleEditor:
        self.press(words, self.window)
        return self.editor()

    def write(self, editor: RuleEditor, field: str, words: str) -> None:
        """Put words into a field in place of what stands there."""
        self.go_to(editor.sheet.form, field)
        control = editor.sheet.form.controls[field]
        if editor.sheet.form.values[field]:
            self.keys("ctrl+a", "Delete")
            if editor.sheet.form.values[field]:
                control.value = ""
        self.type(words)
        self.until(lambda: editor.sheet.form.values[field] == words, f"{words} in {field}")

    def save(self, editor: RuleEditor) -> None:
        self.until(lambda: editor.screen.state.preview, "a preview: all is right")
        self.click(editor.bar.buttons[RuleAct.SAVE])
        self.until(lambda: not self.page.editors, "the rule to be saved")

    def working(self, name: str) -> None:
        program = self.live.services.program
        self.until(
            lambda: (found := program.overview().rules.get(name)) and found.watching, "it watches"
        )

    def question(self) -> Question:
        def asked() -> Question | None:
            return next((one for one in every_child(self.root) if isinstance(one, Question)), None)

        self.until(lambda: (one := asked()) and one.winfo_viewable(), "a question")
        question = asked()
        assert question is not None
        return question


@contextmanager
def at_service(kind: str, preset: str) -> Iterator[tuple[str, str, Callable[[], list[str]]]]:
    """Serve a kind of account: what is written of it, its secret, and the texts that came."""
    url = 'api_url = "http://127.0.0.1:{port}"'
    if kind == "wecom":
        with robot() as group:
            yield url.format(port=group.port), KEY, lambda: group.contents
    elif kind == "sendgrid":
        with sendgrid() as service:
            keys = f'address = "me@example.com"\n{url.format(port=service.port)}'
            yield keys, API_KEY, lambda: [one["content"][0]["value"] for one in service.mails]
    else:
        with hook(preset) as one:
            texts = lambda: [posted.document["message"] for posted in one.taken]  # noqa: E731 # read again at each look
            yield f'preset = "{preset}"', one.address, texts


@pytest.fixture
def kind() -> str:
    """The kind of another account that there is, "" for none."""
    return ""


@pytest.fixture
def preset() -> str:
    """The service of a webhook: one that takes files."""
    return "ntfy"


@pytest.fixture
def service(
    kind: str, preset: str, tmp_path: Path
) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    """What is written of that account, and the texts that it has sent."""
    if not kind:
        yield "", list
        return
    with at_service(kind, preset) as (keys, secret, came):
        (tmp_path / "secrets").mkdir(mode=0o700)
        (tmp_path / "secrets/traymail.team").write_text(f"{secret}\n")
        yield f'\n[accounts.team]\nkind = "{kind}"\n{keys}\n', came


@pytest.fixture
def rule_kinds() -> RunningKinds:
    return ALL


@pytest.fixture
def desk(  # noqa: PLR0917 # fixtures
    make_root: MakeRoot,
    home: Home,
    service: tuple[str, Callable[[], list[str]]],
    sink: Sink,
    certificates: Certificates,
    tmp_path: Path,
    rule_kinds: RunningKinds,
) -> Iterator[Desk]:
    config, secrets = at_sink(sink, certificates.ca_file) + service[0], tmp_path / "secrets"
    with live(home, config, secrets, rule_kinds=lambda: rule_kinds) as program:
        root = make_root()
        bridge = Bridge(root)
        background = Background(bridge)
        page = RulesPage(
            root,
            program.services,
            background,
            lambda: datetime.now(UTC),  # noqa: TID251 - the test's clock is the machine's
        )
        window = Window(root, text("Settings"), Size(704, 600, (704, 600)))
        page.build(window).pack(fill="both", expand=True)
        program.services.program.listen(lambda event: bridge.post(lambda: page.on_event(event)))
        window.reveal()
        until_tk(root, window.winfo_viewable, what="the window")
        page.on_show()
        here = Desk(root, program, page, window)
        here.until(lambda: "No rules yet" in here.words(window), "an empty list")
        yield here
        for editor in tuple(page.editors.values()):
            editor.destroy()
        background.close()
        bridge.close()


def make_folder_rule(desk: Desk, folder: Path, name: str = "", **more: object) -> None:
    """Save a rule through the program, as if it had been there before."""
    folder.mkdir(exist_ok=True)
    fields = {"name": name or folder.name, "kind": "folder", "folder": str(folder), **more}
    desk.live.services.rules.save({**fields, "to": ["boss@example.com"]}, None)
    desk.card(name or folder.name)


def test_a_folder_rule_is_made_with_the_keyboard_and_mails(
    desk: Desk, sink: Sink, tmp_path: Path
) -> None:
    folder = tmp_path / "Scans"
    folder.mkdir()
    editor = desk.new("Watch a folder…")
    desk.type(str(folder))
    desk.until(lambda: editor.screen.state.values["name"] == "Scans", "a name")
    assert told(editor.screen.state) == {}, "a field that was not touched is not complained of"
    desk.keys("Tab", "Tab", "Tab")
    desk.type("boss@example.com")
    desk.keys("Tab", "ctrl+a")
    desk.type("Scan {file.stem}")
    desk.write(editor, "settle_seconds", "0")
    desk.until(lambda: editor.screen.state.preview, "a preview")
    desk.keys("ctrl+s")
    desk.until(lambda: not desk.page.editors, "the rule to be saved")
    desk.working("Scans")
    (folder / "contract.pdf").write_bytes(b"%PDF a contract")
    desk.until(lambda: sink.arrivals, "the mail")
    mail = message_from_bytes(sink.arrivals[0].content, policy=policy.default)
    assert (mail["Subject"], mail["To"]) == ("Scan contract", "boss@example.com")
    assert mail["X-Traymail-Rule"] == "Scans"
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "contract.pdf"
    card = desk.card("Scans")
    desk.until(lambda: "1 sent" in desk.words(card), "the count on the card")
    assert "watching" in desk.words(card)


def test_a_log_rule_is_made_and_tells_of_a_line(desk: Desk, sink: Sink, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("09:40 INFO fine\n09:41 ERROR old\n09:42 ERROR healthcheck\n")
    editor = desk.new("Watch a log…")
    desk.type(str(log))
    desk.until(lambda: editor.screen.state.values["name"] == "app", "a name")
    desk.write(editor, "match", "(?P<level>ERROR)")
    desk.write(editor, "ignore", "healthcheck")
    desk.write(editor, "to", "me@example.com")
    desk.write(editor, "subject", "{rule}: {match.level}")
    desk.until(lambda: editor.screen.state.preview, "a preview")
    seen = desk.words(editor.preview)
    assert "1 of the last 3 lines matches:" in seen
    assert "app: ERROR" in seen
    assert "1 file now." in desk.words(editor.sheet)
    assert "09:42 ERROR healthcheck   ← ignored" in log_words(editor)
    desk.save(editor)
    desk.working("app")
    with log.open("a") as file:
        file.write("09:43 ERROR new\n")
    desk.until(lambda: sink.arrivals, "the mail")
    mail = message_from_bytes(sink.arrivals[0].content, policy=policy.default)
    assert mail["Subject"] == "app: ERROR"
    assert "09:43 ERROR new" in mail.get_content()
    desk.until(lambda: "last match" in desk.words(desk.card("app")), "the match on the card")


@pytest.mark.parametrize(
    ("kind", "wrong", "told"),
    [
        ("wecom", "boss@example.com", "A WeCom robot writes to its group only"),
        ("webhook", "boss@example.com", "A webhook writes to its own place only."),
        ("sendgrid", "boss", "boss"),
    ],
)
def test_a_rule_sends_through_a_service(  # a table
    desk: Desk,
    service: tuple[str, Callable[[], list[str]]],
    tmp_path: Path,
    kind: str,
    wrong: str,
    told: str,
) -> None:
    log = tmp_path / "app.log"
    log.write_text("")
    editor = desk.new("Watch a log…")
    desk.type(str(log))
    desk.write(editor, "match", "ERROR")
    desk.write(editor, "to", wrong)
    picker: Any = editor.sheet.form.controls["account"]
    picker.widget.pick("team")
    desk.until(lambda: told in desk.words(editor.sheet), "why that cannot be")
    assert not may_save(editor)
    if kind == "sendgrid":
        desk.write(editor, "to", "boss@example.com")
    else:
        # It needs no recipient.
        editor.sheet.form.controls["to"].value = ""
        desk.write(editor, "subject", "{rule}")
        desk.until(lambda: not editor.sheet.form.values["to"], "an empty row")
        copies: dict[str, list[str]] = {"wecom": ["cc", "bcc"], "webhook": ["to", "cc", "bcc"]}
        desk.until(lambda: greyed(editor) == copies[kind], "what it cannot do greyed")
        desk.go_to(editor.sheet.form, "account")  # the rare fields are unfolded
        for name in copies[kind]:
            desk.sees(f"takes no {name.title()}." if name != "to" else told)
        picker.widget.pick("main")
        desk.until(lambda: not greyed(editor), "all of it with an account of mail")
        assert "takes no Cc." not in desk.words(editor.sheet)
        picker.widget.pick("team")
        desk.until(lambda: greyed(editor) == copies[kind], "what it cannot do greyed again")
    desk.save(editor)
    desk.working("app")
    with log.open("a", encoding="utf-8") as file:
        file.write("ERROR 盘满了\n")
    came = service[1]
    desk.until(came, "the message")
    assert "ERROR 盘满了" in came()[0]


@pytest.mark.parametrize(("kind", "preset"), [("webhook", "gotify")])
def test_a_service_without_files_sends_none_of_a_folder(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "Scans"
    folder.mkdir()
    editor = desk.new("Watch a folder…")
    desk.type(str(folder))
    picker: Any = editor.sheet.form.controls["account"]
    picker.widget.pick("team")
    desk.until(lambda: "A webhook takes no files." in desk.words(editor.sheet), "why not")
    desk.until(lambda: not may_save(editor), "no way to save it")
    assert "to" in greyed(editor)
    picker.widget.pick("main")
    desk.until(lambda: "takes no files" not in desk.words(editor.sheet), "a way")
    desk.write(editor, "to", "boss@example.com")
    desk.save(editor)


@pytest.mark.parametrize("rule_kinds", [(*ALL, TOY)], ids=["three"])
def test_a_third_kind_has_its_button_its_form_its_preview_and_its_card(
    desk: Desk, sink: Sink
) -> None:
    editor = desk.new("Mail at times…")
    desk.type("1s")
    desk.until(lambda: editor.screen.state.values["name"] == "Each 1s", "a name")
    desk.write(editor, "to", "me@example.com")
    desk.until(lambda: editor.screen.state.preview, "a preview")
    assert "Each 1s this mail would be sent:" in desk.words(editor.preview)
    desk.save(editor)
    desk.working("Each 1s")
    desk.until(lambda: sink.arrivals, "the mail")
    desk.until(lambda: "watching" in desk.words(desk.card("Each 1s")), "its health")
    desk.click(desk.card("Each 1s"))
    assert desk.editor().title() == "Each 1s"


def test_a_rule_mails_a_group_whose_name_is_completed(
    desk: Desk, sink: Sink, tmp_path: Path
) -> None:
    config = desk.live.home.config
    groups = '\n[groups]\nTeam = ["li@example.com", "wang@example.com"]\n'
    config.write_text(config.read_text("utf-8") + groups, "utf-8")
    overview = desk.live.services.program.overview
    desk.until(lambda: overview().settings.groups, "the group in force")
    folder = tmp_path / "Scans"
    folder.mkdir()
    editor = desk.new("Watch a folder…")
    desk.type(str(folder))
    desk.write(editor, "settle_seconds", "0")
    desk.write(editor, "to", "teem")
    desk.keys("Return")
    desk.until(lambda: "Did you mean Team?" in desk.words(editor.sheet), "the way out")
    desk.keys("BackSpace", "BackSpace")
    desk.type("te")
    desk.keys("Return")
    desk.until(lambda: editor.screen.state.values["to"] == "Team", "the group")
    desk.until(lambda: editor.screen.state.preview, "a preview")
    desk.save(editor)
    desk.working("Scans")
    assert desk.live.services.rules.fields("Scans")["to"] == ["Team"]
    (folder / "a.pdf").write_bytes(b"%PDF a contract")
    desk.until(lambda: sink.arrivals, "the mail")
    assert sink.arrivals[0].recipients == ("li@example.com", "wang@example.com")


def test_the_question_about_changes_offers_to_save(desk: Desk, tmp_path: Path) -> None:
    make_folder_rule(desk, tmp_path / "Scans")
    desk.click(desk.card("Scans"))
    editor = desk.editor()
    desk.write(editor, "subject", "half a {")
    desk.until(lambda: told(editor.screen.state), "that it is wrong")
    desk.keys("Escape")
    question = desk.question()
    assert buttons_of(question, "Save and watch") == [], "what is wrong cannot be saved"
    desk.press("Cancel", question)
    desk.write(editor, "subject", "whole")
    desk.until(lambda: editor.screen.state.preview and may_save(editor), "a preview")
    desk.keys("Escape")
    desk.press("Save and watch", desk.question())
    desk.until(lambda: not desk.page.editors, "the rule to be saved")
    assert desk.live.services.rules.fields("Scans")["subject"] == "whole"


def test_emoji_go_into_every_field_of_a_rule(desk: Desk, sink: Sink, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("")
    editor = desk.new("Watch a log…")
    desk.type(str(log))
    desk.until(lambda: editor.screen.state.values["name"] == "app", "a name")
    fields = {
        "match": "🔥 (?P<level>E\\w+)",
        "ignore": "💤",
        "to": "Me 😀 <me@example.com>",
        "subject": "🔥 {match.level}",
        "body": "👍🏽 {line}",
    }
    for field, words in fields.items():
        desk.write(editor, field, words)
    editor.sheet.name.focus_set()
    desk.keys("ctrl+a")
    desk.type("app 🚒")
    desk.save(editor)
    desk.working("app 🚒")
    with log.open("a") as file:
        file.write("09:42 🔥 Early 💤\n09:43 🔥 Error 😀\n")
    desk.until(lambda: sink.arrivals, "the mail")
    mail = message_from_bytes(sink.arrivals[0].content, policy=policy.default)
    assert (mail["Subject"], mail["To"]) == ("🔥 Error", "Me 😀 <me@example.com>")
    assert mail.get_content().strip() == "👍🏽 09:43 🔥 Error 😀"
    assert mail["X-Traymail-Rule"] == "app 🚒"


def log_words(editor: RuleEditor) -> str:
    shown = next(one for one in every_child(editor.preview) if isinstance(one, tk.Text))
    return shown.get("1.0", "end")


def test_what_re2_refuses_is_told_at_the_field_and_mended(desk: Desk, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("ERROR one\n")
    editor = desk.new("Watch a log…")
    desk.type(str(log))
    desk.write(editor, "to", "me@example.com")
    desk.write(editor, "match", "(?=ERROR)")
    desk.until(lambda: "match" in told(editor.screen.state), "the refusal")
    assert "RE2" in desk.words(editor.sheet)
    assert "1 field needs you" in desk.words(editor)
    assert "Fix the marked fields" in desk.words(editor.preview)
    assert not may_save(editor)
    desk.click(editor.bar.count)
    desk.until(lambda: editor.focus_get() is not None)
    desk.write(editor, "match", "ERROR")
    desk.until(lambda: editor.screen.state.preview, "a preview")
    assert told(editor.screen.state) == {}
    assert may_save(editor)


def test_what_hardly_was_meant_is_told_at_the_field_and_may_be_saved(
    desk: Desk, tmp_path: Path
) -> None:
    log = tmp_path / "app.log"
    log.write_text("ERROR one\n")
    editor = desk.new("Watch a log…")
    desk.type(str(log))
    desk.write(editor, "to", "me@example.com")
    desk.write(editor, "match", ".")
    hint = "This matches every line"
    desk.until(lambda: hint in desk.words(editor.sheet), "the hint")
    assert "need" not in desk.words(editor.bar.count)
    desk.until(lambda: editor.screen.state.preview, "a preview")
    desk.write(editor, "match", "ERROR")
    desk.until(lambda: hint not in desk.words(editor.sheet), "no hint")
    desk.save(editor)


def test_save_tells_all_problems_at_once(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "Scans").mkdir()
    editor = desk.new("Watch a folder…")
    desk.type(str(tmp_path / "Scanz"))
    desk.until(lambda: "folder" in told(editor.screen.state), "the typing mistake")
    assert list(told(editor.screen.state)) == ["folder"]
    assert "No such folder. Did you mean Scans?" in desk.words(editor.sheet)
    desk.write(editor, "folder", str(tmp_path / "Scans"))
    desk.until(lambda: not told(editor.screen.state), "it mended")
    desk.click(editor.bar.buttons[RuleAct.SAVE])
    desk.until(lambda: list(told(editor.screen.state)) == ["to"], "what is missing")
    desk.write(editor, "settle_seconds", "soon")
    desk.write(editor, "max_bytes", "big")
    wanted = ["to", "max_bytes", "settle_seconds"]
    desk.until(lambda: list(told(editor.screen.state)) == wanted, "all")
    assert "3 fields need you" in desk.words(editor)
    assert desk.live.services.program.overview().settings.rules == ()


def test_the_folder_that_was_missing_is_seen_when_one_comes_back(
    desk: Desk, tmp_path: Path
) -> None:
    folder = tmp_path / "later"
    editor = desk.new("Watch a folder…")
    desk.write(editor, "folder", str(folder))
    desk.write(editor, "to", "boss@example.com")
    desk.until(lambda: not may_save(editor), "no way to save it")
    desk.window.focus_force()
    desk.until(lambda: editor.focus_displayof() is None or _away(editor), "the keyboard elsewhere")
    folder.mkdir()
    editor.focus_force()
    desk.until(lambda: may_save(editor), "a way to save it")


def test_a_new_rule_leaves_what_is_there_unless_it_is_told_to(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "Scans"
    folder.mkdir()
    for name in ("a.pdf", "b.pdf"):
        (folder / name).write_bytes(b"words")
    editor = desk.new("Watch a folder…")
    desk.type(str(folder))
    desk.keys("Tab", "Tab", "Tab")
    desk.type("boss@example.com")
    desk.keys("Tab")
    stay = "Files like these will be mailed. The 2 already here stay."
    desk.until(lambda: stay in desk.words(editor.preview), "what stays")
    desk.press("Mail these too", editor)
    now = "These 2 files would be mailed now:"
    desk.until(lambda: now in desk.words(editor.preview), "what goes")
    assert editor.sheet.values["existing"] == "send"
    desk.until(lambda: may_save(editor), "a way to save it")
    editor.destroy()


def _away(editor: RuleEditor) -> bool:
    focus = editor.focus_get()
    return focus is None or focus.winfo_toplevel() is not editor


def test_the_preview_shows_the_files_that_are_there(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "Scans"
    # None is mailed meanwhile, however long this takes.
    make_folder_rule(desk, folder, settle_seconds=3600)
    for name in ("a.pdf", "b.pdf", "notes.txt", "c.pdf.part"):
        (folder / name).write_bytes(b"words")
    desk.click(desk.card("Scans"))
    editor = desk.editor()
    desk.until(lambda: editor.screen.state.preview, "a preview")
    assert "These 3 files would be mailed now:" in desk.words(editor.preview)
    desk.write(editor, "include", "*.pdf")
    desk.until(
        lambda: "These 2 files would be mailed now:" in desk.words(editor.preview), "the change"
    )
    seen = desk.words(editor.preview)
    assert "Mail 1 of 2" in seen
    assert "notes.txt" in seen
    assert "c.pdf.part" in seen
    desk.click(next(one for one in icon_buttons(editor.preview) if not one.instate(["disabled"])))
    desk.until(lambda: "Mail 2 of 2" in desk.words(editor.preview), "the next mail")
    assert desk.live.services.mail.find() == []


def icon_buttons(pane: tk.Misc) -> list[Button]:
    return [one for one in every_child(pane) if isinstance(one, Button)]


def test_a_switch_acts_at_once(desk: Desk, tmp_path: Path) -> None:
    make_folder_rule(desk, tmp_path / "Scans")
    desk.working("Scans")
    desk.click(desk.card("Scans").switch)
    desk.until(lambda: not desk.live.services.program.overview().settings.rules[0].enabled, "off")
    desk.until(lambda: "off" in desk.words(desk.card("Scans")), "the word")
    assert not desk.page.editors, "the switch does not open the editor"
    desk.click(desk.card("Scans").switch)
    desk.working("Scans")
    desk.until(lambda: "watching" in desk.words(desk.card("Scans")), "the word")


def test_a_switch_that_cannot_act_goes_back_and_says_why(desk: Desk, tmp_path: Path) -> None:
    make_folder_rule(desk, tmp_path / "Scans")
    desk.live.home.config.write_text("nonsense", "utf-8")
    desk.click(desk.card("Scans").switch)
    desk.until(lambda: "config.toml:1" in desk.words(desk.window), "the reason")
    desk.until(lambda: desk.card("Scans").switch.on, "the switch back")


def test_the_list_is_worked_with_the_keyboard(desk: Desk, tmp_path: Path) -> None:
    make_folder_rule(desk, tmp_path / "one")
    make_folder_rule(desk, tmp_path / "two")
    desk.window.focus_force()
    desk.card("one").focus_set()
    desk.until(lambda: desk.window.focus_get() is desk.card("one"), "the keyboard")
    desk.keys("Down")
    desk.until(lambda: desk.window.focus_get() is desk.card("two"), "the next card")
    desk.keys("Down", "Up")
    desk.until(lambda: desk.window.focus_get() is desk.card("one"), "the card before")
    desk.keys("space")
    desk.until(lambda: not desk.live.services.program.overview().settings.rules[0].enabled, "off")
    desk.keys("Return")
    editor = desk.editor()
    assert editor.screen.state.before == "one"
    desk.keys("Escape")
    desk.until(lambda: not desk.page.editors, "the editor closed")


def test_a_rule_is_deleted_after_a_question(desk: Desk, tmp_path: Path) -> None:
    make_folder_rule(desk, tmp_path / "Scans")
    desk.click(desk.card("Scans"))
    editor = desk.editor()
    desk.press("Delete rule…", editor)
    question = desk.question()
    desk.press("Delete rule", question)
    desk.until(lambda: not desk.page.editors, "the rule to go")
    desk.until(
        lambda: desk.live.services.program.overview().settings.rules == (), "the rule to end"
    )
    desk.until(lambda: "No rules yet" in desk.words(desk.window), "an empty list")


def test_to_close_with_changes_asks(desk: Desk, tmp_path: Path) -> None:
    make_folder_rule(desk, tmp_path / "Scans")
    desk.click(desk.card("Scans"))
    editor = desk.editor()
    desk.write(editor, "subject", "Other")
    desk.keys("Escape")
    question = desk.question()
    desk.press("Cancel", question)
    desk.until(lambda: not question.winfo_exists(), "the answer")
    assert editor.screen.state.values["subject"] == "Other"
    desk.press("Cancel", editor)
    desk.press("Discard changes", desk.question())
    desk.until(lambda: not desk.page.editors, "the editor closed")
    assert "subject" not in desk.live.services.rules.fields("Scans")


def test_what_is_edited_elsewhere_is_taken_in_and_typed_words_stay(
    desk: Desk, tmp_path: Path
) -> None:
    make_folder_rule(desk, tmp_path / "Scans")
    desk.click(desk.card("Scans"))
    editor = desk.editor()
    desk.write(editor, "subject", "Mine")
    desk.live.services.rules.enable("Scans", enabled=False)
    desk.until(lambda: editor.screen.state.values["enabled"] == "false", "the switch")
    assert (editor.screen.state.values["subject"], editor.screen.state.clash) == ("Mine", False)
    desk.live.services.rules.save({"subject": "Theirs", "zip": True}, "Scans")
    desk.until(lambda: editor.screen.state.clash, "the clash")
    assert editor.sheet.values["subject"] == "Mine"
    assert editor.sheet.values["zip"] == "true"
    desk.press("Take the file's", editor)
    desk.until(lambda: editor.sheet.values["subject"] == "Theirs", "what the file says")
    desk.live.services.rules.remove("Scans")
    desk.until(lambda: editor.screen.state.lost, "the loss")
    assert "no longer in the file" in desk.words(editor)
    desk.save(editor)
    fields = desk.live.services.rules.fields("Scans")
    assert (fields["subject"], fields["enabled"]) == ("Theirs", False)


def test_comments_and_other_keys_of_the_file_live(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "Scans"
    folder.mkdir()
    config = desk.live.home.config
    written = config.read_text("utf-8") + (
        f'\n[[rules]]\n# mine\nname = "Scans"\nkind = "folder"\nfolder = "{folder}"\n'
        'to = ["boss@example.com"] # the boss\n'
    )
    config.write_text(written, "utf-8")
    desk.click(desk.card("Scans"))
    editor = desk.editor()
    desk.write(editor, "batch_seconds", "9")
    desk.save(editor)
    assert config.read_text("utf-8") == written + "batch_seconds = 9\n"


def test_a_rule_that_moves_and_names_with_commas_come_back_as_they_were(
    desk: Desk, tmp_path: Path
) -> None:
    make_folder_rule(desk, tmp_path / "Scans")
    people = ['"Doe, Ann" <ann@example.com>', "b@example.com"]
    desk.live.services.rules.save({"after": "move", "to": people, "include": ["a b*"]}, "Scans")
    desk.click(desk.card("Scans"))
    editor = desk.editor()
    form = editor.sheet.form
    assert form.rows["move_to"].winfo_viewable(), "where to, since the file is moved"
    desk.write(editor, "subject", "Other")
    desk.save(editor)
    fields = desk.live.services.rules.fields("Scans")
    assert (fields["to"], fields["include"], fields["after"]) == (people, ["a b*"], "move")


def test_more_shows_the_rare_fields_below_the_others(desk: Desk) -> None:
    editor = desk.new("Watch a folder…")
    rows = dict.fromkeys(editor.sheet.form.rows.values())
    desk.press("More: one mail for several, zip, size, waiting, hourly limit", editor)
    desk.until(editor.sheet.form.rows["zip"].winfo_ismapped, "the rare fields")
    editor.update()
    tops = [row.winfo_y() for row in rows if row.winfo_ismapped()]
    assert tops == sorted(set(tops)), "no row lies on another one"


def in_sight(editor: RuleEditor, widget: tk.Misc) -> bool:
    """Tell whether all of a widget of the form is seen."""
    canvas = editor.sheet.scroll.canvas
    top = widget.winfo_rooty() - canvas.winfo_rooty()
    return top >= 0 and top + widget.winfo_height() <= canvas.winfo_height()


@pytest.mark.parametrize("keys", [{"existing": "send"}, {"max_per_hour": 2}, {}])
def test_a_saved_rule_opens_at_its_top(desk: Desk, tmp_path: Path, keys: dict[str, object]) -> None:
    make_folder_rule(desk, tmp_path / "Scans")
    desk.live.services.rules.save(keys, "Scans")
    desk.click(desk.card("Scans"))
    editor = desk.editor()
    desk.until(lambda: editor.screen.state.preview, "all is there")
    editor.update()
    assert in_sight(editor, editor.sheet.name)
    assert in_sight(editor, editor.sheet.form.rows["folder"])


def test_the_count_of_problems_always_leads_to_the_first(desk: Desk, tmp_path: Path) -> None:
    make_folder_rule(desk, tmp_path / "Scans")
    desk.live.services.rules.save({"batch_seconds": 3}, "Scans")
    desk.click(desk.card("Scans"))
    editor = desk.editor()
    desk.until(lambda: editor.screen.state.preview, "all is there")
    for field in ("bcc", "batch_seconds", "folder"):
        desk.write(editor, field, "nothing good")
    desk.until(lambda: len(told(editor.screen.state)) == 3, "the problems")
    for _ in range(3):
        desk.click(editor.bar.count)
        desk.until(lambda: in_sight(editor, editor.sheet.form.rows["folder"]), "the first")


def test_a_field_that_is_wrong_stays_in_sight_where_it_means_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    make_folder_rule(desk, tmp_path / "Scans", after="move")
    desk.click(desk.card("Scans"))
    editor = desk.editor()
    desk.write(editor, "keep_sent", "soon")
    desk.until(lambda: "keep_sent" in told(editor.screen.state), "that it is wrong")
    editor.sheet.form.fill({"after": "keep"})
    editor.changed("after")
    rows = editor.sheet.form.rows
    desk.until(lambda: not rows["move_to"].winfo_ismapped(), "what means nothing to go")
    assert rows["keep_sent"].winfo_viewable(), "else nobody can mend it"
    desk.write(editor, "keep_sent", "2d")
    desk.until(lambda: not told(editor.screen.state), "that it is right")
    assert rows["keep_sent"].winfo_viewable(), "it does not go from under the keyboard"
