"""How to get what a provider wants as a password: numbered steps, and the shape of the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from traymail.core.account import Account
from traymail.core.account_kind import AccountKind, SecretWords
from traymail.core.errors import InputError
from traymail.core.provider import AuthKind, Provider
from traymail.core.secret import Secret, tidy_code
from traymail.core.texts import Text, text

CODE_LETTERS = 16
_NO_CODE = text("The code has letters only: this may be your password.")


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One thing to do; ``hint`` helps to find it, and ``url`` is the page where it is done.

    ``opens`` says which page of the provider that is, before a guide is made for it.
    """

    words: Text
    hint: Text | None = None
    opens: Literal["nothing", "mailbox", "help"] = "nothing"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """What the page of the code shows.

    ``sixteen``: the code is always of 16 letters. ``other``: what is said of another shape.
    ``hidden``: it is a password people
    use elsewhere too, so it is typed behind dots. ``hint`` says at the field what may stand in it.
    """

    title: Text
    intro: Text
    steps: tuple[GuideStep, ...]
    label: Text
    sixteen: bool = False
    hidden: bool = False
    other: Text = _NO_CODE
    hint: Text | None = None


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """What can be said of a code while it is typed; ``secret`` is None until it may be tried."""

    secret: Secret | None
    note: Text | None = None
    severity: Literal["success", "warning"] = "warning"


def guide_for(provider: Provider | None) -> Guide:
    """Return the guide of a provider, None: a server that is not in the table."""
    if provider is None:
        return _PASSWORD
    own = _BY_ID.get(provider.id) or _BY_KIND[provider.auth_kind]
    pages = {"mailbox": _MAILBOXES.get(provider.id, ""), "help": provider.help_url, "nothing": ""}
    steps = tuple(replace(step, url=pages[step.opens]) for step in own.steps)
    return replace(own, steps=steps, label=provider.auth_kind.secret_name)


def guide_of(words: SecretWords) -> Guide:
    """Return the guide to the secret of another kind of account than mail."""
    steps = tuple(GuideStep(one) for one in words.steps)
    return Guide(words.name, words.name, steps, words.name, hint=words.hint)


def checked_by(kind: AccountKind[Any], check: CodeCheck, account: Account | None) -> CodeCheck:
    """Return the same secret as the kind keeps it, or why it can be none.

    ``account`` None: nothing is known yet of whose it is to be.
    """
    if check.secret is None:
        return check
    try:
        return replace(check, secret=kind.checked(check.secret, account))
    except InputError as error:
        return CodeCheck(None, error.title)


def check_code(guide: Guide, typed: str) -> CodeCheck:
    """Return what is to be said of what stands in the field."""
    if not typed.strip():
        return CodeCheck(None)
    if not guide.sixteen:
        return CodeCheck(Secret(tidy_code(typed)))
    code = "".join(tidy_code(typed).split())
    if len(code) != CODE_LETTERS:
        note = text("{n} of 16 letters", n=len(code))
        return CodeCheck(None, note)
    if not (code.isascii() and code.isalpha()):
        return CodeCheck(None, guide.other)
    return CodeCheck(Secret(code), text("16 letters, as expected."), "success")


def wants(provider: Provider | None) -> Text | None:
    """Return the sentence that a code is needed and not the password, where that is so."""
    if provider is None or provider.auth_kind not in _WANTS:
        return None
    wanted = _WANTS_BY_ID.get(provider.id) or _WANTS[provider.auth_kind]
    return replace(wanted, values=(("provider", provider.name),))


_WANTS: Mapping[AuthKind, Text] = {
    AuthKind.AUTHORIZATION_CODE: text(
        "{provider} wants an authorization code, not your password.", provider=""
    ),
    AuthKind.APP_PASSWORD: text(
        "{provider} wants an app password, not the password of your mailbox.", provider=""
    ),
    AuthKind.OAUTH2: text(
        "{provider} takes no passwords from programs: you sign in in the browser (OAuth2).",
        provider="",
    ),
}

# Where the password that is not meant has a name of its own.
_WANTS_BY_ID: Mapping[str, Text] = {
    "gmail": text("{provider} wants an app password, not your Google password.", provider=""),
    "icloud": text("{provider} wants an app password, not your Apple password.", provider=""),
    "yahoo": text("{provider} wants an app password, not your Yahoo password.", provider=""),
}

