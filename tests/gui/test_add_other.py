"""Adding an account that is none of mail, with real keys and clicks; a robot that checks it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gui.test_add_account import background, sees, wait, went_on, window, words, write
from tests.support.eml_accounts import EmlAccount, EmlKind
from tests.support.homes import Home
from tests.support.live import Live, live
from tests.support.robot import ADDRESS, KEY, Robot, robot
from tests.support.sendgrid import API_KEY, sendgrid
from tests.support.session import KeyringSession
from tests.support.tk import go_to, press, until_tk, words_of
from tests.support.webhook import SERVICES, hook
from traymail.accounts import KINDS
from traymail.core.account import Account
from traymail.core.robots import WecomAccount
from traymail.core.webhooks import WebhookAccount
from traymail.ui.bridge import Background
from traymail.ui.dialogs.add_account import AddAccountWindow
from traymail.ui.dialogs.add_account.details import DetailsPage
from traymail.ui.model.add_account import Adding, AddPage, AddSaving
from traymail.ui.model.add_buttons import AddAct
from traymail.ui.model.add_other import listed
from traymail.ui.model.trial import Verdict
from traymail.ui.theme import Root

__all__ = ["background", "went_on", "window"]  # fixtures

TEAM = '\n[accounts.wecom]\nkind = "wecom"\n'


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "eml", EmlKind())


@pytest.fixture
def program(root: Root, keyring_env: KeyringSession, home: Home) -> Iterator[Live]:
    del root, keyring_env  # the display first, then the bus of the keyring
    with live(home, f"version = 1\n{TEAM}") as here:
        yield here


@pytest.fixture
def group() -> Iterator[Robot]:
    with robot() as one:
        yield one


def choose(window: AddAccountWindow, kind: str) -> DetailsPage:
    """Go to the details of a kind, by keys alone."""
    press(window, "<Alt-r>")
    wait(window, lambda: window.screen.state.page is AddPage.KINDS, "the list of the kinds")
    page = window.pages.kinds
    assert page is not None
    place = [row.kind.name for row in page.rows].index(kind)
    wait(window, lambda: window.focus_get() is page.rows[0], "the keyboard on the first row")
    for step in range(place):
        press(page.rows[step], "<Down>")
    wait(window, lambda: window.focus_get() is page.rows[place], "the keyboard on the row")
    press(page.rows[place], "<Return>")
    wait(window, lambda: window.screen.state.page is AddPage.DETAILS, "the details")
    details = window.pages.details
    assert details is not None
    wait(window, lambda: details.form.values["name"], "a name that is free")
    return details


def paste(window: AddAccountWindow, details: DetailsPage, secret: str) -> None:
    window.clipboard_clear()
    window.clipboard_append(secret)
    press(window, "<Alt-p>")
    assert details.entry is not None
    assert details.entry.value == secret


def fill(window: AddAccountWindow, details: DetailsPage, **values: str) -> None:
    details.form.fill(values)
    window.typing.details(details.form.values)


def _verdict(window: AddAccountWindow) -> Verdict | None:
    return window.screen.state.trial.verdict if window.screen.state.trial else None


def saved(window: AddAccountWindow, program: Live, name: str) -> Account:
    wait(window, lambda: window.screen.state.saving is AddSaving.DONE, "the account to be saved")
    until_tk(window, lambda: name in program.services.program.overview().settings.accounts)
    return program.services.program.overview().settings.accounts[name]


def test_every_kind_is_listed_with_its_words(window: AddAccountWindow) -> None:
    window.address.others.invoke()
    sees(window, "Send to another service")
    assert [kind.name for kind in listed()] == [name for name in KINDS if name != "smtp"]
    for kind in listed():
        sees(window, str(kind.title))
        sees(window, str(kind.about))
    window.bar.buttons[AddAct.BACK].invoke()
    window.update()
    assert window.screen.state == Adding()


@pytest.mark.parametrize("pasted", [KEY, ADDRESS])
def test_a_robot_is_added_by_its_key_or_its_address(
    window: AddAccountWindow, program: Live, group: Robot, pasted: str
) -> None:
    details = choose(window, "wecom")
    assert details.form.values["name"] == "wecom-2"
    fill(window, details, name="team", api_url=f"http://127.0.0.1:{group.port}")
    assert not window.bar.buttons[AddAct.NEXT].instate(["!disabled"])
    paste(window, details, pasted)
    press(details.entry, "<Return>")  # type: ignore[arg-type] # there is one
    account = saved(window, program, "team")
    assert isinstance(account, WecomAccount)
    assert program.app.credentials.get(account).reveal() == KEY
    assert KEY not in (program.home.path / "config.toml").read_text("utf-8")
    assert len(group.messages) == 1
    sees(window, "team is ready to send mail.")
    assert window.pages.secret is None
    assert window.screen.state.code.secret is None


def test_sendgrid_is_added_by_its_key(window: AddAccountWindow, program: Live) -> None:
    with sendgrid() as service:
        details = choose(window, "sendgrid")
        url = f"http://127.0.0.1:{service.port}"
        fill(window, details, name="bulk", address="me@example.com", api_url=url)
        paste(window, details, API_KEY)
        window.bar.buttons[AddAct.NEXT].invoke()
        account = saved(window, program, "bulk")
        assert program.app.credentials.get(account).reveal() == API_KEY
        assert [one["from"]["email"] for one in service.mails] == ["me@example.com"]
        assert service.asked == 1


def test_what_is_no_key_is_told_while_it_is_typed(window: AddAccountWindow) -> None:
    details = choose(window, "wecom")
    paste(window, details, ADDRESS.partition("?")[0])
    sees(window, "This is neither the key nor the webhook address of a robot.")
    assert not window.bar.buttons[AddAct.NEXT].instate(["!disabled"])


def test_a_wrong_key_leads_back_to_the_details_as_they_were(
    window: AddAccountWindow, program: Live, group: Robot
) -> None:
    details = choose(window, "wecom")
    fill(window, details, name="team", api_url=f"http://127.0.0.1:{group.port}")
    paste(window, details, "wrong-key")
    window.bar.buttons[AddAct.NEXT].invoke()
    wait(window, lambda: _verdict(window) is Verdict.FAILED, "the end of the test")
    sees(window, "The login was refused")
    assert "team" not in program.services.program.overview().settings.accounts
    assert "wrong-key" not in words(window)
    window.bar.buttons[AddAct.BACK].invoke()
    wait(window, lambda: window.focus_get() is details.entry, "the keyboard at the key")
    assert details.form.values["name"] == "team"
    paste(window, details, KEY)
    window.bar.buttons[AddAct.NEXT].invoke()
    saved(window, program, "team")


def test_a_name_that_another_account_has_is_told(window: AddAccountWindow) -> None:
    details = choose(window, "wecom")
    fill(window, details, name="wecom")
    paste(window, details, KEY)
    window.bar.buttons[AddAct.NEXT].invoke()
    sees(window, "There is an account wecom already.")
    assert window.screen.state.page is AddPage.DETAILS
    go_to(details.form, "name")
    write(window, "2")
    assert window.screen.state.problems == ()


def test_a_kind_without_a_secret_is_asked_for_none(
    window: AddAccountWindow, program: Live, tmp_path: Path
) -> None:
    details = choose(window, "eml")
    assert details.entry is None
    assert "Kept in the keyring" not in "\n".join(words_of(window))
    window.bar.buttons[AddAct.NEXT].invoke()
    wait(window, lambda: window.screen.state.problems, "what is wrong")
    assert {one.where for one in window.screen.state.problems} == {"address", "folder"}
    fill(window, details, address="me@desk.example", folder=str(tmp_path))
    window.bar.buttons[AddAct.NEXT].invoke()
    account = saved(window, program, "eml")
    assert isinstance(account, EmlAccount)
    assert account.folder == str(tmp_path)
    assert len(list(tmp_path.glob("*.eml"))) == 1


def test_a_webhook_is_added_by_its_address_and_what_signs(
    window: AddAccountWindow, program: Live
) -> None:
    service = SERVICES["feishu"]
    with hook("feishu", service.secret) as one:
        details = choose(window, "webhook")
        fill(window, details, name="lark", preset="feishu")
        paste(window, details, f"{one.address} {service.secret}")
        window.bar.buttons[AddAct.NEXT].invoke()
        account = saved(window, program, "lark")
        kept = program.app.credentials.get(account).reveal()
        assert kept == f"{one.address} {service.secret}"
        assert isinstance(account, WebhookAccount)
        assert account.preset.name == "feishu"
        assert len(one.taken) == 1


def test_a_webhook_of_your_own_is_added(window: AddAccountWindow, program: Live) -> None:
    with hook("custom") as one:
        details = choose(window, "webhook")
        paste(window, details, one.address)
        fill(window, details, name="own", preset="custom")
        window.bar.buttons[AddAct.NEXT].invoke()
        wait(window, lambda: window.screen.state.problems, "what is missing")
        assert [problem.where for problem in window.screen.state.problems] == ["webhook"]
        fill(window, details, webhook="""{ body = '{"say": "{text}"}', success = "HTTP == 200" }""")
        window.bar.buttons[AddAct.NEXT].invoke()
        account = saved(window, program, "own")
        assert isinstance(account, WebhookAccount)
        assert account.success.words == "HTTP == 200"
        assert [list(posted.document) for posted in one.taken] == [["say"]]


def test_in_another_language_the_details_are_still_there(
    window: AddAccountWindow, program: Live, root: Root, background: Background
) -> None:
    details = choose(window, "wecom")
    fill(window, details, name="team", format="text")
    paste(window, details, KEY)
    left = window.leave()
    assert KEY not in repr(left)
    window.destroy()
    other = AddAccountWindow(
        root,
        program.services,
        background,
        lambda _asked: None,
        lambda: False,
        lambda _host: None,
    )
    other.reveal()
    other.take_over(left)
    anew = other.pages.details
    assert anew is not None
    assert anew.entry is not None
    assert (anew.form.values["name"], anew.form.values["format"]) == ("team", "text")
    assert anew.entry.value == KEY
    assert other.bar.buttons[AddAct.NEXT].instate(["!disabled"])
    other.close()
    assert other.pages.details is None
    assert other.screen.state == Adding()


DINGTALK = "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef"


def test_a_secret_is_judged_anew_when_it_is_for_another_service(
    window: AddAccountWindow,
) -> None:
    details = choose(window, "webhook")
    paste(window, details, DINGTALK)
    may = window.bar.buttons[AddAct.NEXT].instate
    wait(window, lambda: may(["!disabled"]), "an address of DingTalk")
    fill(window, details, preset="feishu")
    wait(window, lambda: may(["disabled"]), "no address of Feishu")
    fill(window, details, preset="dingtalk")
    wait(window, lambda: may(["!disabled"]), "an address of DingTalk again")


def test_where_the_secret_of_a_signature_stands_is_said_at_the_address(
    window: AddAccountWindow,
) -> None:
    details = choose(window, "webhook")
    sees(window, "add a space and the secret of the signature (SEC…).")
    fill(window, details, preset="feishu")
    sees(window, "add a space and the secret of the signature.")
    fill(window, details, preset="ntfy")
    sees(window, "add a space and the access token (tk_…).")
    fill(window, details, preset="bark")
    sees(window, "spaces that do not matter are removed")
    assert "Copy and paste it. Where" not in words(window)


def test_the_name_that_is_proposed_is_replaced_by_what_is_typed(window: AddAccountWindow) -> None:
    details = choose(window, "webhook")
    assert details.form.values["name"] == "webhook"
    write(window, "team")
    assert details.form.values["name"] == "team"
    # What somebody has typed is not in danger once the keyboard comes back.
    details.entry.focus_set()  # type: ignore[union-attr] # there is one
    window.update()
    details.form.jump("name")
    write(window, "-a")
    assert details.form.values["name"] == "team-a"
