"""The page of the accounts by clicks and keys: changed, tried, saved; followed and never undone."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.gui.conftest import MakeRoot
from tests.support.certificates import Certificates
from tests.support.hands import Hands
from tests.support.homes import Home
from tests.support.http_service import Act
from tests.support.live import Live, live
from tests.support.robot import KEY, coded, robot
from tests.support.running import ADDRESS, CANARY, account
from tests.support.sendgrid import API_KEY, NOT_VERIFIED, limited, refused, sendgrid
from tests.support.session import KeyringSession
from tests.support.sink import Sink
from tests.support.tk import every_child, until_tk
from tests.support.webhook import hook
from traymail.core.account import Account
from traymail.core.errors import CredentialError
from traymail.core.message import Address, Draft
from traymail.core.outbox import State
from traymail.core.secret import Secret
from traymail.disk import exclusive
from traymail.services.services import Services
from traymail.services.wanted import WantedMail, draft_of
from traymail.ui.bridge import Background, Bridge
from traymail.ui.dialogs.accounts import AccountsPage
from traymail.ui.dialogs.accounts.sheet import AccountSheet
from traymail.ui.dialogs.accounts.view import AccountsView
from traymail.ui.dialogs.guide import GuideWindow
from traymail.ui.dialogs.settings import SettingsWindow
from traymail.ui.form import FormView
from traymail.ui.model.account_buttons import AccountAct
from traymail.ui.model.settings_form import AccountForm
from traymail.ui.model.trial import Mark, Verdict
from traymail.ui.theme import Root
from traymail.ui.window import Question

SECOND = """
[accounts.lab]  # the old machine
address = "lab@nas.example"
host = "127.0.0.1"
port = 2525
security = "none"
auth = "none"
"""
NEW_CODE = "another-Code-7"


@dataclass
class Desk(Hands):
    """The settings at the page of the accounts, on the running program."""

    root: Root
    live: Live
    window: SettingsWindow
    page: AccountsPage
    added: list[str]
    background: Background

    @property
    def view(self) -> AccountsView:
        view = self.page.view
        assert view is not None
        return view

    @property
    def sheet(self) -> AccountSheet:
        sheet = self.view.sheet
        assert sheet is not None
        return sheet

    @property
    def form(self) -> AccountForm:
        form = self.page.screen.state.form
        assert form is not None
        return form

    @property
    def verdict(self) -> Verdict | None:
        return self.page.screen.state.trial.verdict if self.page.screen.state.trial else None

    @property
    def written(self) -> str:
        return self.live.home.config.read_text("utf-8")

    def account(self, name: str = "main") -> Account:
        return self.live.services.program.overview().settings.accounts[name]

    def open(self) -> None:
        self.window.open("accounts")
        self.until(self.window.winfo_viewable, "the window")
        self.until(lambda: self.page.screen.state.known, "how the accounts stand")
        self.until(lambda: self.window.focus_get() is not None, "the keyboard")

    def write(self, field: str, words: str) -> None:
        """Type into a field in place of what stands there."""
        form: FormView = self.sheet.first if field in self.sheet.first.values else self.sheet.rest
        self.go_to(form, field)
        self.keys("ctrl+a", "Delete")
        if words:
            self.type(words)
        self.until(lambda: self.form.values[field] == words, f"“{words}” in {field}")

    def act(self, act: AccountAct) -> None:
        """Click the button of an act."""
        self.until(
            lambda: (
                act in self.view.bar.buttons and self.view.bar.buttons[act].instate(["!disabled"])
            ),
            f"the button {act}",
        )
        self.click(self.view.bar.buttons[act])

    def save(self) -> None:
        self.act(AccountAct.SAVE)
        self.until(
            lambda: self.page.screen.state.busy is None and not self.form.changed, "it to be saved"
        )

    def enter_code(self, code: str) -> None:
        self.until(lambda: self.sheet.code.entry, "the field of the code")
        entry = self.sheet.code.entry
        assert entry is not None
        self.until(lambda: self.window.focus_get() is entry, "the keyboard in it")
        self.type(code)
        self.until(lambda: self.form.has_code, "the code")

    def test(self) -> Verdict | None:
        """Test the account to its end."""
        self.act(AccountAct.TEST)
        self.until(lambda: self.verdict not in {None, Verdict.RUNNING}, "the end of the test")
        return self.verdict

    def question(self) -> Question:
        def found() -> Question | None:
            asked = (one for one in every_child(self.root) if isinstance(one, Question))
            return next((one for one in asked if one.winfo_viewable()), None)

        asked = self.until(found, "a question")
        assert asked is not None
        return asked


@pytest.fixture
def make_desk(
    make_root: MakeRoot, keyring_env: KeyringSession, home: Home
) -> Iterator[Callable[..., Desk]]:
    del keyring_env  # the bus of the keyring
    ends: list[Callable[[], object]] = []

    def make(config: str, hurry: Callable[[Services], Services] = lambda usual: usual) -> Desk:
        running = live(home, config)
        program = running.__enter__()
        ends.append(lambda: running.__exit__(None, None, None))
        root = make_root()
        bridge = Bridge(root)
        background = Background(bridge)
        added: list[str] = []
        page = AccountsPage(
            root,
            hurry(program.services),
            background,
            lambda: added.append("a window to add one"),
            GuideWindow(root, program.services.program, background).open,
        )
        window = SettingsWindow(root, (page,), ())
        program.services.program.listen(lambda event: bridge.post(lambda: window.on_event(event)))
        ends.extend((bridge.close, background.close))
        return Desk(root, program, window, page, added, background)

    yield make
    for end in reversed(ends):
        end()


@pytest.fixture
def desk(make_desk: Callable[[str], Desk], sink: Sink, certificates: Certificates) -> Desk:
    desk = make_desk(account(sink.port, ca_file=certificates.ca_file) + SECOND)
    desk.live.app.credentials.set(desk.account(), Secret(CANARY))
    desk.open()
    return desk


def test_a_page_that_stays_is_not_painted_anew(desk: Desk) -> None:
    desk.open()
    unmapped: list[str] = []
    for part in every_child(desk.view):
        part.bind("<Unmap>", lambda event: unmapped.append(str(event.widget)), add="+")
    desk.write("display_name", "Somebody else")
    desk.until(lambda: desk.form.changed, "the change")
    desk.root.update()
    assert {str(desk.view.list), str(desk.view.panes), str(desk.sheet)} & set(unmapped) == set()


def test_without_accounts_it_leads_to_the_first(make_desk: Callable[[str], Desk]) -> None:
    desk = make_desk("version = 1\n")
    desk.open()
    desk.until(lambda: "No account yet" in desk.words(), "the invitation")
    desk.press("Add account…")
    assert desk.added == ["a window to add one"]


def test_a_robot_has_fields_of_its_own_and_its_test_sends_a_line(
    make_desk: Callable[[str], Desk],
) -> None:
    with robot() as group:
        url = f"http://127.0.0.1:{group.port}"
        desk = make_desk(f'[accounts.team]\nkind = "wecom"\napi_url = "{url}"\n')
        desk.live.app.credentials.set(desk.account("team"), Secret(KEY))
        desk.open()
        assert set(desk.sheet.first.values) == {"format", "overflow"}
        # Below its name stands where messages go, not what stands for the group inside.
        desk.sees(f"127.0.0.1:{group.port}")
        desk.sees("Key")
        assert "group@" not in desk.words()
        desk.write("max_per_minute", "7")
        desk.save()
        desk.until(lambda: desk.account("team").limits.per_minute == 7, "the new limit in force")
        assert desk.test() is Verdict.PASSED
        desk.sees("Test mail")
        assert [one["msgtype"] for one in group.messages] == ["markdown"]
        group.acts.append(coded(93000))
        assert desk.test() is Verdict.FAILED
        state = desk.live.app.outbox.account_state
        desk.until(lambda: state("team").stopped, "the robot whose key is wrong, stopped")


def test_a_webhook_has_fields_of_its_own_and_its_test_sends_a_line(
    make_desk: Callable[[str], Desk],
) -> None:
    with hook("ntfy") as chat:
        desk = make_desk('[accounts.alerts]\nkind = "webhook"\npreset = "ntfy"\n')
        desk.live.app.credentials.set(desk.account("alerts"), Secret(chat.address))
        desk.open()
        assert set(desk.sheet.first.values) == {"preset", "overflow"}
        desk.sees("ntfy")
        assert "chat@" not in desk.words()
        desk.write("max_per_minute", "7")
        desk.save()
        desk.until(lambda: desk.account("alerts").limits.per_minute == 7, "the new limit in force")
        assert desk.test() is Verdict.PASSED
        assert [one.document["title"] for one in chat.taken] == ["traymail works"]
        chat.acts.append((403, b""))
        assert desk.test() is Verdict.FAILED
        state = desk.live.app.outbox.account_state
        desk.until(lambda: state("alerts").stopped, "the webhook that is refused, stopped")


def test_sendgrid_has_fields_of_its_own_and_its_test_says_what_is_refused(
    make_desk: Callable[[str], Desk],
) -> None:
    with sendgrid() as service:
        url = f"http://127.0.0.1:{service.port}"
        keys = f'address = "me@example.com"\napi_url = "{url}"\n'
        desk = make_desk(f'[accounts.bulk]\nkind = "sendgrid"\n{keys}')
        desk.live.app.credentials.set(desk.account("bulk"), Secret(API_KEY))
        desk.open()
        assert set(desk.sheet.first.values) == {"address", "display_name"}
        desk.sees("API key")
        desk.write("display_name", "Bulk")
        desk.save()
        desk.until(lambda: desk.account("bulk").address.name == "Bulk", "the new name in force")
        assert desk.test() is Verdict.PASSED
        assert [one["from"]["name"] for one in service.mails] == ["Bulk"]
        refusals: tuple[tuple[list[Act], str], ...] = (
            ([refused(401, "authorization required")], "The API key is wrong, or was deleted."),
            (["go", refused(403, NOT_VERIFIED)], "SendGrid sends from verified addresses only."),
            (["go", refused(413, "content too large")], "SendGrid takes less than 30 MB"),
            (["go", limited(20)], "Too many mails in a short time"),
        )
        for acts, told in refusals:
            service.acts += acts
            assert desk.test() is Verdict.FAILED
            desk.sees(told)


def test_what_is_changed_is_saved_and_the_rest_of_the_file_lives(desk: Desk) -> None:
    desk.write("display_name", "Xiao Ming")
    desk.write("max_per_hour", "50")
    desk.sees("Changed, not saved")
    desk.save()
    desk.until(lambda: desk.account().address.name == "Xiao Ming", "the new name in force")
    assert desk.account().limits.per_hour == 50
    desk.sees("Saved")
    assert "[accounts.lab]  # the old machine" in desk.written


def test_a_signature_is_written_and_stands_below_what_is_sent(desk: Desk) -> None:
    desk.write("signature", "Li **Na**")
    desk.keys("Return")
    desk.type("Hello Ltd")
    desk.save()
    desk.until(lambda: desk.account().signature == "Li **Na**\nHello Ltd", "it in force")
    draft = draft_of(
        WantedMail(
            to=("a@x.example",),
            cc=(),
            bcc=(),
            subject="s",
            body="Hi",
            html=None,
            markdown=True,
            attach=(),
            account=None,
            any_domain=False,
        ),
        desk.account(),
        "Hi",
        None,
    )
    assert draft.text == "Hi\n\n-- \nLi **Na**\nHello Ltd\n"
    assert "Li <strong>Na</strong>" in str(draft.html)


def test_what_is_saved_never_falls_back_to_what_it_was(desk: Desk) -> None:
    field = "display_name"
    desk.write(field, "Xiao Ming")
    shown: list[str] = []

    def look() -> None:
        shown.append(str(desk.sheet.first.values[field]))
        desk.window.after(5, look)

    look()
    desk.save()
    desk.until(lambda: desk.account().address.name == "Xiao Ming", "the new name in force")
    # Longer than the program took to notice its own edit.
    told = len(shown)
    desk.until(lambda: len(shown) > told + 100, "some time")
    assert set(shown) == {"Xiao Ming"}


def test_keys_save_and_undo_puts_back(desk: Desk) -> None:
    desk.write("display_name", "Nobody")
    desk.act(AccountAct.UNDO)
    desk.until(lambda: desk.form.values["display_name"] == "", "what is saved")
    assert not desk.form.changed
    desk.write("display_name", "Li")
    desk.keys("ctrl+s")
    desk.until(lambda: desk.account().address.name == "Li", "the new name in force")


def test_all_problems_are_told_at_once_and_nothing_is_saved(desk: Desk) -> None:
    before = desk.written
    desk.write("host", "http://mail.lab")
    desk.write("port", "many")
    desk.write("max_per_day", "0")
    desk.until(lambda: len(desk.form.problems) == 3, "three problems")
    assert {one.where for one in desk.form.problems} == {"host", "port", "max_per_day"}
    for words in ("Is not the name of a server", "4 fields need you"):
        # The fourth is the code, which is kept for another server.
        desk.sees(words)
    assert desk.view.bar.buttons[AccountAct.SAVE].instate(["disabled"])
    desk.keys("ctrl+s")
    assert desk.written == before
    desk.press("4 fields need you")
    focused = desk.window.focus_get()
    assert focused is not None
    assert str(focused).startswith(f"{desk.sheet.first}.")


def test_a_server_of_the_own_network_is_a_warning(desk: Desk) -> None:
    desk.write("host", "mailserver")
    desk.until(lambda: "“mailserver” has no dot" in desk.words(), "the warning")
    desk.until(lambda: desk.form.problems == (), "no error")


def test_a_mistyped_address_is_asked_about(desk: Desk) -> None:
    desk.write("address", "wang@gmial.com")
    desk.until(lambda: "Is @gmail.com meant in “wang@gmial.com”?" in desk.words(), "the question")
    desk.until(lambda: desk.form.problems == (), "no error")


def test_an_unusual_port_is_a_warning_and_25_an_error(desk: Desk) -> None:
    desk.write("port", "26")
    desk.sees("Port 26 is unusual.")
    desk.until(lambda: desk.form.problems == (), "no error")
    desk.write("host", "smtp.other.example")
    desk.write("port", "25")
    desk.until(lambda: [one.where for one in desk.form.problems] == ["port"], "an error")


def test_an_edit_by_hand_is_followed_and_not_undone(desk: Desk) -> None:
    desk.write("display_name", "Ming")
    config = desk.written.replace("max_per_hour = 100000", "max_per_hour = 7 # by hand")
    desk.live.home.config.write_text(config, "utf-8")
    desk.until(lambda: desk.form.values["max_per_hour"] == "7", "the edit in the form")
    assert desk.form.values["display_name"] == "Ming"
    desk.save()
    desk.until(lambda: desk.account().address.name == "Ming", "the name in force")
    assert desk.account().limits.per_hour == 7
    assert "max_per_hour = 7 # by hand" in desk.written


def test_each_account_keeps_what_is_typed_into_it(desk: Desk) -> None:
    desk.write("display_name", "Ming")
    desk.click(desk.view.list.rows["lab"])
    desk.until(lambda: desk.page.screen.state.chosen == "lab", "the other account")
    assert desk.form.values["address"] == "lab@nas.example"
    desk.keys("Up")
    desk.until(lambda: desk.page.screen.state.chosen == "main", "the first one")
    assert desk.form.values["display_name"] == "Ming"
    desk.sees("Changed, not saved")


def test_another_account_becomes_the_default(desk: Desk) -> None:
    desk.click(desk.view.list.rows["lab"])
    desk.press("Make default")
    desk.until(lambda: desk.page.screen.state.default == "lab", "the list to tell it")
    assert 'default_account = "lab"' in desk.written


def test_a_new_code_is_tried_and_kept_and_never_shown(desk: Desk, sink: Sink) -> None:
    kept = desk.account()
    desk.press("Replace…")
    desk.enter_code(NEW_CODE)
    assert desk.test() is Verdict.FAILED
    assert desk.page.screen.state.trial is not None
    assert [row.mark for row in desk.page.screen.state.trial.rows] == [
        *[Mark.DONE] * 4,
        Mark.FAILED,
        Mark.SKIPPED,
    ]
    words = desk.words()
    for told in ("The login was refused", "Enter it again.", " ms"):
        assert told in words
    assert "traymail account" not in words
    desk.act(AccountAct.COPY_REPORT)
    assert NEW_CODE not in desk.window.clipboard_get()
    assert desk.live.app.credentials.get(kept).reveal() == CANARY
    desk.act(AccountAct.CODE)
    desk.enter_code(CANARY)
    assert desk.test() is Verdict.PASSED
    assert sink.wait_for(1)[0].recipients == (ADDRESS,)
    desk.act(AccountAct.SAVE)
    desk.until(
        lambda: desk.page.screen.state.trial is None and not desk.form.has_code, "the form again"
    )
    desk.sees("in the keyring")
    assert CANARY not in desk.words()
    assert CANARY not in desk.written


def test_the_kept_code_is_offered_to_no_other_server(desk: Desk) -> None:
    desk.write("host", "smtp.other.example")
    desk.until(lambda: desk.sheet.code.entry is not None, "a field for another code")
    desk.sees("The stored code is for another login")
    assert desk.view.bar.buttons[AccountAct.SAVE].instate(["disabled"])
    assert desk.view.bar.buttons[AccountAct.TEST].instate(["disabled"])


def test_a_test_that_hangs_is_left(make_desk: Callable[[str], Desk]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        desk = make_desk(account(port, security="none", auth="none", more="timeout_seconds = 2"))
        desk.open()
        desk.act(AccountAct.TEST)
        desk.until(
            lambda: (
                desk.page.screen.state.trial
                and desk.page.screen.state.trial.rows[1].mark is Mark.DONE
            ),
            "the connection",
        )
        desk.act(AccountAct.STOP)
        desk.until(lambda: desk.page.screen.state.trial is None, "the form")
        desk.until(lambda: not desk.background.busy, "the work behind it")
        assert desk.page.screen.state.trial is None


def test_a_stopped_account_is_mended_by_the_right_code(desk: Desk, sink: Sink) -> None:
    desk.live.app.credentials.set(desk.account(), Secret(NEW_CODE))
    draft = Draft("main", Address(ADDRESS), (Address("a@x.example"),), subject="Late", text="x")
    mail = desk.live.services.mail.post(draft, timedelta(0))
    desk.until(lambda: "sign in again" in desk.words(), "what the account needs")
    desk.sees("Enter it again.")
    desk.press("Enter code again")
    desk.enter_code(CANARY)
    desk.save()
    desk.until(
        lambda: desk.live.services.mail.detail(mail.id).item.state is State.SENT, "the mail sent"
    )
    desk.until(lambda: "sign in again" not in desk.words(), "a list at peace")
    assert sink.wait_for(1)


def test_an_account_is_removed_after_a_question(desk: Desk) -> None:
    kept = desk.account()
    desk.act(AccountAct.REMOVE)
    desk.press("Cancel", desk.question())
    assert "main" in desk.live.services.program.overview().settings.accounts
    desk.act(AccountAct.REMOVE)
    desk.press("Remove", desk.question())
    desk.until(lambda: desk.page.screen.state.chosen == "lab", "the other account")
    assert "accounts.main" not in desk.written
    with pytest.raises(CredentialError):
        desk.live.app.credentials.get(kept)


def test_a_locked_store_is_told_and_the_code_is_not_lost(
    desk: Desk, locked_keyring_env: KeyringSession
) -> None:
    del locked_keyring_env  # from here on it is the one that is asked
    desk.press("Replace…")
    desk.enter_code(NEW_CODE)
    desk.act(AccountAct.SAVE)
    desk.sees("The keyring is locked.")
    assert desk.form.has_code
    assert NEW_CODE not in desk.written


def test_saving_that_is_cancelled_leaves_no_code_in_the_form(desk: Desk) -> None:
    kept = desk.account()
    desk.write("display_name", "Late")
    desk.press("Replace…")
    desk.enter_code(NEW_CODE)
    with exclusive(desk.live.home.config.with_name("config.toml.lock")):
        desk.act(AccountAct.SAVE)
        desk.until(lambda: desk.live.app.credentials.get(kept).reveal() == NEW_CODE, "the store")
        desk.act(AccountAct.STOP)
        desk.until(lambda: desk.page.screen.state.busy is None, "the form")
        assert not desk.form.has_code
        assert desk.sheet.code.entry is None
        desk.sees("in the keyring")
    # What was under way is done once it can be, and told truly.
    desk.until(lambda: desk.account().address.name == "Late", "the new name in force")
    desk.until(lambda: not desk.form.changed, "a form without changes")


def test_saving_that_is_cancelled_empties_a_field_that_stays(desk: Desk) -> None:
    desk.write("username", "another@example.com")
    desk.until(lambda: desk.sheet.code.entry is not None, "a field for another code")
    desk.sheet.code.focus_inside()
    desk.enter_code(NEW_CODE)
    with exclusive(desk.live.home.config.with_name("config.toml.lock")):
        desk.act(AccountAct.SAVE)
        desk.act(AccountAct.STOP)
        desk.until(lambda: desk.page.screen.state.busy is None, "the form")
        entry = desk.sheet.code.entry
        assert entry is not None
        assert (entry.value, desk.form.has_code) == ("", False)
    desk.until(lambda: not desk.background.busy, "the work behind it")


def test_a_file_that_cannot_be_written_is_told(desk: Desk) -> None:
    desk.write("display_name", "Ming")
    desk.live.home.config.unlink()
    desk.live.home.config.mkdir()
    desk.act(AccountAct.SAVE)
    desk.until(lambda: desk.page.screen.state.busy is None and desk.form.trouble, "what went wrong")
    assert desk.form.values["display_name"] == "Ming"
    until_tk(desk.root, lambda: "config.toml" in desk.words())