_COPY_CODE = GuideStep(text("Copy the 16 letters and paste them below"))
_COPY_PASSWORD = GuideStep(text("Copy the app password of 16 letters and paste it below"))
_CODE = text("Get the authorization code")
_APP = text("Get an app password")

_PASSWORD = Guide(
    title=text("Enter the password"),
    intro=text("The password that you log in to this mail server with."),
    steps=(
        GuideStep(
            text("Use the password of the mailbox"),
            text(
                "Many providers have a code or an app password for programs: if yours does, "
                "use that."
            ),
            opens="help",
        ),
        GuideStep(text("If it is refused, look for “SMTP” in the provider's help")),
    ),
    label=text("Password"),
    hidden=True,
)

_QQ = Guide(
    title=_CODE,
    intro=text("You do this once, on the web page of QQ Mail. It takes about a minute."),
    steps=(
        GuideStep(text("Open QQ Mail in the browser and sign in"), opens="mailbox"),
        GuideStep(
            text("Settings → Account"), text("Scroll to “POP3/IMAP/SMTP service”"), opens="help"
        ),
        GuideStep(
            text("Turn on “SMTP service”"), text("Confirm with the text message QQ asks for")
        ),
        _COPY_CODE,
    ),
    label=text("Authorization code"),
    sixteen=True,
)
_NETEASE = Guide(
    title=_CODE,
    intro=text("You do this once, on the web page of NetEase Mail."),
    steps=(
        GuideStep(text("Open NetEase Mail in the browser and sign in"), opens="mailbox"),
        GuideStep(text("Settings → POP3/SMTP/IMAP"), opens="help"),
        GuideStep(
            text("Turn on “IMAP/SMTP service”"),
            text("Confirm with the text message NetEase asks for"),
        ),
        GuideStep(
            text("Copy the authorization code and paste it below"),
            text("It is shown only once."),
        ),
    ),
    label=text("Authorization code"),
)
_GMAIL = Guide(
    title=_APP,
    intro=text("You do this once, in your Google account."),
    steps=(
        GuideStep(
            text("Turn on 2-Step Verification"), text("Google account → Security"), opens="help"
        ),
        GuideStep(text("Open “App passwords”"), opens="mailbox"),
        GuideStep(text("Type a name such as traymail and choose Create")),
        _COPY_PASSWORD,
    ),
    label=text("App password"),
    sixteen=True,
    other=text("An app password has letters only: this may be your own password."),
)
_ICLOUD = Guide(
    title=_APP,
    intro=text("You do this once, in your Apple account."),
    steps=(
        GuideStep(text("Open account.apple.com and sign in"), opens="mailbox"),
        GuideStep(text("Sign-In and Security → App-Specific Passwords"), opens="help"),
        GuideStep(text("Choose “+” and type a name such as traymail")),
        GuideStep(text("Copy the password and paste it below"), text("You can keep the dashes.")),
    ),
    label=text("App password"),
)
_YAHOO = Guide(
    title=_APP,
    intro=text("You do this once, in your Yahoo account."),
    steps=(
        GuideStep(text("Open your Yahoo account and sign in"), opens="mailbox"),
        GuideStep(text("Security → Generate app password"), opens="help"),
        GuideStep(text("Type a name such as traymail")),
        _COPY_PASSWORD,
    ),
    label=text("App password"),
    sixteen=True,
    other=text("An app password has letters only: this may be your own password."),
)

