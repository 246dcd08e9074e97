"""The providers that traymail knows: servers, kinds of login, sizes and limits.

A row stands here only when a public page or a real session showed its host and port; nothing is
guessed. Mail of companies (Exmail, Alibaba, Feishu) has domains of its own: those rows are found
by the exchangers of a domain, and by their host.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase

from traymail.core.account import Limits, Security
from traymail.core.address import undotted
from traymail.core.texts import Text, text


class AuthKind(Enum):
    """What a provider takes as the secret of a login."""

    AUTHORIZATION_CODE = "authorization_code"
    APP_PASSWORD = "app_password"  # noqa: S105 # a kind, not a secret
    PASSWORD = "password"  # noqa: S105 # a kind, not a secret
    PASSWORD_OR_CODE = "password_or_code"  # noqa: S105 # a kind, not a secret
    BRIDGE_PASSWORD = "bridge_password"  # noqa: S105 # a kind, not a secret
    API_KEY = "api_key"
    OAUTH2 = "oauth2_required"

    @property
    def secret_name(self) -> Text:
        """Return what the user knows the secret as: the words of a prompt."""
        return _SECRET_NAMES[self]


_SECRET_NAMES = {
    AuthKind.AUTHORIZATION_CODE: text("Authorization code"),
    AuthKind.APP_PASSWORD: text("App password"),
    AuthKind.PASSWORD: text("Password"),
    AuthKind.PASSWORD_OR_CODE: text("Password or app password"),
    AuthKind.BRIDGE_PASSWORD: text("Password shown by Proton Mail Bridge"),
    AuthKind.API_KEY: text("API key or SMTP key"),
    AuthKind.OAUTH2: text("Sign-in in the browser"),
}


class UsernameForm(Enum):
    """How a login name follows from an address."""

    ADDRESS = "address"
    LOCAL_PART = "local part"
    APIKEY = "the word apikey"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A port, and how it is protected."""

    port: int
    security: Security


# RFC 8314 section 3.3: submission by implicit TLS is preferred.
IMPLICIT_TLS = Endpoint(465, Security.TLS)
SUBMISSION = Endpoint(587, Security.STARTTLS)
USUAL_ENDPOINTS = (
    IMPLICIT_TLS,
    SUBMISSION,
    Endpoint(994, Security.TLS),
    Endpoint(2525, Security.STARTTLS),
)
# For mail between servers, never for sending from a program.
RELAY_PORT = 25
# The service that takes mail over HTTP, which is none of the servers here.
SENDGRID_HTTP = "sendgrid-http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A row of the table.

    ``domains``, ``exchangers`` and ``other_hosts`` may hold ``*`` for a part that varies.
    ``exchangers``: who takes in the mail of companies' own domains that are kept there (MX).
    ``endpoints`` are in order of preference; a row with domains has at least one.
    ``max_message_bytes``: on the wire, below what the server announces; None where not known.
    ``family``: whose replies it speaks, for `traymail.core.replies`.
    """

    id: str
    name: Text
    host: str
    endpoints: tuple[Endpoint, ...]
    auth_kind: AuthKind
    domains: tuple[str, ...] = ()
    exchangers: tuple[str, ...] = ()
    other_hosts: tuple[str, ...] = ()
    family: str = ""
    username: UsernameForm = UsernameForm.ADDRESS
    max_message_bytes: int | None = None
    limits: Limits = field(default_factory=Limits)
    help_url: str = ""

    @property
    def port(self) -> int:
        """Return the port of the preferred endpoint."""
        return self.endpoints[0].port

    @property
    def security(self) -> Security:
        """Return the protection of the preferred endpoint."""
        return self.endpoints[0].security

    def username_for(self, mailbox: str) -> str:
        """Return the login name that belongs to a mailbox (``local@domain``)."""
        match self.username:
            case UsernameForm.ADDRESS:
                return mailbox
            case UsernameForm.LOCAL_PART:
                return mailbox.rpartition("@")[0]
            case UsernameForm.APIKEY:
                return "apikey"


def for_address(address: str) -> Provider | None:
    """Return the provider of ``local@domain``; None for a domain that is not in the table."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    return next((row for row in PROVIDERS if _any_matches(domain, row.domains)), None)


