"""Logins with access tokens, to the letter, and what their refusals mean."""

import base64

import pytest

from tests.support.sending import CANARY, Notes, Pocket, account, mail, sender
from tests.support.sink import serve
from tests.support.wire import Peer, scripted
from traymail.core.account import Account, Auth
from traymail.core.errors import AccountFailure, AuthFailure, Reply, Stage
from traymail.core.replies import advice_for, diagnose
from traymail.core.reply_rules import Trouble

USER = "me@example.com"


def ours(port: int) -> Account:
    return account(port, auth=Auth.OAUTH2)


@pytest.mark.parametrize(
    ("without", "name", "said"),
    [
        ((), "XOAUTH2", "user=me@example.com\x01auth=Bearer {token}\x01\x01"),
        (
            "XOAUTH2",
            "OAUTHBEARER",
            "n,a=me@example.com,\x01host=127.0.0.1\x01port={port}\x01auth=Bearer {token}\x01\x01",
        ),
    ],
)
def test_a_token_is_given_to_the_letter(without: str, name: str, said: str) -> None:
    with serve(security="none", tokens={CANARY: USER}) as sink:
        if without:
            sink.without = ("AUTH OAUTHBEARER XOAUTH2",)
            sink.instead = ("250-AUTH OAUTHBEARER",)
        uses = sender(ours(sink.port))
        assert uses.send(mail(), Notes()).code == 250
        uses.close()
        given = base64.b64encode(said.format(token=CANARY, port=sink.port).encode()).decode()
        assert sink.answers == [f"AUTH {name} {given}".encode()]
        assert sink.logins == [(USER, True)]


@pytest.mark.parametrize(("mechanism", "surrender"), [("XOAUTH2", b""), ("OAUTHBEARER", b"AQ==")])
def test_a_refused_token_is_answered_and_its_verdict_heard(
    mechanism: str, surrender: bytes
) -> None:
    with serve(security="none", tokens={"another": USER}) as sink:
        if mechanism == "OAUTHBEARER":
            sink.without = ("AUTH OAUTHBEARER XOAUTH2",)
            sink.instead = ("250-AUTH OAUTHBEARER",)
        with pytest.raises(AuthFailure) as caught:
            sender(ours(sink.port)).send(mail(), Notes())
        assert sink.answers[-1] == surrender
        assert sink.connections == 1
    assert caught.value.reply.text == "5.7.8 Username and Password not accepted"
    assert caught.value.advice_id == "oauth-token"
    assert CANARY not in str(caught.value.reply)


def test_a_server_that_overlooks_the_initial_response_gets_it_again() -> None:
    heard = []

    def script(peer: Peer) -> None:
        peer.greet("AUTH XOAUTH2")
        heard.append(peer.expect("AUTH XOAUTH2 "))
        peer.say("334 ")
        heard.append(peer.line())
        peer.say("535 5.7.3 Authentication unsuccessful")

    with scripted(script) as server, pytest.raises(AuthFailure):
        sender(ours(server.port)).send(mail(), Notes())
    assert heard[0] == f"AUTH XOAUTH2 {heard[1]}"


def test_a_server_without_oauth_gets_no_token() -> None:
    with serve(security="none", user=USER, password=CANARY) as sink:
        pocket = Pocket()
        with pytest.raises(AccountFailure) as caught:
            sender(ours(sink.port), pocket).send(mail(), Notes())
        assert sink.logins == []
    assert caught.value.advice_id == "no-oauth"


REFUSALS = [
    ("office365", 535, "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled "
     "for the Tenant.", None, "oauth-smtp-auth-off", "Authenticated SMTP"),
    ("outlook", 535, "5.7.3 Authentication unsuccessful", None, "oauth-outlook-token", "SMTP.Send"),
    ("gmail", 535, "5.7.8 Username and Password not accepted", None, "oauth-token", "login desk"),
    ("gmail", None, "invalid_grant: Token has been expired", Trouble.SIGN_IN,
     "oauth-google-ended", "7 days"),
    ("outlook", None, "invalid_grant: AADSTS53003: Access has been blocked", Trouble.SIGN_IN,
     "oauth-device-blocked", "not on another device"),
    ("outlook", None, "invalid_client: AADSTS700025: Client is public", Trouble.SIGN_IN,
     "oauth-no-secret-wanted", "has no secret"),
    ("outlook", None, "invalid_client: AADSTS7000218: no client_assertion", Trouble.SIGN_IN,
     "oauth-secret-wanted", "--client-secret"),
    ("", None, "invalid_grant", Trouble.SIGN_IN, "oauth-ended", "login desk"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "code", "said", "trouble", "advice_id", "told"), REFUSALS)
def test_what_users_meet_most_has_its_own_advice(
    provider: str, code: int | None, said: str, trouble: Trouble | None, advice_id: str, told: str
) -> None:
    found = diagnose(Reply(code, said, Stage.AUTH), provider, trouble=trouble, oauth=True)
    assert (found.advice_id, found.kind) == (advice_id, AuthFailure)
    assert told in str(advice_for(found.advice_id, "desk"))


def test_advice_about_tokens_is_for_tokens_only() -> None:
    said = Reply(535, "5.7.3 Authentication unsuccessful", Stage.AUTH)
    assert diagnose(said, "outlook").advice_id == "o-535"
