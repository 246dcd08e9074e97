"""What a sign-in by OAuth2 meets: refused tokens, and what the services of sign-in say.

Those say an error of RFC 6749 and some words; Microsoft's numbers are those of
https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

from traymail.core.errors import Stage
from traymail.core.reply_rules import titles
from traymail.core.reply_rules.rule import Action, ReplyRule, Trouble
from traymail.core.texts import by_command, text

SIGN_IN_AGAIN = by_command(
    text("Sign in again with: traymail account login {account}"),
    in_window=text("Sign in again in the settings of the account."),
    at_hand=text("Sign in again."),
)

# A server's refusals of an access token.
_TOKENS = (
    ReplyRule(
        id="oauth-smtp-auth-off",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        code="535",
        words="SmtpClientAuthentication is disabled",
        oauth=True,
        title=titles.LOGIN_REFUSED,
        advice=text(
            "Your organisation has switched sending by programs off. Ask its administrator to "
            "allow “Authenticated SMTP” for your mailbox, in the Microsoft 365 admin center."
        ),
    ),
    ReplyRule(
        id="oauth-outlook-token",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="outlook",
        code="535",
        oauth=True,
        title=titles.LOGIN_REFUSED,
        cause=text(
            "The access token is for another user or another service: it has to be for the address "
            "of the account, with the permission SMTP.Send of Outlook."
        ),
        advice=SIGN_IN_AGAIN,
    ),
    ReplyRule(
        id="oauth-token",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        code=r"5\d\d",
        oauth=True,
        title=titles.LOGIN_REFUSED,
        cause=text(
            "The server did not take the access token: it may be for another user, or without the "
            "permission to send."
        ),
        advice=SIGN_IN_AGAIN,
    ),
)

# What the service of sign-in says to a device, a code or a token that is to be renewed.
_SERVICES = (
    ReplyRule(
        id="oauth-device-blocked",
        action=Action.NEEDS_USER,
        trouble=Trouble.SIGN_IN,
        words=r"AADSTS53003\b|AADSTS530\d\d\b",
        title=titles.SIGN_IN_REFUSED,
        advice=text(
            "Your organisation does not allow this way of signing in. Sign in in the browser of "
            "this computer, not on another device, or ask its administrator."
        ),
    ),
    ReplyRule(
        id="oauth-no-secret-wanted",
        action=Action.NEEDS_USER,
        trouble=Trouble.SIGN_IN,
        words=r"AADSTS700025\b",
        title=titles.SIGN_IN_REFUSED,
        advice=by_command(
            text(
                "The client id is that of a public program, which has no secret. Sign in without "
                "one: traymail account login {account}"
            ),
            in_window=text(
                "The client id is that of a public program, which has no secret. Sign in without "
                "one."
            ),
        ),
    ),
    ReplyRule(
        id="oauth-secret-wanted",
        action=Action.NEEDS_USER,
        trouble=Trouble.SIGN_IN,
        words=r"AADSTS7000218\b|client_secret is missing",
        title=titles.SIGN_IN_REFUSED,
        advice=by_command(
            text(
                "The client id has a secret: give it with traymail account login {account} "
                "--client-secret. In Azure, allow public client flows instead."
            ),
            in_window=text(
                "The client id has a secret: enter it when you sign in. In Azure, allow public "
                "client flows instead."
            ),
        ),
    ),
    ReplyRule(
        id="oauth-tenant",
        action=Action.NEEDS_USER,
        trouble=Trouble.SIGN_IN,
        words=r"AADSTS(?:50194|9002331|9002346|90002|50020|500200)\b",
        title=titles.SIGN_IN_REFUSED,
        advice=text(
            "The client id is not for this kind of account: set tenant to consumers for a personal "
            "one, to organizations or the domain of your organisation for others."
        ),
    ),
    ReplyRule(
        id="oauth-redirect",
        action=Action.NEEDS_USER,
        trouble=Trouble.SIGN_IN,
        words=r"AADSTS50011\b|redirect_uri",
        title=titles.SIGN_IN_REFUSED,
        advice=text(
            "The client id does not allow this way back: register it as a program of the desktop, "
            "with the address http://localhost."
        ),
    ),
    ReplyRule(
        id="oauth-no-consent",
        action=Action.NEEDS_USER,
        trouble=Trouble.SIGN_IN,
        words=r"AADSTS(?:65001|65004|90094)\b|admin_policy_enforced",
        title=titles.SIGN_IN_REFUSED,
        advice=text("An administrator of your organisation has to allow this program first."),
    ),
    ReplyRule(
        id="oauth-client",
        action=Action.NEEDS_USER,
        trouble=Trouble.SIGN_IN,
        words=r"^(?:invalid_client|unauthorized_client|deleted_client)\b|AADSTS(?:700016|7000215)\b",
        title=titles.SIGN_IN_REFUSED,
        advice=text(
            "The service does not know the client id, or not for this. Check client_id and tenant "
            "of the account."
        ),
    ),
    ReplyRule(
        id="oauth-scope",
        action=Action.NEEDS_USER,
        trouble=Trouble.SIGN_IN,
        words=r"^invalid_scope\b|AADSTS70011\b",
        title=titles.SIGN_IN_REFUSED,
        advice=text("The client id lacks the permission to send mail: add it, and check scope."),
    ),
    ReplyRule(
        id="oauth-denied",
        action=Action.NEEDS_USER,
        trouble=Trouble.SIGN_IN,
        words=r"^(?:access_denied|authorization_declined|consent_required)\b",
        title=titles.SIGN_IN_DENIED,
        advice=SIGN_IN_AGAIN,
    ),
    ReplyRule(
        id="oauth-google-ended",
        action=Action.NEEDS_USER,
        trouble=Trouble.SIGN_IN,
        family="gmail",
        words="^invalid_grant",
        title=titles.SIGN_IN_ENDED,
        cause=text(
            "Google ends sign-ins after 7 days while its project is in “Testing”: publish the "
            "project. A new password ends them, too."
        ),
        advice=SIGN_IN_AGAIN,
    ),
    ReplyRule(
        id="oauth-ended",
        action=Action.NEEDS_USER,
        trouble=Trouble.SIGN_IN,
        words="^(?:invalid_grant|interaction_required|login_required)",
        title=titles.SIGN_IN_ENDED,
        advice=SIGN_IN_AGAIN,
    ),
    ReplyRule(
        id="oauth-refused",
        action=Action.NEEDS_USER,
        trouble=Trouble.SIGN_IN,
        title=titles.SIGN_IN_REFUSED,
        advice=text(
            "Check client_id, scope and the addresses of OAuth2 in the configuration, then sign in "
            "again."
        ),
    ),
    ReplyRule(
        id="oauth-later",
        action=Action.RETRY,
        trouble=Trouble.SIGN_IN_LATER,
        title=titles.SIGN_IN_LATER,
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="not-signed-in",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_SECRET,
        title=titles.NOT_SIGNED_IN,
        advice=by_command(
            text("Sign in with: traymail account login {account}"),
            in_window=text("Sign in in the settings of the account."),
            at_hand=text("Sign in."),
        ),
    ),
)

RULES: tuple[ReplyRule, ...] = (*_TOKENS, *_SERVICES)