def for_exchangers(hosts: Iterable[str]) -> tuple[Provider, str] | None:
    """Return the provider that one of a domain's exchangers belongs to, with that exchanger.

    The first in their order counts. None for those of nobody in the table: no provider's server
    follows from a name that a stranger chose.
    """
    for host in hosts:
        name = host.lower().rstrip(".")
        for row in PROVIDERS:
            if _any_matches(name, row.exchangers):
                return row, name
    return None


def meant_domain(address: str) -> str | None:
    """Return the great domain that a mistyped one is meant for (``qq.con``, ``gmial.com``)."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    label, _, ending = domain.rpartition(".")
    if domain in _NO_SLIPS or for_address(address) is not None:
        return None
    if domain in _MEANT:
        return _MEANT[domain]
    endings = {ending} | {right for right, slips in _SLIPS_OF.items() if ending in slips}
    return next((one for one in _GREAT if _slips_from(one, label, endings)), None)


def doubt(mailbox: str) -> tuple[Text | None, Text | None]:
    """Return why another address may be meant, and the way out; None and None where none is."""
    if undotted(mailbox):
        what = text("“{address}” has no dot after the @", address=mailbox)
        return what, text("Only in your own network mail may reach it.")
    meant = meant_domain(mailbox)
    if meant is None:
        return None, None
    return text("Is @{meant} meant in “{address}”?", meant=meant, address=mailbox), None


def _slips_from(domain: str, label: str, endings: Collection[str]) -> bool:
    """Tell whether a label with one of the endings is that domain, but for a slip of a finger."""
    right, _, ending = domain.rpartition(".")
    if ending not in endings:
        return False
    if right.isdigit():
        label = label.translate(_LOOK_LIKE_DIGITS)
    return label == right or (len(right) >= _LONG and _is_one_slip(right, label))


def _is_one_slip(right: str, typed: str) -> bool:
    """Tell whether one letter is missing, too many or another, or two are exchanged."""
    if len(right) != len(typed):
        return typed in _shorter(right) or right in _shorter(typed)
    wrong = [at for at, (one, other) in enumerate(zip(right, typed, strict=True)) if one != other]
    if len(wrong) != 2:  # noqa: PLR2004 # two letters
        return len(wrong) == 1
    first, last = wrong
    return last == first + 1 and right[first : last + 1] == typed[first : last + 1][::-1]


def _shorter(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def for_host(host: str) -> Provider | None:
    """Return the provider whose server this is; None for others and for this computer."""
    host = host.lower().rstrip(".")
    if host in {"", _LOOPBACK}:
        return None  # a bridge listens on loopback, but so does every other local server
    return next(
        (row for row in PROVIDERS if host == row.host or _any_matches(host, row.other_hosts)), None
    )


def by_id(provider: str) -> Provider | None:
    """Return the row of an id, as kept in `traymail.core.account.Account.provider`."""
    return next((row for row in PROVIDERS if row.id == provider), None)


def _any_matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


_LOOPBACK = "127.0.0.1"
_NETEASE_PORTS = (IMPLICIT_TLS, Endpoint(994, Security.TLS))  # TLS only: 587 is no STARTTLS there
_QQ_HELP = (
    "https://wx.mail.qq.com/list/readtemplate?name=app_intro.html#/agreement/authorizationCode"
)
_NETEASE_HELP = (
    "https://help.mail.126.com/faqDetail.do?"
    "code=d7a5dc8471cd0c0e8b4b8f4f8e49998b374173cfe9171305fa1ce630d7f67ac25c12dcb3d46222b6"
)
_MICROSOFT_HELP = (
    "https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/"
    "how-to-set-up-a-multifunction-device-or-application-to-send-email-using-"
    "microsoft-365-or-office-365"
)


def _with_endings(name: str, endings: str) -> tuple[str, ...]:
    return tuple(f"{name}.{ending}" for ending in endings.split())


# Those of Thunderbird's public table (autoconfig, March 2026).
_OUTLOOK_DOMAINS = (
    *_with_endings(
        "hotmail",
        "com be ca cl cz de dk es fi fr gr hu it lt lv my nl no ph rs se sg sk co.id "
        "co.il co.in co.jp co.kr co.th co.uk co.za com.ar com.au com.br com.hk com.tr "
        "com.tw com.vn",
    ),
    *_with_endings(
        "live",
        "com at be ca cl cn de dk fi fr hk ie in it jp nl no ru se co.jp co.kr co.uk "
        "co.za com.ar com.au com.mx com.my com.ph com.pt com.sg",
    ),
    "msn.com",
    *_with_endings(
        "outlook",
        "com at be cl cz de dk es fr hu ie in it jp kr lv my ph pt sa sg sk co.id "
        "co.il co.th com.ar com.au com.br com.gr com.tr com.vn",
    ),
    "windowslive.com",
    "livemail.tw",
)
_YAHOO_DOMAINS = (
    *_with_endings(
        "yahoo",
        "com ca de it fr es se co.in co.uk co.nz com.au com.ar com.br com.mx",
    ),
    "ymail.com",
    "myyahoo.com",
    "rocketmail.com",
)
_AOL_DOMAINS = (
    *_with_endings(
        "aol",
        "com de it fr es se co.uk co.nz com.au com.ar com.br com.mx",
    ),
    "aim.com",
    *_with_endings(
        "netscape",
        "net com",
    ),
    "compuserve.com",
    "cs.com",
    "wmconnect.com",
)
_GMX_NET_DOMAINS = (
    *_with_endings(
        "gmx",
        "net de at ch eu biz org info",
    ),
    "mein.gmx",
    "mail.gmx",
    "email.gmx",
)
_GMX_COM_DOMAINS = (
    *_with_endings(
        "gmx",
        "com tm us co.uk es fr ca cn co.in com.br com.my hk ie ph pt ru se sg tw com.tr it li",
    ),
)

PROVIDERS: tuple[Provider, ...] = (
    # QQ announces SIZE 73400320; its limits per minute, hour and day exist but are kept secret.
    # QQ and NetEase send from the login address only.
    Provider(
        id="qq",
        name=text("QQ Mail"),
        domains=("qq.com", "vip.qq.com"),
        host="smtp.qq.com",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        family="qq",
        max_message_bytes=70_000_000,
        help_url=_QQ_HELP,
    ),
    Provider(  # the same service under another name
        id="foxmail",
        name=text("Foxmail"),
        domains=("foxmail.com",),
        host="smtp.qq.com",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        family="qq",
        max_message_bytes=70_000_000,
        help_url=_QQ_HELP,
    ),
    Provider(
        id="exmail.qq",
        name=text("Tencent Exmail"),
        exchangers=("mxbiz*.qq.com",),
        host="smtp.exmail.qq.com",
        other_hosts=("hwsmtp.exmail.qq.com",),
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
        family="qq",
        max_message_bytes=70_000_000,
        help_url="https://exmail.qq.com/cgi-bin/help",
    ),
    Provider(
        id="163",
        name=text("NetEase 163 Mail"),
        domains=("163.com",),
        host="smtp.163.com",
        endpoints=_NETEASE_PORTS,
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        family="163",
        help_url=_NETEASE_HELP,
    ),
    Provider(
        id="126",
        name=text("NetEase 126 Mail"),
        domains=("126.com",),
        host="smtp.126.com",
        endpoints=_NETEASE_PORTS,
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        family="163",
        help_url=_NETEASE_HELP,
    ),
    Provider(
        id="yeah",
        name=text("NetEase yeah.net"),
        domains=("yeah.net",),
        host="smtp.yeah.net",
        endpoints=_NETEASE_PORTS,
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        family="163",
        help_url=_NETEASE_HELP,
    ),
    Provider(
        id="vip.163",
        name=text("NetEase VIP 163 Mail"),
        domains=("vip.163.com",),
        host="smtp.vip.163.com",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        family="163",
        help_url=_NETEASE_HELP,
    ),
    Provider(
        id="vip.126",
        name=text("NetEase VIP 126 Mail"),
        domains=("vip.126.com",),
        host="smtp.vip.126.com",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        family="163",
        help_url=_NETEASE_HELP,
    ),
    Provider(
        id="188",
        name=text("NetEase 188 Mail"),
        domains=("188.com",),
        host="smtp.188.com",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        family="163",
        help_url=_NETEASE_HELP,
    ),
    Provider(
        id="netease-qiye",
        name=text("NetEase company mail"),
        exchangers=("qiye163mx*.mxmail.netease.com", "*.qiye.163.com"),
        host="smtp.qiye.163.com",
        endpoints=(Endpoint(994, Security.TLS), IMPLICIT_TLS),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
        family="163",
    ),
    Provider(  # 100 mails a day, then "554 5.5.0 MI:STC"
        id="netease-qiye-free",
        name=text("NetEase free company mail"),
        exchangers=("mx.ym.163.com",),
        host="smtphz.qiye.163.com",
        endpoints=(Endpoint(994, Security.TLS),),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
        family="163",
        limits=Limits(per_day=100),
    ),
    Provider(
        id="sina",
        name=text("Sina Mail"),
        domains=("sina.com",),
        host="smtp.sina.com",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        help_url="https://help.sina.com.cn/comquestiondetail/view/160/",
    ),
    Provider(
        id="sina.cn",
        name=text("Sina Mail"),
        domains=("sina.cn",),
        host="smtp.sina.cn",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        help_url="https://help.sina.com.cn/comquestiondetail/view/160/",
    ),
    Provider(
        id="vip.sina",
        name=text("Sina VIP Mail"),
        domains=("vip.sina.com",),
        host="smtp.vip.sina.com",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        help_url="https://help.sina.com.cn/comquestiondetail/view/160/",
    ),
    Provider(
        id="sohu",
        name=text("Sohu Mail"),
        domains=("sohu.com",),
        host="smtp.sohu.com",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.AUTHORIZATION_CODE,
    ),
    Provider(  # pages disagree whether a client password is needed
        id="aliyun",
        name=text("Alibaba Mail"),
        domains=("aliyun.com",),
        host="smtp.aliyun.com",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
        help_url="https://mail.aliyun.com/",
    ),
    Provider(
        id="aliyun-qiye",
        name=text("Alibaba company mail"),
        exchangers=("mx*.qiye.aliyun.com", "mx*.mxhichina.com"),
        host="smtp.qiye.aliyun.com",
        other_hosts=("smtp.mxhichina.com",),
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
        help_url="https://help.aliyun.com/zh/document_detail/36576.html",
    ),
    Provider(
        id="139",
        name=text("China Mobile 139 Mail"),
        domains=("139.com",),
        host="smtp.139.com",
        other_hosts=("smtp.10086.cn",),
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        help_url="https://mail.10086.cn/help/help.html",
    ),
    Provider(
        id="189",
        name=text("China Telecom 189 Mail"),
        domains=("189.cn",),
        host="smtp.189.cn",
        endpoints=(IMPLICIT_TLS, Endpoint(587, Security.TLS)),
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        help_url="https://help.189.cn/client/client.html",
    ),
    # Announces SIZE 35882577. 500 recipients a day; a Workspace account may raise it to 2,000.
    Provider(
        id="gmail",
        name=text("Gmail"),
        domains=("gmail.com", "googlemail.com"),
        exchangers=(
            *("aspmx.l.google.com", "alt*.aspmx.l.google.com", "aspmx*.googlemail.com"),
            "smtp.google.com",
        ),
        host="smtp.gmail.com",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.APP_PASSWORD,
        family="gmail",
        max_message_bytes=35_000_000,
        limits=Limits(per_day=500),
        help_url="https://support.google.com/accounts/answer/185833",
    ),
    Provider(  # neither passwords nor app passwords since 2024
        id="outlook",
        name=text("Outlook.com"),
        domains=_OUTLOOK_DOMAINS,
        exchangers=("*.olc.protection.outlook.com",),
        host="smtp-mail.outlook.com",
        endpoints=(SUBMISSION,),
        auth_kind=AuthKind.OAUTH2,
        family="outlook",
        help_url="https://support.microsoft.com/en-US/Outlook/pop-imap-and-smtp-settings-for-outlook-com",
    ),
    Provider(  # announces SIZE 157286400
        id="office365",
        name=text("Microsoft 365"),
        domains=("*.onmicrosoft.com",),
        exchangers=("*.mail.protection.outlook.com", "*.mx.microsoft"),
        host="smtp.office365.com",
        endpoints=(SUBMISSION,),
        auth_kind=AuthKind.OAUTH2,
        family="outlook",
        max_message_bytes=150_000_000,
        limits=Limits(per_minute=30, per_day=10_000),
        help_url=_MICROSOFT_HELP,
    ),
    Provider(
        id="office365-cn",
        name=text("Microsoft 365 (21Vianet)"),
        exchangers=("*.mail.protection.partner.outlook.cn",),
        host="smtp.partner.outlook.cn",
        endpoints=(SUBMISSION,),
        auth_kind=AuthKind.OAUTH2,
        family="outlook",
        max_message_bytes=150_000_000,
        limits=Limits(per_minute=30, per_day=10_000),
        help_url=_MICROSOFT_HELP,
    ),
    Provider(  # the login of a domain of one's own is another address: no exchangers
        id="icloud",
        name=text("iCloud Mail"),
        domains=("icloud.com", "me.com", "mac.com"),
        host="smtp.mail.me.com",
        endpoints=(SUBMISSION,),
        auth_kind=AuthKind.APP_PASSWORD,
        help_url="https://support.apple.com/en-ie/102525",
    ),
    Provider(
        id="yahoo",
        name=text("Yahoo Mail"),
        domains=_YAHOO_DOMAINS,
        host="smtp.mail.yahoo.com",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.APP_PASSWORD,
        limits=Limits(per_day=500),
        help_url="https://help.yahoo.com/kb/SLN15241.html",
    ),
    Provider(  # the host depends on the data centre
        id="zoho",
        name=text("Zoho Mail"),
        domains=("zoho.com", "zohomail.com"),
        host="smtp.zoho.com",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
        help_url="https://www.zoho.com/mail/help/zoho-smtp.html",
    ),
    Provider(
        id="zoho.eu",
        name=text("Zoho Mail"),
        domains=("zoho.eu", "zohomail.eu"),
        host="smtp.zoho.eu",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
        help_url="https://www.zoho.com/mail/help/zoho-smtp.html",
    ),
    Provider(
        id="zoho.in",
        name=text("Zoho Mail"),
        domains=("zoho.in", "zohomail.in"),
        host="smtp.zoho.in",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
        help_url="https://www.zoho.com/mail/help/zoho-smtp.html",
    ),
    Provider(
        id="zoho-company",
        name=text("Zoho company mail"),
        exchangers=("mx*.zoho.com",),
        host="smtppro.zoho.com",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
        help_url="https://www.zoho.com/mail/help/zoho-smtp.html",
    ),
    Provider(
        id="zoho-company.eu",
        name=text("Zoho company mail"),
        exchangers=("mx*.zoho.eu",),
        host="smtppro.zoho.eu",
        other_hosts=("smtppro.zoho.*",),
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
        help_url="https://www.zoho.com/mail/help/zoho-smtp.html",
    ),
    Provider(
        id="zoho-cn",
        name=text("Zoho Mail China"),
        domains=("zoho.com.cn",),
        host="smtp.zoho.com.cn",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
    ),
    Provider(
        id="fastmail",
        name=text("Fastmail"),
        domains=("fastmail.com", "fastmail.fm"),
        exchangers=("in*-smtp.messagingengine.com",),
        host="smtp.fastmail.com",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.APP_PASSWORD,
        help_url="https://www.fastmail.com/help/account/limits.html",
    ),
    Provider(  # a program on this computer; its certificate is its own: `ca_file`
        id="proton-bridge",
        name=text("Proton Mail Bridge"),
        domains=("proton.me", "protonmail.com", "pm.me"),
        exchangers=("mail.protonmail.ch", "mailsec.protonmail.ch"),
        host=_LOOPBACK,
        endpoints=(Endpoint(1025, Security.STARTTLS),),
        auth_kind=AuthKind.BRIDGE_PASSWORD,
        help_url="https://proton.me/mail/bridge",
    ),
    Provider(
        id="gmx",
        name=text("GMX"),
        domains=_GMX_NET_DOMAINS,
        host="mail.gmx.net",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.PASSWORD,
        help_url="https://hilfe.gmx.net/pop-imap/imap/imap-serverdaten.html",
    ),
    Provider(
        id="gmx.com",
        name=text("GMX"),
        domains=_GMX_COM_DOMAINS,
        host="mail.gmx.com",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.PASSWORD,
        help_url="https://hilfe.gmx.net/pop-imap/imap/imap-serverdaten.html",
    ),
    Provider(
        id="web.de",
        name=text("WEB.DE"),
        domains=("web.de",),
        host="smtp.web.de",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.PASSWORD,
        username=UsernameForm.LOCAL_PART,
        help_url="https://hilfe.web.de/pop-imap/imap/imap-serverdaten.html",
    ),
    Provider(  # access by mail programs must be switched on in its settings first
        id="yandex",
        name=text("Yandex Mail"),
        domains=(
            *("yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua", "ya.ru"),
            "narod.ru",
        ),
        exchangers=("mx.yandex.net",),
        host="smtp.yandex.com",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
        limits=Limits(per_day=500),
        help_url="https://yandex.com/support/mail/mail-clients/others.html",
    ),
    Provider(
        id="mail.ru",
        name=text("Mail.ru"),
        domains=("mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru"),
        host="smtp.mail.ru",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.APP_PASSWORD,
        help_url="https://help.mail.ru/mail/security/protection/external",
    ),
    Provider(
        id="aol",
        name=text("AOL Mail"),
        domains=_AOL_DOMAINS,
        host="smtp.aol.com",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.APP_PASSWORD,
        help_url="https://help.aol.com/articles/how-do-i-use-other-email-applications-to-send-and-receive-my-aol-mail",
    ),
    Provider(
        id="feishu",
        name=text("Feishu Mail"),
        exchangers=("mx*.feishu.cn",),
        host="smtp.feishu.cn",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
    ),
    Provider(
        id="lark",
        name=text("Lark Mail"),
        exchangers=("mx*.larksuite.com",),
        host="smtp.larksuite.com",
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.PASSWORD_OR_CODE,
    ),
    Provider(
        id="263",
        name=text("263 company mail"),
        domains=("263.net",),
        host="smtp.263.net",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.AUTHORIZATION_CODE,
    ),
    Provider(
        id="sendgrid",
        name=text("SendGrid over SMTP"),
        host="smtp.sendgrid.net",
        endpoints=(SUBMISSION, IMPLICIT_TLS, Endpoint(2525, Security.STARTTLS)),
        auth_kind=AuthKind.API_KEY,
        username=UsernameForm.APIKEY,
        help_url="https://docs.sendgrid.com/for-developers/sending-email/integrating-with-the-smtp-api",
    ),
    Provider(
        id="mailgun",
        name=text("Mailgun"),
        host="smtp.mailgun.org",
        endpoints=(IMPLICIT_TLS,),
        auth_kind=AuthKind.PASSWORD,
    ),
    Provider(  # one host for each region; 41943040 bytes after base64
        id="ses",
        name=text("Amazon SES"),
        host="",
        other_hosts=("email-smtp.*.amazonaws.com",),
        endpoints=(IMPLICIT_TLS, SUBMISSION),
        auth_kind=AuthKind.API_KEY,
        max_message_bytes=40_000_000,
        help_url="https://docs.aws.amazon.com/ses/latest/dg/send-email-smtp.md",
    ),
    Provider(
        id="brevo",
        name=text("Brevo"),
        host="smtp-relay.brevo.com",
        endpoints=(SUBMISSION,),
        auth_kind=AuthKind.API_KEY,
    ),
)


# What slips are looked for in: domains of the table that stand for themselves.
_GREAT = tuple(one for row in PROVIDERS for one in row.domains if "*" not in one)
# In a shorter name, one other letter makes another name.
_LONG = 5
# Near to a great one, and somebody's own.
_NO_SLIPS = {"mail.com", "email.com", "cloud.com"}


def _words(all_of_them: str) -> frozenset[str]:
    return frozenset(all_of_them.split())


_SLIPS_OF = {
    "com": _words("con cmo ocm om cm co comm coom ccom coml comn conm vom xom dom cpm cim clm c0m"),
    "net": _words("ne nt et nte ent met bet neet nett nrt nwt"),
    "cn": _words("nc cnn ccn xn vn cb"),
}
_LOOK_LIKE_DIGITS = str.maketrans("lio", "110")
# The right name with another ending, which is no great one.
_MEANT = {
    **{
        f"{name}.{end}": f"{name}.com"
        for name in ("qq", "foxmail", "gmail")
        for end in ("cn", "net")
    },
    **{f"{name}.cn": f"{name}.com" for name in ("163", "126", "139", "icloud")},
    **{f"yeah.{end}": "yeah.net" for end in ("com", "cn")},
    "189.com": "189.cn",
}


def free_name(provider: Provider | None, mailbox: str, taken: Collection[str]) -> str:
    """Return a name for a new account: the provider's, else that of the mailbox's domain."""
    base = provider.id if provider else mailbox.rpartition("@")[2].partition(".")[0]
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    return name
