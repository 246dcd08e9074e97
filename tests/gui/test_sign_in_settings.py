"""Signing in by OAuth2 from the page of the accounts, with real clicks."""

import socket
from collections.abc import Callable

import pytest

from tests.gui.test_accounts import Desk, make_desk
from tests.gui.test_add_sign_in import Place, guide_beside, place, words_in
from tests.support.oauth import CLIENT, SCOPE, USER, hurried
from tests.support.tk import every_child
from traymail.ui.model.account_buttons import AccountAct
from traymail.ui.model.sign_in import SignInStage
from traymail.ui.widgets import Button

__all__ = ["make_desk", "place"]  # fixtures
GUIDE = "Where to get a client id…"


def config(place: Place) -> str:
    return (
        f'version = 1\n[accounts.main]\naddress = "{USER}"\nhost = "127.0.0.1"\n'
        f'port = {place.sink.port}\nsecurity = "none"\n{place.service.config()}'
    )


def stage(desk: Desk) -> SignInStage | None:
    state = desk.page.screen.state.sign_in
    return None if state is None else state.stage


def state_of(desk: Desk) -> str:
    login = desk.live.app.access_tokens.login(desk.account())
    return "" if login is None else login.state.value


def offered(desk: Desk) -> list[str]:
    return [
        one.words
        for one in every_child(desk.sheet.code)
        if isinstance(one, Button) and one.instate(["!disabled"])
    ]


def test_from_the_button_to_an_account_that_is_signed_in(
    make_desk: Callable[[str], Desk], place: Place
) -> None:
    desk = make_desk(config(place))
    desk.open()
    assert state_of(desk) == "never"
    desk.press("Sign in in the browser")
    desk.until(lambda: stage(desk) is SignInStage.DONE, "the sign-in")
    desk.sees("You are signed in")
    assert state_of(desk) == "ok"
    desk.act(AccountAct.BACK)
    desk.until(lambda: stage(desk) is None, "the form")
    desk.test()
    assert [one.user for one in place.sink.arrivals] == [USER]


def test_the_code_of_a_device_is_copied_cancelled_and_refused(
    make_desk: Callable[[str], Desk], place: Place
) -> None:
    desk = make_desk(config(place))
    desk.open()
    desk.press("On another device…")
    desk.until(lambda: stage(desk) is SignInStage.DEVICE, "the code")
    code = list(place.service.devices.values())[-1].code
    desk.sees(code)
    desk.press("Copy the code")
    desk.until(lambda: desk.root.clipboard_get() == code, "the code, copied")
    desk.act(AccountAct.STOP)
    desk.sees("The sign-in was stopped")
    desk.act(AccountAct.DEVICE)
    desk.until(lambda: stage(desk) is SignInStage.DEVICE, "another code")
    place.service.approve(agreed=False)
    desk.until(lambda: stage(desk) is SignInStage.FAILED, "the refusal")
    desk.sees("The sign-in did not work")
    assert state_of(desk) == "never"


def test_the_guide_to_a_client_id_is_opened(make_desk: Callable[[str], Desk], place: Place) -> None:
    desk = make_desk(config(place))
    desk.open()
    desk.press(GUIDE)
    guide = guide_beside(desk.root)
    desk.until(lambda: guide.reading.text.dlineinfo("head 3"), "how it is with any provider")
    assert "Others" in words_in(guide)
    assert "Microsoft: Outlook.com" not in words_in(guide)
    desk.press("Close", guide)
    desk.until(lambda: not guide.winfo_viewable(), "the end of the guide")


def test_what_is_changed_is_saved_before_one_signs_in(
    make_desk: Callable[[str], Desk], place: Place
) -> None:
    desk = make_desk(config(place))
    desk.open()
    desk.write("display_name", "Ming")
    desk.until(lambda: offered(desk) == [GUIDE], "it to be off")
    desk.save()
    desk.press("Sign in in the browser")
    desk.until(lambda: stage(desk) is SignInStage.DONE, "the sign-in")


def test_the_client_id_and_the_addresses_are_changed(
    make_desk: Callable[[str], Desk], place: Place
) -> None:
    old = config(place).replace(CLIENT, "one-that-is-gone").replace(SCOPE, "old")
    desk = make_desk(old + "# by hand\n")
    desk.open()
    desk.write("oauth.client_id", CLIENT)
    desk.write("oauth.redirect_port", "no port")
    desk.until(
        lambda: [one.where for one in desk.form.problems] == ["oauth.redirect_port"],
        "what is wrong with it",
    )
    desk.write("oauth.redirect_port", "")
    desk.write("oauth.scope", SCOPE)
    desk.save()
    assert "one-that-is-gone" not in desk.written
    assert "# by hand" in desk.written
    desk.press("Sign in in the browser")
    desk.until(lambda: stage(desk) is SignInStage.DONE, "the sign-in")
    assert place.service.visits[0]["client_id"] == CLIENT


def test_a_browser_that_does_not_come_back_is_waited_for_until_it_is_stopped(
    make_desk: Callable[[str], Desk], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", "true")
    desk = make_desk(config(place))
    desk.open()
    desk.press("Sign in in the browser")
    desk.until(lambda: stage(desk) is SignInStage.BROWSER, "the browser")
    desk.act(AccountAct.STOP)
    desk.sees("The sign-in was stopped")
    assert state_of(desk) == "never"


def test_a_browser_that_does_not_come_back_in_time_is_told_and_can_be_tried_again(
    make_desk: Callable[..., Desk], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk(config(place), lambda usual: hurried(usual, 2))
    browser = desk.live.app.environ["BROWSER"]
    monkeypatch.setitem(desk.live.app.environ, "BROWSER", "true")  # its window is closed at once
    desk.open()
    desk.press("Sign in in the browser")
    desk.sees("If you closed it, open the page again.")
    desk.until(lambda: stage(desk) is SignInStage.FAILED, "the end of the patience")
    desk.sees("The browser did not come back in time, or its window was closed.")
    desk.sees("Try again.")
    assert state_of(desk) == "never"
    monkeypatch.setitem(desk.live.app.environ, "BROWSER", browser)

    def ended() -> bool:
        """On a busy machine this takes its time, too: then once more, as people would."""
        if stage(desk) is SignInStage.FAILED:
            desk.act(AccountAct.SIGN_IN)
        return stage(desk) is SignInStage.DONE

    desk.until(ended, "the sign-in")
    assert state_of(desk) == "ok"


def test_a_code_that_nobody_types_and_a_port_that_is_taken_are_told(
    make_desk: Callable[[str], Desk], place: Place
) -> None:
    place.service.device_life = 1
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        desk = make_desk(config(place).replace(" }", f", redirect_port = {port} }}"))
        desk.open()
        desk.press("On another device…")
        desk.until(lambda: stage(desk) is SignInStage.FAILED, "the end of the code")
        desk.sees("The code was not typed in time.")
        desk.act(AccountAct.BACK)
        desk.press("Sign in in the browser")
        desk.until(lambda: stage(desk) is SignInStage.FAILED, "what is wrong")
        desk.sees(f"Port {port}, to which the browser is to come back, is taken.")
    desk.act(AccountAct.SIGN_IN)
    desk.until(lambda: stage(desk) is SignInStage.DONE, "the sign-in")