_OTHER_CODE = Guide(
    title=_CODE,
    intro=text("You do this once, on the web page of your provider."),
    steps=(
        GuideStep(text("Open your mail in the browser and sign in"), opens="mailbox"),
        GuideStep(text("Open the settings and look for SMTP or “client”"), opens="help"),
        GuideStep(text("Turn on SMTP and make an authorization code")),
        GuideStep(text("Copy the authorization code and paste it below")),
    ),
    label=text("Authorization code"),
)
_OTHER_APP = Guide(
    title=_APP,
    intro=text("You do this once, on the web page of your provider."),
    steps=(
        GuideStep(text("Open your mail account in the browser and sign in"), opens="mailbox"),
        GuideStep(text("Open the security settings and look for “app passwords”"), opens="help"),
        GuideStep(text("Copy the new password and paste it below")),
    ),
    label=text("App password"),
)
_COMPANY = Guide(
    title=text("Enter the password"),
    intro=text("This mailbox is kept at a provider for companies."),
    steps=(
        GuideStep(
            text("Open your mail in the browser and sign in"),
            text("If SMTP is off there, the administrator of your company can allow it."),
            opens="mailbox",
        ),
        GuideStep(
            text("Look in its settings for a client password"),
            text("Where there is one, programs have to use it: make one and copy it."),
            opens="help",
        ),
        GuideStep(text("Paste it below, or else type the password of the mailbox")),
    ),
    label=text("Password or app password"),
    hidden=True,
)
_BRIDGE = Guide(
    title=text("Get the password of the Bridge"),
    intro=text("Proton Mail sends through a program on this computer, Proton Mail Bridge."),
    steps=(
        GuideStep(text("Install Proton Mail Bridge, start it and sign in"), opens="help"),
        GuideStep(text("Choose “Mailbox details” and look for SMTP")),
        GuideStep(text("Copy the password shown there and paste it below")),
    ),
    label=text("Password shown by Proton Mail Bridge"),
)
_KEY = Guide(
    title=text("Get an API key"),
    intro=text("You do this once, on the web page of your provider."),
    steps=(
        GuideStep(text("Open the page of your provider and sign in"), opens="help"),
        GuideStep(text("Make a key that may send mail")),
        GuideStep(text("Copy the key and paste it below")),
    ),
    label=text("API key or SMTP key"),
)

_BY_KIND: Mapping[AuthKind, Guide] = {
    AuthKind.AUTHORIZATION_CODE: _OTHER_CODE,
    AuthKind.APP_PASSWORD: _OTHER_APP,
    AuthKind.PASSWORD: _PASSWORD,
    AuthKind.PASSWORD_OR_CODE: _PASSWORD,
    AuthKind.BRIDGE_PASSWORD: _BRIDGE,
    AuthKind.API_KEY: _KEY,
    AuthKind.OAUTH2: _PASSWORD,
}

_BY_ID: Mapping[str, Guide] = {
    "qq": _QQ,
    "foxmail": _QQ,
    "163": _NETEASE,
    "126": _NETEASE,
    "yeah": _NETEASE,
    "vip.163": _NETEASE,
    "vip.126": _NETEASE,
    "188": _NETEASE,
    "exmail.qq": _COMPANY,
    "netease-qiye": _COMPANY,
    "netease-qiye-free": _COMPANY,
    "aliyun-qiye": _COMPANY,
    "feishu": _COMPANY,
    "lark": _COMPANY,
    "zoho-company": _COMPANY,
    "zoho-company.eu": _COMPANY,
    "gmail": _GMAIL,
    "icloud": _ICLOUD,
    "yahoo": _YAHOO,
}

# Where people sign in to make the code.
_MAILBOXES: Mapping[str, str] = {
    "qq": "https://mail.qq.com/",
    "foxmail": "https://mail.qq.com/",
    "exmail.qq": "https://exmail.qq.com/",
    "163": "https://mail.163.com/",
    "126": "https://mail.126.com/",
    "yeah": "https://mail.yeah.net/",
    "vip.163": "https://vip.163.com/",
    "vip.126": "https://vip.126.com/",
    "188": "https://www.188.com/",
    "netease-qiye": "https://qiye.163.com/login/",
    "netease-qiye-free": "https://qiye.163.com/login/",
    "aliyun-qiye": "https://qiye.aliyun.com/",
    "sina": "https://mail.sina.com.cn/",
    "sina.cn": "https://mail.sina.com.cn/",
    "vip.sina": "https://mail.sina.com.cn/",
    "sohu": "https://mail.sohu.com/",
    "139": "https://mail.10086.cn/",
    "189": "https://mail.189.cn/",
    "gmail": "https://myaccount.google.com/apppasswords",
    "icloud": "https://account.apple.com/",
    "yahoo": "https://login.yahoo.com/account/security",
    "aol": "https://login.aol.com/account/security",
    "fastmail": "https://app.fastmail.com/",
    "mail.ru": "https://e.mail.ru/",
}
